"""Compare two systems, or two runs, report by report: paired bootstrap, the difference of every
figure with interval.

    python -m eval.compare runs/eval:untrained runs/eval:finetuned
    python -m eval.compare runs/before runs/after        (runs of one system each)

A difference is B - A. Both must have been run on the same reports; figures of different settings
are not compared.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from elmtex.comparison import compare as pair
from elmtex.types import ElmtexError, Extraction, InputError
from eval.metrics import Sample, compare
from eval.results import read

FEW = 10  # reports; below it a bootstrap over reports cannot tell much


def main(argv: Sequence[str] | None = None) -> int:
    """Print the comparison as a Markdown table; 0 done, 2 wrong usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if len(arguments) != 2 or arguments[0].startswith("-"):
        print(
            __doc__ if set(arguments) & {"-h", "--help"} else "usage: eval.compare A B",
            file=sys.stderr,
        )
        return 0 if set(arguments) & {"-h", "--help"} else 2
    try:
        first, second = arguments
        (a, given_a), (b, given_b) = system(first), system(second)
        print(table(first, second, compare(a, b)), end="")
        print(agreement(given_a, given_b))
    except ElmtexError as error:
        print(f"eval.compare: {error}", file=sys.stderr)
        return 2
    return 0


def system(name: str) -> tuple[list[Sample], Mapping[str, Extraction]]:
    """The samples, and the documents by report id, of ``FOLDER:SYSTEM``, or of ``FOLDER`` when its
    run has one system.

    Raises:
        InputError: no such run or system.
    """
    folder, _, wanted = (name, "", "") if Path(name).is_dir() else name.rpartition(":")
    results = read(Path(folder or name))
    if not wanted and len(results.samples) == 1:
        (wanted,) = results.samples
    if wanted not in results.samples:
        raise InputError(
            f"{name!r} names no system of that run: give {folder or name}:SYSTEM with one of "
            f"{', '.join(results.samples)}"
        )
    return list(results.samples[wanted].values()), results.extractions[wanted]


def agreement(first: Mapping[str, Extraction], second: Mapping[str, Extraction]) -> str:
    """How many items both gave alike: twice the common ones over all, whatever the gold says."""
    alike = sum(pair(first[id], second[id]).counts["agreed"] for id in first.keys() & second)
    a, b = (
        sum(len(items) for document in given.values() for items in document.categories.values())
        for given in (first, second)
    )
    share = f"{2 * alike / (a + b):.1%}" if a + b else "all"
    return f"\nItems alike in category, span and assertion: {share} of {a} in A and {b} in B."


def table(first: str, second: str, comparison: dict[str, Any]) -> str:
    """The comparison as Markdown; differences whose interval leaves out 0 are bold."""
    lines = [
        f"A = {first}, B = {second}: {comparison['n']} reports, failed {comparison['failed'][0]} and "
        f"{comparison['failed'][1]}; B - A with 95% paired bootstrap interval over reports.",
        "",
        "| figure | A | B | B - A | 95% interval | p |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in comparison["figures"].items():
        interval = row["ci"]
        apart = interval is not None and not interval[0] <= 0 <= interval[1]
        change = _number(row["difference"], sign=True)
        between = f"{interval[0]:+.3f} to {interval[1]:+.3f}" if interval else "-"
        lines.append(
            f"| {name} | {_number(row['a'])} | {_number(row['b'])} | {f'**{change}**' if apart else change} | "
            f"{between} | {_number(row['p'])} |"
        )
    if comparison["n"] < FEW:
        lines += ["", f"Fewer than {FEW} reports: these intervals and p values say little."]
    if comparison["not_compared"]:
        lines += [
            "",
            f"Not compared (different settings): {', '.join(comparison['not_compared'])}.",
        ]
    return "\n".join(lines) + "\n"


def _number(value: float | None, sign: bool = False) -> str:
    if value is None:
        return "-"
    return f"{value:+.3f}" if sign else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
