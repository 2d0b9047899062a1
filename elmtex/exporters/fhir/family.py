"""A FamilyMemberHistory for each relative that an item names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elmtex.exporters.fhir.elements import HL7, UCUM, Resource, named, string
from elmtex.exporters.fhir.relatives import UNNAMED, around, said_of
from elmtex.exporters.fhir.wording import age_at_death, onset, says_dead, says_well
from elmtex.types import Item


def family_member_histories(
    item: Item, patient: Resource, before: str, after: str
) -> Iterator[Resource]:
    """One for each relative; of a "family member" where neither the item nor its sentence names one.

    Args:
        item: the item.
        patient: the Patient's reference.
        before, after: the rest of its sentence.
    """
    said = [(one.code, one.display, words) for one, words in said_of(item.text)]
    if not said:
        start = len(before)
        relatives = around(before + item.text + after, start, start + len(item.text))
        said = [(one.code, one.display, item.text) for one in relatives] or [(*UNNAMED, item.text)]
    for code, display, words in said:
        member = {"system": f"{HL7}/v3-RoleCode", "code": code, "display": display}
        shared = len(said) > 1 and words == item.text
        if says_well(words):
            about: Resource = {"note": [{"text": string(words)}]}
        else:
            about = {"condition": [_condition(item, words, shared)]}
        yield {
            "resourceType": "FamilyMemberHistory",
            "status": "partial",
            "patient": patient,
            "relationship": {"coding": [member]},
            **({} if shared else _deceased(words)),
            **about,
        }


def _deceased(words: str) -> Resource:
    if not says_dead(words):
        return {}
    years = age_at_death(words)
    return {"deceasedBoolean": True} if years is None else {"deceasedAge": _years(years)}


def _condition(item: Item, words: str, shared: bool) -> Resource:
    condition: Resource = {"code": named(item, words)}
    if (years := onset(words)) is not None and not shared:
        condition["onsetAge"] = _years(years)
    return condition


def _years(years: int) -> dict[str, Any]:
    return {"value": years, "unit": "years", "system": UCUM, "code": "a"}
