"""What a click on the review screen does to the session's state and to the store."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Protocol

from elmtex.review import Decision, Entry, Store
from elmtex.schema import Category, CategorySchema
from elmtex.text.normalisation import repaired
from elmtex.types import Code, ElmtexError, InputError
from elmtex.web.batch_tab.batch import Batch
from elmtex.web.locale.messages import Words
from elmtex.web.report_tab.commands import Command, decision_of
from elmtex.web.report_tab.exports import File, file_of, files_of, pdf_of
from elmtex.web.state import SessionState, opened, without


class Linking(Protocol):
    """The part of :class:`elmtex.coding.linker.Linker` the page uses."""

    def load(self, schema: CategorySchema) -> None: ...

    def link(self, text: str, category: Category | None = None, limit: int = 5) -> list[Code]: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command.

    Args:
        state: the session's state after it; ``said`` is why it was refused.
        file: the file that was asked for; None without one.
        gone: the texts of the reports that were deleted.
    """

    state: SessionState
    file: File | None = None
    gone: tuple[str, ...] = ()


def outcome_of(
    command: Command,
    state: SessionState,
    batch: Batch,
    linker: Linking | None,
    owner: str,
    reviewer: str,
    words: Words,
) -> Outcome:
    """What comes of a command; one that does not fit changes nothing, and the state says why."""
    store, file = batch.store, None
    gone: tuple[str, ...] = ()
    try:
        if command.do == "delete":
            id = command.fields["review"]
            gone = (store.get(owner, id).text,)
            store.delete(owner, id)
            state = without(state, {id}, gone)
        elif command.do == "delete_all":
            entries = batch.entries(owner)
            gone = tuple(entry.text for entry in entries)
            batch.delete(owner)
            state = without(state, {entry.id for entry in entries}, gone)
        elif command.do == "batch_format":
            state = dataclasses.replace(state, batch_format=command.fields["format"])
        elif command.do == "batch_file":
            file = files_of(batch.each(owner), state.batch_format, words)
        elif command.do == "open":
            state = opened(store.get(owner, command.fields["review"]), state)
        elif command.do == "next":
            state = opened(store.get(owner, next_review(state, store, owner)), state)
        else:
            state = fresh(state, store, owner)
            if state.entry is None:
                raise InputError(words.review.gone)
            if command.do == "file":
                file = file_of(state.entry, state.format, words, evidence=state.evidence)
            elif command.do == "pdf":
                file = pdf_of(state.entry, words, evidence=state.evidence)
            state = carry_out(command, state, store, linker, owner, reviewer)
    except ElmtexError as error:
        return Outcome(dataclasses.replace(state, said=words.review.refused(error)))
    if file is not None and file.problem:
        state = dataclasses.replace(state, said=file.problem)
    return Outcome(state, file, gone)


def next_review(state: SessionState, store: Store, owner: str) -> str:
    """The id of the next report to review: the first after the one shown, in the order of lists, that is not finished.

    Raises:
        InputError: every report is reviewed.
    """
    lines = store.lines(owner)
    here = next(
        (n for n, line in enumerate(lines) if state.entry and line.id == state.entry.id), -1
    )
    for line in (*lines[here + 1 :], *lines[: max(here, 0)]):
        if line.extracted and not line.finished:
            return line.id
    raise InputError("there is no other report to review")


def fresh(state: SessionState, store: Store, owner: str) -> SessionState:
    """The state with the review as it stands: another tab may have decided something, or deleted it."""
    if state.entry is None:
        return state
    try:
        return dataclasses.replace(state, entry=store.get(owner, state.entry.id))
    except InputError:
        return SessionState()


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
    if command.do in ("file", "pdf"):
        return state
    if command.do == "evidence":
        return dataclasses.replace(state, evidence=command.fields["shown"])
    if command.do == "format":
        return dataclasses.replace(state, format=command.fields["format"])
    if command.do == "threshold":
        return dataclasses.replace(state, threshold=float(command.fields["value"]))
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
