"""What the tab that evaluates says."""

from __future__ import annotations

from elmtex.web.locale.catalogue import Section, _, _n, _p


class EvaluateMessages(Section):
    """Texts with ``{braces}`` are filled by ``str.format``."""

    tab = _p("tab", "Evaluate")
    hint = _(
        "How often is the model right? Score it against your finished reviews, or against gold in "
        "JSON Lines (one annotated report a line, as “Gold (training)” exports it)."
    )
    finished = _("Score against finished reviews")
    upload = _("Upload gold (JSON Lines)")
    no_reviews = _("No review is finished yet: finish one under “One report” first.")
    no_gold = _("The file holds no annotated report.")
    not_extracted = _n(
        "{count} report of the file is not extracted here and was left out: drop the file under "
        "“Many reports”, press Extract all, then upload it here again.",
        "{count} reports of the file are not extracted here and were left out: drop the file under "
        "“Many reports”, press Extract all, then upload it here again.",
        by="count",
    )
    of_reviews = _(
        "A review begins with the model's own suggestions, so these figures are kinder than "
        "against gold that was annotated without them."
    )
    reports = _n("{count} report scored.", "{count} reports scored.", by="count")
    interval = _(
        "In brackets: the 95 % interval over reports. Exact: the same words. Relaxed: words that "
        "overlap."
    )
    gold_items = _("In the gold")
    right = _("Right")
    wrong = _("Wrong")
    missed = _("Missed")
    precision = _("Precision")
    recall = _("Recall")
    f1 = _("F1, exact")
    relaxed = _("F1, relaxed")
    every = _("All")
    assertions = _("Assertion: what the gold says, and what the model said")
    mixed_up = _("Categories mixed up")
    in_gold = _("Gold")
    in_model = _("Model")
    times = _("Times")
    worst = _("Reports with the lowest F1")
