"""Bootstrap over reports (Efron 1979): percentile intervals of one run, and two runs compared
report by report.

A *statistic* maps weights (B, n) to values (B,): row b says how often each of the n reports was
drawn. All ones give the estimate itself. So one definition of a figure serves its value, its
interval and its comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Statistic = Callable[[Array], Array]

LEVEL = 0.95
RESAMPLES = 1000
SEED = 0


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The draws of one evaluation; every figure of it uses the same ones.

    Args:
        weights: (B, n) counts; each row sums to n.
    """

    weights: Array

    @classmethod
    def draw(cls, n: int, resamples: int = RESAMPLES, seed: int = SEED) -> Bootstrap:
        """Draw ``resamples`` times n reports with replacement."""
        generator = np.random.default_rng(seed)
        return cls(generator.multinomial(n, np.full(n, 1.0 / n), size=resamples).astype(np.float64))

    def value(self, statistic: Statistic) -> float | None:
        """The figure over the reports themselves; None when it is not defined (nothing to divide
        by)."""
        return number(statistic(np.ones((1, self.weights.shape[1])))[0])

    def interval(self, statistic: Statistic) -> list[float] | None:
        """[low, high] of the 95% percentile interval; None with fewer than two reports or an
        undefined figure.

        Draws in which the figure is not defined (a rare category that was not drawn) are left out.
        """
        values = statistic(self.weights)
        values = values[np.isfinite(values)]
        if self.weights.shape[1] < 2 or self.value(statistic) is None or not len(values):
            return None
        tail = (1 - LEVEL) / 2
        low, high = np.quantile(values, [tail, 1 - tail])
        return [float(low), float(high)]

    def difference(self, first: Statistic, second: Statistic) -> dict[str, Any]:
        """``second - first`` over the same draws: paired, so reports that are hard for both cancel
        out.

        Returns:
            a, b: the two values; difference, ci: of ``b - a``; p: two-sided, from the share of
                draws on either side of
            0, never below 1 / (B + 1) (Davison & Hinkley 1997, 4.2.5). None where not defined.
        """

        def change(weights: Array) -> Array:
            return second(weights) - first(weights)

        draws = change(self.weights)
        draws = draws[np.isfinite(draws)]
        estimate = self.value(change)
        p: float | None = None
        if estimate is not None and len(draws):
            side = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
            p = min(1.0, 2 * (side + 1) / (len(draws) + 1))
        return {
            "a": self.value(first),
            "b": self.value(second),
            "difference": estimate,
            "ci": self.interval(change),
            "p": p,
        }


def ratio(numerator: Array, denominator: Array) -> Statistic:
    """The ratio of two sums over reports, each given per report (n,); nan where there is nothing to
    divide by."""
    return lambda weights: divide(weights @ numerator, weights @ denominator)


def divide(numerator: Array, denominator: Array) -> Array:
    """Element-wise quotient; nan where the denominator is 0."""
    out: Array = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator != 0)
    return out


def number(value: float) -> float | None:
    """A plain float for JSON, which has no nan."""
    return float(value) if np.isfinite(value) else None
