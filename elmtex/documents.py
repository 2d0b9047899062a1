"""Read reports from what people have: text, PDF, Word, RTF, tables, and zip files of them.

A broken file costs only itself: it becomes a :class:`~elmtex.reading.Report` with a ``problem``, never an exception, and
a problem never quotes the file. Limits hold before anything is unpacked.
"""

from __future__ import annotations

import io
import logging
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from elmtex.ocr import MAX_PAGES_TOGETHER, Allowance, recognise
from elmtex.reading import MAX_BYTES, Note, ReadingError, Report, decode, read_reports
from elmtex.text import mended
from elmtex.types import InputError, MissingDependencyError

MAX_REPORTS = 500  # of one reading; the command line takes more
MAX_FILES = 1000  # in a zip file
MAX_UNPACKED = 200_000_000  # bytes a zip or Word file may grow to
MAX_PAGES = 300  # of a PDF
SCANNED = 20  # letters a page: a PDF with fewer is a picture of a text

TABLES = (".json", ".jsonl", ".csv")
# It warns with the bytes it stumbled over, which are a patient's.
logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)

SUFFIXES = (".txt", ".pdf", ".docx", ".rtf", *TABLES, ".zip")

Reader = Callable[[bytes, str], tuple[str, Note]]  # of a file's bytes, under its name


def read_files(paths: Sequence[str | Path]) -> list[Report]:
    """The reports of files, in order; at most :data:`MAX_REPORTS`, and one more that says so when there were more."""
    reports: list[Report] = []
    allowance = Allowance(MAX_PAGES_TOGETHER)
    for path in map(Path, paths):
        for report in _reports_of(path, path.name, allowance):
            if len(reports) == MAX_REPORTS:
                problem = f"only the first {MAX_REPORTS} reports were read; give the others in a second step"
                return [*reports, Report(path.name, None, problem, note="many")]
            reports.append(report)
    return reports


def _reports_of(
    path: Path, name: str, allowance: Allowance, *, in_zip: bool = False
) -> Iterator[Report]:
    suffix = path.suffix.lower()
    try:
        if suffix in _READERS:
            yield _read(_READERS[suffix], _bytes(path), name, allowance)
        elif suffix in TABLES:
            yield from read_reports([path])
        elif suffix == ".zip" and not in_zip:
            yield from _members(path, name, allowance)
        else:
            raise ReadingError(f"{name} is none of {', '.join(SUFFIXES)}", "kind")
    except (InputError, MissingDependencyError) as error:
        # Where the server put a file that was dropped is nobody's business.
        problem = str(error).replace(str(path), name)
        yield Report(name, None, problem, note=getattr(error, "note", ""))
    # The libraries below raise whatever a broken file makes them stumble over, and may quote it.
    except Exception:
        yield Report(name, None, f"{name} cannot be read: it is damaged", note="damaged")


def _read(reader: Reader, data: bytes, name: str, allowance: Allowance) -> Report:
    recognised = False
    try:
        text, note = reader(data, name)
    except _ScannedError:
        text, note, recognised = recognise(data, name, allowance), "", True
    text = mended(text)
    if text.strip():
        return Report(name, text, recognised=recognised, note=note)
    if recognised:
        problem = f"{name} is a scanned PDF in which no text was recognised"
        return Report(name, None, problem, note="unrecognised")
    return Report(name, None, f"{name} holds no text", note="blank")


class _ScannedError(Exception):
    """A PDF is a picture of a text."""


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ReadingError(
            f"{path.name} is over {MAX_BYTES // 1_000_000} MB, too large for a report", "large"
        )
    return data


def _pdf(data: bytes, name: str) -> tuple[str, Note]:
    try:
        import pypdf
    except ImportError:
        raise MissingDependencyError("PDF needs pypdf: pip install 'elmtex[ui]'") from None
    pdf = pypdf.PdfReader(io.BytesIO(data))
    if pdf.is_encrypted and not pdf.decrypt(""):
        raise ReadingError(f"{name} is protected by a password: save it without one", "password")
    if len(pdf.pages) > MAX_PAGES:
        raise ReadingError(
            f"{name} has {len(pdf.pages)} pages; up to {MAX_PAGES} are read", "large"
        )
    pages = [page.extract_text() for page in pdf.pages]
    letters = [sum(map(str.isalnum, page)) for page in pages]
    if sum(letters) < SCANNED * len(pages):
        raise _ScannedError
    pictured = any(n < SCANNED and _has_picture(pdf.pages[i]) for i, n in enumerate(letters))
    text = "\n\n".join(page.strip("\n") for page in pages).replace("\0", "\ufffd")
    return text, "pages" if pictured else ""


def _has_picture(page: Any) -> bool:
    objects = page.get("/Resources", {}).get("/XObject", {})
    return any(found.get_object().get("/Subtype") == "/Image" for found in objects.values())


def _docx(data: bytes, name: str) -> tuple[str, Note]:
    try:
        import docx
    except ImportError:
        raise MissingDependencyError(
            "Word files need python-docx: pip install 'elmtex[ui]'"
        ) from None
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return decode(data, name)  # refuses it, saying what it is instead
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        _check_size(packed, name)
    return "\n".join(_lines(docx.Document(io.BytesIO(data)).element.body)), ""


# Parts of a Word file (WordprocessingML) by their tag without namespace. python-docx leaves out the words of content
# controls and tracked insertions, which are where clinics' forms and corrected letters have theirs.
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Settings, what was deleted, a second copy.
_NO_WORDS = ("pPr", "rPr", "tblPr", "del", "moveFrom", "Fallback")


def _parts(element: Any) -> Iterator[tuple[str, Any]]:
    """What a part holds, each with its tag, without what is no word of the letter."""
    for part in element.iterchildren("*"):
        tag = part.tag.rpartition("}")[2]
        blank_field = tag == "sdt" and next(part.iter("{*}showingPlcHdr"), None) is not None
        if tag not in _NO_WORDS and not blank_field:
            yield tag, part


def _lines(element: Any) -> Iterator[str]:
    """A line for each paragraph and each row of a table, whose cells are parted by tabs; text boxes follow their paragraph."""
    for tag, part in _parts(element):
        if tag == "p":
            yield _words(part)
            for box in _within(part, "txbxContent"):
                yield from _lines(box)
        elif tag == "tr":
            yield "\t".join("\n".join(_lines(cell)) for cell in _within(part, "tc"))
        else:
            yield from _lines(part)


def _words(element: Any) -> str:
    return "".join(
        part.text or "" if tag == "t" else _SIGNS.get(tag) or _words(part)
        for tag, part in _parts(element)
        if tag != "txbxContent"
    )


def _within(element: Any, name: str) -> Iterator[Any]:
    """The nearest parts of a name, at whatever depth."""
    for tag, part in _parts(element):
        if tag == name:
            yield part
        else:
            yield from _within(part, name)


def _rtf(data: bytes, name: str) -> tuple[str, Note]:
    try:
        from striprtf.striprtf import rtf_to_text
    except ImportError:
        raise MissingDependencyError("RTF needs striprtf: pip install 'elmtex[ui]'") from None
    if not data.lstrip().startswith(b"{\\rtf"):
        raise ReadingError(f"{name} is no RTF file, whatever its name says", "damaged")
    return rtf_to_text(data.decode("latin-1")), ""  # RTF is ASCII; its escapes carry the rest


_READERS: dict[str, Reader] = {
    ".txt": decode,
    ".pdf": _pdf,
    ".docx": _docx,
    ".rtf": _rtf,
}


def _members(path: Path, name: str, allowance: Allowance) -> Iterator[Report]:
    """The files of a zip file, each unpacked alone, under a name of our own, and gone after it was read."""
    if not zipfile.is_zipfile(path):
        raise ReadingError(f"{name} is no zip file, or a damaged one", "damaged")
    with zipfile.ZipFile(path) as packed, tempfile.TemporaryDirectory() as folder:
        _check_size(packed, name)
        for member in packed.infolist():
            inside = PurePosixPath(member.filename)
            if member.is_dir() or inside.name.startswith(".") or "__MACOSX" in inside.parts:
                continue
            if member.flag_bits & 1:
                problem = f"{inside.name} is protected by a password"
                yield Report(inside.name, None, problem, note="password")
                continue
            # The suffix says how to read it; nothing else of a member's path touches the disk.
            place = (
                Path(folder)
                / f"{inside.stem[:60].strip('. ') or 'report'}{inside.suffix.lower()[:8]}"
            )
            if place.parent != Path(folder) or "/" in inside.name or "\\" in inside.name:
                problem = f"{inside.name!r} is not a usable file name"
                yield Report(inside.name, None, problem, note="damaged")
                continue
            try:
                place.write_bytes(packed.read(member))
            except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
                problem = f"{inside.name} cannot be unpacked"
                yield Report(inside.name, None, problem, note="damaged")
                continue
            yield from _reports_of(place, inside.name, allowance, in_zip=True)
            place.unlink()


def _check_size(packed: zipfile.ZipFile, name: str) -> None:
    members = packed.infolist()
    if len(members) > MAX_FILES:
        raise ReadingError(
            f"{name} holds {len(members)} files; up to {MAX_FILES} are read", "large"
        )
    # zipfile itself stops where a member grows past the size its entry states.
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise ReadingError(f"{name} unpacks to more than {MAX_UNPACKED // 1_000_000} MB", "large")
