"""The tab that evaluates: two ways to begin, and the figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elmtex.web.locale.messages import Words
from elmtex.web.toolkit import gr


@dataclass(frozen=True)
class EvaluateParts:
    """The tab's components."""

    tab: gr.Tab
    reviews: gr.Button
    gold: gr.UploadButton
    result: gr.HTML


def lay_out_evaluate(words: Words, visible: bool) -> EvaluateParts:
    """Make the tab; not ``visible`` where the metrics are not installed."""
    e = words.evaluate
    with gr.Tab(e.tab, id="evaluate", visible=visible) as tab:
        with gr.Row(elem_id="elmtex-evaluate-choice"):
            reviews = gr.Button(e.finished, variant="primary", elem_id="elmtex-evaluate-reviews")
            gold = gr.UploadButton(e.upload, file_types=[".jsonl"], elem_id="elmtex-evaluate-gold")
        result = gr.HTML(elem_id="elmtex-evaluate")
    return EvaluateParts(tab=tab, reviews=reviews, gold=gold, result=result)


def translated_evaluate(parts: EvaluateParts, words: Words) -> dict[Any, Any]:
    """The tab's fixed texts in a language, by component."""
    return {
        parts.tab: gr.update(label=words.evaluate.tab),
        parts.reviews: gr.update(value=words.evaluate.finished),
        parts.gold: gr.update(label=words.evaluate.upload),
    }
