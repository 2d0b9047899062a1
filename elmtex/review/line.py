"""A stored report as lists show it: its progress, and nothing that needs the text or the
decisions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from elmtex.review.entry import Entry
from elmtex.review.progress import by_category, by_reviewer
from elmtex.schema import CategorySchema

BEGINNING = 200  # characters of a report that a list may show


@dataclass(frozen=True, slots=True)
class Line:
    """A report in a list. It is stored beside the report whenever something about that changes.

    Args:
        id: its key in the store.
        batch: the batch it came in; "" for one read alone.
        touched: when something was last decided, else when it was stored.
        name: what the user knows it by.
        status: ``unreadable``, ``waiting``, or the extraction's status.
        problem, note, recognised: as in :class:`Entry`.
        problems: the extraction's; () before there is one.
        characters: how long the report is.
        beginning: its first :data:`BEGINNING` characters.
        items: how many items there are, rejected ones included.
        kept: how many of them are exported.
        open: how many wait for a decision.
        finished: a reviewer said so, and has changed nothing since.
        decisions: how many decisions there are, undone ones and undos included.
        categories: those that have an exported item, in the schema's order.
        confidence: the lowest of the items that wait for a decision; None when none has one.
        progress: as :func:`elmtex.review.progress.by_category` has it.
        reviewers: as :func:`elmtex.review.progress.by_reviewer` has it.
        signed_by: who finished the review; "" while it is not finished.
        schema: digest of the schema, see :func:`schema_digest`.
        digest: of name, text and problem, see :func:`report_digest`; equal for a report that came
            twice.
    """

    id: str
    batch: str
    touched: str
    name: str
    status: str
    problem: str = ""
    note: str = ""
    recognised: bool = False
    problems: tuple[str, ...] = ()
    characters: int = 0
    beginning: str = ""
    items: int = 0
    kept: int = 0
    open: int = 0
    finished: bool = False
    decisions: int = 0
    categories: tuple[str, ...] = ()
    confidence: float | None = None
    progress: tuple[tuple[str, int, int], ...] = ()
    reviewers: tuple[tuple[str, int], ...] = ()
    signed_by: str = ""
    schema: str = ""
    digest: str = ""

    @property
    def extracted(self) -> bool:
        """Whether there is an answer of the model, a failed one included."""
        return self.status not in ("unreadable", "waiting")

    @property
    def waits(self) -> bool:
        """Whether it is still to be extracted, or once more: it failed, and nobody has decided
        anything about that."""
        return self.status == "waiting" or (self.status == "failed" and not self.decisions)


def line_of(entry: Entry) -> Line:
    """The line of an entry. Raises :class:`InputError` where its decisions do not fit its
    extraction."""
    counts: dict[str, Any] = {}
    if entry.extraction is not None:
        state = entry.reviewed
        kept = [item for item in state.items if item.kept]
        waiting = [i.item.confidence for i in state.items if i.verdict == "open"]
        counts = {
            "problems": entry.extraction.problems,
            "items": len(state.items),
            "kept": len(kept),
            "open": state.open,
            "finished": state.finished,
            "categories": tuple(dict.fromkeys(item.category for item in kept)),
            "confidence": min((c for c in waiting if c is not None), default=None),
            "progress": by_category(state),
            "reviewers": by_reviewer(state),
            "signed_by": state.standing[-1].reviewer if state.finished else "",
        }
    status = entry.extraction.status if entry.extraction else "waiting"
    return Line(
        id=entry.id,
        batch=entry.batch,
        touched=entry.touched,
        name=entry.name,
        status="unreadable" if entry.problem else status,
        problem=entry.problem,
        note=entry.note,
        recognised=entry.recognised,
        characters=len(entry.text),
        beginning=entry.text[:BEGINNING],
        decisions=len(entry.decisions),
        schema=schema_digest(entry.schema),
        digest=report_digest(entry.name, entry.text, entry.problem),
        **counts,
    )


def schema_digest(schema: CategorySchema) -> str:
    """A schema's identity: SHA-256 of name and document."""
    return _digest([schema.name, schema.document])


def report_digest(name: str, text: str, problem: str) -> str:
    """A report's identity: SHA-256 of what was read from a file."""
    return _digest([name, text, problem])


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data).encode()).hexdigest()
