"""What the model reads before the report."""

from __future__ import annotations

from elmtex.schema import CategorySchema

_TASK = "Note in the margin of each sentence of this clinical report its facts, under these labels:"


def margin_prompt(schema: CategorySchema) -> str:
    """The prompt of the margin notes: the task and the labels of the categories asked for, in the schema's order."""
    return f"{_TASK} {', '.join(category.label for category in schema.categories)}.\n\n"
