"""Where things stand on the page. What they do is wired in wiring.py and wiring_tabs.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elmtex.examples import EXAMPLES
from elmtex.web import render
from elmtex.web.locale.messages import Words
from elmtex.web.toolkit import gr

FILE_BOX = 110  # pixels
# A saved name would sign another's decisions, a saved password stand in a report.
NOT_FILLED = gr.InputHTMLAttributes(autocomplete="off")


@dataclass(frozen=True)
class Parts:
    """The page's components, by what they are for."""

    header: Any
    reviewer: Any
    language: Any
    space: Any
    tabs: Any
    one: Any
    many_tab: Any
    paste: Any
    example: Any
    files: Any
    report: Any
    view: Any
    notice: Any
    extract: Any
    stop: Any
    edit: Any
    clear: Any
    result: Any
    many_files: Any
    start: Any
    halt: Any
    many: Any
    compare_tab: Any
    compare_report: Any
    compare_left: Any
    compare_right: Any
    compare_start: Any
    compare_stop: Any
    compare: Any
    schema_tab: Any
    schema: Any
    schema_file: Any
    schema_said: Any
    schema_use: Any
    schema_standard: Any
    schema_used: Any
    about_tab: Any
    about: Any
    card: Any
    footer: Any
    asked: Any
    ask: Any
    answer: Any


def lay_out(words: Words, result: str, on_a_space: bool, choices: Sequence[str]) -> Parts:
    """Make the components, inside the gradio blocks that are open.

    Args:
        words: the first language.
        result: HTML of the right column before a report is read.
        on_a_space: show the warning that nothing is private here.
        choices: the names of the extractors that may be compared; at least the page's own.
    """
    with gr.Row(elem_id="elmtex-head"):
        header = gr.HTML(render.header_html(words), elem_id="elmtex-title")
        reviewer = gr.Textbox(
            label=words.review.reviewer,
            placeholder=words.review.reviewer_hint,
            max_lines=1,
            max_length=200,
            elem_id="elmtex-reviewer",
            html_attributes=NOT_FILLED,
        )
        language = gr.Radio(
            [("English", "en"), ("Deutsch", "de")],
            value="en",
            label=words.language,
            show_label=False,
            container=False,
            elem_id="elmtex-language",
        )
    space = gr.HTML(
        render.message_html(words.space_notice), visible=on_a_space, elem_id="elmtex-space"
    )
    with gr.Tabs(elem_id="elmtex-tabs") as tabs:
        with (
            gr.Tab(words.batch.one_tab, id="one") as one,
            gr.Row(elem_id="elmtex-work"),
        ):
            left = _left(words)
            with gr.Column(elem_id="elmtex-right"):
                right = gr.HTML(result, elem_id="elmtex-result")
        with gr.Tab(words.batch.many_tab, id="many") as many_tab:
            many_files = _file_box(words.batch.many_files, "elmtex-many-files")
            with gr.Row(elem_id="elmtex-many-buttons"):
                start = gr.Button(words.batch.start, variant="primary", elem_id="elmtex-start")
                halt = gr.Button(
                    words.batch.stop, variant="stop", visible=False, elem_id="elmtex-halt"
                )
            many = gr.HTML(elem_id="elmtex-many")
        with gr.Tab(words.compare.tab, id="compare", visible=len(choices) > 1) as compare_tab:
            compare = _compare(words, choices)
        with gr.Tab(words.schema.tab, id="schema") as schema_tab:
            own = _schema(words)
        with gr.Tab(words.about.tab, id="about") as about_tab:
            about = gr.HTML(elem_id="elmtex-about")
            # No formulas: a dollar sign in a card is a dollar sign.
            card = gr.Markdown(elem_id="elmtex-card", latex_delimiters=[])
    footer = gr.HTML(render.footer_html(words), elem_id="elmtex-foot")
    # What review.js writes a click into, and then presses; out of sight, out of reach of the tab key.
    with gr.Column(elem_id="elmtex-command"):
        asked = gr.Textbox(label="command", html_attributes=NOT_FILLED)
        ask = gr.Button("send")
        answer = gr.HTML(elem_id="elmtex-answer")
    return Parts(
        header=header,
        reviewer=reviewer,
        language=language,
        space=space,
        tabs=tabs,
        one=one,
        many_tab=many_tab,
        **left,
        result=right,
        many_files=many_files,
        start=start,
        halt=halt,
        many=many,
        compare_tab=compare_tab,
        **compare,
        schema_tab=schema_tab,
        **own,
        about_tab=about_tab,
        about=about,
        card=card,
        footer=footer,
        asked=asked,
        ask=ask,
        answer=answer,
    )


def _left(words: Words) -> dict[str, Any]:
    """The column of the report: the box to paste into, then the report itself."""
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
            files = _file_box(words.batch.files, "elmtex-files")
        view = gr.HTML(visible=False, elem_id="elmtex-view")
        notice = gr.HTML(visible=False, elem_id="elmtex-notice")
        with gr.Row(elem_id="elmtex-buttons"):
            extract = gr.Button(words.extract, variant="primary", elem_id="elmtex-extract")
            stop = gr.Button(words.stop, variant="stop", visible=False, elem_id="elmtex-stop")
            edit = gr.Button(words.edit, visible=False, elem_id="elmtex-edit")
            clear = gr.Button(words.clear, visible=False, elem_id="elmtex-clear")
    return {
        "paste": paste,
        "example": example,
        "files": files,
        "report": report,
        "view": view,
        "notice": notice,
        "extract": extract,
        "stop": stop,
        "edit": edit,
        "clear": clear,
    }


def _compare(words: Words, choices: Sequence[str]) -> dict[str, Any]:
    """The tab that compares: a report, two extractors, what they found."""
    c = words.compare
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
        stop = gr.Button(words.stop, variant="stop", visible=False, elem_id="elmtex-compare-stop")
    return {
        "compare_report": report,
        "compare_left": left,
        "compare_right": right,
        "compare_start": start,
        "compare_stop": stop,
        "compare": gr.HTML(elem_id="elmtex-compare"),
    }


def _schema(words: Words) -> dict[str, Any]:
    """The tab of one's own categories: the schema, beside it what it amounts to."""
    used = gr.HTML(elem_id="elmtex-schema-used")
    with gr.Row():
        with gr.Column():
            box = gr.Textbox(
                label=words.schema.box,
                lines=20,
                max_lines=20,
                elem_id="elmtex-schema",
                html_attributes=NOT_FILLED,
            )
        with gr.Column():
            said = gr.HTML(elem_id="elmtex-schema-said")
            with gr.Row():
                use = gr.Button(words.schema.use, variant="primary")
                standard = gr.Button(words.schema.standard)
            file = gr.UploadButton(words.schema.upload, file_types=[".json"])
    return {
        "schema": box,
        "schema_file": file,
        "schema_said": said,
        "schema_use": use,
        "schema_standard": standard,
        "schema_used": used,
    }


def _file_box(label: str, id: str) -> Any:
    # Without file_types: gradio would keep other files to itself, and the message of the file before would stay.
    return gr.File(
        label=label,
        file_count="multiple",
        height=FILE_BOX,
        elem_id=id,
        elem_classes="elmtex-drop",
    )


def examples(words: Words) -> list[tuple[str, str]]:
    """The examples' titles and names."""
    return [(example.titles[words.lang], example.name) for example in EXAMPLES]


def translations(parts: Parts, words: Words) -> dict[Any, Any]:
    """Every fixed text of the page in a language, by component."""
    return {
        parts.header: render.header_html(words),
        parts.language: gr.update(label=words.language),
        parts.space: render.message_html(words.space_notice),
        parts.reviewer: gr.update(
            label=words.review.reviewer, placeholder=words.review.reviewer_hint
        ),
        parts.one: gr.update(label=words.batch.one_tab),
        parts.many_tab: gr.update(label=words.batch.many_tab),
        parts.example: gr.update(label=words.example, choices=examples(words)),
        parts.report: gr.update(label=words.report, placeholder=words.report_hint),
        parts.files: gr.update(label=words.batch.files),
        parts.many_files: gr.update(label=words.batch.many_files),
        parts.extract: gr.update(value=words.extract),
        parts.stop: gr.update(value=words.stop),
        parts.edit: gr.update(value=words.edit),
        parts.clear: gr.update(value=words.clear),
        parts.start: gr.update(value=words.batch.start),
        parts.halt: gr.update(value=words.batch.stop),
        parts.compare_tab: gr.update(label=words.compare.tab),
        parts.compare_report: gr.update(label=words.report, placeholder=words.report_hint),
        parts.compare_left: gr.update(label=words.compare.left),
        parts.compare_right: gr.update(label=words.compare.right),
        parts.compare_start: gr.update(value=words.compare.start),
        parts.compare_stop: gr.update(value=words.stop),
        parts.schema_tab: gr.update(label=words.schema.tab),
        parts.schema: gr.update(label=words.schema.box),
        parts.schema_file: gr.update(label=words.schema.upload),
        parts.schema_use: gr.update(value=words.schema.use),
        parts.schema_standard: gr.update(value=words.schema.standard),
        parts.about_tab: gr.update(label=words.about.tab),
        parts.footer: render.footer_html(words),
    }
