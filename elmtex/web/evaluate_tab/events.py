"""What happens in the tab that evaluates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elmtex.types import ElmtexError
from elmtex.web.access import identity
from elmtex.web.controller import PageController
from elmtex.web.evaluate_tab.door import Metrics
from elmtex.web.evaluate_tab.evaluate import Evaluated, of_gold, of_reviews
from elmtex.web.evaluate_tab.render import evaluate_html
from elmtex.web.layout import PageParts
from elmtex.web.locale.messages import words_in
from elmtex.web.report_tab.commands import deletes
from elmtex.web.toolkit import NOW, Updates, gr

SCORING: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal"}


# gradio recognises its request by the type hints of the functions below.
def wire_evaluate(
    parts: PageParts, controller: PageController, metrics: Metrics | None, remembered: int
) -> None:
    """The tab's buttons; none does anything where there are no metrics.

    Args:
        parts: the page's components.
        controller: has the reviews.
        metrics: those of evaluation; None where they are not installed.
        remembered: seconds that figures stay in memory after their last use.
    """
    tab, language = parts.evaluate, parts.language
    if metrics is None:
        return
    evaluated = gr.State(Evaluated(), time_to_live=remembered)
    shown = [evaluated, tab.result]

    def updates(now: Evaluated, lang: str) -> Updates:
        return {evaluated: now, tab.result: str(evaluate_html(now, words_in(lang)))}

    def reviews(lang: str, request: gr.Request) -> Updates:
        try:
            return updates(of_reviews(controller.store, identity.owner(request), metrics), lang)
        except ElmtexError as error:
            return updates(Evaluated(said=str(error)), lang)

    def gold(path: str, lang: str, request: gr.Request) -> Updates:
        owner = identity.owner(request)
        try:
            return updates(of_gold(Path(path), controller.store, owner, metrics), lang)
        except ElmtexError as error:
            return updates(Evaluated(said=str(error)), lang)

    def render(now: Evaluated | None, lang: str) -> Updates:
        return {tab.result: str(evaluate_html(now or Evaluated(), words_in(lang)))}

    def forget(command: str, lang: str) -> Updates:
        """Figures that name a deleted report go with it."""
        return updates(Evaluated(), lang) if deletes(command) else gr.skip()

    tab.reviews.click(reviews, [language], shown, show_progress_on=[tab.result], **SCORING)
    tab.gold.upload(gold, [tab.gold, language], shown, show_progress_on=[tab.result], **SCORING)
    parts.channel.send.click(forget, [parts.channel.command, language], shown, **NOW)
    for opened in (tab.tab.select, language.change):
        opened(render, [evaluated, language], [tab.result], **NOW)
