"""What the model reads before the report."""

from __future__ import annotations

import textwrap

from elmtex.schema import Category, CategorySchema

_TASK = "Note in the margin of each sentence of this clinical report its facts, under these labels:"


_LONGEST, _ALL = 120, 1500  # characters of a description, of all together


def margin_prompt(schema: CategorySchema, described: bool = False) -> str:
    """The prompt of the margin notes: the task and the labels of the categories asked for, in the schema's order.

    Args:
        described: behind a label, in brackets, what its category's description begins with.
    """
    longest = min(_LONGEST, _ALL // len(schema.categories)) if described else 0
    asked = (_described(category, longest) for category in schema.categories)
    return f"{_TASK} {', '.join(asked)}.\n\n"


def _described(category: Category, longest: int) -> str:
    said = textwrap.shorten(category.description, longest, placeholder="") if longest else ""
    said = said.rstrip(".,;: ")
    return f"{category.label} ({said})" if said else category.label
