"""Two documents side by side: a table of counts, what differs, and what is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from elmtex.comparison import KINDS, Comparison, Found, Kind, Pair, Tally
from elmtex.schema import CategorySchema
from elmtex.web.chips import Chip, compared_chips
from elmtex.web.compare_tab.compare import Compared
from elmtex.web.compare_tab.names import REVIEWED, named
from elmtex.web.locale.messages import Words
from elmtex.web.render import message_html, missing_html, progress_html
from elmtex.web.state import MAX_CHARACTERS, grouped
from elmtex.web.templating import template

# Beside the words, so that no difference hangs on a colour.
SIGNS: dict[Kind, str] = {
    "agreed": "=",
    "assertion": "≠",
    "category": "↔",
    "left": "◀",
    "right": "▶",
}

_COMPARE = template("compare.html")


@dataclass(frozen=True, slots=True)
class KindSaid:
    """A kind of pair as the page names it."""

    key: Kind
    sign: str
    title: str


@dataclass(frozen=True, slots=True)
class Side:
    """What one side says of an item: its words, then assertion, category and place in one line, then its attributes."""

    text: str
    absent: bool
    said: str
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A pair; a side that has not found the item is None."""

    kind: KindSaid
    attributes_differ: bool
    sides: tuple[Side | None, Side | None]


def compare_html(state: Compared, standard: CategorySchema, words: Words) -> Markup:
    """The whole tab below its buttons.

    Args:
        state: where the comparison stands.
        standard: the page's schema, where the state has none of its own.
        words: the page's language.
    """
    c, names = words.compare, tuple(named(name, words) for name in state.names)
    if state.running:
        done = len(state.answers)
        said = c.reading.format(name=names[done]) if names else words.waiting
        return progress_html(said, len(state.answers), 2 if state.answers else 0)
    if state.reason:
        said = _refusal(state, words) or c.failed.format(reason=words.said(state.reason))
        return message_html(said, "warning" if state.reason == "stopped" else "bad")
    comparison = state.comparison
    if comparison is None:
        return missing_html(c.hint)
    schema = state.schema or standard
    kinds = {kind: KindSaid(kind, SIGNS[kind], _title(kind, names, words)) for kind in KINDS}
    rows = [_row(pair, kinds, schema, words) for pair in comparison.pairs]
    agreed = [row for row in rows if row.kind.key == "agreed"]
    return _COMPARE.tab(
        list(zip(names, state.answers, state.seconds, strict=True)),
        _scores(comparison, state.names, schema, words),
        c.truth if REVIEWED in state.names else "",
        [(kinds[kind], comparison.counts[kind]) for kind in KINDS],
        comparison.attributes_differ if schema.attributes else None,
        [row for row in rows if row.kind.key != "agreed"],
        [row for row in agreed if row.attributes_differ],
        [row for row in agreed if not row.attributes_differ],
        names,
        words,
    )


def _scores(
    comparison: Comparison, choices: Sequence[str], schema: CategorySchema, words: Words
) -> tuple[Sequence[str], Sequence[tuple[str, Tally]]]:
    """The heads of the three columns of counts (both, left, right), and a tally for each category and for all."""
    c, kinds = words.compare, words.compare.kinds
    names = [named(choice, words) for choice in choices]
    heads = [
        c.both,
        *(kinds[side].format(left=names[0], right=names[1]) for side in ("left", "right")),
    ]
    if REVIEWED in choices:
        reviewed = choices.index(REVIEWED)
        heads = [c.right, c.wrong, c.missed] if reviewed else [c.right, c.missed, c.wrong]
    tallies = comparison.by_category()
    rows = [(schema.category(key).title_in(words.lang), tally) for key, tally in tallies.items()]
    if rows:
        rows.append((c.every, sum(tallies.values(), Tally())))
    return heads, rows


def _refusal(state: Compared, words: Words) -> str:
    """The sentence that a reason names; "" when it is a message itself."""
    c = words.compare
    said = {
        "empty_report": c.empty_report,
        "choose_two": c.choose_two,
        "stopped": c.stopped,
        "not_reviewed": c.not_reviewed,
        "busy": words.busy,
        "broken_report": words.broken_report,
        "long_report": words.long_report.format(
            length=grouped(state.length), limit=grouped(MAX_CHARACTERS)
        ),
    }
    return said.get(state.reason, "")


def _row(pair: Pair, kinds: Mapping[Kind, KindSaid], schema: CategorySchema, words: Words) -> Row:
    left, right = (_side(pair, found, schema, words) for found in (pair.left, pair.right))
    return Row(kinds[pair.kind], pair.attributes_differ, (left, right))


def _title(kind: Kind, names: Sequence[str], words: Words) -> str:
    return words.compare.kinds[kind].format(left=names[0], right=names[1])


def _side(pair: Pair, found: Found | None, schema: CategorySchema, words: Words) -> Side | None:
    if found is None:
        return None
    item, category = found.item, schema.category(found.category)
    where = f"{item.start}–{item.end}" if item.grounded else words.ungrounded
    said = " · ".join((category.title_in(words.lang), words.assertions[item.assertion], where))
    alone = pair.alone(found) if pair.attributes_differ else ()
    marked = compared_chips(item, category, words.lang, alone)
    return Side(item.text, item.assertion == "absent", said, marked)
