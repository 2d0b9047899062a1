"""Attributes of given items: of items that the model itself found, the same as end to end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_attributes import SCHEMA, grammars, places, run
from test_decoding import PROMPT, SEEDS, notes_of, reports, seen_of
from tiny import PlantedEngine, PlantedModel, PlantedSession, tiny_llama, tiny_tokenizer

from elmtex.decoding.attributes import AttributeState
from elmtex.decoding.gold import written_in
from elmtex.decoding.loop import Counts, decode
from elmtex.decoding.tokens import tokenise
from elmtex.extractors.notes import NotesExtractor
from elmtex.models.adapter import Adapter, AttributeSettings
from elmtex.types import InputError, Item

torch = pytest.importorskip("torch")
from elmtex.engines.torch import TorchEngine  # noqa: E402

NOTES = (
    " fever => drug; dose12.5 mg => route7 => ]",  # to this tokenizer a word begins after its space
    " cough => symptom! ]",
    " pain => drug; ]",
)


@pytest.fixture(scope="module")
def engines() -> list[TorchEngine]:
    return [TorchEngine.of(tiny_llama(seed)) for seed in range(SEEDS)]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(report=reports(), seed=st.integers(0, SEEDS - 1))
def test_finished_notes_get_the_attributes_that_follow_on_their_writing(engines, report, seed):
    tokens = tokenise(report, tiny_tokenizer())
    notes, written = run(engines[seed], tokens)
    grammar, attributes = grammars()
    items = [item for state in notes for item in state.items]
    finished = written_in(notes_of(tokens, grammar), items)
    again = [
        AttributeState(attributes, state, item)
        for state, _ in finished
        for item in state.items
        if item.key in attributes.labels
    ]
    counts, prefix = Counts(), [*PROMPT, *tokens.ids]
    steps = decode(
        engines[seed].session(),
        prefix,
        finished,
        seen_of(tokens),
        counts=counts,
        attributes=lambda _: again,
    )
    assert not [note for step in steps for note in step]  # no note is written a second time
    assert counts.prefix == (len(prefix) if finished else 0)
    assert [places(state) for state in again] == [places(state) for state in written]
    for ours, theirs in zip(again, written, strict=True):
        for one, other in zip(ours.attributes, theirs.attributes, strict=True):
            np.testing.assert_allclose(one.log_probabilities, other.log_probabilities, atol=1e-8)


class WithAttributes(PlantedEngine):
    """Writes what follows an assertion where attributes are asked for, and ends the note elsewhere."""

    def session(self, prompt: tuple[int, ...] = ()) -> PlantedSession:
        self.sessions += 1
        return _Session(self, prompt)


class _Session(PlantedSession):
    def feed(self, tokens, positions, mask, asked):
        scores = super().feed(tokens, positions, mask, asked)
        return [
            row if row.any() else np.array([50.0 * (c == self.engine.end) for c in choices])
            for row, (_, choices) in zip(scores, asked, strict=True)
        ]


def extractor_of(threshold: float = 0.0, adapter: bool = True) -> NotesExtractor:
    model = PlantedModel(tiny_tokenizer(), WithAttributes(tiny_tokenizer(), NOTES))
    known = AttributeSettings(threshold=threshold) if adapter else None
    model.adapter = Adapter("tiny", None, "tiny", (), attributes=known)
    return NotesExtractor(SCHEMA, model=model)


def bare(items) -> dict[str, tuple[Item, ...]]:
    return {key: tuple(replace(i, attributes=()) for i in row) for key, row in items.items()}


def said(item: Item) -> list[tuple[str, str]]:
    return [(a.type, a.text) for a in item.attributes]


def test_of_a_schema_that_is_asked_for_only_the_part_is_listed():
    report = "On day 7 a fever of 12.5 mg, no cough."
    whole = extractor_of()
    found = whole.extract(report).categories
    part = replace(SCHEMA, categories=SCHEMA.categories[1:2])
    extractor = NotesExtractor(part, model=whole.model, asked=SCHEMA)
    assert found["a"] and found["b"]
    assert extractor.extract(report).categories == {"b": found["b"]}
    written = [item.key for note in extractor.notes(report).notes for item in note.items]
    assert sorted(written) == ["a", "b"]


@pytest.mark.parametrize("times", [1, 400])
def test_the_items_of_a_document_get_its_attributes(times):
    report = "He had pain. " * times + "On day 7 a fever of 12.5 mg, no cough."
    extractor = extractor_of()
    document = extractor.extract(report)
    assert said(document.categories["a"][-1]) == [("dose", "12.5 mg"), ("route", "7")]
    given_items = bare(document.categories)
    assert given_items != document.categories
    assert extractor.add_attributes(report, given_items) == document.categories


def test_a_given_item_is_written_where_it_stands_and_stays_as_it_was():
    report = "Fever. Day 7, 12.5 mg of fever 😀, then a fever of 12.5 mg."
    starts = [report.index("fever"), report.rindex("fever")]
    items = tuple(Item("fever", at, at + 5, "possible", 0.5) for at in starts)
    lost, other = Item("gout", None, None), Item("Fever", 0, 5)
    extractor = extractor_of()
    rows = extractor.add_attributes(report, {"a": (*items, lost), "other": (other,)})
    assert bare(rows) == {"a": (*items, lost), "other": (other,)}
    assert rows["other"] == (other,) and not rows["a"][2].attributes
    # Planted behind ";" alone: behind "?" nothing is known.
    assert [said(item) for item in rows["a"]] == [[], [], []]
    rows = extractor.add_attributes(report, {"a": [replace(i, assertion="present") for i in items]})
    assert [said(item) for item in rows["a"]] == [[("dose", "12.5 mg"), ("route", "7")]] * 2
    for item in rows["a"]:
        for a in item.attributes:
            assert report[a.start : a.end] == a.text


def test_the_report_is_read_once_and_not_at_all_for_nothing():
    report = "Fever. Left 12.5 mg of fever."
    extractor = extractor_of()
    extractor.load()
    at = report.index("fever")
    for items in ({}, {"a": ()}, {"c": (Item("fever", at, at + 5),)}):
        assert extractor.add_attributes(report, items) == {k: tuple(v) for k, v in items.items()}
    assert extractor.model.engine.sessions == 0
    extractor.add_attributes(report, {"a": [Item("fever", at, at + 5)]})
    assert extractor.model.engine.sessions == 1


def test_what_cannot_be_given_is_refused_without_quoting():
    with pytest.raises(InputError, match="does not hold its words") as refused:
        extractor_of().add_attributes("Fever. Secret.", {"a": [Item("fever", 7, 13)]})
    assert "Secret" not in str(refused.value)
    with pytest.raises(InputError, match="writes no attributes"):
        extractor_of(adapter=False).add_attributes("Fever.", {})
