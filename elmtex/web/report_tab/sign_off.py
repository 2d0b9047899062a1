"""The line above a review that says who signed it off."""

from __future__ import annotations

from markupsafe import Markup

from elmtex.review import Entry
from elmtex.web.locale.messages import Words
from elmtex.web.render import message_html
from elmtex.web.report_tab.summary_view import review_said


def signed_html(entry: Entry, words: Words) -> Markup:
    """Who signed the report off, and what a change does to that; "" before."""
    if not entry.reviewed.finished:
        return Markup()
    return message_html(f"{review_said(entry, words)} {words.summary.signed_hint}", "good")
