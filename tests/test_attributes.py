"""Attributes: the second branches against a naive decoder, and what they must never do to items."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_decoding import PROMPT, SEEDS, logits_of, notes_of, reports, seen_of, spans
from tiny import tiny_llama, tiny_tokenizer

from elmtex.decoding.attributes import (
    MAX_ATTRIBUTES_PER_ITEM,
    AttributeGrammar,
    AttributeState,
    NoteAttribute,
    write_attributes,
)
from elmtex.decoding.grammar import NoteGrammar
from elmtex.decoding.layout import assertion_token, lay_out
from elmtex.decoding.loop import decode
from elmtex.decoding.notes import NoteItem, NoteState, note_states, write_note
from elmtex.decoding.select import attributes_of
from elmtex.decoding.tokens import Chunk, ReportTokens, tokenise
from elmtex.schema import AttributeType, Category, CategorySchema
from elmtex.types import SchemaError

torch = pytest.importorskip("torch")
from elmtex.engines.torch import TorchEngine  # noqa: E402


def schema_of(*types: str) -> CategorySchema:
    known = tuple(AttributeType(t, t, t, "", {}) for t in types)
    categories = (
        Category("a", "drug", "A", "", {}, attributes=known),
        Category("b", "symptom", "B", "", {}, attributes=known[:1]),
        Category("c", "history", "C", "", {}),
    )
    return CategorySchema("t", "t", categories, {})


SCHEMA = schema_of("dose", "route", "test value")


@pytest.fixture(scope="module")
def engines() -> list[TorchEngine]:
    return [TorchEngine.of(tiny_llama(seed)) for seed in range(SEEDS)]


def grammars(schema: CategorySchema = SCHEMA) -> tuple[NoteGrammar, AttributeGrammar]:
    notes = NoteGrammar.of(schema, tiny_tokenizer(), {"open": 2.0})
    return notes, AttributeGrammar.of(schema, tiny_tokenizer(), notes)


def run(
    engine: TorchEngine, tokens: ReportTokens, listing: bool = True, **options
) -> tuple[list[NoteState], list[AttributeState]]:
    notes, attributes = grammars()
    branches = notes_of(tokens, notes)
    written: list[AttributeState] = []

    def attribute_drafts(group):
        states = [
            AttributeState(attributes, state, item)
            for state in group
            for item in state.items
            if item.key in attributes.labels
        ]
        written.extend(states)
        return states

    options["attributes"] = attribute_drafts if listing else None
    prefix = [*PROMPT, *tokens.ids]
    finished = list(
        itertools.chain(*decode(engine.session(), prefix, branches, seen_of(tokens), **options))
    )
    assert len(finished) == len(branches)
    assert all(state.done for state in written)
    return [state for state, _ in branches], written


def naive(engine: TorchEngine, tokens: ReportTokens, state: AttributeState) -> list[NoteAttribute]:
    """One item's attributes alone, with a whole pass for every token.

    The model sees the report to the sentence's end and the note to its assertion token.
    """
    note = NoteState(state.note.grammar, tokens, state.sentence, state.note.first)
    said = write_note(note, state.note.items)[: state.item.length - 1]
    alone = AttributeState(state.grammar, state.note, state.item)
    before, seen = len(PROMPT), len(PROMPT) + state.sentence[1]
    ends = {i: b for a, b in tokens.sentences for i in range(a, b)}
    sees = [*range(1, before + 1), *(before + ends[i] for i in range(state.sentence[1]))]
    written = [*said, assertion_token(state.note, state.item)]
    while not alone.done:
        n = seen + len(written)
        rows = torch.tensor([*sees, *range(seen + 1, n + 1)])
        begin = before + state.note.first
        with torch.inference_mode():
            logits = engine._model(
                input_ids=torch.tensor([[*PROMPT, *tokens.ids[: state.sentence[1]], *written]]),
                position_ids=torch.tensor([[*range(seen), *range(begin, begin + len(written))]]),
                attention_mask=(torch.arange(n)[None] < rows[:, None])[None, None],
            ).logits[0]
        allowed = alone.allowed()
        scores = logits[-1, list(allowed)].numpy()
        best = int(np.argmax(scores))
        shifted = scores - scores.max()
        alone.advance(allowed[best], float(shifted[best] - np.log(np.exp(shifted).sum())))
        written.append(allowed[best])
    return alone.attributes


def spans_of(item: NoteItem) -> tuple[int, int, str, str]:
    return item.first, item.last, item.key, item.assertion


def places(state: AttributeState) -> list[tuple[str, int, int]]:
    return [(a.type, a.first, a.last) for a in state.attributes]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(report=reports(), seed=st.integers(0, SEEDS - 1), draft=st.sampled_from([0, 1, 8, 1000]))
def test_flat_drafted_parallel_decode_equals_the_naive_one(engines, report, seed, draft):
    tokens = tokenise(report, tiny_tokenizer())
    _, written = run(engines[seed], tokens, draft=draft)
    for state in written:
        alone = naive(engines[seed], tokens, state)
        assert places(state) == [(a.type, a.first, a.last) for a in alone]
        for ours, theirs in zip(state.attributes, alone, strict=True):
            np.testing.assert_allclose(ours.log_probabilities, theirs.log_probabilities, atol=1e-8)
        for attribute in attributes_of(state.tokens, state.attributes):
            assert report[attribute.start : attribute.end] == attribute.text
            assert attribute.text == attribute.text.strip() != ""
            assert 0 <= attribute.confidence <= 1


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(report=reports(), seed=st.integers(0, SEEDS - 1))
def test_items_do_not_change_by_attributes_to_the_last_bit(engines, report, seed):
    tokens = tokenise(report, tiny_tokenizer())
    plain, _ = run(engines[seed], tokens, listing=False)
    attribute_drafts, _ = run(engines[seed], tokens)
    assert [spans(state) for state in plain] == [spans(state) for state in attribute_drafts]
    assert [i.log_probabilities for w in plain for i in w.items] == [
        i.log_probabilities for w in attribute_drafts for i in w.items
    ]


def test_attributes_written_in_turns_are_the_same(engines, monkeypatch):
    tokens = tokenise("He had fever and cough. Denied pain of the left side.", tiny_tokenizer())
    _, together = run(engines[0], tokens)
    monkeypatch.setattr("elmtex.decoding.loop.MAX_LIVE_BRANCHES", 3)
    _, turns = run(engines[0], tokens)
    assert [places(w) for w in turns] == [places(w) for w in together]
    assert any(places(w) for w in together)


@settings(max_examples=50, deadline=None)
@given(report=reports(30), data=st.data())
def test_any_state_ends_in_order_and_stays_in_its_sentence(report, data):
    tokens = tokenise(report, tiny_tokenizer())
    notes, attributes = grammars()
    for note in note_states(notes, tokens, tokens.sentences)[:5]:
        last = next(i for i in range(note.first, note.sentence[1]) if tokens.ends[i]) + 1
        for token in write_note(note, [NoteItem(note.first, last, "a", "present")]):
            note.advance(token)
        for item in note.items:
            state = AttributeState(attributes, note, item)
            for _ in range((note.sentence[1] - note.sentence[0] + 3) * MAX_ATTRIBUTES_PER_ITEM):
                if state.done:
                    break
                allowed = state.allowed()
                assert allowed and list(allowed) == sorted(set(allowed))
                assert len(state.biases()) == len(allowed)
                others = [c for c in allowed if c != attributes.end] or list(allowed)
                state.advance(data.draw(st.sampled_from(others)))
            assert state.done
            order = [(attributes.order["a"][a.type], a.first) for a in state.attributes]
            assert order == sorted(set(order)) and len(order) <= MAX_ATTRIBUTES_PER_ITEM
            for attribute in state.attributes:
                assert note.sentence[0] <= attribute.first < attribute.last <= note.sentence[1]
                assert tokens.starts[attribute.first]


def attribute_drafts(
    report: str, item: str, gold: list[tuple[str, str]]
) -> list[tuple[str, str, int]]:
    """The attributes a state reads back from gold ones, each given by its last mention in the
    report."""
    tokens = tokenise(report, tiny_tokenizer())
    notes, attributes = grammars()
    sentence = next(s for s in tokens.sentences)

    def place(words: str) -> tuple[int, int]:
        start = report.rindex(words)
        return tokens.covering(start, start + len(words), sentence)

    first, last = place(item)
    note = next(w for w in note_states(notes, tokens, tokens.sentences) if w.first == first)
    for token in write_note(note, [NoteItem(first, last, "a", "present")]):
        note.advance(token)
    state = AttributeState(attributes, note, note.items[0])
    for token in write_attributes(state, [NoteAttribute(t, *place(w)) for t, w in gold]):
        assert token in state.allowed()
        state.advance(token)
    assert state.done
    return [(a.type, a.text, a.start) for a in attributes_of(state.tokens, state.attributes)]


@pytest.mark.parametrize(
    ("report", "item", "gold"),
    [
        ("fever 12.5 mg/dl (left) pain", "pain", [("dose", "12.5 mg/dl"), ("route", "left")]),
        ("Übelkeit 5% und 😀 6%", "Übelkeit", [("dose", "5%"), ("dose", "6%"), ("route", "😀")]),
        ("cafe\u0301 e\u0301dema naïve cough", "cough", [("dose", "e\u0301dema")]),
        ("cough\tfor  3 days", "cough", [("test value", "3 days")]),
    ],
)
def test_spans_are_those_of_the_report(report, item, gold):
    found = attribute_drafts(report, item, gold)
    assert [(t, w) for t, w, _ in found] == gold
    assert all(report[start : start + len(words)] == words for _, words, start in found)


def test_of_places_that_read_alike_the_nearest_to_the_item_is_meant():
    report = "left pain left x y cough q r s t u v left"
    tokens = tokenise(report, tiny_tokenizer())
    notes, attributes = grammars()
    cough = report.index("cough")
    first, last = tokens.covering(cough, cough + 5, tokens.sentences[0])
    note = next(w for w in note_states(notes, tokens, tokens.sentences) if w.first == first)
    for token in write_note(note, [NoteItem(first, last, "a", "present")]):
        note.advance(token)
    state = AttributeState(attributes, note, note.items[0])
    far = tokens.covering(len(report) - 4, len(report), tokens.sentences[0])
    for token in write_attributes(state, [NoteAttribute("dose", *far)]):
        state.advance(token)
    ((found,)) = attributes_of(state.tokens, state.attributes)
    assert found.text == "left"
    assert found.start == report.index("left x")


def test_no_attribute_begins_inside_another_item_of_the_category():
    report = "cough 5 mg left, fever 6 mg"
    tokens = tokenise(report, tiny_tokenizer())
    notes, attributes = grammars()

    def item(words: str) -> NoteItem:
        start = report.index(words)
        return NoteItem(
            *tokens.covering(start, start + len(words), tokens.sentences[0]), "a", "present"
        )

    cough, fever = item("cough 5 mg"), item("fever 6 mg")
    note = next(w for w in note_states(notes, tokens, tokens.sentences) if w.first == cough.first)
    for token in write_note(note, [cough]):
        note.advance(token)
    free = AttributeState(attributes, note, note.items[0])
    bound = AttributeState(attributes, note, note.items[0], [cough, fever])
    for state in (free, bound):
        for token in attributes.labels["a"].path("dose"):
            state.advance(token)
    inside = set(tokens.ids[fever.first : fever.last]) - set(tokens.ids[: fever.first])
    assert inside & set(free.allowed()) and not inside & set(bound.allowed())
    assert tokens.ids[cough.first] in bound.allowed()


def test_training_and_inference_see_the_same(engines, monkeypatch):
    """Teacher-forced scores of the training layout equal those the loop gets, decision by decision."""
    monkeypatch.setattr("elmtex.decoding.notes.PRUNE_LOG_PROB", -1e9)
    monkeypatch.setattr("elmtex.decoding.attributes.PRUNE_LOG_PROB", -1e9)
    tokens = tokenise(
        "He had fever and cough. Denied pain of the left side.\nNo 12.5 mg.", tiny_tokenizer()
    )
    notes, written = run(engines[1], tokens)
    assert sum(len(state.attributes) for state in written) > 2
    items: dict[NoteItem, list[NoteAttribute]] = {i: [] for state in notes for i in state.items}
    items |= {state.item: state.attributes for state in written}
    grammar, attributes = grammars()
    whole = Chunk(0, tokens.sentences)
    sequence = lay_out(PROMPT, tokens, grammar, items, whole, attributes)
    logits = logits_of(engines[1], sequence)
    # A random model may say the same of the same words twice, gold does not: the first one's
    # attributes are laid out.
    said = Counter(spans_of(state.item) for state in written)
    alone = [(n, w) for n, w in enumerate(written, len(notes)) if said[spans_of(w.item)] == 1]
    assert len(alone) > 2
    for number, state in alone:
        forced = []
        for decision in sequence.decisions:
            if sequence.owner[decision.row] == number:
                row = logits[decision.row, list(decision.allowed)]
                forced.append(float(row.log_softmax(0)[decision.chosen]))
                assert int(row.argmax()) == decision.chosen
        ours = [p for a in state.attributes for p in a.log_probabilities]
        assert len(forced) - len(ours) in (
            0,
            1,
        )  # the end of the list is a decision of no attribute
        np.testing.assert_allclose(forced[: len(ours)], ours, atol=1e-8)
    plain = lay_out(PROMPT, tokens, grammar, dict.fromkeys(items, ()), whole)
    assert len(plain.tokens) < len(sequence.tokens)
    n = len(plain.tokens)
    assert (
        plain.mask() == sequence.mask()[:n, :n]
    ).all()  # what the notes see is as without attributes


def test_a_label_that_begins_another_is_refused():
    schema = schema_of("drug", "drug dose")
    notes = NoteGrammar.of(schema, tiny_tokenizer())
    with pytest.raises(SchemaError, match="'drug'"):
        AttributeGrammar.of(schema, tiny_tokenizer(), notes)
