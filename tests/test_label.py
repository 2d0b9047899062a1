"""Teachers: ontologies, merging, choosing, and silver records; planted answers."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from elmtex import records
from elmtex.extractors.base import Extractor
from elmtex.schema import load_schema
from elmtex.types import Extraction, InputError, Item, Record
from training import label as labelling
from training.label import label, main
from training.ontologies import OntologyExtractor
from training.pool import load_pool
from training.votes import Choice, choices, merged, score

KEYS = tuple(load_schema("elmtex").keys)
SYMPTOMS, DRUGS = "signs_symptoms", "pharmacological_therapy"


def items(text: str, *found: str, assertion: str = "present") -> tuple[Item, ...]:
    return tuple(Item(w, text.index(w), text.index(w) + len(w), assertion) for w in found)


def answer(**categories: tuple[Item, ...]) -> Extraction:
    return Extraction("", "elmtex", "t", "ok", (), categories)


TEXT = "He denied chest pain and took aspirin."


def test_labels_are_merged_by_union_and_by_vote_of_those_who_know_the_category():
    given = {
        "a": answer(**{SYMPTOMS: items(TEXT, "chest pain", assertion="absent")}),
        "b": answer(**{SYMPTOMS: items(TEXT, "pain")}),
        "c": answer(**{SYMPTOMS: items(TEXT, "pain", "aspirin")}),
        "d": answer(**{DRUGS: items(TEXT, "aspirin")}),  # knows no symptoms: has no vote
    }

    def said(teachers: str, merge: str) -> list[tuple[str, str, str]]:
        found = merged(given, Choice(tuple(teachers), merge), (SYMPTOMS,))
        return [(one.item.text, one.item.assertion, "".join(one.by)) for one in found]

    pain = ("pain", "absent", "abc")  # most say so; the first who says absent is heard
    assert said("abcd", "union") == [pain, ("aspirin", "present", "c")]
    assert said("abcd", "vote") == [pain]
    assert said("ab", "vote") == [("chest pain", "absent", "ab")]
    assert said("cd", "vote") == [("pain", "present", "c"), ("aspirin", "present", "c")]
    assert said("d", "union") == []


def test_every_subset_is_a_choice():
    assert [(c.teachers, c.merge) for c in choices("ab")] == [
        (("a",), "union"), (("b",), "union"), (("a", "b"), "union"), (("a", "b"), "vote"),
    ]  # fmt: skip
    assert len(list(choices("abc"))) == 3 + 2 * 4


def test_a_choice_is_scored_on_categories_taken_as_one():
    record = Record(
        "r", "s", "en", TEXT, (SYMPTOMS, DRUGS),
        {SYMPTOMS: items(TEXT, "chest pain"), DRUGS: items(TEXT, "aspirin")},
    )  # fmt: skip
    given = {"a": answer(**{SYMPTOMS: items(TEXT, "pain", "aspirin"), DRUGS: ()})}
    figures = score([record], [given], Choice(("a",), "union"), (SYMPTOMS, DRUGS)).figures()
    assert (figures["exact"], figures["relaxed"], figures["n"]) == (0.5, 1.0, 1)
    unlabelled = Record("r", "s", "en", TEXT, (DRUGS,), {})
    assert score([unlabelled], [given], Choice(("a",), "union"), (SYMPTOMS,)).figures()["n"] == 0


def found_by(extractor: OntologyExtractor, text: str) -> list[str]:
    (found,) = extractor.extract(text).categories.values()
    assert all(text[i.start : i.end] == i.text for i in found)
    return [i.text for i in found]


def test_an_ontology_finds_its_names_whole_words_the_longest_first(tmp_path):
    file = tmp_path / "HumanDO.tsv"
    names = ("asthma", "allergic asthma", "heart disease", "ill", "12")
    file.write_text("id\tlabel\n" + "".join(f"DOID:{n}\t{name}\n" for n, name in enumerate(names)))
    doid = OntologyExtractor("doid", file)
    text = "Allergic Asthma; heart\ndiseases 😀. Asthmatic, 12 mg. No allergic. Asthma, asthma"
    assert found_by(doid, text) == ["Allergic Asthma", "Asthma"]
    assert found_by(doid, "Heart diseases, ill") == ["Heart diseases", "ill"]
    assert doid.extract(" ").status == "empty_report"
    assert doid.schema.keys == ("diagnosis",)
    with pytest.raises(InputError, match="give its file"):
        OntologyExtractor("doid")
    with pytest.raises(InputError, match="takes no file"):
        OntologyExtractor("hpo", file)
    with pytest.raises(InputError, match="unknown ontology"):
        OntologyExtractor("mesh")


def test_licensed_terminologies_are_read_from_the_users_files(tmp_path):
    rrf = tmp_path / "RXNCONSO.RRF"
    rows = [("1", "ENG", "Aspirin", "N"), ("2", "SPA", "aspirina", "N"), ("3", "ENG", "Oldol", "O")]
    lines = []
    for id, language, name, suppressed in rows:
        fields = [""] * 18
        fields[0], fields[1], fields[14], fields[16] = id, language, name, suppressed
        lines.append("|".join(fields) + "|\n")
    rrf.write_text("".join(lines))
    assert found_by(OntologyExtractor("rxnorm", rrf), "aspirin, aspirina, oldol") == ["aspirin"]
    rf2 = tmp_path / "sct2_Description.txt"
    head = "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId"
    data = [
        ("1", "7", "Asthma (disorder)"), ("1", "7", 'Bronchial "asthma"'), ("0", "7", "Old asthma"),
        ("1", "8", "Wheezing (finding)"), ("1", "8", "Wheezy"),
    ]  # fmt: skip
    rf2.write_text(
        head + "\n" + "".join(f"1\t2\t{a}\t3\t{c}\ten\t4\t{term}\t5\n" for a, c, term in data)
    )
    text = "Asthma, bronchial asthma, old asthma, wheezing, wheezy."
    assert found_by(OntologyExtractor("snomed-disorders", rf2), text) == [
        "Asthma",
        "bronchial asthma",
    ]
    assert found_by(OntologyExtractor("snomed-findings", rf2), text) == ["wheezing", "wheezy"]
    with pytest.raises(InputError, match="not RXNCONSO"):
        OntologyExtractor("rxnorm", rf2).load()
    with pytest.raises(InputError, match="not an RF2"):
        OntologyExtractor("snomed-findings", rrf).load()


class Planted(Extractor):
    """Finds one word, as a category's item; counts the reports it was asked, and breaks on a planted one."""

    def __init__(self, word: str, key: str) -> None:
        self.word, self.key, self.asked = word, key, 0
        self._schema = load_schema("elmtex")

    @property
    def schema(self):
        return self._schema

    @property
    def model_name(self) -> str:
        return f"planted {self.word}"

    def folders(self) -> tuple[()]:
        return ()

    def settings(self) -> dict[str, str]:
        return {"strategy": "planted"}

    def load(self) -> None:
        return None

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        self.asked += 1
        if "BOOM" in report:
            raise RuntimeError(report)
        found = items(report, self.word) if self.word in report else ()
        rest = dict.fromkeys(KEYS, ())
        return Extraction(id, "elmtex", self.model_name, "ok", (), {**rest, self.key: found})

    def stream(self, report, *, id="report"):
        raise AssertionError

    def with_schema(self, schema):
        raise AssertionError


@pytest.fixture
def workshop(tmp_path) -> Path:
    gold = {SYMPTOMS: items(TEXT, "chest pain"), DRUGS: items(TEXT, "aspirin")}
    row = Record("dev", "maccrobat", "en", TEXT, KEYS, gold, "dev")
    (tmp_path / "data").mkdir()
    records.write(tmp_path / "data" / "dev.jsonl", [row])
    records.write(tmp_path / "data" / "test.jsonl", [row])
    notes = [
        "She has chest pain, took aspirin 😀.",
        "chest pain BOOM",
        TEXT,
        "She has chest pain, took aspirin 😀.",
    ]
    (tmp_path / "notes").mkdir()
    for number, text in enumerate(notes):
        (tmp_path / "notes" / f"{number}.txt").write_text(text, "utf-8")
    return tmp_path


def asked(workshop: Path, *teachers: str) -> argparse.Namespace:
    return argparse.Namespace(
        out=workshop / "out", data=workshop / "data", pool=[str(workshop / "notes")],
        teachers=list(teachers), server=None, at_once=2, limit=None, test=True,
    )  # fmt: skip


def test_the_best_teachers_label_the_pool_and_a_killed_run_goes_on(workshop, monkeypatch):
    planted = {
        "right": Planted("chest pain", SYMPTOMS),
        "near": Planted("pain", SYMPTOMS),
        "pills": Planted("aspirin", DRUGS),
    }
    monkeypatch.setattr(labelling, "open_teacher", lambda spec, server, data: planted[spec])
    scores = label(asked(workshop, *planted))
    best = scores["tasks"]["symptom"][0]
    assert best["teachers"][0] == "right" and best["exact"] == 1
    assert scores["tasks"]["medication"][0]["exact"] == 1
    assert [row["chosen"] for row in scores["test"]["symptom"]].count(True) == 1
    lines = (workshop / "out" / "silver.jsonl").read_text("utf-8").splitlines()
    (row,) = map(json.loads, lines)  # not the copies, nor what a teacher broke on
    assert row["items"][SYMPTOMS][0]["by"] == ["right"]
    assert row["items"][DRUGS][0]["by"] == ["pills"]
    assert sorted(row["labelled"]) == sorted([SYMPTOMS, DRUGS])
    (record,) = records.load(workshop / "out" / "silver.jsonl")
    assert (record.source, record.items[SYMPTOMS][0].text) == ("silver", "chest pain")
    kept = json.loads((workshop / "out" / "record.json").read_text())
    assert kept["reports"] == {"pool": 2, "dev": 1, "test": 1, "silver": 1, "failed": 1, "items": 2}
    # Again: only what failed is asked again
    before = planted["right"].asked
    assert label(asked(workshop, *planted)) == scores
    assert planted["right"].asked == before + 1
    # A torn last line is taken out
    with (workshop / "out" / "answers.jsonl").open("ab") as file:
        file.write(b'{"key": "x')
    assert label(asked(workshop, *planted)) == scores


def test_the_pool_has_no_held_out_text(workshop):
    texts = [report.text for report in load_pool([str(workshop / "notes")], workshop / "data")]
    assert texts == ["She has chest pain, took aspirin 😀.", "chest pain BOOM"]
    assert len(list(load_pool([str(workshop / "notes")], workshop / "data", 1))) == 1
    with pytest.raises(InputError, match="no path, nor one of"):
        list(load_pool(["nowhere"], workshop / "data"))
    with pytest.raises(InputError, match="give its path"):
        list(load_pool(["grascco"], workshop / "data"))
    (workshop / "grascco.json").write_text('[{"data": {"text": "Kein Fieber."}}]')
    (german,) = load_pool([f"grascco={workshop / 'grascco.json'}"], workshop / "data")
    assert (german.lang, german.text) == ("de", "Kein Fieber.")


def test_an_export_that_names_the_letters_needs_them(tmp_path):
    rows = [{"data": {"text": "/data/upload/1/555b9929-Tupolev_3.txt"}}]
    (tmp_path / "grascco.json").write_text(json.dumps(rows))
    with pytest.raises(InputError, match=r"has no Tupolev_3\.txt: GraSCCo's letters lie beside"):
        list(load_pool([f"grascco={tmp_path}"], tmp_path))
    (tmp_path / "Tupolev_3.txt").write_text("Kein Fieber.")
    (german,) = load_pool([f"grascco={tmp_path}"], tmp_path)
    assert (german.lang, german.text) == ("de", "Kein Fieber.")


def test_wrong_teachers_are_told(workshop, capsys):
    flags = [
        "--out",
        str(workshop / "out"),
        "--data",
        str(workshop / "data"),
        "--pool",
        str(workshop / "notes"),
    ]
    for teacher, said in (("magic", "unknown teacher 'magic'"), ("doid", "give its file")):
        assert main([*flags, "--teachers", teacher]) == 2
        assert said in capsys.readouterr().err
