"""What a chat model is asked, and the JSON Schema of its reply."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from elmtex.schema import CategorySchema
from elmtex.types import Item, Record

Message = dict[str, str]  # role, content

MAX_ITEMS = 80  # a category; 67 is the most in MACCROBAT, and a model that loops stops there
MAX_CHARACTERS = 240  # an item; 147 is the longest in MACCROBAT
_TASK = (
    "Extract structured data from the clinical report. Answer with one JSON object with the keys {keys}. Each value is a "
    "list of strings copied word for word from the report, or [] when the report says nothing about it."
)
_ASSERTIONS = (
    'Put " (absent)" behind what the report says the patient does not have, and " (possible)" behind what it calls '
    "uncertain."
)


def naive_prompt(schema: CategorySchema, report: str) -> list[Message]:
    """The task and the keys, then the report."""
    system = _TASK.format(keys=", ".join(schema.keys))
    return [{"role": "system", "content": system}, {"role": "user", "content": report}]


def icl_prompt(schema: CategorySchema, examples: Sequence[Record], report: str) -> list[Message]:
    """The task with a description of every category, annotated reports as turns before, then the report.

    Args:
        schema: the categories asked for.
        examples: annotated reports; the last one stands next to the report. [] gives the descriptions alone.
        report: the report to extract.
    """
    meanings = "\n".join(f"- {c.key}: {c.description or c.title}" for c in schema.categories)
    task = _TASK.format(keys=", ".join(schema.keys))
    messages = [{"role": "system", "content": f"{task}\n{_ASSERTIONS}\n{meanings}"}]
    for example in examples:
        messages += [
            {"role": "user", "content": example.text},
            {"role": "assistant", "content": answer(schema, example.items)},
        ]
    return [*messages, {"role": "user", "content": report}]


def answer(schema: CategorySchema, items: Mapping[str, Sequence[Item]]) -> str:
    """The reply that a report's gold items would be, as compact JSON."""
    reply = {key: [_marked(item) for item in items.get(key, ())][:MAX_ITEMS] for key in schema.keys}
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":"))


def reply_schema(schema: CategorySchema) -> dict[str, Any]:
    """The JSON Schema of a reply: every category a list of strings."""
    strings = {
        "type": "array",
        "maxItems": MAX_ITEMS,
        "items": {"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS},
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(schema.keys),
        "properties": dict.fromkeys(schema.keys, strings),
    }


def _marked(item: Item) -> str:
    words = " ".join(item.text.split())
    return words if item.assertion == "present" else f"{words} ({item.assertion})"
