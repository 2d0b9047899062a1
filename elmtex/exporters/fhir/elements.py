"""FHIR's small parts: concepts, quantities, times, notes, and the attributes of an item by the element they become."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from elmtex.exporters.fhir.wording import denied
from elmtex.schema import Category
from elmtex.types import Attribute, Code, Item
from elmtex.values import Date, Quantity, Range, Status

Resource = dict[str, Any]

HL7 = "http://terminology.hl7.org/CodeSystem"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"

# FHIR's string type has no control characters but tab, line feed and carriage return; U+FFFD keeps
# the length.
_CONTROL = dict.fromkeys(set(range(32)) - {9, 10, 13}, "\ufffd")
_UNTIL = re.compile(r"\s*(?:until|till|up to|bis)\b", re.IGNORECASE)
_SINCE = re.compile(r"\s*(?:since|from|as of|seit|ab)\b", re.IGNORECASE)
_SEVERITY = (
    (("255604002", "Mild"), r"mild(?:ly)?|slight(?:ly)?|minimal|leicht\w*|gering\w*|milde?[rnms]?"),
    (("6736007", "Moderate"), r"moderate(?:ly)?|mittelgradig\w*|mittelschwer\w*|mäßig\w*|moderat\w*"),
    (("24484000", "Severe"), r"severe(?:ly)?|marked|schwer\w*|hochgradig\w*|massiv\w*|stark\w*"),
)  # fmt: skip
# Around a name that its dose was cut out of: "2 g of ceftriaxone".
_FRINGE = frozenset(("", "of", "von", "mit"))
_MARKS = ".,;:=()[]–-"


@dataclass(frozen=True, slots=True)
class Said:
    """An item's attributes by the element that the schema says they become.

    Args:
        item: the item.
        category: its category, whose attribute types say which element.
    """

    item: Item
    category: Category

    def of(self, element: str) -> list[Attribute]:
        """Those that become this element, in the order of the item's attributes."""
        keys = {t.key for t in self.category.attributes if t.fhir == element}
        return [a for a in self.item.attributes if a.type in keys]

    def one(self, element: str) -> Attribute | None:
        """The only one that becomes this element; None for none or several."""
        found = self.of(element)
        return found[0] if len(found) == 1 else None

    @property
    def course(self) -> str | None:
        """What its status says, of :data:`elmtex.values.data.Course`; None where it says nothing or several things."""
        said = {a.value.status for a in self.of("status") if isinstance(a.value, Status)}
        return said.pop() if len(said) == 1 else None

    def notes(self, used: Collection[str]) -> list[Resource]:
        """A note for each attribute that became no element: "Detail: productive"."""
        titles = {t.key: t.title for t in self.category.attributes if t.fhir not in used}
        return [
            {"text": string(f"{titles[a.type]}: {a.text}")}
            for a in self.item.attributes
            if a.type in titles
        ]

    def name(self, *elements: str) -> str:
        """The item's words without those of these elements: "ceftriaxone" of "2 g of ceftriaxone"; all of them where
        no other word is left."""
        start, text = self.item.start, self.item.text
        if start is None:
            return text
        spans = [(a.start, a.end) for element in elements for a in self.of(element)]
        covered = {
            n
            for first, last in spans
            if first is not None and last is not None
            for n in range(first, last)
        }
        words = "".join(" " if start + n in covered else c for n, c in enumerate(text)).split()
        kept = [n for n, word in enumerate(words) if word.strip(_MARKS).lower() not in _FRINGE]
        left = " ".join(words[kept[0] : kept[-1] + 1]).strip(" ,;:=–-") if kept else ""
        return left if any(map(str.isalpha, left)) else text


def time_of(said: Said, element: str, words: bool = True) -> Resource:
    """``onsetDateTime`` and its like of an item's one time; {} where that is none or not plain.

    Args:
        said: the item's attributes.
        element: ``onset``, ``performed``, ``effective``.
        words: the element has a form that takes words ("three days ago").
    """
    time = said.one("time")
    if time is None or _UNTIL.match(time.text):
        return {}
    if isinstance(time.value, Date):
        if element != "onset" and _SINCE.match(time.text):
            return {f"{element}Period": {"start": time.value.date}}
        return {f"{element}DateTime": time.value.date}
    return {f"{element}String": string(time.text)} if words else {}


def quantity_of(value: Quantity) -> Resource:
    """FHIR's Quantity: the number as it was written, the unit's code in UCUM."""
    unit = {"unit": value.unit, "system": UCUM, "code": value.code} if value.code else {}
    comparator = {"comparator": value.comparator} if value.comparator else {}
    return {"value": value.value, **comparator, **unit}


def range_of(value: Range) -> Resource:
    """FHIR's Range."""
    return {"low": quantity_of(value.low), "high": quantity_of(value.high)}


def severity_of(words: str) -> Resource:
    """FHIR's Condition.severity: the words, coded where they are a plain word for mild, moderate or severe."""
    for (code, display), pattern in _SEVERITY:
        if re.fullmatch(pattern, words.strip(), re.IGNORECASE):
            coding = {"system": SNOMED, "code": code, "display": display}
            return {"coding": [coding], "text": string(words)}
    return {"text": string(words)}


def body_sites(said: Said) -> Resource:
    """FHIR's bodySite, {} without one."""
    sites = [{"text": string(a.text)} for a in said.of("bodySite")]
    return {"bodySite": sites} if sites else {}


def noted(*notes: Resource) -> Resource:
    """FHIR's note, {} without one."""
    return {"note": list(notes)} if notes else {}


def concept(system: str, code: str) -> Resource:
    """A CodeableConcept of one of HL7's code systems."""
    return {"coding": [{"system": f"{HL7}/{system}", "code": code}]}


def named(item: Item, words: str | None = None) -> Resource:
    """An item as a CodeableConcept: its words, less a denial that its status says already ("No diabetes", refuted),
    and its chosen codes.

    Args:
        item: the item.
        words: what to call it instead.
    """
    chosen = [coding(code) for code in item.codes if code.chosen]
    words = item.text if words is None else words
    words = denied(words) if item.assertion == "absent" else words
    return {"text": string(words)} | ({"coding": chosen} if chosen else {})


def coding(code: Code) -> Resource:
    """A code as FHIR's Coding."""
    return {
        "system": code.system,
        "code": code.code,
        "display": string(code.display),
        "userSelected": code.chosen,
    }


def string(text: str) -> str:
    """FHIR's string: not empty and without control characters."""
    return text.translate(_CONTROL) or "-"
