"""Which categories nobody has measured: what is read with them is said to need a look at every row."""

from __future__ import annotations

from markupsafe import Markup

from elmtex.schema import Category, CategorySchema, load_schema
from elmtex.web.locale.messages import Words
from elmtex.web.render import unmeasured_notice_html

MEASURED = ("elmtex", "clinical")  # docs/results.md, and the real notes of docs/evaluation.md


def unmeasured(schema: CategorySchema) -> tuple[Category, ...]:
    """The categories that are in no measured schema under the same key and label; () when all are.

    Examples:
        >>> unmeasured(load_schema("elmtex"))
        ()
        >>> [category.key for category in unmeasured(load_schema("medication"))]
        ['drug']
    """
    known = {(c.key, c.label) for name in MEASURED for c in load_schema(name).categories}
    return tuple(c for c in schema.categories if (c.key, c.label) not in known)


def unmeasured_html(schema: CategorySchema, words: Words) -> Markup:
    """The sentence that belongs beside results of a schema; nothing where it was measured."""
    missing = unmeasured(schema)
    if not missing:
        return Markup()
    if len(missing) == len(schema.categories):
        return unmeasured_notice_html(words.schema.unmeasured, words)
    titles = ", ".join(category.title_in(words.lang) for category in missing)
    return unmeasured_notice_html(words.schema.unmeasured_part.format(categories=titles), words)
