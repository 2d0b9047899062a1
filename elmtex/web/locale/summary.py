"""What the summary of a reviewed report says, on paper and on the page."""

from __future__ import annotations

from collections.abc import Mapping

from elmtex.web.locale.catalogue import Section, _, _n


class SummaryMessages(Section):
    """Texts with ``{braces}`` are filled by ``str.format``.

    ``denied`` says what the report denies, by the FHIR resource that the category becomes.
    """

    title = _("Summary of the report")
    patient = _("Patient")
    not_stated = _("not stated in the report")
    kind = _("Kind of report")
    date = _("Date of the report")
    source = _("Read from")
    status = _("Sign-off")
    model = _("Suggested by")
    signed = _("Signed off by {reviewer}, {at}.")
    signed_hint = _("A later change opens the review again.")
    judged = _("Every item was reviewed by {reviewers}, last {at}; nobody has signed it off yet.")
    judged_unnamed = _("Every item was reviewed, last {at}; nobody has signed it off yet.")
    draft = _n(
        "Draft: {open} item has not been reviewed.",
        "Draft: {open} items have not been reviewed.",
        by="open",
    )
    draft_empty = _("Draft: nothing was found, and nobody has confirmed that.")
    not_reviewed = _("not reviewed")
    denied: Mapping[str, str] = {
        "Condition": _("Not present:"),
        "AllergyIntolerance": _("Not allergic to:"),
        "MedicationStatement": _("Not taken:"),
        "Procedure": _("Not done:"),
        "FamilyMemberHistory": _("Not in the family:"),
        "Observation": _("Does not apply:"),
    }
    no_allergies = _("No known allergies.")
    own_words = _("In the report's words:")
    evidence = _("Evidence")
    with_evidence = _("With evidence as footnotes")
    evidence_hint = _("Where the report says it, word for word.")
    made = _(
        "elmtex suggested these items, and a person reviewed them. It is not a medical device."
    )
