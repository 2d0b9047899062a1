"""Turns public corpora, reviewed reports and synthetic ones into train, dev and test JSONL.

    python -m training.prepare --out data/ --maccrobat MACCROBAT2020/ --phee phee2/
    python -m training.prepare --out data/ --maccrobat --synthetic-en 2000 --synthetic-de 2000

A source is used when its flag is given; a flag without PATH downloads the corpus, or finds it in
the cache. Written: train.jsonl; dev.jsonl and test.jsonl (MACCROBAT's gold, the split every number
names, and reviewed reports that carry a split); dev_other.jsonl and test_other.jsonl (the other
corpora's own splits); record.json. Train rows of MACCROBAT carry every mention, dev and test rows
the gold. No text of dev or test is in train.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from corpora import elmtex_files, maccrobat, ncbi_disease, phee, schemas, synthetic, written
from corpora.shared.fetch import Source, locate
from corpora.shared.shingles import ShingleIndex
from elmtex import records
from elmtex.provenance import digest_of_data, environment, utc
from elmtex.storage import write_whole
from elmtex.types import ASSERTIONS, ElmtexError, InputError, Record

# A train text goes when so much of it, or of a held-out text, is in the other; among train texts,
# near copies.
HELD_OUT_CONTAINMENT = 0.5
TRAIN_CONTAINMENT = 0.8
FILES = ("test", "dev", "test_other", "dev_other", "train")
WHOLE_REPORT_GOLD = ("maccrobat", "reviewed")
WRITTEN = Path(__file__).parent / "written"
SCHEMAS = Path(__file__).parent / "schemas"
FETCH = Path("<public source>")  # a corpus flag without PATH


@dataclass(frozen=True, slots=True)
class Config:
    """What to prepare, and where to.

    Args:
        out: the folder for the JSONL files and record.json; made when missing.
        corpora: folder of each corpus to use, by its name; None fetches it.
        reviewed: gold JSONL files of reviewed reports.
        written: folder of marked-up reports (:mod:`corpora.written`); None uses none.
        schemas: folder of schemas with their reports (:mod:`corpora.schemas`); None uses none.
        synthetic: number of synthetic reports by language; seeded, so the same number gives the
            same reports.
    """

    out: Path
    corpora: Mapping[str, Path | None]
    reviewed: tuple[Path, ...] = ()
    written: Path | None = None
    schemas: Path | None = None
    synthetic: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Records by destination file, and how many of each source were left out and why.

    ``annotations`` counts single annotations of the records that stayed, where the corpus's loader
    says what it drops.
    """

    files: Mapping[str, list[Record]]
    left_out: Mapping[tuple[str, str], int]
    annotations: Mapping[tuple[str, str], int] = field(default_factory=dict)


def _maccrobat(path: Path, annotations: Counter[tuple[str, str]]) -> Iterator[Record]:
    """Every mention to train on, the gold to measure with."""
    mentions: maccrobat.LeftOut = Counter()
    gold: maccrobat.LeftOut = Counter()
    yield from (r for r in maccrobat.load_mentions(path, mentions) if r.split == "train")
    yield from (r for r in maccrobat.load(path, gold) if r.split != "train")
    for dropped, splits in ((mentions, ("train",)), (gold, ("dev", "test"))):
        for (split, why), count in dropped.items():
            if split in splits:
                annotations["maccrobat", why] += count


CORPORA: Mapping[str, tuple[Source, Callable[..., Iterable[Record]]]] = {
    "maccrobat": (maccrobat.SOURCE, _maccrobat),
    "elmtex-files": (elmtex_files.SOURCE, elmtex_files.load),
    "phee": (phee.SOURCE, phee.load),
    "ncbi-disease": (ncbi_disease.SOURCE, ncbi_disease.load),
}


COUNTING = (_maccrobat,)  # loaders that say which annotations they drop


def prepare(
    sources: Iterable[Record], annotations: Mapping[tuple[str, str], int] | None = None
) -> Prepared:
    """Sorts records into files and drops duplicates, held-out texts first.

    Args:
        sources: records in order of preference: of two near copies the earlier stays.
        annotations: what the sources' loaders drop, counted as they are read; None when they do not
            say.
    """
    files: dict[str, list[Record]] = {name: [] for name in FILES}
    left_out: Counter[tuple[str, str]] = Counter()
    for record in sources:
        name = destination(record)
        if name is None:
            left_out[record.source, "outside the fixed split"] += 1
        elif not record.text.strip():
            left_out[record.source, "empty text"] += 1
        else:
            files[name].append(record)
    held_out, train = ShingleIndex(), ShingleIndex()
    for name in FILES:
        indices = [(held_out, HELD_OUT_CONTAINMENT, "copy of a held-out text")]
        if name == "train":
            indices.append((train, TRAIN_CONTAINMENT, "copy of a train text"))
        files[name] = list(_without_copies(files[name], indices, left_out))
    return Prepared(files, left_out, dict(annotations or {}))


def destination(record: Record) -> str | None:
    """The file, without its suffix, that a record belongs in; None when the fixed split leaves it
    out."""
    if record.split in ("dev", "test"):
        return record.split if record.source in WHOLE_REPORT_GOLD else f"{record.split}_other"
    if record.source == "maccrobat" and record.split is None:
        return None
    return "train"


def _without_copies(
    rows: Iterable[Record],
    indices: Sequence[tuple[ShingleIndex, float, str]],
    left_out: Counter[tuple[str, str]],
) -> Iterator[Record]:
    """The rows that no index holds a near copy of; each kept text is added to the last index.

    Rows of one text with different categories are views of it: they stay or go together.
    """
    fates: dict[str, str | None] = {}
    seen: set[tuple[str, str | None, tuple[str, ...]]] = set()
    for row in rows:
        if row.text not in fates:
            fates[row.text] = next(
                (why for index, most, why in indices if index.containment(row.text) >= most), None
            )
            if fates[row.text] is None:
                indices[-1][0].add(row.text)
        view = (row.text, row.schema, row.labelled)
        why = fates[row.text] or ("same text and categories" if view in seen else None)
        seen.add(view)
        if why is None:
            yield row
        else:
            left_out[row.source, why] += 1


def read_sources(
    config: Config, annotations: Counter[tuple[str, str]] | None = None
) -> Iterator[Record]:
    """Every record of the configured sources: reviewed reports, corpora, written reports, those of
    many schemas, synthetic ones last.

    ``annotations`` is counted up with those that loaders drop, by source and reason.
    """
    annotations = Counter() if annotations is None else annotations
    for path in config.reviewed:
        for record in records.load(path):
            yield replace(record, source="reviewed")
    for name, folder in config.corpora.items():
        source, load = CORPORA[name]
        place = locate(source, folder)
        try:
            yield from load(place, annotations) if load in COUNTING else load(place)
        except (UnicodeError, csv.Error) as error:
            raise InputError(
                f"{place} holds a file that is not the corpus {name}'s ({type(error).__name__})"
            ) from None
    if config.written is not None:
        yield from written.load(config.written)
    if config.schemas is not None:
        yield from schemas.load(config.schemas)
    for lang, count in config.synthetic.items():
        yield from synthetic.generate(lang, count)


def table(prepared: Prepared) -> str:
    """What came from where, a line for each file and source, and what was left out."""
    lines = [
        f"{'file':<12}{'source':<14}{'lang':<6}{'records':>8}{'items':>9}{'absent':>8}{'possible':>9}{'ungrounded':>11}"
    ]
    for name, rows in prepared.files.items():
        groups: dict[tuple[str, str], Counter[str]] = {}
        for row in rows:
            counts = groups.setdefault((row.source, row.lang), Counter())
            counts["records"] += 1
            for items in row.items.values():
                counts.update(item.assertion for item in items)
                counts["ungrounded"] += sum(not item.grounded for item in items)
        for (source, lang), counts in sorted(groups.items()):
            total = sum(counts[assertion] for assertion in ASSERTIONS)
            lines.append(
                f"{name:<12}{source:<14}{lang:<6}{counts['records']:>8}{total:>9}"
                f"{counts['absent']:>8}{counts['possible']:>9}{counts['ungrounded']:>11}"
            )
    lines += [
        f"left out: {source}: {count} ({why})"
        for (source, why), count in sorted(prepared.left_out.items())
    ]
    lines += [
        f"left out: {source}: {count} annotations ({why})"
        for (source, why), count in sorted(prepared.annotations.items())
    ]
    return "\n".join(lines)


def run_record(config: Config, prepared: Prepared) -> dict[str, Any]:
    """What it takes to tell whether two runs used the same data: inputs, counts, versions."""
    inputs = {name: locate(CORPORA[name][0], given) for name, given in config.corpora.items()}
    if config.written is not None:
        inputs["written"] = config.written
    if config.schemas is not None:
        inputs["schemas"] = config.schemas
    inputs |= {f"reviewed {path.name}": path for path in config.reviewed}
    return {
        "made": utc(time.time()),
        **environment(("faker-healthcare-provider",)),
        "inputs": {n: {"path": str(p), "sha256": digest_of_data(p)} for n, p in inputs.items()},
        "licences": {name: CORPORA[name][0].licence for name in config.corpora},
        "synthetic": dict(config.synthetic),
        "files": {
            f"{name}.jsonl": {
                "sha256": digest_of_data(config.out / f"{name}.jsonl"),
                **_counts(rows),
            }
            for name, rows in prepared.files.items()
        },
        "left_out": [
            {"source": source, "why": why, "records": count}
            for (source, why), count in sorted(prepared.left_out.items())
        ],
        "annotations_left_out": [
            {"source": source, "why": why, "annotations": count}
            for (source, why), count in sorted(prepared.annotations.items())
        ],
    }


def _counts(rows: Sequence[Record]) -> dict[str, Any]:
    items = [(key, item) for row in rows for key, found in row.items.items() for item in found]
    return {
        "records": dict(sorted(Counter(row.source for row in rows).items())),
        "items": dict(sorted(Counter(key for key, _ in items).items())),
        "ungrounded": sum(not item.grounded for _, item in items),
    }


def parse_arguments(arguments: Sequence[str] | None = None) -> Config:
    """The command line as a :class:`Config`; exits with 2 and a message when it cannot be
    understood."""
    parser = argparse.ArgumentParser(
        prog="python -m training.prepare", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    for name in CORPORA:
        parser.add_argument(
            f"--{name}",
            nargs="?",
            type=Path,
            const=FETCH,
            metavar="PATH",
            help=f"use {name}: from PATH, else from the cache or its public source",
        )
    parser.add_argument("--reviewed", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument(
        "--written",
        nargs="?",
        type=Path,
        const=WRITTEN,
        metavar="DIR",
        help="use the marked-up reports of DIR, else those of the project",
    )
    parser.add_argument(
        "--own-schemas",
        nargs="?",
        type=Path,
        const=SCHEMAS,
        metavar="DIR",
        help="use the schemas of DIR with their reports, else those of the project",
    )
    for lang in ("en", "de"):
        parser.add_argument(f"--synthetic-{lang}", type=int, default=0, metavar="N")
    given = vars(parser.parse_args(arguments))
    paths = {name: given[name.replace("-", "_")] for name in CORPORA}
    counts = {lang: given[f"synthetic_{lang}"] for lang in ("en", "de")}
    return Config(
        out=given["out"],
        corpora={n: None if p is FETCH else p for n, p in paths.items() if p is not None},
        reviewed=tuple(given["reviewed"]),
        written=given["written"],
        schemas=given["own_schemas"],
        synthetic={lang: count for lang, count in counts.items() if count > 0},
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the files of one configuration; 0 when done, 2 when an input cannot be used."""
    config = parse_arguments(arguments)
    given = (config.corpora, config.reviewed, config.written, config.schemas, config.synthetic)
    if not any(given):
        print("no source given: name at least one, e.g. --maccrobat PATH", file=sys.stderr)
        return 2
    try:
        annotations: Counter[tuple[str, str]] = Counter()
        prepared = prepare(read_sources(config, annotations), annotations)
        for name, rows in prepared.files.items():
            records.write(config.out / f"{name}.jsonl", rows)
        record = run_record(config, prepared)
    except ElmtexError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    write_whole(config.out / "record.json", text)
    print(table(prepared))
    return 0


if __name__ == "__main__":
    sys.exit(main())
