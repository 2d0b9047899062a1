"""The reviewed version of a report, which the extractors are compared with."""

from __future__ import annotations

from elmtex.readers.text_files import Report
from elmtex.review import Entry, Store
from elmtex.web.report_tab.review import fresh
from elmtex.web.state import SessionState, stands_in


def reviewed_of(
    report: str | None, state: SessionState | None, store: Store, owner: str
) -> Entry | None:
    """The review that is open in the other tab, where it is of this report and something was decided; else None."""
    if state is None or state.entry is None:
        return None
    if not stands_in(report or "", Report(state.entry.name, state.entry.text)):
        return None
    now = fresh(state, store, owner).entry
    return now if now is not None and now.reviewed.standing else None
