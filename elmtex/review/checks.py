"""What a decision must fulfil before it is stored, and which attributes an edited item keeps."""

from __future__ import annotations

from elmtex.review.decisions import Decision, Reviewed, ReviewedItem, next_undo
from elmtex.schema import Category, CategorySchema
from elmtex.types import N_, Attribute, InputError, Item

NAMELESS = N_("a review is finished under the reviewer's name: give it first")


def kept_attributes(before: ReviewedItem, item: Item, category: Category) -> tuple[Attribute, ...]:
    """The attributes that an item has after an edit of its words, place or category.

    Accepting, rejecting, and a change of assertion or code leave attributes as they are. An edit keeps them while
    the item still stands, in part at least, where it stood, or has no place and the same words; an item that moved
    elsewhere is another mention, and what belonged to the old one goes. Of those kept, the types go that the
    category does not list. Edited back to the model's words and category, an item has the model's attributes again.

    Args:
        before: the item as it is.
        item: the item as it will be; its own attributes do not count.
        category: where it will be.
    """
    there = (_place(item), category.key)
    if before.machine is not None and there == (_place(before.machine), before.machine_category):
        # An edit that changes nothing but the assertion takes nothing back.
        unmoved = there == (_place(before.item), before.category)
        return before.item.attributes if unmoved else before.machine.attributes
    if not _touch(before.item, item):
        return ()
    known = {t.key for t in category.attributes}
    return tuple(a for a in before.item.attributes if a.type in known)


def _place(item: Item) -> tuple[int | None, int | None, str]:
    return item.start, item.end, item.text


def _touch(one: Item, other: Item) -> bool:
    """Whether two items share a character of the report, or, where one has no place, their words."""
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return one.text.split() == other.text.split()
    return one.start < other.end and other.start < one.end


def check(decision: Decision, report: str, state: Reviewed, schema: CategorySchema) -> None:
    """Refuse a decision that cannot be applied, or an item that claims words the report does not
    have.

    Raises:
        InputError: says which part; never quotes the report.
    """
    for id in decision.items:
        state.find(id)
    if decision.action in ("edit", "add"):
        if decision.item is None or decision.category is None:
            raise InputError("{action} needs an item and its category", action=decision.action)
        category = schema.category(decision.category)
        _check_item(decision.item, report)
        _check_attributes(decision.item, report, category)
    if decision.action == "edit" and len(decision.items) != 1:
        raise InputError("edit takes one item, not {count}", count=len(decision.items))
    if decision.action in ("accept", "reject") and not decision.items:
        raise InputError("{action} needs the items it concerns", action=decision.action)
    latest = next_undo(state)
    if decision.action == "undo" and (latest is None or decision.undoes != latest.undoes):
        raise InputError("only the latest decision can be taken back")
    if decision.action == "finish":
        if state.open:
            if state.open == 1:
                raise InputError("one item is still open: accept or reject it first")
            raise InputError(
                "{count} items are still open: accept or reject them first", count=state.open
            )
        if not any(map(str.isalnum, decision.reviewer)):
            raise InputError(NAMELESS)


def _check_item(item: Item, report: str) -> None:
    if not item.text.strip():
        raise InputError("an item needs words")
    _check_span(item, report)


def _check_attributes(item: Item, report: str, category: Category) -> None:
    known = {t.key for t in category.attributes}
    for attribute in item.attributes:
        if attribute.type not in known:
            raise InputError("an attribute is of a type that its item's category does not list")
        if not attribute.text.strip():
            raise InputError("an attribute needs words")
        _check_span(attribute, report)


def _check_span(found: Item | Attribute, report: str) -> None:
    if found.start is None and found.end is None:
        return
    if found.start is None or found.end is None or not 0 <= found.start < found.end <= len(report):
        raise InputError(
            "the span {start}:{end} lies outside the report of {length} characters",
            start=found.start,
            end=found.end,
            length=len(report),
        )
    if report[found.start : found.end] != found.text:
        raise InputError(
            "the words are not those at {start}:{end} of the report",
            start=found.start,
            end=found.end,
        )
