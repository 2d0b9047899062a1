"""What rules, not the model, say of attributes."""

from dataclasses import replace

import pytest

from elmtex.extractors.listed_drugs import is_named
from elmtex.extractors.printed_results import with_printed_results
from elmtex.extractors.results import current_results
from elmtex.extractors.rules import by_rule
from elmtex.extractors.values import fitted, with_values
from elmtex.schema import load_schema, schema_templates
from elmtex.text.printed_row import printed_row
from elmtex.text.rows import row_head
from elmtex.text.sections import Sectioned
from elmtex.types import Attribute, Item

CLINICAL = load_schema("clinical")
TESTS, TISSUE = "diagnostic_techniques_procedures", "pathology"
HISTORY, DRUG = "medical_surgical_history", "pharmacological_therapy"
THERAPY = "interventional_therapy"


def place(report: str, words: str, type: str = "") -> tuple[str, int, int]:
    start = report.index(words)
    return words, start, start + len(words)


@pytest.mark.parametrize(
    ("words", "said", "right"),
    [
        ("p.o.", "frequency", "route"),
        ("s.c.", "dose", "route"),
        ("b.i.d.", "route", "frequency"),
        ("1-0-1", "dose", "frequency"),
        ("5 mg", "dose", "dose"),
        ("for 5 days", "frequency", "duration"),
        ("5 days", "when", "when"),
        ("tablets", "route", "route"),  # no list knows it: as the model says
        ("twice daily", "frequency", "frequency"),
    ],
)
def test_closed_lists_decide_the_type(words: str, said: str, right: str) -> None:
    report = f"Aspirin {words}"
    drug = Item(*place(report, "Aspirin"), attributes=(Attribute(said, *place(report, words)),))
    (ruled,) = by_rule({"pharmacological_therapy": (drug,)}, CLINICAL, report)[
        "pharmacological_therapy"
    ]
    assert [(a.type, a.text) for a in ruled.attributes] == [(right, words)]


@pytest.mark.parametrize(
    ("words", "stays"), [("is", False), ("Dann der", False), ("it is", False), ("not", True)]
)
def test_words_that_tell_nothing_are_no_attribute(words: str, stays: bool) -> None:
    report = f"Pain {words} left"
    pain = Item(*place(report, "Pain"), attributes=(Attribute("detail", *place(report, words)),))
    (ruled,) = by_rule({"signs_symptoms": (pain,)}, CLINICAL, report)["signs_symptoms"]
    assert [a.text for a in ruled.attributes] == [words] * stays


@pytest.mark.parametrize(
    ("words", "stays"), [("Cranial nerves", False), ("Heart failure NYHA", True)]
)
def test_the_number_of_a_nerve_is_no_severity(words: str, stays: bool) -> None:
    report = f"{words} II"
    grade = Attribute("severity", *place(report, "II"))
    (ruled,) = by_rule(
        {"signs_symptoms": (Item(*place(report, report), attributes=(grade,)),)}, CLINICAL, report
    )["signs_symptoms"]
    assert bool(ruled.attributes) == stays


def test_attributes_stay_in_the_order_of_the_schema() -> None:
    report = "Aspirin p.o. 5 mg"
    attributes = (
        Attribute("dose", *place(report, "5 mg")),
        Attribute("frequency", *place(report, "p.o.")),
    )
    drug = Item(*place(report, "Aspirin"), attributes=attributes)
    (ruled,) = by_rule({"pharmacological_therapy": (drug,)}, CLINICAL, report)[
        "pharmacological_therapy"
    ]
    assert [a.type for a in ruled.attributes] == ["dose", "route"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("oral prednisolone 5 mg", [("dose", "5 mg"), ("route", "oral")]),
        ("Prednisolon 2,5 mg per os", [("dose", "2,5 mg"), ("route", "per os")]),
        ("Heparin i. v.", [("route", "i. v.")]),
        ("Aspirin im Wechsel mit Ibuprofen", []),
        ("Digoxin 5 Tage", []),
        (
            "amoxicillin 1 g three times daily",
            [("dose", "1 g"), ("frequency", "three times daily")],
        ),
        ("Ramipril 1,25 mg 1 - 0 - 0 - 0", [("dose", "1,25 mg"), ("frequency", "1 - 0 - 0 - 0")]),
        ("NaCl 3 %", []),
    ],
)
def test_a_drug_names_its_dose_route_and_frequency(
    words: str, named: list[tuple[str, str]]
) -> None:
    report = f"Takes {words}."
    item = Item(*place(report, words))
    (ruled,) = by_rule({"pharmacological_therapy": (item,)}, CLINICAL, report)[
        "pharmacological_therapy"
    ]
    assert [(a.type, report[a.start : a.end]) for a in ruled.attributes] == named
    assert [(a.type, a.text) for a in ruled.attributes] == named
    (finding,) = by_rule({"signs_symptoms": (item,)}, CLINICAL, report)["signs_symptoms"]
    assert {a.type for a in finding.attributes} <= {"frequency"}


@pytest.mark.parametrize("words", ["12.5 mg two times a day", "12.5 mg, two times a day"])
def test_a_dose_leaves_the_frequency_what_is_its(words: str) -> None:
    report = f"metoprolol {words}"
    dose = Attribute("dose", *place(report, words))
    drug = Item(report, 0, len(report), attributes=(dose,))
    (ruled,) = by_rule({"pharmacological_therapy": (drug,)}, CLINICAL, report)[
        "pharmacological_therapy"
    ]
    named = [("dose", "12.5 mg"), ("frequency", "two times a day")]
    assert [(a.type, report[a.start : a.end]) for a in ruled.attributes] == named
    assert [(a.type, a.text) for a in ruled.attributes] == named


def test_a_result_has_one_test_and_no_value_among_its_words() -> None:
    report = "high-sensitivity troponin T at discharge 412 ng/L"
    attributes = (
        Attribute("test", *place(report, "high-sensitivity troponin T"), 0.9),
        Attribute("test", *place(report, "discharge"), 0.6),
        Attribute("value", *place(report, "high-sensitivity"), 0.8),
        Attribute("value", *place(report, "412 ng/L"), 0.8),
    )
    result = Item(report, 0, len(report), attributes=attributes)
    (ruled,) = by_rule({"laboratory_values": (result,)}, CLINICAL, report)["laboratory_values"]
    assert ruled.attributes == (attributes[0], attributes[3])


TABLE = "Labor\t01.03.\t02.03.\tRef.\nCRP\t12\t34\t<5\nHb\t7,2 g/dl\n"


def test_every_cell_of_a_row_has_its_test() -> None:
    values = tuple(Item(*place(TABLE, words)) for words in ("CRP\t12", "34", "7,2 g/dl"))
    found = by_rule({"laboratory_values": values}, CLINICAL, TABLE)["laboratory_values"]
    heads = [[(a.type, a.text, TABLE[a.start : a.end]) for a in item.attributes] for item in found]
    assert heads == [[], [("test", "CRP", "CRP")], [("test", "Hb", "Hb")]]


@pytest.mark.parametrize(
    ("line", "words", "head"),
    [
        ("| Natrium: | 136 | 140 |", "140", "Natrium"),
        ("   WBC     15.2", "15.2", "WBC"),
        ("Er ist wach.  CRP 12", "CRP 12", None),  # two sentences
        ("12  34", "34", None),  # no words
        ("WBC 15.2", "15.2", None),  # one cell
        ("A long sentence that runs on and on to its end  12", "12", None),
    ],
)
def test_head_of_a_row(line: str, words: str, head: str | None) -> None:
    report = f"Some line\n{line}\nNext  line"
    found = row_head(report, report.index(words))
    assert (report[slice(*found)] if found else None) == head


@pytest.mark.parametrize(
    ("words", "assertion"),
    [
        ("Return if you develop fever", "possible"),
        ("Please call the clinic should the wound open", "possible"),
        ("Bitte melden, falls Fieber auftritt", "possible"),
        ("Wiedervorstellung bei Dr. Weber in 4 Wochen", "present"),
        ("returned home", "present"),
        ("walk daily", "present"),
    ],
)
def test_advice_under_a_condition_is_possible(words: str, assertion: str) -> None:
    report = f"Plan: {words}."
    item = Item(*place(report, words))
    (ruled,) = fitted({"plan": (item,)}, CLINICAL, Sectioned.of(report))["plan"]
    assert ruled.assertion == assertion


LABS = """Labor         12.10.     15.10.     Norm
Kreatinin     168        139        60-105
CRP mg/l      28         < 5        < 5
Leukozyten    9,6        7,9        4,0-11,0 /nl
Hunger        1-2        3-4
"""


def test_a_reference_range_is_no_result_and_a_value_is_one_cell() -> None:
    words = ("168", "139", "60-105", "28", "< 5", "4,0-11", "3-4")
    values = [Item(*place(LABS, one)) for one in words]
    last = LABS.index("< 5", LABS.index("< 5") + 1)
    values.append(Item("< 5", last, last + 3))
    (start,) = {LABS.index("139")}
    both = Attribute("value", LABS[start : start + 17], start, start + 17)
    assert both.text.endswith("60-105")
    values[1] = Item("139", start, start + 3, attributes=(both,))
    results = current_results({"laboratory_values": tuple(values)}, CLINICAL, LABS)
    found = by_rule(results, CLINICAL, LABS)["laboratory_values"]
    # "4,0-11" is a part of its cell; "< 5" is a result below the second date; a row of ranges has no reference.
    assert [item.text for item in found] == ["168", "139", "28", "< 5", "3-4"]
    assert [(a.type, a.text) for a in found[1].attributes] == [
        ("test", "Kreatinin"),
        ("value", "139"),
    ]
    limits = (Item(*place(LABS, "60-105")),)
    (finding,) = current_results({"signs_symptoms": limits}, CLINICAL, LABS)["signs_symptoms"]
    assert finding.text == "60-105"


@pytest.mark.parametrize(
    ("report", "words", "key", "assertion"),
    [
        ("Eine Koloskopie lehnte der Patient ab.", "Koloskopie", TESTS, "absent"),
        ("Koloskopie am 3.5. Eine Operation lehnt er ab.", "Koloskopie", TESTS, "present"),
        ("Die Bluttransfusion wurde abgelehnt.", "Bluttransfusion", THERAPY, "absent"),
        ("Er lehnt sich an. Echokardiographie.", "Echokardiographie", TESTS, "present"),
        ("WBC 11, platelets not noted.", "platelets not noted", "laboratory_values", "absent"),
        ("INR not measured since 2.1", "INR not measured since 2.1", "laboratory_values", "present"),
        ("Fieber lehnt er ab", "Fieber", "signs_symptoms", "present"),
    ],
)  # fmt: skip
def test_what_was_refused_or_not_measured_is_absent(
    report: str, words: str, key: str, assertion: str
) -> None:
    item = Item(words, report.index(words), report.index(words) + len(words))
    found = fitted({key: (item,)}, CLINICAL, Sectioned.of(report))
    assert [i.assertion for i in found[key]] == [assertion]


@pytest.mark.parametrize(
    ("report", "age", "ages", "genders"),
    [
        ("72 y/o F with COPD.", "72", ["72 y/o"], ["F"]),
        ("Vorstellung des 7 Monate alten Knaben.", "7 Monate alten", ["7 Monate alten"], ["Knaben"]),
        ("A 58-year-old man", "58-year-old", ["58-year-old"], ["man"]),
        ("58 years, fever", "58", ["58 years"], []),
        ("58", "58", ["58"], []),
        ("A 45-year-old patient", "45-year-old", ["45-year-old"], []),
        ("3 J., mit dem Vater (71 J.)", "71", ["71 J"], []),
        ("His 52-year-old mother died", "52-year-old", ["52-year-old"], []),
        ("45 yrs old, lady", "45", ["45 yrs old"], ["lady"]),
        ("2 wochen alte Tochter", "2", ["2 wochen alte"], []),
        ("45\nDays of fever: 3", "45", ["45"], []),
    ],
)  # fmt: skip
def test_an_age_has_its_unit_and_the_gender_stands_behind_it(
    report: str, age: str, ages: list[str], genders: list[str]
) -> None:
    at = report.index(age)
    read = Sectioned.of(report)
    found = fitted({"age": (Item(age, at, at + len(age)),)}, CLINICAL, read)
    assert [i.text for i in found["age"]] == ages
    assert [i.text for i in found.get("gender", ())] == genders
    assert all(report[i.start : i.end] == i.text for row in found.values() for i in row)
    assert fitted(found, CLINICAL, read) == found


PRINTED = """LABORATORY
                 03/11    09/11    Ref
NT-proBNP ng/L   8,420    2,910    <300
Creatinine       162 umol/L        45-84
Na\t128\tmmol/l\tL\t135-145
Ramipril   5 mg   for his heart
Echo 04/11:  LVEF 32%, moderate mitral regurgitation
"""


@pytest.mark.parametrize(
    ("line", "test", "results", "unit", "limits"),
    [
        ("NT-proBNP ng/L   8,420    2,910    <300", "NT-proBNP", ["8,420", "2,910"], "ng/L", "<300"),
        ("Na\t128\tmmol/l\tL\t135-145", "Na", ["128"], "mmol/l", "135-145"),
        ("| Hb | 10.1 H | g/dL | 12-16 |", "Hb", ["10.1"], "g/dL", "12-16"),
        ("Vitamin D   12   ng/ml   30-100", "Vitamin D", ["12"], "ng/ml", "30-100"),
        ("CA 19-9   37 U/ml   -   41 U/ml", "CA 19-9", ["37 U/ml", "41 U/ml"], None, None),
        ("Leukozyten [G/l]   12,3 ↑", "Leukozyten", ["12,3"], "G/l", None),
        ("HIV   Negative", "HIV", ["Negative"], None, None),
        ("Diurese   2 l   1,5 l", "Diurese", ["2 l", "1,5 l"], None, None),
        ("Krea   1,9   (mg/dl)   0,7-1,2", "Krea", ["1,9"], "mg/dl", "0,7-1,2"),
        ("NT-proBNP (pg/ml)  8450  2130", "NT-proBNP", ["8450", "2130"], "pg/ml", None),
        ("HCO3   14 L   18 L", "HCO3", ["14", "18"], None, None),
        ("FEV1   1.2 L   1.4 L", "FEV1", ["1.2 L", "1.4 L"], None, None),
    ],
)  # fmt: skip
def test_a_printed_row_is_a_test_its_results_their_unit_and_range(
    line: str, test: str, results: list[str], unit: str | None, limits: str | None
) -> None:
    report = f"                 03/11    09/11    Ref\n{line}"
    row = printed_row(report, len(report) - 1)
    assert row is not None
    words = [report[slice(*span)] if span else None for span in (row.test, row.unit, row.limits)]
    assert words == [test, unit, limits]
    assert [report[slice(*span)] for span in row.results] == results


@pytest.mark.parametrize(
    "line",
    [
        "Ramipril   5 mg   1-0-0",
        "Datum   12.10.2026   01.07.2026",
        "He had a temperature of 38.2 and was seen.   Then he left.",
        "Hb 10.1",
        "   5   6",
        "Chest pain   since 3 days",
    ],
)
def test_any_other_line_is_no_printed_row(line: str) -> None:
    assert printed_row(line, 0) is None


def test_a_printed_row_in_which_one_result_was_found_gives_all_of_them() -> None:
    def lab(words: str, value: str, confidence: float) -> Item:
        attributes = (Attribute("value", *place(PRINTED, value)),)
        return Item(*place(PRINTED, words), confidence=confidence, attributes=attributes)

    items = (
        lab("NT-proBNP ng/L", "ng/L", 0.5),  # the unit is no value
        lab(
            "Creatinine       162", "45-84", 0.75
        ),  # nor is the reference range; and the cell is whole
        lab("Na\t128", "128", 0.25),
    )
    found = with_printed_results({"laboratory_values": items}, CLINICAL, PRINTED)
    valued = with_values(found, CLINICAL, PRINTED)["laboratory_values"]
    assert [i.text for i in valued] == [
        "NT-proBNP ng/L   8,420",
        "2,910",
        "Creatinine       162 umol/L",
        "Na\t128",
    ]
    said = [{a.type: a.text for a in i.attributes} for i in valued]
    assert [s["test"] for s in said] == ["NT-proBNP", "NT-proBNP", "Creatinine", "Na"]
    assert [s["value"] for s in said] == ["8,420", "2,910", "162 umol/L", "128"]
    quantities = [a.value for i in valued for a in i.attributes if a.type == "value"]
    assert [(q.value, q.code) for q in quantities] == [
        (8420, "ng/L"),
        (2910, "ng/L"),
        (162, "umol/L"),
        (128, "mmol/L"),
    ]
    assert [i.confidence for i in valued] == [0.5, 0.5, 0.75, 0.25]
    assert all(PRINTED[a.start : a.end] == a.text for i in valued for a in i.attributes)
    assert with_printed_results({"laboratory_values": valued}, CLINICAL, PRINTED) == {
        "laboratory_values": valued
    }


def test_a_result_outside_of_tables_stays_as_it_is() -> None:
    item = Item(
        *place(PRINTED, "LVEF 32%"), attributes=(Attribute("value", *place(PRINTED, "32%")),)
    )
    items = {"laboratory_values": (item,)}
    assert with_printed_results(items, CLINICAL, PRINTED) == items


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Koloskopie vom 13.10", False),
        ("CRP 13.10", True),
        ("am 13.10.2026 CRP 5", True),
        ("FEES 14.05", False),
        ("Labor 18.02", False),
        ("Sono vom 3.5.", False),
    ],
)
def test_a_part_of_a_date_is_no_result(words: str, kept: bool) -> None:
    report = "Koloskopie vom 13.10.2026: Polyp. Labor: CRP 13.10 mg/l, am 13.10.2026 CRP 5 mg/l, FEES 14.05.: frei. Labor 18.02. Leukos 9. Sono vom 3.5."
    item = Item(*place(report, words))
    found = current_results({"laboratory_values": (item,)}, CLINICAL, report)
    assert bool(found["laboratory_values"]) == kept


def test_a_dash_is_no_attribute() -> None:
    report = "- Anämie, CRP +"
    dash, plus = Attribute("when", *place(report, "-")), Attribute("value", *place(report, "+"))
    items = {
        "diagnosis": (Item(*place(report, "Anämie"), attributes=(dash,)),),
        "laboratory_values": (Item(*place(report, "CRP +"), attributes=(plus,)),),
    }
    found = by_rule(items, CLINICAL, report)
    assert [i.attributes for row in found.values() for i in row] == [(), (plus,)]


@pytest.mark.parametrize(
    ("report", "words", "assertion"),
    [
        ("- Primär sklerosierende Cholangitis, Verdacht", "Primär sklerosierende Cholangitis", "possible"),
        ("4. Obstructive sleep apnoea (suspected)\n5. Gout", "Obstructive sleep apnoea", "possible"),
        ("Pneumonie?", "Pneumonie", "possible"),
        ("Pneumonia? Yes", "Pneumonia", "present"),
        ("asthma suspected to be allergic", "asthma", "present"),
    ],
)  # fmt: skip
def test_what_is_called_suspected_behind_it_is_possible(
    report: str, words: str, assertion: str
) -> None:
    items = {"diagnosis": (Item(*place(report, words)),)}
    (item,) = fitted(items, CLINICAL, Sectioned.of(report))["diagnosis"]
    assert item.assertion == assertion


@pytest.mark.parametrize(
    ("report", "assertion"),
    [
        ("MEDICATION\nAtorvastatin 40 mg at night\nMetformin STOPPED\n", "present"),
        ("MEDICATION\n- Metformin 1 g\n- Atorvastatin 40 mg\n", "present"),
        ("MEDICATION\nAtorvastatin 40 mg stopped\n", "absent"),
        ("MEDICATION\n- Atorvastatin 40 mg\n    stopped because of myalgia\n", "absent"),
        ("MEDICATION\nno longer on Atorvastatin\n", "absent"),
        ("Discontinued medication:\nAtorvastatin 40 mg\n", "absent"),
        ("PLAN\nAtorvastatin 40 mg at night\n", "possible"),
        ("Medikation: Atorvastatin 2,5 mg 0-0-1, HCT pausiert", "present"),
        ("Medikation: Ramipril 5 mg, Atorvastatin 40 mg; HCT pausiert", "present"),
        ("Medikation: Atorvastatin, HCT 5 mg pausiert", "absent"),
        ("Medikation:\nPausiert: Atorvastatin 5 mg, HCT 12,5 mg", "absent"),
        ("Medikation: Ramipril und HCT mit Atorvastatin 5 mg", "present"),
    ],
)
def test_a_drug_of_a_list_is_not_stopped_by_its_neighbour(report: str, assertion: str) -> None:
    drug = Item(*place(report, "Atorvastatin"), assertion="absent")
    found = fitted({"pharmacological_therapy": (drug,)}, CLINICAL, Sectioned.of(report))
    assert [i.assertion for i in found[DRUG] if i.text == drug.text] == [assertion]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("Bisoprolol 5 mg (increased)", "increased"),
        ("Bisoprolol STOPPED", "STOPPED"),
        ("Bisoprolol - pausiert.\nRamipril", "pausiert"),
        ("Bisoprolol 5 mg (neu, seit Mai)", "neu"),
        ("Bisoprolol 5 mg (for his heart)", None),
        ("Bisoprolol was not stopped", None),
    ],
)
def test_a_status_behind_a_drug_is_its_own(line: str, status: str | None) -> None:
    words = "Bisoprolol 5 mg" if "5 mg" in line else "Bisoprolol"
    items = {"pharmacological_therapy": (Item(*place(line, words)),)}
    (item,) = by_rule(items, CLINICAL, line)["pharmacological_therapy"]
    assert [a.text for a in item.attributes if a.type == "status"] == ([status] if status else [])


@pytest.mark.parametrize(
    ("report", "words", "assertion"),
    [
        ("Keine Zunahme der Ergüsse.", "Ergüsse", "present"),
        ("Keine Befundänderung der bekannten Leberzirrhose.", "Leberzirrhose", "present"),
        ("No significant change in the known effusion.", "effusion", "present"),
        ("Keine Zunahme der Ergüsse.", "Zunahme der Ergüsse", "absent"),
        ("No change. No effusion.", "effusion", "absent"),
        ("No change or effusion.", "effusion", "absent"),
        # What a denial leaves out
        (
            "He denies any complaints except for fatigue, malaise, and dyspnea.",
            "fatigue",
            "present",
        ),
        (
            "He denies any complaints except for fatigue, malaise, and dyspnea.",
            "dyspnea",
            "present",
        ),
        ("Keine Beschwerden außer leichtem Husten und Schnupfen.", "Schnupfen", "present"),
        ("Keine Beschwerden, abgesehen von Husten.", "Husten", "present"),
        ("He denies any complaints except for fatigue, no fever.", "fever", "absent"),
        ("He denies any complaints except for fatigue. Fever", "Fever", "absent"),
        ("She denies nausea other than after meals, vomiting, pain.", "vomiting", "absent"),
        ("Denies nausea and vomiting; no complaints other than cough.", "nausea", "absent"),
        ("No edema except for the ankles, clubbing, cyanosis.", "clubbing", "absent"),
        ("Denies symptoms except for when climbing stairs, syncope.", "syncope", "absent"),
        ("No complaints except for cough, fever denied.", "fever", "absent"),
        ("Keine Beschwerden außer Husten, Fieber verneint er.", "Fieber", "absent"),
        ("No complaints except for fatigue\n- nausea: none", "nausea", "absent"),
        ("No complaints except for fatigue\nNo rash", "fatigue", "present"),
        ("Keine Beschwerden außer nachts, Husten.", "Husten", "absent"),
    ],
)
def test_what_a_denial_does_not_reach_is_there(report: str, words: str, assertion: str) -> None:
    items = {"signs_symptoms": (Item(*place(report, words), assertion="absent"),)}
    (item,) = fitted(items, CLINICAL, Sectioned.of(report))["signs_symptoms"]
    assert item.assertion == assertion


@pytest.mark.parametrize(
    ("report", "key", "words", "kept"),
    [
        ("Der Vater starb mit 58 Jahren am Infarkt.", "age", "58 Jahren", False),
        ("Der Vater starb mit 58 Jahren am Infarkt.", "medical_surgical_history", "Infarkt", False),
        ("Der Vater starb mit 58 Jahren. Infarkt 2016.", "medical_surgical_history", "Infarkt", True),
        ("Ihr Ehemann ist an Influenza erkrankt.", "diagnosis", "Influenza", False),
        ("His wife has noticed a hernia.", "diagnosis", "hernia", True),
        ("KM selbst mit Migräne bekannt", "diagnosis", "Migräne", False),
        ("Kidney donor (living, sister) has gout.", "diagnosis", "gout", False),
        ("FHx: M - gout, MGM - lupus", "diagnosis", "lupus", False),
        ("FHx: M - gout. Pt's own hx: lupus", "diagnosis", "lupus", True),
        ("Wir berichten über Frau Krebs.", "diagnosis", "Krebs", False),
        ("Voroperationen: AE", "medical_surgical_history", "Voroperationen", False),
        ("von der Ehefrau, die an MS leidet", "signs_symptoms", "MS leidet", False),
        ("Mutter berichtet, das Kind", "family_history", "Mutter berichtet", False),
        ("Asthma in der Kindheit", "diagnosis", "Asthma", False),
        ("Asthma in der Kindheit", "comorbidities", "Asthma", True),
        ("CC: DR M ABARA", DRUG, "ABARA", False),
        ("Seen by Dr. B. Aspirin was started.", DRUG, "Aspirin", True),
        ("Had a flu shot.", "diagnosis", "flu", False),
        ("Bypass-OP abgelehnt", DRUG, "Bypass-OP", False),
        ("Unter Clindamycin kam es 2019 zu Urtikaria.", DRUG, "Clindamycin", False),
        ("Unter Clindamycin kam es zu Besserung.", DRUG, "Clindamycin", True),
        ("Bekannte Unverträglichkeit gegenüber Diclofenac.", DRUG, "Diclofenac", False),
        ("Patient: Ewald Kretzschmer, geb. 22.08.1959", "signs_symptoms", "Kretzschmer", False),
        ("Patient: Husten seit drei Tagen", "signs_symptoms", "Husten", True),
        ("Neurologisch kein Defizit", "diagnostic_techniques_procedures", "Neurologisch", False),
        ("NECK: supple", "diagnostic_techniques_procedures", "NECK", False),
        ("Exanthem, am ehesten viral bedingt", "diagnosis", "viral bedingt", False),
        ("Dr. med. A. Lindhorst, Oberarzt", "diagnosis", "Lindhorst", False),
        ("Dr. Lindhorst sah eine Pneumonie.", "diagnosis", "Pneumonie", True),
        ("Dr. Lindhorst saw Pneumonia\non the film", "diagnosis", "Pneumonia", True),
        ("Klinik mit Fieber", "signs_symptoms", "Fieber", True),
        ("Pat.: Au, Ina, *01.02.1938, w, Haus Abendrot, 74613 Ulm", "diagnosis", "Abendrot", False),
        ("Pat.: Au, Ina, *01.02.1938, w. VHF und Sturz", "diagnosis", "VHF", True),
        ("J. Okonkwo-Baird, MD", "plan", "Okonkwo-Baird", False),
        ("Prof. Dr. med. R. Althoff, Chefarzt der Klinik", "diagnosis", "Althoff", False),
        ("J. Rautenberg, Fachärztin für Psychiatrie", "plan", "Fachärztin für Psychiatrie", False),
        ("Klinik für Orthopädie und Unfallchirurgie", "signs_symptoms", "Orthopädie", False),
        ("Patient: Bergmann, Horst, geb. 07.11.1961", "life_style", "Bergmann, Horst", False),
        ("Hauptstr. 77", "laboratory_values", "77", False),
        ("Am Klosterplatz 1, 97999 Rothenau", "laboratory_values", "1, 97999", False),
        ("Klosterberg 1, 97999 Rothenau", "laboratory_values", "1, 97999", False),
        ("Tag 3, 25000 IE Heparin", DRUG, "Heparin", True),
        ("Impfungen: Influenza, Pneumokokken", "diagnosis", "Influenza", False),
        ("25000 IE Heparin", DRUG, "Heparin", True),
        ("Holter monitoring 24 h", TESTS, "Holter monitoring 24 h", True),
        ("Department with chest pain", "signs_symptoms", "chest pain", True),
        ("Krankenhaus mit Sepsis", "diagnosis", "Sepsis", True),
        ("PMH:\nPD since 2015", "diagnosis", "PD", True),
        ("Dr. Jones started Aspirin for NSTEMI", DRUG, "Aspirin", True),
        ("A. Lindhorst, Oberarzt", "diagnosis", "Lindhorst", False),
        ("Patient: Horst Bergmann, geb. 07.11.1961. Therapie mit Ceftriaxon.", DRUG, "Ceftriaxon", True),
        ("Hb 9,8 g/dl bei Entlassung", "patient_outcome_assessment", "Entlassung", False),
        ("Pankreas: unauffällig", "signs_symptoms", "Pankreas", False),
        ("Der Patient klagt über Husten", "signs_symptoms", "klagt", False),
        ("Röntgen Thorax", "diagnostic_techniques_procedures", "Röntgen Thorax", True),
        ("neurologische Untersuchung", "diagnostic_techniques_procedures", "neurologische Untersuchung", True),
        ("We will refer to ENT", THERAPY, "ENT", False),
        ("Dr. Young from Plastic Surgery", THERAPY, "Plastic Surgery", False),
        ("She had plastic surgery", THERAPY, "plastic surgery", True),
        ("Z. n. Herzchirurgie", THERAPY, "Herzchirurgie", True),
        ("Herzchirurgie 2010, Stent", THERAPY, "Herzchirurgie", True),
        ("Anbindung Kardiologie 2023", THERAPY, "Kardiologie", False),
        ("Klinikum Neustadt, Abteilung Strahlentherapie", THERAPY, "Strahlentherapie", False),
        ("Klinik für Herzchirurgie und Angiologie", "diagnosis", "Angiologie", False),
        ("Klinik Fieber, Husten", "signs_symptoms", "Fieber", True),
        ("Dr. Meier: Pneumonie", "diagnosis", "Pneumonie", True),
        ("Given Mg and K", DRUG, "Mg", True),
        ("RECTAL: deferred", "diagnostic_techniques_procedures", "RECTAL", False),
        ("Cranial nerves II-XII intact", "diagnostic_techniques_procedures", "Cranial nerves II", False),
        ("Gespräch mit Herrn M.", "gender", "M", False),
        ("Mrs. F was admitted.", "gender", "F", False),
        ("72 y/o M with cough", "gender", "M", True),
        ("GENITALIA: Deferred.", "signs_symptoms", "Deferred", False),
        ("Dr. Young's results are pending.", "diagnostic_techniques_procedures", "Dr. Young's", False),
        ("She met her short-term therapy goals.", THERAPY, "short-term therapy goals", False),
        ("Her hospital course was uneventful.", "diagnostic_techniques_procedures", "hospital course", False),
        ("A course of physical therapy", THERAPY, "physical therapy", True),
        ("MRI of the pelvic floor", "diagnostic_techniques_procedures", "MRI of the pelvic floor", True),
        ("intubation by the team", THERAPY, "intubation by the team", True),
        ("Z. n. Kataraktchirurgie", THERAPY, "Kataraktchirurgie", True),
        ("Mitbehandlung durch die Kardiologie", THERAPY, "Kardiologie", False),
        ("Die Zytologie zeigt", "diagnostic_techniques_procedures", "Zytologie", True),
        ("SERVICE: General surgery C", THERAPY, "General surgery C", False),
        ("She is tolerating a regular diet.", THERAPY, "regular diet", False),
        ("Verträgt Kost", THERAPY, "Kost", False),
        ("He was put on a low-sodium diet.", THERAPY, "low-sodium diet", True),
        ("He will be on 20 mg p.o. daily.", DRUG, "20 mg p.o. daily", False),
        ("Ventolin; INHALE 2 PUFFS EVERY 4 HOURS; Therapy: 23Jul2010", DRUG, "INHALE 2 PUFFS EVERY 4 HOURS", False),
        ("Ventolin; INHALE 2 PUFFS EVERY 4 HOURS; Therapy: 23Jul2010", DRUG, "23Jul2010", False),
        ("Follow up with Dr. XYZ", DRUG, "Dr. XYZ", False),
        ("Given D10 as bolus", DRUG, "D10", True),
        ("IV fluids", DRUG, "IV fluids", True),
    ],
)  # fmt: skip
def test_what_is_a_relatives_or_a_name_is_no_finding_of_the_patient(
    report: str, key: str, words: str, kept: bool
) -> None:
    items = {"family_history": (), key: (Item(*place(report, words)),)}
    if report.startswith("Der Vater"):
        items["family_history"] = (Item(*place(report, report[: report.index(".")])),)
    assert bool(fitted(items, CLINICAL, Sectioned.of(report))[key]) == kept


@pytest.mark.parametrize(
    ("report", "words", "own"),
    [
        ("His brother has epilepsy. The patient has migraines.", "migraines", "migraines"),
        ("Her mother had a stroke. She has gout herself.", "gout herself", "gout"),
        ("Her brother is well. She herself has colitis.", "colitis", "colitis"),
        ("Sister with lupus; patient with gout.", "patient with gout", "gout"),
        ("The patient has a brother with gout.", "gout", None),
        ("FA: Schwester Lupus. Selbst nur Z. n. Gicht.", "Gicht", "Gicht"),
        ("Her mother has gout herself.", "gout", None),
    ],
)
def test_what_is_the_patients_again_is_no_relatives(
    report: str, words: str, own: str | None
) -> None:
    items = {"family_history": (Item(*place(report, words)),)}
    found = fitted(items, CLINICAL, Sectioned.of(report))
    past = [i.text for i in found.get("medical_surgical_history", ())]
    assert past == ([own] if own else [])
    assert bool(found["family_history"]) == (own is None)


@pytest.mark.parametrize(
    ("report", "past"),
    [
        ("Die Übelkeit ist inzwischen vollständig abgeklungen.", True),
        ("Die Übelkeit ist nicht vollständig abgeklungen.", False),
        ("Die Übelkeit hat sich unter MCP komplett zurückgebildet.", True),
    ],
)
def test_what_went_altogether_is_past(report: str, past: bool) -> None:
    items = {"signs_symptoms": (Item(*place(report, "Übelkeit")),)}
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert bool(found.get("medical_surgical_history")) == past


def test_a_finding_that_did_not_grow_is_cut_out() -> None:
    report = "No interval change in 6 mm RUL nodule."
    (item,) = (Item(*place(report, "interval change in 6 mm RUL nodule"), assertion="absent"),)
    (found,) = fitted({"signs_symptoms": (item,)}, CLINICAL, Sectioned.of(report))["signs_symptoms"]
    assert (found.text, found.assertion) == ("6 mm RUL nodule", "present")
    assert report[found.start : found.end] == found.text


def test_a_disease_of_childhood_is_past() -> None:
    report = "Als Kind Masern, jetzt Fieber."
    items = {"diagnosis": (Item(*place(report, "Masern")),)}
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert [key for key, items in found.items() if items] == ["medical_surgical_history"]


def test_what_stands_under_allergies_is_one() -> None:
    report = "Allergies: penicillin (rash), iodine. None to latex.\nPMH: asthma\n"
    history = tuple(
        Item(*place(report, words))
        for words in ("penicillin (rash)", "iodine", "None to latex", "asthma")
    )
    items = {
        "medical_surgical_history": history,
        "allergies": (Item(*place(report, "penicillin")),),
    }
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert [i.text for i in found["allergies"]] == ["penicillin", "iodine"]
    assert [i.text for i in found["medical_surgical_history"]] == [
        "penicillin (rash)",
        "None to latex",
        "asthma",
    ]


@pytest.mark.parametrize(
    ("report", "words", "key"),
    [
        ("ALLERGIES: NKDA. MEDICATIONS: aspirin.", "aspirin", DRUG),
        ("Allergies: milk. Takes omeprazole.\nMedication: aspirin", "aspirin", DRUG),
        ("MEDICATIONS: aspirin, allergic to codeine.", "codeine", "allergies"),
        ("Allergies: aspirin.", "aspirin", "allergies"),
        ("Medikation: Ramipril 5 mg. Cave Penicillin!", "Penicillin", "allergies"),
        ("Medikation: Novalgin abgesetzt bei Hautausschlag", "Novalgin", "allergies"),
        ("Medikation: Novalgin bei Bedarf", "Novalgin", DRUG),
        ("Medikation: Metamizol bei Agranulozytose nicht geben.", "Metamizol", "allergies"),
        ("Medications: She must not take codeine.", "codeine", "allergies"),
        ("Off amiodarone. Tolerating dofetilide.", "dofetilide", DRUG),
        ("ALL: PCN, bees. Given ketorolac 15 mg.", "ketorolac 15 mg", DRUG),
        ("Given codeine, itch.", "codeine", "allergies"),
    ],
)
def test_what_stands_under_medication_is_no_allergy(report: str, words: str, key: str) -> None:
    items = {"allergies": (Item(*place(report, words)),)}
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert [k for k, items in found.items() if items] == [key]


@pytest.mark.parametrize(
    ("report", "words", "key"),
    [
        ("Mikroskopie: Kernkerben und Psammomkörper.", "Psammomkörper", TISSUE),
        ("MICROSCOPIC DESCRIPTION\nThere are nuclear grooves.", "nuclear grooves", TISSUE),
        ("Mikroskopie:\n\nStanze 1: Kernkerben\nStanze 2: Nekrosen", "Nekrosen", TISSUE),
        ("Histologie: Adenokarzinom.\nAm 3. Tag Fieber.", "Fieber", "signs_symptoms"),
        ("Mikroskopie:\nNekrosen.\nPat. klagt über Juckreiz.", "Juckreiz", "signs_symptoms"),
        ("Mikroskopie:\nBiopsie der Patientin wie folgt: Nekrosen.", "Nekrosen", TISSUE),
        ("Histologie:\nAdenokarzinom.\n\nAm 3. Tag Fieber.", "Fieber", "signs_symptoms"),
        ("Labor: Leukos 12 G/l. Fieber.", "Fieber", "signs_symptoms"),
    ],
)
def test_what_the_microscope_shows_is_pathology(report: str, words: str, key: str) -> None:
    items = {"signs_symptoms": (Item(*place(report, words)),), TISSUE: ()}
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert [k for k, items in found.items() if items] == [key]
    elsewhere = load_schema("medication")  # without pathology
    assert not fitted({"drug": ()}, elsewhere, Sectioned.of(report))["drug"]


def test_what_pathology_lists_already_is_not_moved_there_again() -> None:
    report = "Mikroskopie: Infiltrate mit Kernkerben, Nekrosen."
    signs = tuple(Item(*place(report, words)) for words in ("Kernkerben", "Nekrosen"))
    items = {
        TISSUE: (Item(*place(report, "Infiltrate mit Kernkerben")),),
        "laboratory_values": (Item(*place(report, "Nekrosen")),),
        "signs_symptoms": signs,
        "diagnosis": signs[:1],
    }
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert [i.text for i in found[TISSUE]] == ["Infiltrate mit Kernkerben", "Nekrosen"]
    assert not found["signs_symptoms"] and not found["laboratory_values"]
    assert found["diagnosis"] == signs[:1]


def test_a_reaction_is_no_allergen_beside_one() -> None:
    report = "Allergien: Erdnuss mit Atemnot, Metamizol: schwerer Hautausschlag"
    erdnuss, atemnot, metamizol, ausschlag = (
        Item(*place(report, words))
        for words in ("Erdnuss", "Atemnot", "Metamizol", "schwerer Hautausschlag")
    )
    read = Sectioned.of(report)
    found = fitted({"allergies": (erdnuss, atemnot, metamizol, ausschlag)}, CLINICAL, read)
    assert [i.text for i in found["allergies"]] == ["Erdnuss", "Metamizol"]
    assert fitted({"allergies": (ausschlag,)}, CLINICAL, read)["allergies"]


def test_an_entry_of_a_list_of_drugs_is_one() -> None:
    report = (
        "PMH:\n1. Gout.\nMEDICATIONS:\n1. Tylenol.\r\n2. Soma.\n3. Coreg 3.125 mg b.i.d.\n4. None of these.\n5. Calcium.\n6. Metformin STOPPED\n7. Lasix\n8. Zoloft\n"
        "9. Hold all drugs that are not listed.\n10. Zocor\nMEDICATIONS AT DISCHARGE:\n1. Norvasc\n2. Aspirin\nPLAN:\n1. Rest"
    )
    sure = {"Tylenol": 0.75, "Lasix": 0.9, "Zoloft": 0.9, "Metformin": 0.8, "Zocor": 0.9}
    items = {
        DRUG: tuple(Item(*place(report, words), confidence=c) for words, c in sure.items()),
        TESTS: (Item(*place(report, "Calcium"), confidence=0.5),),
    }
    found = fitted(items, CLINICAL, Sectioned.of(report))[DRUG]
    new = [(i.text, i.confidence) for i in found if i.text not in sure]
    assert new == [("Soma", 0.75), ("Coreg 3.125 mg b.i.d", 0.75)]
    assert all(report[i.start : i.end] == i.text for i in found)


@pytest.mark.parametrize(
    "report",
    [
        "Medications:\n1. Tylenol\n2. Lasix\n3. Rest\n4. Zoloft\n5. Soma",  # two of five
        "Medications:\n1. Tylenol\n2. Lasix\n\nThree visits are planned:\n3. Zoloft",
        "Medications:\n1. Tylenol\n2. Lasix\n   - Zoloft",
        "Medications not taken:\n1. Tylenol\n2. Lasix\n3. Zoloft",
        "Plan:\n1. Tylenol\n2. Lasix\n3. Zoloft",
        "Medications:\n1. Tylenol\n2. Lasix\n3. Take with food",
        "Medications:\n1. Tylenol\n2. Lasix\n3. Trinkmenge\n4. Hautpflege",
        "Medication:\nStop:\n1. Tylenol\n2. Lasix\n3. Zoloft",
    ],
)
def test_what_is_no_list_of_drugs_stays_as_found(report: str) -> None:
    drugs = tuple(Item(*place(report, words)) for words in ("Tylenol", "Lasix"))
    assert fitted({DRUG: drugs}, CLINICAL, Sectioned.of(report))[DRUG] == drugs


def test_an_entry_is_asserted_as_the_others_of_its_list_are() -> None:
    report = "Medications:\n1. Tylenol\n2. Lasix\n3. Physiotens"
    names = ("Tylenol", "Lasix")
    for said in (("possible", "possible"), ("possible", "present")):
        items = tuple(
            Item(*place(report, n), assertion=a) for n, a in zip(names, said, strict=True)
        )
        found = fitted({DRUG: items}, CLINICAL, Sectioned.of(report))[DRUG]
        expected = [*said, "possible"] if len(set(said)) == 1 else [*said]
        assert [i.assertion for i in found] == expected


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("Mg 2 g IV", True),
        ("D 1000 units", True),
        ("intravenous", False),
        ("23Jul2010", False),
        ("one tablet by mouth every six hours p.r.n.", False),
        ("no refills", False),
        ("aspirin daily", True),
        ("a tablet " * 4000 + "!", True),  # in linear time
    ],
)
def test_how_a_drug_is_taken_is_no_drug(words: str, named: bool) -> None:
    assert is_named(words) == named


@pytest.mark.parametrize(
    ("report", "words", "key"),
    [
        ("Labor Kalium 5.2", "Labor Kalium 5.2", "laboratory_values"),
        ("Allergies: Penicillin rash", "Penicillin rash", "allergies"),
        ("She tolerated the procedure. IV fluids were given.", "IV fluids", THERAPY),
        ("Not tolerating oral feeds, given tube feedings.", "tube feedings", THERAPY),
        ("Thoracic surgery in 2010", "Thoracic surgery", THERAPY),
        ("Histologie: Gastritis. CRP 120 mg/l", "CRP 120 mg/l", "laboratory_values"),
        ("Mikroskopie: Gastritis, CRP 120 mg/l", "CRP 120 mg/l", "laboratory_values"),
    ],
)
def test_what_only_looks_like_the_exception_stays(report: str, words: str, key: str) -> None:
    items = {TISSUE: (), key: (Item(*place(report, words)),)}
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert [k for k, items in found.items() if items] == [key]


@pytest.mark.parametrize(
    ("as_test", "stays"), [(0.4, "diagnosis"), (0.5, "diagnosis"), (0.6, "laboratory_values")]
)
def test_the_same_words_are_a_problem_or_a_test(as_test: float, stays: str) -> None:
    report = "weight loss of 4 kg"
    items = {
        "diagnosis": (Item(*place(report, report), confidence=0.5),),
        "laboratory_values": (Item(*place(report, report), confidence=as_test),),
        HISTORY: (Item(*place(report, report), confidence=0.1),),
    }
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert [key for key, items in found.items() if items] == [stays, HISTORY]


def test_a_german_result_names_its_test() -> None:
    report = "Labor ergab bei dem Patienten folgendes: CRP 14 mg/l, Krea: 1,2 mg/dl, um 7 %. Das CRP 8 mg/l."
    results = tuple(
        Item(*place(report, words))
        for words in ("CRP 14 mg/l", "Krea: 1,2 mg/dl", "um 7 %", "CRP 8 mg/l")
    )
    items = {"laboratory_values": results, TESTS: (Item(*place(report, "CRP")),)}
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert [i.text for i in found[TESTS]] == ["CRP", "Krea"]
    english = "The laboratory results of the patient were: CRP 14 mg/l."
    items = {"laboratory_values": (Item(*place(english, "CRP 14 mg/l")),), TESTS: ()}
    assert not fitted(items, CLINICAL, Sectioned.of(english))[TESTS]


def test_allergies_that_are_denied_are_listed_once() -> None:
    report = "Allergies: none. NKDA"
    heading, none, nkda = (
        Item(*place(report, words), assertion="absent") for words in ("Allergies", "none", "NKDA")
    )
    items = {"allergies": (heading, none, nkda), HISTORY: (nkda,)}
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert found["allergies"] == (heading, nkda) and not found[HISTORY]
    assert fitted({"allergies": (none,)}, CLINICAL, Sectioned.of(report))["allergies"] == (none,)


@pytest.mark.parametrize(
    ("report", "words", "assertion"),
    [
        ("Empfehlung: Bronchoskopie mit Biopsie.", "Bronchoskopie", "possible"),
        ("PLAN\nRepeat echo in three months", "Repeat echo", "possible"),
        ("Plan: The echo was done yesterday.", "echo", "present"),
        ("Plan: continue dialysis.", "dialysis", "present"),
        ("Befund: Bronchoskopie ohne Befund.", "Bronchoskopie", "present"),
    ],
)
def test_a_test_of_the_plan_is_not_done(report: str, words: str, assertion: str) -> None:
    items = {"diagnostic_techniques_procedures": (Item(*place(report, words)),)}
    (item,) = fitted(items, CLINICAL, Sectioned.of(report))["diagnostic_techniques_procedures"]
    assert item.assertion == assertion


@pytest.mark.parametrize(
    ("report", "words", "whole"),
    [
        ("Das Abdomen ist weich. Die Haut ist nicht gerötet.", "weich", "Abdomen ist weich"),
        ("Das Abdomen ist weich. Die Haut ist nicht gerötet.", "gerötet", "gerötet"),
        ("Cor/Pulmo auskultatorisch unauffällig, kein DS.", "unauffällig", "Cor/Pulmo auskultatorisch unauffällig"),
        ("Cor: rein, kein Geräusch. Anamnese: leer.", "rein", "Cor: rein"),
        ("Cor: rein, kein Geräusch. Anamnese: unergiebig.", "unergiebig", "unergiebig"),
        ("Es bestehen jugulare und interkostale Einziehungen.", "jugulare", "jugulare und interkostale Einziehungen"),
        ("Der Patient war fieberfrei und wurde entlassen.", "fieberfrei", "fieberfrei"),
        ("Die Haut ist trocken, keine Ödeme.", "trocken", "Haut ist trocken"),
        ("Herr Müller beschwerdefrei und seit Montag fieberfrei.", "fieberfrei", "fieberfrei"),
        ("PMH: CAD s/p DES to LAD. Denies fever and chills on admission.", "fever", "fever"),
        ("Es zeigen sich zervikale, axilläre oder inguinale Lymphknoten.", "zervikale", "zervikale, axilläre oder inguinale Lymphknoten"),
        ("Keine zervikale, supraklavikuläre, axilläre oder inguinale Lymphknotenvergrößerung.", "zervikale", "zervikale, supraklavikuläre, axilläre oder inguinale Lymphknotenvergrößerung"),
        ("Trockene, keine oder wenige Rasselgeräusche.", "Trockene", "Trockene"),
        ("Es fand sich eine gangränöse, phlegmonöse Cholezystitis.", "gangränöse", "gangränöse, phlegmonöse Cholezystitis"),
        ("Die Influenza-, RSV- und SARS-CoV-2-PCR ist negativ.", "RSV", "RSV- und SARS-CoV-2-PCR"),
        ("Die Stimmung war gedrückt, mit Grübeln.", "Stimmung", "Stimmung war gedrückt"),
        ("The abdomen was soft. Examination revealed clubbing.", "clubbing", "clubbing"),
    ],
)  # fmt: skip
def test_a_german_adjective_has_its_noun(report: str, words: str, whole: str) -> None:
    items = {"signs_symptoms": (Item(*place(report, words)),)}
    (item,) = fitted(items, CLINICAL, Sectioned.of(report))["signs_symptoms"]
    assert (item.text, item.start) == (whole, report.index(whole))


@pytest.mark.parametrize(
    "report, found, whole",
    [
        ("No cervical, supraclavicular, or axillary adenopathy.", ("cervical", "supraclavicular", "axillary adenopathy"), None),
        ("No cervical, paratracheal or axillary adenopathy.", ("cervical", "axillary adenopathy"), None),
        ("No hepato- or splenomegaly.", ("hepato", "splenomegaly"), None),
        ("There is no left or right sided weakness.", ("left", "right sided weakness"), None),
        ("No clubbing, cyanosis, or edema.", ("clubbing", "cyanosis", "edema"), ("clubbing", "cyanosis", "edema")),
        ("The pain is cervical or lumbar.", ("cervical", "lumbar"), ("cervical", "lumbar")),
        ("Pain: epigastric, vomiting twice.", ("epigastric", "vomiting"), ("epigastric", "vomiting")),
        ("It is cervical, for axillary adenopathy.", ("cervical", "axillary adenopathy"), ("cervical", "axillary adenopathy")),
    ],
)  # fmt: skip
def test_the_first_adjectives_of_a_list_have_its_noun(
    report: str, found: tuple[str, ...], whole: tuple[str, ...] | None
) -> None:
    items = {"signs_symptoms": tuple(Item(*place(report, w), "absent") for w in found)}
    listed = fitted(items, CLINICAL, Sectioned.of(report))["signs_symptoms"]
    if whole is None:
        (item,) = listed
        assert item.start is not None and item.text == report[item.start : item.end]
        assert report == f"{report[: item.start]}{item.text}." and item.text.startswith(found[0])
    else:
        assert tuple(item.text for item in listed) == whole


def test_an_organ_is_not_denied_with_what_is_denied_of_it() -> None:
    report = "Die Halsvenen nicht gestaut, Druckschmerz nicht auslösbar."
    words = ("Halsvenen", "gestaut", "Druckschmerz", "auslösbar")
    items = {"signs_symptoms": tuple(Item(*place(report, w), "absent") for w in words)}
    listed = fitted(items, CLINICAL, Sectioned.of(report))["signs_symptoms"]
    assert [item.text for item in listed] == ["gestaut", "Druckschmerz", "auslösbar"]


def test_a_lists_first_part_that_is_present_is_no_part_of_the_rest() -> None:
    report = "Cervical, or axillary adenopathy."
    first, rest = (Item(*place(report, w)) for w in ("Cervical", "axillary adenopathy"))
    items = {"signs_symptoms": (first, replace(rest, assertion="absent"))}
    assert len(fitted(items, CLINICAL, Sectioned.of(report))["signs_symptoms"]) == 2


def test_items_that_are_whole_hold_each_other_no_longer() -> None:
    report = "Die Influenza-, RSV- und SARS-CoV-2-PCR ist negativ. Stimmung gedrückt, ohne Ödeme und Rötung."
    words = ("Influenza", "RSV", "SARS-CoV-2-PCR", "Stimmung", "gedrückt")
    items = {"diagnostic_techniques_procedures": tuple(Item(*place(report, w)) for w in words)}
    found = fitted(items, CLINICAL, Sectioned.of(report))["diagnostic_techniques_procedures"]
    assert [i.text for i in found] == ["Influenza-, RSV- und SARS-CoV-2-PCR", "Stimmung gedrückt"]
    assert all(report[i.start : i.end] == i.text for i in found)


@pytest.mark.parametrize(
    ("report", "words", "whole"),
    [
        (
            "Seit fünf Wochen eine nicht heilende Läsion.",
            "heilende Läsion",
            "nicht heilende Läsion",
        ),
        (
            "Nicht dislozierte Radiusfraktur",
            "dislozierte Radiusfraktur",
            "Nicht dislozierte Radiusfraktur",
        ),
    ],
)
def test_an_adjective_that_is_denied_is_of_a_finding(report: str, words: str, whole: str) -> None:
    lesion = Item(*place(report, words), assertion="absent")
    (item,) = fitted({"signs_symptoms": (lesion,)}, CLINICAL, Sectioned.of(report))[
        "signs_symptoms"
    ]
    assert (item.text, item.assertion) == (whole, "present")
    assert report[item.start : item.end] == item.text


def test_what_is_listed_as_past_or_denied_is_not_present_as_well() -> None:
    report = "KHK, Z. n. Infarkt 2016. Keine Kontrastmittelallergie bekannt."
    infarct, denial = (
        Item(*place(report, w)) for w in ("Infarkt 2016", "Keine Kontrastmittelallergie")
    )
    allergy = Item(*place(report, "Kontrastmittelallergie"), assertion="absent")
    items = {HISTORY: (infarct, denial), "comorbidities": (infarct,), "allergies": (allergy,)}
    found = fitted(items, CLINICAL, Sectioned.of(report))
    assert (found[HISTORY], found["comorbidities"]) == ((infarct,), ())
    alone = fitted(
        {"comorbidities": (infarct,), HISTORY: (denial,)}, CLINICAL, Sectioned.of(report)
    )
    assert (alone["comorbidities"], alone[HISTORY]) == ((infarct,), (denial,))


@pytest.mark.parametrize(
    ("report", "words", "tests"),
    [
        ("Hb 11,9 g/dl bei Aufnahme, 7,6 g/dl am 1. postop. Tag", ("Hb 11,9 g/dl", "7,6 g/dl"), ["Hb", "Hb"]),
        ("Hb 11,9 g/dl, Albumin stieg auf 3,1 g/dl", ("Hb 11,9 g/dl", "3,1 g/dl"), ["Hb", None]),
        ("Hb 11,9 g/dl (Kontrolle 05.12.: 8,2 g/dl)", ("Hb 11,9 g/dl", "8,2 g/dl"), ["Hb", "Hb"]),
        ("Hb 11,9 g/dl, 7,1 mg/l", ("Hb 11,9 g/dl", "7,1 mg/l"), ["Hb", None]),
        ("Hb 11,9 g/dl, Vorbefund 8,2 g/dl", ("Hb 11,9 g/dl", "8,2 g/dl"), ["Hb", None]),
    ],
)  # fmt: skip
def test_a_second_result_has_the_test_of_the_first(
    report: str, words: tuple[str, str], tests: list[str | None]
) -> None:
    first, second = (Item(*place(report, w)) for w in words)
    named = replace(first, attributes=(Attribute("test", *place(report, "Hb")),))
    found = by_rule({"laboratory_values": (named, second)}, CLINICAL, report)["laboratory_values"]
    assert [item.attributes[0].text if item.attributes else None for item in found] == tests


def test_an_earlier_result_in_brackets_is_none() -> None:
    report = (
        "CRP 28 mg/l (Vorwert 74), Hb 12,8 g/dl (14,9), Leukozyten 9/nl (PCT 0,5), Kalzium (2,4 mmol/l), SpO2 88 % (94 % on oxygen), "
        "INR 2.05: ok, Thrombozyten 181 (194) /nl, LVEF 44 % biplan (2022: 47 %), Milz 16 cm (Vorbefund 13,8 cm)"
    )
    kept = ["CRP 28 mg/l", "Hb 12,8 g/dl", "Leukozyten 9/nl", "0,5", "2,4 mmol/l"]
    kept += ["SpO2 88 %", "94 %", "INR 2.05", "LVEF 44 %", "Milz 16 cm"]
    words = [
        "CRP 28 mg/l",
        "74",
        "Hb 12,8 g/dl",
        "14,9",
        *kept[2:9],
        "47 %",
        "Milz 16 cm",
        "Vorbefund 13,8 cm",
        "194) /nl",
    ]
    items = {"laboratory_values": tuple(Item(*place(report, w)) for w in words)}
    found = current_results(items, CLINICAL, report)["laboratory_values"]
    assert [item.text for item in found] == kept


@pytest.mark.parametrize(
    ("report", "assertion"),
    [
        ("Ramipril wurde wegen Hyperkaliämie pausiert.", "present"),
        ("Ramipril wurde bei Hyperkaliämie pausiert.", "present"),
        ("Ramipril wurde bei akuter Hyperkaliämie zunächst pausiert.", "present"),
        ("Keine Dyspnoe wegen Hyperkaliämie.", "absent"),
        ("Kein Herzstillstand bei Hyperkaliämie, pausiert wurde nichts.", "absent"),
    ],
)
def test_a_reason_is_there(report: str, assertion: str) -> None:
    items = {"diagnosis": (Item(*place(report, "Hyperkaliämie"), assertion="absent"),)}
    (item,) = fitted(items, CLINICAL, Sectioned.of(report))["diagnosis"]
    assert item.assertion == assertion


def test_a_reaction_belongs_to_the_substance_before_it() -> None:
    report = "Erdnuss (Anaphylaxie), Amoxicillin (Urtikaria), Birkenpollen, rash from latex"
    said = [
        ("Erdnuss", "Anaphylaxie"),
        ("Amoxicillin", "Urtikaria"),
        ("Birkenpollen", "Anaphylaxie"),
        ("latex", "rash"),
    ]
    items = tuple(
        Item(*place(report, words), attributes=(Attribute("reaction", *place(report, reaction)),))
        for words, reaction in said
    )
    found = by_rule({"allergies": items}, CLINICAL, report)["allergies"]
    assert [[a.text for a in i.attributes] for i in found] == [
        ["Anaphylaxie"],
        ["Urtikaria"],
        [],
        ["rash"],
    ]


@pytest.mark.parametrize(("status", "assertion"), [("STOPPED", "absent"), ("new", "present")])
def test_a_drug_that_is_stopped_is_absent(status: str, assertion: str) -> None:
    report = f"Metformin ({status})"
    drug = Item(*place(report, "Metformin"))
    (found,) = by_rule({"pharmacological_therapy": (drug,)}, CLINICAL, report)[
        "pharmacological_therapy"
    ]
    assert found.assertion == assertion


@pytest.mark.parametrize(
    ("report", "gender"),
    [
        ("wir berichten über Ihre Patientin Frau Sommer, 54 Jahre", "Patientin"),
        ("wir berichten über Herrn Weber, geb. 01.02.1950", "Herrn"),
        ("Patient: Frau Weber", "Frau"),
        ("Sehr geehrte Frau Kollegin, wir berichten über Frau Dr. Weber", None),
        ("Die Frau des Patienten ruft an.", None),
    ],
)
def test_a_letter_that_names_the_patient_tells_the_gender(report: str, gender: str | None) -> None:
    found = fitted({"age": (), "gender": ()}, CLINICAL, Sectioned.of(report))["gender"]
    assert [i.text for i in found] == ([gender] if gender else [])


@pytest.mark.parametrize(
    ("report", "drug", "timing"),
    [
        (
            "Unter Furosemid 40 mg i.v. dreimal täglich kam",
            "Furosemid 40 mg i.v.",
            "dreimal täglich",
        ),
        ("heparin every 8 hours.", "heparin", "every 8 hours"),
        ("aspirin and metformin daily", "aspirin", None),
        ("Aspirin 100 mg, dann 1-0-0", "Aspirin 100 mg", None),
        ("Ramipril 5 mg\n1-0-0", "Ramipril 5 mg", None),
        ("metformin 3 weeks ago", "metformin", None),
        ("iron monthly", "iron", "monthly"),
        ("iron monthly review", "iron", None),
    ],
)
def test_a_drug_has_the_frequency_that_stands_right_behind_it(
    report: str, drug: str, timing: str | None
) -> None:
    item = Item(*place(report, drug))
    (ruled,) = by_rule({"pharmacological_therapy": (item,)}, CLINICAL, report)[
        "pharmacological_therapy"
    ]
    found = [a for a in ruled.attributes if a.type == "frequency"]
    assert [a.text for a in found] == [report[a.start : a.end] for a in found]
    assert [a.text for a in found] == ([timing] if timing else [])


@pytest.mark.parametrize(
    "report, size, stays",
    [
        ("A mass at 9 o'clock, 35 mm from the nipple.", "35 mm", False),
        ("A mass of 22 mm at 9 o'clock.", "22 mm", True),
        ("A mass, now 12 mm from 10 mm.", "12 mm", True),
        ("Ein Herd links, Mamillenabstand 5 cm.", "5 cm", False),
        ("Ein Herd links, 4 cm retromamillär.", "4 cm", False),
        ("Ein Herd links, 15 mm vom Mamillenrand.", "15 mm", False),
        ("Ein Herd von 15 mm.", "15 mm", True),
    ],
)
def test_how_far_something_is_from_another_is_no_size(report: str, size: str, stays: bool) -> None:
    schema = load_schema(schema_templates()["breast_imaging"])
    words = "Herd" if "Herd" in report else "mass"
    mass = Item(*place(report, words), attributes=(Attribute("size", *place(report, size)),))
    (ruled,) = by_rule({"mass": (mass,)}, schema, report)["mass"]
    assert ruled.attributes == (mass.attributes if stays else ())


@pytest.mark.parametrize(
    ("report", "key", "words", "own"),
    [
        ("Her father had colon cancer, but the patient only has hemorrhoids.", "family_history", "only has hemorrhoids", "hemorrhoids"),
        ("Sein Vater hatte KHK, aber der Patient hat Gicht.", "family_history", "Gicht", "Gicht"),
        ("His uncle has gout, but the patient's brother has lupus.", "family_history", "lupus", None),
    ],
)  # fmt: skip
def test_what_the_patient_has_beside_a_relative_is_his_own(
    report: str, key: str, words: str, own: str | None
) -> None:
    found = fitted({key: (Item(*place(report, words)),)}, CLINICAL, Sectioned.of(report))
    past = [i.text for i in found.get(HISTORY, ())]
    assert past == ([own] if own else []) and bool(found[key]) == (own is None)


@pytest.mark.parametrize(
    ("report", "key", "words", "stays"),
    [
        ("46F, MRN 000000, cough", "laboratory_values", "MRN 000000", False),
        ("46F, MRN 000000, cough", TESTS, "MRN", False),
        ("Fall-Nr. 123 Husten", "laboratory_values", "Fall-Nr. 123", False),
        ("Surgery consulted.", "interventional_therapy", "Surgery consulted", False),
        ("Surgery was done.", "interventional_therapy", "Surgery", True),
        ("46 y old w/ gout", "gender", "w", False),
        ("46 J., w, Husten", "gender", "w", True),
    ],
)
def test_identifiers_and_consults_are_no_items(
    report: str, key: str, words: str, stays: bool
) -> None:
    age = {"age": (Item(*place(report, "46")),)} if "46" in report else {}
    items = {key: (Item(*place(report, words)),), **age}
    assert bool(fitted(items, CLINICAL, Sectioned.of(report)).get(key)) == stays


@pytest.mark.parametrize(
    ("report", "assertion"),
    [
        ("If pain worsens, repeat CT.", "possible"),
        ("Falls das Fieber anhält, repeat CT.", "possible"),
        ("As pain worsens, repeat CT.", "present"),
        ("If pain worsens call. Tomorrow repeat CT.", "present"),
    ],
)
def test_a_plan_under_a_leading_condition_is_possible(report: str, assertion: str) -> None:
    items = {"plan": (Item(*place(report, "repeat CT")),)}
    (found,) = fitted(items, CLINICAL, Sectioned.of(report))["plan"]
    assert found.assertion == assertion
