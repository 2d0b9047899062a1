"""What an attribute reader is asked of each item, and what its labels say, with planted labels."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_decoding import reports
from tiny import tiny_tokenizer

from elmtex.decoding.attribute_labels import (
    FARTHEST,
    NONE,
    OTHER,
    OWN,
    REACH,
    SAME,
    AttributeLayout,
    asked,
    attributes,
    inputs,
    unpacked,
)
from elmtex.decoding.chain import BEGIN, INSIDE, Chain
from elmtex.decoding.gold import notes_of
from elmtex.decoding.notes import NoteItem
from elmtex.decoding.select import attributes_of
from elmtex.decoding.tokens import tokenise
from elmtex.types import Item

LAYOUT = AttributeLayout({"drug": ("dose", "route"), "sign": ("route",)}, 200, 20, (7,), (8, 9))
CHAIN = Chain.of(np.zeros((2, 3)), np.zeros((2, 3, 3)))
TYPES = {"drug": ("dose", "route"), "sign": ("route",)}


def item(report: str, words: str) -> Item:
    return Item(words, report.index(words), report.index(words) + len(words))


def nothing(inputs):
    """No word is of any type."""
    return np.tile(np.array([9.0, 0, 0], np.float32), (*inputs["words"].shape, 2, 1))


def planted(inputs):
    """The word before an item is its route, the two after it are its dose."""
    scores = nothing(inputs)
    for place, type, label in ((-1, 1, BEGIN), (1, 0, BEGIN), (2, 0, INSIDE)):
        n, word = np.nonzero(inputs["distances"] == FARTHEST + place)
        scores[n, word, type] = np.eye(3)[label] * 18
    return scores


def read(report: str, items: dict[str, list[Item]], scores=planted, threshold: float = 0.3):
    tokens = tokenise(report, tiny_tokenizer())
    notes = notes_of(tokens, items)
    found = attributes(tokens, notes.values(), TYPES, LAYOUT, CHAIN, scores, threshold)
    return {
        at: [(a.type, a.text) for a in attributes_of(tokens, found.get(note, ()))]
        for at, note in notes.items()
    }


def test_each_item_gets_the_words_that_its_own_labels_say():
    report = "He had oral aspirin 100 mg daily. A left fever today, and oral pain 5 mg."
    drugs = [item(report, "aspirin"), item(report, "pain")]
    found = read(report, {"drug": drugs, "sign": [item(report, "fever")], "other": [drugs[0]]})
    assert found["drug", 0] == [("dose", "100 mg"), ("route", "oral")]
    assert found["drug", 1] == [("dose", "5 mg"), ("route", "oral")]
    assert found["sign", 0] == [("route", "left")]  # whose category has no dose
    assert found["other", 0] == []  # a category that the reader does not know


def test_nothing_unlikely_is_kept():
    report = "oral aspirin 100 mg."
    rows = {"drug": [item(report, "aspirin")]}
    assert read(report, rows, nothing) == {("drug", 0): []}
    assert read(report, rows, threshold=1.5) == {("drug", 0): []}


def test_what_is_asked_of_an_item():
    report = "fever, aspirin and pain with cough. Other text."
    tokens = tokenise(report, tiny_tokenizer())
    rows = {
        "drug": [item(report, "aspirin"), item(report, "cough")],
        "sign": [item(report, "fever")],
    }
    notes = notes_of(tokens, rows)
    ((ids, questions),) = asked(tokens, notes.values(), LAYOUT)
    assert ids == (7, *tokens.ids, 8, 9)
    of = {q.item: q for q in questions}
    drug = of[notes["drug", 0]]
    said = [report[tokens.offsets[a][0] : tokens.offsets[b - 1][1]].strip() for a, b in drug.words]
    roles = dict(zip(said, drug.roles, strict=True))
    assert roles["aspirin"] == OWN and roles["and"] == NONE
    assert {roles[w] for w in said if "fever" in w} == {OTHER}
    assert {roles[w] for w in said if "cough" in w} == {SAME}
    assert [ids[place] for place in drug.places] == [tokens.ids[a] for a, _ in drug.words]
    assert drug.distances[said.index("aspirin")] == FARTHEST
    assert drug.distances[said.index("and")] == FARTHEST + 1
    given, begins = inputs(ids, questions, LAYOUT)
    assert len({given[name].shape for name in ("words", "roles", "distances", "questions")}) == 1
    lengths = np.array([len(q.words) for q in questions])
    places = unpacked(begins, lengths, given["words"].size)
    for n, question in enumerate(questions):
        own = places[n, : lengths[n]]
        assert given["words"].ravel()[own].tolist() == list(question.places)
        assert set(given["questions"].ravel()[own]) == {n + 1}
        assert given["categories"].ravel()[own].tolist() == [
            LAYOUT.keys.index(question.item.key)
        ] * len(own)
    assert np.count_nonzero(given["questions"]) == lengths.sum()


def test_what_is_only_seen_has_a_role_and_no_question():
    report = "aspirin 100 mg and aspirin 5 mg."
    tokens = tokenise(report, tiny_tokenizer())
    again = report.rindex("aspirin")
    rows = {"drug": [item(report, "aspirin"), Item("aspirin", again, again + 7)]}
    first, second = notes_of(tokens, rows).values()
    ((_, questions),) = asked(tokens, [first], LAYOUT, [second])
    assert [q.item for q in questions] == [first]
    assert questions[0].roles.count(SAME) == 1


def test_a_far_word_is_not_asked_about():
    report = "pain " * 60 + "aspirin" + " pain" * 60
    tokens = tokenise(report, tiny_tokenizer())
    notes = notes_of(tokens, {"drug": [item(report, "aspirin")]})
    ((_, (question,)),) = asked(tokens, notes.values(), LAYOUT)
    assert len(question.words) <= 2 * REACH + 1
    assert min(question.distances) >= 0 and max(question.distances) <= 2 * FARTHEST


@settings(max_examples=50, deadline=None)
@example(report="\x00\r\n", seed=0)  # a sentence without a word
@given(report=reports(), seed=st.integers(0, 99))
def test_any_labels_of_any_report_give_spans_of_its_words(report, seed):
    tokens = tokenise(report, tiny_tokenizer())
    rng = np.random.default_rng(seed)
    items = []
    for first, last in tokens.sentences:
        begin = int(rng.integers(first, last))
        items.append(NoteItem(begin, int(rng.integers(begin + 1, last + 1)), "drug", "present"))

    def noise(given):
        return rng.normal(size=(*given["words"].shape, 2, 3)) * 4

    found = attributes(tokens, items, TYPES, LAYOUT, CHAIN, noise, 0.2)
    for item, spans in found.items():
        sentence = next(s for s in tokens.sentences if s[0] <= item.first < s[1])
        for a in spans:
            assert sentence[0] <= a.first < a.last <= sentence[1]
            assert tokens.starts[a.first]
        for a in attributes_of(tokens, spans):
            assert report[a.start : a.end] == a.text and 0 <= a.confidence <= 1
