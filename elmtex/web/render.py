"""The page's HTML: the report with its evidence, the tables of items, the JSON document.

Everything that a user or a model supplied (report, item text, titles of a schema, problems) goes through
:func:`escape`; nothing here returns markup made of unescaped input.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence

from elmtex.schema import CategorySchema
from elmtex.types import Extraction, Item
from elmtex.web.locale.messages import Words, counted
from elmtex.web.report_tab.highlight import (
    Evidence,
    Segment,
    evidence_of,
    is_evidence,
    item_ids,
    lanes,
    segments,
)

HUES = 8  # of page.css; with LINES, 24 categories look different before a look repeats
LINES = 3  # solid, dashed, double: so that no two of them differ by hue alone
LOW_CONFIDENCE = 0.5


def escape(text: str) -> str:
    """Text as HTML that shows exactly this text, in an element or a quoted attribute.

    A browser would turn CR LF into LF and drop a null character, and with it every offset behind; so the one is written
    as a reference, and the other as the sign for what cannot be shown.
    """
    return html.escape(text, quote=True).replace("\r", "&#13;").replace("\0", "\ufffd")


def percent_of(confidence: float) -> int:
    """A confidence of 0 to 1 in whole percent, rounded down: 99.6% must not read as certainty.

    What is a whole percent stays one, though its binary fraction may lie a little below: .29 is 29%.
    """
    return math.floor(round(confidence * 100, 6))


def looks(schema: CategorySchema) -> dict[str, str]:
    """The CSS classes of each category: a hue and a line style."""
    return {
        key: f"h{number % HUES} l{number // HUES % LINES}" for number, key in enumerate(schema.keys)
    }


def report_html(
    report: str, extraction: Extraction | None, schema: CategorySchema, words: Words
) -> str:
    """The report with the evidence of every category marked.

    Args:
        report: the text the extraction's offsets count in.
        extraction: what was found; None shows the bare report.
        schema: where titles and looks come from.
        words: the page's language.
    """
    return marked_html(report, evidence_of(extraction, report) if extraction else (), schema, words)


def marked_html(
    report: str, evidence: Sequence[Evidence], schema: CategorySchema, words: Words
) -> str:
    """The report with these pieces of evidence marked."""
    height = lanes(evidence)
    look = looks(schema)
    titles = {category.key: category.title_in(words.lang) for category in schema.categories}
    body = "".join(
        _segment_html(report[s.start : s.end], s, height, look, titles, words)
        for s in segments(len(report), evidence)
    )
    return (
        f'<div class="report" id="elmtex-report" role="region" tabindex="0" dir="auto" '
        f'aria-label="{escape(words.report)}">{body}</div>'
    )


def _segment_html(
    text: str,
    segment: Segment,
    height: Mapping[str, int],
    look: Mapping[str, str],
    titles: Mapping[str, str],
    words: Words,
) -> str:
    """One segment: a span per lane around the words, the highest lane outermost."""
    layers: dict[int, list[Evidence]] = {}
    for piece in segment.covering:
        layers.setdefault(height[piece.id], []).append(piece)
    shown = escape(text)
    hint = " · ".join(
        dict.fromkeys(_hint(piece, titles, words) for piece in reversed(segment.covering))
    )
    for lane in sorted(layers):
        pieces = layers[lane]
        classes = ["ev", look[pieces[0].key]]
        classes += sorted({piece.assertion for piece in pieces} - {"present"})
        classes += ["opens"] * any(piece.start == segment.start for piece in pieces)
        classes += ["closes"] * any(piece.end == segment.end for piece in pieces)
        ids = " ".join(piece.id for piece in pieces)
        shown = (
            f'<span class="{" ".join(classes)}" data-items="{ids}" '
            f'data-of="{escape(pieces[0].key)}" style="--lane:{lane}" '
            f'title="{escape(hint)}">{shown}</span>'
        )
    return shown


def _hint(piece: Evidence, titles: Mapping[str, str], words: Words) -> str:
    title = titles[piece.key]
    return (
        title if piece.assertion == "present" else f"{title} ({words.assertions[piece.assertion]})"
    )


def legend_html(extraction: Extraction | None, schema: CategorySchema, words: Words) -> str:
    """The categories found, each in its look, as buttons that hide and show them; "" when there is none."""
    look = looks(schema)
    found = [c for c in schema.categories if extraction and extraction.categories.get(c.key)]
    if not found:
        return ""
    entries = "".join(
        f'<li><button type="button" class="ev swatch {look[c.key]}" aria-pressed="true" '
        f'data-toggle="{escape(c.key)}">{escape(c.title_in(words.lang))}</button></li>'
        for c in found
    )
    return f'<ul class="legend" aria-label="{escape(words.review.show_or_hide)}">{entries}</ul>'


def categories_html(
    report: str, extraction: Extraction, schema: CategorySchema, words: Words, *, finished: bool
) -> str:
    """A table of items per category that has some; once finished, the names of those that have none."""
    ids = item_ids(extraction)
    look = looks(schema)
    cards, missing = [], []
    for category in schema.categories:
        title = escape(category.title_in(words.lang))
        items = extraction.categories.get(category.key, ())
        if not items:
            missing.append(title)
            continue
        rows = "".join(
            _row_html(ids[category.key, n], item, is_evidence(item, report), words)
            for n, item in enumerate(items)
        )
        heading = f"elmtex-{escape(category.key)}"
        cards.append(
            f'<section class="card {look[category.key]}" data-of="{escape(category.key)}" aria-labelledby="{heading}">'
            f'<h2 id="{heading}"><span class="chip" aria-hidden="true"></span>{title} '
            f'<span class="count">{len(items)}</span></h2>'
            f'<table><thead class="unseen"><tr><th scope="col">{escape(words.item)}</th>'
            f'<th scope="col">{escape(words.assertion)}</th>'
            f'<th scope="col">{escape(words.confidence)}</th></tr></thead><tbody>{rows}</tbody></table></section>'
        )
    if finished and missing:
        cards.append(f'<p class="missing">{escape(words.not_found)}: {", ".join(missing)}.</p>')
    return f'<div class="cards">{"".join(cards)}</div>'


def _row_html(identity: str, item: Item, grounded: bool, words: Words) -> str:
    signs = {"present": "✓", "absent": "✕", "possible": "?"}
    text = escape(item.text)
    if item.assertion == "absent":
        text = f"<s>{text}</s>"
    elif item.assertion == "possible":
        text = f'{text}<span class="doubt" aria-hidden="true"> ?</span>'
    note = "" if grounded else f'<span class="note">{escape(words.ungrounded)}</span>'
    # An item without evidence has nothing to light up: plain text, not a button that does nothing.
    name = (
        f'<button type="button" class="item" data-item="{identity}" aria-pressed="false">{text}</button>'
        if grounded
        else f'<span class="item">{text}</span>{note}'
    )
    return (
        f'<tr class="{item.assertion}" data-row="{identity}"><td dir="auto">{name}</td>'
        f'<td class="assertion"><span aria-hidden="true">{signs[item.assertion]}</span> '
        f"<span>{escape(words.assertions[item.assertion])}</span></td>{_confidence_html(item.confidence, words)}</tr>"
    )


def _confidence_html(confidence: float | None, words: Words) -> str:
    if confidence is None:
        return '<td class="confidence">–</td>'
    percent = percent_of(confidence)
    low = confidence < LOW_CONFIDENCE
    mark = f'<span class="note">{escape(words.low)}</span> ' if low else ""
    return (
        f'<td class="confidence{" low" if low else ""}">{mark}<span class="bar" aria-hidden="true" '
        f'style="--part:{percent}%"></span>{percent}%</td>'
    )


def summary_html(extraction: Extraction, words: Words, schema: str = "") -> str:
    """Status, counts and problems of a finished extraction; which categories (their title) and model made it."""
    found = [items for items in extraction.categories.values() if items]
    counts = (
        words.finished.format(
            items=counted(sum(map(len, found)), "item", words.lang),
            categories=counted(len(found), "category", words.lang),
        )
        if found
        else words.nothing
    )
    kind = "good" if extraction.status == "ok" else "warning"
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in extraction.problems)
    return (
        f'<div class="notice {kind}" role="status"><strong>{escape(words.statuses[extraction.status])}</strong> '
        f'<span>{escape(counts)}</span> <span class="model">{escape(" · ".join(filter(None, (schema, extraction.model))))}</span>'
        f"{f'<ul>{problems}</ul>' if problems else ''}</div>"
    )


def progress_html(text: str, done: int, total: int) -> str:
    """A run's progress; ``total`` 0 while it is not known."""
    value = f' value="{done}" max="{total}"' if total else ""
    return (
        f'<div class="notice busy" role="status"><span>{escape(text)}</span>'
        f'<progress{value} aria-label="{escape(text)}"></progress></div>'
    )


def message_html(text: str, kind: str = "warning") -> str:
    """A sentence for the user; ``kind`` is good, warning or bad."""
    return f'<div class="notice {kind}" role="{"alert" if kind == "bad" else "status"}">{escape(text)}</div>'


def document_html(extraction: Extraction, words: Words, *, finished: bool) -> str:
    """The JSON document with buttons that copy it and save it as a file."""
    text = json.dumps(extraction.to_dict(), ensure_ascii=False, indent=2)
    valid = finished and extraction.status == "ok"
    return (
        '<section class="document"><div class="bar-of-buttons">'
        f"<h2>{escape(words.valid if valid else words.partial)}</h2>"
        f'<button type="button" data-copy data-done="{escape(words.copied)}">{escape(words.copy)}</button>'
        f'<button type="button" data-download="elmtex.json">{escape(words.download)}</button></div>'
        f'<pre id="elmtex-json" tabindex="0" aria-label="{escape(words.document)}">{escape(text)}</pre></section>'
    )


def header_html(words: Words) -> str:
    """The page's head line."""
    return f"<h1>elmtex</h1><p>{escape(words.tagline)}</p>"


def welcome_html(words: Words) -> str:
    """What to do, shown until there is a result."""
    steps = "".join(f"<li>{escape(step)}</li>" for step in words.steps)
    return (
        f'<div class="welcome"><h2>{escape(words.welcome)}</h2><ol>{steps}</ol>'
        f"<p>{escape(words.private)}</p></div>"
    )
