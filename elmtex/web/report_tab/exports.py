"""What the page hands out of a reviewed report: files to copy, to save and to print."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from elmtex.exporters import formats as export
from elmtex.exporters.fhir.bundle import Judged
from elmtex.review import Entry
from elmtex.review.gold import to_jsonl
from elmtex.types import ElmtexError, Extraction
from elmtex.web.locale.messages import Words
from elmtex.web.render import escape
from elmtex.web.report_tab.render import command
from elmtex.web.report_tab.summary import summary_page

Format = Literal["json", "csv", "elmtex", "fhir", "gold", "summary"]

SUFFIX: dict[Format, str] = {
    "json": "json",
    "csv": "csv",
    "elmtex": "elmtex.json",
    "fhir": "fhir.json",
    "gold": "gold.jsonl",
    "summary": "html",
}


@dataclass(frozen=True, slots=True)
class File:
    """Something to hand out.

    Args:
        name: the file's name.
        text: what is in it; "" when there is nothing yet.
        problem: why there is nothing; "" when there is.
    """

    name: str
    text: str
    problem: str = ""


def file_of(entry: Entry, format: Format, words: Words) -> File:
    """The reviewed report in a format; every format carries the corrected document, never the model's alone."""
    # By its id: a name may be the letter's first line, which may be the patient's.
    name = f"elmtex-{entry.id[:8]}.{SUFFIX[format]}"
    if format == "summary":
        return File(name, summary_page(entry, words))
    if format == "gold":
        text = to_jsonl([entry])
        return File(name, text, "" if text else words.review.gold_hint)
    corrected, judged = _to_hand_out(entry)
    faults = entry.schema.validate(corrected.to_dict()["categories"])
    if faults:
        return File(name, "", "; ".join(faults))
    try:
        return File(name, _written(corrected, judged, entry, format))
    except ElmtexError as error:
        return File(name, "", str(error))


def _to_hand_out(entry: Entry) -> tuple[Extraction, Judged]:
    """The corrected document, with a sentence about what no human has judged, and what one has."""
    state = entry.reviewed  # which folds all decisions: once
    assert entry.extraction is not None
    corrected = state.corrected(entry.extraction)
    problems = corrected.problems
    if state.open:
        draft = f"Draft: {state.open} of {len(state.items)} items have not been judged by a human."
        problems = (*problems, draft)
    elif not state.settled:
        problems = (*problems, "Draft: nothing was found, and no human has confirmed that.")
    # A report of many is known by its name; that of a pasted letter is its first line, maybe the patient's.
    id = entry.name if entry.batch else entry.id
    return replace(corrected, id=id, problems=problems), state.judged


def _written(document: Extraction, judged: Judged, entry: Entry, format: str) -> str:
    if format == "fhir":
        return export.to_fhir(document, entry.schema, judged, entry.text)
    if format == "csv":
        return export.to_csv(document, entry.schema, judged)
    return export.FORMATS[format](document, entry.schema)


BatchFormat = Literal["jsonl", "csv", "gold"]
BATCH_FORMATS: tuple[BatchFormat, ...] = ("jsonl", "csv", "gold")


def files_of(entries: Sequence[Entry], format: BatchFormat, words: Words) -> File:
    """All extracted reports in one file: a line or some rows each, corrected as far as they are reviewed."""
    done = [entry for entry in entries if entry.extraction is not None]
    if format == "gold":
        text = to_jsonl(done)
        return File("elmtex.gold.jsonl", text, "" if text else words.review.gold_hint)
    name = f"elmtex.{format}"
    written: list[str] = []
    for entry in done:
        text = _written(*_to_hand_out(entry), entry, format)
        # One header for all: each report's own table begins with it.
        written.append(text if format != "csv" or not written else text.split("\r\n", 1)[1])
    return File(name, "".join(written))


def asked(do: str) -> str:
    """The attribute of a button that saves or copies what the server makes at the click.

    What stands on the page may be older than the last decision and the chosen format.
    """
    return f'data-file="{escape(json.dumps({"do": do}))}"'


def answer_html(number: str, file: File | None) -> str:
    """What the browser's script waits for before it sends its next command.

    Args:
        number: the command's; "" when it was none, which answers any.
        file: what was asked for; None when it was no file.
    """
    if file is None or file.problem:
        return f'<div data-answered="{escape(number)}"></div>'
    name = f'data-name="{escape(file.name)}"'
    return f'<div data-answered="{escape(number)}" {name}><pre>{escape(file.text)}</pre></div>'


def exports_html(entry: Entry, format: Format, words: Words) -> str:
    """The formats to choose from, the chosen one in full, and buttons that copy, save or print it."""
    r, file = words.review, file_of(entry, format, words)
    choices = "".join(
        f'<button type="button" aria-pressed="{str(f == format).lower()}" {command("format", format=f)}>'
        f"{escape(r.formats[f])}</button>"
        for f in SUFFIX
    )
    if file.problem:
        body = f'<p class="missing" role="status">{escape(file.problem)}</p>'
        tools = ""
    else:
        body = (
            f'<pre id="elmtex-json" tabindex="0" role="region" aria-label="{escape(r.formats[format])}"'
            f"{' hidden' if format == 'summary' else ''}>{escape(file.text)}</pre>"
        )
        # Without scripts and in a frame of its own; the style sheet inside is the printed page's.
        if format == "summary":
            body += (
                f'<iframe id="elmtex-summary" title="{escape(r.summary_title)}" '
                f'sandbox="allow-same-origin allow-modals" srcdoc="{escape(file.text)}"></iframe>'
            )
        copy = f'<button type="button" data-copy data-done="{escape(words.copied)}" {asked("file")}>{escape(words.copy)}</button>'
        first = (
            f'<button type="button" data-print>{escape(r.print_it)}</button>'
            if format == "summary"
            else copy
        )
        tools = f'{first}<button type="button" data-download {asked("file")}>{escape(words.download)}</button>'
    return (
        f'<section class="document" aria-labelledby="elmtex-out"><div class="bar-of-buttons">'
        f'<h2 id="elmtex-out">{escape(r.hand_out)}</h2>{tools}</div>'
        f'<div class="formats">{choices}</div>{body}</section>'
    )
