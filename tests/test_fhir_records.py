"""FHIR that a system can use: dosage, values, status, reactions, who made and who checked it; and never another number."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from elmtex.exporters.fhir.bundle import bundle
from elmtex.extractors.values import with_values
from elmtex.schema import load_schema
from elmtex.types import (
    Assertion,
    Attribute,
    Extraction,
    Item,
    Judgement,
    Mention,
    ReviewState,
)
from elmtex.values import Date, Quantity

pytest.importorskip("fhir.resources")

SCHEMA = load_schema("clinical")
UCUM = "http://unitsofmeasure.org"
AT = "2026-01-02T03:04:05+00:00"
DRUG, VALUE = "pharmacological_therapy", "laboratory_values"


def item(report: str, words: str, assertion: Assertion = "present", **attributes: str) -> Item:
    """An item of a report; each attribute's words are found behind or before it, several parted by "|"."""
    start = report.index(words)
    found = [
        Attribute(type, one, report.index(one), report.index(one) + len(one))
        for type, all in attributes.items()
        for one in all.split("|")
    ]
    return Item(words, start, start + len(words), assertion, 0.9, attributes=tuple(found))


def document(report: str, **items: Item | tuple[Item, ...]) -> Extraction:
    found = {key: (row,) if isinstance(row, Item) else row for key, row in items.items()}
    valued = with_values(dict.fromkeys(SCHEMA.keys, ()) | found, SCHEMA, report)
    return Extraction("r", "clinical", "model-6", "ok", (), valued)


def resources(extraction: Extraction, report: str, **options: Any) -> list[dict[str, Any]]:
    """The resources of the items."""
    made = bundle(extraction, SCHEMA, report=report, at=AT, **options)
    return [e["resource"] for e in made["entry"] if "extension" in e["resource"]]


def one(report: str, **items: Item) -> dict[str, Any]:
    (resource,) = resources(document(report, **items), report)
    return resource


def quantity(value: float, unit: str, code: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": code}


# Drugs


def test_a_drug_has_its_dose_route_and_timing() -> None:
    report = "Hb 9,8 g/dl. Amoxicillin 1,5 g p.o. 1-0-1 für 7 Tage."
    words = {"dose": "1,5 g", "route": "p.o.", "frequency": "1-0-1", "duration": "für 7 Tage"}
    drug = one(report, **{DRUG: item(report, "Amoxicillin", **words)})
    assert drug["medicationCodeableConcept"] == {"text": "Amoxicillin"}
    (dosage,) = drug["dosage"]
    assert dosage["text"] == "1,5 g p.o. 1-0-1 für 7 Tage"
    assert dosage["doseAndRate"] == [{"doseQuantity": quantity(1.5, "g", "g")}]
    assert dosage["route"]["coding"][0]["code"] == "26643006"
    repeat = {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["MORN", "EVE"]}
    bounds = {"boundsDuration": quantity(7, "Tage", "d")}
    assert dosage["timing"]["repeat"] == repeat | bounds


def test_the_amounts_of_a_day_are_not_multiplied() -> None:
    report = "Metoprolol 47,5 mg 1-0-½."
    drug = one(report, **{DRUG: item(report, "Metoprolol", dose="47,5 mg", frequency="1-0-½")})
    said = [(d["timing"]["repeat"]["when"], d["doseAndRate"]) for d in drug["dosage"]]
    assert said == [
        (["MORN"], [{"doseQuantity": {"value": 1, "unit": "× 47,5 mg"}}]),
        (["EVE"], [{"doseQuantity": {"value": 0.5, "unit": "× 47,5 mg"}}]),
    ]


def test_which_dose_belongs_to_which_time_is_not_guessed() -> None:
    report = "Prednisone 40 mg daily, then 20 mg daily."
    drug = one(report, **{DRUG: item(report, "Prednisone", dose="40 mg|20 mg", frequency="daily")})
    assert drug["dosage"] == [{"text": "40 mg daily 20 mg"}]


@pytest.mark.parametrize(
    ("words", "dosage"),
    [
        ("10-20 mg", {"doseAndRate": [{"doseRange": {
            "low": quantity(10, "mg", "mg"), "high": quantity(20, "mg", "mg")}}]}),
        ("up to 4 g", {"maxDosePerAdministration": quantity(4, "g", "g")}),
        ("<5 mg", {}),  # a SimpleQuantity has no comparator: without it 5 mg would be said
        ("about 5 mg", {}),
        ("5 mg/h", {"doseAndRate": [{"rateQuantity": quantity(5, "mg/h", "mg/h")}]}),
    ],
)  # fmt: skip
def test_a_dose_that_is_no_plain_number(words: str, dosage: dict[str, Any]) -> None:
    report = f"Heparin {words}."
    drug = one(report, **{DRUG: item(report, "Heparin", dose=words)})
    assert drug["dosage"] == [{"text": words} | dosage]


def test_the_dose_is_no_part_of_the_drugs_name() -> None:
    report = "2 g of ceftriaxone IV prn"
    drug = one(report, **{DRUG: item(report, report, dose="2 g", route="IV", frequency="prn")})
    assert drug["medicationCodeableConcept"] == {"text": "ceftriaxone"}
    assert drug["dosage"][0]["asNeededBoolean"] is True


@pytest.mark.parametrize(
    ("words", "assertion", "status"),
    [
        *(("newly started", "present", "active"), ("unverändert", "present", "active")),
        *(("erhöht", "present", "active"), ("pausiert", "present", "on-hold")),
        *(("withheld", "absent", "on-hold"), ("abgesetzt", "absent", "stopped")),
        *(("discontinued", "present", "stopped"), ("geplant", "possible", "intended")),
        *(("started", "possible", "unknown"), ("started", "absent", "not-taken")),
        *(("not stopped", "present", "unknown"), ("somehow", "present", "unknown")),
    ],
)
def test_what_became_of_a_drug(words: str, assertion: Assertion, status: str) -> None:
    report = f"Aspirin {words}."
    drug = one(report, **{DRUG: item(report, "Aspirin", assertion, status=words)})
    assert drug["status"] == status
    assert {"text": f"Status: {words}"} in drug["note"]


def test_a_drug_in_a_list_of_medication_is_taken() -> None:
    report = "Aspirin, heparin"
    listed = replace(item(report, "Aspirin"), section="medication")
    denied = replace(item(report, "heparin", "absent"), section="medication")
    found = resources(document(report, **{DRUG: (listed, denied)}), report)
    assert [r["status"] for r in found] == ["active", "not-taken"]
    assert one(report, **{DRUG: item(report, "Aspirin")})["status"] == "unknown"


# Values


@pytest.mark.parametrize(
    ("report", "words", "value", "number", "code", "comparator"),
    [
        ("CRP 212 mg/L", "CRP 212 mg/L", "212 mg/L", 212, "mg/L", None),
        ("CRP <5 mg/l, Hb 9,8 g/dl", "CRP <5 mg/l", "<5 mg/l", 5, "mg/L", "<"),
        # Only the report says that its point means thousands.
        ("NT-proBNP 8.420 pg/ml, CRP 7,2 mg/l und", "NT-proBNP 8.420 pg/ml", "8.420 pg/ml", 8420, "pg/mL", None),
        ("WBC 17.4 x10^9/L", "WBC 17.4 x10^9/L", "17.4 x10^9/L", 17.4, "10*9/L", None),
        ("SpO2 was 86% on room air", "SpO2 was 86% on room air", "86%", 86, "%", None),
    ],
)  # fmt: skip
def test_a_laboratory_line_is_a_quantity(
    report: str, words: str, value: str, number: float, code: str, comparator: str | None
) -> None:
    test = words.split()[0]
    found = one(report, **{VALUE: item(report, words, test=test, value=value)})
    assert found["code"] == {"text": test}
    stated = found["valueQuantity"]
    assert (stated["value"], stated["code"]) == (number, code)
    assert (stated["system"], stated.get("comparator")) == (UCUM, comparator)
    assert {"text": words} in found["note"]


def test_range_flag_and_reference_range() -> None:
    report = (
        "Kalium 5,8 mmol/l (3,5-5,1) H, Natrium 140 mmol/l ↓, pH 7.35-7.45, ANA 1:160, CRP erhöht"
    )
    rows = [
        item(report, "Kalium 5,8 mmol/l", test="Kalium", value="5,8 mmol/l"),
        item(report, "Natrium 140 mmol/l", test="Natrium", value="140 mmol/l"),
        item(report, "pH 7.35-7.45", test="pH", value="7.35-7.45"),
        item(report, "ANA 1:160", test="ANA", value="1:160"),
        item(report, "CRP erhöht", test="CRP", value="erhöht"),
    ]
    potassium, sodium, ph, ana, crp = resources(document(report, **{VALUE: tuple(rows)}), report)
    (bounds,) = potassium["referenceRange"]
    assert (bounds["low"]["value"], bounds["high"]["value"]) == (3.5, 5.1)
    assert bounds["low"]["code"] == "mmol/L"
    assert sodium["interpretation"][0]["coding"][0]["code"] == "L"
    assert (ph["valueRange"]["low"]["value"], ph["valueRange"]["high"]["value"]) == (7.35, 7.45)
    assert ana["valueRatio"] == {"numerator": {"value": 1}, "denominator": {"value": 160}}
    assert crp["valueString"] == "erhöht"
    assert crp["interpretation"][0]["coding"][0]["code"] == "H"


def test_a_printed_table_names_the_unit_beside_the_test() -> None:
    report = "NT-proBNP ng/L   8,420   gained 6 kg, sodium 3/4 140, the and of"
    rows = (
        item(report, "NT-proBNP ng/L   8,420", test="NT-proBNP", value="8,420"),
        item(report, "6 kg", value="6 kg"),
        item(report, "sodium 3/4 140", value="140"),
    )
    probnp, weight, sodium = resources(document(report, **{VALUE: rows}), report)
    assert probnp["code"] == {"text": "NT-proBNP"}
    assert probnp["valueQuantity"] == quantity(8420, "ng/L", "ng/L")
    assert (weight["code"]["text"], weight["valueString"]) == ("Laboratory values", "6 kg")
    assert sodium["valueQuantity"] == {"value": 140}


def test_a_condition_in_two_categories_is_one() -> None:
    report = "PMH: hypertension since 1998, gout"
    since = Attribute("when", "since 1998", 18, 28, value=Date("1998"))
    words = Item("hypertension", 5, 17)
    found = document(
        report,
        comorbidities=(replace(words, attributes=(since,)), Item("gout", 30, 34)),
        diagnosis=(words, Item("gout", 30, 34, "possible")),
    )
    made = resources(found, report)
    assert [r["code"]["text"] for r in made] == ["hypertension", "gout", "gout"]
    hypertension = made[0]
    assert [c["text"] for c in hypertension["category"]] == ["Comorbidities", "Diagnosis"]
    assert hypertension["onsetDateTime"] == "1998"
    said = [{p["url"]: p for p in e["extension"]} for e in hypertension["extension"]]
    assert [p["category"]["valueCode"] for p in said] == ["comorbidities", "diagnosis"]


@pytest.mark.parametrize(
    ("written", "bound"),
    [("(< 5 mg/l)", {"high": 5}), ("(>60)", {"low": 60}), ("(< 5 g/l)", None)],
)
def test_a_one_sided_range_is_a_bound(written: str, bound: dict[str, float] | None) -> None:
    report = f"CRP 12 mg/l {written}"
    row = item(report, "CRP 12 mg/l", test="CRP", value="12 mg/l")
    (found,) = resources(document(report, **{VALUE: (row,)}), report)
    known = found.get("referenceRange")
    assert (known is None) == (bound is None)
    for one in known or ():
        assert one.pop("text") == written.strip("()")
        assert {side: value["value"] for side, value in one.items()} == bound


def test_a_printed_table_dates_its_columns() -> None:
    report = "Labor    12.10.2026   13.10.\nHb       10,4 g/dl    9,1 g/dl\nKrea 1,9 mg/dl"
    rows = (
        item(report, "Hb       10,4 g/dl", test="Hb", value="10,4 g/dl"),
        item(report, "9,1 g/dl", value="9,1 g/dl"),
        item(report, "Krea 1,9 mg/dl", test="Krea", value="1,9 mg/dl"),
    )
    found = resources(document(report, **{VALUE: rows}), report)
    assert [r.get("effectiveDateTime") for r in found] == ["2026-10-12", None, None]


def test_blood_pressure_is_two_values_and_two_columns_are_two() -> None:
    report = "RR 168/92 mmHg, Kreatinin 1,9 mg/dl 1,4 mg/dl"
    pressure = item(report, "RR 168/92 mmHg", value="168/92 mmHg")
    columns = item(
        report, "Kreatinin 1,9 mg/dl 1,4 mg/dl", test="Kreatinin", value="1,9 mg/dl|1,4 mg/dl"
    )
    first, *values = resources(document(report, **{VALUE: (pressure, columns)}), report)
    assert [c["valueQuantity"]["value"] for c in first["component"]] == [168, 92]
    assert [v["valueQuantity"]["value"] for v in values] == [1.9, 1.4]
    assert {v["code"]["text"] for v in values} == {"Kreatinin"}


@pytest.mark.parametrize("planted", [Quantity(21.2, "mg/L", "mg/L"), Quantity(212, "g/L", "g/L")])
def test_a_number_or_unit_that_the_words_do_not_say_is_never_a_quantity(planted: Quantity) -> None:
    report = "CRP 212 mg/L"
    found = document(report, **{VALUE: item(report, report, test="CRP", value="212 mg/L")})
    (whole,) = found.categories[VALUE]
    test, value = whole.attributes
    wrong = replace(whole, attributes=(test, replace(value, value=planted)))
    changed = replace(found, categories=dict(found.categories) | {VALUE: (wrong,)})
    (resource,) = resources(changed, report)
    assert resource["valueString"] == report and "valueQuantity" not in resource


def test_a_tests_name_inside_its_value_is_no_procedure() -> None:
    report = "CRP 212 mg/L, CT"
    tests = (item(report, "CRP", value="212 mg/L"), item(report, "CT"))
    found = resources(
        document(
            report,
            diagnostic_techniques_procedures=tests,
            laboratory_values=item(report, "CRP 212 mg/L", test="CRP", value="212 mg/L"),
        ),
        report,
    )
    assert [r["resourceType"] for r in found] == ["Procedure", "Observation"]
    assert found[0]["code"] == {"text": "CT"}
    alone = document(report, diagnostic_techniques_procedures=tests[0])
    procedure, result = resources(alone, report)
    assert (procedure["status"], result["valueQuantity"]["value"]) == ("completed", 212)


# Conditions, procedures, plans, allergies, relatives


def test_a_condition_has_its_site_severity_and_onset() -> None:
    report = "mittelgradige Stenose der ACI seit 2012, jetzt symptomatisch; cough for 4 days; gout until 2014; rash resolved"
    found = resources(
        document(
            report,
            diagnosis=(
                item(
                    report, "Stenose", severity="mittelgradige", body_site="ACI", when="seit 2012"
                ),
                item(report, "cough", when="for 4 days"),
                item(report, "gout", when="until 2014"),
                item(report, "rash", status="resolved"),
            ),
        ),
        report,
    )
    stenosis, cough, gout, rash = found
    assert stenosis["severity"]["coding"][0]["code"] == "6736007"
    assert stenosis["bodySite"] == [{"text": "ACI"}]
    assert stenosis["onsetDateTime"] == "2012"
    assert cough["onsetString"] == "for 4 days"
    assert "onsetString" not in gout and {"text": "When: until 2014"} in gout["note"]
    assert rash["clinicalStatus"]["coding"][0]["code"] == "resolved"


def test_what_is_absent_because_it_resolved_was_there() -> None:
    report = "Her fever has resolved. No cough."
    items = tuple(item(report, words, "absent") for words in ("fever", "cough"))
    fever, cough = resources(document(report, signs_symptoms=items), report)
    assert fever["resourceType"] == "Condition"
    assert fever["clinicalStatus"]["coding"][0]["code"] == "resolved"
    assert cough["resourceType"] == "Observation"  # a denial


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ("No pneumonia, resolved sinusitis.", "pneumonia"),
        ("Denies fever; recovered fully from flu.", "fever"),
        ("No healed fractures.", "healed fractures"),
        ("No history of fever now resolved.", "fever"),
    ],
)
def test_what_is_denied_beside_what_resolved_was_not_there(report: str, words: str) -> None:
    (denied,) = resources(document(report, signs_symptoms=item(report, words, "absent")), report)
    assert denied["resourceType"] == "Observation"


def test_a_normal_finding_is_no_condition() -> None:
    report = "Neck supple, lungs clear; no lymph nodes; cough. PMH: normal delivery."
    supple, clear, nodes, cough = resources(
        document(
            report,
            signs_symptoms=(
                item(report, "supple", body_site="Neck"),
                item(report, "clear"),
                item(report, "lymph nodes", "absent"),
                item(report, "cough"),
            ),
        ),
        report,
    )
    assert supple["resourceType"] == clear["resourceType"] == "Observation"
    assert (supple["valueString"], supple["bodySite"]) == ("supple", {"text": "Neck"})
    assert supple["interpretation"][0]["coding"][0]["code"] == "N"
    assert (nodes["valueBoolean"], cough["resourceType"]) == (False, "Condition")
    assert "interpretation" not in nodes and "interpretation" not in cough
    history = one(report, medical_surgical_history=item(report, "normal delivery"))
    assert "interpretation" not in history


@pytest.mark.parametrize(
    ("words", "key", "beside"),
    [
        ("regular", "signs_symptoms", {"value": "148/min"}),
        ("regular", "signs_symptoms", {"severity": "severe"}),
        ("compensated", "comorbidities", {}),
        ("hip replacement, well healed", "signs_symptoms", {}),
    ],
)
def test_what_has_a_value_or_is_a_disease_or_an_operation_is_no_normal_finding(
    words: str, key: str, beside: dict[str, str]
) -> None:
    report = f"{words}, 148/min, severe"
    for resource in resources(document(report, **{key: item(report, words, **beside)}), report):
        assert "N" not in str(resource.get("interpretation", ""))


def test_what_is_done_and_what_is_planned() -> None:
    report = "ERCP am 03.12.2020; MRI planned; stent not done; control in 6 weeks recommended; no surgery"
    found = resources(
        document(
            report,
            interventional_therapy=(
                item(report, "ERCP", when="03.12.2020"),
                item(report, "MRI", "possible", status="planned"),
                item(report, "stent", "absent"),
            ),
            plan=(
                item(report, "control in 6 weeks recommended"),
                item(report, "surgery", "absent"),
            ),
        ),
        report,
    )
    kinds = ["Procedure", "ServiceRequest", "Procedure", "ServiceRequest", "ServiceRequest"]
    assert [r["resourceType"] for r in found] == kinds
    done, planned, not_done, advised, refused = found
    assert (done["status"], done["performedDateTime"]) == ("completed", "2020-12-03")
    assert (planned["status"], planned["intent"]) == ("draft", "plan")
    assert not_done["status"] == "not-done"
    assert advised["intent"] == "proposal" and refused["doNotPerform"] is True


def test_an_allergy_has_its_reaction() -> None:
    report = "Penicillin: schwere Anaphylaxie; latex (rash)"
    penicillin = item(report, "Penicillin", reaction="Anaphylaxie", severity="schwere")
    latex = item(report, "latex (rash)", reaction="rash")
    found = resources(document(report, allergies=(penicillin, latex)), report)
    assert found[0]["reaction"] == [
        {"manifestation": [{"text": "Anaphylaxie"}], "severity": "severe"}
    ]
    assert found[1]["reaction"] == [{"manifestation": [{"text": "rash"}]}]


def test_what_stands_under_allergies_is_one() -> None:
    report = "Penicillin - rash. Ramipril - cough. Aspirin"
    history = [
        replace(item(report, words), section="allergies")
        for words in ("Penicillin - rash", "Ramipril - cough")
    ]
    penicillin = item(report, "Penicillin", reaction="rash")
    found = resources(
        document(report, medical_surgical_history=tuple(history), allergies=penicillin), report
    )
    names = [(r["resourceType"], r["code"]["text"]) for r in found]
    assert names == [
        ("AllergyIntolerance", "Ramipril - cough"),
        ("AllergyIntolerance", "Penicillin"),
    ]


@pytest.mark.parametrize(
    ("key", "words", "assertion", "kind", "code"),
    [
        ("medical_surgical_history", "No known medical problems", "present", "Condition", "no-known-problems"),
        ("medical_surgical_history", "Keine Vorerkrankungen bekannt", "present", "Condition", "no-known-problems"),
        ("medical_surgical_history", "medical problems", "absent", "Condition", "no-known-problems"),
        ("medical_surgical_history", "no previous surgery", "absent", "Procedure", "no-known-procedures"),
        (DRUG, "keine Dauermedikation", "present", "MedicationStatement", "no-known-medications"),
        (DRUG, "regular medications", "absent", "MedicationStatement", "no-known-medications"),
        (DRUG, "medication", "absent", "MedicationStatement", None),  # "resolved without medication"
        ("interventional_therapy", "surgery", "absent", "Procedure", None),
    ],
)  # fmt: skip
def test_that_nothing_is_known_is_a_statement(
    key: str, words: str, assertion: Assertion, kind: str, code: str | None
) -> None:
    found = one(words, **{key: item(words, words, assertion)})
    coded = found.get("code") or found["medicationCodeableConcept"]
    assert found["resourceType"] == kind
    assert coded.get("coding", [{"code": None}])[0]["code"] == code
    verified = found.get("verificationStatus", {}).get("coding", [{}])[0].get("code")
    assert verified in (None, "unconfirmed")


@pytest.mark.parametrize(
    ("words", "element", "value"),
    [
        ("father died of infarction at 61", "deceasedAge", 61),
        ("Vater verstarb mit 58 Jahren an einem Herzinfarkt", "deceasedAge", 58),
        ("mother died of cancer", "deceasedBoolean", True),
        ("sister had cancer at 44", "deceasedAge", None),
        ("brother with sudden cardiac death syndrome", "deceasedBoolean", None),
    ],
)
def test_a_relative_who_died(words: str, element: str, value: object) -> None:
    found = one(words, family_history=item(words, words))
    said = found.get(element)
    assert (said["value"] if isinstance(said, dict) else said) == value


# The document


def test_the_patient_is_what_the_report_states() -> None:
    report = "Name: Max Muster, geb. 03.12.1950. 74-jähriger Mann."
    items = {"gender": item(report, "Mann"), "age": item(report, "74-jähriger")}
    made = bundle(document(report, **items), SCHEMA, report=report, at=AT)
    patient = made["entry"][1]["resource"]
    assert (patient["gender"], patient["birthDate"]) == ("male", "1950-12-03")
    assert "name" not in patient
    (age,) = (e["resource"] for e in made["entry"] if "valueQuantity" in e["resource"])
    assert age["valueQuantity"] == quantity(74, "jähriger", "a")
    assert "birthDate" not in bundle(document(report, **items), SCHEMA)["entry"][1]["resource"]
    two = report + " geb. 04.12.1950"
    assert "birthDate" not in bundle(document(two), SCHEMA, report=two)["entry"][1]["resource"]


def test_the_report_is_named_by_its_hash_and_its_text_is_given_on_demand() -> None:
    report = "Kein Fieber 🙂"
    for with_text in (False, True):
        made = bundle(document(report), SCHEMA, report=report, at=AT, with_text=with_text)
        (source,) = (e["resource"] for e in made["entry"] if "content" in e["resource"])
        attachment = source["content"][0]["attachment"]
        data = report.encode()
        assert base64.b64decode(attachment["hash"]) == hashlib.sha1(data).digest()
        assert source["masterIdentifier"]["value"] == hashlib.sha256(data).hexdigest()
        assert ("data" in attachment) is with_text
    assert base64.b64decode(attachment["data"]) == data


def test_who_made_it_and_who_checked_it() -> None:
    report = "fever, cough"
    found = document(
        report, signs_symptoms=(item(report, "fever", "absent"), item(report, "cough"))
    )
    places = frozenset({("signs_symptoms", 0), ("signs_symptoms", 1)})
    by = {("signs_symptoms", 0): Judgement("Dr. A", AT), ("signs_symptoms", 1): Judgement("", AT)}
    review = ReviewState(places, True, by, Judgement("Dr. B", "2026-02-03T00:00:00+00:00"))
    made = bundle(found, SCHEMA, review, report, at=AT)
    entries = {e["fullUrl"]: e["resource"] for e in made["entry"]}
    composition = made["entry"][0]["resource"]
    assert composition["status"] == "final"
    assert composition["attester"][0]["time"] == "2026-02-03T00:00:00+00:00"
    attester = entries[composition["attester"][0]["party"]["reference"]]
    assert attester["name"] == [{"text": "Dr. B"}]
    assert entries[composition["author"][0]["reference"]]["deviceName"][1]["name"] == "model-6"
    signed = [
        (
            r["agent"][0]["type"]["coding"][0]["code"],
            entries.get(r["agent"][0]["who"].get("reference"), {}).get("name", [{}])[0].get("text"),
            [entries[t["reference"]]["resourceType"] for t in r["target"]],
            r["recorded"],
        )
        for r in entries.values()
        if r["resourceType"] == "Provenance"
    ]
    assert signed == [
        ("assembler", None, ["Condition", "Condition"], AT),
        ("verifier", "Dr. A", ["Condition"], AT),
        ("verifier", None, ["Condition"], AT),
        ("verifier", "Dr. B", ["Composition"], "2026-02-03T00:00:00+00:00"),
    ]
    fever = next(r for r in entries.values() if r.get("code") == {"text": "fever"})
    assert fever["verificationStatus"]["coding"][0]["code"] == "refuted"


def test_sections_tell_what_their_entries_do() -> None:
    report = "CRP 212 mg/L <script> & fever"
    items = {
        VALUE: item(report, "CRP 212 mg/L <script> &", test="CRP", value="212 mg/L"),
        "signs_symptoms": item(report, "fever", "absent"),
    }
    made = bundle(document(report, **items), SCHEMA, report=report, at=AT)
    symptoms, values = made["entry"][0]["resource"]["section"]
    assert values["code"]["coding"][0]["code"] == "30954-2" and "code" not in symptoms
    assert "CRP 212 mg/L &lt;script&gt; &amp;" in values["text"]["div"]
    assert "<td>denied</td><td>no</td>" in symptoms["text"]["div"]
    entries = {e["fullUrl"]: e["resource"] for e in made["entry"]}
    assert entries[values["entry"][0]["reference"]]["resourceType"] == "Observation"


def test_nothing_is_denied_twice() -> None:
    report = "NKDA. No fever. No known medical problems."
    items = {
        "allergies": item(report, "NKDA", "absent"),
        "signs_symptoms": item(report, "No fever", "absent"),
        "medical_surgical_history": item(report, "No known medical problems", "absent"),
    }
    made = bundle(document(report, **items), SCHEMA, report=report, at=AT)
    rows = {
        s["title"]: s["text"]["div"].split("<tbody>")[1]
        for s in made["entry"][0]["resource"]["section"]
    }
    assert "<td>NKDA</td><td>none known</td>" in rows["Allergies"]
    assert "<td>fever</td><td>denied</td>" in rows["Signs and symptoms"]
    assert "<td>none known</td>" in rows["Medical and surgical history"]
    words = [r.get("code", {}).get("text") for r in resources(document(report, **items), report)]
    assert "Signs and symptoms: fever" in words


def test_a_further_mention_is_further_evidence() -> None:
    report = "fever and fever"
    fever = replace(item(report, "fever"), mentions=(Mention(10, 15),))
    found = one(report, signs_symptoms=fever)
    (mention,) = (p for p in found["extension"][0]["extension"] if p["url"] == "mention")
    assert [p["valueUnsignedInt"] for p in mention["extension"]] == [10, 15]
