"""What is past: a problem that is said to be resolved, or of the patient's childhood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from elmtex.extractors.places.kinds import NEAR, in_order
from elmtex.extractors.spans import Spans
from elmtex.schema import Category
from elmtex.types import Item

PAST = re.compile(
    r"(?:\bZ\. ?n\.|\bZustand nach|\bstatus post|\bs/p|\bSt\. ?p\.)\s*\Z", re.IGNORECASE
)
PAST_LENGTH = 14  # characters
# Behind a problem of a list: "Anaemia - resolved", „Ulkus (2022 abgeheilt)“
_RESOLVED = re.compile(
    r"[ \t]*(?:[-–:][ \t]|\()[ \t]*(?:\d{4}|now|since|Z\. ?n\.,?|vollständig|komplett)?[, ]{0,2}(?:\d{4} )?(?:resolved|healed|abgeheilt|ausgeheilt|remittiert)\b(?!\?|[^.;\n]{0,20}\b(?:recur|relaps|rezidiv))"
    r"| (?:(?:ist|sind|war|waren|hat|haben|sich|inzwischen|mittlerweile|jetzt|nun|unter [\w-]+) ){1,4}(?:vollständig|komplett|folgenlos|gänzlich) (?:abgeklungen|zurückgebildet|(?:ab|aus)geheilt|verschwunden|remittiert)\b",
    re.IGNORECASE,
)
_CHILDHOOD = r"(?:[Ii]m Kindesalter|[Ii]n der Kindheit|[Aa]ls Kind|[Aa]s a (?:child|boy|girl|teenager)|[Ii]n childhood)\b"
_AFTER_CHILDHOOD = re.compile(rf"\b{_CHILDHOOD}[^.;\n]*\Z")
_IN_CHILDHOOD = re.compile(rf" {_CHILDHOOD}")


def with_resolved(
    categories: dict[str, tuple[Item, ...]], kinds: Mapping[str, Category], report: str
) -> dict[str, tuple[Item, ...]]:
    """The items; a problem that is said to be resolved, or of the patient's childhood, is a past one, which was there."""
    active, past = (
        [
            k
            for k, c in kinds.items()
            if c.fhir.resource == "Condition" and c.fhir.clinical_status == status
        ]
        for status in ("active", "inactive")
    )
    if not past:
        return categories
    resolved = {
        (i.start, i.end): replace(i, assertion="present", attributes=())
        for key in active
        for i in categories.get(key, ())
        if i.start is not None
        and i.end is not None
        and (
            _RESOLVED.match(report, i.end)
            or (
                i.assertion == "present"
                and "Procedure" not in kinds[key].fhir.also  # no comorbidity, which may be past
                and _is_of_childhood(i.start, i.end, report)
            )
        )
    }
    if not resolved:
        return categories
    found = {
        key: tuple(i for i in items if key not in active or (i.start, i.end) not in resolved)
        for key, items in categories.items()
    }
    known = Spans.of(found.get(past[0], ()))
    new = (i for span, i in resolved.items() if not known.meet(i))
    found[past[0]] = in_order(*found.get(past[0], ()), *new)
    return found


def _is_of_childhood(start: int, end: int, report: str) -> bool:
    """Whether the words around a disease say that the patient had it as a child."""
    before = _AFTER_CHILDHOOD.search(report, max(0, start - NEAR), start)
    return bool(before or _IN_CHILDHOOD.match(report, end))
