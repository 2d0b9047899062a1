"""An attribute reader that is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from elmtex.decoding.attribute_labels import AttributeLayout, Scores, attributes
from elmtex.decoding.chain import Chain
from elmtex.decoding.gold import notes_of
from elmtex.decoding.select import attributes_of
from elmtex.decoding.tokens import ReportTokens, tokenise
from elmtex.extractors.loaded_encoder import LoadedEncoder
from elmtex.models.attribute_reader import READERS, AttributeReader, load_attribute_reader
from elmtex.schema import CategorySchema, renamed
from elmtex.types import Attribute, Item


class LoadedAttributeReader(LoadedEncoder):
    """An attribute reader; see :class:`LoadedEncoder`.

    Args:
        model: as :func:`elmtex.models.attribute_reader.load_attribute_reader` takes it.
        threads, at_once: as :class:`LoadedEncoder` takes them.

    Raises:
        InputError: there is none, or it is damaged.

    Examples:
        >>> reader = LoadedAttributeReader()  # doctest: +SKIP
        >>> given = {"pharmacological_therapy": [Item("aspirin", 9, 16)]}
        >>> rows = reader.with_attributes("He takes aspirin 100 mg.", given, load_schema("clinical"))  # doctest: +SKIP
        >>> rows["pharmacological_therapy"][0].attributes[0].text  # doctest: +SKIP
        '100 mg'
    """

    def __init__(
        self, model: str | Path | None = None, *, threads: int | None = None, at_once: int = 1
    ) -> None:
        self.reader: AttributeReader = load_attribute_reader(model)
        super().__init__(self.reader.folder, READERS.files, threads, at_once)

    def knows(self, schema: CategorySchema) -> bool:
        """Whether it was trained on all that has attributes in a schema, and on all of these."""
        known = self.reader.layout.known
        pairs = [(c.key, type.key) for c in schema.categories for type in c.attributes]
        trained = all(type in known.get(key, ()) for key, type in pairs)
        return bool(pairs) and trained and renamed(schema) is None

    def with_attributes(
        self, report: str, items: Mapping[str, Sequence[Item]], schema: CategorySchema
    ) -> dict[str, tuple[Item, ...]]:
        """The same items in the same order, with what belongs to them in their sentence instead of any attributes they had.

        Args:
            report: the text that the items are spans of.
            items: by category. One that is not grounded gets none.
            schema: says which attributes a category has; see :meth:`knows`.
        """
        tokenizer, encoder = self.load()
        tokens, reader = tokenise(report, tokenizer), self.reader
        known = (reader.layout, reader.chain, encoder.run, reader.threshold, reader.calibrated)
        return with_read_attributes(tokens, items, schema, *known)


def with_read_attributes(
    tokens: ReportTokens,
    items: Mapping[str, Sequence[Item]],
    schema: CategorySchema,
    layout: AttributeLayout,
    chain: Chain,
    scores: Scores,
    threshold: float,
    calibrated: Callable[[float], float] | None = None,
) -> dict[str, tuple[Item, ...]]:
    """The items with the attributes that an encoder reads; see :meth:`LoadedAttributeReader.with_attributes` and
    :func:`elmtex.decoding.attribute_labels.attributes`."""
    report = tokens.report
    notes = notes_of(tokens, items)
    mentions = {
        key: [Item(report[m.start : m.end], m.start, m.end) for item in row for m in item.mentions]
        for key, row in items.items()
    }
    types = {c.key: [type.key for type in c.attributes] for c in schema.categories}
    found = attributes(
        tokens,
        dict.fromkeys(notes.values()),
        types,
        layout,
        chain,
        scores,
        threshold,
        notes_of(tokens, mentions).values(),
    )

    def own(key: str, n: int) -> tuple[Attribute, ...]:
        spans = found.get(notes[key, n], ()) if (key, n) in notes else ()
        return attributes_of(tokens, spans, calibrated)

    return {
        key: tuple(replace(item, attributes=own(key, n)) for n, item in enumerate(row))
        for key, row in items.items()
    }
