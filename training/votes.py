"""Labels of several teachers made one: by union, or by a vote of those who know the category; and which of them is best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from elmtex.types import Extraction, Item, Record
from eval.metrics.bootstrap import RESAMPLES, Bootstrap, Statistic, divide
from eval.metrics.documents import pair
from eval.metrics.entity import Counts, exact, relaxed

MERGES = ("union", "vote")
# The tasks of "Distilling LLMs for clinical extraction": each the categories whose items are one there.
TASKS = {
    "medication": ("pharmacological_therapy",),
    "disease": ("diagnosis", "comorbidities"),
    "symptom": ("signs_symptoms",),
}

Answers = Mapping[str, Extraction]  # by teacher, of one report


@dataclass(frozen=True, slots=True)
class Label:
    """An item and the teachers who gave it, in their order."""

    item: Item
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Teachers, and how their labels are merged."""

    teachers: tuple[str, ...]
    merge: str

    def to_dict(self) -> dict[str, Any]:
        return {"teachers": list(self.teachers), "merge": self.merge}


def choices(teachers: Sequence[str]) -> Iterator[Choice]:
    """Every non-empty subset, merged in every way; of one teacher there is one way, and of two a vote asks both."""
    for size in range(1, len(teachers) + 1):
        for subset in combinations(teachers, size):
            for merge in MERGES[: 1 if size == 1 else 2]:
                yield Choice(subset, merge)


def merged(answers: Answers, choice: Choice, categories: Sequence[str]) -> list[Label]:
    """The labels of some categories, taken as one, in report order; none overlap.

    Items that overlap are one label: the span that most teachers gave, of equally many the first teacher's. In a vote
    it needs more than half of the teachers whose schema has one of the categories. The assertion is the first teacher's
    whose items have some other than present, else the label is present.
    """
    given = [
        (item, teacher)
        for teacher in choice.teachers
        for key in categories
        for item in answers[teacher].categories.get(key, ())
        if item.grounded
    ]
    voters = [t for t in choice.teachers if any(k in answers[t].categories for k in categories)]
    labels = []
    for group in _overlapping(given):
        by = tuple(t for t in choice.teachers if any(t == teacher for _, teacher in group))
        if choice.merge == "vote" and 2 * len(by) <= len(voters):
            continue
        counts = Counter((item.start, item.end) for item, _ in group)
        # max keeps the first of equal ones, which is the first teacher's
        best = max((item for item, _ in group), key=lambda item: counts[item.start, item.end])
        told = [item.assertion for item, _ in group if item.assertion != "present"]
        labels.append(Label(replace(best, assertion=told[0] if told else "present"), by))
    return labels


def _overlapping(given: Iterable[tuple[Item, str]]) -> list[list[tuple[Item, str]]]:
    """The items in groups that a chain of overlaps joins; within a group in their order, teacher by teacher."""
    rows = list(given)
    order = sorted(range(len(rows)), key=lambda n: (rows[n][0].start, rows[n][0].end))
    groups: list[list[int]] = []
    reached = -1
    for n in order:
        item = rows[n][0]
        assert item.start is not None and item.end is not None
        if item.start < reached:
            groups[-1].append(n)
        else:
            groups.append([n])
        reached = max(reached, item.end)
    return [[rows[n] for n in sorted(group)] for group in groups]


@dataclass(frozen=True)
class Scored:
    """Counts of a choice per report, (n, 3) of tp, fp, fn."""

    exact: np.ndarray
    relaxed: np.ndarray

    def figures(self, seed: int = 0) -> dict[str, Any]:
        """Exact and relaxed micro F1 with 95 % bootstrap intervals over reports, and n; None where there is nothing to
        measure."""
        known: dict[str, Any] = {"n": len(self.exact), "exact": None, "relaxed": None}
        if not known["n"]:
            return known
        draws = Bootstrap.draw(known["n"], RESAMPLES, seed)
        for name, counts in (("exact", self.exact), ("relaxed", self.relaxed)):
            known[name] = draws.value(_f1(counts))
            known[f"{name}_ci"] = draws.interval(_f1(counts))
        return known


def score(
    records: Sequence[Record],
    answers: Sequence[Answers],
    choice: Choice,
    categories: Sequence[str],
) -> Scored:
    """How a choice does on annotated reports, in some categories taken as one; only reports that label all of them count."""
    rows: dict[str, list[Counts]] = {"exact": [], "relaxed": []}
    for record, given in zip(records, answers, strict=True):
        if not set(categories) <= set(record.labelled):
            continue
        gold = tuple(item for key in categories for item in record.items.get(key, ()))
        ours = tuple(label.item for label in merged(given, choice, categories))
        both = pair({"task": gold}, {"task": ours})
        rows["exact"].append(exact(both)["task"])
        rows["relaxed"].append(relaxed(both)["task"])
    tables = {
        name: np.array([(c.tp, c.fp, c.fn) for c in counts], float).reshape(-1, 3)
        for name, counts in rows.items()
    }
    return Scored(**tables)


def _f1(counts: np.ndarray) -> Statistic:
    tp, fp, fn = counts.T
    return lambda weights: divide(2 * (weights @ tp), weights @ (2 * tp + fp + fn))
