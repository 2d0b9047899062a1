"""Read a Word file's text: in the order a reader sees it, headers first and footers last.

python-docx leaves out the words of content controls, tracked insertions, text boxes and notes,
which are where clinics' forms and corrected letters have theirs; so the parts of WordprocessingML
(ECMA-376) are walked here, by their tag without namespace.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from elmtex.readers.pdf import PAGE_NUMBER
from elmtex.readers.text_files import Note, ReadingError, decode
from elmtex.text.normalisation import row_of
from elmtex.types import MissingDependencyError

MAX_XML = 50_000_000  # bytes of a file's parts, unpacked: the tree of more takes over a gigabyte
MAX_FILES = 5000

_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Settings, what was deleted, a second copy.
_NO_WORDS = ("pPr", "rPr", "tblPr", "del", "moveFrom", "Fallback")
# Parts with words or images of their own that are not read.
_LEFT_OUT = frozenset({"altChunk", "OLEObject", "chart", "relIds"})
# Symbols of fonts that use letters' codes: boxes that are ticked or not, and what
# measures are written with.
_SYMBOLS = {
    "Wingdings": {"FE": "☒", "FD": "☒", "A8": "☐", "6F": "☐", "FC": "✓", "E0": "→", "9F": "•"},
    "Wingdings 2": {"54": "☒", "52": "☒", "53": "☒", "51": "☒", "A3": "☐", "50": "✓"},
    "Symbol": {
        **{
            "61": "α",
            "62": "β",
            "67": "γ",
            "6D": "µ",
            "44": "Δ",
            "B0": "°",
            "B1": "±",
            "B3": "≥",
            "A3": "≤",
            "B7": "•",
        },
        **{"AD": "↑", "AF": "↓", "AE": "→", "B4": "×", "BB": "≈"},
    },
}


def read_docx(data: bytes, name: str) -> tuple[str, tuple[Note, ...]]:
    """The text of a Word file, and what was left out of it.

    Args:
        data: the file.
        name: what error messages call it.

    Raises:
        ReadingError: it is too large unpacked. A damaged file raises whatever it makes python-docx
            stumble over.
    """
    try:
        import docx
    except ImportError:
        raise MissingDependencyError(
            "Word files need python-docx: pip install 'elmtex[ui]'"
        ) from None
    if not zipfile.is_zipfile(io.BytesIO(data)):
        if data.startswith(b"PK\x03\x04"):
            raise ReadingError(f"{name} is not a Word file, or a damaged one", "damaged")
        text, note = decode(data, name)  # or refuses it, saying what it is instead
        return text, (note,) if note else ()
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        members = packed.infolist()
        # zipfile itself stops where a member grows past the size its entry states.
        unpacked = sum(m.file_size for m in members if m.filename.endswith((".xml", ".rels")))
        if unpacked > MAX_XML or len(members) > MAX_FILES:
            raise ReadingError(
                f"{name} unpacks to more than {MAX_XML // 1_000_000} MB of text: save it as plain text",
                "large",
            )
    return _Letter(docx.Document(io.BytesIO(data))).read()


class _Letter:
    """A Word file while it is read."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._notes = dict(self._footnotes())
        self._left_out = False

    def read(self) -> tuple[str, tuple[Note, ...]]:
        body = "\n".join(self._lines(self._document.element.body))
        header, footer = self._running("header"), self._running("footer")
        text = "\n".join(part for part in (*header, body, *footer))
        return text, ("left_out",) if self._left_out else ()

    def _running(self, kind: str) -> list[str]:
        """The lines of the headers or footers that are shown, each once, without the page's number."""
        lines: dict[str, None] = {}
        even = self._document.settings.odd_and_even_pages_header_footer
        for section in self._document.element.body.iter("{*}sectPr"):
            shown = {
                "default",
                *(["even"] if even else []),
                *(["first"] if section.find("{*}titlePg") is not None else []),
            }
            parts = {}
            for reference in section.iterchildren(f"{{*}}{kind}Reference"):
                values = {key.rpartition("}")[2]: value for key, value in reference.items()}
                parts[values.get("type")] = self._document.part.related_parts.get(values.get("id"))
            for type in ("first", "default", "even"):
                if type in shown and parts.get(type) is not None:
                    found = "\n".join(self._lines(parts[type].element)).split("\n")
                    lines |= {line: None for line in found if line.strip()}
        return [line for line in lines if not PAGE_NUMBER.fullmatch(line)]

    def _footnotes(self) -> Iterator[tuple[tuple[str, str], Any]]:
        from docx.oxml import parse_xml

        for relation in self._document.part.rels.values():
            kind = relation.reltype.rpartition("/")[2]
            if kind in ("footnotes", "endnotes") and not relation.is_external:
                for note in parse_xml(relation.target_part.blob).iterchildren(
                    "{*}footnote", "{*}endnote"
                ):
                    yield (kind[:-1], _value(note, "id")), note

    def _parts(self, element: Any) -> Iterator[tuple[str, Any]]:
        """What a part holds, each with its tag, without what is not a word of the letter."""
        for part in element.iterchildren("*"):
            tag = part.tag.rpartition("}")[2]
            self._left_out |= tag in _LEFT_OUT
            if tag in _NO_WORDS:
                continue
            if tag == "sdt" and _is_unfilled(part):  # its words are the form's
                for filled in _filled(part):
                    yield tag, filled
            else:
                yield tag, part

    def _lines(self, element: Any) -> Iterator[str]:
        """A line for each paragraph and each row of a table; text boxes and notes follow their
        paragraph."""
        for tag, part in self._parts(element):
            if tag == "p":
                yield self._words(part)
                for box in self._within(part, "txbxContent"):
                    yield from self._lines(box)
                for kind in ("footnote", "endnote"):
                    for reference in self._within(part, f"{kind}Reference"):
                        note = self._notes.pop((kind, _value(reference, "id")), None)
                        if note is not None:
                            yield " ".join(line.strip() for line in self._lines(note))
            elif tag == "tr":
                cells = (
                    "\n".join(self._lines(cell)).split("\n") for cell in self._within(part, "tc")
                )
                yield row_of(cells)
            elif tag == "sdt" and next(part.iter("{*}p"), None) is None:
                yield self._words(part)  # of a paragraph whose own words are a form's
            else:
                yield from self._lines(part)

    def _words(self, element: Any) -> str:
        return "".join(
            part.text or ""
            if tag == "t"
            else _SIGNS.get(tag) or _SIGN_OF.get(tag, _nothing)(part) or self._words(part)
            for tag, part in self._parts(element)
            if tag != "txbxContent"
        )

    def _within(self, element: Any, name: str) -> Iterator[Any]:
        """The nearest parts of a name, at whatever depth."""
        for tag, part in self._parts(element):
            if tag == name:
                yield part
            else:
                yield from self._within(part, name)


def _is_unfilled(control: Any) -> bool:
    # Only its own settings say so: a filled one may hold one that is not.
    return control.find("{*}sdtPr/{*}showingPlcHdr") is not None


def _filled(element: Any) -> Iterator[Any]:
    """The nearest filled content controls."""
    for part in element.iterchildren("*"):
        if part.tag.endswith("}sdt") and not _is_unfilled(part):
            yield part
        else:
            yield from _filled(part)


def _value(part: Any, name: str) -> str:
    """An attribute by its name without namespace."""
    return next((value for key, value in part.items() if key.rpartition("}")[2] == name), "")


def _symbol(part: Any) -> str:
    symbols = _SYMBOLS.get(_value(part, "font"), {})
    return symbols.get(_value(part, "char").upper().removeprefix("F0"), "\ufffd")


def _field(part: Any) -> str:
    """What an old form field shows that has no words of its own: a box, ticked or not, or what was
    chosen of a list."""
    box = part.find("{*}checkBox")
    if box is not None:
        set_ = box.find("{*}checked")
        set_ = box.find("{*}default") if set_ is None else set_
        return "☐" if set_ is None or _value(set_, "val") in ("0", "false", "off") else "☒"
    entries = part.findall("{*}ddList/{*}listEntry")
    chosen = part.find("{*}ddList/{*}result")
    place = int(_value(chosen, "val") or 0) if chosen is not None else 0
    return _value(entries[place], "val") if place < len(entries) else ""


def _nothing(part: Any) -> str:
    return ""


_SIGN_OF: Mapping[str, Any] = {"sym": _symbol, "ffData": _field}
