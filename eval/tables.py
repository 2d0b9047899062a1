"""The tables of a run, as rows of text: for the page, the Markdown file and whatever else publishes
figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.metrics.attributes import MEASURES, STRENGTHS

Rows = list[list[str]]  # the first is the header

# name, path to the value in a system's figures, path to its interval
_FIGURES = (
    ("exact F1, micro", "exact.micro.f1", "exact.micro.ci"),
    ("exact precision", "exact.micro.p", "exact.micro.p_ci"),
    ("exact recall", "exact.micro.r", "exact.micro.r_ci"),
    ("exact F1, macro", "exact.macro.f1", "exact.macro.ci"),
    ("relaxed F1, micro", "relaxed.micro.f1", "relaxed.micro.ci"),
    ("relaxed F1, macro", "relaxed.macro.f1", "relaxed.macro.ci"),
    ("concept F1, micro", "concept.micro.f1", "concept.micro.ci"),
    ("ROUGE-1, the paper's count", "rouge.elmtex.overall.rouge1.mean", "rouge.elmtex.overall.rouge1.ci"),
    ("ROUGE-1, ours", "rouge.ours.overall.rouge1.mean", "rouge.ours.overall.rouge1.ci"),
    ("ROUGE-2, the paper's count", "rouge.elmtex.overall.rouge2.mean", "rouge.elmtex.overall.rouge2.ci"),
    ("ROUGE-2, ours", "rouge.ours.overall.rouge2.mean", "rouge.ours.overall.rouge2.ci"),
    ("ROUGE-L, the paper's count", "rouge.elmtex.overall.rougeL.mean", "rouge.elmtex.overall.rougeL.ci"),
    ("ROUGE-L, ours", "rouge.ours.overall.rougeL.mean", "rouge.ours.overall.rougeL.ci"),
    ("BERTScore, the paper's count", "bertscore.elmtex.overall.f1.mean", "bertscore.elmtex.overall.f1.ci"),
    ("BERTScore, ours", "bertscore.ours.overall.f1.mean", "bertscore.ours.overall.f1.ci"),
    ("valid documents", "rates.validity.value", "rates.validity.ci"),
    ("truncated documents", "rates.truncated_rate.value", "rates.truncated_rate.ci"),
    ("spurious items in empty categories", "rates.invented_rate.value", "rates.invented_rate.ci"),
    ("empty categories filled", "rates.invented_category_rate.value", "rates.invented_category_rate.ci"),
    ("ungrounded items", "rates.ungrounded_rate.value", "rates.ungrounded_rate.ci"),
    ("assertion accuracy", "assertion.accuracy", "assertion.ci"),
    ("recall of absent", "assertion.recall.absent.value", "assertion.recall.absent.ci"),
    ("calibration error (ECE)", "ece", "calibration.ci"),
)  # fmt: skip


_SETTINGS = {"end_to_end": "end to end", "given": "gold items given"}
_ATTRIBUTES = tuple(
    (f"attribute {measure}s, {strength} F1, {words}", f"{path}.f1", f"{path}.ci")
    for setting, words in _SETTINGS.items()
    for measure in MEASURES
    for strength in STRENGTHS
    for path in (f"attributes.{setting}.{measure}.{strength}.micro",)
)
# The rows of the README; those of attributes only where some system writes them
_ESSENCE = (
    *("exact F1, micro", "relaxed F1, micro", "ungrounded items", "seconds per report"),
    *(f"attribute relations, relaxed F1, {words}" for words in _SETTINGS.values()),
)


def essence(metrics: Mapping[str, Any]) -> Rows:
    """The rows of :func:`comparison` that say most: one column per system."""
    header, *rows = comparison(metrics)
    return [header, *(row for row in rows if row[0] in _ESSENCE)]


def comparison(metrics: Mapping[str, Any]) -> Rows:
    """One column per system, one row per figure with its 95% interval; figures that no system has
    are left out."""
    rows: Rows = [["figure", *metrics]]
    rows.append(["model", *(str(figures["model"]) for figures in metrics.values())])
    rows.append(["reports (failed)", *(f"{f['n']} ({f['failed']})" for f in metrics.values())])
    for name, value, interval in (*_FIGURES, *_ATTRIBUTES):
        cells = [estimate(at(f, value), at(f, interval)) for f in metrics.values()]
        if set(cells) != {"-"}:
            rows.append([name, *cells])
    seconds = [estimate(f["seconds"]["mean"], f["seconds"]["ci"], 2) for f in metrics.values()]
    memory = [f["peak_rss_mb"] for f in metrics.values()]
    rows.append(["seconds per report", *seconds])
    rows.append(["peak memory, MB", *("-" if mb is None else f"{mb:.0f}" for mb in memory)])
    return rows


def per_category(metrics: Mapping[str, Any], level: str) -> Rows:
    """One row per category: gold items, then each system's F1 with interval. ``level`` is exact or
    relaxed."""
    rows: Rows = [["category", "gold items", *metrics]]
    for key in categories(metrics):
        cells = [f[level]["per_category"].get(key, {}) for f in metrics.values()]
        gold = max((c.get("tp", 0) + c.get("fn", 0) for c in cells), default=0)
        rows.append([key, str(gold), *(estimate(c.get("f1"), c.get("ci")) for c in cells)])
    return rows


def attributes(metrics: Mapping[str, Any], level: str = "per_type") -> Rows:
    """One row per attribute type: gold attributes, then the relaxed F1 of relations of each system
    that writes some, in both settings. Only the header where none does.

    Args:
        level: ``per_type``, or ``per_category_and_type``.
    """
    tables = {
        f"{name}, {words}": f["attributes"][setting]["relation"]["relaxed"][level]
        for name, f in metrics.items()
        if f.get("attributes")
        for setting, words in _SETTINGS.items()
    }
    rows: Rows = [["attribute", "gold attributes", *tables]]
    for key in sorted({key for of in tables.values() for key in of}):
        cells = [of.get(key, {}) for of in tables.values()]
        gold = max(c.get("tp", 0) + c.get("fn", 0) for c in cells)
        rows.append([key, str(gold), *(estimate(c.get("f1"), c.get("ci")) for c in cells)])
    return rows


def categories(metrics: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(key for f in metrics.values() for key in f["exact"]["per_category"]))


def at(figures: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None where a part of it is None."""
    value: Any = figures
    for part in path.split("."):
        if value is None:
            return None
        value = value.get(part)
    return value


def estimate(value: float | None, interval: Sequence[float] | None, digits: int = 3) -> str:
    """A value with its interval in brackets; "-" where it is not defined."""
    if value is None:
        return "-"
    text = f"{value:.{digits}f}"
    return f"{text} [{interval[0]:.{digits}f}, {interval[1]:.{digits}f}]" if interval else text


def settings(metrics: Mapping[str, Any]) -> list[str]:
    """What ROUGE, BERTScore and concepts were computed with, one sentence each."""
    lines = []
    for name in ("rouge", "bertscore", "concept"):
        found = [f[name]["setting"] for f in metrics.values() if f[name]]
        if found:
            facts = ", ".join(f"{key} {_flat(value)}" for key, value in found[0].items())
            lines.append(f"{name}: {facts}")
    return lines


def markdown(rows: Rows) -> str:
    """Rows as a Markdown table."""
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _flat(value: Any) -> str:
    return (
        " ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, Mapping) else str(value)
    )
