"""The attributes of items that are given rather than found, such as those of a gold standard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from elmtex.decoding.attributes import AttributeState
from elmtex.decoding.gold import Place, notes_of, place_of, written_in
from elmtex.decoding.layout import branch_positions, visible_prefix
from elmtex.decoding.loop import decode
from elmtex.decoding.select import attributes_of
from elmtex.decoding.tokens import chunks, tokenise
from elmtex.extractors.loaded_model import LoadedModel
from elmtex.extractors.printed_results import with_printed_results
from elmtex.extractors.rules import by_rule
from elmtex.extractors.values import with_values
from elmtex.extractors.view import View
from elmtex.schema import CategorySchema
from elmtex.types import Attribute, InputError, Item


def with_attributes(
    model: LoadedModel,
    schema: CategorySchema,
    view: View,
    report: str,
    items: Mapping[str, Sequence[Item]],
) -> dict[str, tuple[Item, ...]]:
    """The items with their attributes; see :meth:`elmtex.extractors.notes.NotesExtractor.add_attributes`."""
    settings = model.adapter.attributes if model.adapter else None
    if view.attributes is None or settings is None:
        raise InputError(
            f"{model.name} writes no attributes of schema {schema.name!r}: give an adapter that was trained on them, "
            "and a schema that has some"
        )
    known = {key: row for key, row in items.items() if key in schema.keys}
    written = _written(model, view, report, known)

    def attributes(at: Place) -> tuple[Attribute, ...]:
        if at not in written:
            return ()
        state = written[at]
        return attributes_of(
            state.tokens, state.attributes, settings.calibrated, settings.threshold
        )

    return {
        key: tuple(replace(item, attributes=attributes((key, n))) for n, item in enumerate(row))
        for key, row in items.items()
    }


def completed(
    items: Mapping[str, tuple[Item, ...]], schema: CategorySchema, report: str
) -> dict[str, tuple[Item, ...]]:
    """Items with attributes as a document has them: mended by rules, printed results cell by cell, with values beside the words."""
    ruled = by_rule(items, schema, report)
    return with_values(with_printed_results(ruled, schema, report), schema, report)


def _written(
    model: LoadedModel, view: View, report: str, items: Mapping[str, Sequence[Item]]
) -> dict[Place, AttributeState]:
    """The attributes of given items as after the items' own decoding.

    Their notes count as written, also those of categories without attributes, and the branches of
    attributes fork off them. Each part of the report is read once. An item that no note can express
    is not in the result: one that is not grounded, or the third that begins with one word.
    """
    assert view.attributes is not None
    prompt, labels = view.prompt, view.attributes.labels
    tokens = tokenise(report, model.tokenizer)
    given = notes_of(tokens, items)
    written: dict[tuple[int, int, str], AttributeState] = {}
    of_key = {key: [n for n in given.values() if n.key == key] for key in labels}
    for part in chunks(tokens) if given else ():
        offset = len(prompt) - part.start
        empty = branch_positions(view.grammar, tokens, part.sentences, offset)
        notes = written_in(empty, dict.fromkeys(given.values()))
        states = [
            AttributeState(view.attributes, note, item, of_key[item.key])
            for note, _ in notes
            for item in note.items
            if item.key in labels
        ]
        if not states:
            continue
        written |= {place_of(state.item): state for state in states}
        prefix = [*prompt, *tokens.ids[part.start : part.end]]
        seen = visible_prefix(len(prompt), tokens, part)
        session, read = model.engine.session(prompt), len(prompt)
        for _ in decode(session, prefix, notes, seen, read=read, attributes=lambda _, s=states: s):  # type: ignore[misc]
            pass
    return {at: written[place_of(note)] for at, note in given.items() if place_of(note) in written}
