"""What a click on the review screen does to the session's state and to the store."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Protocol

from elmtex.review import Decision, Entry, Store
from elmtex.schema import Category
from elmtex.text.normalisation import repaired
from elmtex.types import Code, InputError
from elmtex.web.report_tab.commands import Command, decision_of

if TYPE_CHECKING:
    from elmtex.web.state import SessionState


class Linking(Protocol):
    """The part of :class:`elmtex.coding.linker.Linker` the page uses."""

    def link(self, text: str, category: Category | None = None, limit: int = 5) -> list[Code]: ...


def carry_out(
    command: Command,
    state: SessionState,
    store: Store,
    linker: Linking | None,
    owner: str,
    reviewer: str,
) -> SessionState:
    """The state after a command about the report under review.

    Raises:
        ElmtexError: the command does not fit; nothing was stored.
    """
    assert state.entry is not None
    if command.on not in ("", state.entry.id):
        raise InputError("this report is no longer the one that is shown: look at it again")
    if command.do == "file":
        return state
    if command.do == "format":
        return dataclasses.replace(state, format=command.fields["format"])
    if command.do == "codes":
        return dataclasses.replace(state, suggested=_suggested(command, state, linker))
    suggested = state.suggested[1] if state.suggested else ()

    def choose(entry: Entry) -> Decision:
        decision = decision_of(command, entry, suggested)
        if decision is None:
            raise InputError("{action} decides nothing", action=command.do)
        return decision

    entry = store.decide(owner, state.entry.id, repaired(reviewer.strip())[:200], choose)
    keep = command.do == "code"
    return dataclasses.replace(state, entry=entry, suggested=state.suggested if keep else None)


def _suggested(
    command: Command, state: SessionState, linker: Linking | None
) -> tuple[str, tuple[Code, ...]] | None:
    """The item's codes to choose from, those it carries first; None closes the list that is open."""
    assert state.entry is not None
    item = state.entry.reviewed.find(command.fields["item"])
    if state.suggested and state.suggested[0] == item.id:
        return None
    if linker is None:
        raise InputError("codes need the coding extra: pip install 'elmtex[coding]'")
    linked = linker.link(item.item.text, state.entry.schema.category(item.category))
    return item.id, tuple({(c.system, c.code): c for c in (*linked, *item.item.codes)}.values())
