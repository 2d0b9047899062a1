"""Tables of reports: one report per row of .csv, .json, .jsonl or .xlsx, in a column text or
report, with an optional id.

German tables may call the column befund or bericht. Capitals in the names of columns do not count.
A row that cannot be read becomes a :class:`~elmtex.readers.text_files.Report` with a ``problem``
and affects nothing else.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from elmtex.readers import text_files as reading
from elmtex.readers.text_files import (
    Note,
    ReadingError,
    Report,
    encoding_of,
    open_bytes,
    readable_name,
    windows,
)
from elmtex.types import MissingDependencyError

MAX_JSON_BYTES = 200_000_000  # of a .json list, which has to be read whole
MAX_SHEETS = 50  # of a workbook
TEXT_COLUMNS = ("text", "report", "befund", "bericht")
HEADER_AMONG = 10  # rows of a sheet: titles may be above its header row

_HEAD = 4096  # bytes that show what a file is
_NEVER = "\x1f"  # separates no cells: no table has it
_BOM = b"\xef\xbb\xbf"
# A name of a column, and no patient's words where the header row is missing.
_COLUMN = re.compile(r"[^\W\d_][\w.()/-]{0,19}")
_COLUMNS_NAMED = 8
_ID = re.compile(r"[\s_.-]id$")  # the end of a column's name, case-folded


def read_table(path: Path) -> Iterator[Report]:
    """The reports of a table's rows, in order, read only when asked for.

    A ``.json`` file may hold one object alone; the cells of a ``.csv`` are separated by commas,
    semicolons or tabs, as its header row shows, in UTF-8, UTF-16 with a byte order mark, or
    Windows-1252. Of a ``.xlsx`` each sheet with such a column is read.

    Raises:
        InputError: it cannot be read as a table, or has no column of reports; says which it has.
    """
    yield from _READERS[path.suffix.lower()](path)


def _read_jsonl(path: Path) -> Iterator[Report]:
    limit = reading.MAX_BYTES
    with open_bytes(path) as file:
        if encoding_of(file.read(_HEAD), str(path)) != "utf-8":
            raise ReadingError(f"{path} is not UTF-8 text: save it as UTF-8", "encoding")
        file.seek(0)
        number = 0
        while line := file.readline(limit + 1):
            number += 1
            if len(line) > limit and not line.endswith(b"\n"):
                while (rest := file.readline(limit)) and not rest.endswith(b"\n"):
                    pass
                yield broken(
                    path, number, f"is over {limit // 1_000_000} MB, too large for a report"
                )
                continue
            if number == 1:
                line = line.removeprefix(_BOM)
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8"))
            except UnicodeDecodeError:
                yield broken(path, number, "is not UTF-8 text")
            except (ValueError, RecursionError):  # also a number of 5,000 digits
                yield broken(path, number, "is not valid JSON")
            else:
                yield from_row(row, path, number)


def _read_json(path: Path) -> Iterator[Report]:
    with open_bytes(path) as file:
        data = file.read(MAX_JSON_BYTES + 1)
    if len(data) > MAX_JSON_BYTES:
        raise ReadingError(
            f"{path} is over {MAX_JSON_BYTES // 1_000_000} MB: write it as .jsonl, which is read a line at a time",
            "large",
        )
    encoding = encoding_of(data[:_HEAD], str(path))
    try:
        rows = json.loads(data.decode("utf-8-sig" if encoding == "utf-8" else encoding))
    except (ValueError, RecursionError):
        raise ReadingError(f"{path} is not a JSON file in UTF-8", "damaged") from None
    if isinstance(rows, dict) and set(TEXT_COLUMNS) & set(_folded(rows)):
        rows = [rows]
    if not isinstance(rows, list):
        raise ReadingError(
            f'{path} holds no list and no report: give [{{"id": …, "text": …}}, …]', "table"
        )
    for number, row in enumerate(rows, 1):
        yield from_row(row, path, number)


def _read_csv(path: Path) -> Iterator[Report]:
    csv.field_size_limit(reading.MAX_BYTES)
    with open_bytes(path) as raw:
        encoding = encoding_of(raw.read(_HEAD), str(path))
        raw.seek(0)
        # surrogateescape: bytes that are not UTF-8 spoil their own row, not the file.
        with (
            io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")
            if encoding == "utf-8"
            else io.TextIOWrapper(raw, encoding, newline="")
        ) as file:
            try:
                yield from _csv_rows(file, path)
            except UnicodeError:
                raise ReadingError(
                    f"{path} is torn {encoding.upper()}: save it as UTF-8", "encoding"
                ) from None


def _csv_rows(file: io.TextIOWrapper, path: Path) -> Iterator[Report]:
    found: Sequence[str] = ()
    for delimiter in (",", ";", "\t", _NEVER):
        file.seek(0)
        rows = csv.DictReader(file, delimiter=delimiter, strict=True)
        try:
            names = [column_name(cell) for cell in rows.fieldnames or []]
        except csv.Error:
            names = []
        # Where the text is the only column nothing separates it: a comma is part of the text.
        if set(TEXT_COLUMNS) & set(names) and (len(names) > 1 or delimiter == _NEVER):
            break
        found = max(found, rows.fieldnames or (), key=len) if names else found
    else:
        raise no_column(path, found)
    number = 0
    while True:
        number += 1
        try:
            row: dict[Any, Any] = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield broken(path, number, "is not valid CSV")
            continue
        if any(row.get(None) or ()):
            # Half a report would look like a whole one.
            problem = "has more cells than the header row: put its text in quotes"
            yield broken(path, number, problem)
            continue
        note: Note = ""
        row = _folded(row)
        for column in (id_column(row), *TEXT_COLUMNS):
            cell = row.get(column)
            if cell is not None and not _is_unicode(cell):
                text = windows(cell.encode("utf-8", "surrogateescape"))
                if text is not None:
                    row[column], note = text, "recoded"
        yield from_row(row, path, number, note)


def _read_xlsx(path: Path) -> Iterator[Report]:
    try:
        import openpyxl
    except ImportError:
        raise MissingDependencyError(
            "Excel files need openpyxl: pip install 'elmtex[ui]'"
        ) from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (KeyError, zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException):
        raise ReadingError(f"{path} is not an Excel file, or a damaged one", "damaged") from None
    try:
        yield from _xlsx_rows(book, path)
    finally:
        book.close()


def _xlsx_rows(book: Any, path: Path) -> Iterator[Report]:
    found: Sequence[str] = ()
    any_sheet = False
    number = 0
    for sheet in book.worksheets[:MAX_SHEETS]:
        sheet.reset_dimensions()  # a file may claim a million rows that it does not have
        names: Sequence[str] = ()
        for place, row in enumerate(sheet.iter_rows(values_only=True)):
            cells = [_as_text(cell) for cell in row]
            if names:
                values = {
                    name: cell or None for name, cell in zip(names, cells, strict=False) if name
                }
                if any(values.values()):
                    number += 1
                    yield from_row(values, path, number)
            elif set(TEXT_COLUMNS) & set(map(column_name, cells)):
                names, any_sheet = [column_name(cell) for cell in cells], True
            elif place < HEADER_AMONG:
                found = max(found, [cell for cell in cells if cell], key=len)
            else:
                break
    if not any_sheet:
        raise no_column(path, found)


def _as_text(cell: Any) -> str:
    """A cell as a spreadsheet shows it, as far as it can be known: 7, not 7.0."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    # Excel keeps a carriage return and other controls as _x000D_.
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), str(cell))


TEXT_TABLES = (".json", ".jsonl", ".csv")  # which can be read a part at a time, or are small
_READERS: Mapping[str, Callable[[Path], Iterator[Report]]] = {
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
}
SUFFIXES = tuple(_READERS)


def column_name(cell: Any) -> str:
    return str(cell).strip().casefold()


def _folded(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {column_name(key): value for key, value in row.items()}


def no_column(path: Path, names: Sequence[str]) -> ReadingError:
    named = [name.strip() for name in names if name.strip()]
    has = ""
    if named and all(_COLUMN.fullmatch(name) for name in named):
        has = f" (it has: {', '.join(named[:_COLUMNS_NAMED])}{', …' if len(named) > _COLUMNS_NAMED else ''})"
    return ReadingError(
        f"{path} has no column 'text' or 'report'{has}: name the reports' column so in the header row",
        "table",
    )


def id_column(row: Mapping[str, Any]) -> str:
    """The column of the reports' ids: ``id``, else the only one whose name ends so, as
    ``patient_id`` does."""
    named = [name for name in row if _ID.search(name)]
    return named[0] if "id" not in row and len(named) == 1 else "id"


def from_row(row: Any, path: Path, number: int, note: Note = "") -> Report:
    """The report of one table row, or what is wrong with it."""
    if not isinstance(row, dict):
        return broken(path, number, "is not an object with 'text'")
    row = _folded(row)
    text = next((row[column] for column in TEXT_COLUMNS if row.get(column) is not None), None)
    name = row.get(id_column(row))
    if name in (None, ""):
        name = f"{readable_name(path.stem)}:{number}"
    if isinstance(name, bool) or not isinstance(name, (str, int)) or not _is_unicode(str(name)):
        return broken(path, number, "has an 'id' that is neither text nor a whole number")
    if not isinstance(text, str):
        return broken(path, number, "has no text in 'text' or 'report'", str(name))
    if not _is_unicode(text):
        return broken(
            path, number, "holds characters that are not valid Unicode; save it as UTF-8", str(name)
        )
    if len(text) > reading.MAX_BYTES:
        limit = reading.MAX_BYTES // 1_000_000
        return broken(path, number, f"is over {limit} MB, too large for a report", str(name))
    return Report(str(name), text, note=note, source=_ids(row))


def _ids(row: Mapping[str, Any]) -> dict[str, str]:
    """The cells of the columns of ids: of patient, case and report."""
    cells = {name: row[name] for name in row if name == "id" or _ID.search(name)}
    named = {name: str(cell) for name, cell in cells.items() if isinstance(cell, str | int)}
    return {name: cell for name, cell in named.items() if cell and _is_unicode(name + cell)}


def _is_unicode(text: str) -> bool:
    # A lone surrogate, from JSON's "\ud800" or an undecodable byte, fits in no UTF-8 output and no
    # tokenizer.
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def broken(path: Path, number: int, problem: str, name: str | None = None) -> Report:
    problem = f"row {number} of {readable_name(path.name)} {problem}"
    return Report(name or f"{readable_name(path.stem)}:{number}", None, problem, note="row")
