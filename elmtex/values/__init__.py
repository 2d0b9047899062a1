"""What the words of an attribute say, as data: "b.i.d.", "7,2 %", "p.o.", "seit 2012".

The model finds the words; this reads them, and stands beside them, never in their place. What is
not certain stays words alone: a changed number is the worst fault there is. So each normaliser
reads whole texts of known forms only, and no number is ever scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from elmtex.values.data import (
    CLASSES,
    Date,
    Pair,
    Quantity,
    Range,
    Ratio,
    Route,
    Status,
    Timing,
    Value,
)
from elmtex.values.dates import date
from elmtex.values.demographics import ONLY
from elmtex.values.durations import duration
from elmtex.values.numerals import decimal_separator, number
from elmtex.values.quantities import quantity
from elmtex.values.routes import route
from elmtex.values.statuses import status
from elmtex.values.timings import timing
from elmtex.values.units import unit_code

__all__ = [
    "CLASSES",
    "NORMALISERS",
    "ONLY",
    "Date",
    "Pair",
    "Quantity",
    "Range",
    "Ratio",
    "Route",
    "Status",
    "Timing",
    "Value",
    "decimal_separator",
    "number",
    "unit_code",
    "value_from_dict",
    "value_of",
]

MAX_TEXT = 120  # characters; a longer text is a sentence, not a value

# What ``x-value`` of an attribute type may be.
NORMALISERS: dict[str, Callable[[str, str | None], Value | None]] = {
    "quantity": quantity,
    "timing": timing,
    "duration": duration,
    "route": route,
    "date": date,
    "status": status,
}


def value_of(normaliser: str, text: str, decimal: str | None = None) -> Value | None:
    """What a text says; None where that is not certain.

    Args:
        normaliser: of :data:`NORMALISERS`.
        text: an attribute's words.
        decimal: the report's decimal separator (:func:`decimal_separator`); None when it is not
            known.

    Examples:
        >>> value_of("quantity", "1.000 mg", ",").to_dict()
        {'kind': 'quantity', 'value': 1000, 'unit': 'mg', 'code': 'mg'}
        >>> value_of("quantity", "1.000 mg") is None
        True
    """
    return NORMALISERS[normaliser](text, decimal) if len(text) <= MAX_TEXT else None


def value_from_dict(data: Mapping[str, Any]) -> Value:
    """The inverse of a value's ``to_dict``; the mapping must already have been checked by a schema."""
    return CLASSES[data["kind"]].from_dict(data)
