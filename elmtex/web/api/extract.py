"""What programs may ask of a running page, as named endpoints (gradio_client) and, behind a flag, as MCP tools.

These store nothing; gradio's memory holds what the last sessions sent. Those of reviews and batches are in reviews.py. gradio
shows a caller these docstrings.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jsonschema

from elmtex.exporters import formats as export
from elmtex.schema import ITEM, CategorySchema, packaged_schemas
from elmtex.settings import MCP, setting
from elmtex.types import Attribute, ElmtexError, Extraction, Item, MissingDependencyError
from elmtex.web.access import identity
from elmtex.web.access.exchange import LOOPBACK
from elmtex.web.api.errors import shown
from elmtex.web.api.reviews import offer_reviews
from elmtex.web.controller import PageController
from elmtex.web.jobs import ExtractionJob, extractor_for
from elmtex.web.schema_tab.custom_schema import checked, source_of
from elmtex.web.toolkit import gr
from elmtex.web.visitor_shares import MAX_CHARACTERS

READING = 8  # programs whose reports are read, or wait for that, at once

_DOCUMENT = jsonschema.Draft202012Validator(
    {
        "type": "object",
        "required": ["id", "schema", "model", "status", "categories"],
        "properties": {
            **{name: {"type": "string"} for name in ("id", "schema", "model")},
            "status": {"enum": ["ok", "truncated", "empty_report", "invalid_output", "failed"]},
            "problems": {"type": "array", "items": {"type": "string"}},
            # Whatever the schema's own items may be, this is what is read.
            "categories": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": ITEM},
            },
        },
    }
)


def wants_mcp() -> bool:
    """Whether MCP is asked for. Raises :class:`MissingDependencyError` when it is and cannot be had."""
    if not setting(MCP):
        return False
    try:
        import mcp  # noqa: F401
    except ImportError:
        raise MissingDependencyError(f"{MCP} needs mcp: pip install 'elmtex[mcp]'") from None
    return True


def call_itself(page: gr.Blocks, secret: str) -> None:
    """Let gradio's MCP server, which answers a tool's call by a request of its own to this page, be known by a secret.

    Without it that request is a stranger's, who is asked for a password.
    """
    from gradio_client import Client

    server: Any = page.mcp_server_obj

    def client() -> Client:
        if server._client_instance is None:
            server._client_instance = Client(
                server.local_url,
                download_files=False,
                verbose=False,
                analytics_enabled=False,
                _skip_components=False,
                headers={"x-gradio-user": "mcp", LOOPBACK: secret},
            )
        return server._client_instance

    server._get_or_create_client = client


def offer(controller: PageController) -> None:
    """Name the endpoints, inside the gradio blocks that are open."""

    def extract(
        report: str, request: gr.Request, schema: str = "", attributes: bool = True
    ) -> dict[str, Any]:
        """Extract a clinical report into a validated document whose every item is a span of the report.

        An item has attributes (a drug's dose, a value's test) where its category has types of them and the model
        writes some: [{"type", "text", "start", "end", "confidence"}, ...].

        Args:
            report: the report's text.
            schema: a category schema as JSON text; empty for the 15 categories of ELMTEX.
            attributes: false leaves attributes out; the items are the same.
        """
        with shown():
            own = _asked(controller, schema, attributes)
            return _extract(controller, report, own, identity.owner(request)).to_dict()

    def convert(document: dict[str, Any], format: str = "csv", schema: str = "") -> str:
        """Write an extracted document in another format.

        csv has a row an item and a column for each type of attribute, csv-attributes a row an attribute.

        Args:
            document: what `extract` gave, corrected or not.
            format: json, jsonl, csv, csv-attributes, elmtex or fhir.
            schema: the category schema it was extracted with; empty for the 15 categories of ELMTEX.
        """
        with shown():
            return _convert(
                document, format, checked(schema) if schema else controller.extractor.schema
            )

    def suggest_codes(words: str, category: str = "") -> list[dict[str, Any]]:
        """Suggest codes of ICD-10-CM, HPO and drug names for an item's words; a human has to choose.

        Args:
            words: the item's words.
            category: its category's key among the 15 of ELMTEX; empty, or another, searches every terminology.
        """
        with shown():
            if controller.linker is None:
                raise MissingDependencyError("codes need the coding extra")
            known = {c.key: c for c in controller.extractor.schema.categories}
            return [code.to_dict() for code in controller.linker.link(words, known.get(category))]

    def schemas() -> dict[str, str]:
        """The category schemas that come with elmtex, by name, as JSON text to use or to change."""
        from elmtex.schema import load_schema

        return {name: source_of(load_schema(name)) for name in packaged_schemas()}

    def extractors() -> list[str]:
        """The names of the extractors that `compare` takes."""
        return list(controller.comparing.choices)

    def compare(
        report: str,
        left: str,
        right: str,
        request: gr.Request,
        schema: str = "",
        attributes: bool = True,
    ) -> dict[str, Any]:
        """Read a clinical report with two extractors and pair what they found: agreed, different, or one side's only.

        Attributes change no pair's kind: `attributes_differ` says of a pair whether both found the item with other
        attributes, and of the whole how many such pairs there are.

        Args:
            report: the report's text.
            left: the name of an extractor, of those that `extractors` gives.
            right: the name of another one.
            schema: a category schema as JSON text; empty for the 15 categories of ELMTEX.
            attributes: false leaves attributes out; the items are the same.
        """
        with shown():
            own = _asked(controller, schema, attributes)
            return controller.comparing.once(
                report, left, right, own, identity.owner(request)
            ).to_dict()

    # Who reads waits for turns at the model, not for the other readers.
    limits = {extract: READING, compare: READING}
    for function in (extract, convert, suggest_codes, schemas, extractors, compare):
        gr.api(function, api_name=function.__name__, concurrency_limit=limits.get(function, 1))
    offer_reviews(controller)


def _asked(controller: PageController, schema: str, attributes: bool) -> CategorySchema | None:
    """The schema that a program asks for; None for the page's own."""
    own = checked(schema) if schema else None
    return own if attributes else (own or controller.extractor.schema).without_attributes()


def _extract(
    controller: PageController, report: str, schema: CategorySchema | None, owner: str
) -> Extraction:
    if len(report) > MAX_CHARACTERS:
        raise ElmtexError(
            f"the report has {len(report)} characters; up to {MAX_CHARACTERS} are read"
        )
    extractor = extractor_for(controller.extractor, schema)
    job = ExtractionJob(extractor, report, controller.turn, owner, controller.shares.take(owner))
    job.start()
    for _ in job.frames():
        pass
    if job.failure is not None or job.latest is None:
        raise ElmtexError(f"the extraction failed ({job.failure})")
    return job.latest.extraction


def _convert(document: dict[str, Any], format: str, schema: CategorySchema) -> str:
    if format not in export.FORMATS:
        raise ElmtexError(f"format {format!r} is none of {', '.join(export.FORMATS)}")
    if not _DOCUMENT.is_valid(document):
        raise ElmtexError("this is no document that elmtex writes: give what `extract` answered")
    if faults := schema.validate(document["categories"]):
        raise ElmtexError(f"the document does not fit its schema: {'; '.join(faults[:3])}")
    extraction = dataclasses.replace(Extraction.from_dict(document), schema=schema.name)
    items = [item for items in extraction.categories.values() for item in items]
    spans: list[Item | Attribute] = [*items, *(a for item in items for a in item.attributes)]
    for found in spans:
        span = (found.start, found.end)
        if span != (None, None) and (
            None in span or not 0 <= (found.start or 0) < (found.end or 0)
        ):
            raise ElmtexError(
                "an item or attribute has both start and end, start first, or null for both"
            )
    return export.FORMATS[format](extraction, schema)
