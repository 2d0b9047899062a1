"""Set what is not learnt by gradient, on DEV: the assertion biases, how probable an item must be to
be kept, and what its probability means.

    python -m training.calibrate runs/smollm2 --data data
    python -m training.calibrate runs/smollm2 --data data --student student-4 --attribute-reader attributes-1

Writes ``biases``, ``threshold`` and ``calibration`` into the run's elmtex.json, those of
``attributes``, too, when it was trained on them and DEV labels some, and ``second_opinion`` and lexicon.tsv, of the
words that ``train.jsonl`` marks, where a student is named, ``own_schemas`` where a folder of schemas is, and ``attribute_reader`` where one is; and what was tried,
the chosen row last, to calibration.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.schemas import halves
from elmtex.extractors.base import open_extractor
from elmtex.extractors.notes import NotesExtractor
from elmtex.models.adapter import load_adapter, write_adapter_digests
from elmtex.models.attribute_reader import load_attribute_reader
from elmtex.models.lexicon import FILE as LEXICON
from elmtex.models.lexicon import as_lines
from elmtex.storage import write_whole
from elmtex.types import ElmtexError, InputError, Record
from training.calibrate_opinion import calibrate_opinion
from training.calibrate_schemas import calibrate_schemas
from training.lexicon import lexicon_of
from training.thresholds import THRESHOLDS, best, isotonic, tried, without_pairs

OPENING = 1.5  # a note is opened when its probability is over .18; the threshold decides afterwards
ASSERTION_BIASES = tuple(np.arange(0.0, 3.1, 0.25))


def calibrate(
    run: Path,
    data: Path,
    thresholds: Sequence[float] = THRESHOLDS,
    schema: str = "elmtex",
    student: str | None = None,
    schemas: Path | None = None,
    attribute_reader: str | None = None,
) -> list[dict[str, Any]]:
    """Choose biases and threshold and fit the confidence on ``data/dev.jsonl``; the rows tried, the
    chosen one last.

    The assertion biases are those with the best macro F1 over the gold items' assertions, of
    ``data/dev_other.jsonl``, too: absence is worded in more ways than in DEV; sources that mark
    none there do not count. The threshold is the one with the best mean of exact and relaxed micro
    F1 of whole decodes. The confidence is fitted by isotonic regression against exact match.
    ``schema`` is a name or a file; only records that label nothing beside its categories count.
    ``student`` adds its second opinion and a lexicon's, fitted on DEV and on the written reports of
    ``data/dev_other.jsonl``: see :mod:`training.calibrate_opinion`. ``schemas``, a folder, sets how
    sure the adapter is of schemas it was not trained on: see :mod:`training.calibrate_schemas`.
    Attributes come last, on DEV, or on the reports of ``schemas``: see :mod:`training.calibrate_attributes`.
    ``attribute_reader`` is what reads those of the schemas that it knows.
    """
    from elmtex.schema import load_schema
    from eval.data import load_records

    wanted = load_schema(schema)
    if attribute_reader:
        load_attribute_reader(attribute_reader)  # what is not there need not be told in an hour
    lexicon = (
        lexicon_of(load_records(str(data / "train.jsonl"), "jsonl", "all")) if student else None
    )

    def held_out(path: Path) -> list[Record]:
        known = load_records(str(path), "jsonl", "all")
        of_schema = [record for record in known if record.schema in (None, wanted.name)]
        return [record for record in of_schema if set(wanted.keys).issuperset(record.labelled)]

    records, other = held_out(data / "dev.jsonl"), data / "dev_other.jsonl"
    if not records:
        raise InputError(f"{data / 'dev.jsonl'} labels no report with the categories of {schema}")
    others = held_out(other) if other.is_file() and other.stat().st_size else []
    marking = {record.source for record in others if _marks_assertions(record)}
    others = [record for record in others if record.source in marking]
    biases = {"open": OPENING, **_assertion_biases(run, [*records, *others], schema)}
    with tempfile.TemporaryDirectory() as scratch:
        trial = shutil.copytree(run, Path(scratch) / "run", ignore=lambda _, names: _foreign(names))
        write_settings(trial, biases=biases, threshold=0.0, calibration=[])
        extractor = open_extractor(
            "finetuned", schema, model=str(trial), attributes=False, second_opinion=False
        )
        assert isinstance(extractor, NotesExtractor)  # whose notes tell what was weighed
        notes = [extractor.notes(record.text).notes for record in records]
        kept = [r for r in others if r.source == "written"] if student else []
        more = [extractor.notes(record.text).notes for record in kept]
    rows = []
    for row in tried(records, notes, extractor.schema.keys, thresholds):
        rows.append({"biases": biases, **row})
        print(without_pairs(rows[-1]), flush=True)
    chosen = best(rows)
    if not chosen["correctness_pairs"]:
        raise InputError(
            f"{run} finds nothing in the {len(records)} records of DEV: train it longer"
        )
    rows = [without_pairs(row) for row in [*rows, chosen]]
    (run / LEXICON).unlink(missing_ok=True)
    write_settings(  # a second opinion of other settings would be wrong
        run,
        biases=biases,
        threshold=chosen["threshold"],
        calibration=isotonic(chosen["correctness_pairs"]),
        second_opinion=None,
        own_schemas=None,
        attribute_reader=None,
    )
    known = {"items": rows}
    if student and lexicon:
        settings, known["second_opinion"] = calibrate_opinion(
            student, [*records, *kept], [*notes, *more], extractor.schema.keys, lexicon
        )
        write_whole(run / LEXICON, as_lines(lexicon))
        write_settings(run, second_opinion=settings)
    if schemas:
        learnt, _ = halves([r for r in load_records(str(other), "jsonl", "all") if r.schema])
        settings, known["own_schemas"] = calibrate_schemas(run, learnt, schemas)
        write_settings(run, own_schemas=settings)
        print({"own_schemas": known["own_schemas"][-1]}, flush=True)
        files = {r.schema: schemas / f"{r.schema}.json" for r in learnt}
        known["attributes"] = _attributes(run, learnt, files)
    else:  # a record may name the schema
        known["attributes"] = _attributes(run, records, {r.schema: schema for r in records})
    write_settings(run, attribute_reader=attribute_reader)
    write_whole(run / "calibration.json", json.dumps(known, indent=2) + "\n")
    return rows


def _attributes(
    run: Path, records: Sequence[Record], schemas: Mapping[str | None, str | Path]
) -> list[dict[str, Any]]:
    """Write the settings of attributes; the rows tried, none where nothing can be set."""
    from training.calibrate_attributes import calibrate_attributes

    labelled = [record for record in records if record.attributes]
    if not labelled or load_adapter(run).attributes is None:
        return []
    tried, correctness_pairs = calibrate_attributes(run, labelled, schemas)
    settings = {name: tried[-1][name] for name in ("bias", "threshold")}
    calibration = isotonic(correctness_pairs) if correctness_pairs else []
    write_settings(run, attributes={**settings, "calibration": calibration})
    return tried


def _foreign(names: Sequence[str]) -> set[str]:
    """The files of a run's folder that are not part of the adapter."""
    return {n for n in names if not n.startswith("adapter_") and n != "elmtex.json"}


def _marks_assertions(record: Record) -> bool:
    return any(item.assertion != "present" for items in record.items.values() for item in items)


def write_settings(run: Path, **facts: Any) -> None:
    """Change some of an adapter's settings, and the digests of its files."""
    path = run / "elmtex.json"
    known = json.loads(path.read_text("utf-8"))
    write_whole(path, json.dumps({**known, **facts}, indent=2) + "\n")
    write_adapter_digests(run)


def _assertion_biases(run: Path, records: Sequence[Record], schema: str) -> dict[str, float]:
    """The logits to add to ``absent`` and ``possible`` for the best macro F1 over the gold items'
    assertions."""
    logits, gold, names = _assertion_logits(run, records, schema)
    best: tuple[float, dict[str, float]] = (-1.0, {})
    for absent, possible in product(ASSERTION_BIASES, ASSERTION_BIASES):
        biases: Mapping[str, float] = {"present": 0.0, "absent": absent, "possible": possible}
        chosen = (logits + [biases[name] for name in names]).argmax(1)
        score = np.mean([_f1(gold == c, chosen == c) for c in range(len(names))])
        if score > best[0]:
            best = float(score), {"absent": float(absent), "possible": float(possible)}
    return best[1]


def _f1(gold: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> float:
    total = int(gold.sum() + chosen.sum())
    return 2 * int((gold & chosen).sum()) / total if total else 1.0


def _assertion_logits(
    run: Path, records: Sequence[Record], schema: str
) -> tuple[NDArray[np.floating], NDArray[np.int64], list[str]]:
    """For every gold item: the assertion logits (n, 3), the right column (n,), and the columns'
    names."""
    import torch

    from elmtex.decoding.grammar import NoteGrammar
    from elmtex.decoding.tokens import read_tokenizer
    from elmtex.schema import load_schema
    from training.collate import LAYOUT, collate
    from training.data import Augmentation, Examples
    from training.merge import merged_model
    from training.trainer import scores

    base, model = merged_model(run)
    tokenizer, llama = read_tokenizer(base), model.eval()
    by_token = NoteGrammar.of(load_schema(schema), tokenizer).assertion_tokens
    own = (schema,) if Path(schema).is_file() else ()
    described = load_adapter(run).layout == "described"
    assertion_tokens = tuple(sorted(by_token))

    def rows() -> Iterator[tuple[NDArray[np.floating], int]]:
        plain = Augmentation(0, 0, 0, own, described=float(described))
        for part in Examples(records, tokenizer, epochs=1, seed=0, augmentation=plain, size=1024):
            decided = [d for d in part.decisions if d.allowed == assertion_tokens]
            at = torch.tensor([d.row for d in decided], dtype=torch.long)
            batch = collate([part])
            with torch.inference_mode():
                choices = torch.tensor(assertion_tokens).expand(len(decided), -1)
                table = scores(llama, {name: batch[name] for name in LAYOUT}, at, choices)
            yield from zip(table.numpy(), [d.chosen for d in decided], strict=True)

    logits, gold = zip(*rows(), strict=True)
    return np.stack(logits), np.array(gold), [by_token[token] for token in assertion_tokens]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="output folder of training.sft")
    parser.add_argument("--data", type=Path, required=True, help="folder made by training.prepare")
    parser.add_argument(
        "--schema", default="elmtex", help="name, or file of categories of your own"
    )
    parser.add_argument(
        "--student",
        metavar="NAME|FOLDER",
        help="fit the second opinion of this student, too: the name of a packaged one, or a folder",
    )
    parser.add_argument(
        "--schemas",
        type=Path,
        metavar="FOLDER",
        help="set the confidence in schemas of one's own, on the reports of this folder's held-out ones",
    )
    parser.add_argument(
        "--attribute-reader",
        metavar="NAME|FOLDER",
        help="the encoder that reads the attributes of what this adapter finds",
    )
    given = parser.parse_args()
    chosen = calibrate(
        given.run,
        given.data,
        schema=given.schema,
        student=given.student,
        schemas=given.schemas,
        attribute_reader=given.attribute_reader,
    )[-1]
    print(json.dumps(chosen))


if __name__ == "__main__":
    try:
        main()
    except ElmtexError as error:
        print(f"training.calibrate: {error}", file=sys.stderr)
        sys.exit(2)
