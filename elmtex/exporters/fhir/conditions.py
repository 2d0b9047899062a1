"""Conditions, procedures and requests."""

from __future__ import annotations

import re

from elmtex.exporters.fhir.elements import (
    Resource,
    Said,
    body_sites,
    concept,
    named,
    noted,
    severity_of,
    time_of,
)
from elmtex.types import Item

_VERIFICATION = {"present": "unconfirmed", "absent": "refuted", "possible": "provisional"}
_PERFORMED = {
    **{"new": "in-progress", "continued": "in-progress", "changed": "in-progress"},
    **{"paused": "on-hold", "stopped": "stopped", "resolved": "completed"},
}
_RECOMMENDED = re.compile(
    r"recommend|propos|suggest|consider|advi[sc]e|empf[eo]hl|erw[äo]g", re.IGNORECASE
)


def condition(
    item: Item, title: Resource, subject: Resource, said: Said, status: str | None
) -> Resource:
    """A condition.

    Args:
        item: the item.
        title: the category's title.
        subject: the patient.
        said: the item's attributes.
        status: its clinicalStatus by the words; None where they do not say.
    """
    present = item.assertion == "present"
    status = "resolved" if said.course == "resolved" else status
    severity, time = said.one("severity"), time_of(said, "onset")
    used = ("bodySite", *(["severity"] if severity else []), *(["time"] if time else []))
    return {
        "resourceType": "Condition",
        **({"clinicalStatus": concept("condition-clinical", status)} if status and present else {}),
        "verificationStatus": concept("condition-ver-status", _VERIFICATION[item.assertion]),
        "category": [title],
        **({"severity": severity_of(severity.text)} if severity else {}),
        "code": named(item),
        **body_sites(said),
        "subject": subject,
        **time,
        **noted(*said.notes(used)),
    }


def procedure(item: Item, title: Resource, subject: Resource, said: Said) -> Resource:
    """What was done, or was not."""
    time = time_of(said, "performed")
    return {
        "resourceType": "Procedure",
        "status": _performed(item, said),
        "category": title,
        "code": named(item),
        "subject": subject,
        **time,
        **body_sites(said),
        **noted(*said.notes(("bodySite", *(["time"] if time else [])))),
    }


def _performed(item: Item, said: Said) -> str:
    if item.assertion == "absent":
        return "stopped" if said.course == "stopped" else "not-done"
    if item.assertion == "possible":
        return "unknown"
    return (
        _PERFORMED[said.course] if said.course else "unknown" if said.of("status") else "completed"
    )


def service_request(item: Item, title: Resource, subject: Resource, said: Said) -> Resource:
    """What is planned or recommended; a ``draft`` until a human has reviewed it, so that nothing acts on it."""
    words = " ".join((item.text, *(a.text for a in said.of("status"))))
    time = time_of(said, "occurrence", words=False)
    return {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal" if _RECOMMENDED.search(words) else "plan",
        "category": [title],
        **({"doNotPerform": True} if item.assertion == "absent" else {}),
        "code": named(item),
        "subject": subject,
        **time,
        **body_sites(said),
        **noted(*said.notes(("bodySite", *(["time"] if time else [])))),
    }
