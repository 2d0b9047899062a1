"""FHIR: the right resource, the right person, the right number, and nothing claimed beyond the
words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from elmtex.exporters.fhir.allergies import allergy
from elmtex.exporters.fhir.bundle import bundle
from elmtex.exporters.fhir.clinical_status import clinical_status
from elmtex.exporters.fhir.measurements import measurement
from elmtex.exporters.fhir.relatives import relatives, said_of
from elmtex.schema import CategorySchema, load_schema, parse_schema
from elmtex.types import ASSERTIONS, Assertion, Code, Extraction, Item, ReviewState

pytest.importorskip("fhir.resources")

Planted = tuple[str, str, Assertion]


def _item(report: str, words: str, assertion: Assertion = "present") -> Item:
    start = report.index(words)
    return Item(words, start, start + len(words), assertion, 0.9)


def _resources(
    report: str,
    *planted: Planted,
    schema: CategorySchema | None = None,
    review: ReviewState | None = None,
    known: bool = True,
) -> list[dict[str, Any]]:
    """The resources of planted (category, words, assertion); ``known``: the report is at hand."""
    schema = schema or load_schema("elmtex")
    items: dict[str, tuple[Item, ...]] = dict.fromkeys(schema.keys, ())
    for key, words, assertion in planted:
        items[key] += (_item(report, words, assertion),)
    extraction = Extraction("r", schema.name, "fake", "ok", (), items)
    document = bundle(extraction, schema, review or ReviewState(), report if known else "")
    json.dumps(document, allow_nan=False)
    return _of_items(document)


def _of_items(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The resources of items: they alone point at the report's words."""
    return [e["resource"] for e in document["entry"] if "extension" in e["resource"]]


def _code(resource: dict[str, Any], element: str) -> str | None:
    codings = resource.get(element, {}).get("coding", [{}])
    return codings[0].get("code")


# Relatives


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Mother had breast cancer", ["MTH"]),
        ("myocardial infarction in her father", ["FTH"]),
        ("mother and two sisters with diabetes", ["MTH", "SIS"]),
        ("Parents hypertensive", ["PRN"]),
        ("brother: asthma as a child", ["BRO"]),
        ("his son's epilepsy", ["SONC"]),
        ("daughters healthy", ["DAUC"]),
        ("maternal grandmother: stroke", ["MGRMTH"]),
        ("grandfather (paternal) with gout", ["PGRFTH"]),
        ("aunt on her mother's side", ["MAUNT"]),
        ("mother's sister had colon cancer", ["MAUNT"]),
        ("father’s older brother", ["PUNCLE"]),
        ("grandmother with stroke", ["GRMTH"]),
        ("half-sister", ["HSIS"]),
        ("paternal cousin", ["PCOUSN"]),
        ("Die Mutter hatte Brustkrebs", ["MTH"]),
        ("Vater und Bruder mit Herzinfarkt", ["FTH", "BRO"]),
        ("Großmutter mütterlicherseits: Apoplex", ["MGRMTH"]),
        ("Opa väterlicherseits", ["PGRFTH"]),
        ("Schwester der Mutter mit Mammakarzinom", ["MAUNT"]),
        ("zwei Töchter, ein Sohn", ["DAUC", "SONC"]),
        ("Tante und Onkel", ["AUNT", "UNCLE"]),
        ("Cousine mit Zöliakie", ["COUSN"]),
    ],
)
def test_a_relative_that_is_said(text: str, codes: list[str]) -> None:
    assert [one.code for one in relatives(text)] == codes
    assert all(text[one.start : one.end] for one in relatives(text))


@pytest.mark.parametrize(
    "text",
    [
        "diabetes",
        "no family history of cancer",
        "some kind of cancer",
        "mother-in-law with diabetes",
        "stepmother, step-father",
        "Schwiegermutter",
        "great aunt",
        "Muttermal, Gebärmutter, Krankenschwester",
        "Sister Mary Joseph nodule",
        "cancer on the mother's side",
        "epilepsy as a child",
        "Epilepsie als Kind",
        "Child-Pugh B",
    ],
)
def test_a_relative_that_is_not_said(text: str) -> None:
    assert relatives(text) == []


def test_each_relative_gets_what_is_said_of_it() -> None:
    def said(text: str) -> list[tuple[str, str]]:
        return [(one.code, words) for one, words in said_of(text)]

    assert said("Father died of infarction, mother has diabetes") == [
        ("FTH", "Father died of infarction"),
        ("MTH", "mother has diabetes"),
    ]
    together = "Mutter und Schwester: Brustkrebs"
    assert said(together) == [("MTH", together), ("SIS", together)]
    unclear = "cancer in the mother, diabetes in the father"
    assert said(unclear) == [("MTH", unclear), ("FTH", unclear)]


def test_the_relationship_is_the_relative_that_the_item_names() -> None:
    report = (
        "Mother had breast cancer at age 44. Father died at 50. Mother and sister: gout. FH: COPD."
    )
    planted = ("Mother had breast cancer at age 44", "Father died at 50", "Mother and sister: gout")
    found = _resources(report, *(("family_history", w, "present") for w in (*planted, "COPD")))
    assert {r["resourceType"] for r in found} == {"FamilyMemberHistory"}
    codes = [_code(r, "relationship") for r in found]
    assert codes == ["MTH", "FTH", "MTH", "SIS", "FAMMEMB"]
    assert found[0]["condition"][0]["onsetAge"]["value"] == 44
    assert "onsetAge" not in found[1]["condition"][0]  # the age is that of the death
    assert len({r["id"] for r in found}) == 5


def test_the_sentence_names_the_relative_where_the_item_does_not() -> None:
    report = (
        "His mother is well, a cousin has gout. Diabetes in his brother. Hypertension runs there."
    )
    planted: list[Planted] = [
        ("family_history", words, "present") for words in ("gout", "Diabetes", "Hypertension")
    ]
    codes = [_code(r, "relationship") for r in _resources(report, *planted)]
    assert codes == ["COUSN", "BRO", "FAMMEMB"]
    unknown = [_code(r, "relationship") for r in _resources(report, *planted, known=False)]
    assert unknown == ["FAMMEMB"] * 3


def test_a_relatives_disease_is_not_the_patients_as_well() -> None:
    report = "Her father had colon cancer, but the patient herself has haemorrhoids. Asthma."
    whole = "Her father had colon cancer, but the patient herself has haemorrhoids"
    planted: list[Planted] = [
        ("family_history", whole, "present"),
        ("family_history", whole, "present"),  # twice: a model may
        ("family_history", "Asthma", "present"),  # nobody of the family is spoken of
        ("comorbidities", "colon cancer", "present"),
        ("comorbidities", "Asthma", "present"),
        ("diagnosis", "haemorrhoids", "present"),
    ]
    texts = [r["code"]["text"] for r in _resources(report, *planted) if "code" in r]
    assert texts == ["Asthma", "haemorrhoids"]
    accepted = ReviewState(frozenset({("comorbidities", 0)}))
    texts = [
        r["code"]["text"] for r in _resources(report, *planted, review=accepted) if "code" in r
    ]
    assert texts == ["colon cancer", "Asthma", "haemorrhoids"]


# Conditions


@pytest.mark.parametrize(
    ("text", "default", "status"),
    [
        ("pneumonia", "active", "active"),
        ("Pneumonia 2019, resolved", "inactive", "resolved"),
        ("Pneumonie 2019, abgeheilt", "inactive", "resolved"),
        ("breast cancer in remission", "active", "remission"),
        ("not resolved pneumonia", "active", "active"),
        ("unresolved pneumonia", "active", "active"),
        ("Pneumonia 2019", "inactive", "inactive"),
        ("seizures in childhood", "inactive", "inactive"),
        ("Zustand nach Apoplex", "inactive", "inactive"),
        # histories list lasting diseases, and a year may be when they were found
        ("hypertension", "inactive", None),
        ("diabetes mellitus 2010", "inactive", None),
        ("gastritis since 2015", "inactive", None),
        ("gout, inactive", "active", "inactive"),
        ("Childhood asthma, outgrown", "inactive", "resolved"),
        ("cystic fibrosis in 2006", "inactive", None),
        ("ischaemic heart disease with two previous events", "inactive", None),
        ("myocardial infarction 10 years ago", "inactive", "inactive"),
        ("previous pneumonia", "inactive", "inactive"),
        ("sarcoidosis diagnosed 2015", "active", "active"),
        ("stroke 2015", "active", None),
        ("history of stroke", "active", None),
        ("fever for the past 3 days", "active", "active"),
        ("pneumonia", None, None),
    ],
)
def test_whether_a_condition_lasts(text: str, default: str | None, status: str | None) -> None:
    assert clinical_status(text, default) == status


def test_the_sentence_may_say_that_it_is_over() -> None:
    assert clinical_status("Pneumonia", "active", "", " 2019, resolved.") == "resolved"
    assert clinical_status("Pneumonia", "active", "", ", not resolved.") == "active"
    assert clinical_status("Fever", "active", "", " had gradually subsided.") == "resolved"
    assert clinical_status("stroke", "active", "status post ", "") is None


@pytest.mark.parametrize("key", ["signs_symptoms", "comorbidities", "diagnosis"])
def test_only_what_is_present_has_a_clinical_status(key: str) -> None:
    report = "cough fever rash"
    words = zip(("cough", "fever", "rash"), ASSERTIONS, strict=True)
    found = _resources(report, *((key, word, assertion) for word, assertion in words))
    assert [_code(r, "clinicalStatus") for r in found] == ["active", None, None]


def test_what_a_history_denies_is_a_refuted_condition() -> None:
    everything = ReviewState(frozenset(("medical_surgical_history", n) for n in range(4)))
    found = _resources(
        "No diabetes. Pneumonia 2019. Appendectomy 2003. No surgery.",
        ("medical_surgical_history", "No diabetes", "absent"),
        ("medical_surgical_history", "Pneumonia 2019", "present"),
        ("medical_surgical_history", "Appendectomy 2003", "present"),
        ("medical_surgical_history", "surgery", "absent"),
        review=everything,
    )
    assert [(r["resourceType"], r["code"]["text"]) for r in found] == [
        ("Condition", "diabetes"),  # refuted, "No diabetes" would deny twice
        ("Condition", "Pneumonia 2019"),
        ("Procedure", "Appendectomy 2003"),
        ("Procedure", "surgery"),
    ]
    assert [_code(r, "verificationStatus") for r in found[:2]] == ["refuted", "confirmed"]
    assert [r["status"] for r in found[2:]] == ["completed", "not-done"]


@pytest.mark.parametrize(
    "text",
    [
        "infection after hip replacement",
        "stent thrombosis",
        "postoperative pain",
        "myocardial infarction with stent",
        "pacemaker infection",
        "pacemaker syndrome",
        "wandernder Schrittmacher",
        "persistent cough",
        "TEP-Lockerung",
        "hearing loss",
    ],
)
def test_what_came_of_an_operation_is_none(text: str) -> None:
    (found,) = _resources(text, ("medical_surgical_history", text, "present"))
    assert found["resourceType"] == "Condition"


@pytest.mark.parametrize(
    "text",
    [
        *("Small bowel resections", "PTA of the right leg", "tubal ligation", "pacemaker", "sinus surgeries in 1987"),
        *("two vaginal deliveries", "rotator cuff repair", "removal of a melanoma", "D&C", "ORIF left ankle"),
        *("Knie-TEP rechts 2018", "Schrittmacher seit 2015", "Metallentfernung", "Abrasio 2011", "Osteosynthese 2009"),
    ],
)  # fmt: skip
def test_an_operation_of_the_history_is_a_procedure(text: str) -> None:
    (found,) = _resources(text, ("medical_surgical_history", text, "present"))
    assert found["resourceType"] == "Procedure"


def test_what_a_model_alone_denies_does_not_read_as_a_humans_word() -> None:
    report = "No fever. No aspirin. CT not done. Cough."
    planted: list[Planted] = [
        ("signs_symptoms", "fever", "absent"),
        ("signs_symptoms", "Cough", "present"),
        ("diagnostic_techniques_procedures", "CT", "absent"),
        ("pharmacological_therapy", "aspirin", "absent"),
    ]
    found = _resources(report, *planted)
    said = [_code(r, "verificationStatus") or r["status"] for r in found]
    assert said == ["preliminary", "unconfirmed", "not-done", "not-taken"]
    assert {r["meta"]["security"][0]["code"] for r in found} == {"AIAST"}
    assert ["no human" in r.get("note", [{"text": ""}])[0]["text"] for r in found] == [
        *(True, False),
        *(True, True),
    ]
    fever = found[0]  # not refuted: what the model read
    assert (fever["resourceType"], fever["valueBoolean"]) == ("Observation", False)
    assert fever["code"]["text"] == "Signs and symptoms: fever"
    everything = ReviewState(
        frozenset((key, number) for key, _, _ in planted for number in range(2)), finished=True
    )
    found = _resources(report, *planted, review=everything)
    said = [_code(r, "verificationStatus") or r["status"] for r in found]
    assert said == ["refuted", "confirmed", "not-done", "not-taken"]
    assert not any("meta" in r or "note" in r for r in found)


def test_words_that_deny_are_no_condition_however_they_are_asserted() -> None:
    report = (
        "No further problems. Keine Antibiotika. no family history of stroke. fehlende Ischämie"
    )
    found = _resources(
        report,
        ("signs_symptoms", "fehlende Ischämie", "present"),
        ("medical_surgical_history", "No further problems", "present"),
        ("pharmacological_therapy", "Keine Antibiotika", "present"),
        ("family_history", "no family history of stroke", "present"),
    )
    assert [r["resourceType"] for r in found] == ["Observation"] * 4
    assert {r["valueString"] for r in found} == {
        *("No further problems", "Keine Antibiotika", "no family history of stroke"),
        "fehlende Ischämie",
    }


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("medical_surgical_history", "previously healthy"),
        ("medical_surgical_history", "past medical history was unremarkable"),
        ("medical_surgical_history", "lived alone"),
        ("medical_surgical_history", "had previously been well"),
        ("medical_surgical_history", "Vorgeschichte unauffällig"),
        ("family_history", "family history was unremarkable"),
        ("family_history", "There was no history of stroke"),
    ],
)
def test_that_somebody_was_well_is_not_a_condition(key: str, text: str) -> None:
    (found,) = _resources(text, (key, text, "present"))
    assert (found["resourceType"], found["valueString"]) == ("Observation", text)


def test_a_healthy_relative_has_no_condition() -> None:
    report = "Father healthy, mother had gout"
    father, mother = _resources(report, ("family_history", report, "present"))
    assert (_code(father, "relationship"), father["note"]) == ("FTH", [{"text": "Father healthy"}])
    assert "condition" not in father
    assert mother["condition"] == [{"code": {"text": "mother had gout"}}]


# Allergies

NONE, NO_DRUG = "716186003", "409137002"


@pytest.mark.parametrize(
    ("text", "substance", "code", "refuted"),
    [
        ("NKDA", None, NO_DRUG, False),
        ("NKA", None, NONE, False),
        ("No known allergies", None, NONE, False),
        ("no known drug allergies", None, NO_DRUG, False),
        ("no known allergies to medications", None, NO_DRUG, False),
        ("Allergies: none", None, NONE, False),
        ("denied allergies", None, NONE, False),
        ("keine Allergien bekannt", None, NONE, False),
        ("Allergien: keine bekannt", None, NONE, False),
        ("Keine Medikamentenallergien", None, NO_DRUG, False),
        ("Allergic to penicillin", "penicillin", None, False),
        ("Allergic to penicillin (rash)", "penicillin", None, False),
        ("severe peanut allergy", "peanut", None, False),
        ("Allergies: latex", "latex", None, False),
        ("Penicillinallergie", "Penicillin", None, False),
        ("Allergie gegen Jod", "Jod", None, False),
        ("no penicillin allergy", "penicillin", None, True),
        ("not allergic to penicillin", "penicillin", None, True),
        ("allergic to latex and iodine", "allergic to latex and iodine", None, False),
        ("seasonal allergies", "seasonal allergies", None, False),
    ],
)
def test_an_allergy_that_is_said(
    text: str, substance: str | None, code: str | None, refuted: bool
) -> None:
    found = allergy(text)
    assert found is not None
    assert found.text == (substance or text)
    assert (found.code[1] if found.code else None, found.refuted) == (code, refuted)


@pytest.mark.parametrize(
    "text", ["allergic rhinitis", "allergisches Asthma", "seen by the allergist", "penicillin", ""]
)
def test_what_is_not_an_allergy(text: str) -> None:
    assert allergy(text) is None


def test_allergies_under_a_history_are_allergies() -> None:
    report = "Allergic to penicillin (rash). NKDA. No known allergies. No penicillin allergy. Latexallergie?"
    planted: list[Planted] = [
        ("medical_surgical_history", "Allergic to penicillin (rash)", "present"),
        ("medical_surgical_history", "NKDA", "absent"),
        ("medical_surgical_history", "known allergies", "absent"),
        ("medical_surgical_history", "penicillin allergy", "absent"),
        ("medical_surgical_history", "Latexallergie", "possible"),
    ]
    found = _resources(report, *planted)
    denied = found[3]  # nobody has reviewed it: not refuted
    assert (denied["resourceType"], denied["valueBoolean"]) == ("Observation", False)
    others = [r for r in found if r is not denied]
    assert {r["resourceType"] for r in others} == {"AllergyIntolerance"}
    assert all(_code(r, "clinicalStatus") for r in others)  # ait-1
    said = [_code(r, "verificationStatus") for r in found]
    assert said == ["unconfirmed", "unconfirmed", "unconfirmed", None, "unconfirmed"]
    assert [_code(r, "code") for r in found] == [None, NO_DRUG, NONE, None, None]
    assert "penicillin" in denied["code"]["text"]
    assert found[0]["code"]["text"] == "penicillin"
    assert found[0]["note"] == [{"text": "Allergic to penicillin (rash)"}]  # the rash is not lost
    review = ReviewState(frozenset(("medical_surgical_history", n) for n in range(5)))
    said = [_code(r, "verificationStatus") for r in _resources(report, *planted, review=review)]
    assert said == ["confirmed", "confirmed", "confirmed", "refuted", "unconfirmed"]


def test_what_somebody_is_allergic_to_is_not_taken() -> None:
    report = "Allergic to penicillin and latex. Not allergic to ibuprofen. Takes lisinopril."
    drugs = ("penicillin", "ibuprofen", "lisinopril")
    found = _resources(report, *(("pharmacological_therapy", drug, "present") for drug in drugs))
    assert [r["resourceType"] for r in found] == [
        "AllergyIntolerance",
        "MedicationStatement",
        "MedicationStatement",
    ]


# Laboratory values


@pytest.mark.parametrize(
    ("text", "name", "value", "ucum"),
    [
        ("Glucose 180 mg/dL", "Glucose", 180, "mg/dL"),
        ("HbA1c 7,2 %", "HbA1c", 7.2, "%"),
        ("temperature of 37.9 °C", "temperature", 37.9, "Cel"),
        ("Kalium: 4,8 mmol/l", "Kalium", 4.8, "mmol/L"),
        ("WBC 12.3 x10^3/µl", "WBC", 12.3, "10*3/uL"),
        ("WBC 12.3 10³/μl", "WBC", 12.3, "10*3/uL"),
        ("platelets 231 x10^9/L", "platelets", 231, "10*9/L"),
        ("Leukozyten 15,2 G/l", "Leukozyten", 15.2, "10*9/L"),  # giga, not gram
        ("Protein 15,2 g/l", "Protein", 15.2, "g/L"),
        ("Troponin T 0,123 ng/ml", "Troponin T", 0.123, "ng/mL"),
        ("Vitamin B12 250 pg/ml", "Vitamin B12", 250, "pg/mL"),
        ("HR 104/min", "HR", 104, "/min"),
        ("sodium level, 136 mEq/L", "sodium level", 136, "meq/L"),
        ("pH 7.35", "pH", 7.35, None),
        ("INR 2,5", "INR", 2.5, None),
    ],
)
def test_a_result_that_is_certain(text: str, name: str, value: float, ucum: str | None) -> None:
    found = measurement(text)
    assert found is not None
    assert (found.name, found.value, found.ucum, found.comparator) == (name, value, ucum, None)


@pytest.mark.parametrize(
    "text",
    [
        # thousands in one language, decimals in the other
        *("Platelets 1,000/µl", "NT-proBNP 8.420 pg/ml", "Thrombozyten 150.000/µl"),
        *("TSH 2.345 mU/l", "Platelets 150 000/µl", "Platelets 1'000/µl", "CK 1.234,5 U/l"),
        # more than one number
        *("BP 120/80 mmHg", "CRP 3-5 mg/l", "Lactate 2.1 – 3.4 mmol/l", "Na 13 5 mmol/l"),
        *("Gewicht sank von 84 auf 77 kg", "Glucose 5 mmol/l 90 mg/dl", "HbA1c 7% (53 mmol/mol)"),
        # part of the number, of the name or of the unit
        *("½ mg", "Aspirin ½ mg", "WBC 10^3/µl", "Leukozyten 10³/µl", "BE -5 mmol/l"),
        *("CA 125", "CA 19-9 40 U/ml", "CA 125 40 U/ml", "Ki-67 35%", "Glucose 1.8 x 10^2 mg/dL"),
        # not the result itself
        *("Hb dropped by 2 g/dl", "ferritin over 1000 µg/l", "mean glucose 180 mg/dl", "~9 g/dl"),
        *("Hb levels had been 14.6 g/dl", "valproate was elevated 140 mg/l"),
        *("AST/ALT 41 U/L", "HCO3– 24 mmol/l"),
        *("Hb ~9 g/dl", "up to 39 °C", "not 5 mg/l", "target INR 2,5"),
        # no unit, one that is not known, words behind
        *("Sodium 140", "WBC 9 T/dl", "Glucose 180 mg/dL on admission", "NYHA III", "5 mg/dl", ""),
        "WBC 12 G/dl",
    ],
)
def test_a_result_that_is_not_certain_is_left_alone(text: str) -> None:
    assert measurement(text) is None


@pytest.mark.parametrize(
    ("text", "comparator"),
    [
        *(("CRP <5 mg/l", "<"), ("CRP ≤ 5 mg/l", "<=")),
        *(("CRP > 5 mg/l", ">"), ("CRP >= 5 mg/l", ">=")),
    ],
)
def test_a_bound_is_not_a_number(text: str, comparator: str) -> None:
    found = measurement(text)
    assert found is not None
    assert (found.value, found.comparator) == (5, comparator)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("Glucose 180 mg/dL (70-100)", (70, 100)),
        ("Natrium 140 mmol/l [Norm: 135 - 145 mmol/l]", (135, 145)),
        ("Kreatinin 1,10 mg/dl (0,5–1,2)", (0.5, 1.2)),
        ("Glucose 180 mg/dL (2019-2020)", None),
        ("Glucose 180 mg/dL (100-70)", None),
        ("Glucose 180 mg/dL (3.9-5.5 mmol/l)", None),
        ("Glucose 180 mg/dL (1.000-2.000)", None),
        ("Glucose 180 mg/dL (yesterday)", None),
    ],
)
def test_a_reference_range(text: str, bounds: tuple[float, float] | None) -> None:
    found = measurement(text)
    assert (found and (found.low, found.high)) == bounds


def test_a_laboratory_value_becomes_a_quantity_or_stays_as_it_is_written() -> None:
    texts = (
        "Glucose 180 mg/dL (70-100)",
        "CRP <5 mg/l",
        "BP 120/80 mmHg",
        "Fe 5 mg/l",
        "Na 140 mmol/l",
    )
    said: tuple[Assertion, ...] = ("present", "present", "present", "absent", "possible")
    report = "; ".join(texts)
    found = _resources(
        report,
        *(("laboratory_values", t, a) for t, a in zip(texts, said, strict=True)),
        ("age", "140 mmol/l", "present"),  # a category that does not ask for it
    )
    glucose, crp, pressure, iron, sodium, age = found
    assert glucose["code"] == {"text": "Glucose"}
    unit = {"unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}
    assert glucose["valueQuantity"] == {"value": 180} | unit
    bounds = {"low": {"value": 70} | unit, "high": {"value": 100} | unit, "text": "70-100"}
    assert glucose["referenceRange"] == [bounds]
    assert glucose["note"] == [{"text": texts[0]}]
    assert crp["valueQuantity"]["comparator"] == "<"
    assert pressure["valueString"] == "BP 120/80 mmHg"
    assert iron["valueBoolean"] is False and "valueQuantity" not in iron
    assert "dataAbsentReason" in sodium and "valueQuantity" not in sodium
    assert age["valueString"] == "140 mmol/l"


# The schema decides

OWN = {
    "title": "Own",
    "properties": {
        "beschwerde": {
            "title": "Beschwerde",
            "x-fhir": {"resource": "Condition", "clinicalStatus": "active"},
            "x-terminologies": ["hpo"],
        },
        "mittel": {
            "title": "Mittel",
            "x-fhir": {"resource": "MedicationStatement"},
            "x-terminologies": ["drugs"],
        },
        "sippe": {"title": "Sippe", "x-fhir": {"resource": "FamilyMemberHistory"}},
        "allergie": {"title": "Allergie", "x-fhir": {"resource": "AllergyIntolerance"}},
        "mood": {"title": "Mood"},
        "diagnosis": {"title": "Diagnosis"},
    },
}


def test_a_schema_of_other_keys_says_what_its_categories_are() -> None:
    schema = parse_schema(json.dumps(OWN), "own")
    report = "Husten, Aspirin, Vater, Latex, gut, Gicht"
    words = report.split(", ")
    planted = [(k, w, "present") for k, w in zip(schema.keys, words, strict=True)]
    found = _resources(report, *planted, schema=schema)  # type: ignore[arg-type]
    assert [r["resourceType"] for r in found] == [
        "Condition",
        "MedicationStatement",
        "FamilyMemberHistory",
        "AllergyIntolerance",
        "Observation",
        "Observation",  # whatever its key is called
    ]
    assert _code(found[0], "clinicalStatus") == "active"
    assert found[3]["code"] == {"text": "Latex"}
    part = schema.subset(("mittel",))
    (found_part,) = _resources("Aspirin", ("mittel", "Aspirin", "present"), schema=part)
    assert found_part["resourceType"] == "MedicationStatement"


def test_codes_that_a_human_chose_reach_every_resource() -> None:
    schema = load_schema("elmtex")
    code = Code("urn:x", "1", "one", 0.5, chosen=True)
    texts = {
        "medical_surgical_history": "Penicillin allergy",
        "laboratory_values": "Na 140 mmol/l",
        "family_history": "mother and father: gout",
    }
    items = dict.fromkeys(schema.keys, ()) | {
        key: (Item(text, None, None, codes=(code,)),) for key, text in texts.items()
    }
    document = bundle(Extraction("r", "elmtex", "fake", "ok", (), items), schema)
    found = _of_items(document)
    assert len(found) == 4
    for resource in found:
        coded = resource.get("code") or resource["condition"][0]["code"]
        assert coded["coding"][0]["code"] == "1"
