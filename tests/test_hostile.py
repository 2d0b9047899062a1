"""Hostile and torn files are read or refused within 20 seconds and a gigabyte, and never half."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import hostile
import pytest

from elmtex.readers.files import read_files

for library in ("docx", "openpyxl", "pypdf", "striprtf"):
    pytest.importorskip(library, reason=f"{library} is not installed")


def test_torn_files_are_refused_and_not_read_in_half(tmp_path: Path) -> None:
    paths = []
    for name, data in hostile.torn():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    (tmp_path / "fine.rtf").write_bytes(rb"{\rtf1 fine}")
    *reports, fine = read_files([*paths, tmp_path / "fine.rtf"])
    assert [report.id for report in reports] == [path.name for path in paths]
    for report in reports:
        assert report.text is None and report.problem, report.id
        assert report.note in ("damaged", "blank"), report.id
    assert fine.text == "fine"


@pytest.mark.slow  # it makes and reads what takes a reader to its limits
@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
@pytest.mark.parametrize("files", [hostile.endless, hostile.bombs])
def test_hostile_files_cost_no_more_than_the_limits(
    tmp_path: Path, files: Callable[[], Iterator[tuple[str, bytes]]]
) -> None:
    import resource

    (tmp_path / "fine.rtf").write_bytes(rb"{\rtf1 fine}")
    for name, data in files():
        path = tmp_path / name
        path.write_bytes(data)
        began = time.monotonic()
        *reports, fine = read_files([path, tmp_path / "fine.rtf"])
        assert time.monotonic() - began < 20, name
        assert reports and (fine.text == "fine" or fine.note == "many"), name
        assert all(report.problem or report.text for report in reports), name
        path.unlink()
    # Of the largest child, in kilobytes; pytest's own size at the fork counts, too, and is less.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1_000_000
