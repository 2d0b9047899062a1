"""MTS-Dialog: sections of clinical notes (MTSamples), each with one of 20 section labels.

Source: Ben Abacha et al. 2023, EACL; github abachaa/MTS-Dialog, CC BY 4.0. The dialogues are not used.

Labelled: for the sections on history, family, social life, allergies and medication the five categories
that such a section can speak of, less those in which one of its sentences cannot be placed; for a review of
systems ``signs_symptoms`` when every sentence plainly affirms or denies; for a diagnosis section ``diagnosis``.
The other sections (present illness, assessment, exam ...) mix all categories and are left out. An allergy is
history, as in MACCROBAT. The annotators' span is the sentence: see note_sections.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from elmtex.corpora.fetch import Source, from_github
from elmtex.corpora.note_sections import HISTORY, Section, label
from elmtex.corpora.spans import without_overlap
from elmtex.types import InputError, Record

FILES = {
    "MTS-Dialog-TrainingSet.csv": "train",
    "MTS-Dialog-ValidationSet.csv": "dev",
    "MTS-Dialog-TestSet-1-MEDIQA-Chat-2023.csv": "test",
    "MTS-Dialog-TestSet-2-MEDIQA-Sum-2023.csv": "test",
}
SOURCE = Source(
    name="mts_dialog",
    licence="CC BY 4.0",
    files=from_github(
        "abachaa/MTS-Dialog",
        "3ff0801933608d6f570468c13125125fb5cabdea",
        "Main-Dataset",
        dict(
            zip(
                FILES,
                (
                    "65a28681dd59fc159681ea026e44610f2af7bc64a0e7f892d763eb03d9f503dc",
                    "227206520c4534381c0d7fba6d3f09319a9af5a6d9603a93c0341af1198e3958",
                    "b4d38dd2c99b2e9860099abcf653f1e0f3e9b69f9fcc45be2a2699b37a4d2f37",
                    "226644466ed3af82382b327a3e684aab70aa605b96cfd93b04f584f1826ab1a6",
                ),
                strict=True,
            )
        ),
    ),
)
SECTIONS: dict[str, tuple[Section, tuple[str, ...]]] = {
    "FAM/SOCHX": ("family_social", HISTORY),
    "PASTMEDICALHX": ("history", HISTORY),
    "PASTSURGICAL": ("history", HISTORY),
    "ALLERGY": ("allergies", HISTORY),
    "MEDICATIONS": ("medications", HISTORY),
    "ROS": ("review", ("signs_symptoms",)),
    "DIAGNOSIS": ("diagnosis", ("diagnosis",)),
}
_FEWEST_WORDS = 3  # "None." and "Noncontributory." say nothing without their heading


def load(path: Path) -> Iterator[Record]:
    """One record a section that gives an item.

    Args:
        path: the folder with the four CSV files, or those of them that there are.

    Raises:
        InputError: none of them is there, or one lacks its columns.
    """
    files = [(path / name, split) for name, split in FILES.items() if (path / name).is_file()]
    if not files:
        raise InputError(f"no MTS-Dialog CSV file in {path}; expected {', '.join(FILES)}")
    for file, split in files:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                try:
                    header, text, number = row["section_header"], row["section_text"], row["ID"]
                except KeyError as error:
                    raise InputError(f"{file}: lacks the column {error.args[0]!r}") from None
                if header is None or text is None:
                    raise InputError(f"{file}: the row {number} is cut short")
                if header in SECTIONS and len(text.split()) >= _FEWEST_WORDS:
                    record = _record(f"{file.stem}-{number}", header, text, split)
                    if any(record.items.values()):
                        yield record


def _record(name: str, header: str, text: str, split: str) -> Record:
    section, asked = SECTIONS[header]
    labels = label(text, [(section, 0, len(text))])
    labelled = tuple(key for key in asked if key not in labels.unsure)
    return Record(
        id=name,
        source="mts_dialog",
        lang="en",
        text=text,
        labelled=labelled,
        items={key: without_overlap(labels.items.get(key, ()), unique=False) for key in labelled},
        split=split,
    )
