"""What the page says about itself, in English and German."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AboutWords:
    """Texts in one language.

    Args:
        sections: titles and paragraphs.
        law, law_intro, duty_heads: title, introduction and column heads of the table of duties.
        duties: what Regulation (EU) 2024/1689 asks, and how the page answers.
    """

    tab: str
    sections: tuple[tuple[str, str], ...]
    law: str
    law_intro: str
    duty_heads: tuple[str, str]
    duties: tuple[tuple[str, str], ...]
    versions: str
    software: str
    model: str
    model_digest: str
    schema: str
    schema_digest: str
    loading: str
    card: str
    no_card: str


ENGLISH = AboutWords(
    tab="About",
    sections=(
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
            "Your data",
            "Reports stay on this computer: no service is called, nothing of a report is logged. A deleted report is "
            "gone with its decisions. On a public demonstration nothing is stored once the tab is closed; its memory lets go "
            "of a visitor's last report when 64 others have come, or it is restarted.",
        ),
    ),
    law="What the EU AI Act asks, and how this page answers",
    law_intro=(
        "Regulation (EU) 2024/1689 weighs a system by its purpose. elmtex is meant for documentation and research, with "
        "a person who judges every item; whoever uses it for care decisions has to examine anew whether it is then a "
        "high-risk system or a medical device. It is built as if the duties below applied. This is no legal advice."
    ),
    duty_heads=("Asked", "Answered"),
    duties=(
        (
            "Record-keeping (Articles 12, 19)",
            "What the model said and every decision about it, with time and reviewer, are appended to a database and never "
            "changed. The document names its model; the digests below identify it.",
        ),
        (
            "Transparency and information (Articles 13, 50)",
            "Every item shows its place in the report, and is marked when it has none. Confidence is shown, low confidence "
            "stands out. This tab and the model card say what it is for, how well it does and where it fails.",
        ),
        (
            "Human oversight (Article 14)",
            "Nothing is final until a person has accepted, rejected or corrected it; decisions can be undone and a run "
            "stopped. Exports mark what nobody has judged. Codes are suggestions until a person chooses them.",
        ),
        (
            "Accuracy, robustness, security (Article 15)",
            "Items can only be words of the report; documents are validated. The model runs on this computer, calls no "
            "service, and what was measured of it stands in the model card. “Compare” shows where two extractors differ.",
        ),
        (
            "Duties of who runs it (Articles 4, 26)",
            "Competent people who know its limits, records kept for at least six months, and patients' data under the "
            "GDPR: that is yours to organise. Deleting a review deletes its records.",
        ),
    ),
    versions="Versions and digests",
    software="Software",
    model="Model",
    model_digest="SHA-256 of the model's files",
    schema="Schema",
    schema_digest="SHA-256 of the schema",
    loading="is loading …",
    card="Model card",
    no_card="Model card: this model came with none",
)

GERMAN = AboutWords(
    tab="Über",
    sections=(
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
            "Ihre Daten",
            "Berichte bleiben auf diesem Rechner: Kein Dienst wird gerufen, nichts aus einem Bericht protokolliert. Ein "
            "gelöschter Bericht ist mit allen Entscheidungen weg. Eine öffentliche Demonstration speichert nichts, "
            "wenn der Tab geschlossen ist; ihr Arbeitsspeicher hält den letzten Bericht, bis 64 andere Besucher kamen oder sie neu "
            "startet.",
        ),
    ),
    law="Was die KI-Verordnung der EU verlangt, und wie diese Seite antwortet",
    law_intro=(
        "Die Verordnung (EU) 2024/1689 beurteilt ein System nach seinem Zweck. elmtex ist für Dokumentation und Forschung "
        "gedacht, mit einem Menschen, der jede Angabe prüft; wer es für Behandlungsentscheidungen einsetzt, muss neu "
        "prüfen, ob es dann ein Hochrisiko-System oder ein Medizinprodukt ist. Es ist gebaut, als gälten die folgenden "
        "Pflichten. Dies ist keine Rechtsberatung."
    ),
    duty_heads=("Verlangt", "Beantwortet"),
    duties=(
        (
            "Aufzeichnung (Artikel 12, 19)",
            "Was das Modell sagte und jede Entscheidung darüber, mit Zeit und Namen, wird einer Datenbank angefügt und nie "
            "geändert. Das Dokument nennt sein Modell; die Prüfsummen unten weisen es aus.",
        ),
        (
            "Transparenz und Information (Artikel 13, 50)",
            "Jede Angabe zeigt ihre Stelle im Bericht; solche ohne Stelle sind gekennzeichnet. Die Sicherheit wird gezeigt, "
            "niedrige fällt auf. Dieser Reiter und die Modellkarte sagen, wofür es da ist, wie gut es ist und woran es "
            "scheitert.",
        ),
        (
            "Menschliche Aufsicht (Artikel 14)",
            "Nichts gilt, bevor ein Mensch es angenommen, abgelehnt oder geändert hat; Entscheidungen lassen sich "
            "zurücknehmen, ein Lauf abbrechen. Ausgaben kennzeichnen, was niemand geprüft hat. Codes sind Vorschläge, bis "
            "ein Mensch sie wählt.",
        ),
        (
            "Genauigkeit, Robustheit, Sicherheit (Artikel 15)",
            "Angaben können nur Worte des Berichts sein; Dokumente werden validiert. Das Modell läuft auf diesem Rechner, "
            "ruft keinen Dienst, und was an ihm gemessen wurde, steht in der Modellkarte. „Vergleich“ zeigt, wo sich zwei Verfahren "
            "unterscheiden.",
        ),
        (
            "Pflichten der Betreibenden (Artikel 4, 26)",
            "Sachkundige Menschen, die die Grenzen kennen, Aufzeichnungen für mindestens sechs Monate, Patientendaten nach "
            "der DSGVO: Das müssen Sie regeln. Wer eine Prüfung löscht, löscht ihre Aufzeichnungen.",
        ),
    ),
    versions="Versionen und Prüfsummen",
    software="Software",
    model="Modell",
    model_digest="SHA-256 der Modelldateien",
    schema="Schema",
    schema_digest="SHA-256 des Schemas",
    loading="wird geladen …",
    card="Modellkarte",
    no_card="Modellkarte: dieses Modell brachte keine mit",
)
