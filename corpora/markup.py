"""Text marked up with its items: ``[label|words]`` is a span of a category, ``[label!|words]`` an absent one,
``[label?|words]`` a possible one; spans nest. Synthetic and written reports are made in it, so their spans are known."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corpora.maccrobat import CATEGORIES
from corpora.spans import item_at, without_overlap
from elmtex.types import Assertion, Item, Record

LABELS: Mapping[str, str] = {
    "hab": "life_style",
    "fam": "family_history",
    "soc": "social_history",
    "hx": "medical_surgical_history",
    "sx": "signs_symptoms",
    "com": "comorbidities",
    "test": "diagnostic_techniques_procedures",
    "dx": "diagnosis",
    "val": "laboratory_values",
    "path": "pathology",
    "drug": "pharmacological_therapy",
    "surg": "interventional_therapy",
    "out": "patient_outcome_assessment",
    "age": "age",
    "sex": "gender",
}
_ASSERTIONS: Mapping[str, Assertion] = {"": "present", "!": "absent", "?": "possible"}
_MARK = re.compile(r"\[(\w+)([!?]?)\||\]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a category in the finished text, half-open code points."""

    category: str
    start: int
    end: int
    assertion: Assertion


def read_markup(markup: str) -> tuple[str, list[Mark]]:
    """The text without its marks, and the marks.

    Raises:
        ValueError: brackets do not match, a label is unknown, or a span is empty or begins or ends with white space.
    """
    parts: list[str] = []
    length = place = 0
    open_marks: list[tuple[str, Assertion, int]] = []
    marks: list[Mark] = []
    for match in _MARK.finditer(markup):
        words = markup[place : match.start()]
        parts.append(words)
        length, place = length + len(words), match.end()
        if label := match[1]:
            if label not in LABELS:
                raise ValueError(f"no category has the label {label!r}")
            open_marks.append((LABELS[label], _ASSERTIONS[match[2]], length))
        elif open_marks:
            category, assertion, start = open_marks.pop()
            marks.append(Mark(category, start, length, assertion))
        else:
            raise ValueError("a bracket closes that was never opened")
    if open_marks:
        raise ValueError("a bracket is never closed")
    text = "".join(parts) + markup[place:]
    for mark in marks:
        words = text[mark.start : mark.end]
        if not words or words != words.strip():
            raise ValueError(f"an ill-formed span of {mark.category}")
    return text, marks


def record_of(text: str, marks: Sequence[Mark], id: str, source: str, lang: str) -> Record:
    """The record of a text in which every item of the 15 categories is marked."""
    items: dict[str, list[Item]] = defaultdict(list)
    for mark in marks:
        items[mark.category].append(item_at(text, mark.start, mark.end, mark.assertion))
    kept = {key: without_overlap(items[key], unique=False) for key in CATEGORIES}
    return Record(id, source, lang, text, CATEGORIES, kept)
