"""The view of a session's state: the report on the left, on the right what was found or the reviews to open."""

from __future__ import annotations

from markupsafe import Markup

from elmtex.schema import CategorySchema
from elmtex.web.locale.messages import Words
from elmtex.web.measured import unmeasured_html
from elmtex.web.render import notice_html
from elmtex.web.report_tab.exports import exports_html
from elmtex.web.report_tab.marked import legend_html, report_html
from elmtex.web.report_tab.render import review_html, review_report_html
from elmtex.web.report_tab.results import categories_html, document_html, welcome_html
from elmtex.web.report_tab.sign_off import signed_html
from elmtex.web.report_tab.status import state_html, taken_html
from elmtex.web.state import SessionState, View, incomplete


def view_of(
    state: SessionState,
    standard: CategorySchema,
    words: Words,
    reviews: Markup,
    *,
    loading: bool = False,
) -> View:
    """A state as the page shows it.

    Args:
        state: the state.
        standard: the page's schema, where the state has none of its own.
        words: the page's language.
        reviews: the list of reviews, or why it cannot be had; shown while there is no report.
        loading: the model is not loaded yet.
    """
    editing = state.phase in ("empty", "refused")
    schema = state.schema or standard
    if editing:
        report, result = Markup(), welcome_html(schema, words) + reviews
    elif state.entry is not None:
        report = review_report_html(state.entry, words)
        result = (
            state_html(state, words)
            + unmeasured_html(state.entry.schema, words)
            + signed_html(state.entry, words)
            + review_html(state.entry, words, state.suggested, state.threshold)
            + exports_html(state.entry, state.format, words, evidence=state.evidence)
        )
    else:
        report = legend_html(state.extraction, schema, words) + report_html(
            state.report, state.extraction, schema, words
        )
        result = state_html(state, words, loading=loading) + _found(state, schema, words)
    # gradio gets plain strings: Markup would escape whatever is appended to it.
    return View(
        state=state,
        editing=editing,
        running=state.phase == "running",
        notice=str(state_html(state, words) + taken_html(state, words)) if editing else "",
        report=str(report),
        result=str(result if editing else notice_html(state.said) + result),
    )


def _found(state: SessionState, schema: CategorySchema, words: Words) -> Markup:
    if state.extraction is None:
        return Markup()
    finished = state.phase == "finished"
    cards = categories_html(state.report, state.extraction, schema, words, finished=finished)
    if state.phase == "running":
        return cards  # an incomplete document is of no use while the rest is still being extracted
    found = state.extraction if finished else incomplete(state)
    cards = unmeasured_html(schema, words) + cards
    return cards + document_html(found, words, finished=finished)
