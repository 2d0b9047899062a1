"""How far a review is, category by category, and by whom."""

from __future__ import annotations

from collections import Counter

from elmtex.review.decisions import Reviewed


def by_category(state: Reviewed) -> tuple[tuple[str, int, int], ...]:
    """Of each category with items: its key, how many were decided, and how many there are."""
    every = Counter(item.category for item in state.items)
    decided = Counter(item.category for item in state.items if item.verdict != "open")
    return tuple((key, decided[key], number) for key, number in every.items())


def by_reviewer(state: Reviewed) -> tuple[tuple[str, int], ...]:
    """Each reviewer with the number of items whose latest decision is theirs; "" for one without a name."""
    latest = {
        id: decision.reviewer
        for decision in state.standing
        for id in (*decision.items, *([f"d{decision.number}"] if decision.action == "add" else []))
    }
    return tuple(
        Counter(latest[i.id] for i in state.items if i.verdict != "open" and i.id in latest).items()
    )
