"""The grammar of a margin note, and the walk that writes one note with no token that is not allowed.

A note lists its sentence's items in text order, ``[ fever => symptom! productive cough => symptom; ]``: the words
of a span, the closer, the category's label, the assertion sign (``;`` present, ``!`` absent, ``?`` possible), and
the end when no item is left. Inside a span only tokens that continue an occurrence in the sentence are allowed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from elmtex.decoding.tokens import ReportTokens, Tokenizer
from elmtex.schema import CategorySchema
from elmtex.types import Assertion, SchemaError

_OPEN, _CLOSE, _END = " [", " =>", " ]"
_SIGNS: dict[Assertion, str] = {"present": ";", "absent": "!", "possible": "?"}


@dataclass(eq=False)
class LabelNode:
    """A node of the labels' token tree: what may follow, and the category whose label is complete here."""

    children: dict[int, LabelNode] = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True)
class NoteGrammar:
    """Token ids of a note's signs and the tree of a schema's labels.

    Args:
        open: begins every note.
        close: ends a span.
        end: ends the note.
        signs: assertion by token id.
        labels: root of the label tree.
        biases: what is added to the logit of the end or of a sign, by token id, wherever it may be chosen.
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
            biases: by ``end``, ``present``, ``absent`` or ``possible``.

        Raises:
            SchemaError: two labels are the same tokens.
        """
        root = LabelNode()
        for category in schema.categories:
            node = root
            for token in tokenizer.encode(" " + category.label, add_special_tokens=False).ids:
                node = node.children.setdefault(token, LabelNode())
            if node.key is not None:
                raise SchemaError(
                    f"the labels of {node.key!r} and {category.key!r} are the same to this model"
                )
            node.key = category.key
        written = {"end": _END} | {str(sign): token for sign, token in _SIGNS.items()}
        return cls(
            _single(tokenizer, _OPEN),
            _single(tokenizer, _CLOSE),
            _single(tokenizer, _END),
            {_single(tokenizer, sign): assertion for assertion, sign in _SIGNS.items()},
            root,
            {_single(tokenizer, written[name]): bias for name, bias in (biases or {}).items()},
        )

    def label_tokens(self, key: str) -> list[int]:
        """The tokens of a category's label."""
        stack: list[tuple[LabelNode, list[int]]] = [(self.labels, [])]
        while stack:
            node, path = stack.pop()
            if node.key == key:
                return path
            stack.extend((child, [*path, token]) for token, child in node.children.items())
        raise SchemaError(f"unknown category {key!r}")


def _single(tokenizer: Tokenizer, sign: str) -> int:
    ids = tokenizer.encode(sign, add_special_tokens=False).ids
    if len(ids) != 1:
        raise SchemaError(
            f"this model's tokenizer cuts the sign {sign!r} into {len(ids)} tokens; it must be one"
        )
    return ids[0]


@dataclass(frozen=True, slots=True)
class NoteItem:
    """An item of a note: a half-open token range, its category and assertion, and the decisions' log probabilities."""

    first: int
    last: int
    key: str
    assertion: Assertion
    log_probabilities: tuple[float, ...] = ()


class Context(NamedTuple):
    """A place of a note.

    Args:
        node: where in the label tree; None inside a span.
        token: inside a span the report's next token, at a label the span's last one, at a sign -1.
    """

    node: LabelNode | None
    token: int


class NoteWalk:
    """Writes one sentence's note: ``choices`` says what may come next, ``take`` records what came.

    Args:
        grammar: the schema's signs and labels.
        tokens: the report.
        sentence: the sentence's token range.
    """

    def __init__(
        self, grammar: NoteGrammar, tokens: ReportTokens, sentence: tuple[int, int]
    ) -> None:
        self.grammar = grammar
        self.tokens = tokens
        self.sentence = sentence
        self.items: list[NoteItem] = []
        self.done = False
        self._previous = sentence[0]  # start of the item before
        self._shared = 0  # items that begin there already
        self._candidates: list[
            tuple[int, int]
        ] = []  # occurrences walked: (first token, next token)
        self._span: tuple[int, int] | None = None
        self._node: LabelNode | None = None
        self._decisions: list[float] = []

    def copy(self) -> NoteWalk:
        """A walk at the same place that goes its own way."""
        twin = copy.copy(self)
        twin.items, twin._decisions = list(self.items), list(self._decisions)
        return twin

    def choices(self) -> tuple[int, ...]:
        """The token ids allowed next, ascending; at least one unless the note is done."""
        if self.done:
            return ()
        if self._node is not None:
            signs = self.grammar.signs if self._node.key is not None else ()
            return tuple(sorted({*self._node.children, *signs}))
        if self._candidates:
            return self._span_choices()
        return tuple(sorted({self.tokens.ids[p] for p in self._openings()} | {self.grammar.end}))

    def biases(self) -> list[float]:
        """What the grammar adds to the logit of each of :meth:`choices`; a report's own ";" is no sign and gets 0."""
        choices = self.choices()
        if self._node is not None:
            signs = self.grammar.signs if self._node.key is not None else ()
            return [self.grammar.biases.get(t, 0.0) if t in signs else 0.0 for t in choices]
        if self._candidates:
            return [0.0] * len(choices)
        return [self.grammar.biases.get(t, 0.0) if t == self.grammar.end else 0.0 for t in choices]

    def take(self, token: int, log_probability: float = 0.0) -> None:
        """Record the next token, one of :meth:`choices`, and its log probability among them."""
        if len(self.choices()) > 1:  # a forced token is no decision
            self._decisions.append(log_probability)
        if self._node is not None:
            self._take_label(token)
        elif self._candidates:
            self._take_span(token)
        elif token == self.grammar.end:
            self.done = True
        else:
            ids = self.tokens.ids
            self._candidates = [(p, p + 1) for p in self._openings() if ids[p] == token]

    def context(self) -> Context | None:
        """What the next token is likely to depend on; None between items."""
        if self._node is not None:
            assert self._span is not None
            # A label goes with the span's last word, a sign with the label.
            last = self.tokens.ids[self._span[1] - 1] if self._node.key is None else -1
            return Context(self._node, last)
        return Context(None, self.following()) if self._candidates else None

    def following(self) -> int:
        """Inside a span, the report's token that comes next; the closer at the sentence's end."""
        following = self._candidates[0][1]
        return self.tokens.ids[following] if following < self.sentence[1] else self.grammar.close

    def _openings(self) -> list[int]:
        # The next item starts after the last one's start; one more may share it: so a note always ends.
        low = self._previous + (self._shared >= 2)
        return [
            p
            for p in range(low, self.sentence[1])
            if self.tokens.starts[p] and self.tokens.ids[p] != self.grammar.end
        ]

    def _span_choices(self) -> tuple[int, ...]:
        grammar, tokens, high = self.grammar, self.tokens, self.sentence[1]
        allowed = {tokens.ids[p] for _, p in self._candidates if p < high} - {grammar.close}
        if not allowed or any(self._may_close(*candidate) for candidate in self._candidates):
            allowed.add(grammar.close)
        return tuple(sorted(allowed))

    def _may_close(self, first: int, last: int) -> bool:
        """Whether a span may end here: with a word, and not before the end of an item that shares its start."""
        shares = self._shared > 0 and first == self._previous
        return self.tokens.ends[last - 1] and not (shares and last < self.items[-1].last)

    def _take_span(self, token: int) -> None:
        tokens, high = self.tokens, self.sentence[1]
        if token != self.grammar.close:
            self._candidates = [
                (first, p + 1)
                for first, p in self._candidates
                if p < high and tokens.ids[p] == token
            ]
            return
        whole = [c for c in self._candidates if self._may_close(*c)] or self._candidates
        self._span = whole[0]
        self._candidates = []
        self._node = self.grammar.labels

    def _take_label(self, token: int) -> None:
        assert self._node is not None and self._span is not None
        if token in self._node.children:
            self._node = self._node.children[token]
            return
        assert self._node.key is not None
        first, last = self._span
        self._shared = self._shared + 1 if first == self._previous else 1
        self._previous = first
        self.items.append(
            NoteItem(first, last, self._node.key, self.grammar.signs[token], tuple(self._decisions))
        )
        self._span = self._node = None
        self._decisions = []


def write_note(
    grammar: NoteGrammar, tokens: ReportTokens, sentence: tuple[int, int], items: list[NoteItem]
) -> list[int]:
    """The tokens of a sentence's note, without the opening sign, that lists these items as far as a note can.

    Args:
        items: gold items inside the sentence; sorted here. One that the walk cannot express (a third with the same
            start, a span that holds the closer's own token) is left out.
    """
    sign = {assertion: token for token, assertion in grammar.signs.items()}
    note: list[int] = []
    walk = NoteWalk(grammar, tokens, sentence)
    for item in sorted(items, key=lambda i: (i.first, i.last)):
        piece = [
            *tokens.ids[item.first : item.last],
            grammar.close,
            *grammar.label_tokens(item.key),
            sign[item.assertion],
        ]
        trial = NoteWalk(grammar, tokens, sentence)
        if _follows(trial, [*note, *piece]):
            note += piece
            walk = trial
    assert not walk.done
    return [*note, grammar.end]


def _follows(walk: NoteWalk, note: list[int]) -> bool:
    for token in note:
        if token not in walk.choices():
            return False
        walk.take(token)
    return True
