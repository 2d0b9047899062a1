"""Scores what the model said about reports: against finished reviews, or against gold that is uploaded. No HTML here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from elmtex import records
from elmtex.comparison import compare
from elmtex.erase import remove
from elmtex.review import Entry, Store
from elmtex.review.gold import record
from elmtex.schema import Category
from elmtex.types import Extraction, InputError, Record
from elmtex.web.evaluate_tab.door import Metrics, Sample

WORST = 10  # reports that are named
MIXED_UP = 10  # pairs of categories


@dataclass(frozen=True, slots=True)
class Worst:
    """A report and its F1, with what it is opened by; "" where it is none of the user's reports."""

    name: str
    review: str
    f1: float


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The figures of some reports.

    Args:
        figures: as :func:`eval.metrics.aggregate` gives them; {} before anything was scored.
        categories: those of the reports' schemas, which title them.
        mixed_up: the gold's category and the model's of the same words, with how often; most frequent first.
        worst: the reports with the lowest exact F1, lowest first.
        reviews: the gold are reviews, which began with the model's own suggestions.
        unread: how many records of the uploaded gold no extracted report has the text of.
        said: why there are no figures, in no language yet: a name of a message, or a sentence of the library.
    """

    figures: dict[str, Any] = field(default_factory=dict)
    categories: tuple[Category, ...] = ()
    mixed_up: tuple[tuple[str, str, int], ...] = ()
    worst: tuple[Worst, ...] = ()
    reviews: bool = False
    unread: int = 0
    said: str = ""


def of_reviews(store: Store, owner: str, metrics: Metrics) -> Evaluated:
    """The model against the owner's finished reviews."""
    finished = [line.id for line in store.lines(owner) if line.finished]
    if not finished:
        return Evaluated(said="no_reviews")
    return replace(_scored(_reviewed(store, owner, finished), metrics), reviews=True)


def of_gold(path: Path, store: Store, owner: str, metrics: Metrics) -> Evaluated:
    """The model against gold in JSON Lines, on the owner's extracted reports of the same text.

    The file is deleted: the page's copy must not outlive it.

    Raises:
        InputError: it is no gold; names the line, quotes nothing.
    """
    try:
        gold = {one.text: one for one in records.load(path)}
    except InputError as error:
        raise InputError(str(error).replace(str(path), "gold")) from None
    finally:
        remove(path)
    if not gold:
        return Evaluated(said="no_gold")
    there = [line.id for line in store.lines(owner) if line.extracted]
    matched = list(_matched(store, owner, there, gold))
    unread = len(gold) - len(matched)
    if not matched:
        return Evaluated(unread=unread, said="nothing_extracted")
    return replace(_scored(matched, metrics), unread=unread)


@dataclass(frozen=True, slots=True)
class _Scorable:
    entry: Entry
    gold: Record
    said: Extraction


def _reviewed(store: Store, owner: str, ids: Iterable[str]) -> Iterable[_Scorable]:
    for id in ids:
        entry = store.get(owner, id)
        gold = record(entry)
        if gold is not None and entry.extraction is not None:
            yield _Scorable(entry, gold, entry.extraction)


def _matched(
    store: Store, owner: str, ids: Iterable[str], gold: dict[str, Record]
) -> Iterable[_Scorable]:
    """One extracted report for each record of its text."""
    left = dict(gold)
    for id in ids:
        entry = store.get(owner, id)
        if entry.extraction is not None and (found := left.pop(entry.text, None)):
            yield _Scorable(entry, found, entry.extraction)


def _scored(reports: Iterable[_Scorable], metrics: Metrics) -> Evaluated:
    samples: list[Sample] = []
    names: dict[str, str] = {}
    categories: dict[str, Category] = {}
    mixed_up: Counter[tuple[str, str]] = Counter()
    for one in reports:
        samples.append(metrics.score_sample(one.gold, one.said, id=one.entry.id))
        names[one.entry.id] = one.entry.name
        categories |= {c.key: c for c in one.entry.schema.categories}
        mixed_up.update(_mixed_up(one))
    worst = sorted(((_f1(sample), sample.id) for sample in samples), key=lambda pair: pair[0])
    return Evaluated(
        figures=metrics.aggregate(samples),
        categories=tuple(categories.values()),
        mixed_up=tuple((*pair, n) for pair, n in mixed_up.most_common(MIXED_UP)),
        worst=tuple(Worst(names[id], id, f1) for f1, id in worst[:WORST]),
    )


def _mixed_up(one: _Scorable) -> Iterable[tuple[str, str]]:
    """The gold's and the model's category of each span that both have, in different categories."""
    keys = tuple(one.said.categories)
    items = {key: one.gold.items.get(key, ()) for key in keys}
    labelled = set(one.gold.labelled)
    for pair in compare(replace(one.said, categories=items), one.said).pairs:
        if pair.kind == "category" and pair.left and pair.right and pair.right.category in labelled:
            yield pair.left.category, pair.right.category


def _f1(sample: Sample) -> float:
    """A report's exact F1 over all categories; 1 where there was nothing to find and nothing was found."""
    counts = sample.exact.values()
    right, wrong = sum(c.tp for c in counts), sum(c.fp + c.fn for c in counts)
    return 2 * right / (2 * right + wrong) if right + wrong else 1.0
