"""A drug as MedicationStatement: its status, and its dosage where dose, route and timing are certain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from elmtex.exporters.fhir.elements import (
    Resource,
    Said,
    named,
    noted,
    quantity_of,
    range_of,
    string,
    time_of,
)
from elmtex.types import Attribute, Item
from elmtex.values import Quantity, Range, Route, Timing

_DOSAGE = ("dose", "route", "timing", "duration")
_STATUS = {
    **dict.fromkeys(("new", "continued", "changed"), "active"),
    **{"paused": "on-hold", "stopped": "stopped", "planned": "intended", "resolved": "completed"},
}
# Under such a heading a drug without a word more is one that is taken.
_LISTED = "medication"
_RATE = re.compile(r".*/(?:\([0-9.]+)?(?:min|h|d)\)?")


def medication_statement(item: Item, title: Resource, subject: Resource, said: Said) -> Resource:
    """The drug, what became of it and how it is taken."""
    name = said.name(*_DOSAGE, "status")
    dosage = list(_dosages(said))
    words = [{"text": string(item.text)}] if name != item.text and not dosage else []
    status = [{"text": string(f"Status: {a.text}")} for a in said.of("status")]
    return {
        "resourceType": "MedicationStatement",
        "status": _status(item, said),
        "category": title,
        "medicationCodeableConcept": named(item, name),
        "subject": subject,
        **(time := time_of(said, "effective", words=False)),
        **({"dosage": dosage} if dosage else {}),
        **noted(*words, *status, *said.notes((*_DOSAGE, "status", *(["time"] if time else [])))),
    }


def _status(item: Item, said: Said) -> str:
    course = said.course
    if item.assertion == "absent":
        return (
            "stopped" if course == "stopped" else "on-hold" if course == "paused" else "not-taken"
        )
    if course is not None:
        return (
            "unknown" if item.assertion == "possible" and course != "planned" else _STATUS[course]
        )
    if said.of("status"):
        return "unknown"
    return "active" if item.assertion == "present" and item.section == _LISTED else "unknown"


def _dosages(said: Said) -> Iterator[Resource]:
    """One dosage, or one for each time of the day that has its own amount; with words alone where several doses or
    times leave open which belong together."""
    parts = [a for element in _DOSAGE for a in said.of(element)]
    if not parts:
        return
    parts.sort(key=lambda a: (a.start is None, a.start or 0))
    whole = {"text": string(" ".join(a.text for a in parts))}
    if any(len(said.of(element)) > 1 for element in _DOSAGE):
        yield whole
        return
    timing, dose = said.one("timing"), said.one("dose")
    route = said.one("route")
    plain = whole | (_route(route) if route else {})
    when = timing.value if timing else None
    if isinstance(when, Timing) and when.amounts and set(when.amounts) != {1}:
        for amount in sorted(set(when.amounts), reverse=True):
            # Not multiplied: the amount is that of a tablet, or of whatever else has the strength.
            unit = {"unit": string(f"× {dose.text}")} if dose else {}
            taken = tuple(w for w, a in zip(when.when, when.amounts, strict=True) if a == amount)
            some = Timing(
                frequency=len(taken), period=1, period_unit="d", when=taken, bounds=when.bounds,
                as_needed=when.as_needed,
            )  # fmt: skip
            each = {"doseAndRate": [{"doseQuantity": {"value": amount, **unit}}]}
            yield plain | _timing(some, timing, said.one("duration")) | each
        return
    yield plain | _timing(when, timing, said.one("duration")) | (_dose(dose) if dose else {})


def _route(route: Attribute) -> Resource:
    text = {"text": string(route.text)}
    if not isinstance(route.value, Route):
        return {"route": text}
    value = route.value
    coding = {"system": value.system, "code": value.code, "display": value.display}
    return {"route": {"coding": [coding], **text}}


def _timing(value: object, timing: Attribute | None, duration: Attribute | None) -> Resource:
    """``timing`` and ``asNeededBoolean``; words that say no more than themselves are the timing's text."""
    found: Resource = {}
    repeat: Resource = {}
    if isinstance(value, Timing):
        repeat = dict(value.to_dict().get("repeat", {}))
        if isinstance(value.bounds, Quantity):
            repeat["boundsDuration"] = quantity_of(value.bounds)
        elif isinstance(value.bounds, Range):
            repeat["boundsRange"] = range_of(value.bounds)
        if value.as_needed:
            found["asNeededBoolean"] = True
    if duration is not None and not {"boundsDuration", "boundsRange"} & set(repeat):
        if isinstance(duration.value, Quantity):
            repeat["boundsDuration"] = quantity_of(duration.value)
        elif isinstance(duration.value, Range):
            repeat["boundsRange"] = range_of(duration.value)
    text = {"code": {"text": string(timing.text)}} if timing else {}
    stated = ({"repeat": repeat} if repeat else {}) | text
    return found | ({"timing": stated} if stated else {})


def _dose(dose: Attribute) -> Resource:
    value = dose.value
    if isinstance(value, Range):
        return {"doseAndRate": [{"doseRange": range_of(value)}]}
    if not isinstance(value, Quantity):
        return {}
    plain = quantity_of(value)
    comparator = plain.pop("comparator", None)  # none in a SimpleQuantity
    if comparator is not None:
        return {"maxDosePerAdministration": plain} if comparator == "<=" else {}
    kind = "rateQuantity" if _RATE.fullmatch(value.code) else "doseQuantity"
    return {"doseAndRate": [{kind: plain}]}
