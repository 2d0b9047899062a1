"""The gold items of an annotated report as a decoder would write them in notes."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from elmtex.decoding.attributes import NoteAttribute
from elmtex.decoding.layout import BranchPosition
from elmtex.decoding.notes import NoteItem, NoteState, write_in
from elmtex.decoding.tokens import ReportTokens
from elmtex.types import InputError, Item, Record

Gold = Mapping[NoteItem, Sequence[NoteAttribute]]
Place = tuple[str, int]  # an item's category and index


def gold_notes(record: Record, tokens: ReportTokens, keys: Sequence[str]) -> Gold:
    """A record's grounded items of some categories as token ranges.

    Each item is cut to the sentence it begins in and keeps the attributes of that sentence. Of
    mentions that cover the same tokens then, one is kept.
    """
    items: dict[tuple[int, int, str], tuple[NoteItem, list[NoteAttribute]]] = {}
    for key in keys:
        for item in record.items.get(key, ()):
            note = note_item(item, key, tokens)
            if note is None:
                continue
            sentence = _sentence(item, tokens)
            begin, end = tokens.offsets[sentence[0]][0], tokens.offsets[sentence[1] - 1][1]
            attributes = [
                NoteAttribute(a.type, *tokens.covering(a.start, a.end, sentence))
                for a in item.attributes
                if a.start is not None and a.end is not None and begin <= a.start and a.end <= end
            ]
            items.setdefault((note.first, note.last, key), (note, attributes))
    return dict(items.values())


def note_item(item: Item, key: str, tokens: ReportTokens) -> NoteItem | None:
    """An item of a category as a token range, cut to the sentence it begins in.

    None when it is not grounded, or the tokenizer knows no character of the report.
    """
    if item.start is None or item.end is None or not tokens.sentences:
        return None
    span = tokens.covering(item.start, item.end, _sentence(item, tokens))
    return NoteItem(*span, key, item.assertion)


def notes_of(tokens: ReportTokens, items: Mapping[str, Sequence[Item]]) -> dict[Place, NoteItem]:
    """The items as token ranges, by category and index; of those of the same tokens the first
    one's, whose assertion they then share."""
    found: dict[Place, NoteItem] = {}
    first: dict[tuple[int, int, str], NoteItem] = {}
    for key, row in items.items():
        for number, item in enumerate(row):
            if item.grounded and tokens.report[item.start : item.end] != item.text:
                raise InputError(
                    f"item {number} of {key!r}, at {item.start}:{item.end}, does not hold its words: offsets are "
                    "half-open code points of the report"
                )
            note = note_item(item, key, tokens)
            if note is not None:
                found[key, number] = first.setdefault(place_of(note), note)
    return found


def place_of(item: NoteItem) -> tuple[int, int, str]:
    """Where an item is, and its category: two notes of the same tokens are one."""
    return item.first, item.last, item.key


def written_in(
    notes: Sequence[tuple[NoteState, BranchPosition]], items: Iterable[NoteItem]
) -> list[tuple[NoteState, BranchPosition]]:
    """These empty notes as they are once the items are written in them, which finishes them.

    A note that none of the items begins is left out, and so is an item that a note cannot express
    (:func:`elmtex.decoding.notes.write_note`).
    """
    by_word: defaultdict[int, list[NoteItem]] = defaultdict(list)
    for item in items:
        by_word[item.first].append(item)
    finished = [(state, place) for state, place in notes if by_word[state.first]]
    for state, _ in finished:
        write_in(state, by_word[state.first])
    return [(state, place) for state, place in finished if state.items]


def _sentence(item: Item, tokens: ReportTokens) -> tuple[int, int]:
    """The sentence that a grounded item begins in."""
    assert item.start is not None
    number = bisect_right(tokens.sentences, item.start, key=lambda s: tokens.offsets[s[1] - 1][1])
    return tokens.sentences[min(number, len(tokens.sentences) - 1)]
