"""How far the reviews of many reports are: by category, and by reviewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from elmtex.review import Line
from elmtex.schema import CategorySchema
from elmtex.web.locale.messages import Words
from elmtex.web.templating import template

_PROGRESS = template("batch_progress.html")


def progress_html(lines: Sequence[Line], schemas: Sequence[CategorySchema], words: Words) -> Markup:
    """Two tables that open at a click; "" while nothing was found.

    Args:
        lines: the owner's reports that came in batches.
        schemas: those they have, which title the categories.
        words: the page's language.
    """
    titles = {c.key: c.title_in(words.lang) for schema in schemas for c in schema.categories}
    decided: Counter[str] = Counter()
    items: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    signed = Counter(line.signed_by for line in lines if line.finished)
    for line in lines:
        for key, done, every in line.progress:
            decided[key] += done
            items[key] += every
        for name, number in line.reviewers:
            judged[name] += number
    if not items and not signed:
        return Markup()
    extracted = sum(line.extracted for line in lines)
    return _PROGRESS.progress(
        words.batch.signed.format(signed=signed.total(), total=extracted),
        [(title, decided[key], items[key]) for key, title in titles.items() if items[key]],
        [
            (name or words.batch.nameless, judged[name], signed[name])
            for name in sorted({*judged, *signed})
        ],
        words,
    )
