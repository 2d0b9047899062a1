"""The exports of a reviewed report, or of many: files to copy, to save and to print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from markupsafe import Markup

from elmtex.exporters import formats as export
from elmtex.exporters.report_table import report_table
from elmtex.exporters.tables import Document, attribute_table, item_table
from elmtex.review import Entry
from elmtex.review.gold import to_jsonl
from elmtex.schema import CategorySchema
from elmtex.types import ElmtexError, Extraction, ReviewState
from elmtex.web.locale.messages import Words
from elmtex.web.report_tab.summary import summary_page, summary_pdf
from elmtex.web.templating import template

_EXPORTS = template("exports.html")

Chosen = TypeVar("Chosen", bound=str)
Format = Literal["json", "csv", "csv-attributes", "elmtex", "fhir", "gold", "summary"]

SUFFIX: dict[Format, str] = {
    "json": "json",
    "csv": "csv",
    "csv-attributes": "attributes.csv",
    "elmtex": "elmtex.json",
    "fhir": "fhir.json",
    "gold": "gold.jsonl",
    "summary": "html",
}
TABLES: Mapping[str, Callable[[Iterable[Document]], str]] = {
    "csv": item_table,
    "csv-attributes": attribute_table,
    "csv-reports": report_table,
}


def offered(formats: Iterable[Chosen], schemas: Iterable[CategorySchema], now: str) -> list[Chosen]:
    """The formats to choose from: the table of attributes where a schema has some, or it is chosen."""
    some = now == "csv-attributes" or any(schema.attributes for schema in schemas)
    return [format for format in formats if some or format != "csv-attributes"]


@dataclass(frozen=True, slots=True)
class File:
    """An export.

    Args:
        name: the file's name.
        text: what is in it; "" when there is nothing yet.
        problem: why there is nothing; "" when there is.
    """

    name: str
    text: str
    problem: str = ""


def file_of(entry: Entry, format: Format, words: Words, *, evidence: bool = False) -> File:
    """The reviewed report in a format; every format carries the corrected document, never the model's alone.

    Args:
        entry: an extracted report.
        format: of the file.
        words: the page's language.
        evidence: a summary quotes the report in footnotes.
    """
    # Named by its id: the report's name may be the letter's first line, and so the patient's name.
    name = f"elmtex-{entry.id[:8]}.{SUFFIX[format]}"
    if format == "summary":
        return File(name, summary_page(entry, words, evidence=evidence))
    if format == "gold":
        text = to_jsonl([entry])
        return File(name, text, "" if text else words.review.gold_hint)
    corrected, review = _to_export(entry)
    faults = entry.schema.validate(corrected.to_dict()["categories"])
    if faults:
        return File(name, "", "; ".join(map(words.said, faults)))
    try:
        return File(name, _written(corrected, review, entry, format))
    except ElmtexError as error:
        return File(name, "", words.review.refused(error))


def pdf_of(entry: Entry, words: Words, *, evidence: bool) -> File:
    """The summary as a PDF, whose text is Base64. Raises :class:`InputError` where PDFs cannot be made."""
    return File(f"elmtex-{entry.id[:8]}.pdf", summary_pdf(entry, words, evidence=evidence))


def _to_export(entry: Entry) -> tuple[Extraction, ReviewState]:
    """The corrected document, with a sentence about what no human has judged, and what one has."""
    state = entry.reviewed  # computed from all decisions, so only once
    assert entry.extraction is not None
    corrected = state.corrected(entry.extraction)
    problems = corrected.problems
    if state.open:
        draft = f"Draft: {state.open} of {len(state.items)} items have not been judged by a human."
        problems = (*problems, draft)
    elif not state.settled:
        problems = (*problems, "Draft: nothing was found, and no human has confirmed that.")
    # A report of a batch is identified by its name; a pasted letter's name is its first line, perhaps the patient's name.
    id = entry.name if entry.batch else entry.id
    return replace(corrected, id=id, problems=problems), state.review_state


def _written(document: Extraction, review: ReviewState, entry: Entry, format: str) -> str:
    if format == "fhir":
        return export.to_fhir(document, entry.schema, review, entry.text)
    if format in TABLES:
        return TABLES[format]([Document(document, entry.schema, review, entry.source)])
    return export.FORMATS[format](document, entry.schema)


BatchFormat = Literal["jsonl", "csv", "csv-attributes", "csv-reports", "fhir-ndjson", "gold"]
BATCH_FORMATS: tuple[BatchFormat, ...] = (
    *("jsonl", "csv", "csv-attributes", "csv-reports", "fhir-ndjson", "gold"),
)
_BATCH_SUFFIX: Mapping[BatchFormat, str] = {
    "jsonl": "jsonl",
    "csv": "csv",
    "csv-attributes": "attributes.csv",
    "csv-reports": "reports.csv",
    "fhir-ndjson": "fhir.ndjson",
    "gold": "gold.jsonl",
}


def files_of(entries: Iterable[Entry], format: BatchFormat, words: Words) -> File:
    """All extracted reports in one file: a line or some rows each, corrected as far as they are reviewed.

    Args:
        entries: taken one by one, so that not all reports are in memory at once.
        format: of the file.
        words: the page's language.
    """
    name = f"elmtex.{_BATCH_SUFFIX[format]}"
    done = (entry for entry in entries if entry.extraction is not None)
    if format == "gold":
        text = to_jsonl(done)
        return File(name, text, "" if text else words.review.gold_hint)
    if format in TABLES:
        # One header for all: reports of several schemas have the columns of each.
        rows = [
            Document(document, entry.schema, review, entry.source)
            for entry in done
            for document, review in [_to_export(entry)]
        ]
        return File(name, TABLES[format](rows) if rows else "")
    return File(name, "".join(_line_of(entry, format) for entry in done))


def _line_of(entry: Entry, format: BatchFormat) -> str:
    document, review = _to_export(entry)
    if format == "fhir-ndjson":
        return export.to_fhir_ndjson(document, entry.schema, review, entry.text)
    return _written(document, review, entry, format)


def answer_html(number: str, file: File | None, refused: str = "") -> Markup:
    """What the browser's script waits for before it sends its next command.

    Args:
        number: the command's; "" when it was none, which answers any.
        file: what was asked for; None when it was no file.
        refused: why nothing came of it; "" when something did.
    """
    return _EXPORTS.answer(number, None if file is None or file.problem else file, refused)


def exports_html(entry: Entry, format: Format, words: Words, *, evidence: bool = False) -> Markup:
    """The formats to choose from, the chosen one in full, and buttons that copy, save or print it."""
    titles = words.review.formats
    return _EXPORTS.exports(
        file_of(entry, format, words, evidence=evidence),
        format,
        [(f, titles[f]) for f in offered(SUFFIX, [entry.schema], format)],
        titles[format],
        evidence,
        words,
    )
