"""What the tab says: how far a lesson is, what was learnt, and the versions there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from elmtex.adaptations import Counts, Version
from elmtex.adaptations.learn import LEAST
from elmtex.schema import CategorySchema
from elmtex.web.learn_tab.learning import Reviewed, State
from elmtex.web.locale.messages import Words
from elmtex.web.render import message_html, missing_html, progress_html
from elmtex.web.templating import percent_of, template

_LEARN = template("learn.html")


def said_html(
    chosen: Reviewed | None, state: State, waiting: Version | None, words: Words
) -> Markup:
    """Below the button: what there is to learn from, how far it is, or before and after."""
    w = words.learn
    if chosen is None:
        return missing_html(w.no_reviews)
    if state.under_way:
        step = state.step
        said = w.stages[step.stage] if step else w.stages["waiting"]
        return progress_html(said, step.done if step else 0, step.total if step else 0)
    html = Markup()
    if state.key == chosen.key and state.phase == "failed":
        html += message_html(w.failed.format(why=words.said(state.said)), "bad")
    if state.key == chosen.key and state.phase == "stopped":
        html += message_html(w.stopped, "plain")
    if waiting is None:
        few = w.too_few.format(least=LEAST) if chosen.finished < LEAST else w.hint
        return html + missing_html(few)
    changes = list(_changes(waiting, chosen.schema, words))
    return html + _LEARN.figures(_rows(waiting, words), changes, _counts(waiting, words), words)


def versions_html(versions: Sequence[Version], words: Words) -> Markup:
    """The versions of the chosen schema, newest first; "" where there is none."""
    rows = [
        (v.made, v.learnt + v.held_out, _f1(v.before.exact), _f1(v.after.exact), v.in_use)
        for v in reversed(versions)
    ]
    return _LEARN.versions(rows, words) if rows else Markup()


def _counts(version: Version, words: Words) -> str:
    return words.learn.measured.format(learnt=version.learnt, held_out=version.held_out)


def _rows(version: Version, words: Words) -> list[tuple[str, list[str]]]:
    """A row each for the model before and the new one: right, wrong, missed, F1 exact and relaxed."""
    named = ((words.learn.before, version.before), (words.learn.after, version.after))
    return [
        (
            name,
            [
                *(str(n) for n in (of.exact.tp, of.exact.fp, of.exact.fn)),
                _f1(of.exact),
                _f1(of.relaxed),
            ],
        )
        for name, of in named
    ]


def _changes(
    version: Version, schema: CategorySchema, words: Words
) -> Iterator[tuple[str, list[str]]]:
    """A row per category of which something was there or found: right, wrong and missed, before and after."""
    before, after, nothing = version.before.categories, version.after.categories, Counts(0, 0, 0)
    for category in schema.categories:
        one, other = (of.get(category.key, nothing) for of in (before, after))
        if one != nothing or other != nothing:
            pairs = (one.tp, other.tp), (one.fp, other.fp), (one.fn, other.fn)
            yield category.title_in(words.lang), [f"{a} → {b}" for a, b in pairs]


def _f1(counts: Counts) -> str:
    return "–" if counts.f1 is None else f"{percent_of(counts.f1)} %"
