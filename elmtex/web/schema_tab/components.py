"""The tab of custom schemas: the form, beside it what the schema amounts to and a trial, below it the same as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elmtex.web.locale.messages import Words
from elmtex.web.schema_tab.custom_schema import beginnings
from elmtex.web.schema_tab.form import form_html
from elmtex.web.toolkit import NOT_FILLED, gr


@dataclass(frozen=True)
class SchemaParts:
    """The tab's components."""

    tab: gr.Tab
    in_use: gr.HTML
    start: gr.Dropdown
    start_now: gr.Button
    file: gr.UploadButton
    form: gr.HTML
    check: gr.HTML
    use: gr.Button
    standard: gr.Button
    trial: TrialParts
    text: gr.Textbox


@dataclass(frozen=True)
class TrialParts:
    """The report that the schema is tried on."""

    report: gr.Textbox
    start: gr.Button
    stop: gr.Button
    result: gr.HTML


def lay_out_schema(words: Words) -> SchemaParts:
    """Make the tab."""
    s = words.schema
    with gr.Tab(s.tab, id="schema") as tab:
        in_use = gr.HTML(elem_id="elmtex-schema-used")
        with gr.Row(elem_id="elmtex-schema-start"):
            choices = beginnings(words)
            start = gr.Dropdown(choices, value=choices[0][1], label=s.start, filterable=False)
            start_now = gr.Button(s.start_now)
            file = gr.UploadButton(s.upload, file_types=[".json"])
        with gr.Row(elem_id="elmtex-schema-work"):
            form = gr.HTML(form_html(words), elem_id="elmtex-schema-form")
            with gr.Column(elem_id="elmtex-schema-side"):
                check = gr.HTML(elem_id="elmtex-schema-said")
                with gr.Row():
                    use = gr.Button(s.use, variant="primary")
                    standard = gr.Button(s.standard)
                trial = _lay_out_trial(words)
        # No gr.Accordion: a closed one holds no box for the form to write in.
        with gr.Column(elem_id="elmtex-schema-json"):
            text = gr.Textbox(
                label=s.box,
                lines=20,
                max_lines=20,
                elem_id="elmtex-schema",
                html_attributes=NOT_FILLED,
            )
    return SchemaParts(
        tab=tab,
        in_use=in_use,
        start=start,
        start_now=start_now,
        file=file,
        form=form,
        check=check,
        use=use,
        standard=standard,
        trial=trial,
        text=text,
    )


def _lay_out_trial(words: Words) -> TrialParts:
    s = words.schema
    report = gr.Textbox(
        label=s.trial,
        placeholder=s.trial_hint,
        lines=5,
        max_lines=10,
        elem_id="elmtex-trial-report",
        html_attributes=NOT_FILLED,
    )
    start = gr.Button(s.try_it, elem_id="elmtex-trial-start")
    stop = gr.Button(words.stop, variant="stop", visible=False, elem_id="elmtex-trial-stop")
    return TrialParts(report, start, stop, gr.HTML(elem_id="elmtex-trial"))


def translated_schema(parts: SchemaParts, words: Words) -> dict[Any, Any]:
    """The tab's fixed texts in a language, by component."""
    s, trial = words.schema, parts.trial
    return {
        parts.tab: gr.update(label=s.tab),
        parts.start: gr.update(label=s.start, choices=beginnings(words)),
        parts.start_now: gr.update(value=s.start_now),
        parts.file: gr.update(label=s.upload),
        parts.form: str(form_html(words)),
        parts.use: gr.update(value=s.use),
        parts.standard: gr.update(value=s.standard),
        trial.report: gr.update(label=s.trial, placeholder=s.trial_hint),
        trial.start: gr.update(value=s.try_it),
        trial.stop: gr.update(value=words.stop),
        parts.text: gr.update(label=s.box),
    }
