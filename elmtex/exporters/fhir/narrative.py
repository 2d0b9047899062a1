"""What the sections of a Composition say to a reader: a table a category, in XHTML."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from elmtex.exporters.fhir.elements import Resource, string
from elmtex.exporters.fhir.none_known import says_none_known
from elmtex.exporters.fhir.wording import denied
from elmtex.schema import Category
from elmtex.types import Item

_XHTML = "http://www.w3.org/1999/xhtml"
_SAID = {"present": "stated", "absent": "denied", "possible": "possible"}


def narrative(category: Category, items: Sequence[tuple[Item, bool]]) -> Resource:
    """FHIR's Narrative of a category: a row an item, a column for each attribute type that occurs.

    Args:
        category: the category.
        items: its items, each with whether a human has reviewed it.
    """
    types = [t for t in category.attributes if any(_words(i, t.key) for i, _ in items)]
    div = ElementTree.Element("div", xmlns=_XHTML)
    table = ElementTree.SubElement(div, "table")
    head = [category.title, *(t.title for t in types), "Report says", "Reviewed"]
    _row(ElementTree.SubElement(table, "thead"), "th", head)
    body = ElementTree.SubElement(table, "tbody")
    for item, by_human in items:
        cells = [_words(item, t.key) for t in types]
        _row(body, "td", [*_said(item, cells), "yes" if by_human else "no"])
    return {"status": "generated", "div": ElementTree.tostring(div, encoding="unicode")}


def _said(item: Item, cells: Sequence[str]) -> list[str]:
    """The words, and what the report says of them; never a denial of a denial."""
    if says_none_known(item):
        return [item.text, *cells, "none known"]
    words = denied(item.text) if item.assertion == "absent" else item.text
    return [words, *cells, _SAID[item.assertion]]


def _words(item: Item, key: str) -> str:
    return "; ".join(a.text for a in item.attributes if a.type == key)


def _row(parent: ElementTree.Element, tag: str, cells: Sequence[str]) -> None:
    row = ElementTree.SubElement(parent, "tr")
    for cell in cells:
        ElementTree.SubElement(row, tag).text = string(cell) if cell else ""
