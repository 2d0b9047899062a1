"""The attribute branches: a drug's dose, a value's test; each attribute is a span of its item's
sentence.

Once the notes are finished, every kept item whose category has attribute types gets a branch that
forks off its note at the assertion token. It lists the item's attributes, type by type in the
schema's order: ``dose 300 mg => route orally => ]``. A span may begin at any word of the sentence,
but for those of other items of the category. While several places in the sentence match the tokens so far, all remain candidates; when the span
closes, the candidate nearest to the item is taken. Attributes cannot change the items.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from elmtex.decoding.grammar import LabelNode, NoteGrammar, labels_of
from elmtex.decoding.notes import PRUNE_LOG_PROB, Context, NoteItem, NoteState, accepts
from elmtex.decoding.tokens import Tokenizer
from elmtex.schema import CategorySchema
from elmtex.types import SchemaError

MAX_ATTRIBUTES_PER_ITEM = 12  # MACCROBAT's items have at most 10


@dataclass(frozen=True)
class NoteAttribute:
    """An attribute of an item as a token range of the report, half-open.

    Args:
        type: key of its type.
        first, last: the token range.
        log_probabilities: of its decisions.
    """

    type: str
    first: int
    last: int
    log_probabilities: tuple[float, ...] = ()


@dataclass(frozen=True)
class AttributeGrammar:
    """The attribute types of a schema's categories as tokens.

    Args:
        close: ends a span.
        end: the item has no further attribute.
        labels: root of the label trie by category key; a category without types is not in it.
        order: rank of each type in its category, by category key.
        bias: added to the logit of the end token.
    """

    close: int
    end: int
    labels: Mapping[str, LabelNode]
    order: Mapping[str, Mapping[str, int]]
    bias: float = 0.0

    @classmethod
    def of(
        cls, schema: CategorySchema, tokenizer: Tokenizer, notes: NoteGrammar, bias: float = 0.0
    ) -> AttributeGrammar:
        """The grammar of a schema's attribute types under a tokenizer.

        Raises:
            SchemaError: one label of a category is a prefix of another, as tokens.
        """
        labels, order = {}, {}
        for category in schema.categories:
            if not category.attributes:
                continue
            root = labels_of(((t.key, t.label) for t in category.attributes), tokenizer)
            for node in root.nodes():
                if node.key is not None and node.children:
                    raise SchemaError(
                        f"the label of attribute type {node.key!r} is a prefix of another label "
                        "to this model: give it another x-label"
                    )
            labels[category.key] = root
            order[category.key] = {t.key: place for place, t in enumerate(category.attributes)}
        return cls(notes.close, notes.end, labels, order, bias)


class AttributeState:
    """Decoder state of one item's attributes, as :class:`NoteState` is of a note.

    Args:
        grammar: the types of the item's category.
        note: the finished note that the item belongs to.
        item: one of ``note.items``, of a category with attribute types.
        others: other items of its category: no attribute begins inside one, so that a drug does not get
            its neighbour's dose. Of MACCROBAT's 8,669 attributes 51 do.
    """

    def __init__(
        self,
        grammar: AttributeGrammar,
        note: NoteState,
        item: NoteItem,
        others: Iterable[NoteItem] = (),
    ) -> None:
        self.grammar = grammar
        self.note = note
        self.item = item
        self.tokens = note.tokens
        self.sentence = note.sentence
        self.attributes: list[NoteAttribute] = []
        self.done = False
        self._order = grammar.order[item.key]
        tokens = note.tokens
        taken = {i for other in others for i in range(other.first, other.last)}
        taken -= set(range(item.first, item.last))
        self._words = tuple(  # where a span may begin
            i
            for i in range(*note.sentence)
            if tokens.starts[i] and tokens.ids[i] != grammar.close and i not in taken
        )
        self._node: LabelNode | None = grammar.labels[item.key]
        self._type = ""
        self._starts: tuple[int, ...] = ()  # where the span may have begun
        self._length = 0  # tokens of the span so far
        self._decisions: list[float] = []

    def copy(self) -> AttributeState:
        """An independent copy of this state."""
        twin = copy.copy(self)
        twin.attributes, twin._decisions = list(self.attributes), list(self._decisions)
        return twin

    def allowed(self) -> tuple[int, ...]:
        """The token ids allowed next, ascending; at least one unless this is done."""
        if self.done:
            return ()
        ids = self.tokens.ids
        if self._node is not None:
            end = [self.grammar.end] if self._at_root() else []
            possible = [t for t, child in self._node.children.items() if self._open_types(child)]
            return tuple(sorted({*possible, *end}))
        if not self._length:
            return tuple(sorted({ids[start] for start in self._starts}))
        continuations = self._continuations()
        if self._closable() or not continuations:
            continuations.add(self.grammar.close)
        return tuple(sorted(continuations))

    def biases(self) -> list[float]:
        """What the grammar adds to the logit of each of :meth:`allowed`."""
        ending = self.grammar.end if self._node is not None and self._at_root() else None
        return [self.grammar.bias if token == ending else 0.0 for token in self.allowed()]

    def advance(self, token: int, log_probability: float = 0.0) -> None:
        """Add the next token, one of :meth:`allowed`, and its log probability among them."""
        if len(self.allowed()) > 1:  # a forced token is no decision
            self._decisions.append(log_probability)
        ids = self.tokens.ids
        if sum(self._decisions) < PRUNE_LOG_PROB:
            self.done = True
        elif self._node is not None:
            self._advance_label(token)
        elif self._length and token == self.grammar.close:
            self._close()
        else:
            self._starts = tuple(
                s for s in self._starts if self._inside(s) and ids[s + self._length] == token
            )
            self._length += 1

    def context(self) -> Context | None:
        """What the next token depends on; None where nothing is known."""
        if self._node is not None:
            last = self._order[self.attributes[-1].type] if self.attributes else -1
            return Context(self._node, last)
        if not self._length:
            return None
        return Context(None, self.following())

    def following(self) -> int:
        """Inside a span, the report's next token at the nearest candidate, or the closing token."""
        start = self._nearest(self._starts)
        return self.tokens.ids[start + self._length] if self._inside(start) else self.grammar.close

    def _at_root(self) -> bool:
        return self._node is self.grammar.labels[self.item.key]

    def _open_types(self, node: LabelNode) -> bool:
        """Whether a type under this node may still follow.

        Types come in the schema's order, the spans of one type in text order.
        """
        return any(
            inner.key is not None and self._begins(inner.key) != () for inner in node.nodes()
        )

    def _begins(self, type: str) -> tuple[int, ...]:
        """Where a span of this type may begin: at a word, after the last span of its type."""
        if not self.attributes:
            return self._words
        last = self.attributes[-1]
        if self._order[type] < self._order[last.type]:
            return ()
        if type != last.type:
            return self._words
        return self._words[bisect_right(self._words, last.first) :]

    def _inside(self, start: int) -> bool:
        return start + self._length < self.sentence[1]

    def _continuations(self) -> set[int]:
        # The closing token inside a report would be ambiguous: a span stops before it.
        continuations = {self.tokens.ids[s + self._length] for s in self._starts if self._inside(s)}
        return continuations - {self.grammar.close}

    def _closable(self) -> list[int]:
        """The starts from which a span that ends here ends with a word."""
        return [s for s in self._starts if self.tokens.ends[s + self._length - 1]]

    def _nearest(self, starts: Sequence[int]) -> int:
        """The start whose span is nearest to the item; the earliest of equally near ones."""

        def distance(start: int) -> int:
            return max(start - self.item.last, self.item.first - (start + self._length), 0)

        return min(starts, key=distance)

    def _advance_label(self, token: int) -> None:
        assert self._node is not None
        if self._at_root() and token == self.grammar.end:
            self.done = True
            return
        self._node = self._node.children[token]
        if self._node.key is not None:
            self._type, self._starts, self._length = (
                self._node.key,
                self._begins(self._node.key),
                0,
            )
            self._node = None

    def _close(self) -> None:
        start = self._nearest(self._closable() or self._starts)
        self.attributes.append(
            NoteAttribute(self._type, start, start + self._length, tuple(self._decisions))
        )
        self._node, self._decisions = self.grammar.labels[self.item.key], []
        self.done = len(self.attributes) == MAX_ATTRIBUTES_PER_ITEM


def write_attributes(state: AttributeState, attributes: Iterable[NoteAttribute]) -> list[int]:
    """The tokens of an item's gold attributes as far as the grammar can express them.

    Args:
        state: empty; it is not changed.
        attributes: gold attributes, any order. One that the grammar cannot express is left out: it
            leaves the sentence, begins inside a word, or is a second one of its type there.
    """
    grammar, ids = state.grammar, state.tokens.ids
    root, order = grammar.labels[state.item.key], grammar.order[state.item.key]
    written: list[int] = []
    at = state.copy()
    known = (a for a in attributes if a.type in order)
    for attribute in sorted(known, key=lambda a: (order[a.type], a.first, a.last)):
        piece = [*root.path(attribute.type), *ids[attribute.first : attribute.last], grammar.close]
        trial = at.copy()
        if accepts(trial, piece):
            written += piece
            at = trial
    return written if at.done else [*written, grammar.end]
