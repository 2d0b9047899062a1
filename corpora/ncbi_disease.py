"""The NCBI disease corpus: PubMed abstracts with every disease mention labelled.

Source: Doğan et al. 2014, doi 10.1016/j.jbi.2013.12.006; github spyysalo/ncbi-disease, public
domain.

It labels diseases only, whoever has them, so records label ``diagnosis`` alone. Modifiers are not
part of its spans ("severe", "left-sided"), unlike MACCROBAT's grown ones, and nothing is marked as
negated: all present.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from corpora.shared.fetch import Source, from_github
from corpora.shared.spans import item_at, without_overlap
from elmtex.types import InputError, Item, Record

FILES = {
    "train": "train/NCBItrainset_corpus.txt",
    "dev": "devel/NCBIdevelopset_corpus.txt",
    "test": "test/NCBItestset_corpus.txt",
}
SOURCE = Source(
    name="ncbi_disease",
    licence="public domain (United States government work)",
    files=from_github(
        "spyysalo/ncbi-disease",
        "5a266c6fc76fb2b5184cfa397ff0a5ecdb133aec",
        "original-data",
        {
            FILES["train"]: "f311381b28a6d0f641f57f4a963bb83619c2bdec5cd9caabb1381f894d5db817",
            FILES["dev"]: "02db559974624ae9cbe6cd95d64d953e6926bb63afb6b25b63e53bd8b41a4b55",
            FILES["test"]: "61c8050bf6979ef7b943ec1158dfc03b651ea3367d4c37356f9de4841e85c9a3",
        },
    ),
)


def load(path: Path) -> Iterator[Record]:
    """One record per abstract: its title, a space and its text; a PMID that comes twice counts
    once.

    Args:
        path: the folder ``original-data`` (or the one above it) with the three corpus files.

    Raises:
        InputError: a file is missing, or an annotation does not fit its text.
    """
    folder = path / "original-data" if (path / "original-data").is_dir() else path
    seen: set[str] = set()
    for split, name in FILES.items():
        file = folder / name
        if not file.is_file():
            raise InputError(
                f"{file} is missing: pass the folder original-data of the NCBI disease corpus"
            )
        for block in file.read_text(encoding="utf-8").split("\n\n"):
            if block.strip():
                record = _record(block.strip().split("\n"), split, file)
                if record.id not in seen:
                    seen.add(record.id)
                    yield record


def _record(lines: list[str], split: str, file: Path) -> Record:
    """A block: ``PMID|t|title``, ``PMID|a|abstract``, then ``PMID start end mention type concept``
    rows."""
    try:
        pmid, _, title = lines[0].split("|", 2)
        abstract = lines[1].split("|", 2)[2]
        rows = [line.split("\t") for line in lines[2:]]
        offsets = [(int(row[1]), int(row[2]), row[3]) for row in rows]
    except (IndexError, ValueError):
        raise InputError(
            f"{file}: a block is not in PubTator form (title, abstract, mentions)"
        ) from None
    text = f"{title} {abstract}"
    items: list[Item] = []
    for start, end, mention in offsets:
        # One mention of the published file has trailing spaces.
        if text[start:end] != mention.rstrip():
            raise InputError(f"{file}: mention {start}:{end} of {pmid} is not there in its text")
        items.append(item_at(text, start, end))
    return Record(
        id=pmid,
        source="ncbi_disease",
        lang="en",
        text=text,
        labelled=("diagnosis",),
        items={"diagnosis": without_overlap(items, unique=False)},
        split=split,
    )
