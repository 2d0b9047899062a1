"""The HTML of the review screen: the report with what was taken, the tables by need, the list of reviews."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from elmtex.review import Entry, Line
from elmtex.web.locale.messages import Words
from elmtex.web.report_tab.highlight import Evidence, is_evidence
from elmtex.web.report_tab.marked import hint_html, legend_html, marked_html
from elmtex.web.report_tab.regions import regions_of
from elmtex.web.report_tab.review_view import Suggested, digits, review_view
from elmtex.web.templating import template

_REVIEW = template("review.html")


def review_report_html(entry: Entry, words: Words) -> Markup:
    """The legend and the report with the evidence of all items that are not rejected."""
    evidence = [
        Evidence(e.id, e.category, e.item.start, e.item.end, e.item.assertion)
        for e in entry.reviewed.items
        if e.kept
        and e.item.start is not None
        and e.item.end is not None
        and is_evidence(e.item, entry.text)
    ]
    regions = regions_of(entry.text, [(piece.start, piece.end) for piece in evidence])
    return (
        legend_html(entry.corrected, entry.schema, words, digits(entry.schema))
        + hint_html(words)
        + marked_html(entry.text, evidence, entry.schema, words, regions)
    )


def review_html(
    entry: Entry, words: Words, suggested: Suggested | None, threshold: float | None = None
) -> Markup:
    """The column of tables.

    Args:
        entry: the report under review.
        words: the page's language.
        suggested: an item's id and the codes to choose from; None when nobody asked.
        threshold: the confidence from which a row needs no look for it; None is chosen for the report.
    """
    return _REVIEW.screen(review_view(entry, words, threshold, suggested), words)


def reviews_html(lines: Sequence[Line], words: Words) -> Markup:
    """The reviews that can be taken up again, newest first; "" when there is none."""
    rows = [(line, _said(line, words)) for line in reversed(lines) if line.status != "waiting"]
    return _REVIEW.reviews(rows, words) if rows else Markup()


def _said(line: Line, words: Words) -> str:
    """How far a review is, or why its report could not be read."""
    r, b = words.review, words.batch
    if not line.extracted:
        return f"{b.unreadable}: {b.noted(line.name, line.note, line.problem)}"
    if line.finished:
        return r.finished
    return r.judged.format(done=line.items - line.open, total=line.items)
