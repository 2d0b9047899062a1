"""What the tab of one's own categories says, in English and German."""

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
)
