"""The tab about the page: its account of itself, and the model's card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elmtex.web.locale.messages import Words
from elmtex.web.toolkit import gr


@dataclass(frozen=True)
class AboutParts:
    """The tab's components."""

    tab: gr.Tab
    about: gr.HTML
    card: gr.Markdown


def lay_out_about(words: Words) -> AboutParts:
    """Make the tab."""
    with gr.Tab(words.about.tab, id="about") as tab:
        about = gr.HTML(elem_id="elmtex-about")
        # No LaTeX: a dollar sign in a model card is just a dollar sign.
        card = gr.Markdown(elem_id="elmtex-card", latex_delimiters=[])
    return AboutParts(tab=tab, about=about, card=card)


def translated_about(parts: AboutParts, words: Words) -> dict[Any, Any]:
    """The tab's fixed texts in a language, by component."""
    return {parts.tab: gr.update(label=words.about.tab)}
