"""The tab that compares: a report, two extractors, what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elmtex.web.locale.messages import Words
from elmtex.web.toolkit import NOT_FILLED, gr


@dataclass(frozen=True)
class CompareParts:
    """The tab's components."""

    tab: gr.Tab
    report: gr.Textbox
    left: gr.Dropdown
    right: gr.Dropdown
    start: gr.Button
    stop: gr.Button
    result: gr.HTML


def lay_out_compare(words: Words, choices: Sequence[str]) -> CompareParts:
    """Make the tab, hidden where there is nothing to compare.

    Args:
        words: the first language.
        choices: the names of the extractors; at least the page's own.
    """
    c = words.compare
    with gr.Tab(c.tab, id="compare", visible=len(choices) > 1) as tab:
        report = gr.Textbox(
            label=words.report,
            placeholder=words.report_hint,
            lines=6,
            max_lines=12,
            elem_id="elmtex-compare-report",
            html_attributes=NOT_FILLED,
        )
        with gr.Row(elem_id="elmtex-compare-choice"):
            left, right = (
                gr.Dropdown(list(choices), value=name, label=label, filterable=False)
                for label, name in ((c.left, choices[0]), (c.right, choices[-1]))
            )
            start = gr.Button(c.start, variant="primary", elem_id="elmtex-compare-start")
            stop = gr.Button(
                words.stop, variant="stop", visible=False, elem_id="elmtex-compare-stop"
            )
        result = gr.HTML(elem_id="elmtex-compare")
    return CompareParts(
        tab=tab, report=report, left=left, right=right, start=start, stop=stop, result=result
    )


def translated_compare(parts: CompareParts, words: Words) -> dict[Any, Any]:
    """The tab's fixed texts in a language, by component."""
    return {
        parts.tab: gr.update(label=words.compare.tab),
        parts.report: gr.update(label=words.report, placeholder=words.report_hint),
        parts.left: gr.update(label=words.compare.left),
        parts.right: gr.update(label=words.compare.right),
        parts.start: gr.update(value=words.compare.start),
        parts.stop: gr.update(value=words.stop),
    }
