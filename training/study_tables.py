"""The tables of :mod:`training.study`, as Markdown, and its learning curve as a figure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from elmtex.storage import write_whole
from eval import results
from eval.publish import between_marks
from eval.tables import Rows, markdown
from training.votes import TASKS, Choice, score

STUDENTS = ("human", "silver", "both")  # by what they were trained on
_SYSTEMS = {"finetuned": "shipped Llama", "student": "student"}


def write_tables(out: Path, sizes: Sequence[int], docs: Path | None = None) -> None:
    """Write tables.md, and curve.svg and curve.png where the curve was measured; what was not measured is left out.

    Args:
        out: the study's folder.
        sizes: of the learning curve.
        docs: a page of the documentation, between whose marks the tables are put, and the figure beside it.

    Raises:
        InputError: the page cannot be read, or lacks its marks.
    """
    curve = _curve(out, sizes)
    parts = [
        ("Three tasks, TEST", _tasks(out)),
        ("Notes from elsewhere", _external(out)),
        ("Learning curve, TEST", curve),
    ]
    lines = ["# Teachers and students\n"]
    for title, rows in parts:
        if len(rows) > 1:
            lines += [f"## {title}\n", markdown(rows)]
    costs = out / "costs" / "costs.md"
    if costs.is_file():
        lines += ["## Costs\n", costs.read_text("utf-8")]
    lines.append("F1, exact / relaxed; in brackets 95 % bootstrap intervals over reports.")
    write_whole(out / "tables.md", "\n".join(lines) + "\n")
    if len(curve) > 1:
        _plot(out, sizes)
    if docs is not None:
        write_whole(docs, between_marks(docs, "\n".join(lines[1:]).strip()))
        if len(curve) > 1:
            shutil.copyfile(out / "curve.png", docs.with_name("study.png"))
    print((out / "tables.md").read_text("utf-8"))


def _tasks(out: Path) -> Rows:
    """A row per teacher, the best subset on DEV, and each student; a column per task."""
    rows: dict[str, dict[str, str]] = {}
    scores = out / "label" / "scores.json"
    if scores.is_file():
        for task, figures in _read(scores).get("test", {}).items():
            for row in figures:
                name = f" {row['merge']} ".join(row["teachers"])
                rows.setdefault(f"teacher {name}" if len(row["teachers"]) == 1 else name, {})
                if len(row["teachers"]) == 1:
                    rows[f"teacher {name}"][task] = _cell(row)
                if row["chosen"]:
                    rows.setdefault("best teachers on DEV", {})[task] = f"{_cell(row)} ({name})"
        rows = {name: row for name, row in rows.items() if row}
    for kind in STUDENTS:
        folder = out / f"test-{kind}"
        if (folder / "metrics.json").is_file():
            rows[f"student on {kind} labels"] = dict(_student_on_tasks(folder))
    return [
        ["", *TASKS],
        *([name, *(row.get(t, "–") for t in TASKS)] for name, row in rows.items()),
    ]


def _student_on_tasks(folder: Path) -> Iterator[tuple[str, str]]:
    found = results.read(folder)
    records = list(found.records.values())
    answers = [{"student": found.extractions["student"][record.id]} for record in records]
    for task, categories in TASKS.items():
        yield (
            task,
            _cell(score(records, answers, Choice(("student",), "union"), categories).figures()),
        )


def _external(out: Path) -> Rows:
    """A row per corpus, a column per system that was measured on all that any was measured on."""
    columns = {"shipped Llama": "finetuned", **{f"student on {k} labels": k for k in STUDENTS}}
    rows = [["", *columns]]
    for corpus, title in (
        ("phee", "PHEE test"),
        ("ncbi", "NCBI disease test"),
        ("kiwi", "Kiwi's MTSamples notes"),
    ):
        known = {title: _measured(out, corpus, name) for title, name in columns.items()}
        if any(known.values()):
            rows.append([title, *(_micro(f) if f else "–" for f in known.values())])
    kept = [n for n in range(len(rows[0])) if n == 0 or any(row[n] != "–" for row in rows[1:])]
    return [[row[n] for n in kept] for row in rows]


def _measured(out: Path, corpus: str, name: str) -> Mapping[str, Any] | None:
    """The figures of the shipped Llama, or of a student, on a corpus from elsewhere."""
    if corpus == "kiwi":
        path = out / f"kiwi-{name}" / "figures.json"
        return _read(path)["kiwi"]["mapped"] if path.is_file() else None
    llama = name == "finetuned"  # measured in the run of the first student
    path = out / f"{corpus}-{'human' if llama else name}" / "metrics.json"
    return _read(path).get(name if llama else "student") if path.is_file() else None


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _curve(out: Path, sizes: Sequence[int]) -> Rows:
    rows = [["TRAIN reports", "Llama", "student"]]
    for size in sizes:
        if figures := _at(out, size):
            rows.append([str(size), *(_micro(figures[system]) for system in _SYSTEMS)])
    return rows


def _at(out: Path, size: int) -> Any:
    path = out / f"curve-{size}" / "metrics.json"
    return _read(path) if path.is_file() else {}


def _micro(figures: Mapping[str, Any]) -> str:
    levels = {name: figures[name]["micro"] for name in ("exact", "relaxed")}
    known = {name: micro["f1"] for name, micro in levels.items()}
    return _cell({**known, **{f"{name}_ci": micro["ci"] for name, micro in levels.items()}})


def _cell(figures: Mapping[str, Any]) -> str:
    return " / ".join(
        _figure(figures[name], figures.get(f"{name}_ci")) for name in ("exact", "relaxed")
    )


def _figure(value: float | None, interval: Sequence[float] | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def _plot(out: Path, sizes: Sequence[int]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for axes, level in zip(panels, ("exact", "relaxed"), strict=True):
        for system, label in (("finetuned", "Llama"), ("student", "student")):
            points = [(n, f[system][level]["micro"]) for n in sizes if (f := _at(out, n))]
            known = [(n, micro) for n, micro in points if micro["f1"] is not None]
            line = axes.plot([n for n, _ in known], [m["f1"] for _, m in known], "o-", label=label)
            for n, micro in known:
                if micro["ci"]:
                    axes.vlines(n, *micro["ci"], color=line[0].get_color(), alpha=0.4)
        axes.set_xscale("log", base=2)
        axes.set_xticks(list(sizes), [str(n) for n in sizes])
        axes.set_ylim(0, 1)
        axes.set_xlabel("training reports")
        axes.set_title(f"{level} F1, TEST")
        axes.grid(axis="y", color="#ddd")
    panels[0].legend()
    figure.tight_layout()
    for suffix in ("svg", "png"):
        figure.savefig(out / f"curve.{suffix}", dpi=120)
    pyplot.close(figure)
