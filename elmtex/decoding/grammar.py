"""The tokens of a margin note: control tokens, assertion tokens, the trie of a schema's labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from elmtex.decoding.tokens import Tokenizer
from elmtex.schema import CategorySchema
from elmtex.types import Assertion, SchemaError

_OPEN, _CLOSE, _END = " [", " =>", " ]"
_ASSERTION_TOKENS: dict[Assertion, str] = {"present": ";", "absent": "!", "possible": "?"}


@dataclass(eq=False)
class LabelNode:
    """A node of the label trie: which tokens may follow, and whose label is complete here."""

    children: dict[int, LabelNode] = field(default_factory=dict)
    key: str | None = None

    def nodes(self) -> Iterator[LabelNode]:
        """This node and all below it."""
        yield self
        for child in self.children.values():
            yield from child.nodes()

    def path(self, key: str) -> list[int]:
        """The tokens of a key's label from here on. Raises SchemaError when there is none."""
        stack: list[tuple[LabelNode, list[int]]] = [(self, [])]
        while stack:
            node, path = stack.pop()
            if node.key == key:
                return path
            stack.extend((child, [*path, token]) for token, child in node.children.items())
        raise SchemaError(f"no label for {key!r}")


def labels_of(labels: Iterable[tuple[str, str]], tokenizer: Tokenizer) -> LabelNode:
    """The trie of labels, given as pairs of key and label.

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
    """Token ids of a note's control tokens and the trie of a schema's labels.

    Args:
        open: begins an item.
        close: ends a span.
        end: no item, or no further item, begins here.
        assertion_tokens: assertion by token id.
        labels: root of the label trie.
        biases: added to the logit of the opening token or of an assertion token, by token id,
            wherever that token is allowed.
    """

    open: int
    close: int
    end: int
    assertion_tokens: Mapping[int, Assertion]
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
        written = {"open": _OPEN} | {str(name): token for name, token in _ASSERTION_TOKENS.items()}
        return cls(
            _single(tokenizer, _OPEN),
            _single(tokenizer, _CLOSE),
            _single(tokenizer, _END),
            {_single(tokenizer, text): assertion for assertion, text in _ASSERTION_TOKENS.items()},
            root,
            {_single(tokenizer, written[name]): bias for name, bias in (biases or {}).items()},
        )


def _single(tokenizer: Tokenizer, text: str) -> int:
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    if len(ids) != 1:
        raise SchemaError(
            f"this model's tokenizer splits {text!r} into {len(ids)} tokens; it must be one token"
        )
    return ids[0]
