"""Clinical texts whose sections are labelled by people: unlabelled reports for a teacher, and gold
for a section detector."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elmtex.types import InputError


@dataclass(frozen=True, slots=True)
class SectionedText:
    """A text and its sections.

    Args:
        id, source, lang, split: as in :class:`elmtex.types.Record`.
        text: as the corpus has it, headings included.
        sections: (type in the corpus's own words, start, end) in order: half-open code points,
            without the heading.
    """

    id: str
    source: str
    lang: str
    text: str
    sections: tuple[tuple[str, int, int], ...]
    split: str


def rows(
    folder: Path, files: Mapping[str, str], columns: Sequence[str]
) -> Iterator[tuple[str, str, list[str]]]:
    """The rows of a corpus's CSV files: the file's name without its ending, its split, the wanted
    columns.

    Args:
        files: the split of each file by its name; those that are not there are passed over.

    Raises:
        InputError: none of them is there, one lacks a column, or a row is cut short.
    """
    there = [(folder / name, split) for name, split in files.items() if (folder / name).is_file()]
    if not there:
        raise InputError(f"no CSV file of the corpus in {folder}; expected {', '.join(files)}")
    for file, split in there:
        with file.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), 1):
                if missing := [name for name in columns if name not in row]:
                    raise InputError(f"{file}: lacks the column {missing[0]!r}")
                if any(row[name] is None for name in columns):
                    raise InputError(f"{file}: row {number} is cut short")
                yield file.stem, split, [row[name] for name in columns]
