"""The attributes of an item as the page shows them beside it: a title and words each. No HTML here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from elmtex.schema import Category
from elmtex.types import Attribute, Item
from elmtex.web.report_tab.highlight import is_evidence


@dataclass(frozen=True, slots=True)
class Chip:
    """An attribute.

    Args:
        title: its type's, in the page's language; the type itself where the schema does not know it.
        text: its words.
        grounded: the report has them.
        alone: of two documents that are compared, the other one's item lacks it.
    """

    title: str
    text: str
    grounded: bool
    alone: bool = False


def chips(item: Item, report: str, category: Category, lang: str) -> tuple[Chip, ...]:
    """The attributes of an item of a report."""
    return tuple(
        Chip(_title(a, category, lang), a.text, is_evidence(a, report)) for a in item.attributes
    )


def compared_chips(
    item: Item, category: Category, lang: str, alone: Sequence[Attribute]
) -> tuple[Chip, ...]:
    """The attributes of an item whose report is not at hand; ``alone`` are those that the other document lacks."""
    return tuple(
        Chip(_title(a, category, lang), a.text, a.start is not None, a in alone)
        for a in item.attributes
    )


def _title(attribute: Attribute, category: Category, lang: str) -> str:
    titles = {t.key: t.title_in(lang) for t in category.attributes}
    return titles.get(attribute.type, attribute.type)
