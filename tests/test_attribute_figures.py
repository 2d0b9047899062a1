"""Attributes in a run's figures: planted pairs whose counts are known, from answers to the tables."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from elmtex import records
from elmtex.models.adapter import Adapter, AttributeSettings
from elmtex.schema import load_schema
from elmtex.types import Attribute, Extraction, InputError, Item, Record
from eval import report, run, tables
from eval.bench.attributes import ratio_of_medians
from eval.config import RunConfig, parse
from eval.metrics import Sample, aggregate, compare, score_sample
from eval.publish import essence, figures
from eval.results import read
from eval.systems import System

SCHEMA = load_schema("elmtex")
DRUG, SYMPTOM = "pharmacological_therapy", "signs_symptoms"
TEXT = "Aspirin 100 mg orally for severe pain since May. No fever."
TYPES = ("dose", "route", "severity", "when")


def span(words: str) -> tuple[str, int, int]:
    return words, TEXT.index(words), TEXT.index(words) + len(words)


def item(words: str, **attributes: str) -> Item:
    known = tuple(Attribute(type, *span(found)) for type, found in attributes.items())
    return Item(*span(words), attributes=known)


GOLD = {
    DRUG: (item("Aspirin", dose="100 mg", route="orally"),),
    SYMPTOM: (item("severe pain", severity="severe", when="since May"), item("fever")),
}
RECORD = Record("r", "planted", "en", TEXT, SCHEMA.keys, GOLD, "test", TYPES)


def bare(row: tuple[Item, ...]) -> tuple[Item, ...]:
    return tuple(replace(i, attributes=()) for i in row)


class Writer:
    """Finds aspirin with a dose that is cut short, and half of the pain with its time; the pain's
    time hangs on the fever, too. Given items get the gold's types but for the route."""

    schema, model_name = SCHEMA, "planted"

    def load(self) -> None:
        pass

    def extract(self, report: str, *, id: str) -> Extraction:
        found = dict.fromkeys(SCHEMA.keys, ()) | {
            DRUG: (item("Aspirin", dose="100"),),
            SYMPTOM: (item("pain", when="since May"), item("fever", when="since May")),
        }
        return Extraction(id, SCHEMA.name, self.model_name, "ok", (), found)

    def add_attributes(self, report: str, items) -> dict[str, tuple[Item, ...]]:
        assert all(bare(row) for row in items.values() if row)
        if "crash" in report:
            raise RuntimeError(report)
        rows = {key: bare(row) for key, row in items.items()}
        return rows | {DRUG: (item("Aspirin", dose="100 mg"),), SYMPTOM: GOLD[SYMPTOM]}


def planted(name: str, config: RunConfig) -> System:
    writes = Writer() if name == "finetuned" and config.attributes else None
    return System(name, Writer(), "0" * 64, engine="torch", attributes=writes)


def counts(figure) -> list[int]:
    return [figure["micro"][k] for k in ("tp", "fp", "fn")]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    records.write(folder / "gold.jsonl", [RECORD, replace(RECORD, id="s")])
    assert run.main(arguments(folder, "--systems", "finetuned,untrained"), opener=planted) == 0
    return folder / "out"


def arguments(folder: Path, *more: str) -> list[str]:
    where = ["--data", str(folder / "gold.jsonl"), "--format", "jsonl", "--out"]
    return [*where, str(folder / "out"), "--metrics", "entity", *more]


def test_counts_are_those_worked_out_by_hand(finished: Path):
    metrics = json.loads((finished / "metrics.json").read_text())
    both = metrics["finetuned"]["attributes"]
    assert metrics["untrained"]["attributes"] is None  # it writes none
    assert (both["n"], both["failed"]) == (2, 0)
    whole = both["end_to_end"]
    # Per report, of 4 gold attributes. Exact: the time is mentioned, once for both items, but its
    # item is not the gold's word for word; the dose is cut short.
    assert counts(whole["mention"]["exact"]) == [2, 2, 6]
    assert counts(whole["relation"]["exact"]) == [0, 6, 8]
    # Relaxed: the dose and the pain's time; the fever's is wrong.
    assert counts(whole["mention"]["relaxed"]) == [4, 0, 4]
    assert counts(whole["relation"]["relaxed"]) == [4, 2, 4]
    assert whole["relation"]["relaxed"]["micro"]["f1"] == pytest.approx(4 / 7)
    assert whole["relation"]["relaxed"]["micro"]["ci"] == pytest.approx([4 / 7, 4 / 7])
    of = whole["relation"]["relaxed"]["per_category_and_type"]
    assert [of[f"{SYMPTOM}/when"][k] for k in ("tp", "fp", "fn", "n")] == [2, 2, 0, 2]
    given = both["given"]
    for measure in ("mention", "relation"):
        assert counts(given[measure]["exact"]) == counts(given[measure]["relaxed"]) == [6, 0, 2]
    assert given["relation"]["exact"]["per_type"]["route"]["f1"] == 0.0


def test_tables_and_pages_show_them_where_there_are_some(finished: Path):
    results = read(finished)
    rows = tables.attributes(results.metrics)
    assert rows[0][2:] == ["finetuned, end to end", "finetuned, gold items given"]
    assert rows[1][:4] == ["dose", "2", "1.000 [1.000, 1.000]", "1.000 [1.000, 1.000]"]
    name = "attribute relations, relaxed F1, gold items given"
    for text in (essence(results), figures(results)):
        assert f"| {name} | 0.857 [0.857, 0.857] | - |" in text
    assert "severity" in figures(results) and "severity" not in essence(results)
    assert report.main([str(finished)]) == 0
    assert f"{SYMPTOM}/when" in (finished / "report.md").read_text()
    # An older run's figures have no attributes at all.
    old = {
        "finetuned": {k: v for k, v in results.metrics["finetuned"].items() if k != "attributes"}
    }
    assert len(tables.attributes(old)) == 1
    assert not [row for row in tables.comparison(old) if "attribute" in row[0]]


def test_a_run_resumes_unless_what_is_given_changed(finished: Path, capfd):
    folder = finished.parent

    def kept(*flags: str) -> int:
        assert run.main(arguments(folder, *flags), opener=planted) == 0
        return json.loads((finished / "record.json").read_text())["systems"]["finetuned"]["kept"]

    assert [kept(), kept("--attributes", "no"), kept("--attributes", "no")] == [2, 0, 2]
    metrics = json.loads((finished / "metrics.json").read_text())
    assert metrics["finetuned"]["attributes"] is None
    changed = replace(RECORD, items=GOLD | {SYMPTOM: GOLD[SYMPTOM][:1]})
    records.write(folder / "gold.jsonl", [changed, replace(RECORD, id="s")])
    assert kept() == 1
    crash = replace(RECORD, id="c", text=TEXT + " A crash.")
    records.write(folder / "gold.jsonl", [crash])
    assert run.main(arguments(folder), opener=planted) == 1
    figure = json.loads((finished / "metrics.json").read_text())["finetuned"]["attributes"]
    assert counts(figure["given"]["relation"]["relaxed"]) == [0, 0, 4]
    assert "A crash" not in capfd.readouterr().err + (finished / "answers.jsonl").read_text()


def test_samples_keep_their_attributes_and_older_ones_have_none():
    sample = score_sample(RECORD, Writer().extract(TEXT, id="r"), given=GOLD)
    assert Sample.from_dict(json.loads(json.dumps(sample.to_dict()))) == sample
    plain = score_sample(RECORD, Writer().extract(TEXT, id="r"))
    assert plain.attributes is None and "attributes" not in plain.to_dict()
    assert aggregate([plain])["attributes"] is None
    change = compare([sample], [sample])["figures"]
    assert change["attributes.given.relation.exact.micro.f1"]["a"] == 1.0
    name = "attributes.given.relation.exact.micro.f1"
    assert name in compare([plain], [sample])["not_compared"]


def test_the_flag_says_yes_or_no(tmp_path: Path):
    (tmp_path / "gold.jsonl").touch()
    for word, value in (("yes", True), ("no", False)):
        assert parse(arguments(tmp_path, "--attributes", word), "x", "").attributes is value
    with pytest.raises(InputError, match="yes or no"):
        parse(arguments(tmp_path, "--attributes", "some"), "x", "")


def test_what_they_cost_is_a_ratio_of_medians_over_pairs():
    ratio = ratio_of_medians([(2.0, 1.0), (3.0, 2.0), (9.0, 3.0)])
    assert (ratio["value"], ratio["n"]) == (1.5, 3)
    assert ratio["ci"][0] <= 1.5 <= ratio["ci"][1] <= 3.0
    assert ratio_of_medians([(2.0, 1.0)]) == {"value": 2.0, "ci": None, "n": 1}


def test_ending_and_threshold_are_those_of_the_best_relations(monkeypatch: pytest.MonkeyPatch):
    """With bias 0 the dose alone is written; with -1 the pain's time, too, and the fever's, which is
    wrong and less probable."""
    from training import calibrate_attributes as module

    class Model:
        def __init__(self, _: str) -> None:
            self.adapter = Adapter("a", None, "b", (), attributes=AttributeSettings())

    class Fake(Writer):
        def __init__(self, _: str, *, model: Model) -> None:
            assert model.adapter.attributes is not None
            self.bias = model.adapter.attributes.bias

        def extract(self, report: str, *, id: str) -> Extraction:
            document = super().extract(report, id=id)
            likely = {DRUG: (0.9,), SYMPTOM: (0.6, 0.2)}
            rows = {
                key: tuple(
                    replace(i, attributes=tuple(replace(a, confidence=p) for a in i.attributes))
                    for i, p in zip(row, likely[key], strict=True)
                )
                for key, row in document.categories.items()
                if row
            }
            rows[SYMPTOM] = rows[SYMPTOM] if self.bias < 0 else bare(rows[SYMPTOM])
            return replace(document, categories=document.categories | rows)

    monkeypatch.setattr(module, "LoadedModel", Model)
    monkeypatch.setattr(module, "NotesExtractor", Fake)
    rows, pairs = module.calibrate_attributes(
        Path("run"), [RECORD], {RECORD.schema: "elmtex"}, (0.0, -1.0)
    )
    assert len(rows) == 2 * len(module.ATTRIBUTE_THRESHOLDS) + 1
    # Of 4 the dose and the pain's time are right: 2·2 / (2·2 + 0 + 2).
    assert rows[-1] == {"bias": -1.0, "threshold": 0.6, "exact": 0.0, "relaxed": 0.6667}
    assert rows[-1] in rows[:-1]
    assert sorted(pairs) == [(0.2, 0), (0.6, 1), (0.9, 1)]
