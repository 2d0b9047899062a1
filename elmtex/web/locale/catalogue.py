"""The page's languages by gettext: English in the source, every other one in a file ``<language>.po`` in this folder.

A translator gets one file. ``make messages`` writes new texts into it, and a language is there once its file is. Babel reads
the .po files when the page starts (some 50 ms for the 300 texts of one), so no compiled .mo lies beside them to fall behind.

A section of the page is a class whose attributes are texts, marked by :func:`_`, :func:`_p` or :func:`_n`. An instance
holds them in one language, as plain strings: ``CompareMessages(catalogues()["de"]).tab`` is "Vergleich".

The library's own sentences, mostly templates of :class:`elmtex.types.ElmtexError`, are the msgids of theirs.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any

from elmtex.types import MissingDependencyError

try:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
except ImportError as error:
    raise MissingDependencyError("the page needs babel: pip install 'elmtex[ui]'") from error

FOLDER = Path(__file__).parent

parse = Formatter().parse  # a template's texts and fields


class Text(str):
    """A text in English, the msgid of its translations.

    Args:
        text: English.
        context: tells it from the same English text that other languages say otherwise; None when there is no such.
    """

    context: str | None

    def __new__(cls, text: str, context: str | None = None) -> Text:
        self = super().__new__(cls, text)
        self.context = context
        return self


class Plural(str):
    """A text that depends on a number; as a string it is the form for many.

    Args:
        one, many: the English forms, which have the same fields.
        by: the field that holds the number.
        translations: the language that :meth:`format` chooses the form in.
    """

    one: str
    many: str
    by: str
    translations: gettext.NullTranslations

    def __new__(
        cls,
        one: str,
        many: str,
        by: str,
        translations: gettext.NullTranslations | None = None,
    ) -> Plural:
        translations = translations or gettext.NullTranslations()
        self = super().__new__(cls, translations.ngettext(one, many, 1_000))
        self.one, self.many, self.by, self.translations = one, many, by, translations
        return self

    def format(self, *args: object, **fields: Any) -> str:
        """The form that fits the number, filled in."""
        form = self.translations.ngettext(self.one, self.many, fields[self.by])
        return form.format(*args, **fields)


def _(text: str) -> str:
    """Marks a text of a section."""
    return Text(text)


def _p(context: str, text: str) -> str:
    """Marks a text that is the same in English as another one, and something else elsewhere."""
    return Text(text, context)


def _n(one: str, many: str, by: str) -> str:
    """Marks a text with a form for one and a form for many, chosen by the number in the field ``by``."""
    return Plural(one, many, by)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language.

    Args:
        lang: ISO 639-1 code.
        translations: what gettext has for it.
        templates: the texts with fields that it translates, in English, those with most words of their own first; () for
            English. :func:`elmtex.web.locale.sentences.translated` recognises a sentence by them.
    """

    lang: str = "en"
    translations: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)
    templates: tuple[str, ...] = ()


class Section:
    """Texts that belong together, in one language."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.lang, self._catalogue = catalogue.lang, catalogue
        for name, value in vars(type(self)).items():
            if not name.startswith("_") and not callable(value):
                setattr(self, name, _translated(value, catalogue.translations))


def _translated(value: Any, translations: gettext.NullTranslations) -> Any:
    """A section's value in another language: its texts, and those in its tuples and mappings; all else as it is."""
    if isinstance(value, Plural):
        return Plural(value.one, value.many, value.by, translations)
    if isinstance(value, Text) and value.context is not None:
        return translations.pgettext(value.context, str(value))
    if isinstance(value, Text):
        return translations.gettext(str(value))
    if isinstance(value, tuple):
        return tuple(_translated(part, translations) for part in value)
    if isinstance(value, Mapping):
        return {key: _translated(part, translations) for key, part in value.items()}
    return value


def catalogues(folder: Path = FOLDER) -> dict[str, Catalogue]:
    """English, and a language for each .po file of a folder, by the file's name.

    What a file does not translate, or only as "fuzzy", stays English.
    """
    return {"en": Catalogue()} | {p.stem: _read(p) for p in sorted(folder.glob("*.po"))}


def _read(path: Path) -> Catalogue:
    with path.open("rb") as file:
        messages = read_po(file, locale=path.stem)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    templates = [m.id for m in messages if isinstance(m.id, str) and "{" in m.id and m.string]
    templates.sort(key=lambda template: -sum(len(text) for text, *_ in parse(template)))
    return Catalogue(path.stem, gettext.GNUTranslations(compiled), tuple(templates))
