"""Kiwi's MTSamples notes: problems, tests, treatments and drugs with 16 modifiers, in brat's format.

Source: "LLaMA against BERT", arXiv 2411.10020; github BIDS-Xu-Lab/Kiwi-LLaMA, data/train/MTSample. It
states no licence: it may be measured on, and nothing that is shipped is ever trained on it.

A record is the note without what MTSamples puts around it: the lines from "Sample Type" to "(Medical
Transcription Sample Report)", which hold a description, and "Keywords". They repeat the note.

Every entity of the four types is an item, every mention of it. A modifier that ``hasAttr`` relates to
it is an attribute of it, whose type is the modifier's name. The assertion follows from two of them: an item with
``negation`` is absent, one with ``uncertain`` possible. ``condition`` ("if fever recurs") and
``subject`` ("his mother") change no assertion here: they stay attributes. A modifier that belongs to no
entity, such as a date above a paragraph, is left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from corpora.shared.brat import Annotations, Entity, documents
from corpora.shared.fetch import Download, Source
from elmtex.text.normalisation import trimmed
from elmtex.types import Assertion, Attribute, Item, Record

SOURCE = Source(
    name="kiwi",
    licence="none stated: measure only, never train",
    files=(
        Download(
            "kiwi.zip",
            "https://github.com/BIDS-Xu-Lab/Kiwi-LLaMA/archive/3e95075a633ad9ef6ffe6c7d7ed694364bd23018.zip",
            sha256=None,
        ),
    ),
)
ENTITIES = ("problem", "test", "treatment", "drug")
# What the paper's guideline lets each of them have.
MODIFIERS_OF: Mapping[str, tuple[str, ...]] = {
    "problem": (
        *("negation", "uncertain", "condition", "subject"),
        *("bodyloc", "severity", "course", "temporal"),
    ),
    "test": ("labvalue", "reference_range", "negation", "temporal"),
    "treatment": ("temporal", "negation"),
    "drug": (
        *("strength", "dosage", "form", "route", "frequency", "duration"),
        *("negation", "temporal"),
    ),
}
MODIFIERS = tuple(dict.fromkeys(m for found in MODIFIERS_OF.values() for m in found))
_RELATION = "hasAttr"
_HEADER = re.compile(r"\ASample Type.*?Medical\s+Transcription\s+Sample\s+Report\s*\)?", re.S)
_KEYWORDS = re.compile(r"^\s*Keywords\s*:.*\Z", re.S | re.M)


def load(path: Path) -> Iterator[Record]:
    """One record per note, by name; its items are in report order.

    Args:
        path: the folder with ``NAME.txt`` and ``NAME.ann``.

    Raises:
        InputError: the folder holds no note, or a file cannot be read.
    """
    for name, text, annotated in documents(path, "Kiwi's NAME.txt and NAME.ann"):
        start, end = note_of(text)
        yield Record(
            id=name,
            source="kiwi",
            lang="en",
            text=text[start:end],
            labelled=ENTITIES,
            items=_items(text, annotated, start, end),
            attributes=MODIFIERS,
        )


def note_of(text: str) -> tuple[int, int]:
    """Where the note itself is in a file of MTSamples, half-open: between header and keywords."""
    header, keywords = _HEADER.search(text), _KEYWORDS.search(text)
    return trimmed(text, header.end() if header else 0, keywords.start() if keywords else len(text))


def _items(
    text: str, annotations: Annotations, start: int, end: int
) -> dict[str, tuple[Item, ...]]:
    """The items between two places, by category; offsets count from ``start``."""
    inside = {
        name: entity
        for name, entity in annotations.entities.items()
        if start <= entity.start and entity.end <= end
    }
    modifiers: dict[str, list[Entity]] = defaultdict(list)
    for kind, source, target in annotations.relations:
        if kind == _RELATION and target in inside and inside[target].type in MODIFIERS:
            modifiers[source].append(inside[target])
    items: dict[str, list[Item]] = {key: [] for key in ENTITIES}
    for name, entity in inside.items():
        if entity.type not in ENTITIES:
            continue
        found = {Attribute(m.type, *_span(text, m, start)) for m in modifiers[name]}
        attributes = tuple(sorted(found, key=_order))
        types = {a.type for a in attributes}
        assertion: Assertion = "present"
        if "negation" in types:
            assertion = "absent"
        elif "uncertain" in types:
            assertion = "possible"
        words = _span(text, entity, start)
        items[entity.type].append(Item(*words, assertion, attributes=attributes))
    return {key: tuple(sorted(rows, key=lambda i: i.start or 0)) for key, rows in items.items()}


def _span(text: str, entity: Entity, start: int) -> tuple[str, int, int]:
    """Words and offsets within the note; a span of the corpus ends in white space."""
    words = text[entity.start : entity.end].strip()
    first = text.index(words, entity.start) - start
    return words, first, first + len(words)


def _order(attribute: Attribute) -> tuple[int, int, int]:
    return MODIFIERS.index(attribute.type), attribute.start or 0, attribute.end or 0
