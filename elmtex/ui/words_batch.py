"""What the page says about many reports at once and about reading files, in English and German."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchWords:
    """Texts in one language. Texts with ``{braces}`` are filled by ``str.format``."""

    one_tab: str
    many_tab: str
    files: str
    many_files: str
    was_read: str
    recognised: str
    not_read: str
    were_read: str
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


ENGLISH = BatchWords(
    one_tab="One report",
    many_tab="Many reports",
    files="Or drop files: text, PDF, Word, RTF, CSV, JSON, zip",
    many_files="Files: text, PDF, Word, RTF, CSV, JSON, zip",
    was_read="{name}: {length} characters were read. Look them over, then press Extract.",
    recognised="It is a scan, read by text recognition (OCR): compare it with the paper first.",
    not_read="Nothing could be read:",
    were_read="{count} reports were read from the files; they wait under “Many reports”.",
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
    files="Oder Dateien ablegen: Text, PDF, Word, RTF, CSV, JSON, ZIP",
    many_files="Dateien: Text, PDF, Word, RTF, CSV, JSON, ZIP",
    was_read="{name}: {length} Zeichen gelesen. Bitte ansehen, dann „Auswerten“ drücken.",
    recognised="Ein Scan, durch Texterkennung (OCR) gelesen: bitte zuerst mit dem Papier vergleichen.",
    not_read="Nichts konnte gelesen werden:",
    were_read="{count} Berichte wurden aus den Dateien gelesen; sie warten unter „Viele Berichte“.",
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
