"""The decoding loop: one pass reads the report and opens notes, which are then written side by
side.

Drafts are verified in the pass that would have followed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.attributes import AttributeState
from elmtex.decoding.drafts import DraftedState, Drafts
from elmtex.decoding.layout import (
    NO_PARENT,
    REJECTED,
    BranchPosition,
    Ints,
    Mask,
    Slots,
    assertion_token,
    visible,
)
from elmtex.decoding.notes import NoteState, note_tokens

# The fixed cost of a pass, in tokens: 8 in int8, some 50 in bfloat16 (eval/BENCHMARKS.md).
PASS_OVERHEAD_TOKENS = 25.0
# Notes written side by side; more would only add slots that they mask from one another.
MAX_LIVE_BRANCHES = 128


class Session(Protocol):
    """One flat key/value cache: slots are added at its end; a mask says what a query sees."""

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
            mask: (n, past + n) boolean, true where a query attends to a slot; the last n columns
                are the new slots.
            asked: pairs of a row (0..n-1) and the token ids to score there.

        Returns:
            For each pair the logits of its ids, in order.
        """
        ...

    def keep(self, slots: int) -> None:
        """Drop all but the first ``slots`` slots."""
        ...


@dataclass
class Counts:
    """The cost of decoding: passes, prefix tokens, tokens fed after the prefix, those accepted."""

    passes: int = 0
    prefix: int = 0
    fed: int = 0
    kept: int = 0


W = TypeVar("W", bound=DraftedState)


@dataclass
class _Branch(Generic[W]):
    number: int  # owner of its slots
    state: W
    visible_prefix: int  # how many prefix slots it sees
    position: int  # of its first token
    pending: list[int]  # chosen, not fed yet
    parent: int = NO_PARENT  # the branch it forks off
    written: int = 0  # tokens fed and kept
    # This pass: pending tokens and draft; what may follow the last pending and each draft token.
    chain: list[int] = field(default_factory=list)
    allowed: list[tuple[int, ...]] = field(default_factory=list)

    def rows(self) -> list[tuple[int, int, int, int, int]]:
        """The slots of this pass's chain, as :meth:`Slots.of` takes them."""
        begin = self.position + self.written
        return [
            (self.number, self.visible_prefix, begin + i, self.parent, self.position)
            for i in range(len(self.chain))
        ]

    def prepare(self, drafts: Drafts, least: float) -> None:
        """Choose what to feed in this pass."""
        draft, self.allowed = drafts.of(self.state, least)
        self.chain = self.pending + draft


def decode(
    session: Session,
    prefix: Sequence[int],
    notes: Sequence[tuple[NoteState, BranchPosition]],
    visible_prefix: Sequence[int],
    *,
    read: int = 0,
    draft: float = PASS_OVERHEAD_TOKENS,
    drafts: Drafts | None = None,
    counts: Counts | None = None,
    attributes: Callable[[Sequence[NoteState]], Sequence[AttributeState]] | None = None,
) -> Iterator[list[NoteState]]:
    """Decode all notes of one prefix greedily; yields the notes finished in each pass.

    Apart from the engine's rounding, the answer depends neither on ``draft`` nor on which notes are
    written together. Without a note nothing is read.

    Args:
        session: an empty cache, or one that holds the first ``read`` tokens of the prefix.
        prefix: (P,) token ids of prompt and report.
        notes: the empty notes with their branch positions; no position's row is already read.
            A finished note is not written again: it only gets the attributes of its items.
        visible_prefix: how many prefix slots each prefix token sees
            (:func:`elmtex.decoding.layout.visible_prefix`).
        read: how many of the prefix's tokens the session has read, fewer than P.
        draft: the assumed fixed cost of a pass, in tokens: the higher, the longer the drafts; 0
            drafts only forced tokens.
        drafts: counts from notes decoded before, updated here; None starts from scratch.
        counts: filled in as the passes run.
        attributes: called when all notes are finished; returns the attributes to decode for their
            items, side by side.
    """
    counts = counts if counts is not None else Counts()
    drafts = drafts if drafts is not None else Drafts()
    if not notes:
        return
    counts.prefix += len(prefix)
    given = {id(state) for state, _ in notes if state.done}
    opened = _opened(session, prefix, notes, visible_prefix, read)
    counts.passes += 1
    yield [state for state, _ in notes if state.done and id(state) not in given]
    slots = read_slots = Slots.prefix(visible_prefix)
    live: list[_Branch[NoteState]] = []
    for first in range(0, len(opened), MAX_LIVE_BRANCHES):
        session.keep(len(prefix))
        live = opened[first : first + MAX_LIVE_BRANCHES]
        slots = yield from _written(session, read_slots, live, draft, drafts, counts)
    if attributes is None:
        return
    forks = _forks(attributes([s for s, _ in notes]), notes, {b.number for b in live})
    # Separate counts, so that attributes do not move the slots of notes.
    attribute_drafts = Drafts()
    for first in range(0, len(forks), MAX_LIVE_BRANCHES):
        session.keep(len(slots))
        some = forks[first : first + MAX_LIVE_BRANCHES]
        yield from _written(session, slots, some, draft, attribute_drafts, counts)


def _forks(
    states: Sequence[AttributeState],
    notes: Sequence[tuple[NoteState, BranchPosition]],
    held: set[int],
) -> list[_Branch[AttributeState]]:
    """The branches of attributes; each first reads its item's assertion token again.

    Args:
        states: the attributes to write.
        notes: all notes with their branch positions.
        held: indices of those whose slots are still in the session; any other note is read again.
    """
    of = {id(state): (number, place) for number, (state, place) in enumerate(notes)}
    forks: list[_Branch[AttributeState]] = []
    for own, state in enumerate(states, len(notes)):
        (number, place), length = of[id(state.note)], state.item.length
        if number in held:
            pending, parent = [assertion_token(state.note, state.item)], number
            before = length - 1
        else:
            pending, parent, before = note_tokens(state.note)[:length], NO_PARENT, 0
        position = place.position + before
        forks.append(_Branch(own, state, place.visible_prefix, position, pending, parent))
    return forks


def _written(
    session: Session,
    slots: Slots,
    live: Sequence[_Branch[W]],
    draft: float,
    drafts: Drafts,
    counts: Counts,
) -> Generator[list[NoteState], None, Slots]:
    """Write these branches; yields the notes finished in each pass, returns the cache's slots."""
    live = list(live)
    while live:
        # A correct draft token saves each live branch its share of a pass, a wrong one costs a
        # token.
        least = len(live) / (len(live) + draft)
        for branch in live:
            branch.prepare(drafts, least)
        tokens = np.array([t for branch in live for t in branch.chain], dtype=np.int64)
        new = Slots.of([row for branch in live for row in branch.rows()])
        first_rows = np.cumsum([0, *(len(branch.chain) for branch in live)]).tolist()
        mask = visible(new, slots + new)
        mask[:, len(slots) :] &= np.tril(np.ones((len(tokens), len(tokens)), dtype=bool))
        scores = session.feed(tokens, new.position, mask, _questions(live, first_rows))
        counts.passes += 1
        counts.fed += len(tokens)
        answers = iter(scores)
        for branch, first in zip(live, first_rows, strict=False):
            kept = _accept(branch, answers, drafts)
            counts.kept += kept
            new.owner[first + kept : first + len(branch.chain)] = REJECTED
        slots = slots + new
        yield [b.state for b in live if b.state.done and isinstance(b.state, NoteState)]
        live = [branch for branch in live if not branch.state.done]
    return slots


def _opened(
    session: Session,
    prefix: Sequence[int],
    notes: Sequence[tuple[NoteState, BranchPosition]],
    visible_prefix: Sequence[int],
    read: int,
) -> list[_Branch[NoteState]]:
    """Read the prefix and decide for every empty note whether it opens; returns the open branches."""
    n = len(prefix)
    mask = np.arange(n)[None, :] < np.asarray(visible_prefix[read:])[:, None]
    empty = [(number, *note) for number, note in enumerate(notes) if not note[0].done]
    asked = [(place.row - read, state.allowed()) for _, state, place in empty]
    scores = session.feed(np.array(prefix[read:]), np.arange(read, n), mask, asked)
    for (_, state, _), row in zip(empty, scores, strict=True):
        _advance_best(state, row)
    return [
        _Branch(number, state, place.visible_prefix, place.position, [state.grammar.open])
        for number, state, place in empty
        if not state.done
    ]


def _questions(
    live: Sequence[_Branch[W]], first_rows: Sequence[int]
) -> list[tuple[int, tuple[int, ...]]]:
    """What to score: the rows of the last pending token and of each draft token."""
    questions = []
    for branch, first in zip(live, first_rows, strict=False):
        row = first + len(branch.pending) - 1
        questions += [(row + offset, c) for offset, c in enumerate(branch.allowed)]
    return questions


def _accept(branch: _Branch[W], answers: Iterator[NDArray[np.floating]], drafts: Drafts) -> int:
    """Accept the draft as far as it agrees with the best tokens; returns how many slots stay."""
    drafted = branch.chain[len(branch.pending) :]
    kept = len(branch.pending)
    rows = [next(answers) for _ in branch.allowed]
    for row, guess in zip(rows, [*drafted, None], strict=True):
        token = _advance_best(branch.state, row, drafts)
        if token != guess or branch.state.done:
            branch.pending = [token]
            break
        kept += 1
    branch.written += kept
    return kept


def _advance_best(
    state: DraftedState, row: NDArray[np.floating], drafts: Drafts | None = None
) -> int:
    """Advance a note by its best allowed token, and count that for later drafts.

    The choice includes the biases; the recorded probability is the model's own.
    """
    best = int(np.argmax(row + np.asarray(state.biases(), dtype=row.dtype)))
    token = state.allowed()[best]
    if drafts is not None:
        drafts.learn(state, token)
    state.advance(token, _log_probability(row, best))
    return token


def _log_probability(logits: NDArray[np.floating], chosen: int) -> float:
    shifted = logits - logits.max()
    return float(shifted[chosen] - np.log(np.exp(shifted).sum()))
