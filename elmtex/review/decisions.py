"""Decisions about a model's extraction, and the state they lead to.

Nothing is ever overwritten: the state is the model's extraction with the decisions applied in
order. Undo is one more decision, which names the one it takes back; so what the model said and who
changed it, when, both stay on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from elmtex.types import Extraction, InputError, Item, Judgement, ReviewState

Action = Literal["accept", "reject", "edit", "add", "undo", "finish"]
Verdict = Literal["open", "accepted", "rejected", "edited", "added"]


@dataclass(frozen=True, slots=True)
class Decision:
    """One act of a reviewer.

    Args:
        action: accept or reject ``items``; edit the one item named there; add ``item``; undo the
            decision ``undoes``; finish the review.
        items: ids of the items concerned; () for add, undo and finish.
        category: for edit and add: the item's category afterwards.
        item: for edit and add: the whole item afterwards (words, span, assertion, chosen codes,
            attributes).
        undoes: for undo: the number of the decision taken back.
        number: its place in the review, from 1; 0 until it is stored.
        reviewer: the name the reviewer gave; may be empty, but not of finish.
        at: when, ISO 8601 in UTC; "" until it is stored.
    """

    action: Action
    items: tuple[str, ...] = ()
    category: str | None = None
    item: Item | None = None
    undoes: int | None = None
    number: int = 0
    reviewer: str = ""
    at: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The decision as JSON, without number, reviewer and time, which the store keeps beside it."""
        return {
            "action": self.action,
            "items": list(self.items),
            "category": self.category,
            "item": self.item.to_dict() if self.item else None,
            "undoes": self.undoes,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], number: int, reviewer: str, at: str) -> Decision:
        """The inverse of :meth:`to_dict`."""
        item = data.get("item")
        return cls(
            data["action"],
            tuple(data.get("items", ())),
            data.get("category"),
            Item.from_dict(item) if item else None,
            data.get("undoes"),
            number,
            reviewer,
            at,
        )


@dataclass(frozen=True, slots=True)
class ReviewedItem:
    """An item after the decisions.

    Args:
        id: ``m0``, ``m1`` … for the model's items in document order, ``d7`` for one added by
            decision 7.
        category: where it belongs now.
        item: what it says now.
        verdict: what was decided about it.
        machine: the model's item; None for one a human added.
        machine_category: where the model put it; None for one a human added.
    """

    id: str
    category: str
    item: Item
    verdict: Verdict
    machine: Item | None
    machine_category: str | None

    @property
    def kept(self) -> bool:
        """Whether it is exported."""
        return self.verdict != "rejected"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The state of a review.

    Args:
        items: all items, rejected ones included, in report order within their category.
        standing: decisions that have not been taken back, in order.
        finished: a reviewer said so, has changed nothing since, and nothing is open.
    """

    items: tuple[ReviewedItem, ...]
    standing: tuple[Decision, ...]
    finished: bool

    @property
    def open(self) -> int:
        """How many items wait for a decision."""
        return sum(item.verdict == "open" for item in self.items)

    @property
    def settled(self) -> bool:
        """Whether a human has reviewed all of it; with no items, whether the review is finished."""
        return self.finished or (bool(self.items) and not self.open)

    def of(self, category: str) -> tuple[ReviewedItem, ...]:
        """The items of a category, rejected ones included."""
        return tuple(item for item in self.items if item.category == category)

    def find(self, id: str) -> ReviewedItem:
        """The item of that id. Raises :class:`InputError` when there is none."""
        for item in self.items:
            if item.id == id:
                return item
        raise InputError("there is no item {id!r} in this review", id=id)

    @property
    def review_state(self) -> ReviewState:
        """Which items of :meth:`corrected` a human has reviewed; rejected ones are not among its
        items."""
        latest = {id: d for d in self.standing for id in (*d.items, f"d{d.number}")}
        seen: dict[str, int] = {}
        places: dict[tuple[str, int], Judgement] = {}
        for entry in self.items:
            if entry.kept:
                place = seen[entry.category] = seen.get(entry.category, -1) + 1
                if entry.verdict != "open":
                    by = latest[entry.id]
                    places[entry.category, place] = Judgement(by.reviewer, by.at)
        last = self.standing[-1] if self.standing else Decision("finish")
        return ReviewState(
            frozenset(places), self.finished, places, Judgement(last.reviewer, last.at)
        )

    def corrected(self, extraction: Extraction) -> Extraction:
        """The document as the reviewer left it: without the rejected items, with the edited and
        added ones.

        An accepted, edited or added item has no confidence: a human has reviewed it. One still open
        keeps its own. Attributes keep theirs: nobody reviews them one by one yet.
        """
        kept = [entry for entry in self.items if entry.kept]
        categories = {
            key: tuple(
                entry.item if entry.verdict == "open" else replace(entry.item, confidence=None)
                for entry in kept
                if entry.category == key
            )
            for key in extraction.categories
        }
        return replace(extraction, categories=categories)


def fold(extraction: Extraction, decisions: Iterable[Decision]) -> Reviewed:
    """The state after decisions.

    Args:
        extraction: the model's output.
        decisions: those of its review, in order of their numbers.

    Raises:
        InputError: a decision names an item, category or decision that there is not.
    """
    all_of_them = tuple(decisions)
    taken_back = {decision.undoes for decision in all_of_them if decision.action == "undo"}
    standing = tuple(
        decision
        for decision in all_of_them
        if decision.action != "undo" and decision.number not in taken_back
    )
    places = ((key, item) for key, items in extraction.categories.items() for item in items)
    state = {
        f"m{number}": ReviewedItem(f"m{number}", key, item, "open", item, key)
        for number, (key, item) in enumerate(places)
    }
    for decision in standing:
        _apply(decision, state, extraction.categories)
    order = {key: place for place, key in enumerate(extraction.categories)}
    items = sorted(
        state.values(), key=lambda e: (order[e.category], e.item.start is None, e.item.start or 0)
    )
    # Whatever was decided after the end has opened it again.
    finished = bool(standing) and standing[-1].action == "finish"
    return Reviewed(
        tuple(items), standing, finished and all(entry.verdict != "open" for entry in items)
    )


def _apply(
    decision: Decision, state: dict[str, ReviewedItem], categories: Mapping[str, Any]
) -> None:
    if decision.category is not None and decision.category not in categories:
        raise InputError("decision {number} names an unknown category", number=decision.number)
    match decision.action:
        case "add":
            assert decision.category is not None and decision.item is not None
            id = f"d{decision.number}"
            state[id] = ReviewedItem(id, decision.category, decision.item, "added", None, None)
        case "edit":
            assert decision.category is not None and decision.item is not None
            (id,) = decision.items
            after = replace(
                _known(state, id, decision), category=decision.category, item=decision.item
            )
            state[id] = replace(after, verdict=_verdict("accept", after))
        case "accept" | "reject":
            for id in decision.items:
                before = _known(state, id, decision)
                state[id] = replace(before, verdict=_verdict(decision.action, before))


def _verdict(action: Action, entry: ReviewedItem) -> Verdict:
    """Accepting does not hide that an item was edited or added; it takes a rejection back."""
    if action == "reject":
        return "rejected"
    if entry.machine is None:
        return "added"
    as_it_was = (entry.item, entry.category) == (entry.machine, entry.machine_category)
    return "accepted" if as_it_was else "edited"


def _known(state: Mapping[str, ReviewedItem], id: str, decision: Decision) -> ReviewedItem:
    if id not in state:
        # An added item whose adding was undone: what came after it cannot be applied alone.
        raise InputError(
            "decision {number} concerns {id!r}, which is not there", number=decision.number, id=id
        )
    return state[id]


def next_undo(state: Reviewed) -> Decision | None:
    """The decision that undoes the latest valid one; None when nothing was decided."""
    if not state.standing:
        return None
    return Decision("undo", undoes=state.standing[-1].number)
