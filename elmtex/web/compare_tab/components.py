"""The tab that compares: a report, two extractors, what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elmtex.web.compare_tab.names import named
from elmtex.web.locale.messages import Words
from elmtex.web.toolkit import NOT_FILLED, gr


@dataclass(frozen=True)
class CompareParts:
    """The tab's components, and what can be chosen in its two menus."""

    choices: tuple[str, ...]
    tab: gr.Tab
    report: gr.Textbox
    left: gr.Dropdown
    right: gr.Dropdown
    start: gr.Button
    stop: gr.Button
    result: gr.HTML


def lay_out_compare(words: Words, choices: Sequence[str]) -> CompareParts:
    """Make the tab.

    Args:
        words: the first language.
        choices: what can be compared; at least the page's own extractor and the reviewed version.
    """
    c = words.compare
    with gr.Tab(c.tab, id="compare") as tab:
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
                gr.Dropdown(_named(choices, words), value=name, label=label, filterable=False)
                for label, name in (
                    (c.first, choices[0]),
                    (c.second, choices[-2] if len(choices) > 2 else choices[-1]),
                )
            )
            start = gr.Button(c.start, variant="primary", elem_id="elmtex-compare-start")
            stop = gr.Button(
                words.stop, variant="stop", visible=False, elem_id="elmtex-compare-stop"
            )
        result = gr.HTML(elem_id="elmtex-compare")
    return CompareParts(
        choices=tuple(choices),
        tab=tab,
        report=report,
        left=left,
        right=right,
        start=start,
        stop=stop,
        result=result,
    )


def _named(choices: Sequence[str], words: Words) -> list[tuple[str, str]]:
    return [(named(choice, words), choice) for choice in choices]


def translated_compare(parts: CompareParts, words: Words) -> dict[Any, Any]:
    """The tab's fixed texts in a language, by component."""
    return {
        parts.tab: gr.update(label=words.compare.tab),
        parts.report: gr.update(label=words.report, placeholder=words.report_hint),
        parts.left: gr.update(label=words.compare.first, choices=_named(parts.choices, words)),
        parts.right: gr.update(label=words.compare.second, choices=_named(parts.choices, words)),
        parts.start: gr.update(value=words.compare.start),
        parts.stop: gr.update(value=words.stop),
    }
