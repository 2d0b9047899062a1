"""Reviews and batches for programs: the page's own actions as named endpoints, under the same rule of whose is whose.

A program says whose reviews it means by signing in (``ELMTEX_AUTH``), or by a secret of its own in the header
``X-Elmtex-Key``; what it may see is decided as for a browser. gradio shows a caller these docstrings.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from elmtex.readers.files import MAX_REPORTS
from elmtex.readers.text_files import Report
from elmtex.review import Entry, Line
from elmtex.review.line import line_of
from elmtex.text.normalisation import repaired
from elmtex.types import ElmtexError, InputError
from elmtex.web.access import identity
from elmtex.web.api.errors import shown
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import words_in
from elmtex.web.report_tab.commands import Command, parse
from elmtex.web.report_tab.exports import SUFFIX, file_of
from elmtex.web.report_tab.review import carry_out
from elmtex.web.schema_tab.custom_schema import checked
from elmtex.web.state import opened, refusal_of
from elmtex.web.toolkit import gr

DECIDING = ("accept", "reject", "assert", "edit", "add", "cell", "code", "undo", "finish")


def offer_reviews(controller: PageController) -> None:
    """Name the endpoints, inside the gradio blocks that are open."""

    def review_list(request: gr.Request) -> list[dict[str, Any]]:
        """List your reviews, of single reports and of batches, oldest first."""
        with shown():
            return [_line(line) for line in controller.store.lines(identity.program(request))]

    def review_open(review: str, request: gr.Request) -> dict[str, Any]:
        """Read a review: the report, the model's document, each item with its id and verdict, all decisions.

        Args:
            review: the `review` of `review_list` or `batch_results`.
        """
        with shown():
            return _whole(controller.store.get(identity.program(request), review))

    def review_decide(
        review: str, decision: dict[str, Any], request: gr.Request, reviewer: str = ""
    ) -> dict[str, Any]:
        """Decide about items of a review; the decision is stored beside the model's answer and can be undone.

        An item that is edited keeps its attributes while it stands, in part at least, where it stood, and its
        category lists their types.

        Args:
            review: the review.
            decision: {"do": "accept" or "reject", "items": [ids]}, {"do": "assert", "item", "value"},
                {"do": "edit", "item", "text", "start", "end", "category", "assertion"}, {"do": "add", "text", "start",
                "end", "category", "assertion"}, {"do": "cell", "item", "type", "at", "was", "text", "start", "end"},
                {"do": "code", "item", "system", "code"}, {"do": "undo"} or {"do": "finish"}. start and end may be null:
                then the words are looked for in the report. A cell is an attribute: "type", its start "at" (null where
                it has none) and its words "was" say which, "" a new one; "text" is what it becomes, "" takes it out.
            reviewer: the name of the human who decided; {"do": "finish"} needs it.
        """
        with shown():
            owner = identity.program(request)
            return _whole(
                _decided(controller, owner, review, parse(json.dumps(decision)), reviewer)
            )

    def review_export(review: str, request: gr.Request, format: str = "json") -> str:
        """Write a review's corrected document.

        Args:
            review: the review.
            format: json, csv (a row an item), csv-attributes (a row an attribute), elmtex, fhir, gold or summary (HTML).
        """
        with shown():
            return _written(controller.store.get(identity.program(request), review), format)

    def review_delete(reviews: list[str], request: gr.Request) -> int:
        """Delete reviews with their reports and every trace; answers how many there were.

        Args:
            reviews: their ids.
        """
        with shown():
            owner = identity.program(request)
            mine = {line.id for line in controller.store.lines(owner)} & set(reviews)
            controller.store.delete(owner, *mine)
            return len(mine)

    def batch_start(
        reports: list[dict[str, str]],
        request: gr.Request,
        schema: str = "",
        batch: str = "",
        attributes: bool = True,
    ) -> dict[str, Any]:
        """Extract many reports in the background; each becomes a review. Ask `batch_results` how far it is.

        Args:
            reports: [{"id": name, "text": report}, ...].
            schema: a category schema as JSON text; empty for the 15 categories of ELMTEX.
            batch: a batch to go on with after a stop, a restart, or to try again what failed; then reports may be
                empty.
            attributes: false leaves attributes out of these reports; the items are the same.
        """
        with shown():
            owner = identity.program(request)
            if batch:
                _of_batch(controller, owner, batch)
            if reports or not batch:
                own = checked(schema) if schema else controller.extractor.schema
                own = own if attributes else own.without_attributes()
                batch = controller.batch.add(_reports(reports), owner, own, batch)
            controller.batch.run_in_background(owner, batch)
            return _results(controller, owner, batch, documents=False)

    def batch_results(batch: str, request: gr.Request, documents: bool = True) -> dict[str, Any]:
        """Say how far a batch is, and what was found in each report, corrected as far as it is reviewed.

        Args:
            batch: what `batch_start` answered.
            documents: with the documents, else their status alone.
        """
        with shown():
            return _results(controller, identity.program(request), batch, documents)

    def batch_stop(batch: str, request: gr.Request) -> dict[str, Any]:
        """Stop a batch after the step it is in; what was done is kept, and `batch_start` continues it.

        Args:
            batch: what `batch_start` answered.
        """
        with shown():
            owner = identity.program(request)
            _of_batch(controller, owner, batch)
            controller.batch.stop(batch)
            return _results(controller, owner, batch, documents=False)

    for function in (
        *(review_list, review_open, review_decide, review_export, review_delete),
        *(batch_start, batch_results, batch_stop),
    ):
        gr.api(function, api_name=function.__name__, concurrency_limit=4, concurrency_id="reviews")


def _line(of: Line) -> dict[str, Any]:
    """A review in a list: of its report no more than the name, which of a pasted letter is its first line."""
    line: dict[str, Any] = {
        "review": of.id,
        "id": of.name,
        "batch": of.batch,
        "status": of.status,
        "problem": of.problem,
        "touched": of.touched,
    }
    if of.extracted:
        line |= {"items": of.items, "open": of.open, "finished": of.finished}
    return line


def _whole(entry: Entry) -> dict[str, Any]:
    state, extraction = entry.reviewed, entry.extraction
    assert extraction is not None  # or `reviewed` would have refused
    items = [
        {"item": e.id, "category": e.category, "verdict": e.verdict, **e.item.to_dict()}
        for e in state.items
    ]
    decisions = [
        {"number": d.number, "at": d.at, "reviewer": d.reviewer, **d.to_dict()}
        for d in entry.decisions
    ]
    return {
        **_line(line_of(entry)),
        "report": entry.text,
        "document": extraction.to_dict(),
        "reviewed": items,
        "decisions": decisions,
    }


def _decided(
    controller: PageController, owner: str, review: str, command: Command, reviewer: str
) -> Entry:
    if command.do not in DECIDING:
        raise InputError(f"decision {command.do!r} is none of {', '.join(DECIDING)}")
    state = opened(controller.store.get(owner, review))
    assert state.entry is not None
    if command.do == "code" and controller.linker is not None:
        # On the page a code is chosen from a list that was asked for before; here it is asked for now.
        item = state.entry.reviewed.find(command.fields["item"])
        codes = controller.linker.link(item.item.text, state.entry.schema.category(item.category))
        state = dataclasses.replace(state, suggested=(item.id, tuple(codes)))
    after = carry_out(command, state, controller.store, controller.linker, owner, reviewer).entry
    assert after is not None
    return after


def _written(entry: Entry, format: str) -> str:
    name = next((known for known in SUFFIX if known == format), None)
    if name is None:
        raise InputError(f"format {format!r} is none of {', '.join(SUFFIX)}")
    file = file_of(entry, name, words_in("en"))
    if file.problem:
        raise ElmtexError(file.problem)
    return file.text


def _reports(rows: list[dict[str, str]]) -> list[Report]:
    if not 0 < len(rows) <= MAX_REPORTS:
        raise InputError(f"a batch has 1 to {MAX_REPORTS} reports, not {len(rows)}")
    reports = []
    for number, row in enumerate(rows, 1):
        text = row.get("text") if isinstance(row, dict) else None
        if not isinstance(text, str):
            raise InputError(f'report {number} is not {{"id": …, "text": …}}')
        name = repaired(str(row.get("id") or f"report {number}"))[:300]
        refused = refusal_of(text).replace("_", " ")
        reports.append(Report(name, None if refused else text, refused or None))
    return reports


def _of_batch(controller: PageController, owner: str, batch: str) -> list[Line]:
    lines = controller.batch.lines(owner, batch) if batch else []
    if not lines:
        raise InputError("this batch is not there (any more)")
    return lines


def _results(controller: PageController, owner: str, batch: str, documents: bool) -> dict[str, Any]:
    lines = _of_batch(controller, owner, batch)
    reports = [_line(line) for line in lines]
    if documents:
        entries = {entry.id: entry for entry in controller.batch.entries(owner, batch)}
        for report in reports:
            entry = entries.get(report["review"])
            document = None
            if entry is not None and entry.extraction is not None:
                document = dataclasses.replace(entry.corrected, id=entry.name).to_dict()
            report["document"] = document
    return {
        "batch": batch,
        "total": len(lines),
        "done": sum(line.status != "waiting" for line in lines),
        "running": controller.batch.running(batch),
        "reports": reports,
    }
