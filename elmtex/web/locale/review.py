"""What the review screen says."""

from __future__ import annotations

from collections.abc import Mapping

from elmtex.types import ElmtexError
from elmtex.web.locale.catalogue import Section, _
from elmtex.web.locale.sentences import translated_error


class ReviewMessages(Section):
    """Texts with ``{braces}`` are filled by ``str.format``."""

    reviewer = _("Reviewer")
    reviewer_hint = _("Your name")
    judged = _("{done} of {total} reviewed")
    saved = _("Every decision is saved at once.")
    finished = _("Review finished")
    finish = _("Finish review")
    finish_hint = _("Review every item first.")
    undo = _("Undo")
    shortcuts = _("Keyboard shortcuts")
    use_shortcuts = _("Use these keys")
    accept = _("Accept")
    reject = _("Reject")
    edit = _("Edit")
    accept_all = _("Accept all")
    reject_all = _("Reject all")
    progress = _("How much is reviewed")
    next = _("Next report")
    waits = _("Not saved yet. Decisions that wait for the server: {count}")
    selected = _("{count} selected")
    first = _("Look at these first")
    take_first = _("Accept these {count}")
    rest = _("The rest")
    unfold = _("Show")
    above = _("At or above")
    take = _("Accept all {count} at or above {threshold} %")
    right = _(
        "By the model's confidence, about {right} of these {count} are right in words, category and assertion."
    )
    needs: Mapping[str, str] = {
        "denied": _("denied diagnosis"),
        "disputed": _("one reading only"),
    }
    agreed = _("Two readings agree")
    under = _("under: {heading}")
    kinds: Mapping[str, str] = {
        "drugs": _("Drugs"),
        "allergies": _("Allergies"),
        "problems": _("Problems"),
        "normal": _("Normal findings"),
        "values": _("Laboratory values and vital signs"),
    }
    heads: Mapping[str, str] = {
        "drugs": _("Substance"),
        "allergies": _("Substance"),
        "values": _("Test"),
    }
    columns: Mapping[str, str] = {
        "unit": _("Unit"),
        "range": _("Range"),
        "flag": _("Flag"),
        "when_measured": _("When"),
    }
    timeline = _("Timeline")
    dated = _("Dates")
    relative = _("Other times, as the report says them")
    untaken = _("Nothing was taken from this sentence")
    attribute = _("Attribute")
    new_attribute = _("Add an attribute")
    no_words = _("nothing yet")
    cell_hint = _("Type the words, or select them in the report.")
    remove = _("Remove")
    codes = _("Codes")
    no_codes = _("No code fits these words. The lists of codes are English.")
    choose_code = _("Suggested codes: choose those that fit")
    choose_category = _("Choose …")
    verdicts: Mapping[str, str] = {
        "open": "",
        "accepted": _("accepted"),
        "rejected": _("rejected"),
        "edited": _("edited"),
        "added": _("added"),
    }
    actions = _("Decision")
    show_or_hide = _("Show or hide categories")
    add = _("Add item")
    add_title = _("Add an item")
    edit_title = _("Edit the item")
    words_field = _("Words")
    category = _("Category")
    take_selection = _("Use selected words")
    select_hint = _(
        "Select words in the report to add what was missed. From hatched sentences nothing was taken."
    )
    save = _("Save")
    cancel = _("Cancel")
    export = _("Export")
    formats: Mapping[str, str] = {
        "json": "JSON",
        "csv": "CSV",
        "csv-attributes": _("CSV (attributes)"),
        "csv-reports": _("CSV (a row per report)"),
        "elmtex": "ELMTEX",
        "fhir": "FHIR",
        "gold": _("Gold (training)"),
        "summary": _("Summary"),
    }
    gold_hint = _("No reviewed category yet: review every item of at least one category first.")
    print_it = _("Print")
    reviews = _("Your reviews")
    go_on = _("Continue")
    delete = _("Delete")
    really = _("Delete for good?")
    gone = _("This report was closed after an hour: open it again from the list.")
    keys: tuple[tuple[str, str], ...] = (
        ("J  ↓", _("next item")),
        ("K  ↑", _("previous item")),
        ("←  →", _("its cells")),
        ("Enter", _("edit the cell")),
        ("A", _("accept")),
        ("R", _("reject")),
        (_("Shift J  Shift K"), _("select several")),
        (_("Shift A"), _("accept all of the table")),
        (_("Shift R"), _("reject all of the table")),
        ("T", _("accept all above the threshold")),
        (_("Shift T"), _("accept what is left of those to look at")),
        ("P", _("present, absent, possible")),
        (_("1…0  Shift 1…"), _("category of the item, or of the selected words")),
        ("E", _("edit")),
        ("N", _("add an item")),
        ("U", _("undo")),
        ("L", _("next item to look at")),
        ("S", _("next sentence without items")),
        ("O", _("show or hide the rest")),
        ("F", _("finish the review")),
        ("X", _("export")),
        ("G", _("next report")),
        ("?", _("this list")),
        ("Esc", _("close")),
    )
    close = _("Close")

    def refused(self, error: ElmtexError) -> str:
        """Why a click did nothing, in this language if it has the error's template."""
        return translated_error(error, self._catalogue)
