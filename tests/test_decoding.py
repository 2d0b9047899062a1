"""The decoder against oracles: a naive one that writes each note alone, one token a pass, without a
cache."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tiny import tiny_llama, tiny_tokenizer

from elmtex.decoding.drafts import Drafts
from elmtex.decoding.grammar import NoteGrammar
from elmtex.decoding.layout import (
    BranchPosition,
    TrainingSequence,
    branch_positions,
    lay_out,
    visible_prefix,
)
from elmtex.decoding.loop import Counts, decode
from elmtex.decoding.notes import NoteItem, NoteState, note_states, write_note
from elmtex.decoding.select import group
from elmtex.decoding.tokens import Chunk, ReportTokens, chunks, tokenise
from elmtex.schema import Category, CategorySchema, load_schema
from elmtex.text.reading import reading
from elmtex.types import SchemaError

torch = pytest.importorskip("torch")
from elmtex.engines.torch import TorchEngine  # noqa: E402

SEEDS = 3
PROMPT = (5, 6, 7)
OPENING = 0.0  # bias with which about half the notes of the tiny model open

WORDS = st.sampled_from(
    "fever cough pain no denied the of 12.5 mg/dl 5% 6% 3 Übelkeit Fieber café e\u0301dema naïve 😀 👩‍⚕️ x "
    "b.i.d. (left) => ] [ = ; ! ? <|im_end|> \x00 العربية 中文 pain fever cough".split(" ")
)
SPACES = st.sampled_from(
    [" ", " ", " ", "  ", "\t", "\u00a0", "\r\n", "\n", ". ", ", ", "\u2009", ".\n\n"]
)


@st.composite
def reports(draw, words: int = 14) -> str:
    n = draw(st.integers(1, words))
    text = "".join(draw(WORDS) + draw(SPACES) for _ in range(n))
    assume(reading(text).text)  # of blanks alone nothing is read
    return text


@st.composite
def schemas(draw) -> CategorySchema:
    # Labels of several tokens, and labels that begin alike or contain one another.
    pool = [
        "drug",
        "drug dose",
        "drug route",
        "dr",
        "symptom",
        "symptoms",
        "ä",
        "history of",
        "history",
    ]
    labels = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=5, unique=True))
    return CategorySchema(
        "t", "t", tuple(Category(f"c{i}", x, x, "", {}) for i, x in enumerate(labels)), {}
    )


@pytest.fixture(scope="module")
def engines() -> list[TorchEngine]:
    return [TorchEngine.of(tiny_llama(seed)) for seed in range(SEEDS)]


def notes_of(tokens: ReportTokens, grammar: NoteGrammar) -> list[tuple[NoteState, BranchPosition]]:
    return branch_positions(grammar, tokens, tokens.sentences, len(PROMPT))


def logits_of(engine: TorchEngine, sequence: TrainingSequence) -> torch.Tensor:
    """(N, V) logits of a training sequence, all its tokens given."""
    with torch.inference_mode():
        return engine._model(
            input_ids=torch.from_numpy(sequence.tokens)[None],
            position_ids=torch.from_numpy(sequence.positions)[None],
            attention_mask=torch.from_numpy(sequence.mask())[None, None],
        ).logits[0]


def seen_of(tokens: ReportTokens) -> list[int]:
    return visible_prefix(len(PROMPT), tokens, Chunk(0, tokens.sentences))


def run(
    engine: TorchEngine, tokens: ReportTokens, grammar: NoteGrammar, read: int = 0, **options
) -> list[NoteState]:
    notes, prefix = notes_of(tokens, grammar), [*PROMPT, *tokens.ids]
    session = engine.session(PROMPT[:read])
    passes = decode(session, prefix, notes, seen_of(tokens), read=read, **options)
    finished = list(itertools.chain(*passes))
    assert len(finished) == len(notes)
    assert all(state.done for state, _ in notes)
    return [state for state, _ in notes]


def naive(
    engine: TorchEngine, tokens: ReportTokens, grammar: NoteGrammar, state: NoteState
) -> list[NoteItem]:
    """One note alone: a whole forward pass for every token, no cache, no draft, with its own mask."""
    alone = NoteState(grammar, tokens, state.sentence, state.first)
    before, seen = len(PROMPT), len(PROMPT) + state.sentence[1]
    word_end = next(i for i in range(state.first, state.sentence[1]) if tokens.ends[i])
    ends = {i: b for a, b in tokens.sentences for i in range(a, b)}  # each token's sentence end
    sees = [*range(1, before + 1), *(before + ends[i] for i in range(state.sentence[1]))]
    written: list[int] = []
    while not alone.done:
        n = seen + len(written)
        rows = torch.tensor([*sees, *range(seen + 1, n + 1)])
        position = before + state.first
        with torch.inference_mode():
            logits = engine._model(
                input_ids=torch.tensor([[*PROMPT, *tokens.ids[: state.sentence[1]], *written]]),
                position_ids=torch.tensor(
                    [[*range(seen), *range(position, position + len(written))]]
                ),
                attention_mask=(torch.arange(n)[None] < rows[:, None])[None, None],
            ).logits[0]
        allowed = alone.allowed()
        scores = logits[-1 if written else before + word_end, list(allowed)].numpy()
        best = int(np.argmax(scores))
        shifted = scores - scores.max()
        alone.advance(allowed[best], float(shifted[best] - np.log(np.exp(shifted).sum())))
        written.append(allowed[best])
    return alone.items


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    report=reports(),
    schema=schemas(),
    seed=st.integers(0, SEEDS - 1),
    draft=st.sampled_from([0, 1, 8, 1000]),
    read=st.integers(0, len(PROMPT)),
)
def test_flat_drafted_parallel_decode_equals_the_naive_one(
    engines, report, schema, seed, draft, read
):
    tokens = tokenise(report, tiny_tokenizer())
    grammar = NoteGrammar.of(schema, tiny_tokenizer())
    flat = run(engines[seed], tokens, grammar, read, draft=draft)
    for state in flat:
        alone = naive(engines[seed], tokens, grammar, state)
        assert [(i.first, i.last, i.key, i.assertion) for i in state.items] == [
            (i.first, i.last, i.key, i.assertion) for i in alone
        ]
        for ours, theirs in zip(state.items, alone, strict=True):
            np.testing.assert_allclose(ours.log_probabilities, theirs.log_probabilities, atol=1e-8)
    for item in itertools.chain(*group(flat, schema_keys(schema)).values()):
        assert report[item.start : item.end] == item.text
        assert item.text == item.text.strip()
        assert 0 <= item.confidence <= 1


def schema_keys(schema: CategorySchema) -> tuple[str, ...]:
    return tuple(category.key for category in schema.categories)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(report=reports(), schema=schemas(), seed=st.integers(0, SEEDS - 1), data=st.data())
def test_a_note_does_not_depend_on_the_others_that_are_live(engines, report, schema, seed, data):
    tokens = tokenise(report, tiny_tokenizer())
    grammar = NoteGrammar.of(schema, tiny_tokenizer())
    together = run(engines[seed], tokens, grammar)
    assume(together)
    some = data.draw(st.sets(st.integers(0, len(together) - 1), min_size=1))
    notes = [note for i, note in enumerate(notes_of(tokens, grammar)) if i in some]
    prefix = [*PROMPT, *tokens.ids]
    for _ in decode(engines[seed].session(), prefix, notes, seen_of(tokens)):
        pass
    assert [spans(state) for state, _ in notes] == [spans(together[i]) for i in sorted(some)]


@pytest.mark.parametrize("at_once", [1, 3])
def test_notes_written_in_turns_are_the_same(engines, monkeypatch, at_once):
    tokens = tokenise("He had fever and cough. Denied pain of the left side.", tiny_tokenizer())
    grammar = NoteGrammar.of(load_schema("elmtex"), tiny_tokenizer(), {"open": 1e6})
    together = [spans(state) for state in run(engines[0], tokens, grammar)]
    monkeypatch.setattr("elmtex.decoding.loop.MAX_LIVE_BRANCHES", at_once)
    assert [spans(state) for state in run(engines[0], tokens, grammar)] == together != []


def spans(state: NoteState) -> list[tuple[int, int, str, str]]:
    return [(i.first, i.last, i.key, i.assertion) for i in state.items]


@settings(max_examples=200, deadline=None)
@given(report=reports(40), schema=schemas(), data=st.data())
def test_any_state_ends_and_its_items_begin_with_its_word(report, schema, data):
    tokens = tokenise(report, tiny_tokenizer())
    grammar = NoteGrammar.of(schema, tiny_tokenizer())
    # A few notes of each of many reports: more of one report find what the first ones found.
    every = list(note_states(grammar, tokens, tokens.sentences))
    some = st.sets(st.sampled_from(range(len(every))), min_size=1, max_size=3)
    for state in [every[i] for i in sorted(data.draw(some))] if every else []:
        length = state.sentence[1] - state.first
        for _ in range(2 * (length + 8) + 1):
            if state.done:
                break
            allowed = state.allowed()
            assert list(allowed) == sorted(set(allowed)) and allowed
            assert len(state.biases()) == len(allowed)
            # The end is refused as long as anything else is allowed: the worst model there is.
            others = [c for c in allowed if c != grammar.end] or list(allowed)
            state.advance(data.draw(st.sampled_from(others)))
        assert state.done and state.allowed() == ()
        lasts = [item.last for item in state.items]
        assert lasts == sorted(lasts) and len(lasts) <= 2
        for item in state.items:
            assert state.first == item.first < item.last <= state.sentence[1]
            assert tokens.starts[item.first]
            # The closing token in a report cannot be part of a span, so a span may have to stop
            # before it.
            assert tokens.ends[item.last - 1] or tokens.ids[item.last] == grammar.close


def test_biases_move_opening_and_assertions_and_nothing_else(engines, monkeypatch):
    monkeypatch.setattr("elmtex.decoding.notes.PRUNE_LOG_PROB", -math.inf)
    report = "He had a fever ; and cough! He denied pain; no drug?"
    tokens = tokenise(report, tiny_tokenizer())
    schema = load_schema("elmtex")

    def items(**biases: float) -> list[NoteItem]:
        grammar = NoteGrammar.of(schema, tiny_tokenizer(), biases)
        return [item for state in run(engines[0], tokens, grammar) for item in state.items]

    plain, denied = items(open=1e6), items(open=1e6, absent=1e6)
    assert items(open=-1e6) == []
    assert {item.first for item in plain} == {i for i, start in enumerate(tokens.starts) if start}
    assert {item.assertion for item in denied} == {"absent"}
    # The assertion is read before a word's second item is chosen: only the first must not change.
    firsts = {item.first: item for item in reversed(plain)}
    for first, item in {item.first: item for item in reversed(denied)}.items():
        assert (item.last, item.key) == (firsts[first].last, firsts[first].key)


def test_drafts_save_passes_and_cost_nothing_else(engines):
    report = "The patient had fever and cough, pain of the left side, and 12.5 mg. " * 3
    tokens = tokenise(report, tiny_tokenizer())
    grammar = NoteGrammar.of(
        CategorySchema("t", "t", (Category("a", "drug", "A", "", {}),), {}), tiny_tokenizer()
    )
    without, drafted = Counts(), Counts()
    a = run(engines[0], tokens, grammar, draft=0, counts=without)
    b = run(engines[0], tokens, grammar, draft=6, counts=drafted)
    assert [spans(w) for w in a] == [spans(w) for w in b] != []
    assert drafted.passes < without.passes
    assert drafted.prefix == without.prefix == len(PROMPT) + len(tokens.ids)


def test_drafts_learn_and_change_no_answer(engines):
    tokenizer = tiny_tokenizer()
    categories = (Category(k, k, k, "", {}) for k in ("drug", "drug dose", "history"))
    grammar = NoteGrammar.of(CategorySchema("t", "t", tuple(categories), {}), tokenizer)
    tokens = tokenise("The patient had fever and cough, pain of the left side.\n" * 3, tokenizer)
    drafts, first, second = Drafts(), Counts(), Counts()
    a = run(engines[2], tokens, grammar, drafts=drafts, counts=first)
    b = run(engines[2], tokens, grammar, drafts=drafts, counts=second)
    assert [spans(w) for w in a] == [spans(w) for w in b]
    assert any(spans(w) for w in a)
    assert second.passes < first.passes


def test_labels_that_begin_alike_are_told_apart():
    tokenizer = tiny_tokenizer()
    labels = {"a": "drug", "b": "drug dose", "c": "dr"}
    schema = CategorySchema(
        "t", "t", tuple(Category(k, v, v, "", {}) for k, v in labels.items()), {}
    )
    grammar = NoteGrammar.of(schema, tokenizer)
    tokens = tokenise("fever", tokenizer)
    for key in labels:
        (state,) = note_states(grammar, tokens, tokens.sentences)
        for token in write_note(state, [NoteItem(0, len(tokens.ids), key, "possible")]):
            assert token in state.allowed()
            state.advance(token)
        assert [(i.key, i.assertion) for i in state.items] == [(key, "possible")]


def test_the_same_label_twice_is_refused():
    categories = (Category("a", "drug", "A", "", {}), Category("b", "drug", "B", "", {}))
    with pytest.raises(SchemaError, match="'a' and 'b'"):
        NoteGrammar.of(CategorySchema("t", "t", categories, {}), tiny_tokenizer())


def test_two_items_may_begin_with_a_word():
    tokenizer = tiny_tokenizer()
    grammar = NoteGrammar.of(
        CategorySchema("t", "t", (Category("a", "drug", "A", "", {}),), {}), tokenizer
    )
    tokens = tokenise("fever cough pain", tokenizer)
    ends = [i + 1 for i, end in enumerate(tokens.ends) if end]
    nested = [NoteItem(0, end, "a", "present") for end in reversed(ends)]
    state = note_states(grammar, tokens, tokens.sentences)[0]
    for token in write_note(state, nested):
        state.advance(token)
    assert state.done
    assert [(i.first, i.last) for i in state.items] == [(0, ends[0]), (0, ends[1])]


def test_the_same_words_may_be_two_items():
    tokenizer = tiny_tokenizer()
    categories = tuple(Category(k, k, k, "", {}) for k in ("drug", "history"))
    grammar = NoteGrammar.of(CategorySchema("t", "t", categories, {}), tokenizer)
    tokens = tokenise("fever cough", tokenizer)
    end = tokens.ends.index(True) + 1
    twice = [NoteItem(0, end, key, "present") for key in ("drug", "history", "drug")]
    state = note_states(grammar, tokens, tokens.sentences)[0]
    for token in write_note(state, twice):
        state.advance(token)
    assert state.done
    assert [(i.last, i.key) for i in state.items] == [(end, "drug"), (end, "history")]


def test_of_items_that_overlap_the_likeliest_stays_if_all_are_likely_enough():
    tokenizer = tiny_tokenizer()
    grammar = NoteGrammar.of(load_schema("elmtex"), tokenizer)
    tokens = tokenise("fever and cough", tokenizer)
    n, (first, *_) = len(tokens.ids), note_states(grammar, tokens, tokens.sentences)
    later = next(i for i in range(1, n) if tokens.starts[i])

    def kept(threshold: float) -> list[tuple[str, float]]:
        chances = {(0, n, "a"): 0.25, (later, n, "a"): 0.3, (0, n, "b"): 0.4}
        first.items = [
            NoteItem(*item, "present", (math.log(chance),)) for item, chance in chances.items()
        ]
        answer = group([first], ["a", "b"], threshold=threshold)
        return [(item.text, item.confidence) for items in answer.values() for item in items]

    assert kept(0.5) == [("and cough", 0.3)]
    assert kept(0.35) == [("and cough", 0.3), ("fever and cough", 0.4)]
    assert kept(0.6) == []


def test_an_item_that_has_lost_does_not_speak_for_another():
    tokens = tokenise("fever cough pain chill", tiny_tokenizer())
    grammar = NoteGrammar.of(load_schema("elmtex"), tiny_tokenizer())
    state = note_states(grammar, tokens, tokens.sentences)[0]
    words = [i for i, starts in enumerate(tokens.starts) if starts] + [len(tokens.ids)]
    chain = [(0, 2, 0.9), (1, 4, 0.3), (3, 4, 0.1)]  # words, and how likely
    state.items = [
        NoteItem(words[a], words[b], "age", "present", (math.log(p),)) for a, b, p in chain
    ]
    assert [i.text for i in group([state], ["age"], threshold=0.35)["age"]] == ["fever cough"]


def test_a_hopeless_note_is_given_up(engines):
    tokens = tokenise("He had fever and cough. Denied pain of the left side.", tiny_tokenizer())
    grammar = NoteGrammar.of(load_schema("elmtex"), tiny_tokenizer(), {"open": 1e6})
    first = note_states(grammar, tokens, tokens.sentences)[0]
    first.advance(grammar.open, math.log(0.5))
    first.advance(first.following(), 0.0)  # the word itself is forced
    assert not first.done
    first.advance(first.following(), math.log(0.015))
    assert first.done and not first.items
    doubted = note_states(grammar, tokens, tokens.sentences)[0]
    note = iter(write_note(doubted, [NoteItem(0, 1, "age", "present")]))
    while doubted.allowed() != tuple(sorted(grammar.assertion_tokens)):
        doubted.advance(next(note))
    doubted.advance(next(iter(grammar.assertion_tokens)), math.log(0.005))
    assert doubted.done and not doubted.items
    whole = run(engines[0], tokens, grammar)
    assert all(state.done for state in whole) and any(not state.items for state in whole)


def test_training_and_inference_see_the_same(engines, monkeypatch):
    """Teacher-forced scores of the training layout equal those the loop gets, decision by decision."""
    monkeypatch.setattr("elmtex.decoding.notes.PRUNE_LOG_PROB", -math.inf)
    tokenizer = tiny_tokenizer()
    schema = CategorySchema(
        "t", "t", tuple(Category(k, k, k, "", {}) for k in ("drug", "drug dose", "history")), {}
    )
    grammar = NoteGrammar.of(schema, tokenizer, {"open": OPENING})
    tokens = tokenise(
        "He had fever and cough. Denied pain of the left side.\nNo 12.5 mg.", tokenizer
    )
    whole = Chunk(0, tokens.sentences)
    notes = run(engines[1], tokens, grammar)
    items = [item for state in notes for item in state.items]
    assert items and any(not state.items for state in notes)
    sequence = lay_out(PROMPT, tokens, grammar, dict.fromkeys(items, ()), whole)
    logits = logits_of(engines[1], sequence)
    openings = {BranchPosition.of(state, len(PROMPT)).row: state for state in notes}
    assert len(openings) == len(notes)
    for branch, state in enumerate(notes):
        forced = []
        for decision in sequence.decisions:
            if sequence.owner[decision.row] == branch or openings.get(decision.row) is state:
                row = logits[decision.row, list(decision.allowed)]
                forced.append(float(row.log_softmax(0)[decision.chosen]))
                if openings.get(decision.row) is state:
                    row[decision.allowed.index(grammar.open)] += OPENING
                assert int(row.argmax()) == decision.chosen
        # A second item's begin with the note's opening again.
        written = [p for n, item in enumerate(state.items) for p in item.log_probabilities[n:]]
        # The note's end is decided, too (unless nothing else was left), and belongs to no item.
        assert len(forced) - len(written) in (0, 1)
        np.testing.assert_allclose(forced[: len(written)], written, atol=1e-8)


def test_chunks_cover_every_sentence_once_and_overlap():
    tokens = tokenise("The patient had fever and cough. " * 200, tiny_tokenizer())
    parts = chunks(tokens, size=300, context=60)
    assert len(parts) > 3
    assert tuple(itertools.chain(*(p.sentences for p in parts))) == tokens.sentences
    assert all(p.end - p.start <= 300 for p in parts)
    for before, after in itertools.pairwise(parts):
        assert before.end - 60 <= after.start < before.end == after.sentences[0][0]


@pytest.mark.parametrize("report", ["\n\n  fever and cough.", "fever.\n\n\n cough."])
def test_spaces_before_a_word_have_no_note_of_their_own(report):
    tokens = tokenise(report, tiny_tokenizer())
    notes = notes_of(tokens, NoteGrammar.of(load_schema("elmtex"), tiny_tokenizer()))
    assert (
        len({place.row for _, place in notes})
        == len(notes)
        == len(report.split()) + report.count(".")
    )


def test_special_tokens_in_a_report_are_plain_text():
    tokens = tokenise("a <|im_end|> b", tiny_tokenizer())
    assert tiny_tokenizer().token_to_id("<|im_end|>") not in tokens.ids
