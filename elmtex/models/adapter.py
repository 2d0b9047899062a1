"""The fine-tuned adapters that come with elmtex, and what is known of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elmtex.models.base import DEFAULT_MODEL
from elmtex.models.facts import (
    Calibration,
    calibration,
    interpolated,
    is_share,
    number,
    read_facts,
    word,
)
from elmtex.models.integrity import check_folder, write_digests
from elmtex.models.lexicon import FILE as LEXICON
from elmtex.types import InputError

LAYOUTS = ("words", "described", "json")
_FOLDER = Path(__file__).parent / "adapters"
_OWN_SCHEMAS = "schemas-"  # the name of an adapter for schemas of one's own begins so


@dataclass(frozen=True)
class AttributeSettings:
    """Settings of an adapter that was trained on attributes.

    Args:
        calibration: as an adapter's, for the probability of an attribute.
        threshold: least probability of an attribute that is kept.
        bias: added to the logit of "no further attribute".
    """

    calibration: Calibration = ()
    threshold: float = 0.0
    bias: float = 0.0

    def calibrated(self, score: float) -> float:
        """The confidence in an attribute of this probability."""
        return interpolated(score, self.calibration)


@dataclass(frozen=True)
class OwnSchemaSettings:
    """How sure an adapter is of the items of schemas whose categories it was not trained on.

    Args:
        calibration, threshold: as an adapter's, fitted on schemas kept from training whole.
        template_threshold: the threshold of a template's categories, which it was trained on, and of a few beside the standard
            ones; None is that of the others.
    """

    calibration: Calibration
    threshold: float
    template_threshold: float | None = None

    def calibrated(self, score: float) -> float:
        """The confidence in an item of this probability."""
        return interpolated(score, self.calibration)


@dataclass(frozen=True)
class OpinionSettings:
    """How a student's opinion of an item changes how sure an adapter is of it
    (:mod:`elmtex.extractors.second_opinion`).

    Args:
        student: the student it was fitted with, as :func:`elmtex.models.student.load_student` takes it.
        digest: of that student's files.
        weights: of the features, logits of a logistic regression.
        bias: its constant.
        calibration, threshold: as an adapter's, for the regression's probability.
    """

    student: str
    digest: str
    weights: tuple[float, ...]
    bias: float
    threshold: float
    calibration: Calibration = ()

    def calibrated(self, score: float) -> float:
        """The confidence in an item of this probability."""
        return interpolated(score, self.calibration)


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter in a folder: PEFT's files and ``elmtex.json``; or a model that one was merged
    into.

    Args:
        name: its name in extractions.
        folder: where it lies; None when it is merged into its base.
        base: the base model it was trained on, as :func:`elmtex.models.base.base_folder` takes it.
        calibration: (score, probability) points, ascending, that turn the model's probability of an
            item into the fraction of such items that were correct on DEV; empty when it was not
            calibrated.
        layout: what it was trained to write: ``words`` (a margin note for each word), ``described`` (the same, asked
            for with the categories' descriptions) or ``json`` (a chat's answer).
        biases: added to the logits of ``open``, ``absent`` or ``possible`` where they are allowed.
        threshold: least probability of an item that is kept (:func:`elmtex.decoding.select.group`),
            as chosen on DEV.
        attributes: its settings for attributes; None when it was not trained on them.
        second_opinion: how a student is listened to; None when it was not calibrated with one.
        lexicon: file of the words that its second opinion knows; None where there is none.
        own_schemas: its settings for schemas of one's own; None when it was not calibrated on such.
        attribute_reader: the encoder that reads the attributes of what it finds, as
            :func:`elmtex.models.attribute_reader.load_attribute_reader` takes it; None when it writes them itself.
    """

    name: str
    folder: Path | None
    base: str
    calibration: Calibration
    biases: Mapping[str, float] = field(default_factory=dict)
    layout: str = "words"
    threshold: float = 0.0
    attributes: AttributeSettings | None = None
    second_opinion: OpinionSettings | None = None
    own_schemas: OwnSchemaSettings | None = None
    attribute_reader: str | None = None
    lexicon: Path | None = None

    def calibrated(self, score: float) -> float:
        """The confidence in an item of this probability."""
        return interpolated(score, self.calibration)


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
        InputError: it is not one, or not what its ``digests.json`` says, or a value in it is not a
            number; says which file is missing or wrong.
    """
    path = folder / "elmtex.json"
    merged = path.is_file() and (folder / "config.json").is_file()
    if not merged:
        if not (folder / "adapter_config.json").is_file():
            raise InputError(f"{folder} holds no adapter: adapter_config.json is missing")
        # A merged model's weights are looked at when they are read.
        check_folder(
            folder, "install or copy it again, or remove digests.json when the change was meant"
        )
    facts = read_facts(path) if path.is_file() else {}
    layout = word(facts, "layout", "words", path)
    if layout not in LAYOUTS:
        raise InputError(f"{path}: layout {layout!r} is unknown: elmtex reads {', '.join(LAYOUTS)}")
    return Adapter(
        name=word(facts, "name", folder.name, path),
        folder=None if merged else folder,
        base=str(folder) if merged else word(facts, "base", DEFAULT_MODEL, path),
        calibration=calibration(facts, path),
        biases=_biases(facts, path),
        layout=layout,
        threshold=number(facts.get("threshold", 0.0), "threshold", path, is_share),
        attributes=_attributes(facts, path),
        attribute_reader=None
        if facts.get("attribute_reader") is None
        else word(facts, "attribute_reader", "", path),
        second_opinion=_second_opinion(facts, path),
        own_schemas=_own_schemas(facts, path),
        lexicon=folder / LEXICON if (folder / LEXICON).is_file() else None,
    )


def write_adapter_digests(folder: Path) -> None:
    """Record the digests of an adapter's files, for :func:`load_adapter` to compare."""
    names = [f"adapter_{part}" for part in ("config.json", "model.safetensors", "model.bin")]
    names = [name for name in [*names, "elmtex.json", LEXICON] if (folder / name).is_file()]
    write_digests(folder, "python -m training; see record.json", names)


def _biases(facts: Mapping[str, Any], path: Path) -> dict[str, float]:
    biases = facts.get("biases", {})
    if not isinstance(biases, dict):
        raise InputError(f"{path}: biases is {biases!r}: it must be an object of numbers")
    if unknown := set(biases) - {"open", "present", "absent", "possible"}:
        raise InputError(
            f"{path}: biases of {sorted(unknown)}: only open, present, absent, possible have one"
        )
    return {name: number(bias, f"the bias of {name}", path) for name, bias in biases.items()}


def _attributes(facts: Mapping[str, Any], path: Path) -> AttributeSettings | None:
    settings = facts.get("attributes")
    if settings is None:
        return None
    if not isinstance(settings, dict):
        raise InputError(f"{path}: attributes is {settings!r}: it must be an object")
    return AttributeSettings(
        calibration(settings, path),
        number(settings.get("threshold", 0.0), "the threshold of attributes", path, is_share),
        number(settings.get("bias", 0.0), "the bias of attributes", path),
    )


def _own_schemas(facts: Mapping[str, Any], path: Path) -> OwnSchemaSettings | None:
    settings = facts.get("own_schemas")
    if settings is None:
        return None
    if not isinstance(settings, dict):
        raise InputError(f"{path}: own_schemas is {settings!r}: it must be an object")
    return OwnSchemaSettings(
        calibration(settings, path),
        number(settings.get("threshold", 0.0), "the threshold of own schemas", path, is_share),
        None
        if settings.get("template_threshold") is None
        else number(settings["template_threshold"], "the threshold of templates", path, is_share),
    )


def _second_opinion(facts: Mapping[str, Any], path: Path) -> OpinionSettings | None:
    settings = facts.get("second_opinion")
    if settings is None:
        return None
    if not isinstance(settings, dict) or not isinstance(settings.get("weights"), list):
        raise InputError(
            f"{path}: second_opinion is {settings!r}: it must be an object with weights; calibrate the model again"
        )
    return OpinionSettings(
        word(settings, "student", "", path),
        word(settings, "digest", "", path),
        tuple(number(w, "a weight of the second opinion", path) for w in settings["weights"]),
        number(settings.get("bias"), "the bias of the second opinion", path),
        number(settings.get("threshold"), "the threshold of the second opinion", path, is_share),
        calibration(settings, path),
    )


def packaged_adapter(own_schema: bool = False) -> Adapter | None:
    """The adapter packaged with this version, if there is one: the last by name, numbers as such.

    Args:
        own_schema: the one for schemas of one's own, which was trained to read labels that it does not know; where
            there is none, the other.
    """
    folders = [path for path in _FOLDER.glob("*") if (path / "adapter_config.json").is_file()]
    of_kind = [path for path in folders if path.name.startswith(_OWN_SCHEMAS) == own_schema]
    if own_schema and not of_kind:
        return packaged_adapter()
    return load_adapter(max(of_kind, key=_order)) if of_kind else None


def _order(folder: Path) -> list[tuple[int, str]]:
    return [(int(n or 0), word) for n, word in re.findall(r"([0-9]+)|([^0-9]+)", folder.name)]
