"""The tab of custom schemas: the schema, beside it what it amounts to, below it a form for its attribute types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elmtex.web.locale.messages import Words
from elmtex.web.schema_tab.attribute_types import NEW
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
    types: gr.Accordion
    table: gr.HTML
    chosen: gr.Dropdown
    key: gr.Textbox
    title: gr.Textbox
    having: gr.CheckboxGroup
    write: gr.Button
    remove: gr.Button
    refused: gr.HTML

    @property
    def form(self) -> list[Any]:
        """What shows the type that is chosen, the choice first."""
        return [self.chosen, self.key, self.title, self.having]


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
        types, form = _lay_out_types(words)
    return SchemaParts(
        tab=tab,
        in_use=in_use,
        text=text,
        check=check,
        use=use,
        standard=standard,
        file=file,
        types=types,
        **form,
    )


def _lay_out_types(words: Words) -> tuple[gr.Accordion, dict[str, Any]]:
    """The table of attribute types, and the form for one of them."""
    s = words.schema
    with gr.Accordion(s.types, open=False, elem_id="elmtex-types") as types:
        table = gr.HTML()
        with gr.Row():
            chosen = gr.Dropdown(
                [(s.new_type, NEW)], value=NEW, label=s.type_chosen, filterable=False
            )
            title = gr.Textbox(label=s.type_title, max_lines=1, html_attributes=NOT_FILLED)
            key = gr.Textbox(label=s.type_key, max_lines=1, html_attributes=NOT_FILLED)
        having = gr.CheckboxGroup([], label=s.having)
        refused = gr.HTML(elem_id="elmtex-type-refused")
        with gr.Row():
            write = gr.Button(s.write_type)
            remove = gr.Button(s.remove_type)
    form = {"table": table, "chosen": chosen, "key": key, "title": title, "having": having}
    return types, {**form, "write": write, "remove": remove, "refused": refused}


def translated_schema(parts: SchemaParts, words: Words) -> dict[Any, Any]:
    """The tab's fixed texts in a language, by component."""
    return {
        parts.tab: gr.update(label=words.schema.tab),
        parts.text: gr.update(label=words.schema.box),
        parts.file: gr.update(label=words.schema.upload),
        parts.use: gr.update(value=words.schema.use),
        parts.standard: gr.update(value=words.schema.standard),
        parts.types: gr.update(label=words.schema.types),
        parts.chosen: gr.update(label=words.schema.type_chosen),
        parts.title: gr.update(label=words.schema.type_title),
        parts.key: gr.update(label=words.schema.type_key),
        parts.having: gr.update(label=words.schema.having),
        parts.write: gr.update(value=words.schema.write_type),
        parts.remove: gr.update(value=words.schema.remove_type),
    }
