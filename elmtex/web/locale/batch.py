"""What the page says about many reports at once and about reading files, in English and German."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchWords:
    """Texts in one language. Texts with ``{braces}`` are filled by ``str.format``.

    ``notes`` says what :data:`elmtex.readers.text_files.Note` stands for; English has the reader's own sentence for the others.
    """

    one_tab: str
    many_tab: str
    files: str
    many_files: str
    was_read: str
    recognised: str
    not_read: str
    still_there: str
    were_read: str
    not_readable: str
    copies: str
    notes: Mapping[str, str]
    start: str
    stop: str
    progress: str
    empty: str
    report: str
    characters: str
    status: str
    items: str
    judged: str
    waiting: str
    unreadable: str
    open: str
    open_all: str
    delete_all: str
    every_status: str
    every_category: str
    low_only: str
    download_all: str
    filters: str

    def noted(self, name: str, note: str, otherwise: str = "") -> str:
        """What there is to say of the reading of a file; ``otherwise`` when this language has no words for it."""
        said = [self.notes[word].format(name=name) for word in note.split() if word in self.notes]
        return " ".join(said) or otherwise


ENGLISH = BatchWords(
    one_tab="One report",
    many_tab="Many reports",
    files="Or drop files: text, PDF, Word, RTF, Excel, CSV, JSON, zip",
    many_files="Files: text, PDF, Word, RTF, Excel, CSV, JSON, zip",
    was_read="{name}: {length} characters were read. Look them over, then press Extract.",
    recognised="It is a scan, read by text recognition (OCR): compare it with the paper first.",
    not_read="Nothing could be read: {why}.",
    still_there="The box still holds the text from before.",
    were_read="Read from the files: {reports}. See “Many reports”.",
    not_readable="Not readable: {count}.",
    copies="Left out, for the same name with the same text waits already: {count}.",
    notes={
        "recoded": "It was not UTF-8 and was read as Windows-1252: check the umlauts.",
        "pages": "Some of its pages are pictures and were not read: compare it with the paper.",
        "running": "Lines that its pages repeat at the top or bottom were left out: compare it with the paper.",
        "left_out": "It holds a chart, a drawing or another file inside, which was not read: compare it with the paper.",
        "scan": "{name} is a scan without text, and text recognition (OCR) is not set up here",
    },
    start="Extract all",
    stop="Stop",
    progress="{done} of {total} extracted",
    empty="No reports yet. Drop several files, a table or a zip file above.",
    report="Report",
    characters="characters",
    status="Status",
    items="Items",
    judged="Judged",
    waiting="waiting",
    unreadable="not readable",
    open="Review",
    open_all="Export all",
    delete_all="Delete all",
    every_status="Every status",
    every_category="Every category",
    low_only="Low confidence only",
    download_all="Download all",
    filters="Filters",
)

GERMAN = BatchWords(
    one_tab="Ein Bericht",
    many_tab="Viele Berichte",
    files="Oder Dateien ablegen: Text, PDF, Word, RTF, Excel, CSV, JSON, ZIP",
    many_files="Dateien: Text, PDF, Word, RTF, Excel, CSV, JSON, ZIP",
    was_read="{name}: {length} Zeichen gelesen. Bitte ansehen, dann „Auswerten“ drücken.",
    recognised="Ein Scan, durch Texterkennung (OCR) gelesen: bitte zuerst mit dem Papier vergleichen.",
    not_read="Nichts konnte gelesen werden: {why}.",
    still_there="Im Feld steht noch der Text von vorher.",
    were_read="Aus den Dateien gelesen: {reports}. Siehe „Viele Berichte“.",
    not_readable="Nicht lesbar: {count}.",
    copies="Ausgelassen, weil derselbe Name mit demselben Text schon wartet: {count}.",
    notes={
        "recoded": "Die Datei war nicht UTF-8 und wurde als Windows-1252 gelesen: bitte die Umlaute prüfen.",
        "pages": "Einige Seiten sind Bilder und wurden nicht gelesen: bitte mit dem Papier vergleichen.",
        "running": "Zeilen, die sich am Anfang oder Ende der Seiten wiederholen, wurden ausgelassen: bitte mit dem Papier "
        "vergleichen.",
        "left_out": "Ein Diagramm, eine Zeichnung oder eine eingebettete Datei darin wurde nicht gelesen: bitte mit dem "
        "Papier vergleichen.",
        "kind": "{name} ist von einer Art, die hier nicht gelesen wird: möglich sind Text, PDF, Word (.docx), RTF, "
        "Excel (.xlsx), CSV, JSON und ZIP",
        "renamed": "{name} ist nicht von der Art, die der Name sagt: bitte mit der richtigen Endung (.pdf, .docx, .xlsx, "
        ".rtf, .zip) ablegen",
        "large": "{name} ist zu groß: bitte in kleineren Teilen ablegen",
        "costly": "{name} wurde aufgegeben, weil das Lesen zu viel Zeit oder Speicher kostete: beschädigt oder zu groß; "
        "bitte neu speichern, als reinen Text oder in kleineren Teilen",
        "encoding": "{name} ist kein lesbarer Text: bitte als UTF-8 speichern",
        "damaged": "{name} kann nicht gelesen werden: beschädigt oder nicht das, was der Name sagt",
        "password": "{name} ist durch ein Passwort geschützt: bitte ohne speichern",
        "blank": "{name} enthält keinen Text",
        "scan": "{name} ist ein Scan ohne Text, und Texterkennung (OCR) ist hier nicht eingerichtet",
        "unrecognised": "{name} ist ein Scan, in dem kein Text erkannt wurde",
        "table": "{name} hat keine Spalte „text“, „report“, „befund“ oder „bericht“: bitte die Spalte mit den Berichten so "
        "nennen",
        "row": "{name}: In dieser Zeile der Tabelle steht kein lesbarer Bericht",
        "record": "Der Eintrag in der Datenbank ist beschädigt; er bleibt dort, wie er ist, bis er gelöscht wird",
        "many": "{name}: zu viel auf einmal, bitte den Rest in einem zweiten Schritt ablegen",
    },
    start="Alle auswerten",
    stop="Abbrechen",
    progress="{done} von {total} ausgewertet",
    empty="Noch keine Berichte. Oben mehrere Dateien, eine Tabelle oder eine ZIP-Datei ablegen.",
    report="Bericht",
    characters="Zeichen",
    status="Status",
    items="Angaben",
    judged="Geprüft",
    waiting="wartet",
    unreadable="nicht lesbar",
    open="Prüfen",
    open_all="Alle exportieren",
    delete_all="Alle löschen",
    every_status="Jeder Status",
    every_category="Jede Kategorie",
    low_only="Nur niedrige Sicherheit",
    download_all="Alle herunterladen",
    filters="Filter",
)
