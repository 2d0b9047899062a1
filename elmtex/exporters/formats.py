"""Write an extraction as JSON, JSON Lines, CSV, ELMTEX's 15 strings or FHIR.

Each writer takes the extraction and its schema and gives text; :data:`FORMATS` names them for the
command line.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from elmtex.schema import CategorySchema
from elmtex.types import Extraction, Item

if TYPE_CHECKING:
    from elmtex.exporters.fhir.bundle import ReviewState

CSV_COLUMNS = ("id", "category", "text", "start", "end", "assertion", "confidence", "codes")
NOTHING = "N/A"  # ELMTEX's word for a category the report says nothing about

# What Excel, LibreOffice and Google Sheets take for the start of a formula (OWASP, "CSV Injection"), with the
# full-width signs that some of them fold.
_FORMULA = tuple("=+-@＝＋－＠")
# Where a German Excel separates cells, even inside quotation marks.
_PARTS = frozenset(";\t\r\n")
# What may precede such a character: what separates cells, white space, invisible characters.
_BEFORE = re.compile(
    r"[;\s\x00-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+"
)


def to_json(extraction: Extraction, schema: CategorySchema) -> str:
    """The document as indented JSON."""
    return json.dumps(extraction.to_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def to_jsonl(extraction: Extraction, schema: CategorySchema) -> str:
    """The document as JSON on one line."""
    return json.dumps(extraction.to_dict(), ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(
    extraction: Extraction, schema: CategorySchema, review: ReviewState | None = None
) -> str:
    """A table (RFC 4180) with a header and one row per item.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; ``start`` and
    ``end`` still point at the words as in the report. Codes are written ``SYSTEM|CODE``, best
    first, joined by spaces. With ``review`` a last column says ``yes`` for each item that a human
    reviewed, else ``no``.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow((*CSV_COLUMNS, "judged") if review else CSV_COLUMNS)
    for key, items in extraction.categories.items():
        for place, item in enumerate(items):
            seen = ("yes" if (key, place) in review.items else "no",) if review else ()
            writer.writerow([_cell(extraction.id), key, *_item_cells(item), *seen])
    return table.getvalue()


def _item_cells(item: Item) -> tuple[str | int | float | None, ...]:
    codes = " ".join(f"{code.system}|{code.code}" for code in item.codes)
    return (_cell(item.text), item.start, item.end, item.assertion, item.confidence, _cell(codes))


def _cell(text: str) -> str:
    def held(run: re.Match[str]) -> str:
        behind = text.startswith(_FORMULA, run.end()) and not _PARTS.isdisjoint(run[0])
        return run[0] + "'" * behind

    begun = _BEFORE.match(text)
    formula = text.startswith((*_FORMULA, "\t", "\r", "\n")) or (
        begun is not None and text.startswith(_FORMULA, begun.end())
    )
    # Each run once and whole: looking behind every separator again would take a minute for a page of line ends.
    return "'" * formula + _BEFORE.sub(held, text)


def to_elmtex(extraction: Extraction, schema: CategorySchema) -> str:
    """The flat view of ELMTEX (arXiv 2502.05638), see :func:`flat`, as indented JSON."""
    return json.dumps(flat(extraction, schema), ensure_ascii=False, indent=2) + "\n"


def flat(extraction: Extraction, schema: CategorySchema) -> dict[str, str]:
    """One string per category: its items joined by ``"; "``, ``"N/A"`` when there is none.

    The paper's summaries state what the patient has and carry no negation beside an item, so items
    asserted absent are left out: written plainly they would read as findings, and words that are
    not in the report are never added. Possible items stay (a differential diagnosis is one). White
    space inside an item becomes single spaces.
    """
    return {
        key: "; ".join(
            " ".join(item.text.split())
            for item in extraction.categories.get(key, ())
            if item.assertion != "absent"
        )
        or NOTHING
        for key in schema.keys
    }


def to_fhir(
    extraction: Extraction,
    schema: CategorySchema,
    review: ReviewState | None = None,
    report: str = "",
) -> str:
    """An HL7 FHIR R4 Bundle as indented JSON, see :mod:`elmtex.exporters.fhir.bundle`.

    Args:
        extraction: the document.
        schema: its schema.
        review: what of it a human has reviewed; None for nothing.
        report: the text it was extracted from; "" when it is not available.

    Raises:
        MissingDependencyError: fhir.resources is not installed.
    """
    from elmtex.exporters.fhir.bundle import NOT_REVIEWED, bundle

    document = bundle(extraction, schema, review or NOT_REVIEWED, report)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


FORMATS: dict[str, Callable[[Extraction, CategorySchema], str]] = {
    "json": to_json,
    "jsonl": to_jsonl,
    "csv": to_csv,
    "elmtex": to_elmtex,
    "fhir": to_fhir,
}
