"""Write an extraction as an HL7 FHIR R4 Bundle, checked with fhir.resources' R4B models.

R4 (4.0.1) and R4B (4.3.0) do not differ in the resources used here. The bundle is a ``collection``:
a Patient without identity, and one resource per item. The category's ``x-fhir`` in the schema names
the resource (:class:`elmtex.schema.Fhir`); without one it is an Observation.

Nothing is claimed beyond the text. The report's certainty goes into the resource's own element for
it:

=====================  ====================================  ===================  ================================
resource               present                               absent               possible
=====================  ====================================  ===================  ================================
Condition              verificationStatus ``confirmed``      ``refuted``          ``provisional``
                       (``unconfirmed`` before review)
AllergyIntolerance     verificationStatus as above           ``refuted``          ``unconfirmed``
MedicationStatement    status ``unknown``                    ``not-taken``        ``unknown``
Procedure              status ``unknown``                    ``not-done``         ``unknown``
Observation            ``valueString`` is the text           ``valueBoolean``     ``dataAbsentReason`` ``unknown``
                                                             ``false``
FamilyMemberHistory    a condition                           as an Observation    as an Observation
=====================  ====================================  ===================  ================================

- A Condition's ``clinicalStatus`` is given for what is present, as far as the words say it
  (:mod:`elmtex.exporters.fhir.clinical_status`); none where it is refuted or provisional. R4 asks
  for no more: con-3 speaks of problem lists only, con-4 of abatement, which is not written. An
  AllergyIntolerance always has one (ait-1).
- An item whose words state an allergy, or that none is known, is an AllergyIntolerance
  (:mod:`elmtex.exporters.fhir.allergies`), and one whose words are an operation a Procedure, in
  categories whose ``x-fhir`` allows it (``also``).
- An item that is present but begins with a denial ("No known medical problems") is an Observation
  with its words.
- A laboratory value that is surely one name, number and unit is a ``valueQuantity``
  (:mod:`elmtex.exporters.fhir.measurements`), its words then are in ``note``; any other stays a
  ``valueString``.
- A FamilyMemberHistory's relationship is the relative that the words name
  (:mod:`elmtex.exporters.fhir.relatives`), "family member" where they name none; several relatives
  get a resource each. The same words found a second time as the patient's Condition are left out
  where a relative is meant, unless a human accepted them there.

A human's review changes what is claimed about the reading, never what the report says: an
Observation that nobody has reviewed is ``preliminary``, one that a reviewer accepted, edited or
added is ``final``; a Condition that only the model calls present is ``unconfirmed``. What is absent
has no such pair: ``refuted``, ``not-taken`` and ``not-done`` hold before and after review. So every
resource that no human has reviewed carries HL7's label ``AIAST``, "Artificial Intelligence
asserted", in ``meta.security``, and those that deny something a ``note`` that says so as well. The
bundle's tag ``urn:elmtex:review`` is ``none``, ``begun`` or ``finished``. Who reviewed it and when
is not exported.

Every resource carries the extension ``urn:elmtex:evidence``: category, assertion, the half-open
code-point offsets of the words in the report, the confidence, and whether a human reviewed it.
Suggested codes are there too; into ``code`` come only those that a human chose.
"""

from __future__ import annotations

import bisect
import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from elmtex.exporters.fhir.relatives import relatives
from elmtex.exporters.fhir.resources import Around, Resource, coding, resources, string
from elmtex.schema import CategorySchema
from elmtex.text.normalisation import sentences
from elmtex.text.reading import reading
from elmtex.types import ElmtexError, Extraction, Item, MissingDependencyError

EVIDENCE = "urn:elmtex:evidence"

_NAMESPACE = uuid.UUID(
    "8f0f3c1e-6a0b-5e0e-9f63-2b7d6f5f6e11"
)  # of elmtex; any fixed value would do

_FAMILY = re.compile(
    r"\b(?:family|familial|famil\w*anamnese|familiär\w*|verwandte\w*|relatives?)\b|\bFA:", re.I
)
_NEAR = 300  # characters of a sentence on either side of an item
# "Her father had cancer, but the patient only has haemorrhoids"
_PATIENT = re.compile(r"\b(?:patient\w*|himself|herself|themselves|selbst)\b", re.I)


@dataclass(frozen=True, slots=True)
class ReviewState:
    """How far a human has reviewed an extraction.

    Args:
        items: category and position of each item that a human accepted, edited or added.
        finished: the review is over: nothing is open, and nothing was missed.
    """

    items: frozenset[tuple[str, int]] = frozenset()
    finished: bool = False

    @property
    def state(self) -> str:
        """``finished``, ``begun`` or ``none``."""
        return "finished" if self.finished else "begun" if self.items else "none"


NOT_REVIEWED = ReviewState()


def bundle_model() -> Any:
    """fhir.resources' R4B Bundle. Raises :class:`MissingDependencyError` when it is not installed."""
    try:
        from fhir.resources.R4B.bundle import Bundle
    except ImportError:
        raise MissingDependencyError(
            "FHIR needs fhir.resources: pip install 'elmtex[fhir]'"
        ) from None
    return Bundle


def bundle(
    extraction: Extraction,
    schema: CategorySchema,
    review: ReviewState = NOT_REVIEWED,
    report: str = "",
) -> dict[str, Any]:
    """The Bundle as JSON data.

    The same document always gives the same bundle, another one other ids: they are name-based UUIDs
    (RFC 9562, version 5) of all that the document says. An id alone would not do: every report that
    came through a pipe is called ``stdin``. Two reports of one name in which the same was found at
    the same places share their ids: give reports names of their own.

    Args:
        extraction: the document.
        schema: its schema.
        review: what of it a human has reviewed.
        report: the text it was extracted from; "" when it is not available. It adds no resource:
            the text around an item says whose disease it is, and whether it is over.

    Raises:
        MissingDependencyError: fhir.resources is not installed.
        ElmtexError: the bundle breaks FHIR's rules, which is a defect of elmtex.
    """
    model = bundle_model()
    seed = _digest(extraction)
    patient = _urn(seed, "patient")
    entries = [_entry(patient, {"resourceType": "Patient"})]
    built = _all_resources(extraction, schema, review, report, seed, patient)
    entries += [_entry(*named) for named in built]
    document = {
        "resourceType": "Bundle",
        "meta": {
            "tag": [
                {"system": "urn:elmtex:model", "code": _code(extraction.model)},
                {"system": "urn:elmtex:schema", "code": _code(extraction.schema)},
                {"system": "urn:elmtex:status", "code": extraction.status},
                {"system": "urn:elmtex:review", "code": review.state},
            ]
        },
        "identifier": {"system": "urn:elmtex:report", "value": string(extraction.id)},
        "type": "collection",
        "entry": entries,
    }
    try:
        model.model_validate(document)
    except ValueError as error:
        # pydantic's message quotes its input: only the first fault's path and rule may leave.
        raise ElmtexError(
            "the FHIR bundle is not valid ({why}); please report this", why=_fault(error)
        ) from None
    return document


def _all_resources(
    extraction: Extraction,
    schema: CategorySchema,
    review: ReviewState,
    report: str,
    seed: str,
    patient: str,
) -> Iterator[tuple[str, Resource]]:
    places = _Sentences(report)
    families = _Families(extraction, schema, places)
    for key, items in extraction.categories.items():
        category = schema.category(key)
        for number, item in enumerate(items):
            by_human = (key, number) in review.items
            if category.fhir.resource == "Condition" and not by_human and families.hold(item):
                continue
            place = f"{key}/{number}/{item.start}"
            built = resources(item, category, patient, places.around(item), by_human)
            for copy, resource in enumerate(built):
                resource["extension"] = [_evidence(key, item, by_human)]
                yield _urn(seed, f"{place}/{copy}" if copy else place), resource


class _Sentences:
    """Finds the text around an item; nothing without the report, or when the item is not in it."""

    def __init__(self, report: str) -> None:
        self._report = report
        read = reading(report)
        ends = [read.span(*sentence)[1] for sentence in sentences(read.text)]
        self._ends = [*ends[:-1], len(report)]

    def around(self, item: Item) -> Around:
        start, end = item.start, item.end
        if start is None or end is None or self._report[start:end] != item.text:
            return Around()
        first = bisect.bisect_right(self._ends, start)
        begin = self._ends[first - 1] if first else 0
        stop = self._ends[bisect.bisect_left(self._ends, end)]
        # Bounded, so that a report without a full stop costs no more than another.
        begin, stop = max(begin, start - _NEAR), min(stop, end + _NEAR)
        return Around(self._report[begin:start], self._report[end:stop])


class _Families:
    """Finds the diseases of relatives among the items of all categories."""

    def __init__(self, extraction: Extraction, schema: CategorySchema, places: _Sentences) -> None:
        self._places = places
        spans = [
            (item.start, item.end, item)
            for key, items in extraction.categories.items()
            if schema.category(key).fhir.resource == "FamilyMemberHistory"
            for item in items
            if item.start is not None and item.end is not None
        ]
        self._spans = sorted(spans, key=lambda span: span[:2])
        self._longest = max((end - start for start, end, _ in self._spans), default=0)

    def hold(self, item: Item) -> bool:
        """Whether an item's words are those of a family history, so that the disease is a
        relative's."""
        if item.start is None or item.end is None:
            return False
        first = bisect.bisect_left(self._spans, (item.end - self._longest,), key=lambda s: s[:1])
        for start, end, relative in self._spans[first:]:
            if start > item.start:
                break
            if end >= item.end and self._about(relative, relative.text[: item.start - start]):
                return True
        return False

    def _about(self, relative: Item, before: str) -> bool:
        """Whether the sentence is about a relative; else what the model put twice may well be the
        patient's."""
        if _PATIENT.search(before):
            return False
        place = self._places.around(relative)
        said = place.before + relative.text + place.after
        return bool(relatives(said) or _FAMILY.search(said))


def _evidence(key: str, item: Item, by_human: bool) -> Resource:
    parts: list[Resource] = [
        {"url": "category", "valueCode": key},
        {"url": "assertion", "valueCode": item.assertion},
        {"url": "judged", "valueBoolean": by_human},
    ]
    if item.grounded:
        parts += [
            {"url": "start", "valueUnsignedInt": item.start},
            {"url": "end", "valueUnsignedInt": item.end},
        ]
    if item.confidence is not None:
        parts.append({"url": "confidence", "valueDecimal": round(item.confidence, 4)})
    for code in item.codes:
        if not code.chosen:
            parts.append({"url": "suggestion", "valueCoding": coding(code)})
    return {"url": EVIDENCE, "extension": parts}


def _entry(urn: str, resource: Resource) -> Resource:
    return {"fullUrl": urn, "resource": {**resource, "id": urn.removeprefix("urn:uuid:")}}


def _digest(extraction: Extraction) -> str:
    return hashlib.sha256(json.dumps(extraction.to_dict(), sort_keys=True).encode()).hexdigest()


def _urn(seed: str, part: str) -> str:
    return uuid.uuid5(_NAMESPACE, f"{seed}\n{part}").urn


def _code(text: str) -> str:
    """FHIR's code: no white space at the ends, single spaces inside."""
    return " ".join(string(text).split()) or "-"


def _fault(error: ValueError) -> str:
    faults = error.errors() if hasattr(error, "errors") else []
    return (
        f"{'.'.join(map(str, faults[0]['loc']))}: {faults[0]['type']}"
        if faults
        else type(error).__name__
    )
