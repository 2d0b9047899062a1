"""The gold items of an annotated report as a decoder would write them in notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from elmtex.decoding.attributes import NoteAttribute
from elmtex.decoding.notes import NoteItem
from elmtex.decoding.tokens import ReportTokens
from elmtex.types import Record

Gold = Mapping[NoteItem, Sequence[NoteAttribute]]


def gold_notes(record: Record, tokens: ReportTokens, keys: Sequence[str]) -> Gold:
    """A record's grounded items of some categories as token ranges.

    Each item is cut to the sentence it begins in and keeps the attributes of that sentence. Of
    mentions that cover the same tokens then, one is kept.
    """
    items: dict[tuple[int, int, str], tuple[NoteItem, list[NoteAttribute]]] = {}
    for key in keys:
        for item in record.items.get(key, ()):
            if item.start is None or item.end is None:
                continue
            sentence = next(s for s in tokens.sentences if tokens.offsets[s[1] - 1][1] > item.start)
            span = tokens.covering(item.start, item.end, sentence)
            begin, end = tokens.offsets[sentence[0]][0], tokens.offsets[sentence[1] - 1][1]
            attributes = [
                NoteAttribute(a.type, *tokens.covering(a.start, a.end, sentence))
                for a in item.attributes
                if a.start is not None and a.end is not None and begin <= a.start and a.end <= end
            ]
            note = NoteItem(*span, key, item.assertion)
            items.setdefault((*span, key), (note, attributes))
    return dict(items.values())
