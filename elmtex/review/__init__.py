"""A clinician's review: the model's document, every decision about it, and what both make together."""

from elmtex.review.decisions import Decision, Reviewed, ReviewedItem, fold
from elmtex.review.store import Entry, Store

__all__ = ["Decision", "Entry", "Reviewed", "ReviewedItem", "Store", "fold"]
