"""Six synthetic reports to try elmtex on, written for this project; no real person is behind
them.

from elmtex.examples import EXAMPLES
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Example:
    """One packaged report.

    Args:
        name: stem of its file in this folder.
        titles: its title by ISO 639-1 language, ``en`` and ``de``.
        lang: ISO 639-1 code of the text.
        text: the report.
    """

    name: str
    titles: Mapping[str, str]
    lang: str
    text: str


def _example(name: str, lang: str, en: str, de: str) -> Example:
    # newline="": offsets are those of the file, so line ends must not be translated while reading.
    with (Path(__file__).parent / f"{name}.txt").open(encoding="utf-8", newline="") as file:
        return Example(name, {"en": en, "de": de}, lang, file.read())


EXAMPLES: tuple[Example, ...] = (
    _example("ed_note", "en", "Emergency department note", "Notaufnahmebericht (englisch)"),
    _example("discharge_summary", "en", "Discharge summary", "Entlassungsbericht (englisch)"),
    _example("case_report", "en", "Case report", "Fallbericht (englisch)"),
    _example("radiology_report", "en", "Radiology report", "Radiologiebefund (englisch)"),
    _example("oncology_letter", "en", "Oncology letter", "Onkologischer Arztbrief (englisch)"),
    _example("entlassungsbrief", "de", "Discharge letter (German)", "Entlassungsbrief"),
)
