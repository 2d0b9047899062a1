"""The charts of the page as inline SVG: no script, no network, every text escaped."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from eval.tables import categories

COLOURS = (
    "#1b6ca8",
    "#c4572b",
    "#3f7d4e",
    "#7a4fa3",
)  # a system each; told apart by the legend too
_WIDTH, _LABELS = 860, 260
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def bars(metrics: Mapping[str, Any], level: str) -> str:
    """F1 per category, a bar a system with its 95% interval. ``level`` is exact or relaxed."""
    step, keys = 13, categories(metrics)
    group = step * len(metrics) + 8
    height = 24 + group * len(keys)
    parts = [_grid(_LABELS, _WIDTH - 20, 20, height)]
    for row, key in enumerate(keys):
        top = 24 + row * group
        parts.append(_text(_LABELS - 8, top + group / 2, key.replace("_", " "), "end"))
        for place, figures in enumerate(metrics.values()):
            cell = figures[level]["per_category"].get(key, {})
            parts.append(_bar(cell, top + place * step, step - 2, COLOURS[place % len(COLOURS)]))
    return _svg(height, f"{level} F1 per category with 95% intervals", parts)


def _bar(cell: Mapping[str, Any], top: float, height: float, colour: str) -> str:
    if cell.get("f1") is None:
        return _text(_LABELS + 4, top + height - 1, "no item", "start", 9)
    x = _across(cell["f1"])
    drawn = (
        f'<rect x="{_LABELS}" y="{top:.1f}" width="{x - _LABELS:.1f}" height="{height}" fill="{colour}">'
        f"<title>{cell['f1']:.3f}</title></rect>"
    )
    if cell["ci"]:
        low, high = (_across(value) for value in cell["ci"])
        middle = top + height / 2
        drawn += f'<path d="M{low:.1f} {middle:.1f}H{high:.1f}" stroke="#111" stroke-width="1.5"/>'
    return drawn


def quality_against_time(metrics: Mapping[str, Any]) -> str:
    """Exact micro F1 against mean seconds per report (logarithmic), a cross of intervals per system."""
    height, left, right, bottom = 300, 60, _WIDTH - 40, 260
    times = [max(f["seconds_per_report"], 1e-3) for f in metrics.values()]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)) + 1e-9)
    high = max(high, low + 1)

    def x(seconds: float) -> float:
        place = (math.log10(max(seconds, 1e-3)) - low) / (high - low)
        return left + min(1.0, max(0.0, place)) * (right - left)

    def y(f1: float) -> float:
        return bottom - f1 * (bottom - 20)

    parts = [
        _line(left, y(t), right, y(t)) + _text(left - 6, y(t) + 4, f"{t:.1f}", "end")
        for t in _TICKS
    ]
    for power in range(low, high + 1):
        parts.append(_text(x(10.0**power), bottom + 18, f"{10.0**power:g} s", "middle"))
    for place, (name, f) in enumerate(metrics.items()):
        f1, colour = f["exact"]["micro"]["f1"] or 0.0, COLOURS[place % len(COLOURS)]
        at = x(f["seconds_per_report"])
        if interval := f["exact"]["micro"]["ci"]:
            parts.append(_line(at, y(interval[0]), at, y(interval[1]), colour))
        if interval := f["seconds"]["ci"]:
            parts.append(_line(x(interval[0]), y(f1), x(interval[1]), y(f1), colour))
        parts.append(f'<circle cx="{at:.1f}" cy="{y(f1):.1f}" r="5" fill="{colour}"/>')
        parts.append(_text(at + 9, y(f1) - 7, name, "start"))
    return _svg(height, "exact F1 against seconds per report", parts)


def reliability(metrics: Mapping[str, Any]) -> str:
    """Share of right items against stated confidence; on the diagonal a confidence means what it says."""
    height, left, top, size = 360, 60, 20, 300
    parts = [
        _line(left, top + size * (1 - t), left + size, top + size * (1 - t))
        + _text(left - 6, top + size * (1 - t) + 4, f"{t:.1f}", "end")
        + _text(left + size * t, top + size + 18, f"{t:.1f}", "middle")
        for t in _TICKS
    ]
    parts.append(_line(left, top + size, left + size, top, "#999"))
    for place, figures in enumerate(metrics.values()):
        colour = COLOURS[place % len(COLOURS)]
        points = [
            (left + size * b["confidence"], top + size * (1 - b["accuracy"]), b["items"])
            for b in figures["calibration"]["bins"]
            if b["items"]
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{2 + math.log10(items):.1f}" fill="{colour}">'
            f"<title>{items} items</title></circle>"
            for x, y, items in points
        ]
    return _svg(height, "share of right items against confidence", parts)


def legend(names: Sequence[str]) -> str:
    """The systems and their colours."""
    return "".join(
        f'<span class="key"><i style="background:{COLOURS[i % len(COLOURS)]}"></i>{html.escape(name)}</span>'
        for i, name in enumerate(names)
    )


def _across(value: float) -> float:
    return _LABELS + value * (_WIDTH - 20 - _LABELS)


def _grid(left: float, right: float, top: float, bottom: float) -> str:
    lines = []
    for tick in _TICKS:
        x = left + tick * (right - left)
        lines.append(_line(x, top, x, bottom) + _text(x, top - 6, f"{tick:.1f}", "middle"))
    return "".join(lines)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str = "#ddd") -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{html.escape(text)}</text>'


def _svg(height: float, label: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{html.escape(label)}">'
        f"{''.join(parts)}</svg>"
    )
