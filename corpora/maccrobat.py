"""MACCROBAT 2020: clinical case reports with brat annotations, mapped to the 15 ELMTEX categories.

The mapping is docs/gold-standard.md, rule by rule; the gold standard of every reported number.
Source: Caufield 2020, figshare 10.6084/m9.figshare.9764942.v2, CC BY 4.0.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from corpora.brat import Annotations, Entity, parse, read_text
from corpora.fetch import Download, Source
from corpora.spans import Span, grounded_span, grown, item_at, without_overlap
from elmtex.types import Assertion, Attribute, InputError, Item, Record

SOURCE = Source(
    name="maccrobat",
    licence="CC BY 4.0",
    files=(Download("MACCROBAT2020.zip", "https://ndownloader.figshare.com/files/21489405", None),),
)

CATEGORIES = (
    "life_style",
    "family_history",
    "social_history",
    "medical_surgical_history",
    "signs_symptoms",
    "comorbidities",
    "diagnostic_techniques_procedures",
    "diagnosis",
    "laboratory_values",
    "pathology",
    "pharmacological_therapy",
    "interventional_therapy",
    "patient_outcome_assessment",
    "age",
    "gender",
)

# The 160 reports that the fixed split is defined on; the public set has 40 more, which belong to no
# split.
SPLIT_PMIDS = """
    15939911 17803823 18258107 18416479 18561524 18787726 19009665 19214295 19307547 19610147
    19860006 19860007 20146086 20671919 20977862 21067996 21254744 21308977 21477357 21505579
    21527041 21720478 22218279 22515939 22520024 22665582 22781096 22791498 22814979 23035161
    23076693 23077697 23155491 23242090 23312850 23468586 23678274 23864579 24043987 24161539
    24294397 24518095 24526194 24654246 24781756 24898994 24957905 25023062 25024632 25139918
    25155594 25210224 25246819 25295501 25370695 25410034 25410883 25572898 25661749 25721834
    25759562 25853982 25858931 25884600 25934795 26106249 26216058 26228535 26264228 26266396
    26285706 26309459 26313770 26327988 26336183 26350418 26361640 26395443 26444414 26445413
    26457578 26469535 26474553 26530965 26584481 26629302 26656340 26664317 26675562 26683938
    26692730 26714786 27059701 27064109 27100441 27130218 27196481 27218632 27661040 27683825
    27741115 27749582 27773410 27793101 27842595 27846860 27906105 27974938 27980261 27980272
    27990013 27998312 28033278 28079821 28100235 28100279 28103924 28115731 28120581 28121940
    28151882 28151916 28154287 28154700 28173879 28190872 28193213 28196820 28202862 28202865
    28202869 28207542 28216610 28239141 28248858 28250304 28265107 28272214 28272235 28292056
    28296775 28320420 28321070 28321071 28321073 28353556 28353558 28353569 28353596 28353604
    28353613 28383413 28403086 28403092 28403099 28422883 28538413 28559815 28595573 28767567
""".split()

_POLARITY: Mapping[str, Assertion] = {
    "NEG": "absent",
    "UNCERTAIN": "possible",
    "MAYBE_POS": "possible",
    "MAYBE_NEG": "possible",
}
_MODIFIERS = frozenset(
    {
        *("Biological_structure", "Detailed_description", "Severity", "Dosage", "Frequency"),
        *("Administration", "Duration", "Distance", "Quantitative_concept", "Qualitative_concept"),
        *("Color", "Shape", "Texture", "Area", "Volume", "Mass", "Height", "Weight"),
    }
)
_MAX_VALUE_GAP = 30
_VALUE_BARRIER = re.compile(r"[.;]\s|\n")
# Rule 3: a history span with these words is life style.
LIFE_STYLE = re.compile(
    r"smok|tobacco|cigar|pack[- ]year|alcohol|drink|drug (?:use|abuse)|exercis|diet", re.I
)
_OUTCOME = re.compile(r"discharg|died|death|dead|recover|remission|recur|follow|alive|surviv", re.I)
_PATHOLOGY = re.compile(
    r"biops|histo|patholog|cytolog|immunohisto|immunostain|\bstain|smear|aspirat|marrow|microscop",
    re.I,
)
# Attribute types by MACCROBAT's type, for findings and diseases, procedures, drugs and
# interventions.
_WHEN = {"Date": "when", "Time": "when", "Duration": "when"}
_LOOK = dict.fromkeys(
    (
        *("Detailed_description", "Quantitative_concept", "Qualitative_concept", "Color", "Shape"),
        *("Texture", "Distance", "Area", "Volume", "Mass"),
    ),
    "detail",
)
_FINDING = {
    "Biological_structure": "body_site",
    "Severity": "severity",
    "Lab_value": "value",
    "Frequency": "frequency",
    **_WHEN,
    **_LOOK,
}
_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "signs_symptoms": _FINDING,
    "diagnosis": _FINDING,
    "comorbidities": _FINDING,
    "diagnostic_techniques_procedures": {
        "Biological_structure": "body_site",
        "Lab_value": "value",
        **_WHEN,
        **_LOOK,
    },
    "pharmacological_therapy": {
        "Dosage": "dose",
        "Administration": "route",
        "Frequency": "frequency",
        **_WHEN,
        "Duration": "duration",
        "Detailed_description": "detail",
    },
    "interventional_therapy": {
        "Biological_structure": "body_site",
        "Detailed_description": "detail",
        "Quantitative_concept": "detail",
        **_WHEN,
    },
}
ATTRIBUTES = (
    *("body_site", "severity", "detail", "value", "test", "when"),
    *("dose", "route", "frequency", "duration"),
)
_ATTRIBUTE_BARRIER = re.compile(r"[.!?;]\s|\n")
# Types whose span is the item; always present in the gold.
_PLAIN = {
    "Age": "age",
    "Sex": "gender",
    "Family_history": "family_history",
    "Personal_background": "social_history",
    "Occupation": "life_style",
    "Activity": "life_style",
    "Outcome": "patient_outcome_assessment",
}
# Types whose span grows and carries an assertion: category, and the spans inside which it is
# dropped.
_GROWN = {
    "Sign_symptom": ("signs_symptoms", ("History", "Family_history")),
    "Disease_disorder": ("diagnosis", ("Family_history",)),
    "Diagnostic_procedure": ("diagnostic_techniques_procedures", ()),
    "Medication": ("pharmacological_therapy", ("Family_history",)),
    "Therapeutic_procedure": ("interventional_therapy", ("History", "Family_history")),
}


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
    files = sorted(path.glob("*.ann"))
    if not files:
        raise InputError(
            f"no .ann file in {path}: pass the folder with MACCROBAT's PMID.txt and PMID.ann"
        )
    for file in files:
        text = read_text(file.with_suffix(".txt"))
        annotations = parse(read_text(file), len(text), file.name)
        heads = map_heads(text, annotations, plain_present=unique)
        dropped = Counter({"discontinuous": annotations.discontinuous})
        items = {key: _kept(heads.get(key, ()), unique, dropped) for key in CATEGORIES}
        split = split_of(file.stem)
        if left_out is not None:
            left_out.update({(split, why): count for why, count in dropped.items() if count})
        yield Record(
            id=file.stem,
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
        entity: _POLARITY.get(value, "present")
        for kind, entity, value in annotations.attributes
        if kind == "POLARITY"
    }
    modifiers: dict[str, list[Span]] = defaultdict(list)
    linked = _linked(annotations)
    procedures: dict[str, list[Entity]] = defaultdict(list)
    for kind, source, target in annotations.relations:
        if kind != "MODIFY" or source not in entities or target not in entities:
            continue
        if entities[source].type in _MODIFIERS:
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
        if one in entities and entities[one].type in _WHEN:
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
        type = _ATTRIBUTES.get(category, {}).get(entity.type)
        between = text[min(head.end, entity.end) : max(head.start, entity.start)]
        if type is not None and not _ATTRIBUTE_BARRIER.search(between):
            found.append(_attribute(text, type, entity))
    return tuple(found)


def _attribute(text: str, type: str, entity: Entity) -> Attribute:
    return Attribute(type, text[entity.start : entity.end], entity.start, entity.end)


def _plain_category(text: str, entity: Entity) -> str | None:
    words = text[entity.start : entity.end]
    if entity.type == "History":
        return "life_style" if LIFE_STYLE.search(words) else "medical_surgical_history"
    if entity.type == "Clinical_event":
        return "patient_outcome_assessment" if _OUTCOME.search(words) else None
    return _PLAIN.get(entity.type)


def _grown_category(entity: Entity, enclosing: Mapping[str, list[Entity]]) -> str | None:
    if entity.type not in _GROWN:
        return None
    category, outside = _GROWN[entity.type]
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
        category = "pathology" if _PATHOLOGY.search(name) else "laboratory_values"
        first, last = sorted((value, procedure), key=lambda e: e.start)
        gap = text[first.end : last.start]
        if len(gap) <= _MAX_VALUE_GAP and not _VALUE_BARRIER.search(gap):
            yield category, first.start, max(first.end, last.end)
        else:
            yield category, value.start, value.end
