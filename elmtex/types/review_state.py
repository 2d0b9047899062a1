"""How far a human has reviewed an extraction, as its exports state it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who judged, and when.

    Args:
        reviewer: the name the reviewer gave; "" for none.
        at: ISO 8601 with its offset from UTC; "" where it is not known.
    """

    reviewer: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class ReviewState:
    """How far a human has reviewed an extraction.

    Args:
        items: category and position of each item that a human accepted, edited or added.
        finished: the review is over: nothing is open, and nothing was missed.
        judgements: of those items, by whom and when each was last judged; one may be missing.
        last: the latest decision; of a finished review the sign-off.

    Examples:
        >>> ReviewState(frozenset({("diagnosis", 0)})).state
        'begun'
    """

    items: frozenset[tuple[str, int]] = frozenset()
    finished: bool = False
    judgements: Mapping[tuple[str, int], Judgement] = field(default_factory=dict)
    last: Judgement = Judgement()

    @property
    def state(self) -> str:
        """``finished``, ``begun`` or ``none``."""
        return "finished" if self.finished else "begun" if self.items else "none"


NOT_REVIEWED = ReviewState()
