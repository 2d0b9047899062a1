"""Reports written and marked up for the project, after MACCROBAT's conventions: ``en/*.txt`` and
``de/*.txt``, each one report in the notation of :mod:`corpora.markup`, every mention marked.
``dev-*.txt`` are kept from training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from corpora.markup import read_markup, record_of
from elmtex.types import InputError, Record


def load(folder: Path) -> Iterator[Record]:
    """The records of a folder of marked-up reports, by language and name; all 15 categories are
    labelled.

    Raises:
        InputError: no report is there, or one is not well-formed; names the file.
    """
    files = sorted(folder.glob("*/*.txt"))
    if not files:
        raise InputError(f"no marked-up reports (LANGUAGE/NAME.txt) in {folder}")
    for file in files:
        try:
            text, marks = read_markup(file.read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as error:
            raise InputError(f"{file}: {error}") from None
        lang = file.parent.name
        record = record_of(text, marks, f"{lang}/{file.stem}", "written", lang)
        yield replace(record, split="dev" if file.stem.startswith("dev-") else "train")
