"""How sure an item or an attribute is: from the decisions of its branch to the confidence of the document.

An adapter's calibration (:meth:`elmtex.models.adapter.Adapter.calibrated`) turns the model's probability into the
share of such items that were right on DEV; ``training.calibrate`` fits it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from elmtex.decoding.attributes import NoteAttribute
from elmtex.decoding.notes import NoteItem


def probability(item: NoteItem | NoteAttribute) -> float:
    """The probability (0 to 1) that an item is right in all parts: start, end, category, assertion.

    Of an attribute: that the item has one of this type there.
    """
    return math.exp(sum(item.log_probabilities))


def confidence(score: float, calibrated: Callable[[float], float] | None) -> float:
    """What a document says of an item of this probability, 0 to 1; ``calibrated`` None keeps it."""
    score = calibrated(score) if calibrated else score
    return round(min(1.0, max(0.0, score)), 4)
