"""A simulated reviewer: how good what ``elmtex adapt`` learns is, after how many corrected reports.

    python -m training.learning --out runs/learning
    python -m training.learning --out runs/learning --kiwi MTSample/
    python -m training.learning --out runs/learning --sizes 3 10 --orders random --docs docs/adapt.md
    python -m training.learning --out runs/smoke --smoke

The gold plays the corrections. Of each schema kept from training (training/schemas/dev-*), half of the reports may be corrected, the
other half is measured on; with --kiwi of Kiwi's notes, too, whose style and labels are others (nothing of that may be shipped). The
reports to correct come at random, or least sure first: those whose items the model after the last step is least sure of.

Every step is one command of this checkout, which is printed; what is done is not done again. Writes OUT/learning.md, and
OUT/learning.svg and .png; ``--docs`` puts the tables between the marks of a page, and the figure beside it. ``--smoke`` takes
one schema and a few steps of training: its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpora import kiwi, schemas
from elmtex import records
from elmtex.storage import write_whole
from elmtex.types import ElmtexError, Extraction, InputError, Record
from eval import results
from eval.data import with_first_mentions
from eval.metrics import Sample, aggregate
from eval.publish import between_marks
from eval.tables import Rows, estimate, markdown
from training.prepare import SCHEMAS
from training.study import run

SIZES = (3, 5, 10, 20, 40)  # corrected reports, as far as there are
ORDERS = {"random": "random", "unsure": "least sure first"}
SYSTEM = "finetuned"
_SMOKE = ("--", "--max_steps", "2", "--num_train_epochs", "1")


@dataclass(frozen=True)
class Task:
    """Reports of a schema: ``pool`` to correct, ``measured`` to measure on."""

    name: str
    schema: Path
    pool: tuple[Record, ...]
    measured: tuple[Record, ...]


def tasks(given: argparse.Namespace) -> list[Task]:
    """The schemas kept from training, each with its reports; Kiwi's notes last."""
    held_out = [r for r in schemas.load(given.schemas) if r.split == "dev"]
    names = sorted({r.schema or "" for r in held_out})[: 1 if given.smoke else None]
    found = [
        _task(name, given.schemas / f"{name}.json", [r for r in held_out if r.schema == name])
        for name in names
    ]
    if not found:
        raise InputError(f"{given.schemas} has no schema {schemas.HELD_OUT}*.json")
    if given.kiwi:
        schema = given.out / "kiwi.json"
        named = {key: {"title": key.capitalize()} for key in kiwi.ENTITIES}
        write_whole(schema, json.dumps({"title": "Kiwi", "properties": named}))
        found.append(_task("kiwi", schema, list(kiwi.load(given.kiwi))))
    return (
        [replace(t, pool=t.pool[:4], measured=t.measured[:1]) for t in found]
        if given.smoke
        else found
    )


def _task(name: str, schema: Path, rows: Sequence[Record]) -> Task:
    """Every other report of each language is measured on."""
    # A review names a thing once, and labels no attribute completely.
    pool, measured = (
        tuple(replace(with_first_mentions(r), schema=None, attributes=()) for r in half)
        for half in schemas.halves(rows)
    )
    return Task(name, schema, pool, measured)


def sizes(task: Task, given: argparse.Namespace) -> list[int]:
    """How many reports are corrected, one after the other; the last is all where that is fewer."""
    wanted = [3] if given.smoke else given.sizes
    known = [n for n in wanted if n < len(task.pool)]
    return known if given.smoke else [*known, len(task.pool)] if len(known) < len(wanted) else known


def learn(task: Task, given: argparse.Namespace) -> None:
    """Carry out a task: the model as it is, then each order of the reports, step by step."""
    folder = given.out / task.name
    for name, rows in (("measured", task.measured), ("pool", task.pool)):
        if not (folder / f"{name}.jsonl").is_file():
            records.write(folder / f"{name}.jsonl", rows)
    _evaluate(task, folder, "measured", given.model, folder / "0")
    for order in given.orders:
        model, chosen = given.model, list[Record]()
        pool = list(task.pool)
        random.Random(f"{given.seed}/{task.name}").shuffle(pool)
        for size in sizes(task, given):
            step = folder / f"{order}-{size}"
            if order == "unsure" and len(chosen) < len(pool):
                before = folder / ("0-pool" if not chosen else f"unsure-{len(chosen)}-pool")
                _evaluate(task, folder, "pool", model, before)
                pool = [*chosen, *_unsure_first(pool[len(chosen) :], before)]
            chosen = pool[:size]
            records.write(step / "reviews.jsonl", chosen)
            model = step / "adapter"
            flags = ["--schema", str(task.schema), "--out", str(model)]
            flags += ["--model", str(given.model)] if given.model else []
            flags += _SMOKE if given.smoke else ()
            run((model / "record.json", ["training.adapt", str(step / "reviews.jsonl"), *flags]))
            _evaluate(task, folder, "measured", model, step / "measured")


def _evaluate(task: Task, folder: Path, name: str, model: Path | None, out: Path) -> None:
    flags = ["--data", str(folder / f"{name}.jsonl"), "--format", "jsonl", "--split", "all"]
    flags += ["--systems", SYSTEM, "--schema", str(task.schema), "--metrics", "entity"]
    flags += ["--attributes", "no", "--out", str(out), *(["--model", str(model)] if model else [])]
    run((out / "metrics.json", ["eval.run", *flags]))


def _unsure_first(rows: Sequence[Record], answers: Path) -> list[Record]:
    """The reports by how sure the model is of their items on average; those without an item come first."""
    found = results.read(answers).extractions[SYSTEM]
    return sorted(rows, key=lambda record: _sure(found[record.id]))


def _sure(extraction: Extraction) -> float:
    items = [item for row in extraction.categories.values() for item in row]
    return sum(item.confidence or 0.0 for item in items) / len(items) if items else 0.0


Curve = dict[str, dict[int, dict[str, Any]]]  # figures by order and number of reports


def curves(done: Sequence[Task], given: argparse.Namespace) -> dict[str, Curve]:
    """The figures by group of reports: all held-out schemas, the German reports of them, Kiwi's notes."""
    own = [task for task in done if task.name != "kiwi"]
    groups: dict[str, tuple[Sequence[Task], tuple[str, ...]]] = {
        "Held-out schemas": (own, ("en", "de")),
        "Held-out schemas, German": (own, ("de",)),
        "Kiwi's notes": ([task for task in done if task.name == "kiwi"], ("en",)),
    }
    return {title: c for title, group in groups.items() if (c := _curve(*group, given))}


def _curve(group: Sequence[Task], langs: Sequence[str], given: argparse.Namespace) -> Curve:
    """A curve over the reports of several tasks: each counts with what it has at the number of reports, or at its last."""
    points = sorted({n for task in group for n in sizes(task, given)})
    curve: Curve = {}
    for order in given.orders if points else ():
        curve[order] = {}
        for point in (0, *points):
            samples = [s for task in group for s in _samples(task, order, point, langs, given)]
            if samples:
                curve[order][point] = aggregate(samples)
    return {order: figures for order, figures in curve.items() if figures}


def _samples(
    task: Task, order: str, point: int, langs: Sequence[str], given: argparse.Namespace
) -> Iterator[Sample]:
    there = max((n for n in sizes(task, given) if n <= point), default=0)
    folder = given.out / task.name
    found = results.read(folder / f"{order}-{there}" / "measured" if there else folder / "0")
    lang = {record.id: record.lang for record in task.measured}
    yield from (s for id, s in found.samples[SYSTEM].items() if lang[id] in langs)


def write_tables(found: dict[str, Curve], out: Path, docs: Path | None = None) -> None:
    """Write learning.md, learning.svg and learning.png; into a page, too, where one is given."""
    lines = ["# Learning from corrected reports\n"]
    for title, curve in found.items():
        points = sorted({n for figures in curve.values() for n in figures})
        n = next(iter(next(iter(curve.values())).values()))["n"]
        rows: Rows = [["corrected reports", *(ORDERS[order] for order in curve)]]
        rows += [[str(p), *(_cell(curve[order].get(p)) for order in curve)] for p in points]
        lines += [f"## {title}, measured on {n} reports\n", markdown(rows)]
    lines.append(
        "F1, exact / relaxed; in brackets 95 % bootstrap intervals over reports. Of the corrected reports, training.adapt "
        "holds a part out and learns from the rest. A schema with fewer reports counts with all it has."
    )
    write_whole(out / "learning.md", "\n".join(lines) + "\n")
    _plot(found, out)
    if docs is not None:
        write_whole(docs, between_marks(docs, "\n".join(lines[1:])))
        shutil.copyfile(out / "learning.png", docs.with_name("learning.png"))
    print((out / "learning.md").read_text("utf-8"))


def _cell(figures: dict[str, Any] | None) -> str:
    if figures is None:
        return "-"
    micro = [figures[level]["micro"] for level in ("exact", "relaxed")]
    return " / ".join(estimate(one["f1"], one["ci"]) for one in micro)


def _plot(found: dict[str, Curve], out: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, row = pyplot.subplots(1, len(found), figsize=(4.5 * len(found), 3.6), squeeze=False)
    for axes, (title, curve) in zip(row[0], found.items(), strict=True):
        for order, figures in curve.items():
            known = [(n, f["relaxed"]["micro"]) for n, f in sorted(figures.items())]
            known = [(n, micro) for n, micro in known if micro["f1"] is not None]
            line = axes.plot(
                [n for n, _ in known], [m["f1"] for _, m in known], "o-", label=ORDERS[order]
            )
            for n, micro in known:
                if micro["ci"]:
                    axes.vlines(n, *micro["ci"], color=line[0].get_color(), alpha=0.4)
        axes.set_ylim(0, 1)
        axes.set_title(title)
        axes.set_xlabel("corrected reports")
        axes.grid(axis="y", color="#ddd")
    row[0][0].set_ylabel("relaxed F1")
    row[0][0].legend()
    figure.tight_layout()
    for suffix in ("svg", "png"):
        figure.savefig(out / f"learning.{suffix}", dpi=120)
    pyplot.close(figure)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out what is not done yet and write the tables; 0 done, 2 when it cannot go on."""
    parser = argparse.ArgumentParser(
        prog="python -m training.learning",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--schemas", type=Path, default=SCHEMAS, metavar="DIR")
    parser.add_argument("--kiwi", type=Path, metavar="DIR", help="Kiwi's notes")
    parser.add_argument("--model", type=Path, metavar="DIR", help="adapter to train further")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--orders", nargs="+", choices=list(ORDERS), default=list(ORDERS))
    parser.add_argument("--docs", type=Path, metavar="PAGE", help="put the tables there, too")
    parser.add_argument("--seed", type=int, default=1, help="of the random order")
    parser.add_argument("--smoke", action="store_true", help="one schema, a few steps")
    given = parser.parse_args(arguments)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        every = tasks(given)
        for task in every:
            learn(task, given)
        write_tables(curves(every, given), given.out, given.docs)
    except ElmtexError as error:
        print(f"training.learning: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
