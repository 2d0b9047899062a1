"""The exports: nothing lost, nothing run by a spreadsheet, nothing claimed beyond the text."""

from __future__ import annotations

import csv
import io
import json
import time

import pytest

from elmtex import cli
from elmtex.exporters.formats import FORMATS, flat, to_csv, to_elmtex, to_fhir, to_json, to_jsonl
from elmtex.schema import CategorySchema, load_schema
from elmtex.types import ASSERTIONS, Code, Extraction, Item, MissingDependencyError

CODE = Code("http://hl7.org/fhir/sid/icd-10-cm", "J18.9", "Pneumonia, unspecified organism", 0.8)


def _extraction(schema: CategorySchema, **items: tuple[Item, ...]) -> Extraction:
    return Extraction(
        "r1", schema.name, "fake 1", "ok", (), {key: items.get(key, ()) for key in schema.keys}
    )


def test_the_command_line_offers_every_format() -> None:
    assert tuple(FORMATS) == cli.FORMATS


def test_json_is_the_document(elmtex_schema: CategorySchema) -> None:
    item = Item("Übelkeit 👩‍⚕️", 3, 15, "possible", 0.25, (CODE,))
    extraction = _extraction(elmtex_schema, signs_symptoms=(item,))
    for text in (to_json(extraction, elmtex_schema), to_jsonl(extraction, elmtex_schema)):
        document = json.loads(text)
        assert tuple(document) == ("id", "schema", "model", "status", "problems", "categories")
        assert tuple(document["categories"]) == elmtex_schema.keys
        assert Extraction.from_dict(document) == extraction
        assert "Übelkeit" in text  # not escaped: a person may read it
    assert to_jsonl(extraction, elmtex_schema).count("\n") == 1


def _rows(extraction: Extraction, schema: CategorySchema) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(extraction, schema), newline="")))


_TYPES = {t.key for t in load_schema("elmtex").attributes}


def test_csv_has_a_row_an_item(elmtex_schema: CategorySchema) -> None:
    extraction = _extraction(
        elmtex_schema,
        diagnosis=(Item('pneumonia, "left"\r\nlobe', 5, 27, "possible", 0.5, (CODE,)),),
        age=(Item("58", None, None),),
    )
    first, second = _rows(extraction, elmtex_schema)
    assert first == {
        "id": "r1",
        "category": "diagnosis",
        "text": 'pneumonia, "left"\r\nlobe',
        "start": "5",
        "end": "27",
        "assertion": "possible",
        "confidence": "0.5",
        "codes": "http://hl7.org/fhir/sid/icd-10-cm|J18.9",
        "section": "",
        "mentions": "",
        "normal": "",
    } | {name: "" for name in first if name.split("_")[0] in _TYPES or name in _TYPES}
    assert (second["start"], second["end"], second["confidence"]) == ("", "", "")


def test_csv_says_which_findings_are_normal(elmtex_schema: CategorySchema) -> None:
    found = ("Lungs clear", "cough", "alert")
    items = tuple(Item(text, n, n + 1, "present", 0.9) for n, text in enumerate(found))
    table = Extraction("r", "elmtex", "m", "ok", (), {"signs_symptoms": items})
    assert [row["normal"] for row in _rows(table, elmtex_schema)] == ["yes", "", "yes"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 30", "-5 kg", "@SUM(A1)", "\tfever", "\rfever", "\nfever", " =1", "＝1+1", "＠x"],
)
def test_csv_starts_no_formula(elmtex_schema: CategorySchema, text: str) -> None:
    extraction = _extraction(elmtex_schema, age=(Item(text, 0, len(text)),))
    assert _rows(extraction, elmtex_schema)[0]["text"] == "'" + text


def test_csv_of_a_text_of_separators_alone_takes_no_time(elmtex_schema: CategorySchema) -> None:
    text = "\n" * 300_000
    began = time.process_time()
    to_csv(_extraction(elmtex_schema, age=(Item(text, 0, len(text)),)), elmtex_schema)
    assert time.process_time() - began < 2


def test_csv_starts_no_formula_behind_a_separator(elmtex_schema: CategorySchema) -> None:
    for text, written in (
        ("fever;=1+1", "fever;'=1+1"),
        ("a\n -b", "a\n '-b"),
        ("=1;@x", "'=1;'@x"),
        # Nothing but separators and space before it, or separators in a row.
        (";=1;x", "';'=1;x"),
        ("\n=1;x", "'\n'=1;x"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("a;;=1", "a;;'=1"),
        ("a; ; =1", "a; ; '=1"),
        # What is not seen does not hide it.
        ("\u200b=1", "'\u200b=1"),
        ("\x00=1", "'\x00=1"),
        ("a;\ufeff=1", "a;\ufeff'=1"),
        ("5 = five; 3 - 2", "5 = five; 3 - 2"),
    ):
        extraction = _extraction(elmtex_schema, age=(Item(text, 0, len(text)),))
        assert _rows(extraction, elmtex_schema)[0]["text"] == written


def test_csv_leaves_other_text_alone(elmtex_schema: CategorySchema) -> None:
    for text in ("a=b", "5-6 days", "'quoted", "≥ 3", "a; b\nc"):
        extraction = _extraction(elmtex_schema, age=(Item(text, 0, len(text)),))
        assert _rows(extraction, elmtex_schema)[0]["text"] == text


def test_the_flat_view_never_turns_a_denied_finding_into_one(elmtex_schema: CategorySchema) -> None:
    extraction = _extraction(
        elmtex_schema,
        signs_symptoms=(
            Item("cough\n  for 3 days", 0, 18),
            Item("fever", 20, 25, "absent"),
            Item("rash", 30, 34),
        ),
        diagnosis=(Item("pneumonia", 40, 49, "possible"),),
        comorbidities=(Item("diabetes", 50, 58, "absent"),),
    )
    view = flat(extraction, elmtex_schema)
    assert tuple(view) == elmtex_schema.keys
    assert view["signs_symptoms"] == "cough for 3 days; rash"
    assert view["diagnosis"] == "pneumonia"
    assert view["comorbidities"] == view["pathology"] == "N/A"
    assert json.loads(to_elmtex(extraction, elmtex_schema)) == view


def _everything(schema: CategorySchema) -> Extraction:
    items = tuple(
        Item(f"=x\x00{assertion}", 0, 3 + len(assertion), assertion, 0.123456, (CODE,))
        for assertion in ASSERTIONS
    )
    return _extraction(schema, **{key: (*items, Item("free", None, None)) for key in schema.keys})


@pytest.mark.parametrize("name", ["elmtex", "medication"])
def test_fhir_is_valid_for_any_schema(name: str) -> None:
    bundles = pytest.importorskip("fhir.resources.R4B.bundle")
    schema = load_schema(name)
    text = FORMATS["fhir"](_everything(schema), schema)
    document = json.loads(text)
    bundles.Bundle.model_validate(document)
    at = document["timestamp"]
    assert text == to_fhir(_everything(schema), schema, at=at)  # nothing random beside the time
    composition, patient, device, *rest, provenance = document["entry"]
    kinds = [entry["resource"]["resourceType"] for entry in (composition, patient, device)]
    assert kinds == ["Composition", "Patient", "Device"]
    targets = [target["reference"] for target in provenance["resource"]["target"]]
    assert targets == [entry["fullUrl"] for entry in rest]
    # A procedure whose words a laboratory value holds is said by that.
    inside = [c for c in schema.categories if schema.repeated and c.fhir.resource == "Procedure"]
    # The same words in two categories of conditions are one condition, with the evidence of both.
    evidence = [extension for e in rest for extension in e["resource"]["extension"]]
    assert len(evidence) == 4 * len(schema.keys) - 3 * len(inside)
    assert len({entry["fullUrl"] for entry in document["entry"]}) == len(document["entry"])
    subjects = {
        (e["resource"].get("subject") or e["resource"]["patient"])["reference"] for e in rest
    }
    assert subjects == {patient["fullUrl"]}
    assert "\\u0000" not in text


def test_two_documents_of_one_name_share_no_fhir_id(elmtex_schema: CategorySchema) -> None:
    pytest.importorskip("fhir.resources")
    ids = [
        {entry["fullUrl"] for entry in json.loads(FORMATS["fhir"](one, elmtex_schema))["entry"]}
        for one in (
            _extraction(elmtex_schema, diagnosis=(Item("asthma", 9, 15),)),
            _extraction(elmtex_schema, diagnosis=(Item("angina", 9, 15),)),
        )
    ]
    assert len(ids[0]) == 5 and not ids[0] & ids[1]


def _resources(schema: CategorySchema, **items: tuple[Item, ...]) -> list[dict]:
    pytest.importorskip("fhir.resources")
    document = json.loads(FORMATS["fhir"](_extraction(schema, **items), schema))
    return [e["resource"] for e in document["entry"] if "extension" in e["resource"]]


def test_fhir_says_how_sure_the_report_is(elmtex_schema: CategorySchema) -> None:
    three = tuple(Item("x", 0, 1, assertion) for assertion in ASSERTIONS)
    present, denied, possible = _resources(elmtex_schema, diagnosis=three)
    status = [r["verificationStatus"]["coding"][0]["code"] for r in (present, possible)]
    assert status == ["unconfirmed", "provisional"]
    # Nobody has reviewed it: not refuted, but what the model read.
    assert (denied["status"], denied["valueBoolean"]) == ("preliminary", False)
    procedures = _resources(elmtex_schema, interventional_therapy=three)
    assert [r["status"] for r in procedures] == ["completed", "not-done", "unknown"]
    drugs = _resources(elmtex_schema, pharmacological_therapy=three)
    assert [r["status"] for r in drugs] == ["unknown", "not-taken", "unknown"]
    values = _resources(elmtex_schema, laboratory_values=three)
    assert [r.get("valueString") for r in values] == ["x", None, None]
    assert [r.get("valueBoolean") for r in values] == [None, False, None]
    family = _resources(elmtex_schema, family_history=three)
    kinds = [r["resourceType"] for r in family]
    assert kinds == ["FamilyMemberHistory", "Observation", "Observation"]


def test_fhir_points_at_the_words_and_asserts_no_code(elmtex_schema: CategorySchema) -> None:
    (resource,) = _resources(
        elmtex_schema, diagnosis=(Item("pneumonia", 7, 16, "present", 0.5, (CODE,)),)
    )
    (extension,) = resource["extension"]
    parts = {part.pop("url"): next(iter(part.values())) for part in extension["extension"]}
    assert (parts["start"], parts["end"]) == (7, 16)
    assert (parts["category"], parts["assertion"], parts["confidence"]) == (
        "diagnosis",
        "present",
        0.5,
    )
    assert (parts["suggestion"]["code"], parts["suggestion"]["userSelected"]) == ("J18.9", False)
    assert resource["code"] == {"text": "pneumonia"}


def test_fhir_without_its_package_says_how_to_get_it(
    elmtex_schema: CategorySchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fhir.resources.R4B.bundle", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'elmtex\[fhir\]'"):
        FORMATS["fhir"](_extraction(elmtex_schema), elmtex_schema)
