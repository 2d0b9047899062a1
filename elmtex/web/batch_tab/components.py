"""The tab of many reports: a box for files, the buttons, the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elmtex.web.locale.messages import Words
from elmtex.web.toolkit import file_box, gr


@dataclass(frozen=True)
class BatchParts:
    """The tab's components."""

    tab: gr.Tab
    files: gr.File
    start: gr.Button
    stop: gr.Button
    table: gr.HTML


def lay_out_batch(words: Words) -> BatchParts:
    """Make the tab."""
    with gr.Tab(words.batch.many_tab, id="many") as tab:
        files = file_box(words.batch.many_files, "elmtex-many-files")
        with gr.Row(elem_id="elmtex-many-buttons"):
            start = gr.Button(words.batch.start, variant="primary", elem_id="elmtex-start")
            stop = gr.Button(words.batch.stop, variant="stop", visible=False, elem_id="elmtex-halt")
        table = gr.HTML(elem_id="elmtex-many")
    return BatchParts(tab=tab, files=files, start=start, stop=stop, table=table)


def translated_batch(parts: BatchParts, words: Words) -> dict[Any, Any]:
    """The tab's fixed texts in a language, by component."""
    return {
        parts.tab: gr.update(label=words.batch.many_tab),
        parts.files: gr.update(label=words.batch.many_files),
        parts.start: gr.update(value=words.batch.start),
        parts.stop: gr.update(value=words.batch.stop),
    }
