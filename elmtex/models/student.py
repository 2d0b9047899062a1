"""Students: small encoders that label a report's words, in folders of their own, and what is known of them.

:mod:`training.student` writes such a folder; see :mod:`elmtex.models.encoder_folder`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from elmtex.decoding.chain import Chain
from elmtex.decoding.labelled import Layout
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

FACTS = "student.json"
STUDENTS = Kind(
    "student",
    FACTS,
    Path(__file__).parent / "students",
    "python -m training.student --config training/configs/student-minilm.yaml --data data --output_dir runs/student",
    "give --model runs/student",
)
FILES = STUDENTS.files


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
    folder = STUDENTS.folder(model)
    path = folder / FACTS
    known = read_facts(path)
    keys = words_of(known, "keys", "categories", path)
    around = ids_of(known, "before", path), ids_of(known, "after", path)
    return Student(
        name=word(known, "name", folder.name, path),
        folder=folder,
        encoder=word(known, "encoder", "?", path),
        layout=Layout(keys, *window_of(known, path), *around),
        chain=chain_of(known, len(keys), path),
        threshold=number(known.get("threshold", 0.0), "threshold", path, is_share),
        calibration=calibration(known, path),
    )


def has_packaged_student() -> bool:
    """Whether a student is packaged with this version."""
    return STUDENTS.has_packaged()
