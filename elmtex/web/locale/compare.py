"""What the tab that compares says, in English and German."""

from __future__ import annotations

from dataclasses import dataclass

from elmtex.comparison import Kind


@dataclass(frozen=True, slots=True)
class CompareWords:
    """Texts in one language. Texts with ``{braces}`` are filled by ``str.format``."""

    tab: str
    hint: str
    left: str
    right: str
    start: str
    empty_report: str
    choose_two: str
    stopped: str
    failed: str
    reading: str
    summary: str
    extractor: str
    model: str
    status: str
    items: str
    seconds: str
    kinds: dict[Kind, str]
    difference: str
    differences: str
    agreed: str
    same: str


ENGLISH = CompareWords(
    tab="Compare",
    hint="One report, read by two extractors. Nothing of it is kept.",
    left="First",
    right="Second",
    start="Compare",
    empty_report="There is no report yet: paste one into the box.",
    choose_two="Choose two different extractors.",
    stopped="The comparison was stopped.",
    failed="The comparison failed ({reason}).",
    reading="{name} reads the report …",
    summary="Summary",
    extractor="Extractor",
    model="Model",
    status="Status",
    items="Items",
    seconds="Seconds",
    kinds={
        "agreed": "agreed",
        "assertion": "other assertion",
        "category": "other category",
        "left": "only {left}",
        "right": "only {right}",
    },
    difference="Difference",
    differences="Differences",
    agreed="Agreed",
    same="They found the same.",
)

GERMAN = CompareWords(
    tab="Vergleich",
    hint="Ein Bericht, von zwei Verfahren gelesen. Nichts davon wird behalten.",
    left="Erstes",
    right="Zweites",
    start="Vergleichen",
    empty_report="Es ist noch kein Bericht da: bitte einen einfügen.",
    choose_two="Bitte zwei verschiedene Verfahren wählen.",
    stopped="Der Vergleich wurde abgebrochen.",
    failed="Der Vergleich ist fehlgeschlagen ({reason}).",
    reading="{name} liest den Bericht …",
    summary="Übersicht",
    extractor="Verfahren",
    model="Modell",
    status="Status",
    items="Angaben",
    seconds="Sekunden",
    kinds={
        "agreed": "gleich",
        "assertion": "andere Aussage",
        "category": "andere Kategorie",
        "left": "nur {left}",
        "right": "nur {right}",
    },
    difference="Unterschied",
    differences="Unterschiede",
    agreed="Gleich",
    same="Beide fanden dasselbe.",
)
