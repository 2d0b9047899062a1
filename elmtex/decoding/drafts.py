"""Drafts: the probable next tokens of a note, fed along so that one pass verifies several tokens.

A wrong draft costs the pass a token, a right one saves a share of a pass. The probabilities are
learnt from what earlier notes did in the same context; inside a span the draft is the report's next
word or the closing token. Drafts change how long an answer takes, never the answer.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

from elmtex.decoding.attributes import AttributeGrammar
from elmtex.decoding.grammar import NoteGrammar
from elmtex.decoding.notes import Context, DecoderState

_CONTINUE = -1  # in a span: any token but the closing one


class DraftedState(DecoderState, Protocol):
    """A decoder state whose next tokens can be drafted: of a note, or of an item's attributes."""

    done: bool

    @property
    def grammar(self) -> NoteGrammar | AttributeGrammar: ...

    def copy(self) -> DraftedState: ...

    def biases(self) -> list[float]: ...

    def context(self) -> Context | None: ...

    def following(self) -> int: ...


class Drafts:
    """Counts of what notes of one report did, by context.

    Not of several reports: drafts move the slots of a pass, and so its rounding.
    """

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[Context, int], float] = defaultdict(float)
        self._totals: defaultdict[Context, float] = defaultdict(float)
        self._best: dict[Context, int] = {}

    def of(self, state: DraftedState, least: float) -> tuple[list[int], list[tuple[int, ...]]]:
        """The likely next tokens of a note.

        Args:
            state: the note so far; it is not changed.
            least: the draft ends before the token that makes it less probable than this.

        Returns:
            The k tokens, and the k + 1 tuples of tokens allowed at each of them and after the last.
        """
        trial, chance = state.copy(), 1.0
        tokens: list[int] = []
        allowed = [trial.allowed()]
        while True:
            token, certain = self._guess(trial, allowed[-1])
            chance *= certain
            if chance < least:
                break
            trial.advance(token)
            if trial.done:  # what ends a note is never read
                break
            tokens.append(token)
            allowed.append(trial.allowed())
        return tokens, allowed

    def learn(self, state: DraftedState, token: int) -> None:
        """Count a note's next token, before the note advances."""
        context = state.context()
        if context is None:
            return
        outcome = _outcome(state, context, token)
        self._begin(state, context)
        self._count(context, outcome, 1)

    def _guess(self, state: DraftedState, allowed: tuple[int, ...]) -> tuple[int, float]:
        if len(allowed) == 1:
            return allowed[0], 1.0
        context = state.context()
        if context is None:
            return allowed[0], 0.0
        self._begin(state, context)
        best = self._best.get(context)
        if best is None:
            return allowed[0], 0.0
        chance = self._counts[context, best] / self._totals[context]
        token = state.following() if best == _CONTINUE else best
        return token, chance if token in allowed else 0.0

    def _begin(self, state: DraftedState, context: Context) -> None:
        """The prior of a context, as counts."""
        if context in self._totals:
            return
        if context.node is None:  # a span continues three times out of four
            self._count(context, _CONTINUE, 1.5)
            self._count(context, state.grammar.close, 0.5)
        elif context.node.key is not None and isinstance(state.grammar, NoteGrammar):
            present = next(
                t
                for t, assertion in state.grammar.assertion_tokens.items()
                if assertion == "present"
            )
            self._count(context, present, 9)
            self._totals[context] += 1
        else:
            self._totals[context] += 1

    def _count(self, context: Context, outcome: int, weight: float) -> None:
        self._totals[context] += weight
        self._counts[context, outcome] += weight
        if (
            self._counts[context, outcome]
            >= self._counts[context, self._best.get(context, outcome)]
        ):
            self._best[context] = outcome


def _outcome(state: DraftedState, context: Context, token: int) -> int:
    return _CONTINUE if context.node is None and token != state.grammar.close else token
