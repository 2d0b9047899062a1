"""What deleted reports leave on the disk itself: markers planted through the store, looked for in the raw image.

Needs root and a loop device, for the file system is made for the test alone. ``python tests/test_raw_disk.py`` prints
the figures.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from elmtex.erase import remove
from elmtex.review import Decision, Store
from elmtex.schema import load_schema
from elmtex.types import Extraction, Item
from elmtex.web.uploads import own_folder

REPORTS, MARKERS = 60, 400  # markers in the text of each report
SIZE = 128_000_000  # bytes of the image
MARKER = re.compile(rb"zq\d{7}vx")
PADDING = "the patient was seen again and had nothing new to tell us about it "


def marker(report: int, number: int) -> str:
    return f"zq{report:03}{number:04}vx"


@contextmanager
def file_system(folder: Path) -> Iterator[tuple[Path, Path]]:
    """A fresh ext4 in a file: the image, and where it is mounted."""
    image, mounted = folder / "image", folder / "mounted"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    made = subprocess.run(["mount", "-o", "loop", str(image), str(mounted)], capture_output=True)
    if made.returncode:
        pytest.skip("no loop device to mount a file system on")
    try:
        yield image, mounted
    finally:
        if os.path.ismount(mounted):
            subprocess.run(["umount", str(mounted)], check=True)


def found(image: Path) -> set[bytes]:
    os.sync()
    return set(MARKER.findall(image.read_bytes()))


def plant(store: Store) -> list[str]:
    """Reports that are read, reviewed, listed and exported, each with markers in every place that holds words."""
    schema, ids = load_schema("elmtex"), []
    for report in range(REPORTS):
        words = [marker(report, number) for number in range(MARKERS)]
        text = PADDING.join(words)
        items = tuple(Item(w, text.index(w), text.index(w) + len(w)) for w in words[:50])
        nothing = dict.fromkeys(schema.keys, ())
        said = Extraction("r", schema.name, "m", "ok", (), {**nothing, "diagnosis": items})
        id = store.add("me", words[0], text, schema, batch="b", position=report)
        store.extracted("me", id, said)
        store.decide("me", id, "Dr. Roe", lambda _: Decision("reject", ("m0",)))
        store.decide("me", id, "Dr. Roe", lambda _, i=items[9]: Decision("add", (), "age", i))
        ids.append(id)
    for _ in range(3):
        assert len(store.entries("me", batch="b")) == REPORTS
        assert [entry.id for entry in store.entries("me")] == ids
    return ids


def measure(folder: Path) -> tuple[int, int, int]:
    """Markers planted, found in the image while they are kept, and found after they were deleted."""
    with file_system(folder) as (image, mounted):
        store = Store(f"sqlite:///{mounted / 'reviews.sqlite'}")
        store.add("you", "kept", PADDING, load_schema("elmtex"))
        ids = plant(store)
        kept = len(found(image))
        store.delete("me", *ids[:5])  # some alone, as on the page, then all that are left
        for id in ids[5:10]:
            store.delete("me", id)
        store.delete("me", *ids[10:])
        assert [entry.name for entry in store.entries("you")] == ["kept"]
        store.close()
        return REPORTS * MARKERS, kept, len(found(image))


only_root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0 or not shutil.which("mkfs.ext4"),
    reason="only root may mount a file system",
)


@only_root
@pytest.mark.slow
def test_no_marker_of_a_deleted_report_is_left_on_the_raw_disk(tmp_path: Path) -> None:
    planted, kept, left = measure(tmp_path)
    assert kept == planted
    assert left == 0


@only_root
def test_no_marker_of_an_upload_is_left_on_the_raw_disk(tmp_path: Path) -> None:
    with file_system(tmp_path) as (image, mounted):
        with own_folder(mounted / "uploads") as folder:
            for number in range(50):
                (folder / f"{number}.txt").write_text(PADDING.join([marker(number, 0)] * 100))
            assert len(found(image)) == 50
            remove(folder / "0.txt")  # as after it was read; the others as at the end
        assert found(image) == set()


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        print(
            "planted {}, found while kept {}, found after deletion {}".format(*measure(Path(name)))
        )
