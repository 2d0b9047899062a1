"""MTS-Dialog: sections of clinical notes (MTSamples), each with one of 20 labels; the dialogues are
not used.

Source: Ben Abacha et al. 2023, EACL; github abachaa/MTS-Dialog, CC BY 4.0. Whoever trains on these
texts must not measure on MTSamples: they are parts of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from corpora.shared.fetch import Source, from_github
from corpora.shared.sections import SectionedText, rows

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


def load(path: Path) -> Iterator[SectionedText]:
    """A text a section, which is the whole of it.

    Args:
        path: the folder with the four CSV files, or those of them that there are.

    Raises:
        InputError: none of them is there, or one lacks its columns.
    """
    for file, split, (number, label, text) in rows(
        path, FILES, ("ID", "section_header", "section_text")
    ):
        yield SectionedText(
            f"{file}-{number}", "mts_dialog", "en", text, ((label, 0, len(text)),), split
        )
