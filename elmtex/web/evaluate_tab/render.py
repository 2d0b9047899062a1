"""The figures as tables: a row for each category, what was mixed up, the reports that went worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from elmtex.types import ASSERTIONS
from elmtex.web.evaluate_tab.evaluate import Evaluated
from elmtex.web.locale.messages import Words
from elmtex.web.render import message_html, missing_html
from elmtex.web.templating import percent_of, template

_EVALUATE = template("evaluate.html")


@dataclass(frozen=True, slots=True)
class Row:
    """A category's counts and scores; a score is "64 % (51–75)", "–" where it is not defined."""

    title: str
    gold: int
    right: int
    wrong: int
    missed: int
    precision: str
    recall: str
    f1: str
    relaxed: str


def evaluate_html(now: Evaluated, words: Words) -> Markup:
    """All of the tab below its buttons."""
    e = words.evaluate
    if now.said:
        known = {"no_reviews": e.no_reviews, "no_gold": e.no_gold}
        known["nothing_extracted"] = e.not_extracted.format(count=now.unread)
        return message_html(known.get(now.said) or words.said(now.said), "warning")
    if not now.figures:
        return missing_html(e.hint)
    titles = {c.key: c.title_in(words.lang) for c in now.categories}
    exact, relaxed = now.figures["exact"], now.figures["relaxed"]
    rows = [
        _row(titles.get(key, key), of, relaxed["per_category"][key])
        for key, of in exact["per_category"].items()
    ]
    notes = [e.reports.format(count=now.figures["n"])]
    notes += [e.of_reviews] if now.reviews else []
    notes += [e.not_extracted.format(count=now.unread)] if now.unread else []
    return _EVALUATE.tab(
        notes,
        [*rows, _row(e.every, exact["micro"], relaxed["micro"])],
        _assertions(now.figures["assertion"]),
        [(titles.get(one, one), titles.get(other, other), n) for one, other, n in now.mixed_up],
        now.worst,
        words,
    )


def _row(title: str, of: Mapping[str, Any], relaxed: Mapping[str, Any]) -> Row:
    return Row(
        title=title,
        gold=of["tp"] + of["fn"],
        right=of["tp"],
        wrong=of["fp"],
        missed=of["fn"],
        precision=_score(of["p"], of["p_ci"]),
        recall=_score(of["r"], of["r_ci"]),
        f1=_score(of["f1"], of["ci"]),
        relaxed=_score(relaxed["f1"], relaxed["ci"]),
    )


def _score(value: float | None, interval: Sequence[float] | None) -> str:
    if value is None:
        return "–"
    if interval is None:
        return f"{percent_of(value)} %"
    low, high = map(percent_of, interval)
    return f"{percent_of(value)} % ({low}–{high})"


def _assertions(of: Mapping[str, Any]) -> list[tuple[str, list[int]]]:
    """What the gold says, and how often the model said each assertion of it."""
    table = of["confusion"]
    return [(gold, [table[gold][said] for said in ASSERTIONS]) for gold in ASSERTIONS]
