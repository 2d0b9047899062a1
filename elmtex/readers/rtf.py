"""Read an RTF file's text."""

from __future__ import annotations

import re

from elmtex.readers.text_files import Note, ReadingError
from elmtex.text.normalisation import row_of
from elmtex.types import MissingDependencyError

# striprtf drops headers, footers, notes and text boxes, and keeps deleted text: the control words
# for these are replaced. Cells and rows become characters that no text has, for their text may have
# the bar striprtf writes.
_CELL, _ROW, _ROW_BEGINS = "\x1f", "\x1e", "\x1d"
_CHANGED = (
    (r"(?:header|footer)[flr]?|footnote|shptxt", r"\\line "),
    (r"shp(?:inst)?", ""),
    (r"deleted", r"\\*"),
    (r"(?:nest)?cell", _CELL),
    (r"(?:nest)?row", _ROW),
    (r"trowd", _ROW_BEGINS),
)
_WORDS = [
    (re.compile(rf"(?<!\\)(?:\\\*)?\\(?:{word})(?![a-z0-9]) ?"), new) for word, new in _CHANGED
]


def read_rtf(data: bytes, name: str) -> tuple[str, tuple[Note, ...]]:
    """The text of an RTF file: its headers and footers where they are written, a line for each row
    of a table.

    Args:
        data: the file.
        name: what error messages call it.

    Raises:
        ReadingError: it is not an RTF file.
    """
    try:
        from striprtf.striprtf import rtf_to_text
    except ImportError:
        raise MissingDependencyError("RTF needs striprtf: pip install 'elmtex[ui]'") from None
    if not data.lstrip().startswith(b"{\\rtf"):
        raise ReadingError(f"{name} is not an RTF file, whatever its name says", "damaged")
    if not data.rstrip(b"\0\r\n\t ").endswith(b"}") and _open_groups(data):
        # Half a report would look like a whole one.
        raise ReadingError(f"{name} is torn: its end is missing", "damaged")
    source = data.decode("latin-1")  # RTF is ASCII; its escapes carry the rest
    for mark in (_CELL, _ROW, _ROW_BEGINS):
        source = source.replace(mark, " ")
    for word, new in _WORDS:
        source = word.sub(new, source)
    return _with_rows(rtf_to_text(source, errors="replace")), ()


def _open_groups(data: bytes) -> bool:
    return data.count(b"{") - data.count(rb"\{") > data.count(b"}") - data.count(rb"\}")


def _with_rows(text: str) -> str:
    *rows, rest = text.split(_ROW)
    parts = []
    for row in rows:
        before, begun, cells = row.partition(_ROW_BEGINS)
        if (
            _CELL in before or not begun
        ):  # Word may write what a row is like once, for those that follow
            before, cells = "", row
        lines = [cell.split("\n") for cell in cells.replace(_ROW_BEGINS, "").split(_CELL)[:-1]]
        parts.append(f"{before}{row_of(lines)}\n")
    return "".join([*parts, rest]).replace(_CELL, "\t").replace(_ROW_BEGINS, "")
