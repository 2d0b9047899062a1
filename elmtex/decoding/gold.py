"""The gold items of an annotated report as the notes that a decoder would write of it."""

from __future__ import annotations

from collections.abc import Sequence

from elmtex.decoding.notes import NoteItem
from elmtex.decoding.tokens import ReportTokens
from elmtex.types import Record


def gold_notes(record: Record, tokens: ReportTokens, keys: Sequence[str]) -> list[NoteItem]:
    """A record's grounded items of some categories as token ranges, each cut to the sentence it begins in.

    Of mentions that are the same tokens then, one is kept.
    """
    items: dict[tuple[int, int, str], NoteItem] = {}
    for key in keys:
        for item in record.items.get(key, ()):
            if item.start is None or item.end is None:
                continue
            sentence = next(s for s in tokens.sentences if tokens.offsets[s[1] - 1][1] > item.start)
            span = tokens.covering(item.start, item.end, sentence)
            items.setdefault((*span, key), NoteItem(*span, key, item.assertion))
    return list(items.values())
