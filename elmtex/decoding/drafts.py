"""Drafts: what a note will probably say next, fed along so that one pass verifies what several would have written.

A wrong draft costs the pass a token, a right one saves a share of a pass. The chances come from what earlier notes
did in the same place, learnt while they are written; inside a span that is the next word of the report or the closer.
Drafts change how long an answer takes, never the answer.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

from elmtex.decoding.attributes import AttributeGrammar
from elmtex.decoding.notes import Context, NoteGrammar, Walk

_ON = -1  # in a span: any token but the closer


class DraftedWalk(Walk, Protocol):
    """A walk whose next tokens can be guessed: of a note, or of an item's attributes."""

    done: bool

    @property
    def grammar(self) -> NoteGrammar | AttributeGrammar: ...

    def copy(self) -> DraftedWalk: ...

    def biases(self) -> list[float]: ...

    def context(self) -> Context | None: ...

    def following(self) -> int: ...


class Drafts:
    """Counts of what notes did, by place: of one report, as drafts move the slots of a pass and so its rounding."""

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[Context, int], float] = defaultdict(float)
        self._totals: defaultdict[Context, float] = defaultdict(float)
        self._best: dict[Context, int] = {}

    def of(self, walk: DraftedWalk, least: float) -> tuple[list[int], list[tuple[int, ...]]]:
        """The likely next tokens of a note.

        Args:
            walk: where the note stands; it is left as it is.
            least: the draft ends before the token with which the chance that all of it is right falls below.

        Returns:
            The k tokens; and the k + 1 tuples of choices that the note has at each of them and after the last.
        """
        trial, chance = walk.copy(), 1.0
        tokens: list[int] = []
        choices = [trial.choices()]
        while True:
            token, certain = self._guess(trial, choices[-1])
            chance *= certain
            if chance < least:
                break
            trial.take(token)
            if trial.done:  # what ends a note is never read
                break
            tokens.append(token)
            choices.append(trial.choices())
        return tokens, choices

    def learn(self, walk: DraftedWalk, token: int) -> None:
        """Count a note's next token, before it is taken."""
        place = walk.context()
        if place is None:
            return
        outcome = _outcome(walk, place, token)
        self._begin(walk, place)
        self._count(place, outcome, 1)

    def _guess(self, walk: DraftedWalk, choices: tuple[int, ...]) -> tuple[int, float]:
        if len(choices) == 1:
            return choices[0], 1.0
        place = walk.context()
        if place is None:
            return choices[0], 0.0
        self._begin(walk, place)
        best = self._best.get(place)
        if best is None:
            return choices[0], 0.0
        chance = self._counts[place, best] / self._totals[place]
        token = walk.following() if best == _ON else best
        return token, chance if token in choices else 0.0

    def _begin(self, walk: DraftedWalk, place: Context) -> None:
        """What is thought of a place before anything was seen there, as counts."""
        if place in self._totals:
            return
        if place.node is None:  # a span goes on three times of four
            self._count(place, _ON, 1.5)
            self._count(place, walk.grammar.close, 0.5)
        elif place.node.key is not None and isinstance(walk.grammar, NoteGrammar):
            present = next(t for t, sign in walk.grammar.signs.items() if sign == "present")
            self._count(place, present, 9)
            self._totals[place] += 1
        else:
            self._totals[place] += 1

    def _count(self, place: Context, outcome: int, weight: float) -> None:
        self._totals[place] += weight
        self._counts[place, outcome] += weight
        if self._counts[place, outcome] >= self._counts[place, self._best.get(place, outcome)]:
            self._best[place] = outcome


def _outcome(walk: DraftedWalk, place: Context, token: int) -> int:
    return _ON if place.node is None and token != walk.grammar.close else token
