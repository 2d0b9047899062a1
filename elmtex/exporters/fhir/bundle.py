"""Write an extraction as an HL7 FHIR R4 Bundle, checked with fhir.resources' R4B models; :mod:`elmtex.exporters.fhir` says
what becomes what."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from elmtex.exporters.fhir.context import Families, Sentences, Spans
from elmtex.exporters.fhir.document import (
    Section,
    composition,
    device,
    document_reference,
    patient,
    practitioner,
    provenance,
)
from elmtex.exporters.fhir.elements import Resource, coding, string
from elmtex.exporters.fhir.resources import resources
from elmtex.schema import CategorySchema
from elmtex.types import (
    NOT_REVIEWED,
    ElmtexError,
    Extraction,
    Item,
    Judgement,
    MissingDependencyError,
    ReviewState,
)

EVIDENCE = "urn:elmtex:evidence"

_NAMESPACE = uuid.UUID(
    "8f0f3c1e-6a0b-5e0e-9f63-2b7d6f5f6e11"
)  # of elmtex; any fixed value would do

Place = tuple[str, int]  # an item's category and index


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
    *,
    at: str | None = None,
    with_text: bool = False,
) -> dict[str, Any]:
    """The Bundle as JSON data.

    The same document always gives the same ids, another one others: they are name-based UUIDs
    (RFC 9562, version 5) of all that the document says. An id alone would not do: every report that
    came through a pipe is called ``stdin``. Two reports of one name in which the same was found at
    the same places share their ids: give reports names of their own.

    Args:
        extraction: the document.
        schema: its schema.
        review: what of it a human has reviewed, who and when.
        report: the text it was extracted from; "" when it is not available. The text around an
            item says whose disease it is, and whether it is over; a DocumentReference names it by
            its hashes.
        at: when the bundle is made, ISO 8601 with its offset from UTC; None is now.
        with_text: the report's words are part of the DocumentReference.

    Raises:
        MissingDependencyError: fhir.resources is not installed.
        ElmtexError: the bundle breaks FHIR's rules, which is a defect of elmtex.
    """
    model = bundle_model()
    at = at or datetime.now(timezone.utc).isoformat(timespec="seconds")
    entries = _Entries(extraction, schema, review, report, at).all(with_text)
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
        "type": "document",
        "timestamp": at,
        "entry": [_entry(address, resource) for address, resource in entries.items()],
    }
    try:
        model.model_validate(document)
    except ValueError as error:
        # pydantic's message quotes its input: only the first fault's path and rule may leave.
        raise ElmtexError(
            "the FHIR bundle is not valid ({why}); please report this", why=_fault(error)
        ) from None
    return document


class _Entries:
    """The resources of a document by their addresses, the Composition first."""

    def __init__(
        self,
        extraction: Extraction,
        schema: CategorySchema,
        review: ReviewState,
        report: str,
        at: str,
    ) -> None:
        self._extraction, self._schema, self._review = extraction, schema, review
        self._report, self._at = report, at
        self._seed = _digest(extraction)
        self._patient, self._device = self._address("patient"), self._address("device")
        self._source = self._address("report") if report else None

    def all(self, with_text: bool) -> dict[str, Resource]:
        built = dict(self._of_items())
        reviewers = self._reviewers()
        last = reviewers.get(self._review.last.reviewer)
        sections = [self._section(key, built) for key in self._extraction.categories]
        found: dict[str, Resource] = {
            self._address("composition"): composition(
                sections,
                self._schema.title,
                self._patient,
                self._device,
                self._review,
                last,
                self._at,
            ),
            self._patient: patient(self._extraction, self._schema, self._review, self._report),
            self._device: device(self._extraction),
        }
        found |= {address: practitioner(name) for name, address in reviewers.items()}
        if self._source:
            found[self._source] = document_reference(
                self._report, self._patient, self._at, with_text
            )
        for addressed in built.values():
            found |= addressed
        return found | dict(self._provenances(built, reviewers))

    def _of_items(self) -> Iterator[tuple[Place, dict[str, Resource]]]:
        """The resources of each item; {} of what another category says better: a relative's disease, an allergy, a test's
        name inside its result."""
        places = Sentences(self._report)
        families = Families(self._extraction, self._schema, places)
        results = Spans(self._extraction, self._schema, lambda fhir: fhir.quantity)
        allergies = Spans(
            self._extraction, self._schema, lambda fhir: fhir.resource == "AllergyIntolerance"
        )
        known: dict[tuple[int | None, int | None], list[dict[str, Resource]]] = {}
        for key, items in self._extraction.categories.items():
            category = self._schema.category(key)
            for number, item in enumerate(items):
                by_human = (key, number) in self._review.items
                kind, also = category.fhir.resource, category.fhir.also
                allergy = "AllergyIntolerance" in also and (
                    any(allergies.around(item)) or allergies.inside(item)
                )
                if (kind == "Procedure" and any(results.around(item))) or (
                    not by_human and kind == "Condition" and families.hold(item)
                ):
                    yield (key, number), {}
                    continue
                built = list(
                    resources(item, category, self._patient, places.around(item), by_human)
                )
                # Its own category says it, with its reaction.
                if allergy and (
                    item.section == "allergies"
                    or all(one["resourceType"] == "AllergyIntolerance" for one in built)
                ):
                    built = []
                evidence = _evidence(key, item, by_human)
                addressed = {
                    self._address(f"{key}/{number}/{item.start}" + (f"/{copy}" if copy else "")): {
                        **resource,
                        "extension": [evidence],
                    }
                    for copy, resource in enumerate(built)
                }
                there = _same_condition(known, item, addressed)
                if there is addressed:
                    known.setdefault((item.start, item.end), []).append(addressed)
                else:  # it has this category, too
                    (resource,) = there.values()
                    (other,) = addressed.values()
                    own = {name: other[name] for name in other if name not in resource}
                    of_both = {n: [*resource[n], *other[n]] for n in ("category", "extension")}
                    resource |= own | of_both
                yield (key, number), there

    def _section(self, key: str, built: Mapping[Place, Mapping[str, Resource]]) -> Section:
        there = [
            (item, (key, number) in self._review.items, built[key, number])
            for number, item in enumerate(self._extraction.categories[key])
            if built[key, number]
        ]
        addresses = [address for _, _, of_item in there for address in of_item]
        rows = [(item, by_human) for item, by_human, _ in there]
        return Section(self._schema.category(key), rows, addresses)

    def _reviewers(self) -> dict[str, str]:
        """The address of each reviewer by name."""
        judgements = [*self._review.judgements.values(), self._review.last]
        names = dict.fromkeys(j.reviewer for j in judgements if j.reviewer.strip())
        return {name: self._address(f"reviewer/{name}") for name in names}

    def _provenances(
        self, built: Mapping[Place, Mapping[str, Resource]], reviewers: Mapping[str, str]
    ) -> Iterator[tuple[str, Resource]]:
        """One of the model, and one of each reviewer at each time."""
        targets = list(dict.fromkeys(a for of_item in built.values() for a in of_item))
        by_model = targets or [self._address("composition")]
        who = {"reference": self._device}
        yield (
            self._address("provenance"),
            provenance(by_model, who, "assembler", self._source, self._at),
        )
        judged: dict[Judgement, list[str]] = {}
        for place, judgement in self._review.judgements.items():
            judged.setdefault(judgement, []).extend(built.get(place, ()))
        if self._review.finished:
            judged.setdefault(self._review.last, []).append(self._address("composition"))
        for judgement, addresses in judged.items():
            addresses = list(dict.fromkeys(addresses))
            if addresses and judgement.at:
                name = judgement.reviewer
                who = (
                    {"reference": reviewers[name]}
                    if name in reviewers
                    else {"display": "a reviewer who gave no name"}
                )
                address = self._address(f"review/{name}/{judgement.at}")
                yield address, provenance(addresses, who, "verifier", self._source, judgement.at)

    def _address(self, part: str) -> str:
        return uuid.uuid5(_NAMESPACE, f"{self._seed}\n{part}").urn


def _same_condition(
    known: Mapping[tuple[int | None, int | None], Sequence[dict[str, Resource]]],
    item: Item,
    addressed: dict[str, Resource],
) -> dict[str, Resource]:
    """What an item of the same words became, where both are one condition in two categories; else the item's own."""
    if item.start is None or len(addressed) != 1:
        return addressed
    (own,) = addressed.values()
    if own["resourceType"] != "Condition":
        return addressed
    for there in known.get((item.start, item.end), ()):
        if len(there) == 1:
            (other,) = there.values()
            stated = other.keys() & own.keys() - {"category", "extension", "note"}
            if all(other[name] == own[name] for name in stated):
                return there
    return addressed


def _evidence(key: str, item: Item, by_human: bool) -> Resource:
    parts: list[Resource] = [
        {"url": "category", "valueCode": key},
        {"url": "assertion", "valueCode": item.assertion},
        {"url": "judged", "valueBoolean": by_human},
    ]
    if item.start is not None and item.end is not None:
        parts += _span(item.start, item.end)
    for mention in item.mentions:
        parts.append({"url": "mention", "extension": _span(**asdict(mention))})
    if item.confidence is not None:
        parts.append({"url": "confidence", "valueDecimal": round(item.confidence, 4)})
    for code in item.codes:
        if not code.chosen:
            parts.append({"url": "suggestion", "valueCoding": coding(code)})
    return {"url": EVIDENCE, "extension": parts}


def _span(start: int, end: int) -> Sequence[Resource]:
    return [{"url": "start", "valueUnsignedInt": start}, {"url": "end", "valueUnsignedInt": end}]


def _entry(urn: str, resource: Resource) -> Resource:
    return {"fullUrl": urn, "resource": {**resource, "id": urn.removeprefix("urn:uuid:")}}


def _digest(extraction: Extraction) -> str:
    return hashlib.sha256(json.dumps(extraction.to_dict(), sort_keys=True).encode()).hexdigest()


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
