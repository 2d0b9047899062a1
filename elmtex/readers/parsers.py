"""What the confined process does with files: read their reports, unpack them, recognise their
pages."""

from __future__ import annotations

import dataclasses
import functools
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from elmtex.readers.ocr import recognise
from elmtex.readers.pdf import ScannedError, read_pdf
from elmtex.readers.rtf import read_rtf
from elmtex.readers.tables import SUFFIXES as TABLES
from elmtex.readers.tables import read_table
from elmtex.readers.text_files import MAX_BYTES, Note, ReadingError, Report, decode, read_bytes
from elmtex.readers.word import read_docx
from elmtex.text.normalisation import repaired

MAX_FILES = 1000  # in a zip file
MAX_UNPACKED = 200_000_000  # bytes a zip file may grow to, all its files together
_PIECE = 1_000_000  # bytes that are unpacked at once


def _text(data: bytes, name: str) -> tuple[str, tuple[Note, ...]]:
    text, note = decode(data, name)
    return text, (note,) if note else ()


READERS: Mapping[str, Callable[[bytes, str], tuple[str, tuple[Note, ...]]]] = {
    ".txt": _text,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".rtf": read_rtf,
}


def read_document(path: Path, name: str) -> Report:
    """The one report of a file that is not a table.

    Args:
        path: the file; its suffix says what it should be.
        name: the report's.

    Raises:
        ScannedError: a PDF without text. Others as the readers of :data:`READERS`.
    """
    text, notes = READERS[path.suffix.lower()](read_bytes(path), name)
    text = repaired(text)
    if not text.strip():
        return Report(name, None, f"{name} holds no text", note="blank")
    return Report(name, text, note=" ".join(notes))


def reports(path: str, name: str) -> Iterator[dict[str, Any]]:
    """The reports of a file, as JSON has them, or ``{"pages": N}`` of a scanned PDF."""
    file = Path(path)
    if file.suffix.lower() in TABLES:
        for report in read_table(file):
            yield dataclasses.asdict(report)
        return
    try:
        yield dataclasses.asdict(read_document(file, name))
    except ScannedError as scanned:
        yield {"pages": scanned.pages}


def members(path: str, name: str) -> Iterator[dict[str, Any]]:
    """Name and kind of each member of a zip file.

    Raises:
        ReadingError: it is none, or has too many members or too large ones.
    """
    try:
        packed = _opened(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise ReadingError(f"{name} is not a zip file, or a damaged one", "damaged") from None
    found = packed.infolist()
    if len(found) > MAX_FILES:
        raise ReadingError(f"{name} holds {len(found)} files; up to {MAX_FILES} are read", "large")
    # zipfile itself stops where a member grows past the size its entry states.
    if sum(member.file_size for member in found) > MAX_UNPACKED:
        raise ReadingError(f"{name} unpacks to more than {MAX_UNPACKED // 1_000_000} MB", "large")
    for member in found:
        yield {
            "name": member.filename,
            "folder": member.is_dir(),
            "locked": bool(member.flag_bits & 1),
        }


def unpack(path: str, number: int, place: str, name: str) -> Iterator[Any]:
    """Write one member to a place; yields nothing.

    Args:
        path: the zip file.
        number: which of its :func:`members`.
        place: where to; its suffix says whether it is a report or a table of many.
        name: what error messages call it.

    Raises:
        ReadingError: it is larger than a report may be. A damaged one raises any of zipfile's
            errors.
    """
    packed = _opened(path)
    limit = MAX_UNPACKED if Path(place).suffix in TABLES else MAX_BYTES
    size = 0
    with packed.open(packed.infolist()[number]) as source, Path(place).open("wb") as target:
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > limit:
                raise ReadingError(
                    f"{name} is over {limit // 1_000_000} MB, too large for a report", "large"
                )
            target.write(piece)
    yield from ()


@functools.lru_cache(maxsize=1)
def _opened(path: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def page(path: str, number: int, name: str) -> Iterator[str]:
    """The words of one page of a scanned PDF."""
    yield recognise(path, number, name)


OPERATIONS: Mapping[str, Callable[..., Iterator[Any]]] = {
    "reports": reports,
    "members": members,
    "unpack": unpack,
    "page": page,
}
