"""The tab of custom schemas: the schema, beside it what it amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elmtex.web.locale.messages import Words
from elmtex.web.toolkit import NOT_FILLED, gr


@dataclass(frozen=True)
class SchemaParts:
    """The tab's components."""

    tab: gr.Tab
    in_use: gr.HTML
    text: gr.Textbox
    check: gr.HTML
    use: gr.Button
    standard: gr.Button
    file: gr.UploadButton


def lay_out_schema(words: Words) -> SchemaParts:
    """Make the tab."""
    with gr.Tab(words.schema.tab, id="schema") as tab:
        in_use = gr.HTML(elem_id="elmtex-schema-used")
        with gr.Row():
            with gr.Column():
                text = gr.Textbox(
                    label=words.schema.box,
                    lines=20,
                    max_lines=20,
                    elem_id="elmtex-schema",
                    html_attributes=NOT_FILLED,
                )
            with gr.Column():
                check = gr.HTML(elem_id="elmtex-schema-said")
                with gr.Row():
                    use = gr.Button(words.schema.use, variant="primary")
                    standard = gr.Button(words.schema.standard)
                file = gr.UploadButton(words.schema.upload, file_types=[".json"])
    return SchemaParts(
        tab=tab, in_use=in_use, text=text, check=check, use=use, standard=standard, file=file
    )


def translated_schema(parts: SchemaParts, words: Words) -> dict[Any, Any]:
    """The tab's fixed texts in a language, by component."""
    return {
        parts.tab: gr.update(label=words.schema.tab),
        parts.text: gr.update(label=words.schema.box),
        parts.file: gr.update(label=words.schema.upload),
        parts.use: gr.update(value=words.schema.use),
        parts.standard: gr.update(value=words.schema.standard),
    }
