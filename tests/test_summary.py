"""The summary to file: patient, kind and date as the report says them, plain words for what is denied, footnotes, sign-off."""

from __future__ import annotations

import base64
import io
import re
import sys
from dataclasses import replace

import pytest
from fakes import ATTACKS, Reader

from elmtex.review import Decision, Entry, Store
from elmtex.review.decisions import next_undo
from elmtex.review.store import MEMORY
from elmtex.schema import load_schema
from elmtex.types import Assertion, Attribute, Extraction, InputError, Item
from elmtex.web.locale.messages import ENGLISH, GERMAN
from elmtex.web.report_tab.letterhead import Letterhead, letterhead
from elmtex.web.report_tab.sign_off import signed_html
from elmtex.web.report_tab.summary import summary_page, summary_pdf
from elmtex.web.report_tab.summary_view import SummaryView, summary_view

CLINICAL = load_schema("clinical")
REPORT = """Entlassungsbrief
Köln, den 14.11.2025
Patient: Erika Beispiel, geb. 02.03.1958

67 Jahre. Keine Allergien bekannt. Kein Fieber, kein Husten. Verdacht auf Pneumonie.
Metformin pausiert. Torasemid 20 mg 1-0-0.
CRP 28 mg/l (< 5)
"""
FOUND: tuple[tuple[str, str, Assertion], ...] = (
    ("age", "67 Jahre", "present"),
    ("allergies", "Allergien", "absent"),
    ("signs_symptoms", "Fieber", "absent"),
    ("signs_symptoms", "kein Husten", "absent"),
    ("diagnosis", "Pneumonie", "possible"),
    ("pharmacological_therapy", "Metformin", "absent"),
    ("pharmacological_therapy", "Torasemid", "present"),
    ("laboratory_values", "CRP 28 mg/l", "present"),
)
BESIDE = {
    "Metformin": (("status", "pausiert"),),
    "Torasemid": (("dose", "20 mg"), ("frequency", "1-0-0")),
    "CRP 28 mg/l": (("test", "CRP"), ("value", "28 mg/l")),
}


def entry_of(report: str = REPORT, name: str = "brief.pdf") -> tuple[Store, str]:
    found: dict[str, list[Item]] = {key: [] for key in CLINICAL.keys}
    for key, text, assertion in FOUND:
        start = report.find(text)
        if start >= 0:
            beside = tuple(
                Attribute(type, said, report.index(said), report.index(said) + len(said))
                for type, said in BESIDE.get(text, ())
            )
            found[key].append(
                Item(text, start, start + len(text), assertion, 0.9, attributes=beside)
            )
    made = Extraction(
        "r", "clinical", "elmtex-8", "ok", (), {k: tuple(v) for k, v in found.items()}
    )
    store = Store(MEMORY)
    return store, store.add("me", name, report, CLINICAL, extraction=made)


def decide(store: Store, id: str, decision: Decision) -> Entry:
    return store.decide("me", id, "Dr. Ö", lambda _: decision)


def signed() -> tuple[Store, Entry]:
    store, id = entry_of()
    all_of_them = tuple(item.id for item in store.get("me", id).reviewed.items)
    decide(store, id, Decision("accept", all_of_them))
    return store, decide(store, id, Decision("finish"))


def sayings(view: SummaryView) -> list[str]:
    return [
        " ".join([saying.begins, *(words for words, _ in saying.words)]).strip()
        for section in view.sections
        for saying in section.sayings
    ]


def test_the_head_says_whose_report_of_which_kind_and_day_it_is_in_its_own_words() -> None:
    _, entry = signed()
    facts = dict(summary_view(entry, ENGLISH, evidence=False).facts)
    assert facts["Patient"] == "Erika Beispiel, geb. 02.03.1958, 67 Jahre"
    assert (facts["Kind of report"], facts["Date of the report"]) == (
        "Entlassungsbrief",
        "14.11.2025",
    )
    assert facts["Read from"] == "brief.pdf" and facts["Suggested by"].startswith("elmtex-8")
    assert facts["Sign-off"].startswith("Signed off by Dr. Ö, ")


@pytest.mark.parametrize(
    ("report", "head"),
    [
        ("", Letterhead()),
        # A birthday and a stay are no dates of a report.
        ("Patient: Max, geb. 01.02.1950\nDear Dr. W,\nshe stayed from 14 to 21 September 2026.",
         Letterhead(patient="Max, geb. 01.02.1950")),
        ("RADIOLOGY REPORT\nCT chest with contrast, 3 October 2026\nNo fever.",
         Letterhead("RADIOLOGY REPORT", "3 October 2026")),
        ("Radiology report        20 November 2026\nPatient: Max Ei    DOB: 01/02/1950    Sex: male",
         Letterhead("Radiology report", "20 November 2026", "Max Ei, DOB: 01/02/1950, Sex: male")),
        ("Date of report: 2024-05-06\nSeen on 1 May 2024", Letterhead(date="2024-05-06")),
        ("wir berichten über Frau Ute Ei, geb. am 3.4.1961, wohnhaft in Ulm, die am 1.1.2020 kam.",
         Letterhead(patient="Frau Ute Ei, geb. am 3.4.1961")),
        ("Sehr geehrte Frau Kollegin,\nherzlichen Dank für Ihren Brief", Letterhead()),
    ],
)  # fmt: skip
def test_a_head_is_read_by_closed_rules_or_not_at_all(report: str, head: Letterhead) -> None:
    assert letterhead(report) == head


def test_what_is_denied_stands_in_plain_words_and_never_twice_denied() -> None:
    _, entry = signed()
    said = sayings(summary_view(entry, ENGLISH, evidence=False))
    assert "Not present: Fieber" in said
    assert "In the report's words: kein Husten" in said  # not "not present: kein Husten"
    assert "No known allergies." in said  # not "not allergic to: Allergien"
    assert "Not taken: Metformin (pausiert)" in said
    assert "<s>" not in summary_page(entry, ENGLISH)


def test_normal_findings_are_one_sentence() -> None:
    report = "Abdomen weich, Lunge frei belüftet, Husten."
    words = ("weich", "frei belüftet", "Husten")
    found = tuple(Item(w, report.index(w), report.index(w) + len(w), "present", 0.9) for w in words)
    made = Extraction("r", "clinical", "m", "ok", (), {"signs_symptoms": found})
    store = Store(MEMORY)
    id = store.add("me", "brief", report, CLINICAL, extraction=made)
    entry = decide(store, id, Decision("accept", tuple(f"m{n}" for n in range(len(found)))))
    problems, normal = summary_view(entry, GERMAN, evidence=True).sections
    assert [row.cells for row in problems.rows] == [("Husten",)]
    assert (normal.title, normal.rows) == ("Normalbefunde", ())
    assert normal.sayings[0].words == (("weich", 1), ("frei belüftet", 1))
    assert "Normalbefunde" in summary_page(entry, GERMAN)


def test_drugs_and_values_are_tables_without_what_is_denied() -> None:
    _, entry = signed()
    sections = {s.title: s for s in summary_view(entry, GERMAN, evidence=False).sections}
    drugs, values = sections[GERMAN.review.kinds["drugs"]], sections[GERMAN.review.kinds["values"]]
    assert [row.cells for row in drugs.rows] == [("Torasemid", "20 mg", "1-0-0")]
    assert values.rows[0].cells[:2] == ("CRP", "28 mg/l") and "< 5" in values.rows[0].cells
    assert "möglich" in sections["Diagnose"].rows[0].details


def test_footnotes_quote_the_report_on_demand() -> None:
    _, entry = signed()
    without = summary_view(entry, ENGLISH, evidence=False)
    assert without.notes == () and "Verdacht" not in summary_page(entry, ENGLISH)
    assert all(row.note == 0 for section in without.sections for row in section.rows)
    view = summary_view(entry, ENGLISH, evidence=True)
    numbers = {row.cells[0]: row.note for section in view.sections for row in section.rows}
    assert view.notes[numbers["CRP"] - 1] == "CRP 28 mg/l (< 5)"
    assert "Verdacht auf Pneumonie" in view.notes[numbers["Pneumonie"] - 1]


def test_a_change_after_the_signature_opens_the_review_and_its_summary_again() -> None:
    store, entry = signed()
    assert "Signed off by Dr. Ö" in signed_html(entry, ENGLISH)
    changed = decide(store, entry.id, Decision("reject", ("m0",)))
    assert signed_html(changed, ENGLISH) == "" and not changed.reviewed.finished
    page = summary_page(changed, ENGLISH)
    assert "Signed off" not in page and "nobody has signed it off yet" in page
    back = next_undo(changed.reviewed)
    assert back is not None and "Signed off by" in summary_page(
        decide(store, entry.id, back), ENGLISH
    )


def test_a_draft_says_so_and_marks_what_nobody_reviewed() -> None:
    store, id = entry_of()
    page = summary_page(store.get("me", id), ENGLISH)
    assert "Draft: 8 items have not been reviewed" in page and "not reviewed" in page


def test_the_pdf_says_what_the_page_says() -> None:
    pytest.importorskip("typst", reason="typst is not installed")
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    _, entry = signed()
    pdf = pypdf.PdfReader(io.BytesIO(base64.b64decode(summary_pdf(entry, GERMAN, evidence=True))))
    text = "\n".join(page.extract_text() for page in pdf.pages)
    for words in ("Erika Beispiel", "Torasemid", "Dr. Ö", "CRP 28 mg/l (< 5)", "14.11.2025"):
        assert words in text
    assert pdf.trailer["/Root"]["/Lang"] == "de" and "/StructTreeRoot" in pdf.trailer["/Root"]


@pytest.mark.parametrize(
    "attack", [*ATTACKS, '#panic() *b* $x$ @a <l> #import "@preview/x:1.0.0": *']
)
def test_no_word_of_a_report_is_read_as_markup(attack: str) -> None:
    pytest.importorskip("typst", reason="typst is not installed")
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    store, id = entry_of(REPORT.replace("Erika Beispiel", attack), name=attack)
    entry = replace(store.get("me", id))
    page = re.sub(r"<(meta|!doctype)[^>]*>", "", summary_page(entry, ENGLISH, evidence=True))
    assert attack in Reader(page).text and "<script" not in page
    pdf = pypdf.PdfReader(io.BytesIO(base64.b64decode(summary_pdf(entry, ENGLISH))))
    bare = "".join(pdf.pages[0].extract_text().split())
    assert "".join(attack.split()) in bare


def test_without_its_package_a_pdf_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    _, entry = signed()
    with pytest.raises(InputError, match=r"elmtex\[pdf\]"):
        summary_pdf(entry, ENGLISH)
