"""Prompt, report and notes as one flat sequence: who sees whom. Training and inference share these rules.

Owner of a slot: ``PREFIX`` for prompt and report, the number of the branch for a note's tokens, ``DEAD`` for a
rejected draft. A branch is the note of one word: its anchor, how many prefix slots it sees, is its sentence's end, and
its position ids go on from the word's, whatever stands between in the flat sequence. Whether a word has a note is
decided at the word itself, which sees its whole sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.notes import NoteGrammar, NoteItem, NoteWalk, walks, write_note
from elmtex.decoding.tokens import Chunk, ReportTokens

PREFIX, DEAD = -1, -2

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def visible(owner: Ints, anchor: Ints, slot_owner: Ints) -> Mask:
    """What queries see of the slots before them.

    Args:
        owner: (Q,) owners of the queries.
        anchor: (Q,) how many prefix slots each sees.
        slot_owner: (S,) owners of the slots, the prefix first.

    Returns:
        (Q, S) boolean, true where the query may look.
    """
    prefix = (slot_owner == PREFIX)[None, :] & (
        np.arange(len(slot_owner))[None, :] < anchor[:, None]
    )
    return prefix | ((slot_owner[None, :] == owner[:, None]) & (owner >= 0)[:, None])


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
        tokens, positions, owner, anchor: (N,) each.
        decisions: what is learnt; the tokens themselves are given.
    """

    tokens: Ints
    positions: Ints
    owner: Ints
    anchor: Ints
    decisions: tuple[Decision, ...]

    def mask(self) -> Mask:
        """(N, N) boolean attention mask: true where row may see column."""
        n = len(self.tokens)
        before = np.tril(np.ones((n, n), dtype=bool)) | (self.owner == PREFIX)
        return visible(self.owner, self.anchor, self.owner) & before


def lay_out(
    prompt: Sequence[int],
    tokens: ReportTokens,
    grammar: NoteGrammar,
    items: Sequence[NoteItem],
    chunk: Chunk,
) -> TrainingSequence:
    """Lay out a chunk of a report and its gold notes for training.

    Args:
        prompt: token ids before the report.
        tokens: the report.
        grammar: signs and labels of the categories asked for.
        items: the report's gold items as token ranges, any order; one that leaves its sentence is left out.
        chunk: the part that is read, with the sentences whose words get a note.
    """
    flat = [*prompt, *tokens.ids[chunk.start : chunk.end]]
    positions, owner = list(range(len(flat))), [PREFIX] * len(flat)
    anchor = reach(len(prompt), tokens, chunk)
    decisions = []
    notes = placed(grammar, tokens, chunk.sentences, len(prompt) - chunk.start)
    for branch, (walk, place) in enumerate(notes):
        note = write_note(walk, items)
        # The first token is decided at the word, the others at the token before.
        rows = [place.row, *range(len(flat), len(flat) + len(note) - 1)]
        decisions += _decisions(walk, note, rows)
        fed = note[:-1]  # what comes last is decided but never read
        flat += fed
        positions += range(place.position, place.position + len(fed))
        owner += [branch] * len(fed)
        anchor += [place.anchor] * len(fed)
    return TrainingSequence(
        np.array(flat), np.array(positions), np.array(owner), np.array(anchor), tuple(decisions)
    )


def _decisions(walk: NoteWalk, note: Sequence[int], rows: Sequence[int]) -> list[Decision]:
    signs = tuple(sorted(walk.grammar.signs))
    decisions = []
    for row, token in zip(rows, note, strict=True):
        choices = walk.choices()
        if len(choices) > 1:
            rare = choices == signs and walk.grammar.signs[token] != "present"
            decisions.append(Decision(row, choices, choices.index(token), rare))
        walk.take(token)
    return decisions
