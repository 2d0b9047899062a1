"""What happens in the tab about the page: it is written when it is opened."""

from __future__ import annotations

from elmtex.schema import CategorySchema
from elmtex.web.about_tab.about import about_html, model_of
from elmtex.web.controller import PageController
from elmtex.web.jobs import extractor_for
from elmtex.web.layout import PageParts
from elmtex.web.locale.messages import words_in
from elmtex.web.toolkit import NOW, Updates, gr


def wire_about(parts: PageParts, custom: gr.State, controller: PageController) -> None:
    """The account of the model and of the schema in use."""
    tab, language = parts.about, parts.language

    def show(schema: CategorySchema | None, lang: str) -> Updates:
        model = controller.model
        if schema and model:
            model = model_of(extractor_for(controller.extractor, schema))
        about = about_html(model, schema or controller.extractor.schema, words_in(lang))
        return {tab.about: str(about), tab.card: model.card if model else ""}

    for opened in (tab.tab.select, language.change):
        opened(show, [custom, language], [tab.about, tab.card], **NOW)
