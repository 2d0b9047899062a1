"""ACI-Bench: whole clinical notes with headed sections; the dialogues are not used.

Source: Yim et al. 2023, Scientific Data 10:586; github wyim/aci-bench, CC BY 4.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from corpora.shared.fetch import Source, from_github
from corpora.shared.sections import SectionedText, rows

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
# A line of its own: in capitals ("PAST HISTORY", "ASSESSMENT & PLAN:"), or one of the few that are
# not.
_HEADING = re.compile(
    r"^[ \t]*([A-Z][A-Z &/]+|Physical Exam(?:ination)?|Vitals(?: Reviewed)?|Results|Plan):?[ \t]*\r?$",
    re.M,
)


def load(path: Path) -> Iterator[SectionedText]:
    """One text per note; what comes before the first heading belongs to no section.

    Args:
        path: the folder ``challenge_data`` (or the corpus's folder above it) with its CSV files, or
            some of them.

    Raises:
        InputError: none of them is there, or one lacks its columns.
    """
    nested = path / "data" / "challenge_data"
    folder = nested if nested.is_dir() else path
    for file, split, (name, note) in rows(folder, FILES, ("encounter_id", "note")):
        headings = list(_HEADING.finditer(note))
        ends = [heading.start() for heading in headings[1:]] + [len(note)]
        sections = (
            (heading[1], heading.end(), end) for heading, end in zip(headings, ends, strict=True)
        )
        yield SectionedText(f"{file}-{name}", "aci_bench", "en", note, tuple(sections), split)
