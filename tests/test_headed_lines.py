"""Lines whose heading names a category of one's own schema."""

from __future__ import annotations

import json
from math import log
from types import SimpleNamespace
from typing import Any

import pytest
from tiny import tiny_tokenizer

from elmtex.decoding.notes import NoteItem
from elmtex.decoding.tokens import tokenise
from elmtex.extractors.headed_lines import LEAST, LIKELIER, HeadedLines, named
from elmtex.schema import load_schema, parse_schema

WOUND = parse_schema(
    json.dumps(
        {
            "title": "Wound visit",
            "x-title": {"de": "Wundvisite"},
            "properties": {
                "size": {"title": "Wound size", "x-title": {"de": "Wundgröße"}},
                "bed": {"title": "Wound bed", "x-title": {"de": "Wundgrund"}},
                "skin": {"title": "Edge and skin", "x-title": {"de": "Wundrand und Umgebung"}},
                "next_visit": {"title": "Follow-up", "x-label": "again"},
                "other": {"title": "Other findings", "x-title": {"de": "Nebenbefund"}},
            },
        }
    ),
    "wound",
)
REPORT = """Wound visit: of 3 May
Bed: 80 % slough, no bone
- Größe: 4 cm
Skin and bed: red
He walks. Bed: made
"""


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("Wound bed", "bed"),
        ("WUNDGRUND", "bed"),
        ("Bed of the wound", "bed"),
        ("Größe", "size"),
        ("Rand / Umgebung", "skin"),
        ("next visit", "next_visit"),
        ("again", "next_visit"),
        ("Other findings", "other"),
        ("Wound", None),  # of the schema's own title
        ("Bed and skin", None),  # of two
        ("Medication", None),
        ("Report", None),
        ("Befund", None),
        ("the", None),
        ("a bed that is long and made of wood", None),
    ],
)
def test_a_heading_names_the_only_category_it_shares_a_word_with(
    heading: str, key: str | None
) -> None:
    assert named(heading, WOUND) == key


def noted(words: str, key: str, lines: HeadedLines, probability: float = 0.5) -> NoteItem:
    start = REPORT.index(words)
    places = [lines.tokens.span(n, n + 1) for n in range(len(lines.tokens.ids))]
    inside = [n for n, (a, b) in enumerate(places) if start <= a and b <= start + len(words)]
    return NoteItem(inside[0], inside[-1] + 1, key, "present", (log(probability),))


def test_items_go_to_the_category_that_heads_their_line() -> None:
    lines = HeadedLines.of(tokenise(REPORT, tiny_tokenizer()), WOUND)
    assert lines.keys == ("bed", "size")
    slough, bone, cm, red, made = (
        noted(words, "skin", lines) for words in ("slough", "bone", "4 cm", "red", "made")
    )
    notes: Any = [SimpleNamespace(items=[slough, bone]), SimpleNamespace(items=[cm, red, made])]
    lines.refile(notes)
    assert [i.key for n in notes for i in n.items] == ["bed", "bed", "size", "skin", "skin"]
    refiled = notes[0].items[0]
    lines.refile(notes)
    assert notes[0].items[0] is refiled  # what attributes know it by stays


def test_a_heading_makes_its_items_likelier() -> None:
    lines = HeadedLines.of(tokenise(REPORT, tiny_tokenizer()), WOUND)
    assert lines.score(noted("slough", "bed", lines)) == pytest.approx(0.5 + LIKELIER)
    assert lines.score(noted("slough", "bed", lines, 0.95)) == 1
    assert lines.score(noted("slough", "bed", lines, LEAST - 0.01)) == pytest.approx(LEAST - 0.01)
    assert lines.score(noted("red", "skin", lines)) == pytest.approx(0.5)


def test_packaged_schemas_and_empty_reports_have_no_such_lines() -> None:
    tokens = tokenise("Diagnosis: fever", tiny_tokenizer())
    assert not HeadedLines.of(tokens, load_schema("elmtex")).keys
    assert not HeadedLines.of(tokenise("", tiny_tokenizer()), WOUND).keys


@pytest.mark.parametrize(
    "heading, key",
    [
        *(("Hepatitis B", "hepatitis_b"), ("Hepatitis C", None), ("Hepatitis", None)),
        *(("T stage", "t_stage"), ("N stage", None), ("Type 2 diabetes", None)),
        *(("Type 1 diabetes", "type_1_diabetes"), ("Pain 2", "pain")),
    ],
)
def test_a_letter_or_a_number_tells_names_apart(heading: str, key: str | None) -> None:
    titles = ("Hepatitis B", "T stage", "Type 1 diabetes", "Pain")
    properties = {t.lower().replace(" ", "_"): {"title": t} for t in titles}
    schema = parse_schema(json.dumps({"title": "Forms", "properties": properties}), "forms")
    assert named(heading, schema) == key


def test_a_clock_time_heads_no_line() -> None:
    report = "Pain at 14:30 reported as 6/10, nausea.\nPain:6/10"
    schema = parse_schema('{"title": "Ward", "properties": {"pain": {"title": "Pain"}}}', "ward")
    lines = HeadedLines.of(tokenise(report, tiny_tokenizer()), schema)
    assert [report[slice(*span)] for span in zip(lines.starts, lines.ends, strict=True)] == ["6/10"]


def test_standard_categories_that_are_asked_for_head_their_own_lines() -> None:
    document = json.loads(json.dumps(load_schema("elmtex").document))
    document["properties"]["pain_history"] = {"title": "Pain history"}
    whole = parse_schema(json.dumps(document), "whole")
    part = whole.subset(("pain_history",))
    tokens = tokenise("Family history: cough.\nPain history: fever.", tiny_tokenizer())
    assert HeadedLines.of(tokens, part).keys == ("pain_history", "pain_history")
    assert HeadedLines.of(tokens, part, whole).keys == ("family_history", "pain_history")
