"""Kiwi's notes, counted in two ways.

Ours: entities, each thing at its first mention in a note, exact by its words, as the gold standard
counts (docs/gold-standard.md); and the assertion of the items that overlap. Once more without normal
findings ("lungs clear"), which a document tells from the others and Kiwi does not annotate.

The paper's (arXiv 2411.10020): every mention counts; strict is the same type and span, relaxed an
overlap, one to one. Modifiers are found like entities. A relation joins an entity and its modifier:
both must be found, and belong together. A document names a thing once, so it cannot find every
mention: ``reachable`` is the recall of one that has each thing of the gold at its first mention.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from corpora.kiwi import ENTITIES
from elmtex.types import ASSERTIONS, Assertion, Attribute, Extraction, Item, Record
from eval.metrics.aggregate.counts import entities
from eval.metrics.aggregate.rates import assertion
from eval.metrics.assertion import Confusion
from eval.metrics.bootstrap import Bootstrap, ratio
from eval.metrics.documents import pair
from eval.metrics.entity import Counts, exact, match_spans, maximum_matching, overlap, relaxed
from eval.metrics.hallucination import hallucination
from eval.metrics.sample import Sample
from eval.real_notes.mapping import NOT_MEASURED, ROWS, as_kiwi, first_mentions, gold_rows

Strength = Literal["exact", "relaxed"]
Found = Mapping[str, Sequence[Item]]
SIGNS: Mapping[str, Assertion] = {"negation": "absent", "uncertain": "possible"}


def figures(records: Sequence[Record], documents: Mapping[str, Extraction]) -> dict[str, Any]:
    """Both counts over all notes.

    Args:
        records: as :func:`corpora.kiwi.load` gives them.
        documents: what a model made of each, by the record's id.
    """
    gold = [{key: gold_rows(items) for key, items in r.items.items()} for r in records]
    given = [as_kiwi(documents[r.id]) for r in records]
    draws = Bootstrap.draw(len(records))
    notes = [(r, documents[r.id], g, p) for r, g, p in zip(records, gold, given, strict=True)]
    ours = [_ours(*note) for note in notes]
    without_normal = [_ours(r, d, g, as_kiwi(d, with_normal=False)) for r, d, g, _ in notes]
    return {
        "notes": len(records),
        "failed": sum(sample.failed for sample in ours),
        "mapped": {**_levels(ours, draws), "assertion": assertion(ours, draws)},
        "without_normal": _levels(without_normal, draws),
        "kiwi": {
            "entities": _levels([_entities(*note) for note in notes], draws),
            "modifiers": _levels([_modifiers(*note) for note in notes], draws),
            "relations": _levels([_relations(*note) for note in notes], draws),
            "signs": _levels([_signs(*note) for note in notes], draws),
            "reachable": _reachable(records, draws),
            "writes_attributes": any(
                item.attributes
                for document in documents.values()
                for items in document.categories.values()
                for item in items
            ),
            "not_measured": {
                modifier: sum(
                    a.type == modifier
                    for r in records
                    for items in r.items.values()
                    for item in items
                    for a in item.attributes
                )
                for modifier in NOT_MEASURED
            },
        },
    }


def _levels(samples: Sequence[Sample], draws: Bootstrap) -> dict[str, Any]:
    return {
        "exact": entities(samples, lambda sample: sample.exact, draws),
        "relaxed": entities(samples, lambda sample: sample.relaxed, draws),
    }


def _ours(record: Record, document: Extraction, gold: Found, given: Found) -> Sample:
    both = pair(
        {key: first_mentions(items) for key, items in gold.items()},
        {key: first_mentions(items) for key, items in given.items()},
    )
    confusion: Confusion = {row: dict.fromkeys(ASSERTIONS, 0) for row in ASSERTIONS}
    for key, items in both.gold.items():
        for g, p in match_spans(items, both.predicted[key]):
            confusion[items[g].assertion][both.predicted[key][p].assertion] += 1
    return _sample(record, document, exact(both), relaxed(both), confusion)


def _sample(
    record: Record,
    document: Extraction,
    exact: Mapping[str, Counts],
    relaxed: Mapping[str, Counts],
    confusion: Confusion | None = None,
) -> Sample:
    none: Confusion = {row: dict.fromkeys(ASSERTIONS, 0) for row in ASSERTIONS}
    nothing = hallucination(pair({}, document))
    return Sample(record.id, document.status, exact, relaxed, confusion or none, nothing)


def _entities(record: Record, document: Extraction, gold: Found, given: Found) -> Sample:
    def counts(strength: Strength) -> dict[str, Counts]:
        return {key: _counts(gold[key], given[key], strength) for key in ENTITIES}

    return _sample(record, document, counts("exact"), counts("relaxed"))


def _modifiers(record: Record, document: Extraction, gold: Found, given: Found) -> Sample:
    """By row; a modifier counts once, however many entities have it."""
    wanted, found = _pool(gold), _pool(given)

    def counts(strength: Strength) -> dict[str, Counts]:
        return {row: _counts(wanted[row], found[row], strength) for row in ROWS}

    return _sample(record, document, counts("exact"), counts("relaxed"))


def _pool(items: Found) -> Mapping[str, list[Attribute]]:
    pool: defaultdict[str, dict[tuple[int | None, int | None], Attribute]] = defaultdict(dict)
    for item in (item for found in items.values() for item in found):
        for attribute in item.attributes:
            pool[attribute.type].setdefault((attribute.start, attribute.end), attribute)
    return defaultdict(list, {row: list(found.values()) for row, found in pool.items()})


def _relations(record: Record, document: Extraction, gold: Found, given: Found) -> Sample:
    """By row: an attribute counts only where its item is the gold's."""

    def counts(strength: Strength) -> dict[str, Counts]:
        totals = dict.fromkeys(ROWS, Counts())
        for wanted, found in _facing(gold, given, strength):
            for row in ROWS:
                one = [a for a in wanted.attributes if a.type == row] if wanted else []
                other = [a for a in found.attributes if a.type == row] if found else []
                totals[row] = _sum(totals[row], _counts(one, other, strength))
        return totals

    return _sample(record, document, counts("exact"), counts("relaxed"))


def _signs(record: Record, document: Extraction, gold: Found, given: Found) -> Sample:
    """Negation and uncertain as relations: no document marks their words, the item's assertion says
    them."""

    def counts(strength: Strength) -> dict[str, Counts]:
        totals = dict.fromkeys(SIGNS, Counts())
        for wanted, found in _facing(gold, given, strength):
            for row, sign in SIGNS.items():
                is_wanted = wanted is not None and wanted.assertion == sign
                is_found = found is not None and found.assertion == sign
                tp = int(is_wanted and is_found)
                totals[row] = _sum(totals[row], Counts(tp, is_found - tp, is_wanted - tp))
        return totals

    return _sample(record, document, counts("exact"), counts("relaxed"))


def _facing(
    gold: Found, given: Found, strength: Strength
) -> Iterator[tuple[Item | None, Item | None]]:
    """Every item with the one it is matched with, or None: missed, or one too many."""
    for key in ENTITIES:
        pairs = _matched(gold[key], given[key], strength)
        taken = {g for g, _ in pairs}, {p for _, p in pairs}
        yield from ((gold[key][g], given[key][p]) for g, p in pairs)
        yield from ((item, None) for g, item in enumerate(gold[key]) if g not in taken[0])
        yield from ((None, item) for p, item in enumerate(given[key]) if p not in taken[1])


def _sum(one: Counts, other: Counts) -> Counts:
    return Counts(one.tp + other.tp, one.fp + other.fp, one.fn + other.fn)


def _counts(
    gold: Sequence[Item | Attribute], given: Sequence[Item | Attribute], strength: Strength
) -> Counts:
    tp = len(_matched(gold, given, strength))
    return Counts(tp, len(given) - tp, len(gold) - tp)


def _matched(
    gold: Sequence[Item | Attribute], given: Sequence[Item | Attribute], strength: Strength
) -> list[tuple[int, int]]:
    """Pairs of indices, one to one: of equal spans, or as many overlapping ones as possible."""
    if strength == "relaxed":
        return maximum_matching([[p for p, b in enumerate(given) if overlap(a, b)] for a in gold])
    places = {(item.start, item.end): p for p, item in enumerate(given)}
    spans = {(item.start, item.end): g for g, item in enumerate(gold)}
    return sorted((g, places[span]) for span, g in spans.items() if span in places)


def _reachable(records: Iterable[Record], draws: Bootstrap) -> dict[str, Any]:
    rows = [
        (
            sum(len(first_mentions(items)) for items in record.items.values()),
            sum(len(items) for items in record.items.values()),
        )
        for record in records
    ]
    first, every = np.array(rows, float).T
    return {
        "value": draws.value(ratio(first, every)),
        "count": int(first.sum()),
        "of": int(every.sum()),
    }
