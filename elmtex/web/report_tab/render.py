"""The review screen's HTML: cards with their decisions, the editor, the list of shortcuts, the list of reviews.

A click is a command: what the browser sends back stands as JSON in ``data-command`` (see :mod:`elmtex.web.report_tab.commands`).
As in :mod:`elmtex.web.render`, nothing a user or a model supplied leaves here without :func:`escape`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from elmtex.review import Entry, Line, Reviewed, ReviewedItem
from elmtex.schema import Category
from elmtex.types import ASSERTIONS, Code
from elmtex.web.locale.messages import Words
from elmtex.web.render import (
    LOW_CONFIDENCE,
    escape,
    legend_html,
    looks,
    marked_html,
    message_html,
    percent_of,
)
from elmtex.web.report_tab.highlight import Evidence, is_evidence


def command(do: str, **rest: Any) -> str:
    """The attribute that makes an element send this command."""
    return f'data-command="{escape(json.dumps({"do": do, **rest}))}"'


def review_report_html(entry: Entry, words: Words) -> str:
    """The legend and the report with the evidence of all items that are not rejected."""
    state = entry.reviewed
    evidence = [
        Evidence(e.id, e.category, e.item.start, e.item.end, e.item.assertion)
        for e in state.items
        if e.kept
        and e.item.start is not None
        and e.item.end is not None
        and is_evidence(e.item, entry.text)
    ]
    hint = f'<p class="hint">{escape(words.review.select_hint)}</p>'
    return (
        legend_html(entry.corrected, entry.schema, words)
        + hint
        + marked_html(entry.text, evidence, entry.schema, words)
    )


def review_html(entry: Entry, words: Words, suggested: tuple[str, Sequence[Code]] | None) -> str:
    """The column of cards.

    Args:
        entry: the report under review.
        words: the page's language.
        suggested: an item's id and the codes to choose from; None when nobody asked.
    """
    state = entry.reviewed
    look = looks(entry.schema)
    cards, missing = [], []
    for category in entry.schema.categories:
        items = state.of(category.key)
        if items:
            cards.append(_card(category, items, entry, look[category.key], words, suggested))
        else:
            missing.append(escape(category.title_in(words.lang)))
    nothing = (
        f'<p class="missing">{escape(words.not_found)}: {", ".join(missing)}</p>' if missing else ""
    )
    return (
        f'<div id="elmtex-review" data-review="{escape(entry.id)}">'
        f'{_bar(entry, state, words)}<div class="cards">{"".join(cards)}</div>{nothing}'
        f"{_editor(entry.schema.categories, words)}{_shortcuts(words)}</div>"
    )


def _bar(entry: Entry, state: Reviewed, words: Words) -> str:
    """What is reviewed and how far, with undo, finish and help, and what was wrong with the file it came from."""
    r, total = words.review, len(state.items)
    said = r.finished if state.finished else r.judged.format(done=total - state.open, total=total)
    undo = "" if state.standing else " disabled"
    finish = " disabled" if state.open or state.finished else ""
    if state.open:
        finish += f' title="{escape(r.finish_hint)}"'
    more = f'<span class="quiet">{escape(r.saved)}</span>'
    if state.finished:
        more = f'<a href="#elmtex-out">{escape(r.hand_out)}</a>'
    b = words.batch
    read = b.recognised if entry.recognised else b.noted(entry.name, entry.note)
    return (
        (f'<p class="missing">{escape(read)}</p>' if read else "")
        + f'<div class="review-bar"><p class="quiet" dir="auto">{escape(entry.name)}</p><p role="status"><strong>{escape(said)}</strong> '
        f"{more}</p>"
        f'<progress value="{total - state.open}" max="{total or 1}" aria-label="{escape(said)}"></progress>'
        f'<div class="tools"><button type="button" {command("undo")}{undo}>{escape(r.undo)}</button>'
        f'<button type="button" data-add>{escape(r.add)}</button>'
        f'<button type="button" class="strong" {command("finish")}{finish}>{escape(r.finish)}</button>'
        f'<button type="button" data-help aria-label="{escape(r.shortcuts)}" title="{escape(r.shortcuts)}">?</button>'
        "</div></div>"
    )


def _card(
    category: Category,
    items: Sequence[ReviewedItem],
    entry: Entry,
    look: str,
    words: Words,
    suggested: tuple[str, Sequence[Code]] | None,
) -> str:
    title, r = escape(category.title_in(words.lang)), words.review
    heading = f"elmtex-{escape(category.key)}"
    coded = category.terminologies != ()
    rows = "".join(_row(item, entry.text, words, suggested, coded) for item in items)
    still = [item.id for item in items if item.verdict == "open"]
    everything = (
        f'<button type="button" class="all" {command("accept", items=still)} '
        f'aria-label="{escape(r.accept_all)}: {title}">{escape(r.accept_all)}</button>'
        if still
        else ""
    )
    heads = "".join(
        f'<th scope="col">{escape(name)}</th>'
        for name in (words.item, words.assertion, words.confidence, r.actions)
    )
    return (
        f'<section class="card review {look}" data-of="{escape(category.key)}" aria-labelledby="{heading}">'
        f'<h2><span class="chip" aria-hidden="true"></span><span id="{heading}">{title}</span> '
        f'<span class="count">{sum(item.kept for item in items)}</span>{everything}</h2>'
        f'<table><thead class="unseen"><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></section>'
    )


def _row(
    entry: ReviewedItem,
    report: str,
    words: Words,
    suggested: tuple[str, Sequence[Code]] | None,
    coded: bool,
) -> str:
    item, r = entry.item, words.review
    name = escape(item.text)
    shown = f"<s>{name}</s>" if item.assertion == "absent" else name
    if item.assertion == "possible":
        shown = f'{name}<span class="doubt">?</span>'
    notes = []
    if not is_evidence(item, report):
        notes.append(f'<span class="note">{escape(words.ungrounded)}</span>')
    if entry.verdict in ("edited", "added", "rejected"):
        notes.append(f'<span class="verdict">{escape(r.verdicts[entry.verdict])}</span>')
    notes += [_chosen(code) for code in item.codes if code.chosen]
    edit = {
        "item": entry.id,
        "category": entry.category,
        "assertion": item.assertion,
        "text": item.text,
        "start": item.start,
        "end": item.end,
    }
    body = (
        f'<tr class="{item.assertion} {entry.verdict}" data-row="{entry.id}" '
        f'data-verdict="{entry.verdict}" data-edit="{escape(json.dumps(edit, ensure_ascii=False))}">'
        f'<td dir="auto"><button type="button" class="item" data-item="{entry.id}" aria-pressed="false">{shown}</button>'
        f'{" ".join(notes)}</td><td class="assertion">{_assertion(entry, words)}</td>'
        f'{_confidence(entry, words)}<td class="actions">{_actions(entry, words, coded)}</td></tr>'
    )
    if suggested is not None and suggested[0] == entry.id:
        body += _suggestions(entry, suggested[1], words)
    return body


def _actions(entry: ReviewedItem, words: Words, coded: bool) -> str:
    name, r = escape(entry.item.text), words.review
    accepted = entry.verdict in ("accepted", "edited", "added")
    sign = 'aria-hidden="true"'
    codes = ""
    if coded and entry.kept:
        codes = (
            f'<button type="button" class="codes" title="{escape(r.codes)}" aria-label="{escape(r.codes)}: {name}" '
            f"{command('codes', item=entry.id)}><span {sign}>#</span></button>"
        )
    return codes + (
        f'<button type="button" class="accept" aria-pressed="{str(accepted).lower()}" title="{escape(r.accept)}" '
        f'aria-label="{escape(r.accept)}: {name}" {command("accept", items=[entry.id])}><span {sign}>✓</span></button>'
        f'<button type="button" class="reject" aria-pressed="{str(not entry.kept).lower()}" title="{escape(r.reject)}" '
        f'aria-label="{escape(r.reject)}: {name}" {command("reject", items=[entry.id])}><span {sign}>✕</span></button>'
        f'<button type="button" class="edit" title="{escape(r.edit)}" aria-label="{escape(r.edit)}: {name}" '
        f"data-edit-item><span {sign}>✎</span></button>"
    )


def _assertion(entry: ReviewedItem, words: Words) -> str:
    options = "".join(
        f'<option value="{a}"{" selected" if a == entry.item.assertion else ""}>{escape(words.assertions[a])}</option>'
        for a in ASSERTIONS
    )
    return (
        f'<select {command("assert", item=entry.id)} aria-label="{escape(words.assertion)}: '
        f'{escape(entry.item.text)}">{options}</select>'
    )


def _confidence(entry: ReviewedItem, words: Words) -> str:
    """The model's confidence while nobody has decided; afterwards a human answers for the item."""
    confidence = entry.item.confidence
    if entry.verdict != "open" or confidence is None:
        return '<td class="confidence"></td>'
    low = confidence < LOW_CONFIDENCE
    mark = f'<span class="note">{escape(words.low)}</span> ' if low else ""
    return f'<td class="confidence{" low" if low else ""}">{mark}{percent_of(confidence)}%</td>'


SYSTEMS = {
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://human-phenotype-ontology.org": "HPO",
    "http://go.drugbank.com": "DrugBank",
    "http://purl.obolibrary.org/obo/doid.owl": "DO",
}


def _code(code: Code) -> str:
    system = SYSTEMS.get(code.system, code.system.rstrip("/").rsplit("/", 1)[-1])
    return f"{escape(system)} <b>{escape(code.code)}</b> {escape(code.display)}"


def _chosen(code: Code) -> str:
    return f'<span class="code">{_code(code)}</span>'


def _suggestions(entry: ReviewedItem, codes: Sequence[Code], words: Words) -> str:
    """Codes to choose from, best first, each with the linker's score."""
    chosen = {(c.system, c.code) for c in entry.item.codes if c.chosen}
    buttons = "".join(
        f'<button type="button" aria-pressed="{str((c.system, c.code) in chosen).lower()}" '
        f"{command('code', item=entry.id, system=c.system, code=c.code)}>{_code(c)} "
        f'<span class="quiet">{c.score:.2f}</span></button>'
        for c in codes
    )
    said = words.review.choose_code if codes else words.review.no_codes
    return (
        f'<tr class="suggested"><td colspan="4"><p>{escape(said)}</p>'
        f'<div class="suggestions">{buttons}</div></td></tr>'
    )


def _editor(categories: Iterable[Category], words: Words) -> str:
    """The form that adds or changes an item; not modal, so that words can be selected in the report beside it."""
    r = words.review
    choices = f'<option value="" disabled>{escape(r.choose_category)}</option>' + "".join(
        f'<option value="{escape(c.key)}">{escape(c.title_in(words.lang))}</option>'
        for c in categories
    )
    assertions = "".join(
        f'<option value="{a}">{escape(words.assertions[a])}</option>' for a in ASSERTIONS
    )
    return (
        f'<dialog id="elmtex-editor" aria-labelledby="elmtex-editor-title" data-add="{escape(r.add_title)}" '
        f'data-edit="{escape(r.edit_title)}"><form method="dialog"><h2 id="elmtex-editor-title"></h2>'
        f'<label>{escape(r.words_field)}<textarea name="text" rows="2" dir="auto" autocomplete="off"></textarea></label>'
        f'<button type="button" data-take disabled>{escape(r.take_selection)}</button>'
        f'<div class="pair"><label>{escape(r.category)}<select name="category" required>{choices}</select></label>'
        f'<label>{escape(words.assertion)}<select name="assertion">{assertions}</select></label></div>'
        f'<div class="tools"><button type="submit" class="strong">{escape(r.save)}</button>'
        f'<button type="button" data-close>{escape(r.cancel)}</button></div></form></dialog>'
        f'<button type="button" id="elmtex-add-here" hidden>+ {escape(r.add)}</button>'
    )


def _shortcuts(words: Words) -> str:
    rows = "".join(
        f"<div><dt>{' '.join(f'<kbd>{escape(k)}</kbd>' for k in keys.split())}</dt><dd>{escape(does)}</dd></div>"
        for keys, does in words.review.keys
    )
    return (
        f'<dialog id="elmtex-help" aria-labelledby="elmtex-help-title"><h2 id="elmtex-help-title">'
        f"{escape(words.review.shortcuts)}</h2><dl>{rows}</dl>"
        f'<label><input type="checkbox" data-shortcuts checked> {escape(words.review.use_shortcuts)}</label>'
        f'<button type="button" data-close>{escape(words.review.close)}</button></dialog>'
    )


def reviews_html(lines: Sequence[Line], words: Words) -> str:
    """The reviews that can be taken up again, newest first; "" when there is none."""
    r = words.review
    rows = "".join(_review_row(line, words) for line in reversed(lines) if line.status != "waiting")
    if not rows:
        return ""
    return f'<section class="reviews"><h2>{escape(r.reviews)}</h2><ul>{rows}</ul></section>'


def _review_row(line: Line, words: Words) -> str:
    r, name = words.review, escape(line.name)
    said = (
        r.finished
        if line.finished
        else r.judged.format(done=line.items - line.open, total=line.items)
    )
    go_on = (
        f'<button type="button" {command("open", review=line.id)} aria-label="{escape(r.go_on)}: {name}">'
        f"{escape(r.go_on)}</button>"
    )
    if not line.extracted:
        said = f"{words.batch.unreadable}: {words.batch.noted(line.name, line.note, line.problem)}"
        go_on = ""
    return (
        f'<li><span class="name"><span dir="auto">{name}</span> <span class="quiet">'
        f"{line.touched[:16].replace('T', ' ')} UTC · {escape(said)}</span></span>{go_on}"
        f'<button type="button" class="delete" data-sure="{escape(r.really)}" {command("delete", review=line.id)} '
        f'aria-label="{escape(r.delete)}: {name}">{escape(r.delete)}</button></li>'
    )


def notice_html(text: str) -> str:
    """A sentence above the cards; "" for none."""
    return message_html(text, "bad") if text else ""
