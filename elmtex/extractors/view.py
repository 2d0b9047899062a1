"""What a schema makes of a model: its prompt, and what the model may write under it."""

from __future__ import annotations

from dataclasses import dataclass

from elmtex.decoding.attributes import AttributeGrammar
from elmtex.decoding.grammar import NoteGrammar
from elmtex.extractors.loaded_model import LoadedModel
from elmtex.extractors.prompt import margin_prompt
from elmtex.schema import CategorySchema


@dataclass(frozen=True)
class View:
    """A schema's view of a model.

    Args:
        grammar: of the notes.
        attributes: of what belongs to their items; None: nothing is written of it.
        prompt: token ids before the report.
    """

    grammar: NoteGrammar
    attributes: AttributeGrammar | None
    prompt: tuple[int, ...]

    @classmethod
    def of(
        cls, schema: CategorySchema, model: LoadedModel, attributes: bool, asked: CategorySchema
    ) -> View:
        """The view of a schema.

        Args:
            attributes: of the schema's items; only of a model that was trained on them.
            asked: the schema, or all of what it is a part of: what the prompt and the notes are about.

        Raises:
            SchemaError: the labels cannot be told apart as tokens.
        """
        # Needs the tokenizer alone: what is wrong with a schema need not wait for the weights.
        tokenizer, adapter = model.tokenizer, model.adapter
        described = adapter is not None and adapter.layout == "described"
        prompt = tokenizer.encode(margin_prompt(asked, described), add_special_tokens=False).ids
        grammar = NoteGrammar.of(asked, tokenizer, adapter.biases if adapter else {})
        of_items = None
        if attributes:
            assert adapter is not None and adapter.attributes is not None
            of_items = AttributeGrammar.of(schema, tokenizer, grammar, adapter.attributes.bias)
        return cls(grammar, of_items, tuple(prompt))
