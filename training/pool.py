"""The raw reports that teachers label: corpora's texts without their labels, and a user's own; none that is kept for
measuring."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from corpora import aci_bench, mts_dialog, ncbi_disease, phee
from corpora.shared.fetch import Source, locate
from corpora.shared.shingles import ShingleIndex
from elmtex import records
from elmtex.readers.files import read_reports
from elmtex.types import InputError
from training.prepare import HELD_OUT_CONTAINMENT, TRAIN_CONTAINMENT


@dataclass(frozen=True, slots=True)
class RawReport:
    """A report without labels; ``id`` begins with its source."""

    id: str
    lang: str
    text: str


def load_pool(names: Iterable[str], data: Path, limit: int | None = None) -> Iterator[RawReport]:
    """The reports of some sources, each text once, without near copies of a held-out text.

    Args:
        names: ``NAME`` or ``NAME=PATH`` of a corpus of ``POOLS``, which is fetched without a path; or the path of
            reports as ``elmtex batch`` takes them.
        data: folder of ``training.prepare``, whose dev and test files are held out.
        limit: only the first so many of each source; None takes all.

    Raises:
        InputError: a source cannot be read.
    """
    held_out, seen = ShingleIndex(), ShingleIndex()
    for name in ("dev", "test", "dev_other", "test_other"):
        path = data / f"{name}.jsonl"
        for record in records.load(path) if path.is_file() else ():
            held_out.add(record.text)
    for name in names:
        taken = 0
        for report in _reports(name):
            if taken == limit:
                break
            if not report.text.strip() or held_out.containment(report.text) >= HELD_OUT_CONTAINMENT:
                continue
            if seen.containment(report.text) >= TRAIN_CONTAINMENT:
                continue
            seen.add(report.text)
            taken += 1
            yield report


def _reports(name: str) -> Iterator[RawReport]:
    corpus, named, path = name.partition("=")
    if corpus in POOLS:
        source, load = POOLS[corpus]
        if source is None and not named:
            raise InputError(f"pool {corpus} is not fetched: give its path, as {corpus}=PATH")
        place = locate(source, Path(path) if named else None) if source else Path(path)
        for number, (lang, text) in enumerate(load(place)):
            yield RawReport(f"{corpus}/{number}", lang, text)
        return
    if not Path(name).exists():
        raise InputError(f"pool {name!r} is no path, nor one of: {', '.join(POOLS)}")
    for report in read_reports([name]):
        if report.text is not None:
            yield RawReport(f"{Path(name).stem}/{report.id}", "en", report.text)


def _sectioned(
    module: Callable[[Path], Iterable[aci_bench.SectionedText]],
) -> Callable[[Path], Iterator[tuple[str, str]]]:
    return lambda path: ((text.lang, text.text) for text in module(path) if text.split == "train")


def _annotated(
    load: Callable[[Path], Iterable[records.Record]],
) -> Callable[[Path], Iterator[tuple[str, str]]]:
    return lambda path: ((row.lang, row.text) for row in load(path) if row.split == "train")


def _grascco(path: Path) -> Iterator[tuple[str, str]]:
    """GraSCCo: German synthetic discharge letters (Modersohn et al. 2022), a Label Studio export. One that names the files that
    were uploaded ("/data/upload/1/555b9929-Cajal.txt") needs them (Cajal.txt) beside it."""
    file = path / "grascco.json" if path.is_dir() else path
    try:
        for row in json.loads(file.read_text("utf-8")):
            text = row["data"]["text"]
            if text.startswith("/data/upload/"):
                text = (file.parent / Path(text).name.partition("-")[2]).read_text("utf-8")
            yield "de", text
    except OSError as error:
        name = Path(error.filename or file).name
        raise InputError(
            f"{file.parent} has no {name}: GraSCCo's letters lie beside its export"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file} is not GraSCCo's export ({type(error).__name__})") from None


def _primock57(path: Path) -> Iterator[tuple[str, str]]:
    """PriMock57: the notes of mock consultations (Papadopoulos Korfiatis et al. 2022), one JSON file each."""
    files = sorted(path.glob("*consultation*.json"))
    if not files:
        raise InputError(f"{path} holds no note of PriMock57: day1_consultation01.json …")
    for file in files:
        yield "en", json.loads(file.read_text("utf-8"))["note"]


POOLS: dict[str, tuple[Source | None, Callable[[Path], Iterator[tuple[str, str]]]]] = {
    "aci_bench": (aci_bench.SOURCE, _sectioned(aci_bench.load)),
    "mts_dialog": (mts_dialog.SOURCE, _sectioned(mts_dialog.load)),
    "phee": (phee.SOURCE, _annotated(phee.load)),
    "ncbi-disease": (ncbi_disease.SOURCE, _annotated(ncbi_disease.load)),
    "grascco": (None, _grascco),
    "primock57": (None, _primock57),
}
