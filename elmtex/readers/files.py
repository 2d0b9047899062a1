"""Read reports from files: those dropped on the page, and those named on the command line.

A broken file affects nothing else: it becomes a :class:`~elmtex.readers.text_files.Report` with a
``problem``, never an exception, and a problem never quotes the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from elmtex.readers.file_set import MAX_CHARACTERS, MAX_REPORTS, SUFFIXES, FileSet
from elmtex.readers.tables import SUFFIXES as TABLES
from elmtex.readers.tables import TEXT_TABLES, read_table
from elmtex.readers.text_files import ReadingError, Report, read_report, readable_name
from elmtex.types import InputError


def read_files(paths: Sequence[str | Path]) -> list[Report]:
    """The reports of files, in order; at most :data:`MAX_REPORTS`, and one more that says so when
    there were more."""
    found: list[Report] = []
    characters = 0
    with FileSet(limited=True) as files:
        for path in map(Path, paths):
            for report in files.reports_of(path, path.name):
                characters += len(report.text or "")
                if len(found) == MAX_REPORTS or characters > MAX_CHARACTERS:
                    problem = f"only the first {len(found)} reports were read; give the others in a second step"
                    return [*found, Report(path.name, None, problem, note="many")]
                found.append(report)
    return found


def read_reports(paths: Sequence[str | Path]) -> Iterator[Report]:
    """The reports of files and folders, one after the other, read only when asked for, as the
    command line takes them.

    A folder means the ``.txt`` files in and below it, sorted by path. A report's id is its file's
    name without the suffix; where that has come before, as much of its path as tells them apart.
    Tables are read without limits of their number of rows. A file or row that cannot be read
    becomes a :class:`Report` with a ``problem`` and affects nothing else.

    Raises:
        InputError: a path that cannot be used at all, when its turn comes: missing, of another
            kind, a folder without ``.txt`` files, a table without a column of reports, a ``.json``
            file that holds no reports.
    """
    seen: set[str] = set()
    for path in map(Path, paths):
        if not path.is_dir():
            yield from _reports_of(path, seen)
            continue
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() == ".txt" and p.is_file())
        if not files:
            raise InputError(
                f"the folder {str(path)!r} has no .txt file: give one with reports in it"
            )
        for file in files:
            yield _read(file, _new(seen, file, path))


def _reports_of(path: Path, seen: set[str]) -> Iterator[Report]:
    if not path.exists():
        raise InputError(f"no such file or folder: {str(path)!r}")
    suffix = path.suffix.lower()
    if suffix in TEXT_TABLES:
        yield from read_table(path)
    elif suffix == ".txt":
        yield _read(path, _new(seen, path))
    elif suffix in SUFFIXES:
        with FileSet(limited=False) as files:
            if suffix in TABLES:
                yield from files.read(path, str(path))
            else:
                name = path.name if suffix == ".zip" else _new(seen, path)
                yield from files.reports_of(path, name)
    else:
        raise InputError(
            f"cannot read reports from {str(path)!r}: give {', '.join(SUFFIXES)} files, or folders of .txt"
        )


def _new(seen: set[str], path: Path, folder: Path | None = None) -> str:
    """A report's id: the file's name, or so much of its path as was not seen."""
    inside = path.relative_to(folder).with_suffix("") if folder else Path(path.stem)
    beside = folder.name / inside if folder else path.with_suffix("")
    names = [place.as_posix() for place in (inside, beside, path)]
    name = next((name for name in names if name not in seen), names[-1])
    seen.add(name)
    return readable_name(name)


def _read(path: Path, name: str) -> Report:
    try:
        text, note = read_report(path)
    except ReadingError as error:
        return Report(name, None, str(error), note=error.note)
    return Report(name, text, note=note)


def read_one(path: str) -> Report:
    """The one report of a file, or of stdin (``-``). A file of no kind of :data:`SUFFIXES` is read
    as text.

    Raises:
        InputError: it cannot be read, or holds several reports.
        MissingDependencyError: what reads it is not installed.
    """
    suffix = Path(path).suffix.lower()
    if path == "-" or suffix == ".txt" or suffix not in SUFFIXES:
        text, note = read_report(path)
        return Report("stdin" if path == "-" else readable_name(Path(path).stem), text, note=note)
    found = list(islice(read_reports([path]), 2))
    if len(found) != 1:
        several = "several reports: use `elmtex batch`" if found else "no report"
        raise InputError(f"{path} holds {several}")
    if found[0].problem is not None:
        raise InputError(found[0].problem)
    return found[0]
