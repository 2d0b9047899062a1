"""The flat ELMTEX view of a report: one string per category, as the paper's metrics read it."""

from __future__ import annotations

from collections.abc import Sequence

from elmtex.exporters.formats import NOTHING
from elmtex.types import Item
from eval.metrics.documents import Pair

# The paper scores 13 of its 15 fields as text (arXiv 2502.05638).
LEFT_OUT = frozenset({"age", "gender"})


def flat(items: Sequence[Item]) -> str:
    """One category's string, as :func:`elmtex.exporters.formats.flat` writes it: absent items left
    out, "N/A" when none is left."""
    texts = (" ".join(item.text.split()) for item in items if item.assertion != "absent")
    return "; ".join(texts) or NOTHING


def scored_elmtex(both: Pair) -> dict[str, tuple[str, str]]:
    """The (gold, predicted) strings that the paper scores, per category.

    Its two holes are kept: a field whose gold is "N/A" is skipped, and so is a whole document that
    is not valid. A predicted "N/A" is compared as the text it is.
    """
    if both.failed:
        return {}
    return {key: texts for key, texts in _fields(both).items() if texts[0] != NOTHING}


def scored_ours(both: Pair) -> dict[str, tuple[str, str] | None]:
    """The (gold, predicted) strings that we score, per category; None where one side is empty: that
    scores 0.

    Only fields that are empty on both sides are skipped (nothing was asked, nothing said). The same
    fields are left out as in the paper, so that the two ways differ in their holes and in nothing
    else.
    """
    return {
        key: None if NOTHING in texts else texts
        for key, texts in _fields(both).items()
        if texts != (NOTHING, NOTHING)
    }


def _fields(both: Pair) -> dict[str, tuple[str, str]]:
    return {
        key: (flat(items), flat(both.predicted[key]))
        for key, items in both.gold.items()
        if key not in LEFT_OUT
    }
