"""The table of many reports: what was read, how far each is, what to open next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from elmtex.review import Entry
from elmtex.ui.handout import BATCH_FORMATS, BatchFormat, asked
from elmtex.ui.render import LOW_CONFIDENCE, escape, progress_html
from elmtex.ui.render_review import command
from elmtex.ui.words import Words

PREVIEW = 90  # characters of a report in the table


def batch_html(entries: Sequence[Entry], words: Words, format: BatchFormat, running: bool) -> str:
    """The whole tab.

    Args:
        entries: the owner's reports that came in batches.
        words: the page's language.
        format: what is handed out.
        running: the extraction goes on.
    """
    b = words.batch
    if not entries:
        return f'<p class="missing">{escape(b.empty)}</p>'
    readable = [entry for entry in entries if not entry.problem]
    done = sum(entry.extraction is not None for entry in readable)
    said = b.progress.format(done=done, total=len(readable))
    bar = progress_html(said, done, len(readable)) if running else f"<p>{escape(said)}</p>"
    heads = (b.report, b.status, b.items, b.judged, words.review.actions)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    rows = "".join(_row(entry, words) for entry in entries)
    return (
        f"{bar}{_filters(entries, words)}"
        f'<div class="batch-table"><table class="batch"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        f"{_handout(words, format) if done and not running else ''}"
    )


def status_of(entry: Entry) -> str:
    """``unreadable``, ``waiting``, or the extraction's status."""
    if entry.problem:
        return "unreadable"
    return entry.extraction.status if entry.extraction else "waiting"


def preview(text: str) -> str:
    """A text's first words in one line."""
    head = " ".join(text[: PREVIEW * 2].split())
    if len(head) <= PREVIEW and len(text) <= PREVIEW * 2:
        return head
    return f"{head[:PREVIEW].rsplit(' ', 1)[0]}…"


def _said(status: str, words: Words) -> str:
    own = {"unreadable": words.batch.unreadable, "waiting": words.batch.waiting}
    return own.get(status) or words.statuses[status]


def _row(entry: Entry, words: Words) -> str:
    b, status, name = words.batch, status_of(entry), escape(entry.name)
    items = judged = act = ""
    found: Iterable[str] = ()
    low = False
    note = b.noted(entry.name, entry.note, entry.problem) or (
        b.recognised if entry.recognised else ""
    )
    if entry.extraction is not None:
        state = entry.reviewed
        kept = [item for item in state.items if item.kept]
        items = str(len(kept))
        judged = f"{len(state.items) - state.open}/{len(state.items)}"
        found = dict.fromkeys(item.category for item in kept)
        low = any(
            item.verdict == "open"
            and item.item.confidence is not None
            and item.item.confidence < LOW_CONFIDENCE
            for item in kept
        )
        note = "; ".join(filter(None, (*entry.extraction.problems, note)))
        act = (
            f'<button type="button" {command("open", review=entry.id)} aria-label="{escape(b.open)}: {name}">'
            f"{escape(b.open)}</button>"
        )
    shown = note or preview(entry.text)
    length = "" if entry.problem else f" · {len(entry.text)} {escape(b.characters)}"
    mark = f' <span class="note">{escape(words.low)}</span>' if low else ""
    act += (
        f'<button type="button" class="delete" data-sure="{escape(words.review.really)}" '
        f'{command("delete", review=entry.id)} aria-label="{escape(words.review.delete)}: {name}">'
        f"{escape(words.review.delete)}</button>"
    )
    return (
        f'<tr class="status-{status}" data-status="{status}" data-low="{int(low)}" '
        f'data-categories="{escape(" ".join(found))}"><th scope="row"><span dir="auto">{name}</span>'
        f'<span class="quiet" dir="auto">{escape(shown)}{length}</span></th>'
        f"<td>{escape(_said(status, words))}{mark}</td>"
        f'<td data-head="{escape(b.items)}">{items}</td><td data-head="{escape(b.judged)}">{judged}</td>'
        f'<td class="acts">{act}</td></tr>'
    )


def _filters(entries: Sequence[Entry], words: Words) -> str:
    b = words.batch
    statuses = dict.fromkeys(status_of(entry) for entry in entries)
    categories = {
        category.key: category.title_in(words.lang)
        for entry in entries
        for category in entry.schema.categories
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


def _handout(words: Words, format: BatchFormat) -> str:
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
