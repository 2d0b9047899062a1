"""NegEx's sentences: of real, de-identified notes, each with one marked concept and what is said of it.

Source: Chapman et al. 2001, doi 10.1006/jbin.2001.1029; the annotated sentences of github
chapmanbe/negex, Apache-2.0. They are measured on; no loader of records, since the category of a
concept is not annotated.

The kit gives the concept's words, not their place, so :func:`load` takes a table with the
columns of :data:`COLUMNS`, tab-separated: the offsets are half-open code points of the sentence.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from corpora.shared.fetch import Source
from elmtex.types import InputError

SOURCE = Source(name="negex", licence="Apache-2.0", files=())
COLUMNS = ("sentence", "concept_start", "concept_end", "negation", "temporality", "experiencer")

Temporality = Literal["recent", "historical", "hypothetical"]
Experiencer = Literal["patient", "other"]
# The kit's own words for them.
_TEMPORALITY: Mapping[str, Temporality] = {
    "Recent": "recent",
    "Historical": "historical",
    "Not particular": "hypothetical",
}
_EXPERIENCER: Mapping[str, Experiencer] = {"Patient": "patient", "Family member": "other"}
_NEGATION = {"Negated": True, "Affirmed": False}
TEMPORALITIES: tuple[Temporality, ...] = get_args(Temporality)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its concept.

    Args:
        id: unique; the line of the file.
        text: the sentence.
        start, end: the concept's span, half-open code points.
        negated: the sentence denies the concept.
        temporality: ``hypothetical`` is what may come ("return if fever"), ``historical`` what was.
        experiencer: whose it is; ``other`` is a relative's.
    """

    id: str
    text: str
    start: int
    end: int
    negated: bool
    temporality: Temporality
    experiencer: Experiencer


def load(path: Path) -> Iterator[Sentence]:
    """The sentences of a table, in its order.

    Args:
        path: the table, or the folder with its ``sentences.tsv``.

    Raises:
        InputError: it is not there, or a line is not as expected; the message never quotes it.
    """
    file = path / "sentences.tsv" if path.is_dir() else path
    if not file.is_file():
        raise InputError(
            f"{file} does not exist: pass the table of NegEx's sentences, or its folder"
        )
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if missing := set(COLUMNS).difference(rows.fieldnames or ()):
            raise InputError(
                f"{file} lacks the column {min(missing)!r}: it needs {', '.join(COLUMNS)}"
            )
        for number, row in enumerate(rows, 2):
            try:
                yield _sentence(row, number)
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f"{file}:{number}: not a sentence of NegEx's ({type(error).__name__}): see corpora/negex.py"
                ) from None


def _sentence(row: Mapping[str, str], number: int) -> Sentence:
    text, start, end = row["sentence"], int(row["concept_start"]), int(row["concept_end"])
    if not 0 <= start < end <= len(text):
        raise ValueError
    return Sentence(
        id=f"negex-{number}",
        text=text,
        start=start,
        end=end,
        negated=_NEGATION[row["negation"]],
        temporality=_TEMPORALITY[row["temporality"]],
        experiencer=_EXPERIENCER[row["experiencer"]],
    )
