"""One page from a run: tables, charts and the worst reports, as self-contained HTML and as
Markdown.

    python -m eval.report runs/eval          writes runs/eval/report.html and runs/eval/report.md

The page needs no network and runs no script. It shows whole reports: treat it like the data it was
made from.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from elmtex.types import ElmtexError
from eval import charts, tables
from eval.marked import side_by_side
from eval.metrics import Sample
from eval.results import Results, read

WORST = 10
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1c1c; background: #fff; max-width: 1200px; margin: 2rem auto;
  padding: 0 1rem; }
h1, h2, h3, h4 { line-height: 1.2; margin: 1.6em 0 .5em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #ddd; text-align: left; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
svg { width: 100%; max-width: 860px; display: block; }
.key { margin-right: 1.2rem; } .key i { display: inline-block; width: .8rem; height: .8rem; margin-right: .35rem; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; }
.report { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { color: inherit; border-bottom: 2px solid; background: none; }
mark.right { background: #d9efdd; border-color: #3f7d4e; }
mark.near { background: #fbeec6; border-bottom-style: dashed; border-color: #96700a; }
mark.wrong { background: #f8d9d3; border-bottom-style: double; border-color: #a8321c; }
summary { cursor: pointer; padding: .3rem 0; }
@media (max-width: 700px) { .sides { grid-template-columns: 1fr; } }
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page and the Markdown file of a run; 0 done, 2 wrong usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        asked = bool({"-h", "--help"} & set(arguments))
        print(__doc__ if asked else "usage: python -m eval.report FOLDER", file=sys.stderr)
        return 0 if asked else 2
    try:
        results = read(Path(arguments[0]))
    except ElmtexError as error:
        print(f"eval.report: {error}", file=sys.stderr)
        return 2
    for name, text in (("report.html", page(results)), ("report.md", summary(results))):
        (results.folder / name).write_text(text, "utf-8", errors="replace")
        print(results.folder / name)
    return 0


def summary(results: Results) -> str:
    """The tables of a run as Markdown."""
    parts = [
        "# Evaluation\n",
        about(results) + "\n",
        tables.markdown(tables.comparison(results.metrics)),
    ]
    for level in ("exact", "relaxed"):
        rows = tables.per_category(results.metrics, level)
        parts += [f"## {level} F1 per category\n", tables.markdown(rows)]
    for title, rows in _attribute_tables(results.metrics):
        parts += [f"## {title}\n", tables.markdown(rows)]
    parts += ["## Reports with the lowest exact F1\n"]
    for name in results.metrics:
        ids = ", ".join(f"{id} ({_f1(sample):.2f})" for id, sample in worst(results, name))
        parts.append(f"- {name}: {ids or 'none'}")
    return "\n".join(parts) + "\n"


def page(results: Results) -> str:
    """The whole page."""
    metrics = results.metrics
    legend = charts.legend(list(metrics))
    body = [
        f"<h1>Evaluation</h1><p>{html.escape(about(results))}</p>",
        _table(tables.comparison(metrics)),
        f"<h2>F1 per category</h2><p>{legend}</p>",
    ]
    for level in ("exact", "relaxed"):
        body += [
            f"<h3>{level}</h3>{charts.bars(metrics, level)}",
            f"<details><summary>as a table</summary>{_table(tables.per_category(metrics, level))}</details>",
        ]
    for title, rows in _attribute_tables(metrics):
        body.append(f"<details><summary>{title}</summary>{_table(rows)}</details>")
    body += [
        f"<h2>Quality against time</h2><p>{legend}</p>{charts.quality_against_time(metrics)}",
        f"<h2>Reliability</h2><p>{legend}</p>{charts.reliability(metrics)}",
        "<p>Confidence below, fraction of exactly correct items on the left; systems without confidences have no line.</p>",
        f"<h2>The {WORST} worst reports</h2>",
        '<p><mark class="right">right</mark> exact match · <mark class="near">near</mark> overlapping span · '
        '<mark class="wrong">wrong</mark> missed in the gold, unmatched in the prediction. Point at a mark for its '
        "category and assertion.</p>",
    ]
    for name in metrics:
        body.append(f"<h3>{html.escape(name)}</h3>{_worst(results, name)}")
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation</title><style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _attribute_tables(metrics: Mapping[str, Any]) -> list[tuple[str, tables.Rows]]:
    """Titles and tables of attributes; [] where no system writes some."""
    levels = {"type": "per_type", "category and type": "per_category_and_type"}
    found = {
        f"Attributes: relaxed F1 of relations per {words}": tables.attributes(metrics, level)
        for words, level in levels.items()
    }
    return [(title, rows) for title, rows in found.items() if len(rows) > 1]


def worst(results: Results, system: str) -> list[tuple[str, Sample]]:
    """The reports with the lowest exact F1, failed ones first; reports without any item are left
    out."""
    samples = [row for row in results.samples[system].items() if _items(row[1])]
    return sorted(samples, key=lambda row: (not row[1].failed, _f1(row[1]), row[0]))[:WORST]


def _worst(results: Results, system: str) -> str:
    blocks = []
    for id, sample in worst(results, system):
        extraction = results.extractions[system][id]
        problems = " ".join(extraction.problems)
        head = f"{id}: exact F1 {_f1(sample):.3f}, {sample.status} {problems}"
        shown = side_by_side(results.records[id], extraction)
        blocks.append(f"<details><summary>{html.escape(head)}</summary>{shown}</details>")
    return "".join(blocks)


def _items(sample: Sample) -> int:
    return sum(counts.tp + counts.fp + counts.fn for counts in sample.exact.values())


def _f1(sample: Sample) -> float:
    found = sum(counts.tp for counts in sample.exact.values())
    return 2 * found / max(1, _items(sample) + found)


def _engines(record: Mapping[str, Any]) -> list[str]:
    given = [
        f"{name} {part['engine']}" for name, part in record["systems"].items() if part["engine"]
    ]
    return [f"Engines: {', '.join(given)}."] if given else []


def _commits(record: Mapping[str, Any]) -> list[str]:
    """The code that gave the answers, which an earlier run may have written."""
    given = {
        name: ", ".join(commit[:12] for commit in part.get("commits", [str(record["git"])]))
        for name, part in record["systems"].items()
    }
    if len(set(given.values())) == 1:
        return [f"Commit {next(iter(given.values()))}."]
    return [f"Commits: {'; '.join(f'{name} {commits}' for name, commits in given.items())}."]


def about(results: Results) -> str:
    """What was run on what, where and when, in sentences."""
    record = results.record
    sentences = [
        measured_on(record),
        *_commits(record),
        f"Machine: {record['processor']}, {record['cores']} cores; seconds are wall-clock without loading the model.",
        *_engines(record),
        "In brackets: 95% bootstrap intervals over reports.",
        "The paper's count skips fields whose gold is empty and documents that failed; ours scores words in an empty "
        "field, and every field that a failed document misses, as 0.",
        *(f"{line}." for line in tables.settings(results.metrics)),
    ]
    return " ".join(sentences)


def measured_on(record: Mapping[str, Any]) -> str:
    """The reports of a run and its date, in a sentence."""
    settings = record["settings"]
    limit = f", first {settings['limit']}" if settings["limit"] else ""
    return (
        f"{record['reports']['n']} reports of {Path(settings['data']).name} ({settings['format']}, "
        f"split {settings['split']}{limit}), {record['started'][:10]}."
    )


def _table(rows: tables.Rows) -> str:
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in rows[0])
    body = "".join(
        f'<tr><th scope="row">{html.escape(row[0])}</th>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows[1:]
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


if __name__ == "__main__":
    sys.exit(main())
