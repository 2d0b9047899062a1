"""The HTML that every tab uses: messages, progress, the page's head and foot, the look of a category."""

from __future__ import annotations

from markupsafe import Markup

from elmtex.schema import CategorySchema
from elmtex.web.locale.messages import Words
from elmtex.web.templating import template

HUES = 8  # of page.css; with LINES, 24 categories look different before a look repeats
LINES = 3  # solid, dashed, double: so that no two of them differ by hue alone

_PAGE = template("page.html")


def looks(schema: CategorySchema) -> dict[str, str]:
    """The CSS classes of each category: a hue and a line style."""
    return {
        key: f"h{number % HUES} l{number // HUES % LINES}" for number, key in enumerate(schema.keys)
    }


def progress_html(text: str, done: int, total: int) -> Markup:
    """A run's progress; ``total`` 0 while it is not known."""
    return _PAGE.progress(text, done, total)


def message_html(text: str, kind: str = "warning") -> Markup:
    """A sentence for the user; ``kind`` is good, warning or bad."""
    return _PAGE.message(text, kind)


def unmeasured_notice_html(text: str, words: Words) -> Markup:
    """What nobody measured, and how to teach it."""
    return _PAGE.unmeasured(text, words.schema.teach)


def notice_html(text: str) -> Markup:
    """Why something was refused; "" for no text."""
    return message_html(text, "bad") if text else Markup()


def missing_html(text: str) -> Markup:
    """What there is not."""
    return _PAGE.missing(text)


def header_html(words: Words) -> Markup:
    """The page's head line."""
    return _PAGE.header(words)


def footer_html(words: Words) -> Markup:
    """The line at the page's end."""
    return _PAGE.footer(words)
