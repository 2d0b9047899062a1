"""Attribute readers: small encoders that label the attributes of given items, in folders of their own, and what is known of them.

:mod:`training.attribute_reader` writes such a folder; see :mod:`elmtex.models.encoder_folder`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from elmtex.decoding.attribute_labels import AttributeLayout
from elmtex.decoding.chain import Chain
from elmtex.models.encoder_folder import Kind, chain_of, ids_of, window_of, words_of
from elmtex.models.facts import (
    Calibration,
    calibration,
    interpolated,
    is_share,
    number,
    read_facts,
    word,
)
from elmtex.types import InputError

FACTS = "attributes.json"
READERS = Kind(
    "attribute reader",
    FACTS,
    Path(__file__).parent / "attribute_readers",
    "python -m training.attribute_reader --config training/configs/attributes-minilm.yaml --data data "
    "--output_dir runs/attributes",
    "calibrate an adapter with it",
)


@dataclass(frozen=True)
class AttributeReader:
    """An attribute reader in a folder.

    Args:
        name: its name in extractions.
        folder: where it lies.
        encoder: name of the encoder it was trained from.
        layout: how it reads a report.
        chain: how labels follow one another, a chain for each type.
        threshold: least probability of an attribute that is kept
            (:func:`elmtex.decoding.attribute_labels.attributes`), as chosen on DEV.
        calibration: points that turn an attribute's probability into its confidence.
    """

    name: str
    folder: Path
    encoder: str
    layout: AttributeLayout
    chain: Chain
    threshold: float = 0.0
    calibration: Calibration = ()

    def calibrated(self, score: float) -> float:
        """The confidence in an attribute of this probability."""
        return interpolated(score, self.calibration)


def load_attribute_reader(model: str | Path | None = None) -> AttributeReader:
    """Read an attribute reader's folder; its weights are not loaded yet.

    Args:
        model: the folder, or the name of a packaged one; None takes the packaged one, the last by name.

    Raises:
        InputError: there is none, or it is damaged; says which command makes one.
    """
    folder = READERS.folder(model)
    path = folder / FACTS
    known = read_facts(path)
    keys = known.get("known")
    if not isinstance(keys, dict) or not keys:
        raise InputError(f"{path}: known must list attribute types by category; train it again")
    types = {key: words_of(keys, key, "attribute types", path) for key in keys}
    around = ids_of(known, "before", path), ids_of(known, "after", path)
    return AttributeReader(
        name=word(known, "name", folder.name, path),
        folder=folder,
        encoder=word(known, "encoder", "?", path),
        layout=(layout := AttributeLayout(types, *window_of(known, path), *around)),
        chain=chain_of(known, len(layout.types), path),
        threshold=number(known.get("threshold", 0.0), "threshold", path, is_share),
        calibration=calibration(known, path),
    )
