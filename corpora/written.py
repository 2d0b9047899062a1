"""Reports written and marked up for the project, after MACCROBAT's conventions: ``en/*.txt`` and
``de/*.txt``, each one report in the notation of :mod:`corpora.markup`, every mention marked, or
several with a line ``---`` between them. ``dev-*.txt`` are kept from training; ``c-*.txt`` and
``dev-c-*.txt`` mark allergies and the plan, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from corpora.maccrobat import CATEGORIES
from corpora.markup import CLINICAL, Mark, read_markup, record_of
from elmtex.types import InputError, Record


def load(folder: Path) -> Iterator[Record]:
    """The records of a folder of marked-up reports, by language and name (``c-s01-3`` is the third
    of c-s01.txt); all categories of the schema ``elmtex`` are labelled, or of ``clinical``.

    Raises:
        InputError: no report is there, or one is not well-formed; names the file.
    """
    files = sorted(folder.glob("*/*.txt"))
    if not files:
        raise InputError(f"no marked-up reports (LANGUAGE/NAME.txt) in {folder}")
    for file in files:
        lang, name = file.parent.name, file.stem.removeprefix("dev-")
        categories = CLINICAL if name.startswith("c-") else CATEGORIES
        split = "dev" if name != file.stem else "train"
        for number, (text, marks) in enumerate(_reports(file), 1):
            id = f"{lang}/{file.stem}" if number == 1 else f"{lang}/{file.stem}-{number}"
            record = record_of(text, marks, id, "written", lang, categories)
            yield replace(record, split=split)


def _reports(file: Path) -> list[tuple[str, list[Mark]]]:
    try:
        parts = file.read_text(encoding="utf-8").split("\n---\n")
        return [read_markup(part.strip()) for part in parts]
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: {error}") from None
