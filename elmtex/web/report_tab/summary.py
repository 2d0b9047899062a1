"""A reviewed report as one page of HTML that prints well: what is stated, where it stands, who judged it."""

from __future__ import annotations

from elmtex.review import Entry, ReviewedItem
from elmtex.web.locale.messages import Words
from elmtex.web.render import escape

_STYLE = """
body { font: 11pt/1.45 system-ui, "Segoe UI", Arial, sans-serif; color: #111; background: #fff; margin: 18mm; max-width: 46em; }
h1 { font-size: 15pt; margin: 0 0 2mm; } .meta { color: #444; margin: 0 0 6mm; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: 1.5mm 2mm; border-top: 1px solid #bbb; }
th { width: 30%; font-weight: 600; } ul { margin: 0; padding: 0; list-style: none; } .at, .none { color: #555; font-size: 9pt; }
.absent .text { text-decoration: line-through; } .code { display: block; font-size: 9pt; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 9.5pt/1.5 inherit; border-top: 1px solid #bbb; padding-top: 3mm; }
footer { margin-top: 6mm; color: #444; font-size: 9pt; } tr { break-inside: avoid; }
@media screen and (max-width: 600px) { body { margin: 4mm; } td { overflow-wrap: anywhere; } }
"""


def summary_page(entry: Entry, words: Words) -> str:
    """The whole page, with the report at its end; it names no other host and has no script."""
    state, r = entry.reviewed, words.review
    rows = "".join(
        f'<tr><th scope="row">{escape(category.title_in(words.lang))}</th><td>'
        f"{_items([i for i in state.of(category.key) if i.kept], words)}</td></tr>"
        for category in entry.schema.categories
    )
    if state.open:
        judged = r.summary_open.format(open=state.open)
    elif not state.settled:
        judged = r.summary_none
    else:
        names = dict.fromkeys(d.reviewer for d in state.standing if d.reviewer)
        date = words.local_time(entry.touched)
        said = r.summary_done if names else r.summary_unnamed
        judged = said.format(reviewers=", ".join(names), date=date)
    title = escape(r.summary_title)
    return (
        f'<!doctype html>\n<html lang="{words.lang}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f'<p class="meta">{escape(entry.name)}<br>{escape(judged)}</p><table>{rows}</table>'
        f"<h2>{escape(r.report)}</h2><pre>{escape(entry.text)}</pre>"
        f"<footer>{escape(words.footer)}</footer></body></html>\n"
    )


def _items(items: list[ReviewedItem], words: Words) -> str:
    if not items:
        return f'<span class="none">{escape(words.review.nothing_found)}</span>'
    return f"<ul>{''.join(_item(entry, words) for entry in items)}</ul>"


def _item(entry: ReviewedItem, words: Words) -> str:
    item = entry.item
    said = (
        ""
        if item.assertion == "present"
        else f" <b>({escape(words.assertions[item.assertion])})</b>"
    )
    at = (
        f"{words.review.evidence} {item.start}–{item.end}"
        if item.start is not None
        else words.ungrounded
    )
    codes = "".join(
        f'<span class="code">{escape(c.code)} {escape(c.display)}</span>'
        for c in item.codes
        if c.chosen
    )
    return (
        f'<li class="{item.assertion}"><span class="text">{escape(item.text)}</span>{said} '
        f'<span class="at">{escape(at)}</span>{codes}</li>'
    )
