"""The tab of one report: the column of the report, and beside it what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elmtex.examples import EXAMPLES
from elmtex.web.locale.messages import Words
from elmtex.web.toolkit import NOT_FILLED, file_box, gr


@dataclass(frozen=True)
class ReportParts:
    """The tab's components: the box to paste into, or in its place the report, and the result."""

    tab: gr.Tab
    paste: gr.Column
    example: gr.Dropdown
    report: gr.Textbox
    files: gr.File
    view: gr.HTML
    notice: gr.HTML
    extract: gr.Button
    stop: gr.Button
    edit: gr.Button
    clear: gr.Button
    result: gr.HTML


def lay_out_report(words: Words, result: str) -> ReportParts:
    """Make the tab; ``result`` is the right column's HTML before a report is read."""
    with gr.Tab(words.batch.one_tab, id="one") as tab, gr.Row(elem_id="elmtex-work"):
        with gr.Column(elem_id="elmtex-left"):
            with gr.Column(elem_id="elmtex-paste") as paste:
                example = gr.Dropdown(
                    examples(words),
                    value=None,
                    label=words.example,
                    info=None,
                    filterable=False,
                    elem_id="elmtex-example",
                )
                report = gr.Textbox(
                    label=words.report,
                    placeholder=words.report_hint,
                    lines=12,
                    max_lines=12,
                    elem_id="elmtex-input",
                    html_attributes=NOT_FILLED,
                )
                files = file_box(words.batch.files, "elmtex-files")
            view = gr.HTML(visible=False, elem_id="elmtex-view")
            notice = gr.HTML(visible=False, elem_id="elmtex-notice")
            with gr.Row(elem_id="elmtex-buttons"):
                extract = gr.Button(words.extract, variant="primary", elem_id="elmtex-extract")
                stop = gr.Button(words.stop, variant="stop", visible=False, elem_id="elmtex-stop")
                edit = gr.Button(words.edit, visible=False, elem_id="elmtex-edit")
                clear = gr.Button(words.clear, visible=False, elem_id="elmtex-clear")
        with gr.Column(elem_id="elmtex-right"):
            right = gr.HTML(result, elem_id="elmtex-result")
    return ReportParts(
        tab=tab,
        paste=paste,
        example=example,
        report=report,
        files=files,
        view=view,
        notice=notice,
        extract=extract,
        stop=stop,
        edit=edit,
        clear=clear,
        result=right,
    )


def translated_report(parts: ReportParts, words: Words) -> dict[Any, Any]:
    """The tab's fixed texts in a language, by component."""
    return {
        parts.tab: gr.update(label=words.batch.one_tab),
        parts.example: gr.update(label=words.example, choices=examples(words)),
        parts.report: gr.update(label=words.report, placeholder=words.report_hint),
        parts.files: gr.update(label=words.batch.files),
        parts.extract: gr.update(value=words.extract),
        parts.stop: gr.update(value=words.stop),
        parts.edit: gr.update(value=words.edit),
        parts.clear: gr.update(value=words.clear),
    }


def examples(words: Words) -> list[tuple[str, str]]:
    """The examples' titles and names."""
    return [(example.titles[words.lang], example.name) for example in EXAMPLES]
