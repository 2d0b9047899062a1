"""Every sentence the page says: its languages, and the texts of the page as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone

from babel.dates import format_skeleton

from elmtex.web.locale.about import AboutMessages
from elmtex.web.locale.batch import BatchMessages
from elmtex.web.locale.catalogue import Catalogue, Section, _, _n, catalogues
from elmtex.web.locale.compare import CompareMessages
from elmtex.web.locale.evaluate import EvaluateMessages
from elmtex.web.locale.learn import LearnMessages
from elmtex.web.locale.review import ReviewMessages
from elmtex.web.locale.schema import SchemaMessages
from elmtex.web.locale.sentences import translated
from elmtex.web.locale.summary import SummaryMessages
from elmtex.web.locale.waits import WaitMessages


class Messages(Section):
    """The page's texts in one language. Texts with ``{braces}`` are filled by ``str.format``."""

    # Translators: the name of your language, in your language.
    name = _("English")
    tagline = _("Clinical reports into checked, structured data")
    language = _("Language")
    example = _("Try an example")
    report = _("Report")
    report_hint = _("Paste a clinical report here: a letter, a note, a finding …")
    extract = _("Extract")
    stop = _("Stop")
    edit = _("Edit report")
    clear = _("New report")
    welcome = _("How it works")
    steps: tuple[str, ...] = (
        _("Paste a report into the box, drop a file, or choose an example."),
        _(
            "Press Extract. The categories, such as diagnoses, symptoms and treatments, fill "
            "while the report is read."
        ),
        _("Accept, reject or correct each item: choose it, and its words light up in the report."),
        _("Export the result as JSON, CSV, FHIR or a printed summary."),
    )
    looked_for = _("What is looked for")
    private = _("Reports are read on the machine that runs this page, and sent nowhere else.")
    footer = _(
        "elmtex supports documentation and research. It is not a medical device: it can miss "
        "or misread facts, and a person decides."
    )
    space_notice = _(
        "This is a public demonstration on shared computers. Never paste a report of a real "
        "patient here; use the examples, or install elmtex on your own computer."
    )
    empty_report = _(
        "There is no report yet. Paste one into the box or choose an example, then press Extract."
    )
    long_report = _(
        "This report has {length} characters; the page takes up to {limit}. Use the command "
        "line for longer ones: elmtex extract FILE."
    )
    broken_report = _("This text contains damaged characters. Copy it again from its source.")
    busy = _(
        "Too many reports are waiting for the model at the moment. Please try again in a minute."
    )
    share = _("{most} of your reports are waiting or being read. Please wait until one is done.")
    full = _("{stored} of your reports are stored, which is the maximum. Delete some first.")
    waiting = _("Waiting for the model. It is loading, or reading another report …")
    reading = _n(
        "Reading: {done} of {total} sentence", "Reading: {done} of {total} sentences", by="total"
    )
    stopped = _n(
        "Stopped: {done} of {total} sentence was read. What was found so far is shown.",
        "Stopped: {done} of {total} sentences were read. What was found so far is shown.",
        by="total",
    )
    stopped_at_once = _("Stopped before the report was read.")
    finished = _("{items} suggested in {categories}. Check them against the report.")
    german_report = _(
        "German reports are read less reliably than English ones, diagnoses and family "
        "history above all: there was no German corpus to learn from."
    )
    nothing = _("Nothing was found in this report.")
    failed = _(
        "The extraction failed ({reason}). The report was not stored. Try again, or ask your "
        "administrator."
    )
    statuses: Mapping[str, str] = {
        "ok": _("Complete"),
        "truncated": _("Incomplete"),
        "empty_report": _("Empty report"),
        "invalid_output": _("Not valid"),
        "failed": _("Failed"),
    }
    item = _("Item")
    assertion = _("Assertion")
    confidence = _("Confidence")
    assertions: Mapping[str, str] = {
        "present": _("present"),
        "absent": _("absent"),
        "possible": _("possible"),
    }
    low = _("unsure")
    ungrounded = _("no evidence in the report")
    attributes = _("Attributes")
    not_found = _("Nothing found for")
    document = "JSON"
    valid = _("Validated JSON")
    partial = _("JSON (incomplete)")
    copy = _("Copy")
    copied = _("Copied")
    download = _("Download")
    # Translators: counted nouns, which go into other sentences.
    nouns: Mapping[str, str] = {
        "item": _n("{count} item", "{count} items", by="count"),
        "category": _n("{count} category", "{count} categories", by="count"),
        "report": _n("{count} report", "{count} reports", by="count"),
    }
    # Translators: a date with its time, in the codes of strftime; please digits only, no names of months.
    moment = _("%Y-%m-%d %H:%M")

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__(catalogue)
        self.review = ReviewMessages(catalogue)
        self.batch = BatchMessages(catalogue)
        self.summary = SummaryMessages(catalogue)
        self.waits = WaitMessages(catalogue)
        self.schema = SchemaMessages(catalogue)
        self.compare = CompareMessages(catalogue)
        self.evaluate = EvaluateMessages(catalogue)
        self.learn = LearnMessages(catalogue)
        self.about = AboutMessages(catalogue)

    def said(self, sentence: str) -> str:
        """A sentence that the library says or stored in English, in this language if it has it."""
        return translated(sentence, self._catalogue)

    def local_time(self, iso: str) -> str:
        """A stored time (ISO 8601, UTC) by the clock of the machine that runs the page."""
        return _local(iso).strftime(self.moment)

    def day(self, iso: str) -> str:
        """A date of a report (ISO 8601), no more exact than it is said: "2018", "Mar 2018", "12 Mar 2018"."""
        year, month, day = (*map(int, iso.split("-")), 1, 1)[:3]
        skeleton = {4: "y", 7: "yMMM"}.get(len(iso), "yMMMd")
        return str(format_skeleton(skeleton, date(year, month, day), locale=self.lang))


Words = Messages  # as the rest of the page calls them

LANGUAGES = {lang: Messages(catalogue) for lang, catalogue in catalogues().items()}
ENGLISH, GERMAN = LANGUAGES["en"], LANGUAGES["de"]


def words_in(lang: str) -> Messages:
    """The page's texts in a language, else in English."""
    return LANGUAGES.get(lang, ENGLISH)


def zone_of(iso: str) -> str:
    """The name of the machine's time zone at a stored time, which a signature names beside it: ``CET``."""
    return _local(iso).strftime("%Z")


def _local(iso: str) -> datetime:
    when = datetime.fromisoformat(iso)
    return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).astimezone()


def counted(number: int, noun: str, lang: str) -> str:
    """A number with its noun: ``counted(1, "item", "de")`` is ``1 Angabe``.

    Args:
        number: how many.
        noun: ``item``, ``category`` or ``report``.
        lang: ISO 639-1 code; one that the page does not have is English.
    """
    return words_in(lang).nouns[noun].format(count=number)
