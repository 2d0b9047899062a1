"""CSV for people who count: one row a report, columns for what each category says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from elmtex.exporters.cells import Cell, cell, csv_table
from elmtex.exporters.normal import is_normal, may_hold_normal
from elmtex.exporters.tables import Document, source_cells, source_head
from elmtex.schema import Category
from elmtex.types import ASSERTIONS, Item
from elmtex.values import Quantity
from elmtex.values.demographics import age_of, gender_of

_COLUMNS = ("schema", "model", "status", "problems")
_REVIEW = ("items", "judged", "finished", "reviewer", "reviewed_at")


def report_table(documents: Iterable[Document]) -> str:
    """A table with a header and one row per document.

    For each category of the schemas: ``KEY``, the words of what is present, joined by ``"; "``, ``KEY_absent`` and
    ``KEY_possible``, and ``KEY_count``, how many items are present. Normal findings ("lungs clear") are not among them: a
    category of signs has ``KEY_normal`` for their words. A category of ages has ``KEY_years`` as well, and one
    of genders ``KEY_code`` (male, female, other); both are empty where the words do not say one. ``items``
    and ``judged`` count items and those that a human reviewed; ``reviewer`` and ``reviewed_at`` are the latest
    decision's. A category's column that would have the name of another one is ``category.KEY``.
    """
    rows = list(documents)
    categories = list({c.key: c for row in rows for c in row.schema.categories}.values())
    source = source_head(rows)
    head = [*source, *_COLUMNS, *_REVIEW]
    for name in (name for category in categories for name in _names(category)):
        head.append(f"category.{name}" if name in head else name)
    return csv_table(
        head, ([*source_cells(row, source), *_about(row), *_said(row, categories)] for row in rows)
    )


def _names(category: Category) -> Iterator[str]:
    yield from (category.key, f"{category.key}_absent", f"{category.key}_possible")
    yield f"{category.key}_count"
    if may_hold_normal(category):
        yield f"{category.key}_normal"
    if category.only is not None:
        yield f"{category.key}_years" if category.only == "age" else f"{category.key}_code"


def _about(row: Document) -> Iterator[Cell]:
    extraction, review = row.extraction, row.review
    yield from map(cell, (extraction.schema, extraction.model, extraction.status))
    yield cell(" ".join(extraction.problems))
    yield sum(map(len, extraction.categories.values()))
    yield len(review.items) if review else ""
    yield ("yes" if review.finished else "no") if review else ""
    yield cell(review.last.reviewer) if review else ""
    yield review.last.at if review else ""


def _said(row: Document, categories: Iterable[Category]) -> Iterator[Cell]:
    for category in categories:
        items = row.extraction.categories.get(category.key, ())
        normal, rest = list[Item](), list[Item]()
        for item in items:
            (normal if is_normal(item, category) else rest).append(item)
        by = {a: [i for i in rest if i.assertion == a] for a in ASSERTIONS}
        for assertion in ASSERTIONS:
            yield _words(by[assertion])
        yield len(by["present"]) if category.key in row.extraction.categories else ""
        if may_hold_normal(category):
            yield _words(normal)
        if category.only is not None:
            yield _demographic(category, by["present"])


def _words(items: Iterable[Item]) -> Cell:
    return cell("; ".join(" ".join(item.text.split()) for item in items))


def _demographic(category: Category, items: Iterable[Item]) -> Cell:
    """The one age in years, or gender, that the items tell."""
    said: set[Cell] = set()
    for item in items:
        if category.only == "gender":
            said.add(gender_of(item.text) or "")
        elif isinstance(age := age_of(item.text), Quantity):
            said.add(age.value if age.code == "a" else "")
    return said.pop() if len(said) == 1 else ""
