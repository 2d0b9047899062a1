"""The door to the metrics of evaluation, which are the lab's and in no wheel: the page scores where they are installed.

As with ``elmtex eval``, the lab is reached by its name, and what it must be able to do is written down here.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any, Protocol, cast

from elmtex.types import Extraction, Record

METRICS = "eval.metrics"  # a module of the source checkout


class Count(Protocol):
    """Items of a category that are right, wrong and missed."""

    tp: int
    fp: int
    fn: int


class Sample(Protocol):
    """The scores of one report."""

    @property
    def id(self) -> str: ...

    @property
    def exact(self) -> Any:
        """A :class:`Count` for each category."""


class Metrics(Protocol):
    """What the page needs of :mod:`eval.metrics`."""

    def score_sample(self, gold: Record, predicted: Extraction, *, id: str) -> Sample: ...

    def aggregate(self, samples: Sequence[Sample]) -> dict[str, Any]: ...


def metrics() -> Metrics | None:
    """The metrics that ``python -m eval.run`` uses; None where they are not installed."""
    try:
        found = importlib.util.find_spec(METRICS) is not None
    except ModuleNotFoundError:
        return None
    module = importlib.import_module(METRICS) if found else None
    # Somebody else's package may be called eval.
    known = all(hasattr(module, name) for name in ("score_sample", "aggregate"))
    return cast("Metrics", module) if known else None
