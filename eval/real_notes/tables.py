"""The figures as tables of text, one for each set of reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eval.tables import Rows, estimate, markdown

Figures = Mapping[str, Any]
_LEVELS = ("exact", "relaxed")
_MEASURES = (("P", "p", "p_ci"), ("R", "r", "r_ci"), ("F1", "f1", "ci"))


def text(figures: Figures, verbose: bool = False) -> str:
    """All tables under headings.

    Args:
        figures: what ``figures.json`` holds.
        verbose: name the cases that fail.
    """
    parts = [f"# {figures['model']}, schema {figures['schema']}\n"]
    tables = {"kiwi": _kiwi, "negex": _negex, "cases": _cases, "written": _written}
    for name, table in tables.items():
        if name in figures:
            parts += table(figures[name])
    if verbose and "cases" in figures:
        parts.append(f"Failed cases: {', '.join(figures['cases']['failed']) or 'none'}.\n")
    return "\n".join(parts)


def _kiwi(figures: Figures) -> Iterator[str]:
    mapped, own = figures["mapped"], figures["kiwi"]
    yield (
        f"## Kiwi's notes, mapped, first mentions: {figures['notes']} notes, "
        f"{figures['failed']} failed\n"
    )
    yield markdown(_scores("entity", mapped))
    yield "### Without normal findings, which Kiwi does not annotate\n"
    yield markdown(_scores("entity", figures["without_normal"]))
    yield "### Assertion of the items that overlap\n"
    yield markdown(_assertion(mapped["assertion"]))
    reachable = own["reachable"]
    yield "## Kiwi's notes, as the paper counts: every mention\n"
    yield (
        f"{reachable['count']} of {reachable['of']} mentions are first ones: a document that lists each thing "
        f"once reaches a recall of {reachable['value']:.3f} at most.\n"
    )
    yield markdown(_scores("entity", own["entities"]))
    missing = ", ".join(f"{name} {count}" for name, count in own["not_measured"].items())
    yield f"Modifiers without a type of ours, not measured (with their number): {missing}.\n"
    yield "### Negation and uncertain, by the assertion of the entity\n"
    yield markdown(_scores("modifier", own["signs"]))
    if own["writes_attributes"]:
        yield "### Modifiers, wherever they belong\n"
        yield markdown(_scores("modifier", own["modifiers"]))
        yield "### Relations of an entity and its modifier\n"
        yield markdown(_scores("modifier", own["relations"]))
    else:
        yield "The documents have no attributes: other modifiers and relations are not measured.\n"


def _scores(name: str, levels: Figures) -> Rows:
    """A row for each key and one for all: precision, recall and F1 with intervals."""
    header = [name, "gold", *(f"{level} {m}" for level in _LEVELS for m, _, _ in _MEASURES)]
    found = {**levels["exact"]["per_category"], "micro": levels["exact"]["micro"]}
    near = {**levels["relaxed"]["per_category"], "micro": levels["relaxed"]["micro"]}
    return [
        header,
        *(
            [key, str(row["tp"] + row["fn"]), *_measures(row), *_measures(near[key])]
            for key, row in found.items()
        ),
    ]


def _measures(row: Figures) -> list[str]:
    return [estimate(row[value], row[interval]) for _, value, interval in _MEASURES]


def _assertion(figures: Figures) -> Rows:
    def cell(row: Figures) -> str:
        return f"{estimate(row['value'], row['ci'])} ({row['count']}/{row['of']})"

    rows: Rows = [["assertion", "precision", "recall"]]
    for key in ("absent", "possible", "present"):
        rows.append([key, cell(figures["precision"][key]), cell(figures["recall"][key])])
    return rows


def _negex(figures: Figures) -> Iterator[str]:
    yield f"## NegEx's sentences: {figures['sentences']}, {figures['failed']} failed\n"
    rows: Rows = [["sentences", "concept found", "sign right, of those found"]]
    rows.append(["all", _share(figures["found"]), _share(figures["sign right"])])
    for name, share in figures["found by group"].items():
        rows.append([name, _share(share), _share(figures["sign right by group"][name])])
    yield markdown(rows)
    yield f"Hypotheticals called present: {_share(figures['hypotheticals present'])}.\n"


def _share(row: Figures) -> str:
    return f"{estimate(row['value'], row['ci'])} ({row['count']}/{row['of']})"


def _cases(figures: Figures) -> Iterator[str]:
    yield f"## Cases: {figures['passed']} of {figures['of']} pass\n"
    rows: Rows = [["kind", *figures["languages"]]]
    for kind, langs in (("all", figures["languages"]), *figures["kinds"].items()):
        cells = [f"{row['passed']}/{row['of']}" if row["of"] else "-" for row in langs.values()]
        rows.append([kind, *cells])
    yield markdown(rows)


def _written(figures: Figures) -> Iterator[str]:
    yield "## Written reports that are kept from training\n"
    rows: Rows = [["language", "reports", "exact F1", "relaxed F1"]]
    for lang, levels in figures.items():
        cells = [estimate(levels[level]["f1"], levels[level]["ci"]) for level in _LEVELS]
        rows.append([lang, str(levels["exact"]["n"]), *cells])
    yield markdown(rows)
