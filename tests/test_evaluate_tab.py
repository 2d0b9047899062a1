"""The tab that evaluates: the figures of `eval` against finished reviews and against gold, computed by hand here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import SCHEMA, Modelless, Reader, extraction, item

from elmtex import records
from elmtex.review import Decision, Store
from elmtex.review.store import MEMORY
from elmtex.types import InputError, Item, Record
from elmtex.web.evaluate_tab import door
from elmtex.web.evaluate_tab.evaluate import Evaluated, of_gold, of_reviews
from elmtex.web.evaluate_tab.render import evaluate_html
from elmtex.web.locale.messages import ENGLISH, GERMAN
from eval.metrics import aggregate, score_sample

ONE = "🫀 Fever and cough, no rash. Pneumonia."
TWO = "Cough again."


def metrics() -> door.Metrics:
    found = door.metrics()
    assert found is not None
    return found


@pytest.fixture
def store() -> Store:
    """ONE is finished: fever and rash are right, cough was missed, pneumonia is in another category. TWO is open."""
    store = Store(MEMORY)
    found = extraction(
        signs_symptoms=(item(ONE, "Fever"), item(ONE, "rash", "absent")),
        comorbidities=(item(ONE, "Pneumonia"),),
    )
    one = store.add("me", "one.txt", ONE, SCHEMA, extraction=found)
    store.add("me", "two <i>", TWO, SCHEMA, extraction=extraction())
    for decision in (
        Decision("accept", ("m0", "m1")),
        Decision("edit", ("m2",), "diagnosis", item(ONE, "Pneumonia")),
        Decision("add", (), "signs_symptoms", item(ONE, "cough")),
        Decision("finish"),
    ):
        store.decide("me", one, "Dr. Ö", lambda _, d=decision: d)
    return store


def gold_file(folder: Path, *rows: Record) -> Path:
    path = folder / "gold.jsonl"
    records.write(path, rows)
    return path


def gold(id: str, text: str, **items: tuple[Item, ...]) -> Record:
    return Record(id, "mine", "en", text, tuple(SCHEMA.keys), items)


def test_finished_reviews_are_gold_for_what_the_model_said(store: Store) -> None:
    now = of_reviews(store, "me", metrics())
    of = now.figures["exact"]["per_category"]
    assert now.figures["n"] == 1 and now.reviews
    assert [of["signs_symptoms"][k] for k in ("tp", "fp", "fn", "p")] == [2, 0, 1, 1.0]
    assert of["diagnosis"]["fn"] == 1 and of["comorbidities"]["fp"] == 1
    assert now.figures["assertion"]["confusion"]["absent"]["absent"] == 1
    assert now.mixed_up == (("diagnosis", "comorbidities", 1),)
    (worst,) = now.worst
    assert worst.name == "one.txt" and worst.f1 == 2 * 2 / (2 * 2 + 3)


def test_the_figures_are_those_of_the_evaluation(store: Store, tmp_path: Path) -> None:
    entry = store.entries("me")[0]
    assert entry.extraction is not None
    rows = gold("g1", ONE, signs_symptoms=(item(ONE, "Fever"), item(ONE, "rash", "possible")))
    now = of_gold(gold_file(tmp_path, rows), store, "me", metrics())
    sample = score_sample(rows, replace(entry.extraction, id="g1"))
    theirs = aggregate([sample])
    for level in ("exact", "relaxed", "assertion"):
        assert now.figures[level] == theirs[level]


def test_gold_is_matched_by_its_text_and_what_is_not_extracted_is_named(
    store: Store, tmp_path: Path
) -> None:
    path = gold_file(tmp_path, gold("a", TWO), gold("b", "Nobody extracted this."))
    now = of_gold(path, store, "me", metrics())
    assert not path.exists()  # a copy of patients' words
    assert (now.figures["n"], now.unread, now.reviews) == (1, 1, False)
    shown = Reader(evaluate_html(now, ENGLISH)).text
    assert "1 report scored." in shown and "1 report of the file is not extracted" in shown
    assert of_gold(gold_file(tmp_path, gold("a", TWO)), store, "you", metrics()).said


def test_a_file_that_is_no_gold_is_refused_without_its_words_and_deleted(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps({"id": "1", "text": "Zyxwvut"}))
    with pytest.raises(InputError) as refused:
        of_gold(path, store, "me", metrics())
    assert "gold:1" in str(refused.value) and "Zyxwvut" not in str(refused.value)
    assert str(tmp_path) not in str(refused.value) and not path.exists()


@pytest.mark.parametrize("words", [ENGLISH, GERMAN])
def test_the_tables_say_what_the_figures_are(store: Store, words: object) -> None:
    shown = evaluate_html(of_reviews(store, "me", metrics()), words)  # type: ignore[arg-type]
    reader = Reader(shown)
    assert "66 %" in reader.text  # recall of symptoms, 2 of 3, rounded down
    assert "one.txt" in reader.text and "script" not in reader.tags


def test_without_a_finished_review_there_is_nothing_to_score(store: Store) -> None:
    assert of_reviews(store, "you", metrics()).said == "no_reviews"
    shown = Reader(evaluate_html(Evaluated(said="no_reviews"), GERMAN)).text
    assert GERMAN.evaluate.no_reviews in shown


def test_an_interval_stands_beside_each_score(store: Store, tmp_path: Path) -> None:
    path = gold_file(
        tmp_path,
        gold("a", ONE, signs_symptoms=(item(ONE, "Fever"),)),
        gold("b", TWO, signs_symptoms=(item(TWO, "Cough"),)),
    )
    now = of_gold(path, store, "me", metrics())
    low, high = now.figures["exact"]["micro"]["ci"]
    assert low < now.figures["exact"]["micro"]["f1"] < high
    assert f"({int(low * 100)}–{int(high * 100)})" in Reader(evaluate_html(now, ENGLISH)).text
    assert "<i>" not in evaluate_html(now, ENGLISH)
    assert next(report.name for report in now.worst) == "two <i>"


def test_where_the_metrics_are_missing_or_another_eval_is_installed_there_is_no_tab(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(door, "METRICS", "nowhere.metrics")
    assert door.metrics() is None
    monkeypatch.setattr(door, "METRICS", "json.decoder")
    assert door.metrics() is None


def test_the_page_has_the_tab(tmp_path: Path) -> None:
    pytest.importorskip("gradio", reason="the page needs gradio")
    from elmtex.web.server import build

    class Nothing(Modelless):
        pass

    page = build(Nothing, database=f"sqlite:///{tmp_path / 'r.sqlite'}", others={})
    tabs = {
        c["props"].get("id"): c["props"]
        for c in page.config["components"]
        if c["type"] == "tabitem"
    }
    assert tabs["evaluate"]["visible"] is True
