"""The brat standoff format: text-bound annotations, events, relations and attributes of one report.

Source: https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from elmtex.types import InputError


@dataclass(frozen=True, slots=True)
class Entity:
    """A contiguous text-bound annotation: half-open code points of the ``.txt`` file."""

    id: str
    type: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Annotations:
    """What one ``.ann`` file says of the contiguous spans of its text.

    Args:
        entities: by ``T`` id, in file order; discontinuous spans are left out.
        relations: ``(type, from, to)`` in file order, event ids resolved to their trigger's ``T``
            id; an end may name a span that was left out.
        attributes: ``(type, id, value)``, ids resolved in the same way.
        discontinuous: how many spans were left out because they have several parts.
        groups: ``(type, ids)`` of the ``*`` lines, relations without direction; ids resolved in the
            same way.
    """

    entities: Mapping[str, Entity]
    relations: tuple[tuple[str, str, str], ...]
    attributes: tuple[tuple[str, str, str], ...]
    discontinuous: int = 0
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()


_RELATION = re.compile(r"^(\S+) Arg1:(\S+) Arg2:(\S+)\s*$")


def read_text(path: Path) -> str:
    """The report as it is in the file: UTF-8, line ends untouched, since offsets count them."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read {path}: {error.__class__.__name__}; expected UTF-8 text"
        ) from None


def documents(folder: Path, files: str) -> Iterator[tuple[str, str, Annotations]]:
    """Name, text and annotations of every document of a folder, by name.

    Args:
        files: what the folder holds, for who passed another one: "MACCROBAT's PMID.txt and PMID.ann".

    Raises:
        InputError: no document is there, or a file cannot be read.
    """
    found = sorted(folder.glob("*.ann"))
    if not found:
        raise InputError(f"no .ann file in {folder}: pass the folder with {files}")
    for file in found:
        text = read_text(file.with_suffix(".txt"))
        yield file.stem, text, parse(read_text(file), len(text), file.name)


def parse(annotations: str, length: int, name: str) -> Annotations:
    """Reads the lines of an ``.ann`` file.

    Args:
        annotations: the file's content.
        length: code points of the text that it annotates.
        name: the file, for error messages.

    Raises:
        InputError: a line is malformed, or a ``T`` line points outside the text.
    """
    entities: dict[str, Entity] = {}
    triggers: dict[str, str] = {}
    relations: list[tuple[str, str, str]] = []
    attributes: list[tuple[str, str, str]] = []
    discontinuous = 0
    groups: list[tuple[str, list[str]]] = []
    for number, line in enumerate(annotations.split("\n"), 1):
        fields = line.rstrip("\r").split("\t")
        kind = fields[0][:1]
        try:
            if kind == "T" and ";" in fields[1]:
                discontinuous += 1
            elif kind == "T":
                entities[fields[0]] = _entity(fields, length, f"{name}:{number}")
            elif kind == "E":
                triggers[fields[0]] = fields[1].split()[0].rsplit(":", 1)[1]
            elif kind == "R" and (match := _RELATION.match(fields[1])):
                relations.append((match[1], match[2], match[3]))
            elif kind == "A":
                what, whose, *value = fields[1].split()
                attributes.append((what, whose, value[0] if value else ""))
            elif kind == "*":
                what, *members = fields[1].split()
                groups.append((what, members))
        except (IndexError, ValueError):
            raise InputError(
                f"{name}:{number}: not a line of brat's: {kind} and a tab expected"
            ) from None
    return Annotations(
        entities,
        tuple((kind, triggers.get(a, a), triggers.get(b, b)) for kind, a, b in relations),
        tuple((kind, triggers.get(a, a), value) for kind, a, value in attributes),
        discontinuous,
        tuple((kind, tuple(triggers.get(a, a) for a in members)) for kind, members in groups),
    )


def _entity(fields: list[str], length: int, where: str) -> Entity:
    kind, *offsets = fields[1].split()
    if len(offsets) != 2 or not all(o.isdigit() for o in offsets):
        raise InputError(
            f"{where}: expected 'TYPE START END' in a T line, found {len(offsets)} offsets"
        )
    start, end = int(offsets[0]), int(offsets[1])
    if not 0 <= start < end <= length:
        raise InputError(
            f"{where}: span {start}:{end} lies outside its text of {length} characters"
        )
    return Entity(fields[0], kind, start, end)
