"""The reports to evaluate on: a corpus, one split of it, the first so many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from corpora import elmtex_files, maccrobat, ncbi_disease
from elmtex import records
from elmtex.text.normalisation import case_folded
from elmtex.types import InputError, Item, Record

LOADERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    "brat": maccrobat.load,
    "jsonl": records.load,
    "elmtex": elmtex_files.load,
    "ncbi": ncbi_disease.load,
}


def load_records(path: str, format: str, split: str, limit: int | None = None) -> list[Record]:
    """The records of a split in the corpus's own order, each item of a category at its first
    mention.

    Args:
        path: the corpus, as the loader of its format takes it.
        format: a key of :data:`LOADERS`.
        split: ``train``, ``dev``, ``test``; ``all`` takes every record, those without a split too.
        limit: only the first so many; None takes all.

    Raises:
        InputError: the corpus cannot be read, has an id twice, or nothing in that split.
    """
    every = list(LOADERS[format](Path(path)))
    if len({record.id for record in every}) < len(every):
        raise InputError(f"data {path!r} has an id twice: samples are told apart by their ids")
    chosen = [record for record in every if split in ("all", record.split)]
    if not chosen:
        has = sorted({record.split or "none" for record in every})
        raise InputError(
            f"data {path!r} has no reports in split {split!r}, only in: {', '.join(has) or 'no split'}; "
            "--split all takes every report"
        )
    return [with_first_mentions(record) for record in chosen[:limit]]


def with_first_mentions(record: Record) -> Record:
    """The record with each item once per category, at its first mention: a document lists facts,
    not mentions.

    MACCROBAT's gold is so by definition (docs/gold-standard.md, rule 5); the NCBI corpus labels
    every mention.
    """
    items = {}
    for key, row in record.items.items():
        first: dict[str, Item] = {}
        for item in row:
            first.setdefault(case_folded(item.text), item)
        items[key] = tuple(first.values())
    return replace(record, items=items)
