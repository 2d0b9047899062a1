"""The decoding loop: all notes of a report side by side, drafts verified in the pass that would have followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.drafts import Drafts
from elmtex.decoding.layout import DEAD, PREFIX, Ints, Mask, visible
from elmtex.decoding.notes import NoteWalk

PASS = 8.0  # what a pass costs whatever it feeds, in tokens; measured 5 to 12 (eval/BENCHMARKS.md)


class Session(Protocol):
    """One flat key/value cache. Slots are only ever added; a mask says which of them a query sees."""

    def feed(
        self,
        tokens: Ints,
        positions: Ints,
        mask: Mask,
        asked: Sequence[tuple[int, tuple[int, ...]]],
    ) -> list[NDArray[np.floating]]:
        """Add n slots and score tokens.

        Args:
            tokens: (n,) ids.
            positions: (n,) position ids.
            mask: (n, past + n) boolean, true where a query sees a slot; the last n columns are the new slots.
            asked: pairs of a row (0..n-1) and the token ids to score there.

        Returns:
            For each pair the logits of its ids, in order.
        """
        ...


@dataclass
class Counts:
    """What a decode cost: passes through the model, tokens of the prefix, tokens fed after it, and those that were kept."""

    passes: int = 0
    prefix: int = 0
    fed: int = 0
    kept: int = 0


@dataclass
class _Branch:
    walk: NoteWalk
    anchor: int  # prefix slots it sees, and the position of its first token
    pending: list[int]  # chosen, not fed yet
    written: int = 0  # tokens fed and kept
    # Of this pass: pending tokens and draft; what may follow the last pending token and each drafted one.
    chain: list[int] = field(default_factory=list)
    choices: list[tuple[int, ...]] = field(default_factory=list)

    def prepare(self, drafts: Drafts, least: float) -> None:
        """Choose what to feed in this pass."""
        draft, self.choices = drafts.of(self.walk, least)
        self.chain = self.pending + draft


def decode(
    session: Session,
    prefix: Sequence[int],
    notes: Sequence[tuple[NoteWalk, int]],
    *,
    reach: Sequence[int] | None = None,
    read: int = 0,
    draft: float = PASS,
    drafts: Drafts | None = None,
    counts: Counts | None = None,
) -> Iterator[list[NoteWalk]]:
    """Write all notes of one prefix greedily; yields the notes finished in each pass.

    The answer does not depend on ``draft`` nor on which notes are written together.

    Args:
        session: a cache that holds nothing, or the first ``read`` tokens of the prefix.
        prefix: (P,) token ids of prompt and report.
        notes: the walks, each with its anchor: how many prefix tokens it sees (1..P).
        reach: how many prefix slots each prefix token sees (:func:`elmtex.decoding.layout.reach`); None: itself and
            those before.
        read: how many of the prefix's tokens the session has read, fewer than P.
        draft: what a pass is thought to cost beside its tokens, in tokens: the more, the longer are the drafts; 0
            drafts only what is forced.
        drafts: what other notes of the schema have taught; it learns from these. None begins anew.
        counts: filled in as the passes run.
    """
    counts = counts if counts is not None else Counts()
    drafts = drafts if drafts is not None else Drafts()
    counts.prefix += len(prefix)
    branches = [_Branch(walk, anchor, [walk.grammar.open]) for walk, anchor in notes]
    owner = np.full(read, PREFIX, dtype=np.int64)
    live = list(range(len(branches)))
    head, seen = prefix[read:], (reach or range(1, len(prefix) + 1))[read:]
    # the first pass reads the prefix and opens every note
    while live:
        # A right token spares each live branch its share of a pass, a wrong one costs a token.
        least = len(live) / (len(live) + draft)
        for b in live:
            branches[b].prepare(drafts, least)
        tokens = np.array([*head, *(t for b in live for t in branches[b].chain)], dtype=np.int64)
        new_owner, anchor, positions, first_row = _place(read, seen, branches, live)
        mask = visible(new_owner, anchor, np.concatenate([owner, new_owner]))
        before = np.tril(np.ones((len(tokens), len(tokens)), dtype=bool)) | (new_owner == PREFIX)
        mask[:, len(owner) :] &= before
        scores = session.feed(tokens, positions, mask, _questions(branches, live, first_row))
        counts.passes += 1
        counts.fed += len(tokens) - len(head)
        answers = iter(scores)
        for b in live:
            kept = _accept(branches[b], answers, drafts)
            counts.kept += kept
            chain_end = first_row[b] + len(branches[b].chain)
            new_owner[first_row[b] + kept : chain_end] = DEAD
        owner = np.concatenate([owner, new_owner])
        head, seen = [], []
        finished = [b for b in live if branches[b].walk.done]
        live = [b for b in live if not branches[b].walk.done]
        yield [branches[b].walk for b in finished]


def _place(
    read: int, seen: Sequence[int], branches: Sequence[_Branch], live: Sequence[int]
) -> tuple[Ints, Ints, Ints, dict[int, int]]:
    """Owner, anchor and position of each new slot, and the row where each live branch's chain begins."""
    n = len(seen)
    owner, anchor, positions = [PREFIX] * n, list(seen), list(range(read, read + n))
    first_row = {}
    for b in live:
        branch, length = branches[b], len(branches[b].chain)
        first_row[b] = len(owner)
        owner += [b] * length
        anchor += [branch.anchor] * length
        begin = branch.anchor + branch.written
        positions += range(begin, begin + length)
    return np.array(owner), np.array(anchor), np.array(positions), first_row


def _questions(
    branches: Sequence[_Branch], live: Sequence[int], first_row: dict[int, int]
) -> list[tuple[int, tuple[int, ...]]]:
    """What to score: after the pending tokens, and after each draft token in case all before it are right."""
    questions = []
    for b in live:
        row = first_row[b] + len(branches[b].pending) - 1
        questions += [(row + offset, c) for offset, c in enumerate(branches[b].choices)]
    return questions


def _accept(branch: _Branch, answers: Iterator[NDArray[np.floating]], drafts: Drafts) -> int:
    """Take the best token at each row as long as the draft agrees; returns how many slots of the chain are kept."""
    drafted = branch.chain[len(branch.pending) :]
    kept = len(branch.pending)
    rows = [next(answers) for _ in branch.choices]
    for row, choices, guess in zip(rows, branch.choices, [*drafted, None], strict=True):
        row = row + np.asarray(branch.walk.biases(), dtype=row.dtype)
        best = int(np.argmax(row))
        drafts.learn(branch.walk, choices[best])
        branch.walk.take(choices[best], _log_probability(row, best))
        if choices[best] != guess:
            branch.pending = [choices[best]]
            break
        kept += 1
    branch.written += kept
    return kept


def _log_probability(logits: NDArray[np.floating], chosen: int) -> float:
    shifted = logits - logits.max()
    return float(shifted[chosen] - np.log(np.exp(shifted).sum()))
