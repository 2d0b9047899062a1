"""The grammar of a margin note, and the walk that writes one note with no token that is not allowed.

Every word of the report has a note of its own: it lists the items that begin with this word. Most are the bare end, an
item reads ``[ productive cough => symptom;``: the opening sign, the report's words from here on, the closer, the
category's label and the assertion sign (``;`` present, ``!`` absent, ``?`` possible). A second item may follow, longer
or the same words under another label (under the same one it adds to the first: :mod:`elmtex.decoding.select`).
So an item's offsets are known from where it stands, and all items of a report are written side by side.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from elmtex.decoding.tokens import ReportTokens, Tokenizer
from elmtex.schema import CategorySchema
from elmtex.types import Assertion, SchemaError

_OPEN, _CLOSE, _END = " [", " =>", " ]"
MOST = 2  # items that may begin with one word: a test, and the test with its value; a history, and the disease it names
HOPELESS = math.log(0.01)  # of the item with which a note is given up
_SIGNS: dict[Assertion, str] = {"present": ";", "absent": "!", "possible": "?"}


@dataclass(eq=False)
class LabelNode:
    """A node of the labels' token tree: what may follow, and the category whose label is complete here."""

    children: dict[int, LabelNode] = field(default_factory=dict)
    key: str | None = None

    def walk(self) -> Iterator[LabelNode]:
        """This node and all below it."""
        yield self
        for child in self.children.values():
            yield from child.walk()

    def path(self, key: str) -> list[int]:
        """The tokens that lead from here to a key's label. Raises SchemaError when there is none."""
        stack: list[tuple[LabelNode, list[int]]] = [(self, [])]
        while stack:
            node, path = stack.pop()
            if node.key == key:
                return path
            stack.extend((child, [*path, token]) for token, child in node.children.items())
        raise SchemaError(f"no label for {key!r}")


def labels_of(labels: Iterable[tuple[str, str]], tokenizer: Tokenizer) -> LabelNode:
    """The token tree of labels, given as pairs of key and label.

    Raises:
        SchemaError: two labels are the same tokens.
    """
    root = LabelNode()
    for key, label in labels:
        node = root
        for token in tokenizer.encode(" " + label, add_special_tokens=False).ids:
            node = node.children.setdefault(token, LabelNode())
        if node.key is not None:
            raise SchemaError(f"the labels of {node.key!r} and {key!r} are the same to this model")
        node.key = key
    return root


@dataclass(frozen=True)
class NoteGrammar:
    """Token ids of a note's signs and the tree of a schema's labels.

    Args:
        open: begins an item.
        close: ends a span.
        end: says that no item begins here, or none more.
        signs: assertion by token id.
        labels: root of the label tree.
        biases: what is added to the logit of a note's opening or of a sign, by token id, wherever it may be chosen.
    """

    open: int
    close: int
    end: int
    signs: Mapping[int, Assertion]
    labels: LabelNode
    biases: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        schema: CategorySchema,
        tokenizer: Tokenizer,
        biases: Mapping[str, float] | None = None,
    ) -> NoteGrammar:
        """The grammar of a schema under a tokenizer.

        Args:
            biases: by ``open``, ``present``, ``absent`` or ``possible``.

        Raises:
            SchemaError: two labels are the same tokens.
        """
        root = labels_of(((c.key, c.label) for c in schema.categories), tokenizer)
        written = {"open": _OPEN} | {str(sign): token for sign, token in _SIGNS.items()}
        return cls(
            _single(tokenizer, _OPEN),
            _single(tokenizer, _CLOSE),
            _single(tokenizer, _END),
            {_single(tokenizer, sign): assertion for assertion, sign in _SIGNS.items()},
            root,
            {_single(tokenizer, written[name]): bias for name, bias in (biases or {}).items()},
        )


def _single(tokenizer: Tokenizer, sign: str) -> int:
    ids = tokenizer.encode(sign, add_special_tokens=False).ids
    if len(ids) != 1:
        raise SchemaError(
            f"this model's tokenizer cuts the sign {sign!r} into {len(ids)} tokens; it must be one"
        )
    return ids[0]


@dataclass(frozen=True, slots=True)
class NoteItem:
    """An item of a note: a half-open token range, its category and assertion.

    ``log_probabilities`` are those of its decisions; a second item's begin with that for the note's first opening.
    ``length`` counts the note's tokens up to the item's sign.
    """

    first: int
    last: int
    key: str
    assertion: Assertion
    log_probabilities: tuple[float, ...] = ()
    length: int = 0


class Context(NamedTuple):
    """A place of a note.

    Args:
        node: where in the label tree; None inside a span.
        token: inside a span the report's next token, at a label the span's last one, at a sign -1.
    """

    node: LabelNode | None
    token: int


class NoteWalk:
    """Writes one word's note: ``choices`` says what may come next, ``take`` records what came.

    Args:
        grammar: the schema's signs and labels.
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
        self.length = 0  # tokens taken
        self._next: int | None = None  # inside a span: the report's token that would come next
        self._node: LabelNode | None = None
        self._decisions: list[float] = []

    def copy(self) -> NoteWalk:
        """A walk at the same place that goes its own way."""
        twin = copy.copy(self)
        twin.items, twin._decisions = list(self.items), list(self._decisions)
        return twin

    def choices(self) -> tuple[int, ...]:
        """The token ids allowed next, ascending; at least one unless the note is done."""
        grammar = self.grammar
        if self.done:
            return ()
        if self._node is not None:
            signs = grammar.signs if self._node.key is not None else ()
            return tuple(sorted({*self._node.children, *signs}))
        if self._next is None:
            return tuple(sorted((grammar.open, grammar.end)))
        onward = self._onward(self._next)
        if self._may_close(self._next) or not onward:
            onward.add(grammar.close)
        return tuple(sorted(onward))

    def biases(self) -> list[float]:
        """What the grammar adds to the logit of each of :meth:`choices`; a report's own ";" is no sign and gets 0."""
        choices, grammar = self.choices(), self.grammar
        biased: Iterable[int] = ()
        if self._node is not None and self._node.key is not None:
            biased = grammar.signs
        elif self._node is None and self._next is None and not self.items:
            biased = (grammar.open,)
        return [grammar.biases.get(t, 0.0) if t in biased else 0.0 for t in choices]

    def take(self, token: int, log_probability: float = 0.0) -> None:
        """Record the next token, one of :meth:`choices`, and its log probability among them.

        The note is done when it is written, or given up when an item's decisions have become hopeless.
        """
        if len(self.choices()) > 1:  # a forced token is no decision
            self._decisions.append(log_probability)
        self.length += 1
        if sum(self._decisions) < HOPELESS:
            self.done = True
        elif self._node is not None:
            self._take_label(token)
        elif self._next is None:
            self.done = token == self.grammar.end
            self._next = self.first
        elif token == self.grammar.close:
            self._node = self.grammar.labels
        else:
            self._next += 1

    def context(self) -> Context | None:
        """What the next token is likely to depend on; None between items."""
        if self._node is not None:
            assert self._next is not None
            # A label goes with the span's last word, a sign with the label.
            last = self.tokens.ids[self._next - 1] if self._node.key is None else -1
            return Context(self._node, last)
        return None if self._next is None else Context(None, self.following())

    def following(self) -> int:
        """Inside a span, the report's token that comes next; the closer at the sentence's end."""
        assert self._next is not None
        inside = self._next < self.sentence[1]
        return self.tokens.ids[self._next] if inside else self.grammar.close

    def _onward(self, last: int) -> set[int]:
        """The report's token with which a span that ends before ``last`` would go on, if it may."""
        # The closer's own token in a report would be ambiguous: a span stops before it.
        return {*self.tokens.ids[last : min(last + 1, self.sentence[1])]} - {self.grammar.close}

    def _may_close(self, last: int) -> bool:
        """Whether a span may end before this token: with a word, and a second item not before the first one."""
        least = self.items[-1].last if self.items else self.first + 1
        return last >= least and self.tokens.ends[last - 1]

    def _take_label(self, token: int) -> None:
        assert self._node is not None and self._next is not None
        if token in self._node.children:
            self._node = self._node.children[token]
            return
        assert self._node.key is not None
        item = NoteItem(
            self.first,
            self._next,
            self._node.key,
            self.grammar.signs[token],
            tuple(self._decisions),
            self.length,
        )
        self.items.append(item)
        self._node, self._next, self._decisions = None, None, self._decisions[:1]
        self.done = len(self.items) == MOST


def walks(
    grammar: NoteGrammar, tokens: ReportTokens, sentences: Iterable[tuple[int, int]]
) -> list[NoteWalk]:
    """The notes of all words of these sentences, in text order."""
    return [
        NoteWalk(grammar, tokens, sentence, first)
        for sentence in sentences
        for first in range(*sentence)
        if tokens.starts[first] and tokens.ids[first] != grammar.close
    ]


def write_note(walk: NoteWalk, items: Iterable[NoteItem]) -> list[int]:
    """The tokens of a word's note that lists the items beginning there as far as a note can.

    Args:
        walk: the word's note, with nothing in it yet; it is left as it is.
        items: gold items, any order. One that the walk cannot express (a third that begins there, one that leaves the
            sentence or holds the closer's own token) is left out.
    """
    grammar, tokens = walk.grammar, walk.tokens
    sign = {assertion: token for token, assertion in grammar.signs.items()}
    note: list[int] = []
    at = walk.copy()
    for item in sorted((i for i in items if i.first == walk.first), key=lambda i: i.last):
        piece = [
            grammar.open,
            *tokens.ids[item.first : item.last],
            grammar.close,
            *grammar.labels.path(item.key),
            sign[item.assertion],
        ]
        trial = at.copy()
        if follows(trial, piece):
            note += piece
            at = trial
    return note if at.done else [*note, grammar.end]


def written_again(walk: NoteWalk) -> list[int]:
    """The tokens of a finished note, as far as its items go."""
    grammar, tokens = walk.grammar, walk.tokens
    sign = {assertion: token for token, assertion in grammar.signs.items()}
    return [
        token
        for item in walk.items
        for token in (
            grammar.open,
            *tokens.ids[item.first : item.last],
            grammar.close,
            *grammar.labels.path(item.key),
            sign[item.assertion],
        )
    ]


class Walk(Protocol):
    """Writes tokens one by one, each of those that it allows there."""

    def choices(self) -> tuple[int, ...]: ...

    def take(self, token: int, log_probability: float = 0.0) -> None: ...


def follows(walk: Walk, note: Sequence[int]) -> bool:
    """Let a walk take these tokens; False as soon as it does not allow one."""
    for token in note:
        if token not in walk.choices():
            return False
        walk.take(token)
    return True
