"""What the tab that learns says."""

from __future__ import annotations

from collections.abc import Mapping

from elmtex.web.locale.catalogue import Section, _, _p


class LearnMessages(Section):
    """Texts with ``{braces}`` are filled by ``str.format``."""

    tab = _p("tab", "Learn")
    # Translators: a choice of the schemas that have finished reviews, with their number.
    schema = _("Schema (finished reviews)")
    learn = _("Learn from my corrections")
    hint = _(
        "The model learns how you correct: on this machine, for you alone. It takes some minutes, "
        "you can go on working, and nothing changes until you say so."
    )
    no_reviews = _(
        "No review is finished yet: finish some under “One report” first; the model learns from them."
    )
    too_few = _("Learning takes {least} finished reviews of a schema or more; 10 are better.")
    stages: Mapping[str, str] = {
        "waiting": _("Waiting: learning begins when another user's is done …"),
        "before": _("Measuring the model as it is …"),
        "train": _("Learning …"),
        "after": _("Measuring what was learnt …"),
    }
    stopped = _("Stopped: nothing was kept, the model is as it was.")
    failed = _("Nothing was learnt, the model is as it was: {why}")
    measured = _(
        "Learnt from {learnt} of your reviews and measured on {held_out} others, which it had not seen."
    )
    careful = _(
        "Few reports say little: look at some results yourself before you rely on the new model. "
        "It may know words of your reports by heart: whoever gets its files may get them."
    )
    # Translators: the head of a column with the model before and the new one.
    model = _("Read with")
    before = _("Shipped model")
    after = _("What was learnt")
    # Translators: over a table with a row per category; a cell says “3 → 5”.
    changes = _("By category, words that overlap: shipped model → what was learnt")
    use = _("Use it")
    discard = _("Discard")
    back = _("Back to the model before")
    versions = _("Versions")
    made = _("Made")
    reviews = _("Reviews")
    before_f1 = _("F1 before")
    after_f1 = _("F1 after")
    # Translators: the head of a column that says “in use” in one row.
    state = _("State")
    in_use = _("in use")
