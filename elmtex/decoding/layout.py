"""Prompt, report and notes as one flat sequence: which token attends to which.

Training and inference share these rules. The owner of a slot is ``PREFIX`` for prompt and report,
the number of the branch for a note's tokens, ``REJECTED`` for a rejected draft. A branch is the
note of one word. Its visible prefix ends with the word's sentence, and its position ids continue
from the word's, whatever lies between in the flat sequence. Whether a word has a note is decided at
the word itself, which sees its whole sentence.

An item's attributes are a branch that forks off its note. It sees the note's slots up to the item's
assertion token, which it reads again as its first token; its positions continue from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.attributes import (
    AttributeGrammar,
    AttributeState,
    NoteAttribute,
    write_attributes,
)
from elmtex.decoding.grammar import NoteGrammar
from elmtex.decoding.notes import DecoderState, NoteItem, NoteState, note_states, write_note
from elmtex.decoding.tokens import Chunk, ReportTokens

PREFIX, REJECTED = -1, -2
NO_PARENT = -3

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Slots:
    """Slots of a flat sequence, in order.

    Args:
        owner, visible_prefix, position: (S,) owner, how many prefix slots it sees, position id.
        parent: (S,) the branch that the owner forks off; ``NO_PARENT`` if it is not a fork.
        fork: (S,) position id of the owner's first token; it sees the parent's slots before that.
    """

    owner: Ints
    visible_prefix: Ints
    position: Ints
    parent: Ints
    fork: Ints

    def __len__(self) -> int:
        return len(self.owner)

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int, int, int]]) -> Slots:
        """Slots of (owner, visible_prefix, position, parent, fork)."""
        return cls(*np.array(rows, dtype=np.int64).reshape(-1, 5).T)

    @classmethod
    def prefix(cls, visible_prefix: Sequence[int]) -> Slots:
        """The slots of a prefix, given how many of them each token sees."""
        n = len(visible_prefix)
        position = np.arange(n)
        return cls(
            np.full(n, PREFIX),
            np.asarray(visible_prefix),
            position,
            np.full(n, NO_PARENT),
            position,
        )

    def __add__(self, other: Slots) -> Slots:
        return Slots(
            *(np.concatenate([getattr(s, f.name) for s in (self, other)]) for f in fields(Slots))
        )


def visible(queries: Slots, slots: Slots) -> Mask:
    """The (Q, S) boolean mask: true where a query attends to a slot, whatever their order."""
    of_prefix = (slots.owner == PREFIX)[None, :]
    in_prefix = np.arange(len(slots))[None, :] < queries.visible_prefix[:, None]
    own = (slots.owner[None, :] == queries.owner[:, None]) & (queries.owner >= 0)[:, None]
    forked = slots.owner[None, :] == queries.parent[:, None]
    return (
        (of_prefix & in_prefix) | own | (forked & (slots.position[None, :] < queries.fork[:, None]))
    )


def visible_prefix(prompt: int, tokens: ReportTokens, chunk: Chunk) -> list[int]:
    """How many prefix slots each token of prompt and report sees: up to its sentence's end.

    Args:
        prompt: number of prompt tokens; each sees itself and those before it.
        tokens, chunk: the part of the report that follows.
    """
    slots = list(range(1, prompt + chunk.end - chunk.start + 1))
    for first, end in tokens.sentences:
        if chunk.start <= first and end <= chunk.end:
            begin, stop = (prompt + i - chunk.start for i in (first, end))
            slots[begin:stop] = [stop] * (stop - begin)
    return slots


@dataclass(frozen=True)
class BranchPosition:
    """Where a word's note branches off the prefix.

    Args:
        row: the prefix slot that decides whether the note opens: the word's last token.
        visible_prefix: how many prefix slots the note sees: up to its sentence's end.
        position: position id of the note's first token.
    """

    row: int
    visible_prefix: int
    position: int

    @classmethod
    def of(cls, state: NoteState, offset: int) -> BranchPosition:
        """The position of a note's branch.

        ``offset`` is the prefix slot of the report's token 0 (negative if that was not read).
        """
        last = state.first
        while not state.tokens.ends[last]:
            last += 1
        return cls(offset + last, offset + state.sentence[1], offset + state.first)


def branch_positions(
    grammar: NoteGrammar, tokens: ReportTokens, sentences: Iterable[tuple[int, int]], offset: int
) -> list[tuple[NoteState, BranchPosition]]:
    """The notes of all words of these sentences with their branch positions, in text order.

    ``offset`` is as for :meth:`BranchPosition.of`.
    """
    return [
        (state, BranchPosition.of(state, offset))
        for state in note_states(grammar, tokens, sentences)
    ]


@dataclass(frozen=True)
class Decision:
    """One decision of a gold note.

    Args:
        row: index in the flat sequence of the token whose output decides.
        allowed: the allowed token ids, ascending, at least two.
        chosen: index into ``allowed``.
        non_present: whether it marks an item as absent or possible.
    """

    row: int
    allowed: tuple[int, ...]
    chosen: int
    non_present: bool


@dataclass(frozen=True)
class TrainingSequence:
    """A report with all its gold notes, laid out flat.

    Args:
        tokens: (N,) ids.
        slots: N of them.
        decisions: the training targets; the tokens themselves are given.
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
        grammar: control tokens and labels of the requested categories.
        items: the report's gold items as token ranges, any order, each with its attributes; an item
            that leaves its sentence is left out.
        chunk: the part that is read, with the sentences whose words get a note.
        attributes: the attribute types that are labelled; None trains none.
    """
    flat = [*prompt, *tokens.ids[chunk.start : chunk.end]]
    slots = Slots.prefix(visible_prefix(len(prompt), tokens, chunk))
    decisions = []
    notes = branch_positions(grammar, tokens, chunk.sentences, len(prompt) - chunk.start)
    rows: list[tuple[int, int, int, int, int]] = []
    for branch, (state, place) in enumerate(notes):
        note = write_note(state, items)
        # The first token is decided at the word, the others at the token before.
        decided = [place.row, *range(len(flat), len(flat) + len(note) - 1)]
        decisions += _decisions(state, note, decided)
        fed = note[:-1]  # the last token is decided but never fed
        flat += fed
        at = place.position
        rows += [(branch, place.visible_prefix, at + i, NO_PARENT, at) for i in range(len(fed))]
    number = len(notes)
    for branch, (state, place) in enumerate(notes if attributes else ()):
        assert attributes is not None
        for item in state.items:
            if item.key not in attributes.labels:
                continue
            known = next((of for i, of in items.items() if same(i, item)), ())
            attribute_state = AttributeState(attributes, state, item)
            written = write_attributes(attribute_state, known)
            fed = [assertion_token(state, item), *written[:-1]]
            decisions += _decisions(
                attribute_state, written, range(len(flat), len(flat) + len(fed))
            )
            flat += fed
            at = place.position + item.length - 1
            rows += [(number, place.visible_prefix, at + i, branch, at) for i in range(len(fed))]
            number += 1
    return TrainingSequence(np.array(flat), slots + Slots.of(rows), tuple(decisions))


def same(one: NoteItem, other: NoteItem) -> bool:
    """Whether two items are equal but for their probabilities and length."""
    return (one.first, one.last, one.key, one.assertion) == (
        other.first,
        other.last,
        other.key,
        other.assertion,
    )


def assertion_token(state: NoteState, item: NoteItem) -> int:
    """The token of an item's assertion."""
    tokens = state.grammar.assertion_tokens
    return next(token for token, assertion in tokens.items() if assertion == item.assertion)


def _decisions(state: DecoderState, note: Sequence[int], rows: Sequence[int]) -> list[Decision]:
    assertions = state.grammar.assertion_tokens if isinstance(state, NoteState) else {}
    assertion_tokens = tuple(sorted(assertions))
    decisions = []
    for row, token in zip(rows, note, strict=True):
        allowed = state.allowed()
        if len(allowed) > 1:
            non_present = allowed == assertion_tokens and assertions[token] != "present"
            decisions.append(Decision(row, allowed, allowed.index(token), non_present))
        state.advance(token)
    return decisions
