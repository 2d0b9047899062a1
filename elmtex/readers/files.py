"""Read reports from files: text, PDF, Word, RTF, tables, and zip files of them.

A broken file affects nothing else: it becomes a :class:`~elmtex.readers.text_files.Report` with a
``problem``, never an exception, and a problem never quotes the file. What is more than plain text
is read in a confined process, with a limit of memory and a deadline, see
:mod:`elmtex.readers.confined`.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from elmtex.erase import remove
from elmtex.readers import confined, ocr
from elmtex.readers.ocr import MAX_PAGES_TOGETHER
from elmtex.readers.parsers import READERS, read_document
from elmtex.readers.tables import SUFFIXES as TABLES
from elmtex.readers.tables import TEXT_TABLES, read_table
from elmtex.readers.text_files import ReadingError, Report, read_report, readable_name
from elmtex.text.normalisation import repaired
from elmtex.types import InputError, MissingDependencyError

MAX_REPORTS = 500  # of one reading; the command line takes more
MAX_CHARACTERS = 50_000_000  # of one reading, in all its reports
SECONDS = 15  # that a file may take: with the child's start and end, under 20
SECONDS_TOGETHER = 600  # that the files of one reading may take, without text recognition
SMALL = 1_000_000  # bytes: a table no larger is harmless

_OF_ONE_FILE = (*READERS, *TABLES)
SUFFIXES = (*_OF_ONE_FILE, ".zip")
RECOGNISING = 2  # pages recognised at the same time, of all users: each takes a core
_recognising = threading.BoundedSemaphore(RECOGNISING)


def read_files(paths: Sequence[str | Path]) -> list[Report]:
    """The reports of files, in order; at most :data:`MAX_REPORTS`, and one more that says so when
    there were more."""
    found: list[Report] = []
    characters = 0
    with _Sitting(limited=True) as sitting:
        for path in map(Path, paths):
            for report in sitting.reports_of(path, path.name):
                characters += len(report.text or "")
                if len(found) == MAX_REPORTS or characters > MAX_CHARACTERS:
                    problem = f"only the first {len(found)} reports were read; give the others in a second step"
                    return [*found, Report(path.name, None, problem, note="many")]
                found.append(report)
    return found


class _Sitting:
    """The reading of files given together: they share a child process and common limits.

    Args:
        limited: no more than :data:`MAX_REPORTS` and :data:`MAX_CHARACTERS` of it are wanted.
    """

    def __init__(self, *, limited: bool) -> None:
        self._limited = limited
        self._worker = confined.Worker("elmtex.readers.parsers")
        self._pages = MAX_PAGES_TOGETHER
        self._seconds: float = SECONDS_TOGETHER
        self._spent = 0.0  # of a file's seconds, by its unpacking

    def __enter__(self) -> _Sitting:
        return self

    def __exit__(self, *error: object) -> None:
        self._worker.__exit__(*error)

    def reports_of(self, path: Path, name: str, *, in_zip: bool = False) -> Iterator[Report]:
        """The reports of a file, or one that says why there is none."""
        try:
            yield from self.read(path, name, in_zip=in_zip)
        except (InputError, MissingDependencyError) as error:
            problem = _without_place(str(error), path, name)
            yield Report(name, None, problem, note=getattr(error, "note", ""))
        # Readers raise all kinds of errors on a broken file; they may quote it.
        except Exception:
            yield Report(name, None, f"{name} cannot be read: it is damaged", note="damaged")

    def read(self, path: Path, name: str, *, in_zip: bool = False) -> Iterator[Report]:
        """The reports of a file.

        Raises:
            InputError: it cannot be read.
            MissingDependencyError: what reads it is not installed.
        """
        suffix = path.suffix.lower()
        if suffix == ".zip" and not in_zip:
            yield from self._members(path, name)
        elif suffix == ".txt":
            yield read_document(path, name)
        elif suffix in TEXT_TABLES and path.stat().st_size <= SMALL:
            yield from read_table(path)
        elif suffix in _OF_ONE_FILE:
            yield from self._confined(path, name)
        else:
            raise ReadingError(f"{name} is none of {', '.join(SUFFIXES)}", "kind")

    def _confined(self, path: Path, name: str) -> Iterator[Report]:
        found: list[Report] = []
        pages = characters = 0
        refusal = None
        # All at once: the deadline does not wait for who works on a report before asking for the
        # next one.
        try:
            for answer in self._ask(name, "reports", str(path.resolve()), name):
                if pages := answer.get("pages", 0):
                    continue
                found.append(Report(**answer))
                characters += len(found[-1].text or "")
                if self._limited and (len(found) > MAX_REPORTS or characters > MAX_CHARACTERS):
                    break
        except ReadingError as error:
            refusal = error
        yield from found
        if refusal is not None:
            raise refusal
        if pages:
            yield self._recognised(path, name, pages)

    def _ask(self, name: str, operation: str, *arguments: object) -> Iterator[Any]:
        if self._seconds <= 0:
            raise ReadingError(
                f"{name} was not read: the files before it took {SECONDS_TOGETHER} seconds; give it in a second step",
                "many",
            )
        before = self._worker.worked
        try:
            yield from self._worker.ask(SECONDS - self._spent, name, operation, *arguments)
        finally:
            self._seconds -= self._worker.worked - before

    def _recognised(self, path: Path, name: str, pages: int) -> Report:
        if pages > ocr.MAX_PAGES:
            raise ReadingError(
                f"{name} is a scanned PDF of {pages} pages; text recognition reads up to {ocr.MAX_PAGES}: split it",
                "large",
            )
        if pages > self._pages:
            raise ReadingError(
                f"{name}: text recognition reads up to {MAX_PAGES_TOGETHER} pages at once, of all files together: "
                "give this one in a second step",
                "many",
            )
        self._pages -= pages
        texts: list[str] = []
        for number in range(pages):
            with _recognising:
                arguments = ("page", str(path.resolve()), number, name)
                texts += self._worker.ask(ocr.PATIENCE + SECONDS, name, *arguments)
        text = repaired("\n\n".join(texts))
        if not text.strip():
            problem = f"{name} is a scanned PDF in which no text was recognised"
            return Report(name, None, problem, note="unrecognised")
        return Report(name, text, recognised=True)

    def _members(self, path: Path, name: str) -> Iterator[Report]:
        """The files of a zip file, each unpacked alone, under a name of our own, and gone after it
        was read."""
        archive = str(path.resolve())
        members = list(self._ask(name, "members", archive, name))
        with tempfile.TemporaryDirectory() as folder:
            for number, member in enumerate(members):
                place = PurePosixPath(member["name"])
                if member["folder"] or place.name.startswith(".") or "__MACOSX" in place.parts:
                    continue
                yield from self._member(
                    archive, number, Path(folder), place, _relative(place), member["locked"]
                )

    def _member(
        self,
        archive: str,
        number: int,
        folder: Path,
        inside: PurePosixPath,
        name: str,
        locked: bool,
    ) -> Iterator[Report]:
        if locked:
            yield Report(name, None, f"{name} is protected by a password", note="password")
            return
        # The suffix says how to read it; nothing else of a member's path touches the disk.
        stem = inside.stem[:60].strip(". ") or "report"
        place = folder / f"{stem}{inside.suffix.lower()[:8]}"
        if place.parent != folder or "/" in inside.name or "\\" in inside.name:
            yield Report(name, None, f"{name!r} is not a usable file name", note="damaged")
            return
        if place.suffix not in _OF_ONE_FILE:  # to be refused, which needs nothing of it
            yield from self.reports_of(place, name, in_zip=True)
            return
        before = self._worker.worked
        try:
            for _ in self._ask(name, "unpack", archive, number, str(place), name):
                pass
        except ReadingError as error:
            problem = f"{name} cannot be unpacked" if error.note == "damaged" else str(error)
            yield Report(name, None, problem, note=error.note)
        else:
            self._spent = self._worker.worked - before
            yield from self.reports_of(place, name, in_zip=True)
        finally:
            self._spent = 0.0
            remove(place)


def _without_place(message: str, path: Path, name: str) -> str:
    # The server's path of a dropped file stays private.
    return message.replace(str(path.resolve()), name).replace(str(path), name)


def _relative(place: PurePosixPath) -> str:
    return "/".join(part for part in place.parts if part not in ("/", "..", "."))


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
        with _Sitting(limited=False) as sitting:
            if suffix in TABLES:
                yield from sitting.read(path, str(path))
            else:
                name = path.name if suffix == ".zip" else _new(seen, path)
                yield from sitting.reports_of(path, name)
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
