"""Read reports from files: those dropped on the page, and those named on the command line.

A broken file affects nothing else: it becomes a :class:`~elmtex.readers.text_files.Report` with a
``problem``, never an exception, and a problem never quotes the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from elmtex.readers.file_set import MAX_CHARACTERS, MAX_REPORTS, SUFFIXES, FileSet
from elmtex.readers.sources import PARQUET, read_source, sources
from elmtex.readers.text_files import Report, read_report, readable_name
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
    """The reports of files, folders, patterns and addresses, one after the other, read only when
    asked for, as the command line takes them: see :func:`elmtex.readers.sources.sources`.

    Tables are read without limits of their number of rows. A file or row that cannot be read
    becomes a :class:`Report` with a ``problem`` and affects nothing else.

    Raises:
        InputError: a path that cannot be used at all, when its turn comes: missing, of another
            kind, a folder without reports, a table without a column of reports, a ``.json`` file
            that holds no reports.
    """
    for source in sources(paths):
        yield from read_source(source)


def read_one(path: str) -> Report:
    """The one report of a file, or of stdin (``-``). A file of no kind of :data:`SUFFIXES` is read
    as text.

    Raises:
        InputError: it cannot be read, or holds several reports.
        MissingDependencyError: what reads it is not installed.
    """
    suffix = Path(path).suffix.lower()
    if path == "-" or suffix == ".txt" or suffix not in (*SUFFIXES, PARQUET):
        text, note = read_report(path)
        return Report("stdin" if path == "-" else readable_name(Path(path).stem), text, note=note)
    found = list(islice(read_reports([path]), 2))
    if len(found) != 1:
        several = "several reports: use `elmtex batch`" if found else "no report"
        raise InputError(f"{path} holds {several}")
    if found[0].problem is not None:
        raise InputError(found[0].problem)
    return found[0]
