"""Students: small encoders that label a report's words, in folders of their own, and what is known of them.

A folder holds ``model.xml`` and ``model.bin`` (OpenVINO, int8 weights), ``tokenizer.json``, ``student.json`` and
``digests.json``; :mod:`training.student` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elmtex.decoding.chain import Chain
from elmtex.decoding.labelled import Layout
from elmtex.decoding.tokens import MAX_SENTENCE
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
from elmtex.types import InputError

FACTS = "student.json"
FILES = ("model.xml", "model.bin", "tokenizer.json", FACTS)  # what an extraction needs
COMMAND = (
    "python -m training.student --config training/configs/student-minilm.yaml --data data "
    "--output_dir runs/student"
)
_FOLDER = Path(__file__).parent / "students"


@dataclass(frozen=True)
class Student:
    """A student in a folder.

    Args:
        name: its name in extractions.
        folder: where it lies.
        encoder: name of the encoder it was trained from.
        layout: how it reads a report.
        chain: how labels follow one another.
        threshold: least probability of an item that is kept (:func:`elmtex.decoding.select.kept`), as chosen on DEV.
        calibration: points that turn an item's probability into its confidence, as an adapter's.
    """

    name: str
    folder: Path
    encoder: str
    layout: Layout
    chain: Chain
    threshold: float = 0.0
    calibration: Calibration = ()

    def calibrated(self, score: float) -> float:
        """The confidence in an item of this probability."""
        return interpolated(score, self.calibration)


def load_student(model: str | Path | None = None) -> Student:
    """Read a student's folder; its weights are not loaded yet.

    Args:
        model: the folder, or the name of a packaged student; None takes the packaged one, the last by name.

    Raises:
        InputError: there is none, or it is damaged; says which command makes one.
    """
    if model is None:
        folders = sorted(path.parent for path in _FOLDER.glob(f"*/{FACTS}"))
        if not folders:
            raise InputError(
                f"no student is packaged here: make one by `{COMMAND}`, and give --model runs/student"
            )
        folder = folders[-1]
    else:
        packaged = _FOLDER / str(model)
        folder = (
            packaged if Path(str(model)).name == str(model) and packaged.is_dir() else Path(model)
        )
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        raise InputError(
            f"{folder} holds no student: {missing[0]} is missing; make one by `{COMMAND}`"
        )
    check_folder(folder, "copy it there again, or remove digests.json when the change was meant")
    return _student(folder)


def has_packaged_student() -> bool:
    """Whether a student is packaged with this version."""
    return any(_FOLDER.glob(f"*/{FACTS}"))


def write_student_digests(folder: Path) -> None:
    """Record the digests of a student's files, for :func:`load_student` to compare."""
    write_digests(folder, "python -m training.student; see record.json", FILES)


def _student(folder: Path) -> Student:
    path = folder / FACTS
    known = read_facts(path)
    keys = known.get("keys")
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise InputError(f"{path}: keys is {keys!r}: it must list categories; train it again")
    window, context = (int(number(known.get(name), name, path)) for name in ("window", "context"))
    if context < 0 or window < MAX_SENTENCE + 2 * context:
        raise InputError(
            f"{path}: window {window} has no room for a sentence and its context: train it again"
        )
    return Student(
        name=word(known, "name", folder.name, path),
        folder=folder,
        encoder=word(known, "encoder", "?", path),
        layout=Layout(
            tuple(keys), window, context, _ids(known, "before", path), _ids(known, "after", path)
        ),
        chain=_chain(known, len(keys), path),
        threshold=number(known.get("threshold", 0.0), "threshold", path, is_share),
        calibration=calibration(known, path),
    )


def _ids(facts: Mapping[str, Any], key: str, path: Path) -> tuple[int, ...]:
    ids = facts.get(key, [])
    if not isinstance(ids, list) or not all(isinstance(id, int) and id >= 0 for id in ids):
        raise InputError(f"{path}: {key} is {ids!r}: it must list token ids; train it again")
    return tuple(ids)


def _chain(facts: Mapping[str, Any], categories: int, path: Path) -> Chain:
    import numpy as np

    arrays = []
    for key, shape in (("start", (categories, 3)), ("transitions", (categories, 3, 3))):
        try:
            array = np.array(facts.get(key), np.float64)
        except (TypeError, ValueError):
            array = np.zeros(0)
        if array.shape != shape or not np.isfinite(array).all():
            raise InputError(f"{path}: {key} must be numbers of shape {shape}; train it again")
        arrays.append(array)
    return Chain.of(*arrays)
