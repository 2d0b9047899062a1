"""Reports written and marked up for many schemas: ``NAME.json`` is a schema; ``NAME.en.txt`` and
``NAME.de.txt`` beside it hold short reports in the notation of :mod:`corpora.markup`, a line
``---`` between two; ``NAME.long.en.txt`` and ``NAME.long.de.txt``, where they are, long ones. A
label is the schema's own key, and every item and attribute is marked. Schemas ``dev-*`` are kept
from training whole. ``descriptions/LANGUAGE.json`` has the categories' descriptions in another
language."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from corpora.markup import Notation, items_of, read_markup
from elmtex.schema import CategorySchema, label_from_title, load_schema, same_labels
from elmtex.schema.checks import Labelled
from elmtex.types import InputError, Record

LANGUAGES = ("en", "de")
HELD_OUT = "dev-"
LONG = "long-"  # how the names of long reports begin, for a weight of their own in a mixture


def load(folder: Path) -> Iterator[Record]:
    """The records of all schemas in a folder, each of which names its schema.

    Raises:
        InputError: no schema is there, a schema has no reports, or a file is not well-formed; names
            the file.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise InputError(f"no schemas (NAME.json) in {folder}")
    for file in files:
        schema = load_schema(file)
        for lang in LANGUAGES:
            yield from _records(file.with_suffix(f".{lang}.txt"), schema, lang, schema.name)
            if (long := file.with_suffix(f".long.{lang}.txt")).exists():
                yield from _records(long, schema, lang, f"{LONG}{schema.name}")


def halves(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Of the reports of each schema and language every other one: those that may be learnt from, and those that measure."""
    seen: Counter[tuple[str | None, str]] = Counter()
    both: tuple[list[Record], list[Record]] = ([], [])
    for record in records:
        both[seen[record.schema, record.lang] % 2].append(record)
        seen[record.schema, record.lang] += 1
    return both


def translated(schema: CategorySchema, lang: str, said: Mapping[str, str]) -> CategorySchema:
    """The schema as if it had been written in a language: its titles there are the labels. Itself if two of them are the same.

    Args:
        lang: ISO 639-1 code.
        said: descriptions in that language by category, see :func:`descriptions`; the others have none.
    """

    def named(part: Labelled) -> Labelled:
        title = part.title_in(lang)
        return replace(part, label=label_from_title(title) or part.key, title=title)

    categories = tuple(
        replace(
            named(c),
            description=said.get(c.key, ""),
            attributes=tuple(map(named, c.attributes)),
        )
        for c in schema.categories
    )
    clash = any(same_labels(categories)) or any(any(same_labels(c.attributes)) for c in categories)
    return schema if clash else replace(schema, categories=categories)


@cache
def descriptions(folder: Path, lang: str) -> Mapping[str, Mapping[str, str]]:
    """What a folder's schemas say of their categories in another language than English, by schema and category."""
    file = folder / "descriptions" / f"{lang}.json"
    known: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return known


def _records(file: Path, schema: CategorySchema, lang: str, name: str) -> Iterator[Record]:
    notation = Notation.of(schema)
    try:
        parts = file.read_text(encoding="utf-8").split("\n---\n")
        reports = [read_markup(part.strip(), notation) for part in parts]
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: {error}") from None
    for number, (text, marks) in enumerate(reports, 1):
        yield Record(
            id=f"{lang}/{name}-{number}",
            source="schemas",
            lang=lang,
            text=text,
            labelled=schema.keys,
            items=items_of(text, marks, schema.keys),
            split="dev" if schema.name.startswith(HELD_OUT) else "train",
            attributes=notation.order,
            schema=schema.name,
        )
