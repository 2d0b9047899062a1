"""What the tab of one's own categories and the page's account of itself say, in English and German."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SchemaWords:
    """Texts in one language. Texts with ``{braces}`` are filled by ``str.format``."""

    tab: str
    box: str
    upload: str
    use: str
    standard: str
    good: str
    bad: str
    used: str
    usual: str
    about_tab: str
    about: tuple[tuple[str, str], ...]
    versions: str


ENGLISH = SchemaWords(
    tab="Categories",
    box="Category schema (JSON)",
    upload="Open a schema file",
    use="Use these categories",
    standard="Back to the standard",
    good="Usable: {count} categories",
    bad="Not usable yet:",
    used="Reports are now read with the schema “{title}”.",
    usual="Reports are read with the standard schema “{title}”.",
    about_tab="About",
    about=(
        (
            "What it is for",
            "elmtex supports documentation and research. It reads a clinical report and proposes structured items, each "
            "with the words it stands on. It is not a medical device and takes no decision about a patient.",
        ),
        (
            "What it can get wrong",
            "It can miss facts, put them into the wrong category, or misread a negation. A low confidence is marked; a "
            "high one is no proof. Every item needs a person who compares it with the report.",
        ),
        (
            "Human oversight",
            "Nothing is final until a person has judged it. What the model said and what a person changed, by whom and "
            "when, are kept side by side and can be undone (EU AI Act, Articles 12 and 14: record-keeping, oversight).",
        ),
        (
            "Transparency",
            "Every item shows its place in the report; items without one are marked. The document names its model, and "
            "codes are suggestions until a person chooses them (Article 13).",
        ),
        (
            "Your data",
            "Reports stay on this computer: no service is called, nothing of a report is logged. A deleted report is "
            "gone with its decisions. On a public demonstration nothing is kept after the tab is closed.",
        ),
    ),
    versions="Versions",
)

GERMAN = SchemaWords(
    tab="Kategorien",
    box="Kategorienschema (JSON)",
    upload="Schemadatei öffnen",
    use="Diese Kategorien verwenden",
    standard="Zurück zum Standard",
    good="Verwendbar: {count} Kategorien",
    bad="Noch nicht verwendbar:",
    used="Berichte werden nun mit dem Schema „{title}“ gelesen.",
    usual="Berichte werden mit dem Standardschema „{title}“ gelesen.",
    about_tab="Über",
    about=(
        (
            "Wofür es da ist",
            "elmtex unterstützt Dokumentation und Forschung. Es liest einen klinischen Bericht und schlägt strukturierte "
            "Angaben vor, jede mit den Worten, auf denen sie beruht. Es ist kein Medizinprodukt und entscheidet nichts "
            "über Patienten.",
        ),
        (
            "Was es falsch machen kann",
            "Es kann Angaben übersehen, falsch einordnen oder eine Verneinung falsch lesen. Niedrige Sicherheit ist "
            "gekennzeichnet; hohe ist kein Beweis. Jede Angabe braucht einen Menschen, der sie mit dem Bericht vergleicht.",
        ),
        (
            "Menschliche Aufsicht",
            "Nichts gilt, bevor ein Mensch es geprüft hat. Was das Modell sagte und was ein Mensch daran änderte, wer und "
            "wann, steht nebeneinander und lässt sich zurücknehmen (KI-Verordnung, Artikel 12 und 14: Aufzeichnung, "
            "Aufsicht).",
        ),
        (
            "Transparenz",
            "Jede Angabe zeigt ihre Stelle im Bericht; solche ohne Stelle sind gekennzeichnet. Das Dokument nennt sein "
            "Modell, und Codes sind Vorschläge, bis ein Mensch sie wählt (Artikel 13).",
        ),
        (
            "Ihre Daten",
            "Berichte bleiben auf diesem Rechner: Kein Dienst wird gerufen, nichts aus einem Bericht protokolliert. Ein "
            "gelöschter Bericht ist mit allen Entscheidungen weg. Eine öffentliche Demonstration behält nichts, wenn der "
            "Tab geschlossen ist.",
        ),
    ),
    versions="Versionen",
)
