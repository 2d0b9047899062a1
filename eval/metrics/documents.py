"""What every metric reads: the gold and the predicted items of one report, put side by side.

Five rules that keep the numbers honest live here, so that no metric can forget one:

- only the categories that the record labels are looked at: a category that is not labelled is
  unknown, not empty;
- a failed document predicts nothing. It stays in every denominator and all of its gold items are
  missed;
- an item whose span does not hold its words is not grounded, whatever its source claims;
- an annotation that a corpus holds twice, same span, words and assertion, is one: who finds it once
  has missed nothing. A system that repeats what the gold does not repeat errs;
- the gold lists words once a category, as they are first said (docs/gold-standard.md, rule 5). A
  document may list fever twice, denied first and found later; only what it says first is scored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from elmtex.text.normalisation import case_folded
from elmtex.types import Extraction, InputError, Item, Record, Status

Items = Mapping[str, Sequence[Item]]
Gold = Record | Items
Predicted = Extraction | Items | None

FAILURES: frozenset[Status] = frozenset({"failed", "invalid_output"})


def normalise(text: str) -> str:
    """The text as exact matching compares it (docs/gold-standard.md): lower-cased, white space
    normalised, surrounding ``.,;:()`` and white space stripped."""
    return case_folded(text).strip(".,;:() ")


@dataclass(frozen=True, slots=True)
class Pair:
    """One report's gold and predicted items; both mappings hold every labelled category, in the
    same order.

    Args:
        status: how the prediction came about; ``failed`` when there was none.
        gold: items per labelled category; () when the category is empty in this report.
        predicted: items per labelled category; all () when ``status`` is a failure.
    """

    status: Status
    gold: Mapping[str, tuple[Item, ...]]
    predicted: Mapping[str, tuple[Item, ...]]

    @property
    def failed(self) -> bool:
        return self.status in FAILURES


def pair(gold: Gold, predicted: Predicted, labelled: Sequence[str] | None = None) -> Pair:
    """Put a report's gold and predicted items side by side.

    Args:
        gold: a record, or items per category.
        predicted: an extraction, items per category, or None when the system gave no document (a
            failure).
        labelled: the categories to score; None means the record's ``labelled``, or the keys of the
            mapping.

    Raises:
        InputError: ``labelled`` names a category that the record does not label.
    """
    if isinstance(gold, Record):
        report: str | None = gold.text
        gold_items: Items = gold.items
        known = gold.labelled
    else:
        report, gold_items, known = None, gold, tuple(gold)
    categories = tuple(known if labelled is None else labelled)
    if isinstance(gold, Record) and not set(categories) <= set(known):
        unknown = sorted(set(categories) - set(known))
        raise InputError(
            f"record {gold.id!r} does not label {unknown}: an unlabelled category cannot be scored; "
            f"leave `labelled` out, or choose from {list(known)}"
        )
    status, predicted_items = _answer(predicted)
    both: dict[str, tuple[tuple[Item, ...], tuple[Item, ...]]] = {}
    for key in categories:
        given = (_checked(item, report) for item in predicted_items.get(key, ()))
        both[key] = _without_repeats(gold_items.get(key, ()), given)
    return Pair(
        status=status,
        gold={key: wanted for key, (wanted, _) in both.items()},
        predicted={key: given for key, (_, given) in both.items()},
    )


def _without_repeats(
    gold: Iterable[Item], predicted: Iterable[Item]
) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Both without the repeats that the gold holds; words without a span may be said twice."""
    wanted: dict[Any, Item] = {}
    repeats: Counter[Any] = Counter()
    for item in gold:
        annotation = _annotation(item)
        repeats[annotation] += annotation in wanted
        wanted.setdefault(annotation, item)
    given = list(predicted)
    first: set[Any] = set()
    # The surest stays, so that the order of the items is irrelevant.
    for item in sorted(given, key=lambda item: -(item.confidence or 0.0)):
        annotation = _annotation(item)
        if annotation in first and repeats[annotation]:
            repeats[annotation] -= 1
            given.remove(item)
        first.add(annotation)
    return tuple(wanted.values()), tuple(given)


def _annotation(item: Item) -> Any:
    """What two items that repeat each other share; an item without a span repeats none."""
    return (item.start, item.end, item.text, item.assertion) if item.grounded else object()


def _answer(predicted: Predicted) -> tuple[Status, Items]:
    if predicted is None:
        return "failed", {}
    if isinstance(predicted, Extraction):
        if predicted.status in FAILURES:
            return predicted.status, {}
        return predicted.status, {k: _first_said(v) for k, v in predicted.categories.items()}
    return "ok", predicted


def _first_said(items: Sequence[Item]) -> list[Item]:
    first: dict[str, Item] = {}
    for item in sorted(items, key=lambda item: item.start or 0):
        first.setdefault(case_folded(item.text), item)
    return [item for item in items if item is first[case_folded(item.text)]]


def _checked(item: Item, report: str | None) -> Item:
    """The item without its span when the report does not hold its words there; without a report, as
    it is."""
    if item.start is None or item.end is None:
        return item if item.start is item.end else replace(item, start=None, end=None)
    if report is None or (item.start >= 0 and report[item.start : item.end] == item.text):
        return item
    return replace(item, start=None, end=None)
