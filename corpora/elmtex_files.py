"""ELMTEX's own corpus: reports with a summary of 15 strings, without offsets; its strings are
aligned to spans.

Files ``en|de/{train,test}.json``: a list of ``{"report": str, "summary": {category: str}}``, the
items of a string joined by ";", "N/A" when there are none. Source: ELMTEX, arXiv 2502.05638; Zenodo
10.5281/zenodo.14793810, CC BY 4.0.

A summary's string may be the report's own words or a paraphrase. It becomes a span where it occurs
in the report verbatim, or after white-space and case folding; otherwise it stays an ungrounded item
(``start`` None). The files do not mark negation: every item is ``present``, and "no fever" is an
item with its "no".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from corpora.maccrobat import CATEGORIES
from corpora.shared.fetch import Download, Source
from elmtex.text.align import align
from elmtex.types import InputError, Record

SOURCE = Source(
    name="elmtex_files",
    licence="CC BY 4.0",
    files=(Download("elmtex.zip", "https://zenodo.org/api/records/14793810/files-archive", None),),
)


def load(path: Path) -> Iterator[Record]:
    """The records of every file that is there.

    Args:
        path: the folder that holds ``en`` and ``de``, or one of them.

    Raises:
        InputError: no file is there, or one is not in the format above.
    """
    files = [
        (path / lang / f"{split}.json", lang, split)
        for lang in ("en", "de")
        for split in ("train", "test")
    ]
    files = [row for row in files if row[0].is_file()]
    if not files:
        raise InputError(
            f"no en|de/train|test.json in {path}: pass the folder of ELMTEX's Zenodo files"
        )
    for file, lang, split in files:
        for number, row in enumerate(_rows(file)):
            yield Record(
                id=f"{lang}-{split}-{number}",
                source="elmtex_files",
                lang=lang,
                text=row["report"],
                labelled=CATEGORIES,
                items={
                    key: align(row["report"], split_items(row["summary"].get(key, "N/A")))
                    for key in CATEGORIES
                },
                split=split,
            )


def split_items(summary: str) -> tuple[str, ...]:
    """The items of one summary field, each once, in order; empty for "N/A"."""
    items = (" ".join(part.split()) for part in summary.split(";"))
    return tuple(dict.fromkeys(i for i in items if i and i.lower() not in ("n/a", "na", "none")))


def _rows(file: Path) -> list[Mapping[str, Any]]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: not UTF-8 JSON ({error.__class__.__name__})") from None
    sound = isinstance(rows, list) and all(
        isinstance(row, dict)
        and isinstance(row.get("report"), str)
        and isinstance(row.get("summary"), dict)
        and all(isinstance(value, str) for value in row["summary"].values())
        for row in rows
    )
    if not sound:
        raise InputError(
            f'{file}: expected a list of {{"report": text, "summary": {{category: text}}}}'
        )
    return rows
