"""Prompt, report and notes as one flat sequence: who sees whom. Training and inference share these rules.

Owner of a slot: ``PREFIX`` for prompt and report, the number of the branch for a note's tokens, ``DEAD`` for a
rejected draft. A branch hangs off its sentence's last token: its anchor is how many prefix slots it sees, and its
position ids go on from there, whatever stands between in the flat sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.notes import NoteGrammar, NoteItem, NoteWalk, write_note
from elmtex.decoding.tokens import Chunk, ReportTokens

PREFIX, DEAD = -1, -2
READINGS = ("causal", "sentence")

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


def reach(prompt: int, tokens: ReportTokens, chunk: Chunk, reading: str) -> list[int]:
    """How many prefix slots each token of prompt and report sees.

    Args:
        prompt: tokens of the prompt, each of which sees those before it and itself.
        tokens, chunk: the part of the report that follows.
        reading: ``causal``: a word sees what stands before it; ``sentence``: the rest of its sentence, too, so that it
            is known as what it is when the note is written. An adapter says which it was trained with.
    """
    slots = list(range(1, prompt + chunk.end - chunk.start + 1))
    if reading == "sentence":
        for first, end in tokens.sentences:
            if chunk.start <= first and end <= chunk.end:
                begin, stop = (prompt + i - chunk.start for i in (first, end))
                slots[begin:stop] = [stop] * (stop - begin)
    return slots


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
    reading: str = "causal",
) -> TrainingSequence:
    """Lay out a chunk of a report and its gold notes for training.

    Args:
        prompt: token ids before the report.
        tokens: the report.
        grammar: signs and labels of the categories asked for.
        items: the report's gold items as token ranges, any order; each must lie inside one sentence.
        chunk: the part that is read, with the sentences that get a note.
        reading: one of ``READINGS``; see :func:`reach`.
    """
    prefix = [*prompt, *tokens.ids[chunk.start : chunk.end]]
    flat, positions = list(prefix), list(range(len(prefix)))
    owner, anchor = [PREFIX] * len(prefix), reach(len(prompt), tokens, chunk, reading)
    decisions = []
    for branch, sentence in enumerate(chunk.sentences):
        inside = [i for i in items if sentence[0] <= i.first and i.last <= sentence[1]]
        note = write_note(grammar, tokens, sentence, inside)
        start = len(prompt) + sentence[1] - chunk.start
        decisions += _decisions(grammar, NoteWalk(grammar, tokens, sentence), note, len(flat))
        # The end sign is decided but never read: it is not fed.
        flat += [grammar.open, *note[:-1]]
        positions += range(start, start + len(note))
        owner += [branch] * len(note)
        anchor += [start] * len(note)
    return TrainingSequence(
        np.array(flat), np.array(positions), np.array(owner), np.array(anchor), tuple(decisions)
    )


def _decisions(
    grammar: NoteGrammar, walk: NoteWalk, note: Sequence[int], row: int
) -> list[Decision]:
    signs = tuple(sorted(grammar.signs))
    decisions = []
    for offset, token in enumerate(note):
        choices = walk.choices()
        if len(choices) > 1:
            rare = choices == signs and grammar.signs[token] != "present"
            decisions.append(Decision(row + offset, choices, choices.index(token), rare))
        walk.take(token)
    return decisions
