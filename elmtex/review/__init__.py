"""A clinician's review: the model's document, every decision about it, and what both make together."""

from elmtex.review.decisions import Decision, Reviewed, ReviewedItem, fold
from elmtex.review.entry import Entry
from elmtex.review.line import Line
from elmtex.review.store import Store

__all__ = ["Decision", "Entry", "Line", "Reviewed", "ReviewedItem", "Store", "fold"]
