"""The page's texts as `make messages` finds them in the source, and as a language's .po file has them."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

import elmtex
from elmtex.web.locale.catalogue import FOLDER

ROOT = Path(elmtex.__file__).parents[1]


@cache
def in_the_source() -> Catalog:
    """What is marked in the source, by the settings of `make messages`."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "messages.pot")
        command = ["pybabel", "--quiet", "extract", "--mapping-file", str(ROOT / "pyproject.toml")]
        CommandLineInterface().run([*command, "--output-file", str(found), str(ROOT)])
        with found.open("rb") as file:
            return read_po(file)


def in_the_file(lang: str) -> Catalog:
    with (FOLDER / f"{lang}.po").open("rb") as file:
        return read_po(file, locale=lang)


def known() -> list[str]:
    """The library's own sentences that the page translates: those without a class of texts of their own."""
    return [
        m.id
        for m in in_the_source()
        if isinstance(m.id, str)
        and any(FOLDER not in Path(path).parents for path, _ in m.locations)
    ]
