"""Where things are on the page: head, tabs, foot, and the channel by which its scripts reach the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elmtex.web import render
from elmtex.web.about_tab.components import AboutParts, lay_out_about, translated_about
from elmtex.web.batch_tab.components import BatchParts, lay_out_batch, translated_batch
from elmtex.web.compare_tab.components import CompareParts, lay_out_compare, translated_compare
from elmtex.web.evaluate_tab.components import (
    EvaluateParts,
    lay_out_evaluate,
    translated_evaluate,
)
from elmtex.web.learn_tab.components import LearnParts, lay_out_learn, translated_learn
from elmtex.web.locale.messages import LANGUAGES, Words
from elmtex.web.report_tab.components import ReportParts, lay_out_report, translated_report
from elmtex.web.schema_tab.components import SchemaParts, lay_out_schema, translated_schema
from elmtex.web.toolkit import NOT_FILLED, gr


@dataclass(frozen=True)
class Channel:
    """What the page's scripts write a command into, press, and read the answer from.

    gradio's own way, ``gr.HTML`` with ``js_on_load`` and ``server_functions``, makes a function of a text in the browser,
    and the page's Content-Security-Policy forbids that: whatever text reached it could run. So channel.js writes each
    command into a box and presses a button. It sends one at a time, with a number, until the answer with that number
    is there; the server carries each number out once.
    """

    command: gr.Textbox
    send: gr.Button
    answer: gr.HTML


@dataclass(frozen=True)
class PageParts:
    """The page's components."""

    header: gr.HTML
    reviewer: gr.Textbox
    language: gr.Radio
    space: gr.HTML
    tabs: gr.Tabs
    report: ReportParts
    batch: BatchParts
    compare: CompareParts
    evaluate: EvaluateParts
    learn: LearnParts
    schema: SchemaParts
    about: AboutParts
    footer: gr.HTML
    channel: Channel


def lay_out(
    words: Words, result: str, on_a_space: bool, choices: Sequence[str], *, scores: bool = False
) -> PageParts:
    """Make the components, inside the gradio blocks that are open.

    Args:
        words: the first language.
        result: HTML of the right column before a report is read.
        on_a_space: show the warning that nothing is private here.
        choices: the names of the extractors that may be compared; at least the page's own.
        scores: the metrics of evaluation are there.
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
            [(one.name, lang) for lang, one in LANGUAGES.items()],
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
        report = lay_out_report(words, result)
        batch = lay_out_batch(words)
        compare = lay_out_compare(words, choices)
        evaluate = lay_out_evaluate(words, scores)
        learn = lay_out_learn(words, not on_a_space)
        schema = lay_out_schema(words)
        about = lay_out_about(words)
    footer = gr.HTML(render.footer_html(words), elem_id="elmtex-foot")
    return PageParts(
        header=header,
        reviewer=reviewer,
        language=language,
        space=space,
        tabs=tabs,
        report=report,
        batch=batch,
        compare=compare,
        evaluate=evaluate,
        learn=learn,
        schema=schema,
        about=about,
        footer=footer,
        channel=_channel(),
    )


def _channel() -> Channel:
    """The channel, out of sight and out of reach of the tab key."""
    with gr.Column(elem_id="elmtex-command"):
        command = gr.Textbox(label="command", html_attributes=NOT_FILLED)
        send = gr.Button("send")
        answer = gr.HTML(elem_id="elmtex-answer")
    return Channel(command, send, answer)


def translations(parts: PageParts, words: Words) -> dict[Any, Any]:
    """Every fixed text of the page in a language, by component."""
    return {
        parts.header: render.header_html(words),
        parts.language: gr.update(label=words.language),
        parts.space: render.message_html(words.space_notice),
        parts.reviewer: gr.update(
            label=words.review.reviewer, placeholder=words.review.reviewer_hint
        ),
        **translated_report(parts.report, words),
        **translated_batch(parts.batch, words),
        **translated_compare(parts.compare, words),
        **translated_evaluate(parts.evaluate, words),
        **translated_learn(parts.learn, words),
        **translated_schema(parts.schema, words),
        **translated_about(parts.about, words),
        parts.footer: render.footer_html(words),
    }
