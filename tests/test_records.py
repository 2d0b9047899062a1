"""A review as its reader sees it: rows, their order, tables, what stands around a result, the timeline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from fakes import Reader, item

from elmtex.extractors.values import with_values
from elmtex.review import Decision, Entry, Reviewed, ReviewedItem, Store
from elmtex.review.decisions import fold
from elmtex.schema import load_schema
from elmtex.text.result_line import around
from elmtex.types import Attribute, Extraction, InputError, Item
from elmtex.web.locale.messages import words_in
from elmtex.web.report_tab.need import need_of, ordered
from elmtex.web.report_tab.placing import with_cell
from elmtex.web.report_tab.records import Table, tables
from elmtex.web.report_tab.regions import regions_of
from elmtex.web.report_tab.render import review_html
from elmtex.web.report_tab.review import next_review
from elmtex.web.report_tab.rows import Row, rows_of
from elmtex.web.report_tab.section_categories import section_categories
from elmtex.web.report_tab.timeline import timeline
from elmtex.web.state import SessionState

SCHEMA = load_schema("clinical")
TABLE = """Labor:
         12.10.2026   01.07.2026   Referenz
Hb       10,4 g/dl    12,1 g/dl    12,0-16,0
CRP      28 mg/l      4 mg/l       < 5
"""


def review(**found: Iterable[Item]) -> Reviewed:
    return fold(extraction(**found), ())


def extraction(**found: Iterable[Item]) -> Extraction:
    return Extraction(
        "r", "clinical", "fake", "ok", (), {k: tuple(found.get(k, ())) for k in SCHEMA.keys}
    )


def entry(report: str, **found: Iterable[Item]) -> Entry:
    store = Store("sqlite://")
    return store.get("me", store.add("me", "r", report, SCHEMA, extraction=extraction(**found)))


def attribute(report: str, type: str, words: str, near: int = 0) -> Attribute:
    start = report.index(words, near)
    return Attribute(type, words, start, start + len(words), 0.9)


def result(report: str, words: str, test: str, value: str) -> Item:
    found = item(report, words)
    parts = (attribute(report, "test", test), attribute(report, "value", value, found.start))
    made = replace(found, attributes=parts)
    key = "laboratory_values"
    return with_values({key: (made,)}, SCHEMA, report)[key][0]


def rows(report: str, **found: Iterable[Item]) -> tuple[Row, ...]:
    return rows_of(review(**found).items, SCHEMA)


def shown(table: Table) -> list[tuple[str, list[str]]]:
    return [
        (r.head.text, [" ".join(part.text for part in cell) for cell in r.cells])
        for r in table.records
    ]


def test_one_span_is_one_row_and_a_test_stands_in_its_value() -> None:
    report = "PMH: hypertension. CRP 12 mg/l. Echo was normal. No stroke, TIA possible."
    value = result(report, "CRP 12 mg/l", "CRP", "12 mg/l")
    found = rows(
        report,
        medical_surgical_history=[item(report, "hypertension")],
        comorbidities=[item(report, "hypertension")],
        diagnostic_techniques_procedures=[item(report, "CRP"), item(report, "Echo")],
        laboratory_values=[value],
    )
    assert [[e.item.text for e in row.items] for row in found] == [
        ["hypertension", "hypertension"],
        ["CRP 12 mg/l"],
        ["Echo"],
    ]
    assert [e.item.text for e in found[1].inside] == ["CRP"]
    assert set(found[1].ids) == {"m2", "m4"} and found[1].verdict == "open"


def test_normal_findings_stand_apart_from_problems() -> None:
    report = "Lungs clear, abdomen soft, not tender; cough. No rash."
    found = rows(
        report,
        signs_symptoms=[
            item(report, "clear"),
            item(report, "soft"),
            item(report, "tender", "absent"),
            item(report, "cough"),
            item(report, "rash", "absent"),
        ],
    )
    problems, normal = tables(found, SCHEMA, report, "en")
    assert (problems.kind, [head for head, _ in shown(problems)]) == (
        "problems",
        ["tender", "cough", "rash"],
    )
    assert (normal.kind, normal.key) == ("normal", "normal")
    assert [head for head, _ in shown(normal)] == ["clear", "soft"]
    assert [c.key for c in normal.categories] == ["signs_symptoms"]


def test_an_allergy_of_the_history_stands_in_its_substances_row() -> None:
    report = "Penicillin allergy (rash), no latex allergy. Asthma. Keine Allergien bekannt."
    found = {
        "medical_surgical_history": [
            item(report, "Penicillin allergy (rash)"),
            item(report, "latex allergy"),
            item(report, "Asthma"),
            item(report, "Keine Allergien bekannt"),
        ],
        "allergies": [
            item(report, "Penicillin"),
            item(report, "latex", "absent"),
            item(report, "Allergien", "absent"),
        ],
    }
    known = rows(report, **found)
    told = [(r.items[0].item.text, [e.item.text for e in r.inside]) for r in known]
    assert told == [
        ("Penicillin", ["Penicillin allergy (rash)"]),
        ("latex", []),
        ("latex allergy", []),  # which is present
        ("Asthma", []),
        ("Allergien", ["Keine Allergien bekannt"]),
    ]


def test_what_the_history_says_of_a_listed_disease_stands_in_its_row() -> None:
    report = "Hypertension since 1998. NSTEMI 2017 with a stent. No history of stroke. Asthma."
    since = Attribute("when", "since 1998", 13, 23)
    found = {
        "medical_surgical_history": [
            item(report, "Hypertension since 1998"),
            item(report, "NSTEMI 2017 with a stent"),
            item(report, "No history of stroke"),
        ],
        "comorbidities": [
            replace(item(report, "Hypertension"), attributes=(since,)),
            item(report, "NSTEMI"),
            item(report, "stroke", "absent"),
        ],
    }
    known = rows(report, **found)
    told = [(r.items[0].item.text, [e.item.text for e in r.inside]) for r in known]
    assert told == [
        ("Hypertension", ["Hypertension since 1998"]),
        ("NSTEMI", []),
        ("NSTEMI 2017 with a stent", []),  # which says more
        ("stroke", ["No history of stroke"]),
    ]


def test_the_same_span_with_another_assertion_is_another_row() -> None:
    report = "stroke"
    found = rows(
        report,
        comorbidities=[item(report, "stroke")],
        diagnosis=[item(report, "stroke", "absent")],
    )
    assert len(found) == 2


def test_a_row_is_named_and_placed_alike_whatever_is_decided() -> None:
    report = "PMH: hypertension, gout."
    document = extraction(
        medical_surgical_history=[item(report, "hypertension")],
        comorbidities=[item(report, "hypertension"), item(report, "gout")],
    )
    for decided in ((), ("m0",), ("m0", "m1"), ("m2",)):
        decisions = [Decision("reject", decided, number=1)] if decided else []
        found = rows_of(fold(document, decisions).items, SCHEMA)
        assert [row.id for row in found] == ["m1", "m2"]  # whose category has attributes
    half = rows_of(fold(document, [Decision("reject", ("m1",), number=1)]).items, SCHEMA)[0]
    assert half.lead.id == "m0" and half.verdict == "open" and half.open == ("m0",)


def test_an_allergy_leads_its_row_so_that_its_reaction_shows() -> None:
    report = "Pflasterallergie (Rötung)"
    reaction = Attribute("reaction", "Rötung", 18, 24)
    allergy = replace(item(report, "Pflasterallergie"), attributes=(reaction,))
    found = rows(
        report,
        medical_surgical_history=[item(report, "Pflasterallergie")],
        allergies=[allergy],
    )
    (table,) = tables(found, SCHEMA, report, "en")
    assert table.kind == "allergies" and shown(table) == [("Pflasterallergie", ["Rötung"])]


def test_the_results_of_one_test_are_not_torn_apart() -> None:
    values = [
        replace(result(TABLE, words, "CRP", value), confidence=confidence)
        for words, value, confidence in (
            ("CRP      28 mg/l", "28 mg/l", 0.1),
            ("4 mg/l", "4 mg/l", 0.99),
        )
    ]
    hb = replace(result(TABLE, "Hb       10,4 g/dl", "Hb", "10,4 g/dl"), confidence=0.99)
    found = ordered(rows(TABLE, laboratory_values=[*values, hb]), SCHEMA, 0.6)
    assert [row.items[0].item.text for row, _ in found.first] == ["CRP      28 mg/l", "4 mg/l"]


@pytest.mark.parametrize(
    ("key", "assertion", "confidence", "need"),
    [
        ("allergies", "present", 0.99, "allergy"),
        # At 0.6 an error there counts twice: as far from 1 as 0.8.
        ("pharmacological_therapy", "present", 0.79, "drug"),
        ("pharmacological_therapy", "present", 0.8, ""),
        ("diagnosis", "absent", 0.79, "denied"),
        ("diagnosis", "absent", 0.8, ""),
        ("signs_symptoms", "absent", 0.79, ""),
        ("signs_symptoms", "present", 0.59, "low"),
        ("signs_symptoms", "present", 0.6, ""),
    ],
)
def test_what_a_look_is_worth(key: str, assertion: str, confidence: float, need: str) -> None:
    found = replace(item("gout", "gout"), assertion=assertion, confidence=confidence)
    (row,) = rows("gout", **{key: [found]})
    assert need_of(row, SCHEMA, 0.6) == need


@pytest.mark.parametrize(("agreed", "need"), [(False, "disputed"), (True, ""), (None, "")])
def test_what_a_second_reading_did_not_find_comes_first(agreed: bool | None, need: str) -> None:
    found = replace(item("gout", "gout"), confidence=0.79, agreed=agreed)
    (row,) = rows("gout", diagnosis=[found])
    assert need_of(row, SCHEMA, 0.6) == need
    assert (row.agreed, row.disputed) == (agreed, agreed is False)
    # What one of its categories is not said of by both is not agreed.
    (both,) = rows("gout", diagnosis=[found], comorbidities=[replace(found, agreed=True)])
    assert both.agreed is agreed and both.disputed is (agreed is False)


def test_a_row_says_its_section_and_whether_two_readings_agree() -> None:
    report = "Past history:\ngout, asthma"
    gout = replace(item(report, "gout"), confidence=0.9, agreed=True)
    asthma = replace(item(report, "asthma"), confidence=0.6, agreed=False)
    shown = Reader(review_html(entry(report, diagnosis=[gout, asthma]), words_in("en"), None, 0.6))
    titles = [a["title"] for a in shown.attributes if a.get("class") == "item"]
    assert titles == ["under: Past history"] * 2
    agreed = [a["aria-label"] for a in shown.attributes if a.get("class") == "agreed"]
    assert agreed == ["Two readings agree"]
    first, rest = shown.text.split("The rest")
    assert "asthma" in first and "one reading only" in first
    assert "gout" in rest and "only one" not in rest


def test_no_more_comes_first_than_is_worth_it_but_whatever_is_unsure() -> None:
    report = " ".join(f"w{n:02}" for n in range(40))

    def first(*confidences: float) -> tuple[int, float]:
        found = [replace(item(report, f"w{n:02}"), confidence=c) for n, c in enumerate(confidences)]
        by_need = ordered(rows(report, diagnosis=found), SCHEMA, None)
        return len(by_need.first), by_need.threshold

    assert first(*[0.55] * 12, *[0.95] * 28) == (12, 0.9)  # 30 %
    assert first(*[0.55] * 13, *[0.95] * 27) == (0, 0.5)  # one more is too many
    assert first(*[0.3] * 39, 0.95) == (39, 0.4)  # a report that the model read badly
    assert first(*[0.55] * 10) == (10, 0.9)  # a short one


def test_a_drug_that_is_unsure_comes_first_whatever_is_chosen() -> None:
    drug = replace(item("aspirin", "aspirin"), confidence=0.49)
    by_need = ordered(rows("aspirin", pharmacological_therapy=[drug]), SCHEMA, 0.0)
    assert [need for _, need in by_need.first] == ["drug"]


def test_a_list_of_drugs_is_not_torn_apart() -> None:
    report = "aspirin heparin gout"
    drugs = [replace(item(report, w), confidence=c) for w, c in (("aspirin", 0.5), ("heparin", 1))]
    gout = replace(item(report, "gout"), confidence=1.0)
    found = rows(report, pharmacological_therapy=drugs, diagnosis=[gout])
    by_need = ordered(found, SCHEMA, 0.6)
    assert [(row.items[0].item.text, need) for row, need in by_need.first] == [
        ("aspirin", "drug"),
        ("heparin", "drug"),
    ]
    assert [row.items[0].item.text for row in by_need.rest] == ["gout"]


def test_what_a_human_added_needs_no_look_and_an_ungrounded_item_does() -> None:
    added = ReviewedItem("d1", "diagnosis", Item("gout", 0, 4), "added", None, None)
    lost = ReviewedItem("m0", "diagnosis", Item("x", None, None), "open", Item("x", None, None), "")
    assert need_of(Row((added,)), SCHEMA, 0.9) == ""
    assert need_of(Row((lost,)), SCHEMA, 0.0) == "ungrounded"


def test_the_rest_says_how_many_of_its_open_rows_are_right() -> None:
    report = "gout asthma fever"
    found = [replace(item(report, w), confidence=c) for w, c in (("gout", 0.8), ("asthma", 0.9))]
    low = replace(item(report, "fever"), confidence=0.3)
    by_need = ordered(rows(report, diagnosis=[*found, low]), SCHEMA, 0.5)
    assert [row.items[0].item.text for row, _ in by_need.first] == ["fever"]
    assert by_need.right == pytest.approx(1.7)


def test_a_drugs_row_has_its_substance_and_a_cell_for_each_attribute() -> None:
    report = "Torasemid 20 mg 1-0-0 (neu), Ibuprofen"
    drug = replace(
        item(report, "Torasemid 20 mg 1-0-0"),
        attributes=(
            attribute(report, "dose", "20 mg"),
            attribute(report, "frequency", "1-0-0"),
            attribute(report, "status", "neu"),
        ),
    )
    found = rows(report, pharmacological_therapy=[drug, item(report, "Ibuprofen")])
    (table,) = tables(found, SCHEMA, report, "de")
    assert [c.title for c in table.columns] == ["Dosis", "Häufigkeit", "Status"]
    assert shown(table) == [("Torasemid", ["20 mg", "1-0-0", "neu"]), ("Ibuprofen", ["", "", ""])]
    for record in table.records:
        for part in (record.head, *(p for cell in record.cells for p in cell)):
            assert report[part.start : part.end] == part.text


def test_a_printed_table_gives_test_value_unit_range_and_date_of_each_column() -> None:
    values = [
        result(TABLE, "Hb       10,4 g/dl", "Hb", "10,4 g/dl"),
        result(TABLE, "12,1 g/dl", "Hb", "12,1 g/dl"),
        result(TABLE, "CRP      28 mg/l", "CRP", "28 mg/l"),
        result(TABLE, "4 mg/l", "CRP", "4 mg/l"),
    ]
    found = rows(TABLE, laboratory_values=values)
    (table,) = tables(found, SCHEMA, TABLE, "en")
    assert [c.key for c in table.columns] == ["value", "unit", "range", "when_measured"]
    assert shown(table) == [
        ("Hb", ["10,4", "g/dl", "12,0-16,0", "12.10.2026"]),
        ("Hb", ["12,1", "g/dl", "12,0-16,0", "01.07.2026"]),
        ("CRP", ["28", "mg/l", "< 5", "12.10.2026"]),
        ("CRP", ["4", "mg/l", "< 5", "01.07.2026"]),
    ]


def test_a_substance_is_named_without_of() -> None:
    report = "one dose of azithromycin"
    dose = Attribute("dose", "one dose", 0, 8)
    drug = replace(item(report, report), attributes=(dose,))
    (table,) = tables(rows(report, pharmacological_therapy=[drug]), SCHEMA, report, "en")
    assert shown(table) == [("azithromycin", ["one dose"])]


def test_a_unit_in_a_cell_of_its_own_stands_in_its_column() -> None:
    report = "Kreatinin   162   umol/l   45-84"
    found = rows(report, laboratory_values=[result(report, "Kreatinin   162", "Kreatinin", "162")])
    (table,) = tables(found, SCHEMA, report, "en")
    assert [c.key for c in table.columns] == ["value", "unit", "range"]
    assert shown(table) == [("Kreatinin", ["162", "umol/l", "45-84"])]


@pytest.mark.parametrize(
    ("table", "words", "when"),
    [
        ("       02.11.   05.11.\nHb     6,8      8,9", "8,9", "05.11."),
        ("       03/11    07/11\nHb     6,8      8,9", "6,8", "03/11"),
        ("       02/05/2024  09/05/2024\nHb     6.8         8.9", "8.9", "09/05/2024"),
        ("Na     3.11     5.11\nHb     6,8      8,9", "6,8", None),  # values
        ("Stay   03/11\nHb     6,8", "6,8", None),
    ],
)
def test_the_day_of_a_column_needs_no_year(table: str, words: str, when: str | None) -> None:
    found = around(table, item(table, words)).when
    assert (table[slice(*found)] if found else None) == when


@pytest.mark.parametrize(
    ("line", "words", "limits", "flag"),
    [
        ("Na 128 mmol/l  L  (135-145)", "Na 128 mmol/l", "135-145", "L"),
        ("CRP 12 mg/l (< 5) H", "CRP 12 mg/l", "< 5", "H"),
        ("Krea 1,9 mg/dl (Vorwert 1,4)", "Krea 1,9 mg/dl", None, None),
        ("Creatinine 1.5 mg/dL (baseline 1.3)", "Creatinine 1.5 mg/dL", None, None),
        ("Hb 9,1 g/dl ↓ [12,0 - 16,0 g/dl]", "Hb 9,1 g/dl", "12,0 - 16,0 g/dl", "↓"),
        ("K 4,8 mmol/l, Na 140 mmol/l (135-145)", "K 4,8 mmol/l", None, None),
        ("TSH 1.2\nLow salt diet", "TSH 1.2", None, None),
        ("CRP 12 mg/l 3-5 days later", "CRP 12 mg/l", None, None),
        ("CRP 12 mg/l Ref. 0-5 mg/l", "CRP 12 mg/l", "0-5 mg/l", None),
        ("CRP 12 mg/l L arm", "CRP 12 mg/l", None, None),
        ("CRP  12  34  H  0-5", "12", "0-5", None),  # the flag is the other day's
        ("CRP  12  34  H  0-5", "34", "0-5", "H"),
        ("CRP  12   -   34   0-5", "12", "0-5", None),
    ],
)
def test_range_and_flag_are_taken_from_beside_a_result_alone(
    line: str, words: str, limits: str | None, flag: str | None
) -> None:
    found = around(line, item(line, words))
    assert [span and line[slice(*span)] for span in (found.limits, found.flag)] == [limits, flag]


def test_problems_are_a_list_with_their_attributes_and_names_of_their_categories() -> None:
    report = "Chronic kidney disease stage 3b since 2015"
    disease = replace(
        item(report, "Chronic kidney disease"),
        attributes=(
            attribute(report, "severity", "stage 3b"),
            attribute(report, "when", "since 2015"),
        ),
    )
    found = rows(report, diagnosis=[disease])
    (table,) = tables(found, SCHEMA, report, "en")
    assert table.columns == () and table.key == "problems"
    (record,) = table.records
    assert [(title, part.text) for title, part in record.notes] == [
        ("Severity", "stage 3b"),
        ("When", "since 2015"),
    ]


def test_sentences_without_items_and_printed_tables_are_regions() -> None:
    report = f"Dear colleague,\n\nHe has gout. He likes tea.\n1.\n{TABLE}"
    gout = report.index("gout")
    found = regions_of(report, [(gout, gout + 4)])
    untaken = [report[r.start : r.end] for r in found if r.look == "untaken"]
    assert untaken[:2] == ["Dear colleague,", "He likes tea."]
    assert "He has gout." not in untaken and "1." not in untaken
    assert [report[r.start : r.end] for r in found if r.look == "heading"] == ["Labor:"]
    (table,) = [r for r in found if r.look == "table"]
    assert report[table.start : table.end].startswith("         12.10.2026")
    assert report[table.start : table.end].endswith("< 5")


def test_dates_lie_on_an_axis_and_other_times_stay_as_they_are_said() -> None:
    report = "gout since 2010, appendectomy in 1990, fever for two days, asthma 2020"
    gout = replace(item(report, "gout"), attributes=(attribute(report, "when", "since 2010"),))
    fever = replace(item(report, "fever"), attributes=(attribute(report, "when", "for two days"),))
    both = with_values({"diagnosis": (gout,), "signs_symptoms": (fever,)}, SCHEMA, report)
    times = timeline(
        rows(
            report,
            medical_surgical_history=[
                item(report, "appendectomy in 1990"),
                item(report, "asthma 2020"),
            ],
            **both,
        ),
        SCHEMA,
        report,
    )
    assert [(e.date, round(e.share, 1)) for e in times.dated] == [
        ("1990", 0.0),
        ("2010", 0.7),
        ("2020", 1.0),
    ]
    assert [e.said.text for e in times.relative] == ["for two days"]


def test_a_heading_names_the_category_and_elsewhere_the_sections_items_do() -> None:
    report = (
        "Allergies: latex\n\nMedication: aspirin\n\nFindings: mass, nodule, cyst\n\nsmoker, tea"
    )
    items = review(
        signs_symptoms=[item(report, word) for word in ("mass", "nodule", "cyst")],
        life_style=[item(report, "smoker")],
    ).items
    said = dict(section_categories(report, SCHEMA, items))
    assert said[0] == "allergies"
    assert said[report.index("Medication")] == "pharmacological_therapy"
    assert said[report.index("Findings")] == "signs_symptoms"
    assert said[report.index("smoker")] == "life_style"  # a paragraph of its own


def test_a_cell_is_put_in_changed_and_taken_out_with_its_value() -> None:
    report = "aspirin 100 mg daily, then 300 mg"
    drug = replace(item(report, "aspirin"), attributes=(attribute(report, "dose", "100 mg"),))
    made = entry(report, pharmacological_therapy=[drug])
    before = made.reviewed.items[0]
    fields = {"type": "dose", "at": 8, "was": "100 mg", "start": None, "end": None}
    (dose,) = with_cell(before, {**fields, "text": "300 mg"}, made).attributes
    assert (dose.text, dose.start, dose.confidence) == ("300 mg", 27, None)
    assert dose.value is not None and dose.value.to_dict()["value"] == 300
    assert with_cell(before, {**fields, "text": " "}, made).attributes == ()
    new = {"type": "frequency", "at": None, "was": "", "text": "daily", "start": None, "end": None}
    assert [a.type for a in with_cell(before, new, made).attributes] == ["dose", "frequency"]
    lost = with_cell(before, {**new, "text": "hourly"}, made).attributes[1]
    assert (lost.start, lost.text) == (None, "hourly")
    for wrong in ({**fields, "was": "100 g", "text": "1"}, {**new, "type": "reaction"}):
        with pytest.raises(InputError, match="no longer there"):
            with_cell(before, wrong, made)


def test_the_next_report_is_the_first_that_is_not_finished() -> None:
    store = Store("sqlite://")
    ids = [store.add("me", name, name, SCHEMA, extraction=extraction()) for name in ("a", "b", "c")]
    store.decide("me", ids[1], "Dr. A", lambda entry: Decision("finish"))
    at = SessionState(entry=store.get("me", ids[0]))
    assert next_review(at, store, "me") == ids[2]
    assert next_review(SessionState(entry=store.get("me", ids[2])), store, "me") == ids[0]
    for id in ids:
        store.decide("me", id, "Dr. A", lambda entry: Decision("finish"))
    with pytest.raises(InputError, match="no other report"):
        next_review(at, store, "me")
