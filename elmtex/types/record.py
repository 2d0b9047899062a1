"""Gold: one annotated report, the row of training and evaluation data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elmtex.types.document import Attribute, Item
from elmtex.types.errors import InputError


@dataclass(frozen=True, slots=True)
class Record:
    """One annotated report: the canonical row of training and evaluation data (a line of JSONL).

    Args:
        id: unique within its source.
        source: the corpus, e.g. ``maccrobat``.
        lang: ISO 639-1 code of the text.
        text: the report.
        labelled: the categories this source labels completely. A category that is not listed is
            unknown, never empty.
        items: gold items of the labelled categories, in report order; a category may be missing
            when empty.
        split: ``train``, ``dev``, ``test``, or None when the source has no fixed split.
        attributes: the attribute types this source labels completely on its items; others are
            unknown.
        schema: the name of the schema whose categories these are; None where their keys tell.

    Examples:
        >>> row = {
        ...     "id": "1",
        ...     "source": "mine",
        ...     "text": "He denied fever.",
        ...     "labelled": ["signs_symptoms"],
        ...     "items": {"signs_symptoms": [{"start": 10, "end": 15, "assertion": "absent"}]},
        ... }
        >>> Record.from_dict(row).items["signs_symptoms"][0].text
        'fever'
    """

    id: str
    source: str
    lang: str
    text: str
    labelled: tuple[str, ...]
    items: Mapping[str, tuple[Item, ...]]
    split: str | None = None
    attributes: tuple[str, ...] = ()
    schema: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record as one JSONL row: items are ``{start, end, assertion}``, ungrounded ones carry
        ``text``.

        ``attributes`` is present only when the source labels some, ``schema`` when it names one.
        """
        data: dict[str, Any] = {
            "id": self.id,
            "source": self.source,
            "lang": self.lang,
            "split": self.split,
            "text": self.text,
            "labelled": list(self.labelled),
            "items": {key: [_row(item) for item in items] for key, items in self.items.items()},
        }
        if self.attributes:
            data["attributes"] = list(self.attributes)
        if self.schema is not None:
            data["schema"] = self.schema
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """The inverse of :meth:`to_dict`. Raises :class:`InputError` when an offset lies outside
        the text."""
        text = data["text"]

        def span(row: Mapping[str, Any], what: str) -> tuple[str, int | None, int | None]:
            start, end = row.get("start"), row.get("end")
            if start is None or end is None:
                return row["text"], None, None
            if not 0 <= start < end <= len(text):
                raise InputError(
                    f"record {data['id']!r}: {what} at {start}:{end} lies outside its text of "
                    f"{len(text)} characters; offsets are half-open code points"
                )
            return text[start:end], start, end

        def item(row: Mapping[str, Any], key: str) -> Item:
            attributes = tuple(
                Attribute(a["type"], *span(a, f"attribute {a['type']!r} of an item of {key!r}"))
                for a in row.get("attributes", ())
            )
            words = span(row, f"item of {key!r}")
            return Item(*words, row.get("assertion", "present"), attributes=attributes)

        return cls(
            id=data["id"],
            source=data["source"],
            lang=data.get("lang", "en"),
            text=text,
            labelled=tuple(data["labelled"]),
            items={
                key: tuple(item(row, key) for row in rows) for key, rows in data["items"].items()
            },
            split=data.get("split"),
            attributes=tuple(data.get("attributes", ())),
            schema=data.get("schema"),
        )


def _row(item: Item) -> dict[str, Any]:
    """An item in a record's JSONL row."""
    data: dict[str, Any] = _place(item) | {"assertion": item.assertion}
    if item.attributes:
        data["attributes"] = [{"type": a.type} | _place(a) for a in item.attributes]
    return data


def _place(span: Item | Attribute) -> dict[str, Any]:
    grounded = span.start is not None
    return {"start": span.start, "end": span.end} if grounded else {"text": span.text}
