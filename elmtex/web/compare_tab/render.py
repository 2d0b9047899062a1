"""Two documents side by side: a table of counts, what differs, and what is the same."""

from __future__ import annotations

from collections.abc import Sequence

from elmtex.comparison import KINDS, Comparison, Found, Kind, Pair
from elmtex.schema import CategorySchema
from elmtex.web.compare_tab.compare import Compared
from elmtex.web.locale.messages import Words
from elmtex.web.render import escape, message_html, progress_html
from elmtex.web.state import MAX_CHARACTERS, grouped

# Beside the words, so that no difference hangs on a colour.
SIGNS: dict[Kind, str] = {
    "agreed": "=",
    "assertion": "≠",
    "category": "↔",
    "left": "◀",
    "right": "▶",
}


def compare_html(state: Compared, standard: CategorySchema, words: Words) -> str:
    """The whole tab below its buttons.

    Args:
        state: where the comparison stands.
        standard: the page's schema, where the state has none of its own.
        words: the page's language.
    """
    c = words.compare
    if state.running:
        done = len(state.answers)
        said = c.reading.format(name=state.names[done]) if state.names else words.waiting
        return progress_html(said, len(state.answers), 2 if state.answers else 0)
    if state.reason:
        said = _refusal(state, words) or c.failed.format(reason=state.reason)
        return message_html(said, "warning" if state.reason == "stopped" else "bad")
    comparison = state.comparison
    if comparison is None:
        return f'<p class="missing">{escape(c.hint)}</p>'
    titles = {
        category.key: category.title_in(words.lang)
        for category in (state.schema or standard).categories
    }
    differ = [pair for pair in comparison.pairs if pair.kind != "agreed"]
    agreed = [pair for pair in comparison.pairs if pair.kind == "agreed"]
    shown = (
        f"<h2>{escape(c.differences)}</h2>{_pairs_html(differ, state.names, titles, words)}"
        if differ
        else message_html(c.same, "good")
    )
    if agreed:
        shown += (
            f"<details><summary>{escape(c.agreed)} ({len(agreed)})</summary>"
            f"{_pairs_html(agreed, state.names, titles, words)}</details>"
        )
    return f'<div class="compare">{_summary_html(state, comparison, words)}{shown}</div>'


def _refusal(state: Compared, words: Words) -> str:
    """The sentence that a reason names; "" when it is a message itself."""
    c = words.compare
    said = {
        "empty_report": c.empty_report,
        "choose_two": c.choose_two,
        "stopped": c.stopped,
        "busy": words.busy,
        "broken_report": words.broken_report,
        "long_report": words.long_report.format(
            length=grouped(state.length), limit=grouped(MAX_CHARACTERS)
        ),
    }
    return said.get(state.reason, "")


def _summary_html(state: Compared, comparison: Comparison, words: Words) -> str:
    """Both sides, and how many pairs there are of each kind."""
    c = words.compare
    heads = (c.extractor, c.model, c.status, c.items, c.seconds)
    sides = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(answer.model)}</td>'
        f"<td>{escape(words.statuses[answer.status])}{_problems(answer.problems)}</td>"
        f"<td>{sum(map(len, answer.categories.values()))}</td><td>{seconds:.1f}</td></tr>"
        for name, answer, seconds in zip(state.names, state.answers, state.seconds, strict=True)
    )
    counts = "".join(
        f'<tr><th scope="row"><span aria-hidden="true">{SIGNS[kind]}</span> '
        f"{escape(_kind(kind, state.names, words))}</th><td>{comparison.counts[kind]}</td></tr>"
        for kind in KINDS
    )
    return (
        f'<h2>{escape(c.summary)}</h2><div class="batch-table"><table class="batch"><thead><tr>'
        f"{_heads(heads)}</tr></thead><tbody>{sides}</tbody></table></div>"
        f'<table class="batch counts"><tbody>{counts}</tbody></table>'
    )


def _problems(problems: Sequence[str]) -> str:
    return f'<span class="quiet">{escape(" ".join(problems))}</span>' if problems else ""


def _pairs_html(
    pairs: Sequence[Pair], names: Sequence[str], titles: dict[str, str], words: Words
) -> str:
    rows = "".join(
        f'<tr class="{pair.kind}"><th scope="row"><span aria-hidden="true">{SIGNS[pair.kind]}</span> '
        f"{escape(_kind(pair.kind, names, words))}</th>"
        f"{_side(pair.left, titles, words)}{_side(pair.right, titles, words)}</tr>"
        for pair in pairs
    )
    heads = _heads((words.compare.difference, *names))
    return (
        f'<div class="batch-table"><table class="batch pairs"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _heads(names: Sequence[str]) -> str:
    return "".join(f'<th scope="col">{escape(name)}</th>' for name in names)


def _kind(kind: Kind, names: Sequence[str], words: Words) -> str:
    return words.compare.kinds[kind].format(left=names[0], right=names[1])


def _side(found: Found | None, titles: dict[str, str], words: Words) -> str:
    """What one side says: its words, assertion, category and place."""
    if found is None:
        return '<td class="quiet">–</td>'
    item = found.item
    name = escape(item.text)
    if item.assertion == "absent":
        name = f"<s>{name}</s>"
    where = f"{item.start}–{item.end}" if item.grounded else words.ungrounded
    said = " · ".join((titles[found.category], words.assertions[item.assertion], where))
    return f'<td dir="auto">{name}<span class="quiet">{escape(said)}</span></td>'
