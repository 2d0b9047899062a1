"""What the page says about many reports at once and about reading files."""

from __future__ import annotations

from collections.abc import Mapping

from elmtex.web.locale.catalogue import Section, _, _p

# Notes that the page puts into words of its own in English, too. For the others the reader's own sentence is more exact:
# it has the number, the kind or the line.
_OURS = frozenset(("recoded", "pages", "running", "left_out", "scan"))


class BatchMessages(Section):
    """Texts with ``{braces}`` are filled by ``str.format``.

    ``notes`` says what :data:`elmtex.readers.text_files.Note` stands for.
    """

    one_tab = _("One report")
    many_tab = _("Many reports")
    files = _("Or drop files: text, PDF, Word, RTF, Excel, CSV, JSON, zip")
    many_files = _("Files: text, PDF, Word, RTF, Excel, CSV, JSON, zip")
    was_read = _("{name}: {length} characters were read. Look them over, then press Extract.")
    recognised = _("It is a scan, read by text recognition (OCR): compare it with the paper first.")
    not_read = _("Nothing could be read: {why}.")
    still_there = _("The box still holds the text from before.")
    were_read = _("Read from the files: {reports}. See “Many reports”.")
    not_readable = _("Not readable: {count}.")
    copies = _("Left out, because the same name with the same text is already waiting: {count}.")
    notes: Mapping[str, str] = {
        "recoded": _("It was not UTF-8 and was read as Windows-1252: check the umlauts."),
        "pages": _("Some of its pages are pictures and were not read: compare it with the paper."),
        "running": _(
            "Lines that its pages repeat at the top or bottom were left out: compare it with the "
            "paper."
        ),
        "left_out": _(
            "It holds a chart, a drawing or another file inside, which was not read: compare it "
            "with the paper."
        ),
        "kind": _(
            "{name} is of a kind that is not read here: text, PDF, Word (.docx), RTF, Excel (.xlsx), "
            "CSV, JSON and ZIP are"
        ),
        "renamed": _(
            "{name} is not of the kind that its name says: drop it with the right ending (.pdf, "
            ".docx, .xlsx, .rtf, .zip)"
        ),
        "large": _("{name} is too large: drop it in smaller parts"),
        "costly": _(
            "{name} was given up because reading it took too much time or memory: it is damaged or too "
            "large; save it again, as plain text or in smaller parts"
        ),
        "encoding": _("{name} is not readable text: save it as UTF-8"),
        "damaged": _("{name} cannot be read: it is damaged or not what its name says"),
        "password": _("{name} is protected by a password: save it without one"),
        "blank": _("{name} holds no text"),
        "scan": _("{name} is a scan without text, and text recognition (OCR) is not set up here"),
        "unrecognised": _("{name} is a scan in which no text was recognised"),
        "table": _(
            "{name} has no column “text”, “report”, “befund” or “bericht”: give the column of the "
            "reports such a name"
        ),
        "row": _("{name}: this row of the table holds no readable report"),
        "record": _p(
            "note",
            "its record in the database is damaged; it is kept there as it is until it is deleted",
        ),
        "many": _("{name}: too much at once, drop the rest in a second step"),
    }
    start = _("Extract all")
    stop = _("Stop")
    progress = _("{done} of {total} extracted")
    empty = _("No reports yet. Drop several files, a table or a zip file above.")
    report = _("Report")
    characters = _("characters")
    status = _("Status")
    items = _("Items")
    judged = _("Reviewed")
    waiting = _("waiting")
    unreadable = _("not readable")
    open = _("Review")
    open_all = _("Export all")
    delete_all = _("Delete all")
    every_status = _("Every status")
    every_category = _("Every category")
    search = _("Search name or beginning")
    every_review = _("Reviewed or not")
    reviewed: Mapping[str, str] = {
        "open": _("not reviewed"),
        "begun": _("review begun"),
        "unsigned": _("reviewed, not signed off"),
        "signed": _("signed off"),
    }
    signed = _("{signed} of {total} signed off")
    signed_by = _("signed off by {name}")
    signed_reports = _("Reports signed off")
    nameless = _("without a name")
    low_only = _("Low confidence only")
    download_all = _("Download all")
    filters = _("Filters")

    def noted(self, name: str, note: str, otherwise: str = "") -> str:
        """What there is to say of the reading of a file; ``otherwise`` is the reader's own sentence, in English."""
        words = [word for word in note.split() if word in self.notes]
        if not words or (otherwise and self.lang == "en" and _OURS.isdisjoint(words)):
            return otherwise
        return " ".join(self.notes[word].format(name=name) for word in words)
