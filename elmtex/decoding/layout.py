"""Prompt, report and notes as one flat sequence: who sees whom. Training and inference share these rules.

Owner of a slot: ``PREFIX`` for prompt and report, the number of the branch for a note's tokens, ``DEAD`` for a
rejected draft. A branch is the note of one word: its anchor, how many prefix slots it sees, is its sentence's end, and
its position ids go on from the word's, whatever stands between in the flat sequence. Whether a word has a note is
decided at the word itself, which sees its whole sentence.

An item's attributes are a branch that forks off its note: it sees the note's slots up to the item's sign, which it reads
once more as its first token, and its positions go on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.attributes import (
    AttributeGrammar,
    AttributeWalk,
    NoteAttribute,
    write_attributes,
)
from elmtex.decoding.notes import NoteGrammar, NoteItem, NoteWalk, Walk, walks, write_note
from elmtex.decoding.tokens import Chunk, ReportTokens

PREFIX, DEAD = -1, -2
NO_PARENT = -3

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Slots:
    """Slots of a flat sequence, in order.

    Args:
        owner, anchor, position: (S,) owner, how many prefix slots it sees, position id.
        parent: (S,) the branch that the owner forks off; ``NO_PARENT`` if it is no fork.
        fork: (S,) position id of the owner's first token: of the parent it sees what comes before.
    """

    owner: Ints
    anchor: Ints
    position: Ints
    parent: Ints
    fork: Ints

    def __len__(self) -> int:
        return len(self.owner)

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int, int, int]]) -> Slots:
        """Slots of (owner, anchor, position, parent, fork)."""
        return cls(*np.array(rows, dtype=np.int64).reshape(-1, 5).T)

    @classmethod
    def prefix(cls, anchor: Sequence[int]) -> Slots:
        """The slots of a prefix whose tokens see so many of them each."""
        n = len(anchor)
        position = np.arange(n)
        return cls(
            np.full(n, PREFIX), np.asarray(anchor), position, np.full(n, NO_PARENT), position
        )

    def __add__(self, other: Slots) -> Slots:
        return Slots(
            *(np.concatenate([getattr(s, f.name) for s in (self, other)]) for f in fields(Slots))
        )


def visible(queries: Slots, slots: Slots) -> Mask:
    """What queries see of slots, whatever their order: (Q, S) boolean, true where the query may look."""
    of_prefix = (slots.owner == PREFIX)[None, :]
    before_anchor = np.arange(len(slots))[None, :] < queries.anchor[:, None]
    own = (slots.owner[None, :] == queries.owner[:, None]) & (queries.owner >= 0)[:, None]
    forked = slots.owner[None, :] == queries.parent[:, None]
    return (
        (of_prefix & before_anchor)
        | own
        | (forked & (slots.position[None, :] < queries.fork[:, None]))
    )


def reach(prompt: int, tokens: ReportTokens, chunk: Chunk) -> list[int]:
    """How many prefix slots each token of prompt and report sees: its whole sentence and all before it.

    Args:
        prompt: tokens of the prompt, each of which sees those before it and itself.
        tokens, chunk: the part of the report that follows.
    """
    slots = list(range(1, prompt + chunk.end - chunk.start + 1))
    for first, end in tokens.sentences:
        if chunk.start <= first and end <= chunk.end:
            begin, stop = (prompt + i - chunk.start for i in (first, end))
            slots[begin:stop] = [stop] * (stop - begin)
    return slots


@dataclass(frozen=True)
class Place:
    """Where a word's note hangs in the prefix.

    Args:
        row: the prefix slot that decides whether the note opens: the word's last token.
        anchor: how many prefix slots the note sees: up to its sentence's end.
        position: position id of the note's first token.
    """

    row: int
    anchor: int
    position: int

    @classmethod
    def of(cls, walk: NoteWalk, offset: int) -> Place:
        """The place of a walk; ``offset`` is the prefix slot of the report's token 0 (below 0 if it was not read)."""
        last = walk.first
        while not walk.tokens.ends[last]:
            last += 1
        return cls(offset + last, offset + walk.sentence[1], offset + walk.first)


def placed(
    grammar: NoteGrammar, tokens: ReportTokens, sentences: Iterable[tuple[int, int]], offset: int
) -> list[tuple[NoteWalk, Place]]:
    """The notes of all words of these sentences and their places, in text order; ``offset`` as for :class:`Place`."""
    return [(walk, Place.of(walk, offset)) for walk in walks(grammar, tokens, sentences)]


@dataclass(frozen=True)
class Decision:
    """One choice of a gold note.

    Args:
        row: index in the flat sequence of the token whose output decides.
        choices: the allowed token ids, ascending, at least two.
        chosen: index into ``choices``.
        rare: whether it says that an item is absent or possible.
    """

    row: int
    choices: tuple[int, ...]
    chosen: int
    rare: bool


@dataclass(frozen=True)
class TrainingSequence:
    """A report with all its gold notes, laid out flat.

    Args:
        tokens: (N,) ids.
        slots: N of them.
        decisions: what is learnt; the tokens themselves are given.
    """

    tokens: Ints
    slots: Slots
    decisions: tuple[Decision, ...]

    @property
    def positions(self) -> Ints:
        """(N,) position ids."""
        return self.slots.position

    @property
    def owner(self) -> Ints:
        """(N,) owners."""
        return self.slots.owner

    def mask(self) -> Mask:
        """(N, N) boolean attention mask: true where row may see column."""
        n = len(self.tokens)
        before = np.tril(np.ones((n, n), dtype=bool)) | (self.owner == PREFIX)
        return visible(self.slots, self.slots) & before


def lay_out(
    prompt: Sequence[int],
    tokens: ReportTokens,
    grammar: NoteGrammar,
    items: Mapping[NoteItem, Sequence[NoteAttribute]],
    chunk: Chunk,
    attributes: AttributeGrammar | None = None,
) -> TrainingSequence:
    """Lay out a chunk of a report and its gold notes for training.

    Args:
        prompt: token ids before the report.
        tokens: the report.
        grammar: signs and labels of the categories asked for.
        items: the report's gold items as token ranges, any order, each with its attributes; an item that leaves its
            sentence is left out.
        chunk: the part that is read, with the sentences whose words get a note.
        attributes: the attribute types that are labelled; None teaches none.
    """
    flat = [*prompt, *tokens.ids[chunk.start : chunk.end]]
    slots = Slots.prefix(reach(len(prompt), tokens, chunk))
    decisions = []
    notes = placed(grammar, tokens, chunk.sentences, len(prompt) - chunk.start)
    rows: list[tuple[int, int, int, int, int]] = []
    for branch, (walk, place) in enumerate(notes):
        note = write_note(walk, items)
        # The first token is decided at the word, the others at the token before.
        decided = [place.row, *range(len(flat), len(flat) + len(note) - 1)]
        decisions += _decisions(walk, note, decided)
        fed = note[:-1]  # what comes last is decided but never read
        flat += fed
        at = place.position
        rows += [(branch, place.anchor, at + i, NO_PARENT, at) for i in range(len(fed))]
    number = len(notes)
    for branch, (walk, place) in enumerate(notes if attributes else ()):
        assert attributes is not None
        for item in walk.items:
            if item.key not in attributes.labels:
                continue
            known = next((of for i, of in items.items() if same(i, item)), ())
            listing = AttributeWalk(attributes, walk, item)
            written = write_attributes(listing, known)
            fed = [sign_token(walk, item), *written[:-1]]
            decisions += _decisions(listing, written, range(len(flat), len(flat) + len(fed)))
            flat += fed
            at = place.position + item.length - 1
            rows += [(number, place.anchor, at + i, branch, at) for i in range(len(fed))]
            number += 1
    return TrainingSequence(np.array(flat), slots + Slots.of(rows), tuple(decisions))


def same(one: NoteItem, other: NoteItem) -> bool:
    """Whether two items say the same of the same tokens, however likely."""
    return (one.first, one.last, one.key, one.assertion) == (
        other.first,
        other.last,
        other.key,
        other.assertion,
    )


def sign_token(walk: NoteWalk, item: NoteItem) -> int:
    """The token of an item's assertion sign."""
    return next(t for t, sign in walk.grammar.signs.items() if sign == item.assertion)


def _decisions(walk: Walk, note: Sequence[int], rows: Sequence[int]) -> list[Decision]:
    signs_of = walk.grammar.signs if isinstance(walk, NoteWalk) else {}
    signs = tuple(sorted(signs_of))
    decisions = []
    for row, token in zip(rows, note, strict=True):
        choices = walk.choices()
        if len(choices) > 1:
            rare = choices == signs and signs_of[token] != "present"
            decisions.append(Decision(row, choices, choices.index(token), rare))
        walk.take(token)
    return decisions
