"""Let teachers label raw reports: silver records for a student to learn from.

    python -m training.label --out runs/label --data data --teachers finetuned drugs icd10cm hpo doid=HumanDO.tsv \\
        --pool mts_dialog=MTS/ aci_bench=ACI/ phee ncbi-disease grascco=GRASCCO/ notes/ --at-once 2 --test
    python -m training.student --config training/configs/student-minilm.yaml --data data --output_dir runs/distilled \\
        --silver runs/label/silver.jsonl --sources silver --mixture silver=1

A teacher is ``finetuned`` or ``finetuned=ADAPTER``, ``student=FOLDER``, ``naive=MODEL`` or ``icl=MODEL`` (here, or on
``--server``), or an ontology: drugs, icd10cm, hpo, doid=HumanDO.tsv, rxnorm=RXNCONSO.RRF, snomed-disorders=FILE,
snomed-findings=FILE (RF2, descriptions). Every subset of them, merged by union and by vote, is scored on DEV; in each category
the best one labels the pool.

The folder --out gets answers.jsonl (a killed run resumes from it), silver.jsonl (records; each item says by whom it is),
scores.json (every subset on DEV, the chosen ones on TEST with ``--test``) and record.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from elmtex.extractors.base import CHAT, EXTRACTORS, Extractor, open_extractor
from elmtex.provenance import digest, environment, utc
from elmtex.schema import load_schema
from elmtex.storage import AppendedLines, write_whole, writing
from elmtex.types import ElmtexError, Extraction, InputError, Item, Record
from eval.data import load_records
from eval.run import PACKAGES
from training.ontologies import CATEGORIES, OntologyExtractor
from training.pool import RawReport, load_pool
from training.votes import TASKS, Answers, Choice, choices, merged, score

SCHEMA = "elmtex"


def label(given: argparse.Namespace) -> dict[str, Any]:
    """Label a pool; what scores.json holds.

    Raises:
        InputError: a teacher, the pool or the data cannot be used.
    """
    out, data = given.out, given.data
    out.mkdir(parents=True, exist_ok=True)
    began = time.time()
    dev = _measured(data / "dev.jsonl", given.limit)
    test = _measured(data / "test.jsonl", given.limit) if given.test else []
    pool = list(load_pool(given.pool, data, given.limit))
    if not pool:
        raise InputError("the pool holds no report: name a corpus or files by --pool")
    teachers = {
        spec.partition("=")[0]: open_teacher(spec, given.server, data) for spec in given.teachers
    }
    texts = list(dict.fromkeys([r.text for r in (*dev, *test)] + [r.text for r in pool]))
    answered = _answered(out / "answers.jsonl", teachers, texts, given.at_once)

    def of(text: str) -> Answers:
        return {teacher: answers[text] for teacher, answers in answered.items()}

    measured = [of(record.text) for record in dev]
    keys = load_schema(SCHEMA).keys
    scores: dict[str, Any] = {
        "tasks": {name: _ranked(dev, measured, teachers, own) for name, own in TASKS.items()},
        "categories": {key: _ranked(dev, measured, teachers, (key,)) for key in keys},
    }
    if test:
        scores["test"] = _on_test(test, [of(record.text) for record in test], scores["tasks"])
    chosen = {
        key: _choice(rows[0])
        for key, rows in scores["categories"].items()
        if rows and rows[0]["relaxed"]
    }
    counts = _write_silver(out / "silver.jsonl", pool, [of(r.text) for r in pool], chosen)
    write_whole(out / "scores.json", json.dumps(scores, indent=1) + "\n")
    record = {
        "command": sys.argv,
        **environment(PACKAGES),
        "teachers": {name: _identity(teacher) for name, teacher in teachers.items()},
        "chosen": {key: choice.to_dict() for key, choice in chosen.items()},
        "reports": {"pool": len(pool), "dev": len(dev), "test": len(test), **counts},
        "silver": hashlib.sha256((out / "silver.jsonl").read_bytes()).hexdigest(),
        "started": utc(began),
        "seconds": round(time.time() - began, 1),
    }
    write_whole(out / "record.json", json.dumps(record, indent=2) + "\n")
    return scores


def open_teacher(spec: str, server: str | None, data: Path) -> Extractor:
    """The teacher of a ``NAME`` or ``NAME=PATH``; icl draws its examples from ``data``'s human labels.

    Raises:
        InputError: there is none of that name, or its model or file cannot be used.
    """
    name, _, path = spec.partition("=")
    if name in CATEGORIES:
        return OntologyExtractor(name, Path(path) if path else None)
    if name not in EXTRACTORS:
        raise InputError(
            f"unknown teacher {name!r}: use one of: {', '.join((*EXTRACTORS, *CATEGORIES))}"
        )
    chat: dict[str, Any] = {}
    if name in CHAT:
        chat["server"] = server
    if name == "icl":
        train = load_records(str(data / "train.jsonl"), "jsonl", "train")
        chat["examples"] = [record for record in train if record.source == "maccrobat"]
    return open_extractor(name, SCHEMA, model=path or None, attributes=False, **chat)


def _measured(path: Path, limit: int | None) -> list[Record]:
    return load_records(str(path), "jsonl", "all", limit)


def _answered(
    path: Path, teachers: Mapping[str, Extractor], texts: Sequence[str], at_once: int
) -> dict[str, dict[str, Extraction]]:
    """Each teacher's answers by text; those not in the file yet are asked for and added to it."""
    from tqdm import tqdm

    lines = AppendedLines(path, "a labelling")
    found: dict[str, dict[str, Extraction]] = {}
    with lines.appending() as append:
        known = {row["key"]: Extraction.from_dict(row["extraction"]) for _, row in lines.rows()}
        for name, teacher in teachers.items():
            own = json.dumps(_identity(teacher), sort_keys=True)
            keys = {
                text: hashlib.sha256(f"{own}\0{text}".encode(errors="surrogatepass")).hexdigest()
                for text in texts
            }
            todo = [(keys[text], text) for text in texts if _is_open(known.get(keys[text]))]
            if todo:
                teacher.load()
            threads = (
                1
                if teacher.settings()["strategy"] in CHAT and not teacher.settings().get("server")
                else at_once
            )
            for key, extraction in tqdm(
                teacher.extract_many(todo, at_once=threads),
                name,
                total=len(todo),
                unit="report",
                mininterval=10,
            ):
                append({"key": key, "teacher": name, "extraction": extraction.to_dict()})
                known[key] = extraction
            found[name] = {text: known[keys[text]] for text in texts}
    return found


def _is_open(extraction: Extraction | None) -> bool:
    return extraction is None or extraction.status == "failed"


def _identity(teacher: Extractor) -> dict[str, Any]:
    """What a teacher's answers depend on beside the report."""
    return {"model": teacher.model_name, **teacher.settings(), "digest": digest(teacher.folders())}


def _ranked(
    records: Sequence[Record],
    answers: Sequence[Answers],
    teachers: Mapping[str, Extractor],
    categories: Sequence[str],
) -> list[dict[str, Any]]:
    """The choices of the teachers who know one of the categories, with their figures, best first."""
    able = [name for name, t in teachers.items() if set(categories) & set(t.schema.keys)]
    rows = [
        {**choice.to_dict(), **score(records, answers, choice, categories).figures()}
        for choice in choices(able)
    ]
    return sorted(rows, key=lambda row: -((row["exact"] or 0) + (row["relaxed"] or 0)))


def _choice(row: Mapping[str, Any]) -> Choice:
    return Choice(tuple(row["teachers"]), row["merge"])


def _on_test(
    records: Sequence[Record], answers: Sequence[Answers], tasks: Mapping[str, Any]
) -> dict[str, Any]:
    """Each teacher alone on TEST, and the subset that is best on DEV."""
    known: dict[str, Any] = {}
    for name, rows in tasks.items():
        wanted = [row for row in rows if len(row["teachers"]) == 1 or row is rows[0]]
        known[name] = [
            {
                **_choice(row).to_dict(),
                "chosen": row is rows[0],
                **score(records, answers, _choice(row), TASKS[name]).figures(),
            }
            for row in wanted
        ]
    return known


def _write_silver(
    path: Path, pool: Sequence[RawReport], answers: Sequence[Answers], chosen: Mapping[str, Choice]
) -> dict[str, int]:
    """Write the pool's records. A report that a chosen teacher failed on is left out: what it did not say is unknown."""
    counts = {"silver": 0, "failed": 0, "items": 0}
    asked = {teacher for choice in chosen.values() for teacher in choice.teachers}
    with writing(path, errors="backslashreplace") as file:
        for report, given in zip(pool, answers, strict=True):
            if any(given[teacher].status not in ("ok", "empty_report") for teacher in asked):
                counts["failed"] += 1
                continue
            row = _silver(report, given, chosen)
            counts["silver"] += 1
            counts["items"] += sum(map(len, row["items"].values()))
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return counts


def _silver(report: RawReport, given: Answers, chosen: Mapping[str, Choice]) -> dict[str, Any]:
    """A record's row; each item has the names of those who gave it as ``by``."""
    labels = {key: merged(given, choice, (key,)) for key, choice in chosen.items()}
    items: dict[str, tuple[Item, ...]] = {
        key: tuple(label.item for label in found) for key, found in labels.items() if found
    }
    row = Record(
        report.id, "silver", report.lang, report.text, tuple(chosen), items, "train"
    ).to_dict()
    for key, rows in row["items"].items():
        for item, own in zip(rows, labels[key], strict=True):
            item["by"] = list(own.by)
    return row


def _summary(scores: Mapping[str, Any]) -> Iterator[str]:
    for name, rows in (*scores["tasks"].items(), *scores["categories"].items()):
        if rows and rows[0]["exact"] is not None:
            best = rows[0]
            names = f" {best['merge']} ".join(best["teachers"])
            yield f"{name:<34}{best['exact']:.3f} {best['relaxed']:.3f}  {names}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Label; 0 done, 2 when an input cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m training.label",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data", type=Path, required=True, help="folder made by training.prepare")
    parser.add_argument("--teachers", nargs="+", required=True, metavar="NAME[=PATH]")
    parser.add_argument("--pool", nargs="+", required=True, metavar="NAME[=PATH]|PATH")
    parser.add_argument("--server", metavar="URL", help="naive, icl: an OpenAI-compatible server")
    parser.add_argument("--at-once", type=int, default=1, help="reports labelled at the same time")
    parser.add_argument(
        "--limit", type=int, help="only the first so many reports of each source, DEV and TEST"
    )
    parser.add_argument("--test", action="store_true", help="measure on TEST, too")
    given = parser.parse_args(arguments)
    try:
        for line in _summary(label(given)):
            print(line)
    except ElmtexError as error:
        print(f"training.label: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
