"""Read reports: one from a file or stdin, or many from folders and tables.

A report is UTF-8 text. Only a leading byte order mark is taken off; line ends, null bytes and everything else stay
as they are, for the offsets of an extraction count the code points of exactly this text. Text that is not UTF-8 is
read as Windows-1252, what German and Western offices wrote before, and noted as such: its offsets count the code points
of the decoded text.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from elmtex.types import InputError

MAX_BYTES = 20_000_000  # of one report: some 3 million words; a larger file is not a report
MAX_JSON_BYTES = 200_000_000  # of a .json list, which has to be read whole
TEXT_COLUMNS = ("text", "report")
RECODED = "was not UTF-8 and was read as Windows-1252: check its umlauts"

# What there is to say of a reading, for those who say it in a language of their own.
Note = Literal[
    "",
    "recoded",  # it was read, as Windows-1252
    "pages",  # some were pictures, and only the others were read; all other words say why there is no text
    "kind",  # of file that is not read
    "large",
    "encoding",
    "damaged",
    "password",
    "blank",
    "scan",  # and nothing here recognises its words
    "unrecognised",  # a scan without words
    "table",  # without reports
    "row",
    "many",  # at once
]

_NEVER = "\x1f"  # parts no cells: no table has it
_BOM = b"\xef\xbb\xbf"
_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_MAGIC = {
    b"%PDF-": "a PDF: take its text out first, e.g. pdftotext REPORT.pdf",
    b"PK\x03\x04": "a Word or zip file: save it as plain text (UTF-8)",
    b"\xd0\xcf\x11\xe0": "an old Word file: save it as plain text (UTF-8)",
    b"\x7fELF": "a program: give a text file",
    b"\x89PNG": "a picture: run text recognition (OCR) on it first",
    b"\xff\xd8\xff": "a picture: run text recognition (OCR) on it first",
    b"\x1f\x8b": "a gzip file: unpack it first",
}


class ReadingError(InputError):
    """A file or a row of it cannot be read.

    Args:
        message: what is wrong, in English.
        note: the same in a word, for other languages.
    """

    def __init__(self, message: str, note: Note) -> None:
        super().__init__(message)
        self.note = note


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a batch.

    Args:
        id: its name: file name without ``.txt``, the row's ``id``, or ``FILE:ROW``. Need not be unique.
        text: the report; None when it could not be read.
        problem: why it could not be read, without its words; None when it could.
        recognised: it was a picture whose words were recognised (OCR), and may differ from the paper.
        note: what ``problem`` says in a word, for other languages; ``recoded`` or ``pages`` of what was read with a defect.
    """

    id: str
    text: str | None
    problem: str | None = None
    recognised: bool = False
    note: Note = ""


def read_report(path: str | Path) -> tuple[str, Note]:
    """Read one report.

    Args:
        path: a file of UTF-8 text with or without byte order mark (which is taken off), or ``-`` for stdin.

    Returns:
        The text, and ``recoded`` when it was read as Windows-1252, else "".

    Raises:
        ReadingError: missing, a directory, unreadable, over :data:`MAX_BYTES`, or not text.
    """
    if str(path) == "-":
        return decode(sys.stdin.buffer.read(MAX_BYTES + 1), "stdin")
    try:
        # Never more than the limit, also from a pipe or device, whose size nobody knows before.
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > MAX_BYTES else file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ReadingError(_open_problem(path, error), "damaged") from None
    if size > MAX_BYTES:
        raise ReadingError(_too_large(str(path)), "large")
    return decode(data, str(path))


def decode(data: bytes, where: str) -> tuple[str, Note]:
    """The text of a report's bytes.

    Args:
        data: at most :data:`MAX_BYTES` bytes of UTF-8, in which null bytes are text like any other, or Windows-1252.
        where: what error messages call the source, e.g. its path.

    Returns:
        The text, and ``recoded`` when it was read as Windows-1252, else "".

    Raises:
        ReadingError: too large or not text; says what it seems to be instead.
    """
    if len(data) > MAX_BYTES:
        raise ReadingError(_too_large(where), "large")
    if data.startswith(_UTF16_OR_32) or data.count(0) * 5 > len(data) * 2:
        # Without a mark, UTF-16 of Western text is valid UTF-8 in which every other byte is null.
        raise ReadingError(
            f"{where} looks like UTF-16 or binary data, not UTF-8 text: save it as UTF-8",
            "encoding",
        )
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise ReadingError(f"{where} is {what}", "kind")
    try:
        return data.removeprefix(_BOM).decode("utf-8"), ""
    except UnicodeDecodeError as error:
        text = _windows(data)
        if text is None:
            raise ReadingError(
                f"{where} is text neither in UTF-8 (byte {error.start} is out of place) nor in Windows-1252: save it "
                "as UTF-8",
                "encoding",
            ) from None
        return text, "recoded"


def _windows(data: bytes) -> str | None:
    """The text of bytes that are not UTF-8, or None when they cannot be Windows-1252 either."""
    # UTF-8 with a torn place has more letters of its own than broken ones; as Windows-1252 it would be "fÃ¼r".
    whole = data.decode("utf-8", "replace")
    broken = whole.count("\ufffd")
    if len(whole) - len(whole.encode("ascii", "ignore")) > 2 * broken or 0 in data:
        return None
    try:
        return data.decode("cp1252")  # which leaves five bytes undefined
    except UnicodeDecodeError:
        return None


def read_reports(paths: Sequence[str | Path]) -> Iterator[Report]:
    """The reports of files and folders, one after the other, read only when asked for.

    A ``.txt`` file is a report; a folder stands for the ``.txt`` files in and below it, sorted by path; ``.jsonl``
    (one object a line), ``.json`` (a list of objects) and ``.csv`` (a header row) hold one report a row, in ``text``
    or ``report``, with an optional ``id``. A file or row that cannot be read becomes a :class:`Report` with a
    ``problem`` and costs nothing but itself. A ``.json`` file may hold one object alone; the cells of a ``.csv`` are
    parted by commas, semicolons or tabs, as its header row shows.

    Raises:
        InputError: a path that cannot be used at all, when its turn comes: missing, of another kind, a folder without
            ``.txt`` files, a table without a text column, a ``.json`` file that holds no reports.
    """
    for path in map(Path, paths):
        yield from _reports_of(path)


def _reports_of(path: Path) -> Iterator[Report]:
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() == ".txt" and p.is_file())
        if not files:
            raise InputError(
                f"the folder {str(path)!r} has no .txt file: give one with reports in it"
            )
        for file in files:
            yield _read_file(file, file.relative_to(path).with_suffix("").as_posix())
        return
    if not path.exists():
        raise InputError(f"no such file or folder: {str(path)!r}")
    match path.suffix.lower():
        case ".txt":
            yield _read_file(path, path.stem)
        case ".jsonl":
            yield from _read_jsonl(path)
        case ".json":
            yield from _read_json(path)
        case ".csv":
            yield from _read_csv(path)
        case _:
            raise InputError(
                f"cannot read reports from {str(path)!r}: give .txt, .jsonl, .json or .csv files, or folders of .txt"
            )


def readable_name(name: str) -> str:
    """A file's name without the bytes that are no UTF-8 (surrogates in Python): an id goes into JSON."""
    return os.fsencode(name).decode("utf-8", "replace")


def _read_file(path: Path, name: str) -> Report:
    name = readable_name(name)
    try:
        text, note = read_report(path)
    except ReadingError as error:
        return Report(name, None, str(error), note=error.note)
    return Report(name, text, note=note)


def _read_jsonl(path: Path) -> Iterator[Report]:
    with _open(path) as file:
        number = 0
        while line := file.readline(MAX_BYTES + 1):
            number += 1
            if len(line) > MAX_BYTES and not line.endswith(b"\n"):
                while (rest := file.readline(MAX_BYTES)) and not rest.endswith(b"\n"):
                    pass
                yield _broken(
                    path, number, f"is over {MAX_BYTES // 1_000_000} MB, too large for a report"
                )
                continue
            if number == 1:
                line = line.removeprefix(_BOM)
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8"))
            except UnicodeDecodeError:
                yield _broken(path, number, "is not UTF-8 text")
            except (ValueError, RecursionError):  # also a number of 5,000 digits
                yield _broken(path, number, "is not valid JSON")
            else:
                yield _from_row(row, path, number)


def _read_json(path: Path) -> Iterator[Report]:
    with _open(path) as file:
        data = file.read(MAX_JSON_BYTES + 1)
    if len(data) > MAX_JSON_BYTES:
        raise ReadingError(
            f"{path} is over {MAX_JSON_BYTES // 1_000_000} MB: write it as .jsonl, which is read a line at a time",
            "large",
        )
    try:
        rows = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ReadingError(f"{path} is not a JSON file in UTF-8", "damaged") from None
    if isinstance(rows, dict) and set(TEXT_COLUMNS) & set(rows):
        rows = [rows]
    if not isinstance(rows, list):
        raise ReadingError(
            f'{path} holds no list and no report: give [{{"id": …, "text": …}}, …]', "table"
        )
    for number, row in enumerate(rows, 1):
        yield _from_row(row, path, number)


def _read_csv(path: Path) -> Iterator[Report]:
    csv.field_size_limit(MAX_BYTES)
    # surrogateescape: bytes that are no UTF-8 spoil the row they stand in, not the file.
    with (
        _open(path) as raw,
        io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="") as file,
    ):
        for delimiter in (",", ";", "\t", _NEVER):
            file.seek(0)
            rows = csv.DictReader(file, delimiter=delimiter, strict=True)
            try:
                names = rows.fieldnames or []
            except csv.Error:
                names = []
            # Where the text is the only column nothing parts it: a comma, too, is a comma of its own.
            if set(TEXT_COLUMNS) & set(names) and (len(names) > 1 or delimiter == _NEVER):
                break
        else:
            raise ReadingError(
                f"{path} has no column 'text' or 'report': name the reports' column in the header row",
                "table",
            )
        number = 0
        while True:
            number += 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                yield _broken(path, number, "is not valid CSV")
                continue
            if any(row.get(None) or ()):
                # Half a report would look like a whole one.
                problem = "has more cells than the header row: put its text in quotes"
                yield _broken(path, number, problem)
                continue
            note: Note = ""
            for column in ("id", *TEXT_COLUMNS):
                cell = row.get(column)
                if cell is not None and not _is_unicode(cell):
                    text = _windows(cell.encode("utf-8", "surrogateescape"))
                    if text is not None:
                        row[column], note = text, "recoded"
            yield _from_row(row, path, number, note)


def _from_row(row: Any, path: Path, number: int, note: Note = "") -> Report:
    """The report of one table row, or what is wrong with it."""
    if not isinstance(row, dict):
        return _broken(path, number, "is not an object with 'text'")
    text = next((row[column] for column in TEXT_COLUMNS if row.get(column) is not None), None)
    name = row.get("id")
    if name in (None, ""):
        name = f"{readable_name(path.stem)}:{number}"
    if isinstance(name, bool) or not isinstance(name, (str, int)) or not _is_unicode(str(name)):
        return _broken(path, number, "has an 'id' that is neither text nor a whole number")
    if not isinstance(text, str):
        return _broken(path, number, "has no text in 'text' or 'report'", str(name))
    if not _is_unicode(text):
        return _broken(
            path, number, "holds characters that are not valid Unicode; save it as UTF-8", str(name)
        )
    if len(text) > MAX_BYTES:
        return _broken(
            path, number, f"is over {MAX_BYTES // 1_000_000} MB, too large for a report", str(name)
        )
    return Report(str(name), text, note=note)


def _is_unicode(text: str) -> bool:
    # A lone surrogate, from JSON's "\ud800" or an undecodable byte, fits in no UTF-8 output and no tokenizer.
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _broken(path: Path, number: int, problem: str, name: str | None = None) -> Report:
    problem = f"row {number} of {readable_name(path.name)} {problem}"
    return Report(name or f"{readable_name(path.stem)}:{number}", None, problem, note="row")


def _open(path: Path) -> BinaryIO:
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
