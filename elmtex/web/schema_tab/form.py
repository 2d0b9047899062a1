"""The form of a schema: its fields without values, which schema_form.js fills, and what the check says of them."""

from __future__ import annotations

import json

from babel import Locale
from markupsafe import Markup

from elmtex.schema import ELEMENTS, TERMINOLOGIES
from elmtex.web.locale.messages import LANGUAGES, Words
from elmtex.web.render import looks, message_html
from elmtex.web.schema_tab.custom_schema import checked
from elmtex.web.schema_tab.faults import faults_of
from elmtex.web.templating import template

_SCHEMA = template("schema.html")
_TERMINOLOGIES = {"icd10cm": "ICD-10-CM", "hpo": "HPO", "drugs": "DrugBank", "doid": "DO"}


def form_html(words: Words) -> Markup:
    """The form's frame and its cards, in a language. It holds nothing of a schema: that stands in the JSON box."""
    s = words.schema
    said = {
        name: getattr(s, name)
        for name in ("nameless", "up", "down", "remove", "moved", "removed", "taken", "add_to_list")
    }
    codes = [(key, _TERMINOLOGIES.get(key, key)) for key in TERMINOLOGIES]
    titles = [
        (lang, Locale.parse(lang).get_display_name(words.lang))
        for lang in LANGUAGES
        if lang != "en"
    ]
    elements = {"": s.note} | {element: element for element in ELEMENTS}
    return _SCHEMA.form(words, json.dumps(said), json.dumps(codes), titles, elements)


def check_html(text: str | None, words: Words) -> Markup:
    """What the schema amounts to, or what is wrong with it; rendered at every key stroke.

    The faults are there for the form's script, too: it shows each beside its field.
    """
    faults = faults_of(text, words)
    if faults:
        places = json.dumps([[fault.at, fault.said] for fault in faults])
        return _SCHEMA.faults(faults, places, words)
    schema = checked(text)
    said = words.schema.good.format(count=len(schema.categories))
    legend = _SCHEMA.legend(schema.categories, looks(schema), words)
    return _SCHEMA.sound() + message_html(said, "good") + legend
