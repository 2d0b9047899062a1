"""What a batch costs as it grows: reports an hour, memory and overhead, by plain processes and on a Ray cluster.

    python -m eval.scale --out runs/scale                              the packaged model: up to 1,000 reports
    python -m eval.scale --out runs/scale --seconds 0.05               a planted extractor that works so long: up to 10,000
    python -m eval.scale --out runs/scale --publish                    what was measured, into docs/scale.md

Run it on a machine with nothing else to do. Each run is `elmtex batch` in processes of its own, on short synthetic
reports. Of the runs of one kind a straight line gives the seconds that a start and a report take. Writes scale.json,
scale.md and scale.png; measured runs are kept and added to.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from elmtex.provenance import environment
from elmtex.storage import write_whole
from elmtex.types import ElmtexError, InputError, MissingDependencyError
from eval.bench.batches import Run, measured
from eval.publish import between_marks
from eval.tables import Rows, markdown

COUNTS = (100, 1000)  # reports; the planted extractor has 10,000, too
WORKERS = (1, 2)
PACKAGES = ("elmtex", "ray", "openvino", "pyarrow")
MILLION = 1_000_000


@dataclass(frozen=True)
class Line:
    """Seconds of runs of one kind as a straight line over their reports."""

    start: float
    each: float

    @property
    def an_hour(self) -> float:
        return 3600 / self.each


def main(argv: Sequence[str] | None = None) -> int:
    """Measure or publish; 0 done, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="eval.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the figures")
    parser.add_argument(
        "--seconds", type=float, help="a planted extractor that works so long a report"
    )
    parser.add_argument(
        "--reports", type=int, nargs="+", help="how many (default: 100 1000; planted also 10000)"
    )
    parser.add_argument(
        "--workers", type=int, nargs="+", default=list(WORKERS), help="default: 1 2"
    )
    parser.add_argument("--price", type=float, help="of a CPU core, in your currency an hour")
    parser.add_argument("--publish", action="store_true", help="write the figures into --docs")
    parser.add_argument("--docs", type=Path, default=Path("docs/scale.md"))
    arguments = parser.parse_args(argv)
    try:
        if not arguments.publish:
            counts = arguments.reports or (*COUNTS, *((10_000,) if arguments.seconds else ()))
            measure(arguments.out, counts, arguments.workers, arguments.seconds)
        figures = read(arguments.out)
        text = report(figures, arguments.price)
        write_whole(arguments.out / "scale.md", text)
        plot(figures["runs"], arguments.out / "scale.png")
        if arguments.publish:
            write_whole(arguments.docs, between_marks(arguments.docs, text))
            shutil.copyfile(arguments.out / "scale.png", arguments.docs.with_name("scale.png"))
    except ElmtexError as error:
        print(f"eval.scale: {error}", file=sys.stderr)
        return 2
    return 0


def measure(
    out: Path, counts: Sequence[int], workers: Sequence[int], seconds_each: float | None
) -> None:
    """Run the batches, and add each to ``scale.json`` as soon as it is done."""
    out.mkdir(parents=True, exist_ok=True)
    plans = [("processes", n, count, False) for n in workers for count in counts]
    plans += [("ray", n, count, False) for n in workers for count in counts]
    plans += [("ray", max(workers), max(counts), True)]
    for kind, n, count, killed in plans:
        run = measured(kind, n, count, killed, seconds_each)
        print(run)
        before = read(out)["runs"] if (out / "scale.json").exists() else []
        figures = {**environment(PACKAGES), "runs": [asdict(one) for one in (*before, run)]}
        write_whole(out / "scale.json", json.dumps(figures, indent=1) + "\n")


def read(out: Path) -> dict[str, Any]:
    """``scale.json``, with its runs. Raises InputError when there is none."""
    try:
        figures = json.loads((out / "scale.json").read_text("utf-8"))
        return {**figures, "runs": [Run(**run) for run in figures["runs"]]}
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{out} has no scale.json: measure first, without --publish") from None


def line(runs: Sequence[Run]) -> Line | None:
    """The straight line through runs, by least squares; None when they have fewer than two sizes."""
    if len({run.reports for run in runs}) < 2:
        return None
    mean_n = sum(run.reports for run in runs) / len(runs)
    mean_s = sum(run.seconds for run in runs) / len(runs)
    up = sum((run.reports - mean_n) * (run.seconds - mean_s) for run in runs)
    each = up / sum((run.reports - mean_n) ** 2 for run in runs)
    return Line(mean_s - each * mean_n, each)


def core_hours(each: float, workers: int) -> float:
    """Core hours of a million reports, of workers with one core each, when a report takes so many seconds in all."""
    return each * workers * MILLION / 3600


def report(figures: dict[str, Any], price: float | None = None) -> str:
    """The figures as Markdown."""
    runs: list[Run] = figures["runs"]
    machine = f"{figures['processor']}, {figures['cores']} cores; commit {figures['git']}"
    parts = [f"Measured by `python -m eval.scale` on {machine}.", markdown(_table(runs))]
    parts += [_modelled(runs, price), "![Seconds of a batch by its reports](scale.png)"]
    return "\n\n".join(part.strip() for part in parts if part)


def _groups(runs: Sequence[Run]) -> dict[tuple[str, float | None, int], list[Run]]:
    groups: dict[tuple[str, float | None, int], list[Run]] = {}
    for run in runs:
        if not run.killed:
            groups.setdefault((run.kind, run.seconds_each, run.workers), []).append(run)
    return groups


def _table(runs: Sequence[Run]) -> Rows:
    rows: list[list[str]] = [
        [
            "extractor",
            "by",
            "workers",
            "reports",
            "seconds",
            "reports an hour",
            "driver MB",
            "all MB",
        ]
    ]
    for (kind, each, workers), group in _groups(runs).items():
        name = "packaged model" if each is None else f"planted, {each:g} s"
        fitted = line(group)
        for run in sorted(group, key=lambda run: run.reports):
            hour = f"{fitted.an_hour:,.0f}" if fitted and run is max(group, key=_size) else ""
            sizes = [f"{run.seconds:.1f}", hour, f"{run.driver_mb:.0f}", f"{run.all_mb:.0f}"]
            rows.append([name, kind, str(workers), f"{run.reports:,}", *sizes])
    return rows


def _modelled(runs: Sequence[Run], price: float | None) -> str:
    """What follows from the lines; of more machines than were measured it is a model."""
    said = []
    lines = {key: fitted for key, group in _groups(runs).items() if (fitted := line(group))}
    for (kind, each, workers), fitted in lines.items():
        plain = lines.get(("processes", each, workers))
        if kind != "ray" or plain is None:
            continue
        name = "The packaged model" if each is None else f"The planted extractor ({each:g} s)"
        over = (fitted.each - plain.each) * workers * 1000
        said.append(
            f"- {name} with {workers} Ray workers does {plain.each / fitted.each:.2f} of what as many plain processes "
            f"do; Ray adds {over:.1f} ms to a report and starts in {fitted.start:.0f} s."
        )
        if each is None:
            hours = core_hours(fitted.each, workers)
            cost = "" if price is None else f", {hours * price:,.0f} at {price:g} an hour and core"
            said.append(
                f"- *Modelled:* a million such reports take {hours:,.0f} core hours on cores like these{cost}. The model "
                "is proportional: it takes each further worker for as fast as the measured ones."
            )
    for run in (run for run in runs if run.killed):
        whole = [r for r in _groups(runs).get((run.kind, run.seconds_each, run.workers), [])
                 if r.reports == run.reports]  # fmt: skip
        if whole:
            lost = run.seconds - min(r.seconds for r in whole)
            said.append(
                f"- A killed worker cost {lost:.0f} s of a batch of {run.reports:,} reports."
            )
    return "\n".join(said)


def _size(run: Run) -> int:
    return run.reports


def plot(runs: Sequence[Run], path: Path) -> None:
    """Seconds over reports, both logarithmic, a line a kind."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependencyError(
            "the plot needs matplotlib: pip install 'elmtex[eval]'"
        ) from None
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for (kind, each, workers), group in _groups(runs).items():
        ordered = sorted(group, key=_size)
        name = "packaged" if each is None else f"planted {each:g} s"
        label = f"{name}, {workers} {kind}"
        axes.plot([r.reports for r in ordered], [r.seconds for r in ordered], "o-", label=label)
    axes.set(xscale="log", yscale="log", xlabel="reports", ylabel="seconds")
    axes.legend(fontsize=7)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    sys.exit(main())
