"""What an extraction found while it is not under review: tables of items, the summary, the JSON document."""

from __future__ import annotations

import json
from dataclasses import dataclass

from markupsafe import Markup

from elmtex.schema import CategorySchema
from elmtex.types import Extraction, Item
from elmtex.web.chips import Chip, chips
from elmtex.web.locale.messages import Words, counted
from elmtex.web.render import looks
from elmtex.web.report_tab.highlight import is_evidence, item_ids
from elmtex.web.templating import template

_RESULTS = template("results.html")


@dataclass(frozen=True, slots=True)
class Card:
    """A category with items: each as its id on the page, the item, whether the report has its words, its attributes."""

    key: str
    title: str
    look: str
    rows: tuple[tuple[str, Item, bool, tuple[Chip, ...]], ...]


def categories_html(
    report: str, extraction: Extraction, schema: CategorySchema, words: Words, *, finished: bool
) -> Markup:
    """A table of items per category that has some; once finished, the names of those that have none."""
    ids = item_ids(extraction)
    look = looks(schema)
    cards, missing = [], []
    for category in schema.categories:
        title = category.title_in(words.lang)
        items = extraction.categories.get(category.key, ())
        if not items:
            missing.append(title)
            continue
        rows = tuple(
            (
                ids[category.key, n],
                item,
                is_evidence(item, report),
                chips(item, report, category, words.lang),
            )
            for n, item in enumerate(items)
        )
        cards.append(Card(category.key, title, look[category.key], rows))
    return _RESULTS.categories(cards, missing if finished else [], words)


def summary_html(extraction: Extraction, words: Words, schema: str = "") -> Markup:
    """Status, counts and problems of a finished extraction; which categories (their title) and model made it."""
    found = [items for items in extraction.categories.values() if items]
    counts = (
        words.finished.format(
            items=counted(sum(map(len, found)), "item", words.lang),
            categories=counted(len(found), "category", words.lang),
        )
        if found
        else words.nothing
    )
    return _RESULTS.summary(
        "good" if extraction.status == "ok" else "warning",
        words.statuses[extraction.status],
        counts,
        " · ".join(filter(None, (schema, extraction.model))),
        [*map(words.said, extraction.problems)],
    )


def document_html(extraction: Extraction, words: Words, *, finished: bool) -> Markup:
    """The JSON document with buttons that copy it and save it as a file."""
    text = json.dumps(extraction.to_dict(), ensure_ascii=False, indent=2)
    valid = finished and extraction.status == "ok"
    return _RESULTS.document(text, words.valid if valid else words.partial, words)


def welcome_html(schema: CategorySchema, words: Words) -> Markup:
    """What to do, and which categories are looked for; shown until there is a result."""
    return _RESULTS.welcome(schema.categories, words)
