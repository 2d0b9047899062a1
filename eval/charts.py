"""The charts of the page as inline SVG, drawn by matplotlib: no script, no network, names as plain
text."""

from __future__ import annotations

import html
import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from elmtex.types import MissingDependencyError
from eval.tables import categories

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# One per system; the legend names them, too.
COLOURS = ("#1b6ca8", "#c4572b", "#3f7d4e", "#7a4fa3", "#8a6d1d")
_WIDTH = 8.6  # inches


def bars(metrics: Mapping[str, Any], level: str) -> str:
    """F1 per category, one bar per system with its 95% interval. ``level`` is exact or relaxed."""
    keys, thick = categories(metrics), 0.8 / len(metrics)
    axes = _axes(0.6 + len(keys) * (0.1 + 0.16 * len(metrics)))
    for place, figures in enumerate(metrics.values()):
        for row, key in enumerate(keys):
            cell = figures[level]["per_category"].get(key, {})
            at, f1 = row + place * thick, cell.get("f1")
            if f1 is None:
                axes.text(0.01, at, "no item", va="center", fontsize=6)
                continue
            axes.barh(at, f1, 0.85 * thick, color=_colour(place))
            if cell["ci"]:
                axes.hlines(at, *cell["ci"], color="#111")
    axes.margins(y=0.01)
    axes.set_yticks([row + 0.4 - thick / 2 for row in range(len(keys))], _plain(keys))
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.grid(axis="x", color="#ddd")
    return _svg(axes, f"{level} F1 per category with 95% intervals")


def quality_against_time(metrics: Mapping[str, Any]) -> str:
    """Exact micro F1 against mean seconds per report (logarithmic), a cross of intervals per
    system."""
    axes = _axes(3)
    times = [max(figures["seconds_per_report"], 1e-3) for figures in metrics.values()]
    low, high = math.floor(math.log10(min(times))), math.floor(math.log10(max(times))) + 1
    axes.set_xscale("log")
    axes.set_xlim(10.0**low, 10.0**high)
    powers = [10.0**power for power in range(low, high + 1)]
    axes.set_xticks(powers, [f"{seconds:g} s" for seconds in powers])
    axes.set_xticks([], minor=True)
    for place, ((name, figures), seconds) in enumerate(zip(metrics.items(), times, strict=True)):
        micro, colour = figures["exact"]["micro"], _colour(place)
        f1 = micro["f1"] or 0.0
        if micro["ci"]:
            axes.vlines(seconds, *micro["ci"], color=colour)
        if interval := figures["seconds"]["ci"]:
            axes.hlines(f1, *(max(end, 1e-3) for end in interval), color=colour)
        axes.plot(seconds, f1, "o", color=colour)
        axes.annotate(name, (seconds, f1), (6, 4), textcoords="offset points", parse_math=False)
    axes.set_ylim(0, 1)
    axes.set_xlabel("time per report")
    axes.set_ylabel("exact F1")
    axes.grid(axis="y", color="#ddd")
    return _svg(axes, "exact F1 against seconds per report")


def reliability(metrics: Mapping[str, Any]) -> str:
    """Fraction of correct items against stated confidence; a calibrated system lies on the
    diagonal."""
    axes = _axes(3.6)
    axes.plot((0, 1), (0, 1), color="#999")
    for place, figures in enumerate(metrics.values()):
        bins = [b for b in figures["calibration"]["bins"] if b["items"]]
        x, y = [b["confidence"] for b in bins], [b["accuracy"] for b in bins]
        axes.plot(x, y, color=_colour(place))
        sizes = [(4 + 2 * math.log10(b["items"])) ** 2 for b in bins]
        axes.scatter(x, y, sizes, color=_colour(place))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.set_xlabel("confidence")
    axes.set_ylabel("fraction of correct items")
    axes.grid(color="#ddd")
    return _svg(axes, "fraction of correct items against confidence")


def legend(names: Sequence[str]) -> str:
    """The systems and their colours, as HTML."""
    return "".join(
        f'<span class="key"><i style="background:{_colour(i)}"></i>{html.escape(name)}</span>'
        for i, name in enumerate(names)
    )


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _plain(keys: Sequence[str]) -> list[str]:
    return [key.replace("_", " ").replace("$", r"\$") for key in keys]  # $ begins a formula


def _axes(height: float) -> Axes:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependencyError(
            "the page's charts need matplotlib: pip install 'elmtex[eval]'"
        ) from None
    axes: Axes = Figure((_WIDTH, height), layout="constrained").subplots()
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _svg(axes: Axes, label: str) -> str:
    """The figure as one SVG element that a page can hold."""
    import matplotlib

    file = io.StringIO()
    # Text stays text; the same figure gives the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": label}):
        figure = axes.get_figure(root=True)
        assert figure is not None
        figure.savefig(
            file, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    svg = file.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(r' xmlns(?::\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    return svg.strip().replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)
