"""Reading what ``training`` wrote of a model's folder beside its weights: JSON whose every value is looked at."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from elmtex.types import InputError

Calibration = tuple[tuple[float, float], ...]


def read_facts(path: Path) -> dict[str, Any]:
    """The object in a file. Raises :class:`InputError` when it holds none."""
    try:
        known = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # UnicodeDecodeError is one
        raise InputError(f"{path} is not JSON: {error}") from None
    if not isinstance(known, dict):
        raise InputError(f"{path} must hold a JSON object, not a {type(known).__name__}")
    return known


def word(facts: Mapping[str, Any], key: str, default: str, path: Path) -> str:
    """A value that is a word."""
    word = facts.get(key, default)
    if not isinstance(word, str) or not word:
        raise InputError(f"{path}: {key} is {word!r}: it must be a word")
    return word


def is_share(number: float) -> bool:
    """Whether a number is from 0 to 1."""
    return 0 <= number <= 1


def number(
    value: Any, what: str, path: Path, allowed: Callable[[float], bool] = math.isfinite
) -> float:
    """The value as a number; with "nan" every report would be answered with nothing."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and allowed(value):
        return float(value)
    wanted = "a number from 0 to 1" if allowed is is_share else "a finite number"
    raise InputError(f"{path}: {what} is {value!r}: it must be {wanted}; calibrate the model again")


def calibration(facts: Mapping[str, Any], path: Path) -> Calibration:
    """The points that turn a probability into a confidence, ascending; () where there are none."""
    points = facts.get("calibration", [])
    if not isinstance(points, list) or not all(
        isinstance(point, list) and len(point) == 2 for point in points
    ):
        raise InputError(f"{path}: calibration must be a list of pairs; calibrate the model again")
    pairs = [tuple(number(x, "a point of calibration", path, is_share) for x in p) for p in points]
    if pairs != sorted(pairs):
        raise InputError(f"{path}: the points of calibration do not ascend; calibrate it again")
    return tuple((score, share) for score, share in pairs)


def interpolated(score: float, calibration: Calibration) -> float:
    """The confidence in something of this probability, which itself it is without points."""
    if not calibration:
        return score
    import numpy as np

    scores, probabilities = zip(*calibration, strict=True)
    return float(np.interp(score, scores, probabilities))
