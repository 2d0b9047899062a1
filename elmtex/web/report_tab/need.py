"""What a look is worth: which rows of a review come first, and why. No HTML here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from elmtex.schema import CategorySchema
from elmtex.web.report_tab.rows import Row

Need = Literal["", "low", "drug", "allergy", "denied", "disputed", "ungrounded"]

THRESHOLDS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # to choose from: "accept all above … %"
LEAST = 0.4  # which is taken where nobody chose, and where a higher one shows more than
MOST, FEW = 0.3, 10  # rows that come first: this share of a report's, or so many where it is short
HARM = 2.0  # of an error about a drug, a denied diagnosis, or what only one of two readings found; of another it is 1


@dataclass(frozen=True, slots=True)
class Ordered:
    """A review's rows by need.

    Args:
        first: those that are worth a look, each with why.
        rest: those that can be taken together.
        right: how many of the rest's open rows are right, by the model's own confidence, which is calibrated; None
            where nothing is open or no confidence was given.
        threshold: the confidence from which a row needed no look for it.
    """

    first: tuple[tuple[Row, Need], ...]
    rest: tuple[Row, ...]
    right: float | None
    threshold: float


def ordered(rows: Collection[Row], schema: CategorySchema, threshold: float | None) -> Ordered:
    """The rows whose error would do the most harm come first: how probable it is times what it does.

    A list of drugs is not torn apart: where one comes first, all do; nor are the results of one test. The decisions about a row do not move it: it
    would jump away under the reader's hand.

    Args:
        rows: the review's.
        schema: says what a category's items are.
        threshold: rows of at least this confidence, 0 to 1, need no look for it, and of a confidence twice as near to 1
            (:data:`HARM`) where an error does more harm. None takes the highest at which no more rows
            come first than :data:`MOST` and :data:`FEW` allow, but at least :data:`LEAST`.
    """
    if threshold is None:
        most = max(FEW, MOST * len(rows))
        fit = [t for t in THRESHOLDS if _first(rows, schema, t) <= most]
        threshold = max((LEAST, *fit))
    needs = [(row, need_of(row, schema, threshold)) for row in rows]
    if any(need == "drug" for _, need in needs):
        needs = [
            (r, need or ("drug" if _harmful(r, schema) == "drug" else "")) for r, need in needs
        ]
    whole: dict[tuple[int, int] | None, Need] = {
        _test(r, schema): need for r, need in needs if need
    }
    whole[None] = ""
    needs = [(row, need or whole.get(_test(row, schema), "")) for row, need in needs]
    rest = tuple(row for row, need in needs if not need)
    sure = [row.confidence for row in rest if row.verdict == "open" and row.confidence is not None]
    first = tuple((row, need) for row, need in needs if need)
    return Ordered(first, rest, sum(sure) if sure else None, threshold)


def need_of(row: Row, schema: CategorySchema, threshold: float) -> Need:
    """Why a row is worth a look; "" when it can be taken with the rest."""
    if not row.items[0].item.grounded:
        return "ungrounded"
    kind = _harmful(row, schema)
    if kind == "allergy":  # they are few
        return kind
    # What a human added or changed needs no second look.
    if row.items[0].machine is None:
        return ""
    enough = 1 - (1 - threshold) / (HARM if kind else 1)
    return "" if (row.confidence or 0.0) >= round(enough, 4) else kind or "low"


def _first(rows: Iterable[Row], schema: CategorySchema, threshold: float) -> int:
    return sum(bool(need_of(row, schema, threshold)) for row in rows)


def _test(row: Row, schema: CategorySchema) -> tuple[int, int] | None:
    """Where the test stands that the row is a result of; None where it is none."""
    lead = row.items[0]
    types = {t.key for t in schema.category(lead.category).attributes if t.fhir == "test"}
    found = (a for a in lead.item.attributes if a.type in types)
    return next(
        ((a.start, a.end) for a in found if a.start is not None and a.end is not None), None
    )


def _harmful(row: Row, schema: CategorySchema) -> Need:
    """Why an error in the row would do more harm than in another; "" when it would not."""
    categories = [schema.category(entry.category) for entry in row.items]
    resources = {category.fhir.resource for category in categories}
    if "AllergyIntolerance" in resources:
        return "allergy"
    if "MedicationStatement" in resources:
        return "drug"
    if row.items[0].item.assertion == "absent" and any(c.holds_diseases for c in categories):
        return "denied"
    return "disputed" if row.disputed else ""
