"""A report that a schema is tried on: what was found, in one table. Nothing of it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from elmtex.schema import CategorySchema
from elmtex.types import Item, SchemaError
from elmtex.web.chips import Chip, chips
from elmtex.web.locale.messages import Words
from elmtex.web.measured import unmeasured_html
from elmtex.web.render import message_html
from elmtex.web.report_tab.highlight import is_evidence
from elmtex.web.report_tab.status import state_html
from elmtex.web.schema_tab.custom_schema import checked
from elmtex.web.state import SessionState, refusal_of
from elmtex.web.templating import template

_TRIAL = template("trial.html")
MEND = "mend"  # why nothing is read: the schema cannot be used yet


@dataclass(frozen=True, slots=True)
class Found:
    """An item of a trial with what is shown of it."""

    category: str
    item: Item
    grounded: bool
    chips: tuple[Chip, ...]


def begun(text: str | None, report: str | None) -> SessionState:
    """The state of a trial at the click: running, or why it is refused."""
    report = report or ""
    try:
        schema = checked(text)
    except SchemaError:
        return SessionState("refused", report, reason=MEND)
    reason = refusal_of(report)
    return SessionState("refused" if reason else "running", report, reason=reason, schema=schema)


def trial_html(state: SessionState, words: Words, *, loading: bool = False) -> Markup:
    """What a trial has found; nothing before the first."""
    if state.reason == MEND:
        return message_html(words.schema.mend, "bad")
    said = state_html(state, words, loading=loading)
    if state.extraction is None or state.schema is None:
        return said
    over = state.phase != "running"
    honest = unmeasured_html(state.schema, words) if over else Markup()
    rows = _found(state, state.schema, words)
    missing = [
        category.title_in(words.lang)
        for category in state.schema.categories
        if over and not state.extraction.categories.get(category.key)
    ]
    return said + honest + _TRIAL.items(rows, missing, words)


def _found(state: SessionState, schema: CategorySchema, words: Words) -> list[Found]:
    assert state.extraction is not None
    return [
        Found(
            category.title_in(words.lang),
            item,
            is_evidence(item, state.report),
            chips(item, state.report, category, words.lang),
        )
        for category in schema.categories
        for item in state.extraction.categories.get(category.key, ())
    ]
