"""What the tab that compares two extractors says."""

from __future__ import annotations

from collections.abc import Mapping

from elmtex.web.locale.catalogue import Section, _, _p


class CompareMessages(Section):
    """Texts with ``{braces}`` are filled by ``str.format``.

    ``kinds`` says what :data:`elmtex.comparison.Kind` stands for.
    """

    tab = _p("tab", "Compare")
    hint = _(
        "One report, read twice: by two extractors, or by one beside the version that you "
        "reviewed. Nothing of it is kept."
    )
    first = _("First")
    second = _("Second")
    start = _p("button", "Compare")
    empty_report = _("There is no report yet: paste one into the box.")
    choose_two = _("Choose two different extractors.")
    stopped = _("The comparison was stopped.")
    failed = _("The comparison failed ({reason}).")
    reading = _("{name} reads the report …")
    summary = _("Summary")
    extractor = _("Read by")
    names: Mapping[str, str] = {
        "finetuned": _("elmtex, trained for reports"),
        "naive": _("a general model, told what to look for"),
        "icl": _("a general model, shown examples"),
        "reviewed": _("your reviewed version"),
    }
    asked: Mapping[str, str] = {
        "finetuned": _("{model}, trained for reports"),
        "naive": _("{model}, told what to look for"),
        "icl": _("{model}, shown examples"),
    }
    not_reviewed = _(
        "There is no review of this report: open it under “One report” and review it first."
    )
    by_category = _("By category")
    both = _("both")
    right = _("right")
    wrong = _("wrong")
    missed = _("missed")
    agreement = _("Agreement (F1)")
    every = _("All")
    truth = _(
        "Your reviewed version counts as the truth: an item is right when category, words and assertion are the same."
    )
    model = _("Model")
    status = _("Status")
    items = _("Items")
    seconds = _("Seconds")
    kinds: Mapping[str, str] = {
        "agreed": _("agreed"),
        "assertion": _("other assertion"),
        "category": _("other category"),
        "left": _("only {left}"),
        "right": _("only {right}"),
    }
    difference = _("Difference")
    differences = _("Differences")
    agreed = _("Agreed")
    other_attributes = _("same item, other attributes")
    agreed_but = _("Agreed, with other attributes")
    same = _("Both found the same items.")
