"""Loaders of annotated corpora: planted cases with their traps, and the real data where it is at
hand."""

from __future__ import annotations

import csv
import functools
import json
import os
import re
import sys
import threading
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha1, sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from corpora import (
    aci_bench,
    elmtex_files,
    kiwi,
    maccrobat,
    mts_dialog,
    ncbi_disease,
    negex,
    phee,
    synthetic,
    written,
)
from corpora.markup import read_markup
from corpora.shared import fetch
from elmtex import records
from elmtex.text.normalisation import sentences
from elmtex.text.reading import reading
from elmtex.types import InputError, Item, MissingDependencyError, Record

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ELMTEX_DATA", ROOT.parent / "shared" / "data"))


def data_folder(name: str) -> Path:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip("skipped: no data")
    return folder


def assert_grounded(record: Record) -> None:
    assert set(record.items) <= set(record.labelled)
    for items in record.items.values():
        last = 0
        for item in items:
            if item.start is not None and item.end is not None:
                assert record.text[item.start : item.end] == item.text
                # One of MACCROBAT's own spans ends in a hair space; the mapping keeps it.
                assert item.text == item.text.strip() != "" or record.source == "maccrobat"
                assert item.start >= last, "items of a category overlap or are out of order"
                last = item.end


def texts(record: Record, category: str) -> list[str]:
    return [
        item.text + {"present": "", "absent": "!", "possible": "?"}[item.assertion]
        for item in record.items.get(category, ())
    ]


def one(found: Iterable[Record]) -> Record:
    rows = list(found)
    assert len(rows) == 1
    assert_grounded(rows[0])
    return rows[0]


class Brat:
    """Writes a report and its annotations: spans are given by their words, so a test can be read."""

    def __init__(self, folder: Path, text: str, name: str = "1") -> None:
        self.folder, self.text, self.name = folder, text, name
        self.lines: list[str] = []
        self.numbers = Counter[str]()

    def _next(self, kind: str) -> str:
        self.numbers[kind] += 1
        return f"{kind}{self.numbers[kind]}"

    def span(self, kind: str, words: str, nth: int = 0, event: bool = False) -> str:
        start = [m.start() for m in re.finditer(re.escape(words), self.text)][nth]
        name = self._next("T")
        self.lines.append(f"{name}\t{kind} {start} {start + len(words)}\t{words}")
        if not event:
            return name
        trigger = self._next("E")
        self.lines.append(f"{trigger}\t{kind}:{name} ")
        return trigger

    def line(self, text: str) -> None:
        self.lines.append(text)

    def modify(self, modifier: str, head: str) -> None:
        self.lines.append(f"{self._next('R')}\tMODIFY Arg1:{modifier} Arg2:{head}\t")

    def has(self, entity: str, modifier: str) -> None:
        self.lines.append(f"{self._next('R')}\thasAttr Arg1:{entity} Arg2:{modifier}\t")

    def polarity(self, span: str, value: str) -> None:
        self.lines.append(f"{self._next('A')}\tPOLARITY {span} {value}")

    def save(self) -> Path:
        (self.folder / f"{self.name}.txt").write_bytes(self.text.encode())
        (self.folder / f"{self.name}.ann").write_text("\n".join(self.lines), encoding="utf-8")
        return self.folder


# MACCROBAT


def test_maccrobat_head_absorbs_modifiers_across_crlf_umlaut_and_emoji(tmp_path: Path) -> None:
    brat = Brat(tmp_path, "Müller 🤒:\r\nHe had severe pain in the left arm and no fever.")
    pain = brat.span("Sign_symptom", "pain", event=True)
    severe = brat.span("Severity", "severe", event=True)
    arm = brat.span("Biological_structure", "left arm")
    fever = brat.span("Sign_symptom", "fever", event=True)
    brat.modify(arm, pain)
    brat.modify(severe, pain)
    brat.polarity(fever, "NEG")
    record = one(maccrobat.load(brat.save()))
    assert texts(record, "signs_symptoms") == ["severe pain in the left arm", "fever!"]
    assert record.split is None


def test_maccrobat_modifier_too_far_or_behind_a_verb_is_not_absorbed(tmp_path: Path) -> None:
    brat = Brat(tmp_path, "The cough was dry. A cough with sputum. Pain,, severe.")
    for word, modifier, nth in (("cough", "dry", 0), ("cough", "sputum", 1), ("Pain", "severe", 0)):
        brat.modify(
            brat.span("Detailed_description", modifier), brat.span("Sign_symptom", word, nth)
        )
    # "cough" twice: the gold standard keeps the first mention, training every one.
    assert texts(one(maccrobat.load(brat.save())), "signs_symptoms") == ["cough", "Pain"]
    mentions = one(maccrobat.load_mentions(tmp_path))
    assert texts(mentions, "signs_symptoms") == ["cough", "cough", "Pain"]


def test_maccrobat_a_habit_that_was_denied_is_absent_in_training_alone(tmp_path: Path) -> None:
    brat = Brat(tmp_path, "He denied smoking.")
    brat.polarity(brat.span("Activity", "smoking"), "NEG")
    assert texts(one(maccrobat.load(brat.save())), "life_style") == ["smoking"]
    assert texts(one(maccrobat.load_mentions(tmp_path)), "life_style") == ["smoking!"]


def test_maccrobat_modifier_of_another_type_or_relation_is_not_absorbed(tmp_path: Path) -> None:
    brat = Brat(tmp_path, "New rash. Old scar.")
    brat.modify(brat.span("Time", "New"), brat.span("Sign_symptom", "rash"))
    old, scar = brat.span("Detailed_description", "Old"), brat.span("Sign_symptom", "scar")
    brat.line(f"R9\tBEFORE Arg1:{old} Arg2:{scar}\t")
    assert texts(one(maccrobat.load(brat.save())), "signs_symptoms") == ["rash", "scar"]


def test_maccrobat_disease_inside_history_is_a_comorbidity_and_inside_family_dropped(
    tmp_path: Path,
) -> None:
    brat = Brat(
        tmp_path, "History of gout and smoking. Mother with stroke. Now pneumonia. Heavy smoker."
    )
    brat.span("History", "History of gout and smoking", event=True)
    brat.span("Disease_disorder", "gout", event=True)
    brat.span("Family_history", "Mother with stroke")
    brat.span("Disease_disorder", "stroke")
    pneumonia = brat.span("Disease_disorder", "pneumonia", event=True)
    brat.span("History", "Heavy smoker")
    brat.polarity(pneumonia, "MAYBE_NEG")
    record = one(maccrobat.load(brat.save()))
    assert texts(record, "comorbidities") == ["gout"]
    assert texts(record, "diagnosis") == ["pneumonia?"]
    assert texts(record, "family_history") == ["Mother with stroke"]
    # The whole span matches "smok": life style, gout and all. That is rule 3 of the gold standard.
    assert texts(record, "life_style") == ["History of gout and smoking", "Heavy smoker"]
    assert texts(record, "medical_surgical_history") == []


def test_maccrobat_discontinuous_spans_are_left_out_with_their_relations(tmp_path: Path) -> None:
    brat = Brat(tmp_path, "left and right arm pain")
    brat.line("T1\tBiological_structure 0 4;15 18\tleft arm")
    brat.numbers["T"] = 1
    brat.modify("T1", brat.span("Sign_symptom", "pain"))
    assert texts(one(maccrobat.load(brat.save())), "signs_symptoms") == ["pain"]


def test_maccrobat_counts_what_it_leaves_out(tmp_path: Path) -> None:
    brat = Brat(tmp_path, "left and right arm pain, fever, then fever; severe chest pain")
    brat.line("T1\tBiological_structure 0 4;15 18\tleft arm")
    brat.numbers["T"] = 1
    for words, nth in (
        ("pain", 0),
        ("fever", 0),
        ("fever", 1),
        ("severe chest pain", 0),
        ("chest pain", 0),
    ):
        brat.span("Sign_symptom", words, nth)
    gold: maccrobat.LeftOut = Counter()
    mentions: maccrobat.LeftOut = Counter()
    record = one(maccrobat.load(brat.save(), gold))
    one(maccrobat.load_mentions(tmp_path, mentions))
    assert {why: n for (_, why), n in gold.items()} == {
        "discontinuous": 1,
        "same words": 1,
        "inside another": 1,
    }
    assert {why: n for (_, why), n in mentions.items()} == {"discontinuous": 1, "inside another": 1}
    assert {split for split, _ in gold} == {record.split}


def test_maccrobat_value_covers_its_procedure_unless_a_sentence_ends_between(
    tmp_path: Path,
) -> None:
    text = "CRP was 5%. Sodium; 6%. Biopsy: no atypia. ESR\n40. Weight 5% 6%"
    brat = Brat(tmp_path, text)
    pairs = [("CRP", "5%", 0), ("Sodium", "6%", 0), ("Biopsy", "no atypia", 0), ("ESR", "40", 0)]
    values = []
    for procedure, value, nth in pairs:
        values.append(brat.span("Lab_value", value, nth, event=True))
        brat.modify(values[-1], brat.span("Diagnostic_procedure", procedure, event=True))
    brat.polarity(values[2], "NEG")
    brat.span("Lab_value", "6%", 1)
    record = one(maccrobat.load(brat.save()))
    # The last 6% belongs to no procedure; as text it was kept before, so the gold has it once.
    assert texts(record, "laboratory_values") == ["CRP was 5%", "6%", "40"]
    assert texts(one(maccrobat.load_mentions(tmp_path)), "laboratory_values")[-1] == "6%"
    assert texts(record, "pathology") == ["Biopsy: no atypia!"]
    assert texts(record, "diagnostic_techniques_procedures") == ["CRP", "Sodium", "Biopsy", "ESR"]


def test_maccrobat_longer_of_two_at_one_start_wins(tmp_path: Path) -> None:
    brat = Brat(tmp_path, "Chest CT scan done. She was discharged.")
    brat.span("Diagnostic_procedure", "Chest CT")
    brat.span("Diagnostic_procedure", "Chest CT scan")
    brat.span("Diagnostic_procedure", "CT scan")
    brat.span("Clinical_event", "discharged")
    brat.span("Clinical_event", "done")
    record = one(maccrobat.load(brat.save()))
    assert texts(record, "diagnostic_techniques_procedures") == ["Chest CT scan"]
    assert texts(record, "patient_outcome_assessment") == ["discharged"]


def test_maccrobat_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.ann file"):
        list(maccrobat.load(tmp_path))
    (tmp_path / "1.txt").write_text("short")
    (tmp_path / "1.ann").write_text("T1\tAge 0 99\tshort secret")
    with pytest.raises(InputError, match=r"1\.ann:1: span 0:99") as raised:
        list(maccrobat.load(tmp_path))
    assert "secret" not in str(raised.value)
    for line in ("T1 Age 0 5 secret", "E1\tSign", "A1", "A1\tNEG"):
        (tmp_path / "1.ann").write_text(line)
        with pytest.raises(InputError, match=r"1\.ann:1: not a line of brat's") as raised:
            list(maccrobat.load(tmp_path))
        assert "secret" not in str(raised.value)


def test_maccrobat_split_is_by_hash_and_fixed() -> None:
    order = sorted(maccrobat.SPLIT_PMIDS, key=lambda p: int(sha1(p.encode()).hexdigest(), 16))
    assert len(set(order)) == 160
    assert [maccrobat.split_of(p) for p in order] == ["test"] * 40 + ["dev"] * 16 + ["train"] * 104
    assert maccrobat.split_of("10000000") is None


def test_maccrobat_reproduces_the_counts_of_the_mapping() -> None:
    folder = data_folder("maccrobat2020")
    rows = list(maccrobat.load(folder))
    for record in rows:
        assert_grounded(record)
    items = [(key, item) for r in rows for key, found in r.items.items() for item in found]
    assert {r.id for r in rows} == set(maccrobat.SPLIT_PMIDS)
    assert Counter(item.assertion for _, item in items) == {
        "present": 10355,
        "absent": 698,
        "possible": 169,
    }
    assert Counter(key for key, _ in items) == {
        "life_style": 112,
        "family_history": 73,
        "social_history": 49,
        "medical_surgical_history": 287,
        "signs_symptoms": 2461,
        "comorbidities": 81,
        "diagnostic_techniques_procedures": 3264,
        "diagnosis": 883,
        "laboratory_values": 2059,
        "pathology": 40,
        "pharmacological_therapy": 739,
        "interventional_therapy": 707,
        "patient_outcome_assessment": 149,
        "age": 166,
        "gender": 152,
    }
    # De-duplication may keep a later, other span: mentions are at least as many, and texts the
    # same.
    for gold, mention in zip(rows, maccrobat.load_mentions(folder), strict=True):
        assert_grounded(mention)
        for key in maccrobat.CATEGORIES:
            assert len(mention.items[key]) >= len(gold.items[key])


# PHEE


def argument(text: str, *words: str) -> dict[str, object]:
    return {"text": [[w] for w in words], "start": [[text.index(w)] for w in words]}


def phee_row(name: str, text: str, treatment: dict, subject: dict | None = None) -> dict:
    event = {"event_type": "Adverse_event", "Treatment": treatment, "Subject": subject or {}}
    return {"id": name, "context": text, "annotations": [{"events": [event]}]}


def load_phee(folder: Path, *rows: dict) -> dict[str, Record]:
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "train.json").write_text(lines, encoding="utf-8")
    found = list(phee.load(folder))
    for record in found:
        assert_grounded(record)
    return {record.id: record for record in found}


def test_phee_maps_arguments_to_both_schemas(tmp_path: Path) -> None:
    text = "An 8-month-old infant, she got lithium 300 mg daily for mania; lithium was stopped."
    treatment = {
        "Drug": argument(text, "lithium"),
        "Dosage": argument(text, "300 mg"),
        "Freq": argument(text, "daily"),
        "Disorder": argument(text, "mania"),
    }
    subject = {"Age": argument(text, "8-month-old infant"), "Gender": argument(text, "she")}
    found = load_phee(tmp_path, phee_row("1", text, treatment, subject))
    elmtex, medication = found["1-elmtex"], found["1-medication"]
    assert elmtex.labelled == ("age", "gender", "pharmacological_therapy")
    assert texts(elmtex, "age") == ["8-month-old"]
    assert texts(elmtex, "gender") == []  # a pronoun
    assert texts(elmtex, "pharmacological_therapy") == ["lithium 300 mg daily", "lithium"]
    assert texts(medication, "drug") == ["lithium", "lithium"]
    (first, second) = medication.items["drug"]
    assert second.attributes == ()
    assert [(a.type, a.text) for a in first.attributes] == [
        *(("dose", "300 mg"), ("frequency", "daily"), ("indication", "mania"))
    ]
    assert medication.attributes == ("dose", "route", "frequency", "duration", "indication")


def test_phee_does_not_label_what_it_leaves_out(tmp_path: Path) -> None:
    with_both = "Warfarin and digoxin were given."
    both = {"Drug": argument(with_both, "Warfarin", "digoxin")}
    half = "Warfarin was given after digoxin to two women."
    one_of_two = {"Drug": argument(half, "Warfarin")}
    dose = "Warfarin was given to children, aspirin 300 mg was stopped."
    found = load_phee(
        tmp_path,
        phee_row("1", with_both, both),
        phee_row("2", with_both + " Again.", both),
        phee_row("3", half, one_of_two, {"Gender": argument(half, "women")}),
        phee_row(
            "4",
            dose,
            {"Drug": argument(dose, "Warfarin")},
            {"Age": argument(dose, "children")},
        ),
    )
    # digoxin, a drug elsewhere, is not labelled here; "women" are a group; 300 mg belongs to no
    # labelled drug.
    assert found["3-elmtex"].labelled == ("age",)
    assert found["4-elmtex"].labelled == ("gender",)
    assert "3-medication" not in found and "4-medication" not in found
    assert "1-medication" in found


def test_phee_rejects_other_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no train\.json"):
        list(phee.load(tmp_path))
    (tmp_path / "dev.json").write_text('{"id": "1", "context": "secret"}')
    with pytest.raises(InputError, match=r"dev\.json:1: not a PHEE") as raised:
        list(phee.load(tmp_path))
    assert "secret" not in str(raised.value)


# Notes with sections


def write_csv(file: Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_aci_bench_gives_whole_notes_with_their_sections(tmp_path: Path) -> None:
    note = (
        "Dr. Müller 🩺\r\nCHIEF COMPLAINT\r\n\r\nCough.\r\n\r\nPAST HISTORY:\r\nCT, 1996. GOUT\r\n"
        "Vitals\nBP 120/80\nThe PLAN is rest.\nPLAN\n"
    )
    write_csv(tmp_path / "valid.csv", [{"encounter_id": "D1", "dialogue": "-", "note": note}])
    (found,) = aci_bench.load(tmp_path)
    assert (found.id, found.split, found.text) == ("valid-D1", "dev", note)
    assert [(kind, note[a:b].strip()) for kind, a, b in found.sections] == [
        ("CHIEF COMPLAINT", "Cough."),
        ("PAST HISTORY", "CT, 1996. GOUT"),  # capitals inside a line are not a heading
        ("Vitals", "BP 120/80\nThe PLAN is rest."),
        ("PLAN", ""),
    ]


def test_mts_dialog_gives_each_section_its_label(tmp_path: Path) -> None:
    row = {"ID": "7", "section_header": "ROS", "section_text": "No fever.\r\n", "dialogue": "-"}
    write_csv(tmp_path / "MTS-Dialog-TrainingSet.csv", [row])
    (found,) = mts_dialog.load(tmp_path)
    assert (found.source, found.split, found.text) == ("mts_dialog", "train", "No fever.\r\n")
    assert found.sections == (("ROS", 0, 11),)


@pytest.mark.parametrize("corpus", [aci_bench, mts_dialog])
def test_sectioned_corpora_say_what_is_wrong(tmp_path: Path, corpus: Any) -> None:
    with pytest.raises(InputError, match=r"no CSV file .* expected "):
        list(corpus.load(tmp_path))
    file = tmp_path / next(iter(corpus.FILES))
    file.write_text("dialogue\nsecret\n")
    with pytest.raises(InputError, match="lacks the column") as raised:
        list(corpus.load(tmp_path))
    assert "secret" not in str(raised.value)
    file.write_text("encounter_id,ID,section_header,note,section_text\n1,2,ROS\n")
    with pytest.raises(InputError, match="row 1 is cut short"):
        list(corpus.load(tmp_path))


@pytest.mark.parametrize(
    ("corpus", "count", "kinds"),
    [(aci_bench, 207, {"FAMILY HISTORY", "PLAN"}), (mts_dialog, 1701, {"ROS", "GENHX"})],
)
def test_the_real_sections_lie_in_their_texts(corpus: Any, count: int, kinds: set[str]) -> None:
    found = list(corpus.load(data_folder(corpus.SOURCE.name)))
    assert len(found) == len({text.id for text in found}) == count
    assert {text.split for text in found} == {"train", "dev", "test"}
    for text in found:
        last = 0
        for _, start, end in text.sections:
            assert last <= start <= end <= len(text.text)
            last = end
    assert kinds <= {kind for text in found for kind, _, _ in text.sections}


# NCBI disease


def test_ncbi_disease_reads_pubtator(tmp_path: Path) -> None:
    block = (
        "7|t|On gout.\n7|a|Gout | a pain. Gout again.\n"
        "7\t3\t7\tgout\tSpecificDisease\tD1\n7\t9\t13\tGout\tSpecificDisease\tD1\n7\t24\t28\tGout \tModifier\tD1\n"
    )
    for split, name in ncbi_disease.FILES.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("\n" + block if split == "train" else "\n", encoding="utf-8")
    with (tmp_path / ncbi_disease.FILES["dev"]).open("w") as file:
        file.write(block)  # a PMID that comes twice
    record = one(ncbi_disease.load(tmp_path))
    assert record.labelled == ("diagnosis",) and record.split == "train"
    assert texts(record, "diagnosis") == ["gout", "Gout", "Gout"]
    (tmp_path / ncbi_disease.FILES["test"]).write_text(block.replace("\t3\t7\t", "\t4\t8\t"))
    with pytest.raises(InputError, match="mention 4:8 of 7 is not there"):
        list(ncbi_disease.load(tmp_path))


# ELMTEX's files


def write_elmtex(folder: Path, report: str, **summary: str) -> Path:
    (folder / "de").mkdir(exist_ok=True)
    row = {"report": report, "summary": dict.fromkeys(maccrobat.CATEGORIES, "N/A") | summary}
    (folder / "de" / "test.json").write_text(
        json.dumps([row], ensure_ascii=False), encoding="utf-8"
    )
    return folder


def test_elmtex_strings_become_spans_where_they_occur(tmp_path: Path) -> None:
    report = "Große\r\nSchmerzen 😷 seit 3 Tagen. Schmerzen im Fuß, 5% statt 6%. Dosage."
    folder = write_elmtex(
        tmp_path,
        report,
        signs_symptoms="Schmerzen; grosse  schmerzen;  Schmerzen IM FUSS; Kopfweh",
        laboratory_values="6%; 5%; 16%",
        age="age",
        diagnosis="",
    )
    record = one(elmtex_files.load(folder))
    assert (record.lang, record.split, record.labelled) == ("de", "test", maccrobat.CATEGORIES)
    # "Schmerzen" alone is found only inside the two longer ones.
    assert texts(record, "signs_symptoms") == ["Große\r\nSchmerzen", "Schmerzen im Fuß", "Kopfweh"]
    assert [item.start for item in record.items["signs_symptoms"]][2] is None
    assert texts(record, "laboratory_values") == ["5%", "6%", "16%"]
    assert [item.grounded for item in record.items["laboratory_values"]] == [True, True, False]
    assert record.items["age"] == (Item("age", None, None),)  # not the end of "Dosage"
    assert record.items["diagnosis"] == record.items["gender"] == ()


def test_an_elmtex_number_is_never_part_of_a_longer_one(tmp_path: Path) -> None:
    folder = write_elmtex(tmp_path, "Gabe von 2.5 mg.", pharmacological_therapy="5 mg")
    assert one(elmtex_files.load(folder)).items["pharmacological_therapy"][0].start is None


def test_elmtex_files_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pass the folder"):
        list(elmtex_files.load(tmp_path))
    write_elmtex(tmp_path, "x")
    (tmp_path / "de" / "test.json").write_text('[{"report": "secret"}]')
    with pytest.raises(InputError, match="expected a list") as raised:
        list(elmtex_files.load(tmp_path))
    assert "secret" not in str(raised.value)


# Canonical JSONL


def test_half_a_surrogate_pair_is_written_and_read(tmp_path: Path) -> None:
    record = Record("r", "s", "en", "fever \ud83e end", ("age",), {})
    records.write(tmp_path / "r.jsonl", [record])
    assert one(records.load(tmp_path / "r.jsonl")) == record


def test_records_round_trip_without_a_changed_character(tmp_path: Path) -> None:
    text = "Übel\r\n\u2028keit 🤢\x85\tnein"
    items = {"signs_symptoms": (Item("keit 🤢", 7, 13, "absent"), Item("frei", None, None))}
    record = Record("a", "reviewed", "de", text, ("signs_symptoms", "age"), items, "dev")
    assert text[7:13] == "keit 🤢"
    assert records.write(tmp_path / "x" / "a.jsonl", [record, record]) == 2
    assert list(records.load(tmp_path / "x" / "a.jsonl")) == [record, record]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": None}, "must be strings"),
        ({"labelled": []}, "which labelled does not name"),
        ({"items": {"age": [{"start": 0, "end": 99}]}}, "outside its text"),
        ({"items": {"age": [{"start": True, "end": 3}]}}, "unusable"),
        ({"labelled": [["age"]]}, "name categories"),
        ({"lang": 7}, "lang, split and schema"),
        ({"items": {"age": [{"start": 0, "end": 3, "assertion": "negated"}]}}, "unusable"),
    ],
)
def test_records_refuse_a_bad_row_and_do_not_quote_it(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    row = {
        "id": "1",
        "source": "s",
        "text": "secret",
        "labelled": ["age"],
        "items": {"age": [{"start": 0, "end": 3}]},
    }
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(row) + "\n\n" + json.dumps(row | change) + "\n")
    with pytest.raises(InputError, match=message) as raised:
        list(records.load(file))
    assert "a.jsonl:3" in str(raised.value) and "secret" not in str(raised.value)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("old")

    def broken() -> Iterable[Record]:
        yield Record("1", "s", "en", "x", (), {})
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        records.write(file, broken())
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]


# Kiwi


def test_kiwi_gives_the_note_without_what_surrounds_it(tmp_path: Path) -> None:
    header = "Sample Type: X\nDescription : fever\n( Medical Transcription Sample Report )\n"
    brat = Brat(tmp_path, f"{header}Müller 🤒: no fever, no chills.\nKeywords : fever, ")
    in_header = brat.span("problem", "fever")
    fever, chills = brat.span("problem", "fever", 1), brat.span("problem", "chills")
    brat.has(in_header, brat.span("negation", "no"))
    for entity in (fever, chills):
        brat.has(entity, "T4")
    brat.span("problem", "fever", 2)
    record = one(kiwi.load(brat.save()))
    assert record.text == "Müller 🤒: no fever, no chills"
    assert texts(record, "problem") == ["fever!", "chills!"]
    assert record.labelled == kiwi.ENTITIES and set(record.items) == set(kiwi.ENTITIES)
    cues = [item.attributes for item in record.items["problem"]]
    assert [[(a.type, a.text, a.start) for a in found] for found in cues] == [
        [("negation", "no", 10)],
        [("negation", "no", 10)],
    ]


def test_kiwi_reads_assertions_and_modifiers(tmp_path: Path) -> None:
    brat = Brat(tmp_path, "Possible mild stroke today. If pain, aspirin 81 mg daily. Father: gout.")
    stroke, pain, gout = (brat.span("problem", words) for words in ("mild stroke", "pain", "gout"))
    aspirin = brat.span("drug", "aspirin")
    brat.has(stroke, brat.span("temporal", "today"))
    brat.has(stroke, brat.span("severity", "mild"))
    brat.has(stroke, brat.span("uncertain", "Possible"))
    brat.has(pain, brat.span("condition", "If"))
    brat.has(gout, brat.span("subject", "Father"))
    brat.has(aspirin, brat.span("frequency", "daily"))
    brat.has(aspirin, brat.span("strength", "81 mg"))
    brat.span("temporal", "mg")  # belongs to nothing
    record = one(kiwi.load(brat.save()))
    assert texts(record, "problem") == ["mild stroke?", "pain", "gout"]
    found = {i.text: [(a.type, a.text) for a in i.attributes] for i in record.items["problem"]}
    assert found["mild stroke"] == [
        ("uncertain", "Possible"),
        ("severity", "mild"),
        ("temporal", "today"),
    ]
    (drug,) = record.items["drug"]
    assert [a.type for a in drug.attributes] == ["strength", "frequency"]
    assert record.attributes == kiwi.MODIFIERS and len(kiwi.MODIFIERS) == 16


def test_kiwi_is_measured_on_and_never_trained_on(tmp_path: Path) -> None:
    from training.prepare import CORPORA

    assert "never train" in kiwi.SOURCE.licence
    assert not {"kiwi", "negex"} & {source.name for source, _ in CORPORA.values()}
    with pytest.raises(InputError, match=r"no .ann file"):
        list(kiwi.load(tmp_path))


def test_kiwi_on_the_real_notes() -> None:
    found = list(kiwi.load(data_folder("kiwi_mtsamples_dev")))
    assert len(found) == 96
    for record in found:
        assert_grounded(record)
        assert "Keywords" not in record.text and "Transcription Sample" not in record.text
        for item in (item for items in record.items.values() for item in items):
            assert all(record.text[a.start : a.end] == a.text for a in item.attributes)
    counts = Counter(key for record in found for key, items in record.items.items() for _ in items)
    assert counts == {"problem": 3214, "test": 1400, "drug": 707, "treatment": 467}


# NegEx

NEGEX = "\t".join(negex.COLUMNS) + "\n"


def test_negex_reads_its_table(tmp_path: Path) -> None:
    file = tmp_path / "sentences.tsv"
    rows = [
        'No "wheezes".\t4\t11\tNegated\tRecent\tPatient',
        "Call if Übelkeit 🤒\t8\t16\tAffirmed\tNot particular\tFamily member",
    ]
    file.write_text(NEGEX + "\n".join(rows) + "\n", encoding="utf-8")
    wheezes, nausea = negex.load(tmp_path)
    assert (wheezes.text[wheezes.start : wheezes.end], wheezes.negated) == ("wheezes", True)
    assert nausea.text[nausea.start : nausea.end] == "Übelkeit"
    assert (nausea.temporality, nausea.experiencer) == ("hypothetical", "other")
    assert wheezes.id != nausea.id and list(negex.load(file)) == [wheezes, nausea]


@pytest.mark.parametrize(
    "row",
    [
        "secret\t0\t7\tNegated\tRecent\tPatient",
        "secret\t3\t3\tNegated\tRecent\tPatient",
        "secret\t0\t6\tMaybe\tRecent\tPatient",
        "secret\t0\tx\tNegated\tRecent\tPatient",
        "secret",
    ],
)
def test_negex_says_which_line_is_wrong(tmp_path: Path, row: str) -> None:
    file = tmp_path / "sentences.tsv"
    file.write_text(f"{NEGEX}{row}\n")
    with pytest.raises(InputError, match=r"sentences.tsv:2") as raised:
        list(negex.load(file))
    assert "secret" not in str(raised.value)


def test_negex_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        list(negex.load(tmp_path))
    (tmp_path / "sentences.tsv").write_text("sentence\tnegation\n")
    with pytest.raises(InputError, match="lacks the column 'concept_end'"):
        list(negex.load(tmp_path))


def test_negex_on_the_real_sentences() -> None:
    found = list(negex.load(data_folder("negex_dev")))
    assert (len(found), sum(s.negated for s in found)) == (1155, 243)
    times = Counter(s.temporality for s in found)
    assert times == {"recent": 1003, "historical": 124, "hypothetical": 28}


# Fetching


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ELMTEX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "corpora"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The address of a folder ``site`` that this machine serves to itself."""
    (tmp_path / "site").mkdir()
    handler = functools.partial(QuietHandler, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def planted_source(tmp_path: Path, site: str, digest: str | None = None) -> fetch.Source:
    file = tmp_path / "site" / "c.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.txt", "fever")
        archive.writestr("1.ann", "")
    found = sha256(file.read_bytes()).hexdigest()
    download = fetch.Download("c.zip", f"{site}/c.zip", digest or found)
    return fetch.Source("planted", "CC0", (download,))


def test_fetch_downloads_once_and_unpacks(tmp_path: Path, cache: Path, site: str) -> None:
    pytest.importorskip("pooch")
    source = planted_source(tmp_path, site)
    folder = fetch.locate(source)
    assert folder == cache / "planted"
    assert sorted(f.name for f in folder.iterdir()) == ["1.ann", "1.txt", "digests.json"]
    (tmp_path / "site" / "c.zip").unlink()
    assert fetch.locate(source) == folder
    assert list(cache.iterdir()) == [folder]


def test_fetch_leaves_nothing_behind_when_it_fails(tmp_path: Path, cache: Path, site: str) -> None:
    pytest.importorskip("pooch")
    with pytest.raises(InputError, match=r"does not match .* by hand"):
        fetch.locate(planted_source(tmp_path, site, "0" * 64))
    source = planted_source(tmp_path, site)
    (tmp_path / "site" / "c.zip").write_bytes(b"no zip")
    unmeasured = replace(source.files[0], sha256=None)
    with pytest.raises(InputError, match=r"not a zip file.* by hand"):
        fetch.locate(replace(source, files=(unmeasured,)))
    (tmp_path / "site" / "c.zip").unlink()
    with pytest.raises(InputError, match=r"cannot download .*by hand"):
        fetch.locate(source)
    assert list(cache.iterdir()) == []
    with pytest.raises(InputError, match="does not exist; pass its folder"):
        fetch.locate(source, tmp_path / "missing")
    assert fetch.locate(source, tmp_path) == tmp_path


def test_fetch_says_that_pooch_is_missing(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingDependencyError, match="needs pooch"):
        fetch.locate(phee.SOURCE)
    assert fetch.locate(phee.SOURCE, tmp_path) == tmp_path  # nothing to download


@pytest.mark.parametrize("corpus", [phee, aci_bench, mts_dialog, ncbi_disease])
def test_checksums_are_those_of_the_data_at_hand(corpus: object) -> None:
    source: fetch.Source = corpus.SOURCE  # type: ignore[attr-defined]
    below = {"phee": "phee2", "aci_bench": "aci_bench/data/challenge_data"}
    below["ncbi_disease"] = "ncbi_disease/original-data"
    folder = data_folder(below.get(source.name, source.name))
    for download in source.files:
        assert sha256((folder / download.name).read_bytes()).hexdigest() == download.sha256
        assert download.url.endswith(download.name)


@pytest.mark.parametrize("corpus", [phee, ncbi_disease])
def test_every_item_of_the_real_corpora_is_grounded(corpus: object) -> None:
    source: fetch.Source = corpus.SOURCE  # type: ignore[attr-defined]
    found = list(corpus.load(data_folder({"phee": "phee2"}.get(source.name, source.name))))  # type: ignore[attr-defined]
    assert len({record.id for record in found}) == len(found) > 150
    assert {record.split for record in found} == {"train", "dev", "test"}
    for record in found:
        assert_grounded(record)
        assert record.labelled and record.source == source.name


# Synthetic reports


@pytest.mark.parametrize("lang", synthetic.LANGUAGES)
def test_synthetic_reports_cover_everything_and_repeat(lang: str) -> None:
    pytest.importorskip("faker_healthcare")
    found = list(synthetic.generate(lang, 250, seed=3))
    assert list(synthetic.generate(lang, 20, seed=3)) == found[:20]
    assert list(synthetic.generate(lang, 20, seed=4)) != found[:20]
    for record in found:
        assert_grounded(record)
        assert not re.search(r"[{}|\[\]\\~\x01\x02]|_(?:r|in)\b", record.text)
    items = [(key, item) for r in found for key, got in r.items.items() for item in got]
    counts = Counter(key for key, _ in items)
    assert min(counts[key] for key in maccrobat.CATEGORIES) > 20
    assert {item.assertion for _, item in items} == {"present", "absent", "possible"}
    # Variety, and no report twice.
    assert len({record.text for record in found}) == len(found)
    assert len({item.text for key, item in items if key == "signs_symptoms"}) > 300


@pytest.mark.parametrize("lang", synthetic.LANGUAGES)
def test_synthetic_negation_agrees_with_its_words(lang: str) -> None:
    pytest.importorskip("faker_healthcare")
    cue = {"en": r"\b(?:denie[sd]|no|No|ruled out|declined|refused)\s$", "de": r"\b[Kk]eine?\s$"}[
        lang
    ]
    hits = 0
    for record in synthetic.generate(lang, 200):
        for key in ("signs_symptoms", "diagnosis"):
            for item in record.items[key]:
                assert item.start is not None
                if re.search(cue, record.text[: item.start]):
                    hits += 1
                    assert item.assertion == "absent", record.text[item.start - 20 : item.end]
    assert hits > 50


def test_grammar_symbols_are_all_defined() -> None:
    pytest.importorskip("faker_healthcare")
    from corpora.patients import patients

    for lang in synthetic.LANGUAGES:
        grammar = synthetic._grammar(lang)
        known = set(grammar) | set(next(patients(lang, 1, 0)).vocabulary)
        for symbol, alternatives in grammar.items():
            assert alternatives, symbol
            for alternative in alternatives:
                for name in re.findall(r"\{\^?([^{}|#:?]+)\??\}", alternative):
                    assert name in known, (lang, symbol, name)
        used = re.findall(
            r"\{\^?([^{}|#:?]+)\??\}", " ".join(a for b in grammar.values() for a in b)
        )
        assert set(grammar) - {"report"} <= set(used), "a symbol that nothing uses"


def test_a_value_covers_its_test_and_nested_marks_are_read() -> None:
    text, marks = read_markup("[val|[test|CRP] 5%], no [sx!|fever]; ?[dx?|gout]")
    assert text == "CRP 5%, no fever; ?gout"
    assert [(m.category, text[m.start : m.end], m.assertion) for m in marks] == [
        ("diagnostic_techniques_procedures", "CRP", "present"),
        ("laboratory_values", "CRP 5%", "present"),
        ("signs_symptoms", "fever", "absent"),
        ("diagnosis", "gout", "possible"),
    ]


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ("[sx| fever]", "ill-formed span"),
        ("[sx|]", "ill-formed span"),
        ("[sx|fever", "never closed"),
        ("fever]", "never opened"),
        ("[symptom|fever]", "'symptom'"),
    ],
)
def test_faulty_markup_is_told(markup: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=fault):
        read_markup(markup)
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "a.txt").write_text(markup)
    with pytest.raises(InputError, match=f"a.txt: .*{fault}"):
        list(written.load(tmp_path))


def test_the_written_reports_are_whole() -> None:
    reports = list(written.load(Path(__file__).parent.parent / "training" / "written"))
    assert {report.lang for report in reports} == {"en", "de"}
    cut = total = 0
    for report in reports:
        # A bar between blanks is a table's, one between words is left of a mark
        assert not re.search(r"[\[\]]|\S\|\S", report.text), report.id
        items = [item for found in report.items.values() for item in found]
        assert len(items) > 10 or "c-" in report.id, report.id
        read = reading(report.text)
        ends = [read.span(*sentence)[1] for sentence in sentences(read.text)]
        cut += sum(any(i.start < end < i.end for end in ends) for i in items)
        total += len(items)
        assert all(i.text.strip() == i.text for i in items), report.id
    assert cut < total / 5000  # items that a sentence's end, as the model sees it, cuts in two


def test_several_reports_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "c-s1.txt").write_text("Kein [sx!|Husten]\n---\n[sx|Fieber]\nseit gestern\n")
    first, second = written.load(tmp_path)
    assert (first.id, first.text) == ("de/c-s1", "Kein Husten")
    assert (second.id, second.text) == ("de/c-s1-2", "Fieber\nseit gestern")
    assert second.items["signs_symptoms"][0].text == "Fieber"


def test_a_folder_without_written_reports_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no marked-up reports"):
        list(written.load(tmp_path))


def test_synthetic_needs_the_faker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faker_healthcare", None)
    with pytest.raises(MissingDependencyError, match="pip install faker-healthcare-provider"):
        list(synthetic.generate("en", 1))
    with pytest.raises(InputError, match="'fr'"):
        list(synthetic.generate("fr", 1))


def test_corpora_import_nothing_heavy() -> None:
    import subprocess

    code = (
        "import sys, corpora.synthetic, corpora.phee, corpora.shared.fetch\n"
        "print([m for m in ('torch','pandas','transformers','faker','numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"
