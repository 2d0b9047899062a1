"""The decoder state of a margin note: which tokens the grammar allows next, and the items so far.

Every word of the report has its own note, an annotation branch that lists the items beginning with
this word. Most notes are only the end token. An item reads ``[ productive cough => symptom;``: the
opening token, the report's words from here on, the closing token, the category's label and the
assertion token (``;`` present, ``!`` absent, ``?`` possible). A second item may follow: a longer
one, or the same words under another label (under the same label it adds to the first:
:mod:`elmtex.decoding.select`).
So an item's position gives its offsets, and all items of a report are decoded side by side.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from elmtex.decoding.grammar import LabelNode, NoteGrammar
from elmtex.decoding.tokens import ReportTokens
from elmtex.types import Assertion

# Two items may begin with one word: a test, and the test with its value; a history, and its
# disease.
MAX_ITEMS_PER_START = 2
PRUNE_LOG_PROB = math.log(0.01)  # a note is abandoned when its item's log probability falls below


@dataclass(frozen=True, slots=True)
class NoteItem:
    """An item of a note: a half-open token range, its category and assertion.

    ``log_probabilities`` are those of its decisions; a second item's start with the one for opening
    the note. ``length`` counts the note's tokens up to the item's assertion token. ``written`` is
    False of an item that the Llama did not write: a student proposes it.
    """

    first: int
    last: int
    key: str
    assertion: Assertion
    log_probabilities: tuple[float, ...] = ()
    length: int = 0
    written: bool = True


class Context(NamedTuple):
    """What the next token of a note depends on.

    Args:
        node: the node of the label trie; None inside a span.
        token: inside a span the report's next token; at a label the span's last token; at an
            assertion token -1.
    """

    node: LabelNode | None
    token: int


class NoteState:
    """Decoder state of one word's note: :meth:`allowed` gives the next tokens, :meth:`advance` adds
    one.

    Args:
        grammar: the schema's control tokens and labels.
        tokens: the report.
        sentence: the token range of the word's sentence; no item leaves it.
        first: the word's first token, one where ``tokens.starts`` holds.
    """

    def __init__(
        self, grammar: NoteGrammar, tokens: ReportTokens, sentence: tuple[int, int], first: int
    ) -> None:
        self.grammar = grammar
        self.tokens = tokens
        self.sentence = sentence
        self.first = first
        self.items: list[NoteItem] = []
        self.done = False
        self.length = 0  # tokens so far
        self._next: int | None = None  # inside a span: the report's token that would come next
        self._node: LabelNode | None = None
        self._decisions: list[float] = []

    def copy(self) -> NoteState:
        """An independent copy of this state."""
        twin = copy.copy(self)
        twin.items, twin._decisions = list(self.items), list(self._decisions)
        return twin

    def allowed(self) -> tuple[int, ...]:
        """The token ids allowed next, ascending; at least one unless the note is done."""
        grammar = self.grammar
        if self.done:
            return ()
        if self._node is not None:
            assertion_tokens = grammar.assertion_tokens if self._node.key is not None else ()
            return tuple(sorted({*self._node.children, *assertion_tokens}))
        if self._next is None:
            return tuple(sorted((grammar.open, grammar.end)))
        continuations = self._continuations(self._next)
        if self._may_close(self._next) or not continuations:
            continuations.add(grammar.close)
        return tuple(sorted(continuations))

    def biases(self) -> list[float]:
        """What the grammar adds to the logit of each of :meth:`allowed`.

        A ";" copied from the report is not an assertion token and gets 0.
        """
        allowed, grammar = self.allowed(), self.grammar
        biased: Iterable[int] = ()
        if self._node is not None and self._node.key is not None:
            biased = grammar.assertion_tokens
        elif self._node is None and self._next is None and not self.items:
            biased = (grammar.open,)
        return [grammar.biases.get(t, 0.0) if t in biased else 0.0 for t in allowed]

    def advance(self, token: int, log_probability: float = 0.0) -> None:
        """Add the next token, one of :meth:`allowed`, and its log probability among them.

        The note is done when it is complete, or abandoned when an item falls below
        ``PRUNE_LOG_PROB``.
        """
        if len(self.allowed()) > 1:  # a forced token is no decision
            self._decisions.append(log_probability)
        self.length += 1
        if sum(self._decisions) < PRUNE_LOG_PROB:
            self.done = True
        elif self._node is not None:
            self._advance_label(token)
        elif self._next is None:
            self.done = token == self.grammar.end
            self._next = self.first
        elif token == self.grammar.close:
            self._node = self.grammar.labels
        else:
            self._next += 1

    def context(self) -> Context | None:
        """What the next token depends on; None between items."""
        if self._node is not None:
            assert self._next is not None
            # A label depends on the span's last word, an assertion on the label.
            last = self.tokens.ids[self._next - 1] if self._node.key is None else -1
            return Context(self._node, last)
        return None if self._next is None else Context(None, self.following())

    def following(self) -> int:
        """Inside a span, the report's next token; at the sentence's end the closing token."""
        assert self._next is not None
        inside = self._next < self.sentence[1]
        return self.tokens.ids[self._next] if inside else self.grammar.close

    def _continuations(self, last: int) -> set[int]:
        """The report's token that continues a span ending before ``last``, if it may continue."""
        # The closing token inside a report would be ambiguous: a span stops before it.
        return {*self.tokens.ids[last : min(last + 1, self.sentence[1])]} - {self.grammar.close}

    def _may_close(self, last: int) -> bool:
        """Whether a span may end before this token.

        It ends with a word, and a second item does not end before the first one.
        """
        least = self.items[-1].last if self.items else self.first + 1
        return last >= least and self.tokens.ends[last - 1]

    def _advance_label(self, token: int) -> None:
        assert self._node is not None and self._next is not None
        if token in self._node.children:
            self._node = self._node.children[token]
            return
        assert self._node.key is not None
        item = NoteItem(
            self.first,
            self._next,
            self._node.key,
            self.grammar.assertion_tokens[token],
            tuple(self._decisions),
            self.length,
        )
        self.items.append(item)
        self._node, self._next, self._decisions = None, None, self._decisions[:1]
        self.done = len(self.items) == MAX_ITEMS_PER_START


def note_states(
    grammar: NoteGrammar, tokens: ReportTokens, sentences: Iterable[tuple[int, int]]
) -> list[NoteState]:
    """The empty notes of all words of these sentences, in text order."""
    return [
        NoteState(grammar, tokens, sentence, first)
        for sentence in sentences
        for first in range(*sentence)
        if tokens.starts[first] and tokens.ids[first] != grammar.close
    ]


def write_note(state: NoteState, items: Iterable[NoteItem]) -> list[int]:
    """The tokens of the gold note of a word: its items as far as a note can express them.

    Args:
        state: the word's empty note; it is not changed.
        items: gold items, any order. One that the grammar cannot express is left out: a third item
            that begins at the word, or one that leaves the sentence or holds the closing token.
    """
    note: list[int] = []
    at = state.copy()
    for item in sorted((i for i in items if i.first == state.first), key=lambda i: i.last):
        trial = at.copy()
        if accepts(trial, _item_tokens(state, item)):
            note += _item_tokens(state, item)
            at = trial
    return note if at.done else [*note, state.grammar.end]


def write_in(state: NoteState, items: Iterable[NoteItem]) -> None:
    """Write items in a word's empty note, which finishes it; :func:`write_note` says which are left out."""
    for token in write_note(state, items):
        state.advance(token)


def note_tokens(state: NoteState) -> list[int]:
    """The tokens of a finished note, up to its last item."""
    return [token for item in state.items for token in _item_tokens(state, item)]


def _item_tokens(state: NoteState, item: NoteItem) -> list[int]:
    grammar = state.grammar
    assertions = {assertion: token for token, assertion in grammar.assertion_tokens.items()}
    return [
        grammar.open,
        *state.tokens.ids[item.first : item.last],
        grammar.close,
        *grammar.labels.path(item.key),
        assertions[item.assertion],
    ]


class DecoderState(Protocol):
    """A constrained decoder: the tokens allowed next, and a step by one of them."""

    def allowed(self) -> tuple[int, ...]: ...

    def advance(self, token: int, log_probability: float = 0.0) -> None: ...


def accepts(state: DecoderState, note: Sequence[int]) -> bool:
    """Advance a state by these tokens; False as soon as one is not allowed."""
    for token in note:
        if token not in state.allowed():
            return False
        state.advance(token)
    return True
