"""Observations: results with their numbers, and whatever else a report states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from elmtex.exporters.fhir.elements import (
    LOINC,
    UCUM,
    Resource,
    Said,
    body_sites,
    concept,
    named,
    noted,
    quantity_of,
    range_of,
    string,
    time_of,
)
from elmtex.exporters.fhir.measurements import Measurement, flagged, measurement, range_behind
from elmtex.exporters.fhir.wording import denied
from elmtex.types import Attribute, Item
from elmtex.values import Pair, Quantity, Range, Ratio, unit_code
from elmtex.values.demographics import age_of

_PRESSURE = re.compile(
    r"(?:(?:systolic|arterial|resting)\s+)?(?:blood pressure|bp|nibp|rr|blutdruck\w*|riva[- ]rocci)", re.IGNORECASE
)  # fmt: skip
# Under which a saturation was measured; the note keeps it.
_AIR = re.compile(r"\s{1,5}(?:on|in|at|unter|bei)\s{1,5}(?:room air|ra|raumluft)\Z", re.IGNORECASE)
_UNDENIED = "Denied, as a model reads the report; no human has reviewed it."


def observations(
    item: Item, title: Resource, subject: Resource, said: Said, after: str, day: str | None = None
) -> Iterator[Resource]:
    """One observation, or one for each value that the item gives of its test.

    Args:
        item: the item.
        title: the category's title.
        subject: the patient.
        said: the item's attributes.
        after: what follows the item in its sentence.
        day: at which it was measured, where the item does not say so; ISO 8601.
    """
    values = said.of("value")
    if item.assertion != "present":
        yield _base(title, subject, said, ()) | _unsaid(item)
    elif said.category.only == "age" and (age := age_of(item.text)) is not None:
        code = {"coding": [{"system": LOINC, "code": "30525-0", "display": "Age"}]} | title
        yield _base(title, subject, said, ()) | {"code": code, "valueQuantity": quantity_of(age)}
    elif said.category.fhir.quantity or values:
        for value in values or (None,):
            # What stands behind the item belongs to the value at its end.
            behind = after if value is None or value is values[-1] else ""
            found = _measured(item, title, subject, said, value, behind)
            dated = day is None or any(name.startswith("effective") for name in found)
            yield found if dated else found | {"effectiveDateTime": day}
    else:
        yield _base(title, subject, said, ("value",)) | _words(item, title, said)


def denied_by_model(item: Item, title: Resource, subject: Resource, said: Said) -> Resource:
    """A denial that nobody has reviewed: what the model read, not a refutation."""
    code = named(item, f"{said.category.title}: {denied(item.text)}")
    base = _base(title, subject, said, ())
    notes = [{"text": _UNDENIED}, *base.pop("note", ())]
    return base | {"code": code, "valueBoolean": False, "note": notes}


def _base(title: Resource, subject: Resource, said: Said, used: tuple[str, ...]) -> Resource:
    time = time_of(said, "effective", words=False)
    used = (*used, "test", "bodySite", *(["time"] if time else []))
    sites = body_sites(said).get("bodySite", [])
    site = {"bodySite": sites[0]} if len(sites) == 1 else {}
    used = used if site or not sites else tuple(name for name in used if name != "bodySite")
    return {
        "resourceType": "Observation",
        "status": "preliminary",  # nobody has reviewed it
        "category": [title],
        "subject": subject,
        **time,
        **site,
        **noted(*said.notes(used)),
    }


def _unsaid(item: Item) -> Resource:
    if item.assertion == "absent":
        return {"code": named(item), "valueBoolean": False}
    return {"code": named(item), "dataAbsentReason": concept("data-absent-reason", "unknown")}


def _words(item: Item, title: Resource, said: Said) -> Resource:
    test = said.one("test")
    own = named(item)
    coding = {"coding": own["coding"]} if "coding" in own else {}
    code = {"text": string(test.text)} if test else title
    return {"code": code | coding, "valueString": string(item.text)}


def _measured(
    item: Item, title: Resource, subject: Resource, said: Said, value: Attribute | None, after: str
) -> Resource:
    """A result: by the words of the whole item where these are certain, else by those of its value."""
    base = _base(title, subject, said, ("value",))
    text, flag = flagged(_AIR.sub("", item.text), after)
    read = measurement(text) if len(said.of("value")) < 2 else None
    found = _of_words(read, value, after) if read else None
    if found is None and value is not None and not _contradicts(read, value):
        found = _of_value(value, said, after)
    if found is None and value is not None and (own := flagged(value.text)[1]) and not value.value:
        found = {"valueString": string(value.text)}
        flag = flag or own
    test = said.one("test")
    name = test.text if test else read.name if read else said.name("value")
    whole = not test and not read and value is not None and value.text == item.text
    if found is None or whole or not any(map(str.isalpha, name)):
        return base | _words(item, title, said)
    name = _with_unit_of_name(found, name, said)
    interpretation = (
        {"interpretation": [concept("v3-ObservationInterpretation", flag)]} if flag else {}
    )
    notes = [{"text": string(item.text)}, *base.pop("note", ())]
    return base | {"code": named(item, name)} | found | interpretation | {"note": notes}


def _with_unit_of_name(found: Resource, name: str, said: Said) -> str:
    """The test's name without the unit at its end ("Potassium mmol/L 5.4"), which a number without one then has."""
    words = said.name("value").split()
    code = unit_code(words[-1]) if len(words) > 1 and "/" in words[-1] else None
    if code is None or "valueQuantity" not in found or "code" in found["valueQuantity"]:
        return name
    found["valueQuantity"] |= {"unit": words[-1], "system": UCUM, "code": code}
    return name.removesuffix(words[-1]).rstrip()


def _of_words(read: Measurement, value: Attribute | None, after: str) -> Resource | None:
    if _contradicts(read, value):
        return None
    unit = {"unit": read.unit, "system": UCUM, "code": read.ucum} if read.ucum else {}
    comparator = {"comparator": read.comparator} if read.comparator else {}
    found: Resource = {"valueQuantity": {"value": read.value} | comparator | unit}
    if read.low is not None and read.high is not None:
        low, high = ({"value": bound} | unit for bound in (read.low, read.high))
        found["referenceRange"] = [{"low": low, "high": high, "text": string(read.range)}]
    elif bounds := range_behind(after, read.ucum or ""):
        found["referenceRange"] = [bounds]
    return found


def _contradicts(read: Measurement | None, value: Attribute | None) -> bool:
    """Whether the item's words and its value's give two numbers or units: neither is then certain."""
    if read is None or value is None or value.value is None:
        return False
    stated = value.value
    if not isinstance(stated, Quantity):
        return True
    return (stated.value, stated.comparator) != (read.value, read.comparator) or (
        bool(stated.code) and stated.code != read.ucum
    )


def _of_value(value: Attribute, said: Said, after: str) -> Resource | None:
    match value.value:
        case Quantity() as stated:
            bounds = range_behind(after, stated.code)
            return {"valueQuantity": quantity_of(stated)} | (
                {"referenceRange": [bounds]} if bounds else {}
            )
        case Range() as stated:
            return {"valueRange": range_of(stated)}
        case Ratio() as stated:
            return {
                "valueRatio": {
                    "numerator": {"value": stated.numerator},
                    "denominator": {"value": stated.denominator},
                }
            }
        case Pair(first=first, second=second) if _is_pressure(said, first):
            parts = zip(
                ("8480-6", "8462-4"),
                ("Systolic blood pressure", "Diastolic blood pressure"),
                (first, replace(second, unit=second.unit or first.unit)),
                strict=True,
            )
            return {
                "component": [
                    {
                        "code": {"coding": [{"system": LOINC, "code": code, "display": display}]},
                        "valueQuantity": quantity_of(part),
                    }
                    for code, display, part in parts
                ]
            }
    return None


def _is_pressure(said: Said, value: Quantity) -> bool:
    test = said.one("test")
    name = test.text if test else said.name("value")
    return bool(_PRESSURE.fullmatch(name.strip(" :="))) and value.code in ("", "mm[Hg]")
