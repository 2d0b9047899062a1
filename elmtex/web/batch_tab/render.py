"""The table of many reports: what was read, how far each is, what to open next."""

from __future__ import annotations

from collections.abc import Sequence

from elmtex.review import Line
from elmtex.schema import CategorySchema
from elmtex.web.locale.messages import Words
from elmtex.web.render import LOW_CONFIDENCE, escape, progress_html
from elmtex.web.report_tab.exports import BATCH_FORMATS, BatchFormat, asked
from elmtex.web.report_tab.render import command

PREVIEW = 90  # characters of a report in the table


def batch_html(
    lines: Sequence[Line],
    schemas: Sequence[CategorySchema],
    words: Words,
    format: BatchFormat,
    running: bool,
) -> str:
    """The whole tab.

    Args:
        lines: the owner's reports that came in batches.
        schemas: those they have.
        words: the page's language.
        format: what is handed out.
        running: the extraction goes on.
    """
    b = words.batch
    if not lines:
        return f'<p class="missing">{escape(b.empty)}</p>'
    readable = sum(line.status != "unreadable" for line in lines)
    done = sum(line.extracted for line in lines)
    said = b.progress.format(done=done, total=readable)
    bar = progress_html(said, done, readable) if running else f"<p>{escape(said)}</p>"
    heads = (b.report, b.status, b.items, b.judged, words.review.actions)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    rows = "".join(_row(line, words) for line in lines)
    return (
        f"{bar}{_filters(lines, schemas, words)}"
        f'<div class="batch-table"><table class="batch"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        f"{_exports(words, format) if done and not running else ''}"
    )


def preview(text: str) -> str:
    """A text's first words in one line."""
    head = " ".join(text[: PREVIEW * 2].split())
    if len(head) <= PREVIEW and len(text) <= PREVIEW * 2:
        return head
    return f"{head[:PREVIEW].rsplit(' ', 1)[0]}…"


def _said(status: str, words: Words) -> str:
    own = {"unreadable": words.batch.unreadable, "waiting": words.batch.waiting}
    return own.get(status) or words.statuses[status]


def _row(line: Line, words: Words) -> str:
    b, name = words.batch, escape(line.name)
    items = judged = act = ""
    note = b.noted(line.name, line.note, line.problem) or (b.recognised if line.recognised else "")
    low = line.confidence is not None and line.confidence < LOW_CONFIDENCE
    if line.extracted:
        items = str(line.kept)
        judged = f"{line.items - line.open}/{line.items}"
        note = "; ".join(filter(None, (*line.problems, note)))
        act = (
            f'<button type="button" {command("open", review=line.id)} aria-label="{escape(b.open)}: {name}">'
            f"{escape(b.open)}</button>"
        )
    shown = note or preview(line.beginning)
    length = "" if line.problem else f" · {line.characters} {escape(b.characters)}"
    mark = f' <span class="note">{escape(words.low)}</span>' if low else ""
    act += (
        f'<button type="button" class="delete" data-sure="{escape(words.review.really)}" '
        f'{command("delete", review=line.id)} aria-label="{escape(words.review.delete)}: {name}">'
        f"{escape(words.review.delete)}</button>"
    )
    return (
        f'<tr class="status-{line.status}" data-status="{line.status}" data-low="{int(low)}" '
        f'data-categories="{escape(" ".join(line.categories))}"><th scope="row"><span dir="auto">{name}</span>'
        f'<span class="quiet" dir="auto">{escape(shown)}{length}</span></th>'
        f"<td>{escape(_said(line.status, words))}{mark}</td>"
        f'<td data-head="{escape(b.items)}">{items}</td><td data-head="{escape(b.judged)}">{judged}</td>'
        f'<td class="acts">{act}</td></tr>'
    )


def _filters(lines: Sequence[Line], schemas: Sequence[CategorySchema], words: Words) -> str:
    b = words.batch
    statuses = dict.fromkeys(line.status for line in lines)
    categories = {
        category.key: category.title_in(words.lang)
        for schema in schemas
        for category in schema.categories
    }
    one = "".join(f'<option value="{s}">{escape(_said(s, words))}</option>' for s in statuses)
    other = "".join(
        f'<option value="{escape(key)}">{escape(title)}</option>'
        for key, title in categories.items()
    )
    return (
        f'<div class="filters" role="group" aria-label="{escape(b.filters)}">'
        f'<select data-filter="status" aria-label="{escape(b.status)}"><option value="">{escape(b.every_status)}</option>{one}</select>'
        f'<select data-filter="category" aria-label="{escape(words.review.category)}"><option value="">'
        f"{escape(b.every_category)}</option>{other}</select>"
        f'<label><input type="checkbox" data-filter="low"> {escape(b.low_only)}</label>'
        f'<button type="button" class="delete" data-sure="{escape(words.review.really)}" {command("delete_all")}>'
        f"{escape(b.delete_all)}</button></div>"
    )


def _exports(words: Words, format: BatchFormat) -> str:
    """The formats, and buttons for a file that is made at the click: 500 reports are megabytes."""
    choices = "".join(
        f'<button type="button" aria-pressed="{str(f == format).lower()}" {command("batch_format", format=f)}>'
        f"{escape(words.review.formats[f] if f != 'jsonl' else 'JSON Lines')}</button>"
        for f in BATCH_FORMATS
    )
    file = asked("batch_file")
    tools = (
        f'<button type="button" data-copy data-done="{escape(words.copied)}" {file}>{escape(words.copy)}</button>'
        f'<button type="button" data-download {file}>{escape(words.batch.download_all)}</button>'
    )
    return (
        f'<section class="document"><div class="bar-of-buttons"><h2>{escape(words.batch.open_all)}</h2>{tools}</div>'
        f'<div class="formats">{choices}</div></section>'
    )
