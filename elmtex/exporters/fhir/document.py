"""What a bundle has beside the items' resources: the Composition, the patient, the report, and who made it all."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from elmtex import __version__
from elmtex.exporters.fhir.elements import HL7, LOINC, Resource, string
from elmtex.exporters.fhir.narrative import narrative
from elmtex.schema import Category, CategorySchema
from elmtex.types import Extraction, Item, ReviewState
from elmtex.values import Date, value_of
from elmtex.values.demographics import gender_of

_BORN = re.compile(
    r"\b(?:geb(?:oren)?\.?(?: am)?|geburtsdatum|date of birth|d\.?o\.?b\.?)\s*:?\s*(?P<date>[^\n,;()]{4,24})",
    re.IGNORECASE,
)
_DATE_AT_START = re.compile(
    r"[0-9]{1,2}\.\s?[0-9]{1,2}\.\s?[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{4}"
    r"|[0-9]{1,2}\.? [^\W\d_]{3,9}\.? [0-9]{4}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A category's part of the document.

    Args:
        category: the category.
        items: its items, each with whether a human has reviewed it.
        entries: the addresses of their resources.
    """

    category: Category
    items: Sequence[tuple[Item, bool]]
    entries: Sequence[str]


def patient(
    extraction: Extraction, schema: CategorySchema, review: ReviewState, report: str
) -> Resource:
    """The Patient: gender as the items state it, birth date as the report does; nothing that two places say
    differently, and no name."""
    keys = [c.key for c in schema.categories if c.only == "gender"]
    found = [
        (key, number, item)
        for key in keys
        for number, item in enumerate(extraction.categories.get(key, ()))
        if item.assertion == "present"
    ]
    genders = {gender_of(item.text) for _, _, item in found} - {None}
    born = _birth_date(report)
    resource: Resource = {"resourceType": "Patient"}
    if len(genders) == 1:
        resource["gender"] = genders.pop()
        if not all((key, number) in review.items for key, number, _ in found):
            asserted = {"system": f"{HL7}/v3-ObservationValue", "code": "AIAST"}
            resource["meta"] = {"security": [asserted]}
    if born:
        resource["birthDate"] = born
    return resource


def _birth_date(report: str) -> str | None:
    said = set()
    for match in _BORN.finditer(report):
        words = _DATE_AT_START.match(match["date"].strip())
        value = value_of("date", words[0]) if words else None
        if isinstance(value, Date) and value.precision == "day":
            said.add(value.date)
    return said.pop() if len(said) == 1 else None


def document_reference(report: str, subject: str, at: str, with_text: bool) -> Resource:
    """The report, by its hashes; its words only on demand.

    Args:
        report: the text.
        subject: the Patient's address.
        at: when the bundle is made, ISO 8601.
        with_text: the text is part of it.
    """
    data = report.encode("utf-8", "surrogatepass")
    attachment: Resource = {
        "contentType": "text/plain; charset=utf-8",
        "size": len(data),
        "hash": base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode(),
    }
    if with_text:
        attachment["data"] = base64.b64encode(data).decode()
    sha256 = hashlib.sha256(data).hexdigest()
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": "urn:elmtex:sha256", "value": sha256},
        "status": "current",
        "subject": {"reference": subject},
        "date": at,
        "content": [{"attachment": attachment}],
    }


def device(extraction: Extraction) -> Resource:
    """The program and the model that read the report."""
    names = (("elmtex", "user-friendly-name"), (string(extraction.model), "model-name"))
    return {
        "resourceType": "Device",
        "deviceName": [{"name": name, "type": type} for name, type in names if name.strip()],
        "version": [{"type": {"text": "elmtex"}, "value": __version__}],
    }


def practitioner(name: str) -> Resource:
    """A reviewer by the name they gave."""
    return {"resourceType": "Practitioner", "name": [{"text": string(name)}]}


def composition(
    sections: Iterable[Section],
    title: str,
    subject: str,
    author: str,
    review: ReviewState,
    reviewer: str | None,
    at: str,
) -> Resource:
    """The document's first resource: a section for each category that has items.

    Args:
        sections: the categories' parts.
        title: the schema's title.
        subject, author, reviewer: addresses of the Patient, the Device, the Practitioner who judged last.
        review: what of it a human has reviewed; finished, the document is ``final`` and attested.
        at: when the bundle is made, ISO 8601.
    """
    attested: Resource = {"mode": "professional", "time": review.last.at or at}
    if reviewer:
        attested["party"] = {"reference": reviewer}
    summary = {"system": LOINC, "code": "34133-9"}  # summarisation of an episode
    return {
        "resourceType": "Composition",
        "status": "final" if review.finished else "preliminary",
        "type": {"coding": [summary], "text": string(title)},
        "subject": {"reference": subject},
        "date": at,
        "author": [{"reference": author}],
        "title": string(title),
        **({"attester": [attested]} if review.finished else {}),
        "section": [_section(section) for section in sections if section.items],
    }


def _section(section: Section) -> Resource:
    code = section.category.fhir.section
    coded = {"code": {"coding": [{"system": LOINC, "code": code}]}} if code else {}
    entries = [{"reference": address} for address in section.entries]
    return {
        "title": string(section.category.title),
        **coded,
        "text": narrative(section.category, section.items),
        **({"entry": entries} if entries else {}),
    }


def provenance(
    targets: Sequence[str], agent: Resource, role: str, source: str | None, at: str
) -> Resource:
    """Who made or checked these resources, and when.

    Args:
        targets: their addresses, at least one.
        agent: reference to who did it.
        role: of HL7's provenance-participant-type: ``assembler`` or ``verifier``.
        source: the report's address; None without one.
        at: ISO 8601 with its offset from UTC.
    """
    type = {"coding": [{"system": f"{HL7}/provenance-participant-type", "code": role}]}
    used = [{"role": "source", "what": {"reference": source}}] if source else []
    return {
        "resourceType": "Provenance",
        "target": [{"reference": target} for target in targets],
        "recorded": at,
        "agent": [{"type": type, "who": agent}],
        **({"entity": used} if used else {}),
    }
