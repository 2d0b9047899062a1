"""The decoding loop: one pass reads the report and opens notes, all of which are then written side by side; drafts are
verified in the pass that would have followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.drafts import Drafts
from elmtex.decoding.layout import DEAD, PREFIX, Ints, Mask, Place, visible
from elmtex.decoding.notes import NoteWalk

PASS = 25.0  # what a pass costs whatever it feeds, in tokens: 8 in int8, some 50 in bfloat16 (eval/BENCHMARKS.md)
AT_ONCE = 128  # notes that are written side by side; more would only see each other's masked slots


class Session(Protocol):
    """One flat key/value cache. Slots are added at its end; a mask says which of them a query sees."""

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

    def keep(self, slots: int) -> None:
        """Forget all but the first so many slots."""
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
    number: int  # owner of its slots
    walk: NoteWalk
    place: Place
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
    notes: Sequence[tuple[NoteWalk, Place]],
    reach: Sequence[int],
    *,
    read: int = 0,
    draft: float = PASS,
    drafts: Drafts | None = None,
    counts: Counts | None = None,
) -> Iterator[list[NoteWalk]]:
    """Write all notes of one prefix greedily; yields the notes finished in each pass.

    The answer does not depend on ``draft`` nor on which notes are written together, but for the engine's rounding.

    Without a note nothing is read.

    Args:
        session: a cache that holds nothing, or the first ``read`` tokens of the prefix.
        prefix: (P,) token ids of prompt and report.
        notes: the walks, each with its place; a place's row is not among those read.
        reach: how many prefix slots each prefix token sees (:func:`elmtex.decoding.layout.reach`).
        read: how many of the prefix's tokens the session has read, fewer than P.
        draft: what a pass is thought to cost beside its tokens, in tokens: the more, the longer are the drafts; 0
            drafts only what is forced.
        drafts: what notes decoded before have taught; it learns from these. None begins anew.
        counts: filled in as the passes run.
    """
    counts = counts if counts is not None else Counts()
    drafts = drafts if drafts is not None else Drafts()
    if not notes:
        return
    counts.prefix += len(prefix)
    opened = _opened(session, prefix, notes, reach, read)
    counts.passes += 1
    yield [walk for walk, _ in notes if walk.done]
    for first in range(0, len(opened), AT_ONCE):
        session.keep(len(prefix))
        live = opened[first : first + AT_ONCE]
        yield from _written(session, len(prefix), live, draft, drafts, counts)


def _written(
    session: Session,
    prefix: int,
    live: list[_Branch],
    draft: float,
    drafts: Drafts,
    counts: Counts,
) -> Iterator[list[NoteWalk]]:
    """Write the notes of these branches after so many slots; yields those finished in each pass."""
    owner = np.full(prefix, PREFIX, dtype=np.int64)
    while live:
        # A right token spares each live branch its share of a pass, a wrong one costs a token.
        least = len(live) / (len(live) + draft)
        for branch in live:
            branch.prepare(drafts, least)
        tokens = np.array([t for branch in live for t in branch.chain], dtype=np.int64)
        new_owner, anchor, positions, first_rows = _place(live)
        mask = visible(new_owner, anchor, np.concatenate([owner, new_owner]))
        mask[:, len(owner) :] &= np.tril(np.ones((len(tokens), len(tokens)), dtype=bool))
        scores = session.feed(tokens, positions, mask, _questions(live, first_rows))
        counts.passes += 1
        counts.fed += len(tokens)
        answers = iter(scores)
        for branch, first in zip(live, first_rows, strict=True):
            kept = _accept(branch, answers, drafts)
            counts.kept += kept
            new_owner[first + kept : first + len(branch.chain)] = DEAD
        owner = np.concatenate([owner, new_owner])
        finished = [branch.walk for branch in live if branch.walk.done]
        live = [branch for branch in live if not branch.walk.done]
        yield finished


def _opened(
    session: Session,
    prefix: Sequence[int],
    notes: Sequence[tuple[NoteWalk, Place]],
    reach: Sequence[int],
    read: int,
) -> list[_Branch]:
    """Read the prefix and decide of every note whether it opens; the branches of those that do."""
    n = len(prefix)
    mask = np.arange(n)[None, :] < np.asarray(reach[read:])[:, None]
    asked = [(place.row - read, walk.choices()) for walk, place in notes]
    scores = session.feed(np.array(prefix[read:]), np.arange(read, n), mask, asked)
    for (walk, _), row in zip(notes, scores, strict=True):
        _take_best(walk, row)
    return [
        _Branch(number, walk, place, [walk.grammar.open])
        for number, (walk, place) in enumerate(notes)
        if not walk.done
    ]


def _place(live: Sequence[_Branch]) -> tuple[Ints, Ints, Ints, list[int]]:
    """Owner, anchor and position of each new slot, and the row where each live branch's chain begins."""
    owner: list[int] = []
    anchor: list[int] = []
    positions: list[int] = []
    first_rows = []
    for branch in live:
        length = len(branch.chain)
        first_rows.append(len(owner))
        owner += [branch.number] * length
        anchor += [branch.place.anchor] * length
        begin = branch.place.position + branch.written
        positions += range(begin, begin + length)
    return np.array(owner), np.array(anchor), np.array(positions), first_rows


def _questions(
    live: Sequence[_Branch], first_rows: Sequence[int]
) -> list[tuple[int, tuple[int, ...]]]:
    """What to score: after the pending tokens, and after each draft token in case all before it are right."""
    questions = []
    for branch, first in zip(live, first_rows, strict=True):
        row = first + len(branch.pending) - 1
        questions += [(row + offset, c) for offset, c in enumerate(branch.choices)]
    return questions


def _accept(branch: _Branch, answers: Iterator[NDArray[np.floating]], drafts: Drafts) -> int:
    """Take the best token at each row as long as the draft agrees; returns how many slots of the chain are kept."""
    drafted = branch.chain[len(branch.pending) :]
    kept = len(branch.pending)
    rows = [next(answers) for _ in branch.choices]
    for row, guess in zip(rows, [*drafted, None], strict=True):
        token = _take_best(branch.walk, row, drafts)
        if token != guess or branch.walk.done:
            branch.pending = [token]
            break
        kept += 1
    branch.written += kept
    return kept


def _take_best(walk: NoteWalk, row: NDArray[np.floating], drafts: Drafts | None = None) -> int:
    """Let a note go on with the token that scores best among its choices; what came before it is learnt from.

    Biases choose, the probability is the model's own.
    """
    best = int(np.argmax(row + np.asarray(walk.biases(), dtype=row.dtype)))
    token = walk.choices()[best]
    if drafts is not None:
        drafts.learn(walk, token)
    walk.take(token, _log_probability(row, best))
    return token


def _log_probability(logits: NDArray[np.floating], chosen: int) -> float:
    shifted = logits - logits.max()
    return float(shifted[chosen] - np.log(np.exp(shifted).sum()))
