"""What a look is worth: which rows of a review come first, and why. No HTML here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from elmtex.schema import Category, CategorySchema
from elmtex.web.report_tab.rows import Row

Need = Literal["", "low", "drug", "allergy", "denied", "ungrounded"]

THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)  # to choose from: "accept all above … %"
USUAL = 0.7


@dataclass(frozen=True, slots=True)
class Ordered:
    """A review's rows by need.

    Args:
        first: those that are worth a look, each with why.
        rest: those that can be taken together.
        right: how many of the rest's open rows are right, by the model's own confidence, which is calibrated; None
            where nothing is open or no confidence was given.
    """

    first: tuple[tuple[Row, Need], ...]
    rest: tuple[Row, ...]
    right: float | None


def ordered(rows: Iterable[Row], schema: CategorySchema, threshold: float) -> Ordered:
    """Drugs, allergies, denied diagnoses and what the model is not sure of come first.

    The decisions about a row do not move it: it would jump away under the reader's hand.

    Args:
        rows: the review's.
        schema: says what a category's items are.
        threshold: rows of at least this confidence, 0 to 1, need no look for it.
    """
    needs = [(row, need_of(row, schema, threshold)) for row in rows]
    rest = tuple(row for row, need in needs if not need)
    sure = [row.confidence for row in rest if row.verdict == "open" and row.confidence is not None]
    return Ordered(
        tuple((row, need) for row, need in needs if need), rest, sum(sure) if sure else None
    )


def need_of(row: Row, schema: CategorySchema, threshold: float) -> Need:
    """Why a row is worth a look; "" when it can be taken with the rest."""
    categories = [schema.category(entry.category) for entry in row.items]
    resources = {category.fhir.resource for category in categories}
    if "AllergyIntolerance" in resources:
        return "allergy"
    if "MedicationStatement" in resources:
        return "drug"
    item = row.items[0].item
    if item.assertion == "absent" and any(map(is_disease, categories)):
        return "denied"
    if not item.grounded:
        return "ungrounded"
    # What a human added or changed needs no second look.
    machine = row.items[0].machine is not None
    return "low" if machine and (row.confidence or 0.0) < threshold else ""


def is_disease(category: Category) -> bool:
    """Whether a category holds diseases: its terminologies begin with one of them. Symptoms have another first."""
    return category.fhir.resource == "Condition" and (category.terminologies or ("",))[0] in (
        "icd10cm",
        "doid",
    )
