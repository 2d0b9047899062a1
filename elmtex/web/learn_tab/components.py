"""The tab that learns: the schema, the button, what was learnt, and what to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from elmtex.web.locale.messages import Words
from elmtex.web.toolkit import gr

LOOK = 1.0  # seconds between two looks at a lesson under way


@dataclass(frozen=True)
class LearnParts:
    """The tab's components; ``timer`` ticks while a lesson is under way."""

    tab: gr.Tab
    schema: gr.Dropdown
    learn: gr.Button
    stop: gr.Button
    said: gr.HTML
    use: gr.Button
    discard: gr.Button
    back: gr.Button
    versions: gr.HTML
    timer: gr.Timer

    @property
    def shown(self) -> list[Any]:
        """All that a view of the tab may change."""
        buttons = [self.learn, self.stop, self.use, self.discard, self.back]
        return [self.schema, *buttons, self.said, self.versions, self.timer]


def lay_out_learn(words: Words, visible: bool) -> LearnParts:
    """Make the tab; not ``visible`` where no review is kept."""
    w = words.learn
    with gr.Tab(w.tab, id="learn", visible=visible) as tab:
        schema = gr.Dropdown([], label=w.schema, elem_id="elmtex-learn-schema")
        with gr.Row():
            learn = gr.Button(w.learn, variant="primary", elem_id="elmtex-learn")
            stop = gr.Button(words.stop, visible=False, elem_id="elmtex-learn-stop")
        said = gr.HTML(elem_id="elmtex-learn-said")
        with gr.Row():
            use = gr.Button(w.use, variant="primary", visible=False, elem_id="elmtex-learn-use")
            discard = gr.Button(w.discard, visible=False, elem_id="elmtex-learn-discard")
            back = gr.Button(w.back, visible=False, elem_id="elmtex-learn-back")
        versions = gr.HTML(elem_id="elmtex-learn-versions")
        timer = gr.Timer(LOOK, active=False)
    return LearnParts(tab, schema, learn, stop, said, use, discard, back, versions, timer)


def translated_learn(parts: LearnParts, words: Words) -> dict[Any, Any]:
    """The tab's fixed texts in a language, by component."""
    return {
        parts.tab: gr.update(label=words.learn.tab),
        parts.schema: gr.update(label=words.learn.schema),
        parts.learn: gr.update(value=words.learn.learn),
        parts.stop: gr.update(value=words.stop),
        parts.use: gr.update(value=words.learn.use),
        parts.discard: gr.update(value=words.learn.discard),
        parts.back: gr.update(value=words.learn.back),
    }
