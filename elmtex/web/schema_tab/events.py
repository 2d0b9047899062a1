"""What happens in the tab of custom schemas."""

from __future__ import annotations

from collections.abc import Callable

from elmtex.schema import CategorySchema
from elmtex.types import SchemaError
from elmtex.web.controller import PageController
from elmtex.web.layout import PageParts
from elmtex.web.locale.messages import words_in
from elmtex.web.render import message_html
from elmtex.web.schema_tab.attribute_types import (
    NEW,
    TypeForm,
    form_of,
    titles_of,
    with_type,
    without_type,
)
from elmtex.web.schema_tab.custom_schema import (
    check_html,
    checked,
    in_use_html,
    read,
    source_of,
    types_html,
)
from elmtex.web.toolkit import NOW, Updates, gr


def wire_schema(parts: PageParts, custom: gr.State, controller: PageController) -> None:
    """The tab's box and buttons; ``custom`` holds the schema in use, None for the page's."""
    tab, language, standard = parts.schema, parts.language, controller.extractor.schema

    def fill(text: str, key: str, lang: str) -> Updates:
        """The table and the form; as they are while the text is no schema."""
        try:
            schema = checked(text)
        except SchemaError:
            return {}
        words, titles = words_in(lang), titles_of(schema, lang)
        known = key if key in [k for _, k in titles] else NEW
        form = form_of(schema, known, lang)
        categories = [(c.title_in(lang), c.key) for c in schema.categories]
        return {
            tab.table: str(types_html(schema, words)),
            tab.chosen: gr.update(choices=[*titles, (words.schema.new_type, NEW)], value=known),
            tab.key: form.key,
            tab.title: form.title,
            tab.having: gr.update(choices=categories, value=list(form.categories)),
            tab.refused: "",
        }

    def choose(text: str, key: str, lang: str) -> Updates:
        return fill(text, key, lang) or gr.skip()

    def check(text: str, key: str, lang: str) -> Updates:
        return {tab.check: str(check_html(text, words_in(lang))), **fill(text, key, lang)}

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

    def show(text: str, schema: CategorySchema | None, key: str, lang: str) -> Updates:
        text = text or source_of(schema or standard)
        return {tab.text: text, tab.in_use: in_use(schema, lang), **check(text, key, lang)}

    def write(text: str, old: str, key: str, title: str, having: list[str], lang: str) -> Updates:
        form = TypeForm(key or "", title or "", tuple(having or ()))
        return changed(lambda: with_type(text, old or NEW, form, lang), lang)

    def remove(text: str, old: str, lang: str) -> Updates:
        return changed(lambda: without_type(text, old), lang) if old else gr.skip()

    def changed(change: Callable[[], str], lang: str) -> Updates:
        """The text after a change; the form is empty then. Or why it cannot be changed so."""
        words = words_in(lang)
        try:
            text = change()
        except SchemaError as error:
            said = f"{words.schema.bad} {words.review.refused(error)}"
            return {tab.refused: str(message_html(said, "bad"))}
        return {tab.text: text, **check(text, NEW, lang)}

    checks = [tab.check, tab.table, *tab.form, tab.refused]
    # While one check is under way no other is asked for, but for that of the text as it is at the end.
    tab.text.change(
        check, [tab.text, tab.chosen, language], checks, trigger_mode="always_last", **NOW
    )
    tab.chosen.input(choose, [tab.text, tab.chosen, language], checks[1:], **NOW)
    tab.write.click(write, [tab.text, *tab.form, language], [tab.text, *checks], **NOW)
    tab.remove.click(remove, [tab.text, tab.chosen, language], [tab.text, *checks], **NOW)
    tab.use.click(use, [tab.text, language], [custom, tab.in_use], **NOW)
    tab.standard.click(back, [language], [custom, tab.text, tab.in_use], **NOW)
    tab.file.upload(read, [tab.file], [tab.text], **NOW)
    for opened in (tab.tab.select, language.change):
        opened(
            show,
            [tab.text, custom, tab.chosen, language],
            [tab.text, tab.in_use, *checks],
            **NOW,
        )
