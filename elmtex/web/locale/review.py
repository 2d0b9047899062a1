"""What the review screen says, in English and German."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from elmtex.review import faults
from elmtex.review.decisions import NAMELESS
from elmtex.types import ElmtexError


@dataclass(frozen=True, slots=True)
class ReviewWords:
    """Texts of the review in one language. Texts with ``{braces}`` are filled by ``str.format``."""

    reviewer: str
    reviewer_hint: str
    judged: str
    saved: str
    finished: str
    finish: str
    finish_hint: str
    undo: str
    shortcuts: str
    use_shortcuts: str
    accept: str
    reject: str
    edit: str
    accept_all: str
    codes: str
    no_codes: str
    choose_code: str
    choose_category: str
    verdicts: dict[str, str]
    actions: str
    show_or_hide: str
    add: str
    add_title: str
    edit_title: str
    words_field: str
    category: str
    take_selection: str
    select_hint: str
    save: str
    cancel: str
    hand_out: str
    formats: dict[str, str]
    gold_hint: str
    print_it: str
    reviews: str
    go_on: str
    delete: str
    really: str
    gone: str
    keys: tuple[tuple[str, str], ...]
    close: str
    summary_title: str
    summary_open: str
    summary_done: str
    summary_unnamed: str
    summary_none: str
    evidence: str
    nothing_found: str
    report: str
    refusals: Mapping[str, str]  # by the English template of the error that says it

    def refused(self, error: ElmtexError) -> str:
        """Why a click did nothing, in this language where it has words for it."""
        words = self.refusals.get(error.template)
        return words.format(**error.fields) if words else str(error)


ENGLISH = ReviewWords(
    reviewer="Reviewer",
    reviewer_hint="Your name",
    judged="{done} of {total} judged",
    saved="Every decision is saved at once.",
    finished="Review finished",
    finish="Finish review",
    finish_hint="Judge every item first.",
    undo="Undo",
    shortcuts="Keyboard shortcuts",
    use_shortcuts="Use these keys",
    accept="Accept",
    reject="Reject",
    edit="Edit",
    accept_all="Accept all",
    codes="Codes",
    no_codes="No code fits these words. The lists of codes are English.",
    choose_code="Suggested codes: choose those that fit",
    choose_category="Choose …",
    verdicts={
        "open": "",
        "accepted": "accepted",
        "rejected": "rejected",
        "edited": "edited",
        "added": "added",
    },
    actions="Decision",
    show_or_hide="Show or hide categories",
    add="Add item",
    add_title="Add an item",
    edit_title="Edit the item",
    words_field="Words",
    category="Category",
    take_selection="Use selected words",
    select_hint="Select words in the report to add what was missed.",
    save="Save",
    cancel="Cancel",
    hand_out="Export",
    formats={
        "json": "JSON",
        "csv": "CSV",
        "elmtex": "ELMTEX",
        "fhir": "FHIR",
        "gold": "Gold (training)",
        "summary": "Summary",
    },
    gold_hint="There is no gold yet: judge every item of at least one category first.",
    print_it="Print",
    reviews="Your reviews",
    go_on="Continue",
    delete="Delete",
    really="Delete for good?",
    gone="This report was put away after an hour: open it again from the list.",
    keys=(
        ("J  ↓", "next item"),
        ("K  ↑", "previous item"),
        ("A", "accept"),
        ("R", "reject"),
        ("Shift A", "accept all of the category"),
        ("P", "present, absent, possible"),
        ("E", "edit"),
        ("N", "add an item"),
        ("U", "undo"),
        ("?", "this list"),
        ("Esc", "close"),
    ),
    close="Close",
    summary_title="Summary of the report",
    summary_open="Draft: {open} items have not been judged.",
    summary_done="Judged by {reviewers}, {date} (UTC).",
    summary_unnamed="Judged {date} (UTC) by a reviewer who gave no name.",
    summary_none="Draft: nothing was found, and nobody has confirmed that.",
    evidence="characters",
    nothing_found="Nothing found",
    report="Report",
    refusals={},
)

GERMAN = ReviewWords(
    reviewer="Geprüft von",
    reviewer_hint="Ihr Name",
    judged="{done} von {total} geprüft",
    saved="Jede Entscheidung wird sofort gespeichert.",
    finished="Prüfung abgeschlossen",
    finish="Prüfung abschließen",
    finish_hint="Zuerst jede Angabe prüfen.",
    undo="Rückgängig",
    shortcuts="Tastenkürzel",
    use_shortcuts="Diese Tasten verwenden",
    accept="Annehmen",
    reject="Ablehnen",
    edit="Ändern",
    accept_all="Alle annehmen",
    codes="Codes",
    no_codes="Zu diesen Worten passt kein Code. Die Codelisten sind englisch.",
    choose_code="Vorgeschlagene Codes: passende auswählen",
    choose_category="Auswählen …",
    verdicts={
        "open": "",
        "accepted": "angenommen",
        "rejected": "abgelehnt",
        "edited": "geändert",
        "added": "ergänzt",
    },
    actions="Entscheidung",
    show_or_hide="Kategorien ein- und ausblenden",
    add="Angabe ergänzen",
    add_title="Eine Angabe ergänzen",
    edit_title="Die Angabe ändern",
    words_field="Worte",
    category="Kategorie",
    take_selection="Markierte Worte übernehmen",
    select_hint="Worte im Bericht markieren, um Fehlendes zu ergänzen.",
    save="Speichern",
    cancel="Abbrechen",
    hand_out="Exportieren",
    formats={
        "json": "JSON",
        "csv": "CSV",
        "elmtex": "ELMTEX",
        "fhir": "FHIR",
        "gold": "Gold (training)",
        "summary": "Übersicht",
    },
    gold_hint="Noch kein Gold: zuerst in mindestens einer Kategorie jede Angabe prüfen.",
    print_it="Drucken",
    reviews="Ihre Prüfungen",
    go_on="Fortsetzen",
    delete="Löschen",
    really="Endgültig löschen?",
    gone="Dieser Bericht wurde nach einer Stunde weggelegt: bitte aus der Liste wieder öffnen.",
    keys=(
        ("J  ↓", "nächste Angabe"),
        ("K  ↑", "vorige Angabe"),
        ("A", "annehmen"),
        ("R", "ablehnen"),
        ("Umschalt A", "alle der Kategorie annehmen"),
        ("P", "vorhanden, verneint, möglich"),
        ("E", "ändern"),
        ("N", "Angabe ergänzen"),
        ("U", "rückgängig"),
        ("?", "diese Liste"),
        ("Esc", "schließen"),
    ),
    close="Schließen",
    summary_title="Übersicht über den Bericht",
    summary_open="Entwurf: {open} Angaben sind noch nicht geprüft.",
    summary_done="Geprüft von {reviewers}, {date} (UTC).",
    summary_unnamed="Geprüft {date} (UTC), ohne Namen.",
    summary_none="Entwurf: nichts gefunden, und noch niemand hat das bestätigt.",
    evidence="Zeichen",
    nothing_found="Nichts gefunden",
    report="Bericht",
    refusals={
        "there is no item {id!r} in this review": "In dieser Prüfung gibt es keine Angabe {id!r}.",
        "decision {number} names an unknown category": "Entscheidung {number} nennt eine unbekannte Kategorie.",
        "decision {number} concerns {id!r}, which is not there": (
            "Entscheidung {number} betrifft {id!r}; diese Angabe gibt es nicht."
        ),
        "{action} needs an item and its category": "„{action}“ braucht eine Angabe und ihre Kategorie.",
        "{action} needs the items it concerns": "„{action}“ braucht die Angaben, um die es geht.",
        "{action} decides nothing": "„{action}“ entscheidet nichts.",
        "edit takes one item, not {count}": "Ändern lässt sich eine Angabe auf einmal, nicht {count}.",
        "{count} items are still open: accept or reject them first": (
            "Noch offen: {count}. Bitte zuerst jede Angabe annehmen oder ablehnen."
        ),
        "the span {start}:{end} lies outside the report of {length} characters": (
            "Die Stelle {start}:{end} liegt außerhalb des Berichts mit {length} Zeichen."
        ),
        "the words are not those at {start}:{end} of the report": (
            "Die Worte sind nicht die an der Stelle {start}:{end} des Berichts."
        ),
        "codes need the coding extra: pip install 'elmtex[coding]'": (
            "Für Codes fehlt ein Zusatzpaket: pip install 'elmtex[coding]'"
        ),
        "coding needs rapidfuzz: pip install 'elmtex[coding]'": (
            "Für Codes fehlt rapidfuzz: pip install 'elmtex[coding]'"
        ),
        "{most} of your reports wait or are being read: wait for one of them": (
            "{most} Ihrer Berichte warten oder werden gelesen: bitte warten, bis einer fertig ist."
        ),
        "{count} of your reports are stored, and {most} is the most: delete some first": (
            "{count} Ihrer Berichte sind gespeichert, höchstens {most} gehen: bitte zuerst einige löschen."
        ),
        "too many batches are under way; try again when one is done": (
            "Zu viele Stapel sind in Arbeit: bitte noch einmal versuchen, wenn einer fertig ist."
        ),
        "a schema has 1 to {most} characters": "Ein Schema hat 1 bis {most} Zeichen.",
        "unknown category {key!r} in schema {schema!r}; it has: {keys}": (
            "Das Schema {schema!r} hat keine Kategorie {key!r}, nur: {keys}"
        ),
        "schema {schema!r} has a $ref that leads nowhere in it, and nothing is fetched: write out what it stands for": (
            "Das Schema {schema!r} hat ein $ref, das in ihm nirgendwohin führt, und nachgeladen wird nichts: bitte "
            "ausschreiben, wofür es steht."
        ),
        "the name {name!r} stands twice in one object": "Der Name {name!r} steht zweimal in einem Objekt.",
        "{where}: not valid JSON at line {line}, column {column}: {fault}": (
            "kein gültiges JSON in Zeile {line}, Spalte {column}: {fault}"
        ),
        "{where}: nested too deeply; a category schema is one flat object": (
            "zu tief verschachtelt: ein Kategorienschema ist ein flaches Objekt."
        ),
        "{where}: holds a number of thousands of digits": "Es enthält eine Zahl mit Tausenden von Ziffern.",
        "{where}: {path}: {name} is missing": "{path}: {name} fehlt.",
        "{where}: {path}: breaks the rule {rule!r}": "{path}: verletzt die Regel {rule!r}.",
        "{where}: {path}: breaks the rule {rule!r} ({wanted})": "{path}: verletzt die Regel {rule!r} ({wanted}).",
        "{where}: /properties/{key}/x-label: the label {label!r} is also that of {other!r}; give each category a label of "
        "its own": "/properties/{key}/x-label: Die Bezeichnung {label!r} hat schon {other!r}: jede Kategorie braucht ihre eigene.",
        "{where}: /properties/{key}/x-attributes/{place}: names a type that the schema's own x-attributes does not have; it "
        "has: {known}": "/properties/{key}/x-attributes/{place}: nennt eine Art, die x-attributes des Schemas nicht hat; es hat: {known}.",
        "{where}: /x-attributes/{key}/x-label: the label {label!r} is also that of {other!r}, and {category!r} lists both; "
        "give each type a label of its own": (
            "/x-attributes/{key}/x-label: Die Bezeichnung {label!r} hat schon {other!r}, und {category!r} führt beide: jede Art "
            "braucht ihre eigene."
        ),
        "{where}: /properties/{key}/items: cannot be resolved ({fault}), and nothing is fetched; leave `items` out to use "
        "elmtex's own": (
            "/properties/{key}/items: nicht auflösbar ({fault}), und nachgeladen wird nichts: `items` weglassen, um das von "
            "elmtex zu nutzen."
        ),
        "{where}: {path}: refuses elmtex's item {{text, start, end, assertion, confidence}}; leave `items` out to use "
        "elmtex's own": "{path}: weist die Angaben von elmtex ab: `items` weglassen, um das von elmtex zu nutzen.",
        "there is nothing to undo": "Es gibt nichts rückgängig zu machen.",
        "an item needs words": "Eine Angabe braucht Worte.",
        NAMELESS: "Eine Prüfung wird unter einem Namen abgeschlossen: bitte zuerst „Geprüft von“ ausfüllen.",
        "this report is not extracted yet": "Dieser Bericht ist noch nicht ausgewertet.",
        "this review is not there (any more)": "Diese Prüfung gibt es nicht (mehr).",
        "this report is no longer the one that is shown: look at it again": (
            "Dieser Bericht ist nicht mehr der, der gezeigt wird: bitte noch einmal ansehen."
        ),
        "this code was not suggested": "Dieser Code wurde nicht vorgeschlagen.",
        "only the latest decision can be taken back": "Nur die letzte Entscheidung lässt sich zurücknehmen.",
        faults.BUSY: "Die Datenbank der Prüfungen ist beschäftigt; nichts wurde gespeichert: bitte noch einmal versuchen.",
        faults.FULL: (
            "Für die Datenbank der Prüfungen ist kein Platz mehr; nichts wurde gespeichert: bitte Platz schaffen, dann "
            "noch einmal versuchen."
        ),
        faults.CLOSED: (
            "Die Datenbank der Prüfungen lässt sich nicht beschreiben; nichts wurde gespeichert: bitte prüfen, wem die "
            "Datei gehört."
        ),
        faults.DAMAGED: (
            "Die Datenbank der Prüfungen ist beschädigt, Prüfungen können verloren sein: bitte elmtex beenden, die Datei "
            "als Kopie aufheben und aus einer Sicherung wiederherstellen."
        ),
        faults.SILENT: (
            "Die Datenbank der Prüfungen hat nicht geantwortet: bitte nachsehen, ob der letzte Schritt da ist, und noch "
            "einmal versuchen."
        ),
        faults.DAMAGED_RECORD: (
            "Der Eintrag in der Datenbank ist beschädigt; er bleibt dort, wie er ist, bis er gelöscht wird."
        ),
        "too many people decide about this report at once; try again": (
            "Zu viele entscheiden zugleich über diesen Bericht: bitte noch einmal versuchen."
        ),
        "the page sent something it should not: reload it and try again": (
            "Die Seite hat etwas Unerwartetes gesendet: bitte neu laden und noch einmal versuchen."
        ),
    },
)
