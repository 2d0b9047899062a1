"""Headings, the sections that they begin, and items that are nothing but a heading."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_tokenizer

from elmtex.decoding.grammar import NoteGrammar
from elmtex.decoding.notes import NoteItem, note_states
from elmtex.decoding.select import group
from elmtex.decoding.tokens import tokenise
from elmtex.schema import ITEM, load_schema, parse_schema
from elmtex.text.section_names import KINDS, named_kind
from elmtex.text.sections import Sectioned, sections
from elmtex.types import Extraction, Item
from eval.sections import row, scored


def read(report: str) -> list[tuple[str | None, str, str]]:
    """Kind, heading and body of each section, without the white space around them."""
    return [
        (
            s.kind,
            report[slice(*s.heading)].strip() if s.heading else "",
            report[slice(*s.body)].strip(),
        )
        for s in sections(report)
    ]


def kinds(report: str) -> list[str | None]:
    return [section.kind for section in sections(report)]


LAYOUTS = [
    "{0}:\n{1}\n{2}:\n{3}",
    "{0}: {1}\n{2}: {3}",
    "{0}:\r\n{1}\r\n\r\n{2}:\r\n{3}",
    "{0}: {1} {2}: {3}",
    "{0}\n====\n{1}\n\n{2}\n----\n{3}",
    "## {0}\n\n{1}\n\n## {2}\n{3}",
    "**{0}:** {1}\n**{2}:** {3}",
    "**{0}**\n{1}\n\n**{2}**\n{3}",
    "=== {0} ===\n{1}\n=== {2} ===\n{3}",
    "1. {0}\n{1}\n2. {2}\n{3}",
    "1) {0}: {1}\n2) {2}: {3}",
    "II. {0}:\n{1}\nIII. {2}:\n{3}",
    "- {0}: {1}\n- {2}: {3}",
    "  {0} :  {1}\n  {2} :  {3}",
    "[{0}]\n{1}\n[{2}]\n{3}",
    "{0}\t{1}\n{2}\t{3}",
    "{0} - {1}\n{2} - {3}",
    "{0}\n{1}\n\n{2}\n{3}",
]
NAMES = [
    (("Past medical history", "past_history"), ("Current Medications", "medication")),
    (("PAST MEDICAL HISTORY", "past_history"), ("FAMILY HISTORY", "family_history")),
    (("Review of Systems", "review_of_systems"), ("Physical Exam", "physical_examination")),
    (("PMH", "past_history"), ("ROS", "review_of_systems")),
    (("HPI", "history_of_present_illness"), ("A/P", "assessment_and_plan")),
    (("Assessment and Plan", "assessment_and_plan"), ("Labs", "laboratory")),
    (("Diagnosen", "diagnosis"), ("Therapie und Verlauf", "hospital_course")),
    (
        ("Anamnese", "history_of_present_illness"),
        ("Körperliche Untersuchung", "physical_examination"),
    ),
    (("FAMILIENANAMNESE", "family_history"), ("ALLERGIEN", "allergies")),
    (("Entlassmedikation", "medication"), ("Procedere", "plan")),
    (("Medikation bei Entlassung", "medication"), ("Weiteres Procedere", "plan")),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("names", NAMES)
def test_a_heading_is_read_in_each_layout(layout: str, names):
    (one, first), (other, second) = names
    report = layout.format(one, "Gicht seit 2010.", other, "Aspirin 100 mg.")
    found = read(report)
    assert [kind for kind, _, _ in found] == [first, second]
    assert [body for _, _, body in found] == ["Gicht seit 2010.", "Aspirin 100 mg."]
    assert one in found[0][1] and other in found[1][1]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("CC", "chief_complaint"), ("FHx", "family_history"), ("Soc Hx", "social_history")),
        *(("PSH", "past_history"), ("O/E", "physical_examination"), ("DDx", "diagnosis")),
        *(("Imp", "assessment"), ("Discharge Instructions", "discharge_instructions")),
        *(("Admission diagnoses", "diagnosis"), ("Meds", "medication"), ("All", "allergies")),
        *(("Laboratory data", "laboratory"), ("VITAL SIGNS", "physical_examination")),
        *(("Reason for consultation", "chief_complaint"), ("Disposition", "disposition")),
        *(("Brief hospital course", "hospital_course"), ("Imaging studies", "imaging")),
        *(("Befund", "results"), ("Aufnahmebefund", "physical_examination"), ("Dg.", "diagnosis")),
        *(("Sozialanamnese", "social_history"), ("Vegetative Anamnese", "review_of_systems")),
        *(
            ("Labor (15.08.)", "laboratory"),
            ("Labor bei Aufnahme", "laboratory"),
            ("Assessment & Plan", "assessment_and_plan"),
        ),
        *(("Unverträglichkeiten", "allergies"), ("Unvertraeglichkeiten", "allergies")),
        *(("Maßnahmen", "plan"), ("Massnahmen", "plan"), ("Epikrise", "assessment")),
        *(
            ("Röntgenbefund", "results"),
            ("Nebendiagnosen", "diagnosis"),
            ("Eingriff", "procedures"),
        ),
        *(("Dauermedikation", "medication"), ("Beurteilung und Procedere", "assessment_and_plan")),
        *(("Vorerkrankungen", "past_history"), ("Fragestellung", "indication")),
        *(("Impfstatus", "immunizations"), ("Anamnese und Befund", "history_of_present_illness")),
    ],
)
def test_a_name_with_a_colon_tells_the_kind(name: str, kind: str):
    assert read(f"{name}: Gicht.") == [(kind, f"{name}:", "Gicht.")]


@pytest.mark.parametrize(
    "report",
    [
        *("", " \n ", "He denied fever.", "Hypertension: well controlled", "Chest X-ray: clear"),
        *("Z. n. Appendektomie", "Z. n.: Appendektomie", "BP: 120/80", "EKG: Sinusrhythmus"),
        *(
            "# Atrial fibrillation\nrate control",
            "HTN: on lisinopril",
            "Raucher: nein",
            "10:30 seen",
        ),
        "The patient has a history of gout and was seen in the clinic for a\nphysical examination\nof her knee.",
        "EMERGENCY DEPARTMENT NOTE\n\nShe has a cough.",
        "He had surgery, medication: aspirin, and\nplan\nfor discharge.",
        "HEENT: normal\nNECK: supple\nLUNGS: clear",
    ],
)
def test_what_is_no_heading(report: str):
    assert sections(report) == sections(report)[:1]
    assert (sections(report)[0].kind, sections(report)[0].heading) == (None, None)


def test_headings_in_one_line():
    report = "PMH: HTN, DM2. Meds: metformin 500 mg. All: NKDA. FH: MI in father; SH: smoker."
    assert kinds(report) == [
        *("past_history", "medication", "allergies", "family_history", "social_history")
    ]


def test_what_comes_before_the_first_heading_has_no_kind():
    assert read("ED NOTE\nJohn, 40.\n\nPMH: gout") == [
        (None, "", "ED NOTE\nJohn, 40."),
        ("past_history", "PMH:", "gout"),
    ]


def test_an_unknown_heading_ends_the_section_before_it():
    report = "MEDICATIONS\n\nShe takes aspirin.\n\nADVANCE DIRECTIVES\n\nThere are none so far.\n\nPLAN\n\nAn MRI"
    assert kinds(report) == ["medication", "other", "plan"]


def test_an_organ_begins_no_section():
    report = "PHYSICAL EXAMINATION:\nHEENT: normal\n\nNECK\n\nsupple\n\nPLAN: MRI"
    assert kinds(report) == ["physical_examination", "plan"]


def test_an_entry_of_a_list_is_no_heading_beside_real_ones():
    report = "HPI: cough.\nPLAN:\n1. Labs: CBC\n- Imaging: CT"
    assert kinds(report) == ["history_of_present_illness", "plan"]


def test_soap_letters_count_together_alone():
    assert kinds("S: cough\nO: clear\nA: cold\nP: rest") == [
        *("history_of_present_illness", "physical_examination", "assessment", "plan")
    ]
    assert kinds("P: 80/min\nT: 37.0") == [None]


def test_every_name_of_the_table_has_a_kind_of_the_list():
    assert named_kind("Anamnese") in KINDS
    assert named_kind("Discharge summary") is None


HOSTILE = {
    **{repr(c): c * 300_000 for c in ":. \n\tA#-=*(1"},
    **{
        unit: unit * (300_000 // len(unit))
        for unit in (
            "A\n",
            "a:",
            "PMH:\n",
            "PMH: x. ",
            "A. ",
            "A  ",
            "1. ",
            "A\tb\n",
            "===\n",
            "- ",
            "A P ",
            "ÄÖ ",
        )
    },
}


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_reports_take_linear_time(unit: str):
    began = time.process_time()
    found = sections(HOSTILE[unit])
    assert time.process_time() - began < 5  # minutes at a square of the length
    check_tiles(HOSTILE[unit], found)


def check_tiles(report: str, found) -> None:
    place = 0
    for number, section in enumerate(found):
        assert (section.heading is None) == (section.kind is None)
        assert section.heading or number == 0
        if section.heading:
            assert section.heading[0] == place < section.heading[1]
            place = section.heading[1]
            assert section.kind in KINDS
        assert section.body[0] == place <= section.body[1]
        place = section.body[1]
    assert place == len(report)


PARTS = st.sampled_from(
    [
        *("PMH", "Plan", "PLAN", "Befund", "Allergien", ":", "\n", "\r\n", " ", "  "),
        *("#", "**", "- ", "1. ", "===", "---"),
        *(
            "\t",
            "gout",
            "Ä",
            "😀",
            ".",
            "fever",
            "(",
            "\u2028",
            "S",
            "O",
            "A",
            "P",
            "[",
            "]",
            "X-RAY",
        ),
    ]
)


@given(st.lists(PARTS, max_size=40).map("".join) | st.text(max_size=80))
def test_sections_tile_the_report(report: str):
    check_tiles(report, sections(report))


def placed(report: str, *words: str, assertion="present") -> list[tuple[str, str | None]]:
    items = [Item(w, report.index(w), report.index(w) + len(w), assertion) for w in words]
    answer = Sectioned.of(report).placed({"any": items})["any"]
    return [(item.text, item.section) for item in answer]


def test_an_item_has_the_kind_of_its_section():
    report = "He is 40.\n\nPMH: gout\nFH: stroke"
    assert placed(report, "40", "gout", "stroke") == [
        *(("40", None), ("gout", "past_history"), ("stroke", "family_history"))
    ]
    ungrounded = Item("cold", None, None)
    assert Sectioned.of(report).placed({"a": [ungrounded]}) == {"a": (ungrounded,)}


@pytest.mark.parametrize(
    ("report", "words", "stays"),
    [
        ("Allergies: latex", "Allergies", False),
        ("ALLERGIES:\nlatex", "ALLERGIES:", False),
        ("2. Physical examination: normal", "Physical examination", False),
        ("## Medikation\n\nASS", "Medikation", False),
        ("Allergies: latex", "latex", True),
        ("Allergies: latex", "Allergies: latex", True),
        ("Past history: gout", "history", True),
        ("PMH: gout\nChest X-ray: clear", "Chest X-ray", True),
        ("PMH: gout\n\nBONE SCAN\n\nclear", "BONE SCAN", True),
        ("Plan: MRI\nHypertension: well controlled", "Hypertension", True),
    ],
)
def test_a_heading_that_names_a_section_is_no_item(report: str, words: str, stays: bool):
    assert [text for text, _ in placed(report, words)] == [words] * stays


def test_a_field_that_is_denied_is_an_item():
    assert placed("Allergies: none", "Allergies", assertion="absent")
    assert placed("Allergien: keine bekannt\nPlan: CT", "Allergien", assertion="absent")
    assert not placed("Allergies: none", "Allergies")
    assert not placed("Allergies: no latex, penicillin", "Allergies", assertion="absent")


def test_the_mention_after_a_heading_takes_its_place():
    report = "Allergies: has allergies"
    tokens = tokenise(report, tiny_tokenizer())
    grammar = NoteGrammar.of(load_schema("elmtex"), tiny_tokenizer())
    states = note_states(grammar, tokens, tokens.sentences)
    for state in states:
        ends = range(state.first + 1, len(tokens.ids) + 1)
        last = next(
            (i for i in ends if report[slice(*tokens.span(state.first, i))].lower() == "allergies"),
            None,
        )
        if last:
            state.items = [NoteItem(state.first, last, "age", "present", (-0.1,))]
    assert [i.start for i in group(states, ["age"])["age"]] == [0]
    heading = Sectioned.of(report).is_heading
    assert [i.start for i in group(states, ["age"], is_heading=heading)["age"]] == [15]


def test_json_has_the_section_only_where_there_is_one():
    item = Item("gout", 5, 9, "present", 0.5, section="past_history")
    assert list(item.to_dict())[4:] == ["confidence", "section"]
    assert Item.from_dict(item.to_dict()).section == "past_history"
    bare = replace(item, section=None)
    assert "section" not in bare.to_dict() and Item.from_dict(bare.to_dict()).section is None
    document = Extraction("r", "elmtex", "m", "ok", categories={"age": (item,)})
    whole = {key: [] for key in load_schema("elmtex").keys} | document.to_dict()["categories"]
    assert load_schema("elmtex").validate(whole) == ()


def test_a_schema_with_strict_items_of_its_own_gets_none():
    strict = {**ITEM, "properties": {k: v for k, v in ITEM["properties"].items() if k != "section"}}
    own = {"title": "Mine", "properties": {"a": {"title": "A", "type": "array", "items": strict}}}
    assert load_schema("elmtex").items_may_have("section")
    assert not parse_schema(json.dumps(own), "mine").items_may_have("section")


def test_the_evaluation_counts_places_and_kinds():
    counts = scored(
        [("PMH: gout\nPlan: CT\nLabs: normal", {0: "past_history", 10: "diagnosis", 99: "plan"})]
    )
    assert (counts["gold"], counts["found"], counts["place"], counts["kind"]) == (3, 3, 2, 1)
    assert row("x", counts, "place") == "| x | 3 | 0.667 | 0.667 | 0.667 |"


@pytest.mark.parametrize(
    "brief, about_the_visit",
    [
        ("Allergies: latex, codeine (vomiting).\n", "This 79-year-old nurse attended.\n"),
        ("Allergies: latex.\nThe patient is allergic to nuts, too.\n\n", "The patient was seen."),
        ("Familienanamnese: Vater Infarkt.\n", "Die Patientin stellte sich mit Husten vor."),
        ("FAMILY HISTORY\nMr Smith's father had gout.\n", "Mr Smith drinks."),
        ("Allergies: latex.\r\n", "The patient presented with cough."),
        ("Allergies: latex.\n", "The patient was admitted for chemotherapy with cisplatin."),
        ("Allergies: latex.\n", "This 40-year-old man was in a car crash; CRP was reactive."),
        ("Allergien: Latex.\n", "Die Patientin hat eine große Wunde mit konstanten Schmerzen."),
        ("Allergies: none. ", "Takes lisinopril 10 mg."),
        ("Allergies: NKDA. ", "He takes metformin."),
        ("FH: mother MI. ", "The patient presents with cough."),
        ("Immunizations: up to date. ", "Presents with fever."),
        ("Impfungen: vollständig, Tetanus 2021. ", "Kommt wegen Fieber."),
    ],
)
def test_a_brief_section_ends_where_the_visit_is_told(brief, about_the_visit):
    report = f"{brief}{about_the_visit}"
    kind, none = sections(report)
    assert report[kind.start : kind.body[1]] == brief and kind.kind
    assert (none.kind, none.heading, report[slice(*none.body)]) == (None, None, about_the_visit)
    read = Sectioned.of(report)
    assert read.kind(len(brief)) is None and read.heading(len(brief)) == ""


@pytest.mark.parametrize(
    "report",
    [
        "Allergies: latex,\nThis 79-year-old nurse",  # no sentence has ended
        "Allergies: penicillin.\nSulfa drugs.\nShe had hives.",
        "Family history: gout.\nThe patient's mother had gout.",
        "Family history: gout.\nThe patient has two children, one with asthma.",
        "Family history: gout.\nThe patient was adopted.\nMaternal aunt had breast cancer.",
        "Allergies: Penicillin.\nThe patient gets hives.",
        "Allergien: Penicillin.\nDie Pathologie war unauffällig.",
        "Family history: Mother with breast cancer. Presented with a lump. Her sister is well.",
        "Immunizations: MMR. The patient presented late and is due for hepatitis B.",
        "Allergies: Penicillin. Denies latex. Sulfa.",
        "FH: Vater mit KHK. Er nimmt ASS. Diabetes.",
        "Family history: The patient's father had gout. The patient's mother, too.",
        "PMH: HTN.\nThe patient was well.",  # told in sentences
    ],
)
def test_other_sections_go_on(report):
    assert len(sections(report)) == 1
