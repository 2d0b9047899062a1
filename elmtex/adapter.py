"""The fine-tuned adapters that come with elmtex, and what is known of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elmtex.types import InputError
from elmtex.weights import DEFAULT_MODEL

_FOLDER = Path(__file__).parent / "adapters"


Calibration = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class AttributeSettings:
    """How an adapter that was trained on attributes writes them.

    Args:
        calibration: as an adapter's, for the probability of an attribute.
        threshold: how likely an attribute must be to be kept.
        bias: what is added to the logit of "no further attribute".
    """

    calibration: Calibration = ()
    threshold: float = 0.0
    bias: float = 0.0

    def calibrated(self, score: float) -> float:
        """The confidence in an attribute of this probability."""
        return _interpolated(score, self.calibration)


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter in a folder: PEFT's files and ``elmtex.json``; or a model that one was merged into.

    Args:
        name: what documents call it.
        folder: where it lies; None when it is merged into its base.
        base: the base model it was trained on, as :func:`elmtex.weights.base_folder` takes it.
        calibration: (score, probability) points, ascending, that turn an item's probability as the model sees it into the share
            of such items that were right on DEV; empty when it was not calibrated.
        layout: what it was trained to write: ``words`` (a margin note for each word) or ``json`` (a chat's answer).
        biases: what is added to the logits of ``open``, ``absent`` or ``possible`` where one is chosen.
        threshold: how likely an item must be to be kept (:func:`elmtex.decoding.document.group`), as chosen on DEV.
        attributes: how it writes what belongs to an item; None when it was not trained to.
    """

    name: str
    folder: Path | None
    base: str
    calibration: Calibration
    biases: Mapping[str, float] = field(default_factory=dict)
    layout: str = "words"
    threshold: float = 0.0
    attributes: AttributeSettings | None = None

    def calibrated(self, score: float) -> float:
        """The confidence in an item of this probability."""
        return _interpolated(score, self.calibration)


def _interpolated(score: float, calibration: Calibration) -> float:
    if not calibration:
        return score
    import numpy as np

    scores, probabilities = zip(*calibration, strict=True)
    return float(np.interp(score, scores, probabilities))


def notes_adapter(folder: Path) -> Adapter:
    """Read the folder of an adapter that writes margin notes.

    Raises:
        InputError: it is none; see :func:`load_adapter`.
    """
    adapter = load_adapter(folder)
    if adapter.layout == "json":
        raise InputError(
            f"{folder} was trained to answer as a chat: merge it (python -m training.merge) and give the merged folder to "
            "--strategy naive"
        )
    return adapter


def load_adapter(folder: Path) -> Adapter:
    """Read the folder of an adapter, or of a model with one merged in.

    Raises:
        InputError: it is not one; says which file is missing or wrong.
    """
    path = folder / "elmtex.json"
    merged = path.is_file() and (folder / "config.json").is_file()
    if not merged and not (folder / "adapter_config.json").is_file():
        raise InputError(f"{folder} holds no adapter: adapter_config.json is missing")
    try:
        facts: Mapping[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    biases = {str(name): float(bias) for name, bias in facts.get("biases", {}).items()}
    layout = str(facts.get("layout", "words"))
    if layout not in ("words", "json"):
        raise InputError(f"{path}: layout {layout!r} is unknown: elmtex reads 'words' and 'json'")
    if unknown := set(biases) - {"open", "present", "absent", "possible"}:
        raise InputError(
            f"{path}: biases of {sorted(unknown)}: only open, present, absent, possible have one"
        )
    return Adapter(
        name=facts.get("name", folder.name),
        folder=None if merged else folder,
        base=str(folder) if merged else facts.get("base", DEFAULT_MODEL),
        calibration=_points(facts.get("calibration", ())),
        biases=biases,
        layout=layout,
        threshold=float(facts.get("threshold", 0.0)),
        attributes=_attributes(facts.get("attributes")),
    )


def _attributes(facts: Mapping[str, Any] | None) -> AttributeSettings | None:
    if facts is None:
        return None
    numbers = {name: float(facts.get(name, 0.0)) for name in ("threshold", "bias")}
    return AttributeSettings(_points(facts.get("calibration", ())), **numbers)


def _points(pairs: Iterable[tuple[float, float]]) -> Calibration:
    return tuple((float(x), float(y)) for x, y in pairs)


def packaged_adapter() -> Adapter | None:
    """The adapter that ships with this version, if there is one: the last by name, numbers as such."""
    folders = [path for path in _FOLDER.glob("*") if (path / "adapter_config.json").is_file()]
    return load_adapter(max(folders, key=_order)) if folders else None


def _order(folder: Path) -> list[tuple[int, str]]:
    return [(int(n or 0), word) for n, word in re.findall(r"([0-9]+)|([^0-9]+)", folder.name)]
