"""ACI-Bench: clinical notes with headed sections.

Source: Yim et al. 2023, Scientific Data 10:586; github wyim/aci-bench, CC BY 4.0. The dialogues are not used.

A note gives up to two records, both without their headings, so that no heading is the answer:

- ``ID-history``: its sections on past, family and social history, allergies and current medication. Labelled
  are the five categories of which those sections tell everything, less those in which one of the sentences
  cannot be placed.
- ``ID-review``: its review of systems, line by line; ``signs_symptoms``, when each line plainly affirms or denies.

The other sections (present illness, exam, results, assessment, plan) mix all categories and are left out. The
annotators' span is the sentence: see note_sections.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from elmtex.corpora.fetch import Source, from_github
from elmtex.corpora.note_sections import HISTORY, Section, label
from elmtex.corpora.spans import without_overlap
from elmtex.types import InputError, Record

FILES = {
    "train.csv": "train",
    "valid.csv": "dev",
    "clinicalnlp_taskB_test1.csv": "test",
    "clinicalnlp_taskC_test2.csv": "test",
    "clef_taskC_test3.csv": "test",
}
SOURCE = Source(
    name="aci_bench",
    licence="CC BY 4.0",
    files=from_github(
        "wyim/aci-bench",
        "b909b2bb9cf1d19de08df15cddde7bd0179665e4",
        "data/challenge_data",
        dict(
            zip(
                FILES,
                (
                    "6c778d4ac5e6cc6f1964786f9286e8d765c210f22ed6b57f83aff8497409cea4",
                    "6629e89e3fb409d2b3eceab60dc7b32fe1d3fb8d4e07795039284965522aa4d0",
                    "5cc4008e68545f84913744a8e493a58bdf17ba7e1b7a0be46d6943d6bfca9471",
                    "599e3330a14e25a0e056aee1365ffac7ebe50058f15821eae42a5513c2bb5a4f",
                    "d3c18362a42124ea2bd1b2b4b66ba76a11bb123dfdb416471ae3b5924d1428ec",
                ),
                strict=True,
            )
        ),
    ),
)
_HEADING = re.compile(
    r"[A-Z][A-Z &/]+:?|Physical Exam(?:ination)?|Vitals(?: Reviewed)?|Results|Plan"
)
_SUBHEADING = re.compile(r"(?:Medical|Surgical|Procedures|Family|Social|Allergies|Medications):?")
SECTIONS: dict[str, Section] = {
    "PAST HISTORY": "history",
    "MEDICAL HISTORY": "history",
    "PAST MEDICAL HISTORY": "history",
    "SURGICAL HISTORY": "history",
    "PAST SURGICAL HISTORY": "history",
    "ALLERGIES": "allergies",
    "FAMILY HISTORY": "family_social",
    "SOCIAL HISTORY": "family_social",
    "MEDICATIONS": "medications",
    "CURRENT MEDICATIONS": "medications",
    "REVIEW OF SYSTEMS": "review",
    "REVIEW OF SYMPTOMS": "review",
}


def load(path: Path) -> Iterator[Record]:
    """Up to two records a note.

    Args:
        path: the folder ``challenge_data`` (or the corpus' folder above it) with its CSV files, or some of them.

    Raises:
        InputError: none of them is there, or one lacks its columns.
    """
    nested = path / "data" / "challenge_data"
    folder = nested if nested.is_dir() else path
    files = [(folder / name, split) for name, split in FILES.items() if (folder / name).is_file()]
    if not files:
        raise InputError(f"no ACI-Bench CSV file in {folder}; expected {', '.join(FILES)}")
    for file, split in files:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                try:
                    name, note = row["encounter_id"], row["note"]
                except KeyError as error:
                    raise InputError(f"{file}: lacks the column {error.args[0]!r}") from None
                if note is None:
                    raise InputError(f"{file}: the row {name} is cut short")
                yield from _records(f"{file.stem}-{name}", note, split)


def _records(name: str, note: str, split: str) -> Iterator[Record]:
    sections = list(_sections(note))
    for suffix, asked, wanted in (
        ("history", HISTORY, [s for s in sections if s[0] != "review"]),
        ("review", ("signs_symptoms",), [s for s in sections if s[0] == "review"]),
    ):
        text, stretches = "", []
        for section, body in wanted:
            start = len(text) + (1 if text else 0)
            text += ("\n" if text else "") + body
            stretches.append((section, start, len(text)))
        labels = label(text, stretches)
        labelled = tuple(key for key in asked if key not in labels.unsure)
        if any(labels.items.get(key) for key in labelled):
            yield Record(
                id=f"{name}-{suffix}",
                source="aci_bench",
                lang="en",
                text=text,
                labelled=labelled,
                items={
                    key: without_overlap(labels.items.get(key, ()), unique=False)
                    for key in labelled
                },
                split=split,
            )


def _sections(note: str) -> Iterator[tuple[Section, str]]:
    """The bodies of the sections that are used, without headings and empty lines, in the note's order."""
    heading, body = "", []
    for line in [*re.split(r"\r\n|\n|\r", note), "END"]:
        if not _HEADING.fullmatch(line.strip()):
            if line.strip() and not _SUBHEADING.fullmatch(line.strip()):
                body.append(line.rstrip())
            continue
        if heading in SECTIONS and body:
            yield SECTIONS[heading], "\n".join(body)
        heading, body = line.strip().rstrip(":"), []
