"""What the model reads before the report."""

from __future__ import annotations

import textwrap

from elmtex.schema import Category, CategorySchema

_TASK = "Note in the margin of each sentence of this clinical report its facts, under these labels:"


_LONGEST = 120  # characters of a description


def margin_prompt(schema: CategorySchema, described: bool = False) -> str:
    """The prompt of the margin notes: the task and the labels of the categories asked for, in the schema's order.

    Args:
        described: behind a label, in brackets, what its category's description begins with.
    """
    asked = (_described(c) if described else c.label for c in schema.categories)
    return f"{_TASK} {', '.join(asked)}.\n\n"


def _described(category: Category) -> str:
    said = textwrap.shorten(category.description, _LONGEST, placeholder="").rstrip(".,;: ")
    return f"{category.label} ({said})" if said else category.label
