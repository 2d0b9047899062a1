"""MACCROBAT 2020: clinical case reports with brat annotations, mapped to the 15 ELMTEX categories.

The mapping is docs/gold-standard.md, rule by rule; the gold standard of every reported number.
Source: Caufield 2020, figshare 10.6084/m9.figshare.9764942.v2, CC BY 4.0.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from corpora.maccrobat_tables import (
    ATTRIBUTE_BARRIER,
    ATTRIBUTES,
    CATEGORIES,
    GROWN,
    LIFE_STYLE,
    MAX_VALUE_GAP,
    MODIFIERS,
    OUTCOME,
    PATHOLOGY,
    PLAIN,
    POLARITY,
    SPLIT_PMIDS,
    TYPES_OF,
    VALUE_BARRIER,
    WHEN,
)
from corpora.shared.brat import Annotations, Entity, documents
from corpora.shared.fetch import Download, Source
from corpora.shared.spans import Span, grounded_span, grown, item_at, without_overlap
from elmtex.types import Attribute, Item, Record

SOURCE = Source(
    name="maccrobat",
    licence="CC BY 4.0",
    files=(Download("MACCROBAT2020.zip", "https://ndownloader.figshare.com/files/21489405", None),),
)

LeftOut = Counter[tuple[str | None, str]]  # annotations, by their report's split and by why


def load(path: Path, left_out: LeftOut | None = None) -> Iterator[Record]:
    """The gold standard: items unique and without overlap in each category, in report order.

    Args:
        path: the folder with ``PMID.txt`` and ``PMID.ann``.
        left_out: counts the annotations that were dropped; None when nobody asks.

    Raises:
        InputError: the folder holds no report, or a file cannot be read.
    """
    return _records(path, unique=True, left_out=left_out)


def load_mentions(path: Path, left_out: LeftOut | None = None) -> Iterator[Record]:
    """The same reports for training: every mention of an item (rule 5 without its de-duplication),
    and the polarity of history, habits and outcome, which the gold calls present: "smoking" of "he
    denied smoking" is absent."""
    return _records(path, unique=False, left_out=left_out)


def split_of(pmid: str) -> str | None:
    """``test`` (40), ``dev`` (16) or ``train`` (104) by the fixed split; None for a report outside
    the 160."""
    if pmid not in _RANK:
        return None
    rank = _RANK[pmid]
    return "test" if rank < 40 else "dev" if rank < 56 else "train"


_RANK = {
    pmid: rank
    for rank, pmid in enumerate(
        sorted(SPLIT_PMIDS, key=lambda p: int(hashlib.sha1(p.encode()).hexdigest(), 16))
    )
}


def _records(path: Path, unique: bool, left_out: LeftOut | None) -> Iterator[Record]:
    for name, text, annotated in documents(path, "MACCROBAT's PMID.txt and PMID.ann"):
        heads = map_heads(text, annotated, plain_present=unique)
        dropped = Counter({"discontinuous": annotated.discontinuous})
        items = {key: _kept(heads.get(key, ()), unique, dropped) for key in CATEGORIES}
        split = split_of(name)
        if left_out is not None:
            left_out.update({(split, why): count for why, count in dropped.items() if count})
        yield Record(
            id=name,
            source="maccrobat",
            lang="en",
            text=text,
            labelled=CATEGORIES,
            items=items,
            split=split,
            attributes=ATTRIBUTES,
        )


@dataclass(frozen=True, slots=True)
class Head:
    """An item before rule 5, the ungrown span that it was grown from, and what belongs to that.

    ``own``: to no other item, though its span holds the head (a value that belongs to no
    procedure).
    """

    item: Item
    start: int
    end: int
    attributes: tuple[Attribute, ...] = ()
    own: bool = False


def _kept(heads: Iterable[Head], unique: bool, left_out: Counter[str]) -> tuple[Item, ...]:
    """Rule 5: the items that stay, each with the attributes of the heads that its span holds."""
    heads = list(heads)
    items = []
    for item in without_overlap((head.item for head in heads), unique, left_out):
        start, end = grounded_span(item)
        held = [
            h
            for h in heads
            if start <= h.start and h.end <= end and (not h.own or (h.start, h.end) == (start, end))
        ]
        found = {
            (a.type, a.start, a.end): a
            for h in held
            for a in h.attributes
            if a.type != "test" or (start <= (a.start or 0) and (a.end or 0) <= end)
        }
        items.append(replace(item, attributes=tuple(sorted(found.values(), key=_order))))
    return tuple(items)


def _order(attribute: Attribute) -> tuple[int, int, int]:
    assert attribute.start is not None and attribute.end is not None
    return ATTRIBUTES.index(attribute.type), attribute.start, attribute.end


def map_heads(
    text: str, annotations: Annotations, plain_present: bool = True
) -> dict[str, list[Head]]:
    """Rules 1 to 4 of docs/gold-standard.md: the items of each category, before rule 5, in no
    particular order.

    Args:
        plain_present: whether age, gender, history, habits and outcome are present whatever was
            annotated (rule 1).
    """
    entities = annotations.entities
    assertions = {
        entity: POLARITY.get(value, "present")
        for kind, entity, value in annotations.attributes
        if kind == "POLARITY"
    }
    modifiers: dict[str, list[Span]] = defaultdict(list)
    linked = _linked(annotations)
    procedures: dict[str, list[Entity]] = defaultdict(list)
    for kind, source, target in annotations.relations:
        if kind != "MODIFY" or source not in entities or target not in entities:
            continue
        if entities[source].type in MODIFIERS:
            modifiers[target].append((entities[source].start, entities[source].end))
        if entities[source].type == "Lab_value" and entities[target].type == "Diagnostic_procedure":
            procedures[source].append(entities[target])
    enclosing = {
        kind: [e for e in entities.values() if e.type == kind]
        for kind in ("History", "Family_history")
    }
    heads: dict[str, list[Head]] = defaultdict(list)
    for entity in entities.values():
        start, end = entity.start, entity.end
        assertion = assertions.get(entity.id, "present")
        if category := _plain_category(text, entity):
            status = "present" if plain_present else assertion
            heads[category].append(Head(item_at(text, start, end, status), start, end))
        elif category := _grown_category(entity, enclosing):
            grown_span = grown(text, (start, end), modifiers[entity.id])
            attributes = _attributes(text, entity, linked[entity.id], category)
            item = item_at(text, *grown_span, assertion)
            heads[category].append(Head(item, start, end, attributes))
        elif entity.type == "Lab_value":
            tests = procedures[entity.id]
            attributes = (
                *(_attribute(text, "test", test) for test in tests),
                _attribute(text, "value", entity),
            )
            for category, first, last in _values(text, entity, tests):
                item = item_at(text, first, last, assertion)
                heads[category].append(Head(item, start, end, attributes, own=not tests))
    return heads


def _linked(annotations: Annotations) -> dict[str, list[Entity]]:
    """What may be an attribute of each entity: what modifies it, and the times that overlap with
    it."""
    entities = annotations.entities
    linked: dict[str, list[Entity]] = defaultdict(list)
    pairs = [(a, b) for kind, a, b in annotations.relations if kind == "OVERLAP"]
    for kind, members in annotations.groups:
        pairs += combinations(members, 2) if kind == "OVERLAP" else ()
    links = [(a, b) for kind, a, b in annotations.relations if kind == "MODIFY"]
    for one, other in (*pairs, *((b, a) for a, b in pairs)):
        if one in entities and entities[one].type in WHEN:
            links.append((one, other))
    for source, target in links:
        if source in entities and target in entities:
            linked[target].append(entities[source])
    return linked


def _attributes(
    text: str, head: Entity, linked: Iterable[Entity], category: str
) -> tuple[Attribute, ...]:
    """Those of the linked spans that are attributes of a head: of a type that its category has, in
    its sentence."""
    found = []
    for entity in linked:
        type = TYPES_OF.get(category, {}).get(entity.type)
        between = text[min(head.end, entity.end) : max(head.start, entity.start)]
        if type is not None and not ATTRIBUTE_BARRIER.search(between):
            found.append(_attribute(text, type, entity))
    return tuple(found)


def _attribute(text: str, type: str, entity: Entity) -> Attribute:
    return Attribute(type, text[entity.start : entity.end], entity.start, entity.end)


def _plain_category(text: str, entity: Entity) -> str | None:
    words = text[entity.start : entity.end]
    if entity.type == "History":
        return "life_style" if LIFE_STYLE.search(words) else "medical_surgical_history"
    if entity.type == "Clinical_event":
        return "patient_outcome_assessment" if OUTCOME.search(words) else None
    return PLAIN.get(entity.type)


def _grown_category(entity: Entity, enclosing: Mapping[str, list[Entity]]) -> str | None:
    if entity.type not in GROWN:
        return None
    category, outside = GROWN[entity.type]
    inside = {
        kind
        for kind, spans in enclosing.items()
        if any(s.start <= entity.start and entity.end <= s.end for s in spans)
    }
    if inside.intersection(outside):
        return None
    if entity.type == "Disease_disorder" and "History" in inside:
        return "comorbidities"
    return category


def _values(text: str, value: Entity, procedures: list[Entity]) -> Iterator[tuple[str, int, int]]:
    """Rule 4: a category and span for each procedure that the value belongs to, or for the value
    alone."""
    if not procedures:
        yield "laboratory_values", value.start, value.end
    for procedure in procedures:
        name = text[procedure.start : procedure.end]
        category = "pathology" if PATHOLOGY.search(name) else "laboratory_values"
        first, last = sorted((value, procedure), key=lambda e: e.start)
        gap = text[first.end : last.start]
        if len(gap) <= MAX_VALUE_GAP and not VALUE_BARRIER.search(gap):
            yield category, first.start, max(first.end, last.end)
        else:
            yield category, value.start, value.end
