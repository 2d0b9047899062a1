"""What happens in the tab of custom schemas."""

from __future__ import annotations

from elmtex.schema import CategorySchema
from elmtex.types import SchemaError
from elmtex.web.controller import PageController
from elmtex.web.layout import PageParts
from elmtex.web.locale.messages import words_in
from elmtex.web.schema_tab.custom_schema import check_html, checked, in_use_html, read, source_of
from elmtex.web.toolkit import NOW, Updates, gr


def wire_schema(parts: PageParts, custom: gr.State, controller: PageController) -> None:
    """The tab's box and buttons; ``custom`` holds the schema in use, None for the page's."""
    tab, language, standard = parts.schema, parts.language, controller.extractor.schema

    def check(text: str, lang: str) -> str:
        return str(check_html(text, words_in(lang)))

    def in_use(schema: CategorySchema | None, lang: str) -> str:
        return str(in_use_html(schema, standard, words_in(lang)))

    def use(text: str, lang: str) -> Updates:
        try:
            schema = checked(text)
        except SchemaError:
            return gr.skip()  # what is wrong is said beside the box already
        return {custom: schema, tab.in_use: in_use(schema, lang)}

    def back(lang: str) -> Updates:
        return {custom: None, tab.text: source_of(standard), tab.in_use: in_use(None, lang)}

    def show(text: str, schema: CategorySchema | None, lang: str) -> Updates:
        text = text or source_of(schema or standard)
        return {tab.text: text, tab.check: check(text, lang), tab.in_use: in_use(schema, lang)}

    # While one check is under way no other is asked for, but for that of the text as it is at the end.
    tab.text.change(check, [tab.text, language], [tab.check], trigger_mode="always_last", **NOW)
    tab.use.click(use, [tab.text, language], [custom, tab.in_use], **NOW)
    tab.standard.click(back, [language], [custom, tab.text, tab.in_use], **NOW)
    tab.file.upload(read, [tab.file], [tab.text], **NOW)
    for opened in (tab.tab.select, language.change):
        opened(show, [tab.text, custom, language], [tab.text, tab.check, tab.in_use], **NOW)
