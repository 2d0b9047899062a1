"""Write an extraction as JSON, JSON Lines, CSV (items, attributes or reports), ELMTEX's 15 strings or FHIR.

Each writer takes the extraction and its schema and gives text; :data:`FORMATS` names them for the
command line.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from elmtex.exporters.report_table import report_table
from elmtex.exporters.tables import Document, attribute_table, item_table
from elmtex.schema import CategorySchema
from elmtex.types import Extraction, ReviewState

NOTHING = "N/A"  # ELMTEX's word for a category the report says nothing about


def to_json(extraction: Extraction, schema: CategorySchema) -> str:
    """The document as indented JSON."""
    return json.dumps(extraction.to_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def to_jsonl(extraction: Extraction, schema: CategorySchema) -> str:
    """The document as JSON on one line."""
    return json.dumps(extraction.to_dict(), ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(
    extraction: Extraction, schema: CategorySchema, review: ReviewState | None = None
) -> str:
    """A table with one row per item and one column per attribute type, see :func:`elmtex.exporters.tables.item_table`.

    With ``review`` the columns ``judged``, ``reviewer`` and ``reviewed_at`` say whether a human reviewed an item, who and
    when.
    """
    return item_table([Document(extraction, schema, review)])


def to_attributes_csv(
    extraction: Extraction, schema: CategorySchema, review: ReviewState | None = None
) -> str:
    """A table with one row per attribute, see :func:`elmtex.exporters.tables.attribute_table`; ``review`` as in
    :func:`to_csv`."""
    return attribute_table([Document(extraction, schema, review)])


def to_report_csv(
    extraction: Extraction, schema: CategorySchema, review: ReviewState | None = None
) -> str:
    """A table with one row for the report, see :func:`elmtex.exporters.report_table.report_table`."""
    return report_table([Document(extraction, schema, review)])


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
    *,
    at: str | None = None,
    with_text: bool = False,
    indent: int | None = 2,
) -> str:
    """An HL7 FHIR R4 Bundle as JSON, see :mod:`elmtex.exporters.fhir.bundle`.

    Args:
        extraction: the document.
        schema: its schema.
        review: what of it a human has reviewed; None for nothing.
        report: the text it was extracted from; "" when it is not available.
        at: when the bundle is made, ISO 8601 with its offset from UTC; None is now.
        with_text: the report's words are part of the bundle.
        indent: blanks a level of the JSON; None for one line.

    Raises:
        MissingDependencyError: fhir.resources is not installed.
    """
    from elmtex.exporters.fhir.bundle import bundle

    document = bundle(
        extraction, schema, review or ReviewState(), report, at=at, with_text=with_text
    )
    return json.dumps(document, ensure_ascii=False, indent=indent) + "\n"


def to_fhir_ndjson(
    extraction: Extraction,
    schema: CategorySchema,
    review: ReviewState | None = None,
    report: str = "",
    *,
    at: str | None = None,
    with_text: bool = False,
) -> str:
    """The Bundle of :func:`to_fhir` on one line, so that many make a file of NDJSON."""
    return to_fhir(extraction, schema, review, report, at=at, with_text=with_text, indent=None)


FORMATS: dict[str, Callable[[Extraction, CategorySchema], str]] = {
    "json": to_json,
    "jsonl": to_jsonl,
    "csv": to_csv,
    "csv-attributes": to_attributes_csv,
    "csv-reports": to_report_csv,
    "elmtex": to_elmtex,
    "fhir": to_fhir,
    "fhir-ndjson": to_fhir_ndjson,
}
