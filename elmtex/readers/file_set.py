"""Files read together: text, PDF, Word, RTF, tables, and zip files of them.

What is more than plain text is read in a confined process, with a limit of memory and a deadline,
see :mod:`elmtex.readers.confined`.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from elmtex.erase import remove
from elmtex.readers import confined, ocr
from elmtex.readers.ocr import MAX_PAGES_TOGETHER
from elmtex.readers.parsers import READERS, read_document
from elmtex.readers.tables import SUFFIXES as TABLES
from elmtex.readers.tables import TEXT_TABLES, read_table
from elmtex.readers.text_files import ReadingError, Report
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


class FileSet:
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

    def __enter__(self) -> FileSet:
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
