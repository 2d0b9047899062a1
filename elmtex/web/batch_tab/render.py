"""The table of many reports: what was read, how far each is, what to open next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from elmtex.review import Line
from elmtex.schema import CategorySchema
from elmtex.web.batch_tab.batch import Taken
from elmtex.web.batch_tab.progress import progress_html as reviewed_html
from elmtex.web.locale.messages import Words, counted
from elmtex.web.render import missing_html, progress_html
from elmtex.web.report_tab.exports import BATCH_FORMATS, BatchFormat, offered
from elmtex.web.templating import LOW_CONFIDENCE, template

PREVIEW = 90  # characters of a report in the table

_BATCH = template("batch.html")


@dataclass(frozen=True, slots=True)
class Row:
    """A report of the table.

    Args:
        line: the report.
        status: its status, in the page's language.
        beginning: how it begins, or what was wrong with it.
        low: an item of it has a low confidence.
        review: how far its review is: a key of the messages' ``reviewed``; "" where there is nothing to review.
    """

    line: Line
    status: str
    beginning: str
    low: bool
    review: str


def batch_html(
    lines: Sequence[Line],
    schemas: Sequence[CategorySchema],
    words: Words,
    format: BatchFormat,
    running: bool,
) -> Markup:
    """The whole tab.

    Args:
        lines: the owner's reports that came in batches.
        schemas: those they have.
        words: the page's language.
        format: the export's.
        running: the extraction is under way.
    """
    b = words.batch
    if not lines:
        return missing_html(b.empty)
    readable = sum(line.status != "unreadable" for line in lines)
    done = sum(line.extracted for line in lines)
    said = b.progress.format(done=done, total=readable)
    titles = {**words.review.formats, "jsonl": "JSON Lines", "fhir-ndjson": "FHIR (NDJSON)"}
    return _BATCH.tab(
        [_row(line, words) for line in lines],
        progress_html(said, done, readable) if running else _BATCH.said(said),
        reviewed_html(lines, schemas, words),
        _filters(lines, schemas, words),
        [(f, titles[f]) for f in offered(BATCH_FORMATS, schemas, format)]
        if done and not running
        else [],
        format,
        words,
    )


def preview(text: str) -> str:
    """A text's first words in one line."""
    head = " ".join(text[: PREVIEW * 2].split())
    if len(head) <= PREVIEW and len(text) <= PREVIEW * 2:
        return head
    return f"{head[:PREVIEW].rsplit(' ', 1)[0]}…"


def _title(status: str, words: Words) -> str:
    own = {"unreadable": words.batch.unreadable, "waiting": words.batch.waiting}
    return own.get(status) or words.statuses[status]


def _row(line: Line, words: Words) -> Row:
    b = words.batch
    note = b.noted(line.name, line.note, line.problem) or (b.recognised if line.recognised else "")
    if line.extracted:
        note = "; ".join(filter(None, (*map(words.said, line.problems), note)))
    low = line.confidence is not None and line.confidence < LOW_CONFIDENCE
    return Row(
        line, _title(line.status, words), note or preview(line.beginning), low, _review(line)
    )


def _review(line: Line) -> str:
    if not line.extracted:
        return ""
    if line.finished:
        return "signed"
    if line.open == line.items:  # also of a report in which nothing was found
        return "open"
    return "begun" if line.open else "unsigned"


def _filters(lines: Sequence[Line], schemas: Sequence[CategorySchema], words: Words) -> Markup:
    statuses = dict.fromkeys(line.status for line in lines)
    categories = {
        category.key: category.title_in(words.lang)
        for schema in schemas
        for category in schema.categories
    }
    return _BATCH.filters(
        [(s, _title(s, words)) for s in statuses],
        words.batch.reviewed.items(),
        categories.items(),
        words,
    )


def unread_said(taken: Taken, words: Words) -> str:
    """Why nothing could be read of the files that were dropped."""
    b = words.batch
    why = "; ".join(b.noted(r.id, r.note, r.problem or "") for r in taken.unread)
    return b.not_read.format(why=why.rstrip("."))


def stored_said(taken: Taken, words: Words) -> str:
    """How many reports were read from the files, could not be read, and were there already."""
    b = words.batch
    read = counted(taken.stored - taken.unreadable, "report", words.lang)
    said = [b.were_read.format(reports=read)]
    if taken.unreadable:
        said.append(b.not_readable.format(count=taken.unreadable))
    if taken.copies:
        said.append(b.copies.format(count=taken.copies))
    return " ".join(said)
