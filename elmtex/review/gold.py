"""Reviewed reports as gold: the canonical JSONL of :mod:`elmtex.records`, for training and
evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterable

from elmtex.review.entry import Entry
from elmtex.text.language import language
from elmtex.types import Record


def record(entry: Entry) -> Record | None:
    """What a human has reviewed of a report; None when that is not a single category.

    A category is labelled when a human decided about each of its items. One in which the model
    found nothing counts only once the review is finished: until then nobody has said that nothing
    was missed.

    Items carry their attributes. No type of them is labelled completely (:attr:`Record.attributes`):
    a review shows attributes, and nobody has said that none was missed.
    """
    if entry.extraction is None:
        return None
    state = entry.reviewed
    labelled = tuple(
        key
        for key in entry.extraction.categories
        if state.finished
        or (state.of(key) and all(item.verdict != "open" for item in state.of(key)))
    )
    if not labelled:
        return None
    corrected = entry.corrected.categories
    return Record(
        id=entry.id,
        source="review",
        lang=language(entry.text),
        text=entry.text,
        labelled=labelled,
        items={key: corrected[key] for key in labelled if corrected[key]},
    )


def to_jsonl(entries: Iterable[Entry]) -> str:
    """One line per report that has gold; "" when none has."""
    records = [made for made in map(record, entries) if made is not None]
    return "".join(json.dumps(r.to_dict(), ensure_ascii=False) + "\n" for r in records)
