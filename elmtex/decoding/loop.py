"""The decoding loop: one pass reads the report and opens notes, all of which are then written side by side; drafts are
verified in the pass that would have followed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.attributes import AttributeWalk
from elmtex.decoding.drafts import DraftedWalk, Drafts
from elmtex.decoding.layout import DEAD, NO_PARENT, Ints, Mask, Place, Slots, sign_token, visible
from elmtex.decoding.notes import NoteWalk, written_again

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


W = TypeVar("W", bound=DraftedWalk)


@dataclass
class _Branch(Generic[W]):
    number: int  # owner of its slots
    walk: W
    anchor: int  # how many prefix slots it sees
    position: int  # of its first token
    pending: list[int]  # chosen, not fed yet
    parent: int = NO_PARENT  # the branch it forks off
    written: int = 0  # tokens fed and kept
    # Of this pass: pending tokens and draft; what may follow the last pending token and each drafted one.
    chain: list[int] = field(default_factory=list)
    choices: list[tuple[int, ...]] = field(default_factory=list)

    def rows(self) -> list[tuple[int, int, int, int, int]]:
        """The slots of this pass's chain, as :meth:`Slots.of` takes them."""
        begin = self.position + self.written
        return [
            (self.number, self.anchor, begin + i, self.parent, self.position)
            for i in range(len(self.chain))
        ]

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
    attributes: Callable[[Sequence[NoteWalk]], Sequence[AttributeWalk]] | None = None,
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
        attributes: asked when all notes are finished: the attributes to be written of their items, side by side.
    """
    counts = counts if counts is not None else Counts()
    drafts = drafts if drafts is not None else Drafts()
    if not notes:
        return
    counts.prefix += len(prefix)
    opened = _opened(session, prefix, notes, reach, read)
    counts.passes += 1
    yield [walk for walk, _ in notes if walk.done]
    slots = read_slots = Slots.prefix(reach)
    live: list[_Branch[NoteWalk]] = []
    for first in range(0, len(opened), AT_ONCE):
        session.keep(len(prefix))
        live = opened[first : first + AT_ONCE]
        slots = yield from _written(session, read_slots, live, draft, drafts, counts)
    if attributes is None:
        return
    forks = _forks(
        attributes([b.walk for b in opened]), opened, {b.number for b in live}, len(notes)
    )
    # Of their own: what attributes were like moves no slot of a note.
    listed = Drafts()
    for first in range(0, len(forks), AT_ONCE):
        session.keep(len(slots))
        some = forks[first : first + AT_ONCE]
        yield from _written(session, slots, some, draft, listed, counts)


def _forks(
    walks: Sequence[AttributeWalk],
    notes: Sequence[_Branch[NoteWalk]],
    held: set[int],
    number: int,
) -> list[_Branch[AttributeWalk]]:
    """The branches of attributes; each reads its item's sign again, behind the note's tokens before it.

    Args:
        walks: what is to be written.
        notes: the branches of all notes.
        held: numbers of those whose slots the session still holds; of another one the note is read again.
        number: of the first fork.
    """
    of = {id(branch.walk): branch for branch in notes}
    forks: list[_Branch[AttributeWalk]] = []
    for walk in walks:
        note, length = of[id(walk.note)], walk.item.length
        if note.number in held:
            pending, parent, before = [sign_token(walk.note, walk.item)], note.number, length - 1
        else:
            pending, parent, before = written_again(walk.note)[:length], NO_PARENT, 0
        position = note.position + before
        forks.append(_Branch(number + len(forks), walk, note.anchor, position, pending, parent))
    return forks


def _written(
    session: Session,
    slots: Slots,
    live: Sequence[_Branch[W]],
    draft: float,
    drafts: Drafts,
    counts: Counts,
) -> Generator[list[NoteWalk], None, Slots]:
    """Write these branches after these slots; yields the notes finished in each pass, and returns the slots then."""
    live = list(live)
    while live:
        # A right token spares each live branch its share of a pass, a wrong one costs a token.
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
            new.owner[first + kept : first + len(branch.chain)] = DEAD
        slots = slots + new
        yield [b.walk for b in live if b.walk.done and isinstance(b.walk, NoteWalk)]
        live = [branch for branch in live if not branch.walk.done]
    return slots


def _opened(
    session: Session,
    prefix: Sequence[int],
    notes: Sequence[tuple[NoteWalk, Place]],
    reach: Sequence[int],
    read: int,
) -> list[_Branch[NoteWalk]]:
    """Read the prefix and decide of every note whether it opens; the branches of those that do."""
    n = len(prefix)
    mask = np.arange(n)[None, :] < np.asarray(reach[read:])[:, None]
    asked = [(place.row - read, walk.choices()) for walk, place in notes]
    scores = session.feed(np.array(prefix[read:]), np.arange(read, n), mask, asked)
    for (walk, _), row in zip(notes, scores, strict=True):
        _take_best(walk, row)
    return [
        _Branch(number, walk, place.anchor, place.position, [walk.grammar.open])
        for number, (walk, place) in enumerate(notes)
        if not walk.done
    ]


def _questions(
    live: Sequence[_Branch[W]], first_rows: Sequence[int]
) -> list[tuple[int, tuple[int, ...]]]:
    """What to score: after the pending tokens, and after each draft token in case all before it are right."""
    questions = []
    for branch, first in zip(live, first_rows, strict=False):
        row = first + len(branch.pending) - 1
        questions += [(row + offset, c) for offset, c in enumerate(branch.choices)]
    return questions


def _accept(branch: _Branch[W], answers: Iterator[NDArray[np.floating]], drafts: Drafts) -> int:
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


def _take_best(walk: DraftedWalk, row: NDArray[np.floating], drafts: Drafts | None = None) -> int:
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
