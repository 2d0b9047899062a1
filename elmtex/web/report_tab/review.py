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
    from elmtex.web.view import Shown


class Linking(Protocol):
    """The part of :class:`elmtex.coding.linker.Linker` the page uses."""

    def link(self, text: str, category: Category | None = None, limit: int = 5) -> list[Code]: ...


def carry_out(
    command: Command,
    shown: Shown,
    store: Store,
    linker: Linking | None,
    owner: str,
    reviewer: str,
) -> Shown:
    """The state after a command about the report under review.

    Raises:
        ElmtexError: the command does not fit; nothing was stored.
    """
    assert shown.entry is not None
    if command.on not in ("", shown.entry.id):
        raise InputError("this report is no longer the one that is shown: look at it again")
    if command.do == "file":
        return shown
    if command.do == "format":
        return dataclasses.replace(shown, format=command.fields["format"])
    if command.do == "codes":
        return dataclasses.replace(shown, suggested=_suggested(command, shown, linker))
    suggested = shown.suggested[1] if shown.suggested else ()

    def choose(entry: Entry) -> Decision:
        decision = decision_of(command, entry, suggested)
        if decision is None:
            raise InputError("{action} decides nothing", action=command.do)
        return decision

    entry = store.decide(owner, shown.entry.id, repaired(reviewer.strip())[:200], choose)
    keep = command.do == "code"
    return dataclasses.replace(shown, entry=entry, suggested=shown.suggested if keep else None)


def _suggested(
    command: Command, shown: Shown, linker: Linking | None
) -> tuple[str, tuple[Code, ...]] | None:
    """The item's codes to choose from, those it carries first; None closes the list that is open."""
    assert shown.entry is not None
    item = shown.entry.reviewed.find(command.fields["item"])
    if shown.suggested and shown.suggested[0] == item.id:
        return None
    if linker is None:
        raise InputError("codes need the coding extra: pip install 'elmtex[coding]'")
    linked = linker.link(item.item.text, shown.entry.schema.category(item.category))
    return item.id, tuple({(c.system, c.code): c for c in (*linked, *item.item.codes)}.values())
