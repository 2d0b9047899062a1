"""Every sentence the page says, in English and German."""

from __future__ import annotations

from dataclasses import dataclass

from elmtex.web.locale import about as words_about
from elmtex.web.locale import batch as words_batch
from elmtex.web.locale import compare as words_compare
from elmtex.web.locale import review as words_review
from elmtex.web.locale import schema as words_schema
from elmtex.web.locale.about import AboutWords
from elmtex.web.locale.batch import BatchWords
from elmtex.web.locale.compare import CompareWords
from elmtex.web.locale.review import ReviewWords
from elmtex.web.locale.schema import SchemaWords


@dataclass(frozen=True, slots=True)
class Words:
    """The page's texts in one language. Texts with ``{braces}`` are filled by ``str.format``."""

    lang: str
    tagline: str
    language: str
    example: str
    report: str
    report_hint: str
    extract: str
    stop: str
    edit: str
    clear: str
    welcome: str
    steps: tuple[str, ...]
    private: str
    footer: str
    space_notice: str
    empty_report: str
    long_report: str
    broken_report: str
    busy: str
    share: str
    full: str
    waiting: str
    reading: str
    stopped: str
    stopped_at_once: str
    finished: str
    german_report: str
    nothing: str
    failed: str
    statuses: dict[str, str]
    item: str
    assertion: str
    confidence: str
    assertions: dict[str, str]
    low: str
    ungrounded: str
    not_found: str
    document: str
    valid: str
    partial: str
    copy: str
    copied: str
    download: str
    review: ReviewWords
    batch: BatchWords
    schema: SchemaWords
    compare: CompareWords
    about: AboutWords


ENGLISH = Words(
    lang="en",
    tagline="Clinical reports into checked, structured data",
    language="Language",
    example="Try an example",
    report="Report",
    report_hint="Paste a clinical report here: a letter, a note, a finding …",
    extract="Extract",
    stop="Stop",
    edit="Edit report",
    clear="New report",
    welcome="How it works",
    steps=(
        "Paste a report into the box, drop a file, or choose an example.",
        "Press Extract. The categories fill while the report is read.",
        "Accept, reject or correct each item: choose it, and its words light up in the report.",
        "Export the result as JSON, CSV, FHIR or a printed summary.",
    ),
    private="Reports are read on the machine that runs this page, and sent nowhere else.",
    footer=(
        "elmtex supports documentation and research. It is not a medical device: it can miss or misread facts, "
        "and a person decides."
    ),
    space_notice=(
        "This is a public demonstration on shared computers. Never paste a report of a real patient here; "
        "use the examples, or install elmtex on your own computer."
    ),
    empty_report="There is no report yet. Paste one into the box or choose an example, then press Extract.",
    long_report=(
        "This report has {length} characters; the page takes up to {limit}. "
        "Use the command line for longer ones: elmtex extract FILE."
    ),
    broken_report=(
        "This text contains broken characters (half of a surrogate pair). Copy it again from its source."
    ),
    busy="Too many reports are waiting for the model at the moment. Please try again in a minute.",
    full="{stored} of your reports are stored, the most there may be. Delete some first.",
    share="{most} of your reports are waiting or being read. Please wait until one is done.",
    waiting="Waiting for the model. It is loading, or reading another report …",
    reading="Reading: {done} of {total} sentences",
    stopped="Stopped: {done} of {total} sentences were read. What was found so far is shown.",
    stopped_at_once="Stopped before the report was read.",
    finished="{items} suggested in {categories}. Check them against the report.",
    german_report=(
        "German reports are read less reliably than English ones, diagnoses and family history above all: "
        "there was no German corpus to learn from."
    ),
    nothing="Nothing was found in this report.",
    failed="The extraction failed ({reason}). The report was not stored. Try again, or ask your administrator.",
    statuses={
        "ok": "Read to the end",
        "truncated": "Incomplete",
        "empty_report": "Empty report",
        "invalid_output": "Not valid",
        "failed": "Failed",
    },
    item="Item",
    assertion="Assertion",
    confidence="Confidence",
    assertions={"present": "present", "absent": "absent", "possible": "possible"},
    low="low",
    ungrounded="no evidence in the report",
    not_found="Nothing found for",
    document="JSON",
    valid="Validated JSON",
    partial="JSON (incomplete)",
    copy="Copy",
    copied="Copied",
    download="Download",
    review=words_review.ENGLISH,
    batch=words_batch.ENGLISH,
    schema=words_schema.ENGLISH,
    compare=words_compare.ENGLISH,
    about=words_about.ENGLISH,
)

GERMAN = Words(
    lang="de",
    tagline="Aus Arztberichten werden geprüfte, strukturierte Daten",
    language="Sprache",
    example="Beispiel ausprobieren",
    report="Bericht",
    report_hint="Hier einen klinischen Bericht einfügen: Arztbrief, Notiz, Befund …",
    extract="Auswerten",
    stop="Abbrechen",
    edit="Bericht bearbeiten",
    clear="Neuer Bericht",
    welcome="So geht es",
    steps=(
        "Einen Bericht einfügen, eine Datei ablegen oder ein Beispiel wählen.",
        "„Auswerten“ drücken. Die Kategorien füllen sich, während der Bericht gelesen wird.",
        "Jede Angabe annehmen, ablehnen oder ändern: Beim Auswählen leuchten ihre Worte im Bericht auf.",
        "Das Ergebnis exportieren: als JSON, CSV, FHIR oder gedruckte Übersicht.",
    ),
    private="Berichte werden auf dem Rechner gelesen, auf dem diese Seite läuft, und nirgendwohin gesendet.",
    footer=(
        "elmtex unterstützt Dokumentation und Forschung. Es ist kein Medizinprodukt: Es kann Angaben übersehen "
        "oder falsch lesen; ein Mensch entscheidet."
    ),
    space_notice=(
        "Dies ist eine öffentliche Demonstration auf geteilten Rechnern. Fügen Sie niemals den Bericht einer realen "
        "Person ein; nutzen Sie die Beispiele oder installieren Sie elmtex auf Ihrem eigenen Rechner."
    ),
    empty_report=(
        "Es ist noch kein Bericht da. Fügen Sie einen ein oder wählen Sie ein Beispiel, dann „Auswerten“ drücken."
    ),
    long_report=(
        "Dieser Bericht hat {length} Zeichen; die Seite nimmt bis zu {limit} an. "
        "Für längere gibt es die Kommandozeile: elmtex extract DATEI."
    ),
    broken_report=(
        "Dieser Text enthält beschädigte Zeichen (ein halbes Surrogatpaar). Bitte erneut aus der Quelle kopieren."
    ),
    busy="Im Moment warten zu viele Berichte auf das Modell. Bitte in einer Minute erneut versuchen.",
    full="{stored} Ihrer Berichte sind gespeichert, mehr geht nicht. Bitte zuerst einige löschen.",
    share="{most} Ihrer Berichte warten oder werden gelesen. Bitte warten, bis einer fertig ist.",
    waiting="Warten auf das Modell. Es wird geladen oder liest einen anderen Bericht …",
    reading="Lesen: {done} von {total} Sätzen",
    stopped="Abgebrochen: {done} von {total} Sätzen wurden gelesen. Das bisher Gefundene wird gezeigt.",
    stopped_at_once="Abgebrochen, bevor der Bericht gelesen wurde.",
    finished="{items} in {categories} vorgeschlagen. Bitte am Bericht prüfen.",
    german_report=(
        "Deutsche Berichte werden weniger zuverlässig gelesen als englische, vor allem Diagnosen und Familienanamnese: "
        "Es gab kein deutsches Korpus, um daran zu lernen."
    ),
    nothing="In diesem Bericht wurde nichts gefunden.",
    failed=(
        "Die Auswertung ist fehlgeschlagen ({reason}). Der Bericht wurde nicht gespeichert. "
        "Bitte erneut versuchen oder die Administration fragen."
    ),
    statuses={
        "ok": "Zu Ende gelesen",
        "truncated": "Unvollständig",
        "empty_report": "Leerer Bericht",
        "invalid_output": "Nicht gültig",
        "failed": "Fehlgeschlagen",
    },
    item="Angabe",
    assertion="Aussage",
    confidence="Sicherheit",
    assertions={"present": "vorhanden", "absent": "verneint", "possible": "möglich"},
    low="niedrig",
    ungrounded="kein Beleg im Bericht",
    not_found="Nichts gefunden zu",
    document="JSON",
    valid="Geprüftes JSON",
    partial="JSON (unvollständig)",
    copy="Kopieren",
    copied="Kopiert",
    download="Herunterladen",
    review=words_review.GERMAN,
    batch=words_batch.GERMAN,
    schema=words_schema.GERMAN,
    compare=words_compare.GERMAN,
    about=words_about.GERMAN,
)

LANGUAGES = {"en": ENGLISH, "de": GERMAN}


def words_in(lang: str) -> Words:
    """The page's texts in a language, else in English."""
    return LANGUAGES.get(lang, ENGLISH)


def counted(number: int, noun: str, lang: str) -> str:
    """A number with its noun: ``counted(1, "item", "de")`` is ``1 Angabe``.

    Args:
        number: how many.
        noun: ``item``, ``category`` or ``report``.
        lang: ISO 639-1 code; anything but ``de`` is English.
    """
    nouns = {
        "en": {
            "item": ("item", "items"),
            "category": ("category", "categories"),
            "report": ("report", "reports"),
        },
        "de": {
            "item": ("Angabe", "Angaben"),
            "category": ("Kategorie", "Kategorien"),
            "report": ("Bericht", "Berichte"),
        },
    }
    one, many = nouns["de" if lang == "de" else "en"][noun]
    return f"{number} {one if number == 1 else many}"
