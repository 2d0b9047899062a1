"""What the paper's script does not penalise: spurious items, failures, ungrounded text, truncation.

ELMTEX skips a field whose gold is "N/A" and a reply that is not valid JSON, so neither costs
anything there (arXiv 2502.05638). Here both are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from eval.metrics.documents import Pair


@dataclass(frozen=True, slots=True)
class Hallucination:
    """Counts of one report, over its labelled categories.

    Args:
        invalid: 1 when the system gave no valid document (failed or invalid output), else 0.
        truncated: 1 when the document is marked as cut short, else 0.
        items: predicted items.
        ungrounded: predicted items whose text is not at their offsets in the report, or that have
            none.
        invented: spurious items: predicted ones in categories whose gold is empty.
        empty_categories: categories whose gold is empty.
        invented_categories: those of them in which the system gave at least one item.
    """

    invalid: int
    truncated: int
    items: int
    ungrounded: int
    invented: int
    empty_categories: int
    invented_categories: int

    def to_dict(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Hallucination:
        return cls(**{field.name: data[field.name] for field in fields(cls)})


# Each rate is a ratio of sums over all reports: (numerator, denominator); None means the number of
# reports.
RATES: dict[str, tuple[str, str | None]] = {
    "invalid_rate": ("invalid", None),
    "truncated_rate": ("truncated", None),
    "invented_rate": ("invented", "items"),
    "invented_category_rate": ("invented_categories", "empty_categories"),
    "ungrounded_rate": ("ungrounded", "items"),
}


def hallucination(both: Pair) -> Hallucination:
    """Count the hallucinations of a report's prediction.

    The rates that :func:`eval.metrics.aggregate.aggregate` makes of the counts:

    - ``invented_rate``: items given in categories whose gold is empty / all items given;
    - ``invented_category_rate``: (report, category) pairs with empty gold in which the system gave
      at least one item / all (report, category) pairs with empty gold;
    - ``ungrounded_rate``: ungrounded items / all items given;
    - ``invalid_rate``: reports without a valid document / all reports; ``validity`` is what is left
      to 1;
    - ``truncated_rate``: reports cut short / all reports.

    A failed document gives no items, so it cannot raise the first three rates: read them beside
    ``validity``.
    """
    given = [item for items in both.predicted.values() for item in items]
    empty = [key for key, items in both.gold.items() if not items]
    return Hallucination(
        invalid=int(both.failed),
        truncated=int(both.status == "truncated"),
        items=len(given),
        ungrounded=sum(not item.grounded for item in given),
        invented=sum(len(both.predicted[key]) for key in empty),
        empty_categories=len(empty),
        invented_categories=sum(bool(both.predicted[key]) for key in empty),
    )
