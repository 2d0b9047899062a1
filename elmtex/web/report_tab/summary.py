"""A reviewed report as one page of HTML that prints well: what is stated, where, and who reviewed it."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from elmtex.review import Entry
from elmtex.web.chips import chips
from elmtex.web.locale.messages import Words
from elmtex.web.templating import template

_SUMMARY = template("summary.html")
_STYLE = Markup((Path(__file__).parents[1] / "static" / "report_summary.css").read_text("utf-8"))


def summary_page(entry: Entry, words: Words) -> str:
    """The whole page, with the report at its end; it names no other host and has no script.

    It is a file's text, no markup: on the page itself it is escaped like any other.
    """
    state, r = entry.reviewed, words.review
    categories = [
        (
            category.title_in(words.lang),
            [
                (reviewed.item, chips(reviewed.item, entry.text, category, words.lang))
                for reviewed in state.of(category.key)
                if reviewed.kept
            ],
        )
        for category in entry.schema.categories
    ]
    if state.open:
        said = r.summary_open.format(open=state.open)
    elif not state.settled:
        said = r.summary_none
    else:
        names = dict.fromkeys(d.reviewer for d in state.standing if d.reviewer)
        date = words.local_time(entry.touched)
        done = r.summary_done if names else r.summary_unnamed
        said = done.format(reviewers=", ".join(names), date=date)
    return str(_SUMMARY.page(entry, categories, said, _STYLE, words))
