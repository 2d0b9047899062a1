"""Read one report's text; messages about reading.

A report is UTF-8 text. Only a leading byte order mark is stripped; line ends, null bytes and
everything else stay as they are, for the offsets of an extraction count the code points of exactly
this text. UTF-16 and UTF-32 are read where a byte order mark says so. Text that is none of these is
read as Windows-1252, what German and Western offices wrote before, and noted as such: its offsets
count the code points of the decoded text.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from elmtex.types import InputError

MAX_BYTES = 20_000_000  # of one report: some 3 million words; a larger file is not a report
RECODED = "was not UTF-8 and was read as Windows-1252: check its umlauts"
SAID = {  # about what was read with a defect, by message id
    "recoded": RECODED,
    "pages": "has scanned pages that were not read",
    "running": "repeats lines at the top or bottom of its pages, which were left out",
    "left_out": "holds a chart, a drawing or another file inside, which was not read",
}

# Message ids about a reading, for translations.
Note = Literal[
    "",
    "recoded",  # it was read, as Windows-1252
    "pages",  # some were scanned, and only the others were read
    "running",  # headers, footers and page numbers were left out
    "left_out",  # what is not text; all other ids say why there is no text
    "kind",  # of file that is not read
    "renamed",  # another kind than its name says
    "large",
    "costly",  # too much memory or time
    "encoding",
    "damaged",
    "password",
    "blank",
    "scan",  # and nothing here recognises its words
    "unrecognised",  # a scan without words
    "table",  # without reports
    "row",
    "many",  # at once
    "record",  # in the database is damaged; no reading says so, but the store
]

_UTF_8 = b"\xef\xbb\xbf"
_WIDE = {  # byte order marks; UTF-32's begins with UTF-16's
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_MAGIC = {
    b"%PDF-": "a PDF, whatever its name says: name it .pdf",
    b"PK\x03\x04": "a Word, Excel or zip file, whatever its name says: name it .docx, .xlsx or .zip",
    b"\xd0\xcf\x11\xe0": "an old Word or Excel file: save it as .docx or .xlsx",
    b"{\\rtf": "an RTF file, whatever its name says: name it .rtf",
    b"\x7fELF": "a program: give a text file",
    b"MZ\x90\x00": "a program: give a text file",
    b"\x89PNG": "an image: run text recognition (OCR) on it first",
    b"\xff\xd8\xff": "an image: run text recognition (OCR) on it first",
    b"II*\x00": "an image: run text recognition (OCR) on it first",
    b"MM\x00*": "an image: run text recognition (OCR) on it first",
    b"\x1f\x8b": "a gzip file: unpack it first",
}
_READABLE = ("a PDF,", "a Word,", "an RTF")  # under another name


class ReadingError(InputError):
    """A file or a row of it cannot be read.

    Args:
        message: what is wrong, in English.
        note: message id, for translations.
    """

    def __init__(self, message: str, note: Note) -> None:
        super().__init__(message)
        self.note = note


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a batch.

    Args:
        id: its name: file name without ``.txt``, the row's ``id``, or ``FILE:ROW``. Need not be
            unique.
        text: the report; None when it could not be read.
        problem: why it could not be read, without its words; None when it could.
        recognised: it was a scan whose words were recognised (OCR), and may differ from the paper.
        note: message id of ``problem`` (:data:`Note`), for translations; of what was read
            with defects, one id for each, separated by spaces.
        source: of a table's row its columns of ids, by their names in small letters; {} without
            such.
    """

    id: str
    text: str | None
    problem: str | None = None
    recognised: bool = False
    note: str = ""
    source: Mapping[str, str] = field(default_factory=dict, compare=False)


def read_report(path: str | Path) -> tuple[str, Note]:
    """Read one report.

    Args:
        path: a file of text, see :func:`decode`, or ``-`` for stdin.

    Returns:
        The text, and ``recoded`` when it was read as Windows-1252, else "".

    Raises:
        ReadingError: missing, a directory, unreadable, over :data:`MAX_BYTES`, or not text.
    """
    if str(path) == "-":
        return decode(sys.stdin.buffer.read(MAX_BYTES + 1), "stdin")
    return decode(read_bytes(path), str(path))


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a file, never more than :data:`MAX_BYTES`, also of a pipe or device, whose size
    nobody knows before.

    Raises:
        ReadingError: missing, a directory, unreadable or too large.
    """
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > MAX_BYTES else file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ReadingError(_open_problem(path, error), "damaged") from None
    if max(size, len(data)) > MAX_BYTES:
        raise ReadingError(_too_large(str(path)), "large")
    return data


def decode(data: bytes, where: str) -> tuple[str, Note]:
    """The text of a report's bytes.

    Args:
        data: at most :data:`MAX_BYTES` bytes: UTF-8, in which null bytes are text like any other,
            UTF-16 or UTF-32 with a byte order mark, or Windows-1252. Marks are stripped.
        where: what error messages call the source, e.g. its path.

    Returns:
        The text, and ``recoded`` when it was read as Windows-1252, else "".

    Raises:
        ReadingError: too large or not text; says what it seems to be instead.
    """
    if len(data) > MAX_BYTES:
        raise ReadingError(_too_large(where), "large")
    encoding = encoding_of(data, where)
    try:
        return data.removeprefix(_UTF_8).decode(encoding), ""
    except UnicodeDecodeError as error:
        text = windows(data) if encoding == "utf-8" else None
        if text is None:
            raise ReadingError(
                f"{where} is text neither in {encoding.upper()} (byte {error.start} is out of place) nor in "
                "Windows-1252: save it as UTF-8",
                "encoding",
            ) from None
        return text, "recoded"


def encoding_of(data: bytes, where: str) -> str:
    """``utf-8``, or what the byte order mark says.

    Args:
        data: a file's bytes, or the first of them.
        where: what error messages call the source.

    Raises:
        ReadingError: it is not text; says what it seems to be instead.
    """
    for mark, encoding in _WIDE.items():
        if data.startswith(mark):
            return encoding
    if data.count(0) * 5 > len(data) * 2:
        # Without a mark, UTF-16 of Western text is valid UTF-8 in which every other byte is null.
        raise ReadingError(
            f"{where} looks like UTF-16 or binary data, not UTF-8 text: save it as UTF-8",
            "encoding",
        )
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            renamed = what.startswith(_READABLE)
            raise ReadingError(f"{where} is {what}", "renamed" if renamed else "kind")
    return "utf-8"


def windows(data: bytes) -> str | None:
    """The text of bytes that are not UTF-8, or None when they cannot be Windows-1252 either."""
    # UTF-8 with a torn place has more letters of its own than broken ones; as Windows-1252 it would
    # be "fÃ¼r".
    whole = data.decode("utf-8", "replace")
    broken = whole.count("\ufffd")
    if len(whole) - len(whole.encode("ascii", "ignore")) > 2 * broken or 0 in data:
        return None
    try:
        return data.decode("cp1252")  # which leaves five bytes undefined
    except UnicodeDecodeError:
        return None


def readable_name(name: str) -> str:
    """A file's name without the bytes that are not UTF-8 (surrogates in Python): an id goes into
    JSON."""
    return os.fsencode(name).decode("utf-8", "replace")


def open_bytes(path: Path) -> BinaryIO:
    """The file, opened.

    Raises:
        ReadingError: it cannot be.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise ReadingError(_open_problem(path, error), "damaged") from None


def _open_problem(path: str | Path, error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError():
            return f"no such file: {str(path)!r}"
        case IsADirectoryError():
            return f"{str(path)!r} is a directory: give a file, or use `elmtex batch` for a folder of reports"
        case PermissionError():
            return f"no permission to read {str(path)!r}"
        case OSError():
            return f"cannot read {str(path)!r}: {error.strerror}"
        case _:
            return f"{str(path)!r} is not a usable file name"


def _too_large(where: str) -> str:
    return f"{where} is over {MAX_BYTES // 1_000_000} MB, too large for a report: split it into its reports"
