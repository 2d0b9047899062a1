"""What the library says in English, in the page's language: errors, and the sentences of a stored document.

An error carries its template. A stored sentence (an extraction's ``problems``, the reason of a failure) is only a string: it
is recognised by the templates that the language translates. What none of them fits stays English.
"""

from __future__ import annotations

from elmtex.types import N_, ElmtexError
from elmtex.web.locale.catalogue import Catalogue, parse

# Of elmtex.decoding, which is not to know of translations: labels of a custom schema that one model cannot tell apart.
LABELS = (
    N_("the labels of {one!r} and {other!r} are the same to this model"),
    N_(
        "the label of attribute type {key!r} is the beginning of another one's to this model: give it another x-label"
    ),
)
# What Python's json says of a syntax error.
JSON_FAULTS = (
    N_("Expecting value"),
    N_("Expecting property name enclosed in double quotes"),
    N_("Expecting ':' delimiter"),
    N_("Expecting ',' delimiter"),
    N_("Extra data"),
    N_("Unterminated string starting at"),
    N_("Invalid control character at"),
    N_("Invalid \\escape"),
    N_("Invalid \\uXXXX escape"),
    N_("Illegal trailing comma before end of object"),
    N_("Illegal trailing comma before end of array"),
)


class _Quoted(str):
    """A field as it stood in a sentence, with the quotes that ``!r`` gave it there."""

    def __repr__(self) -> str:
        return str(self)


def translated_error(error: ElmtexError, catalogue: Catalogue) -> str:
    """An error's sentence in a language, filled in; in English where the language does not have it."""
    template = catalogue.translations.gettext(error.template) if error.template else ""
    if template == error.template:
        return translated(str(error), catalogue)
    if not error.fields:
        return template
    fields = dict(error.fields)
    if isinstance(fields.get("fault"), str):  # a sentence inside the sentence
        fields["fault"] = translated(str(fields["fault"]), catalogue)
    return template.format(**fields)


def translated(sentence: str, catalogue: Catalogue) -> str:
    """A sentence of the library in a language, recognised by its template; as it is where none fits."""
    whole = catalogue.translations.gettext(sentence) if sentence else ""
    if whole != sentence:
        return whole
    for template in catalogue.templates:
        fields = fields_in(sentence, template)
        if fields is not None:
            filled = {name: _Quoted(value) for name, value in fields.items()}
            return catalogue.translations.gettext(template).format(**filled)
    return sentence


def fields_in(sentence: str, template: str) -> dict[str, str] | None:
    """The fields that make a template this sentence; None when none do, {} when it has none.

    Every field is as short as it can be, and none is empty: one pass, however long the sentence.
    """
    fields: dict[str, str] = {}
    parts = list(parse(template))
    at, open_field = 0, ""
    for number, (text, name, _, _) in enumerate(parts, 1):
        found = at
        if open_field:
            ends = (
                number == len(parts) and name is None
            )  # what comes last ends the sentence, wherever else it is
            found = max(len(sentence) - len(text), at) if ends else sentence.find(text, at)
            fields[open_field] = sentence[at:found] if found > at else ""
        if not sentence.startswith(text, max(found, 0)) or found < 0:
            return None
        at, open_field = found + len(text), name or ""
    if open_field:
        fields[open_field], at = sentence[at:], len(sentence)
    return fields if at == len(sentence) and all(fields.values()) else None
