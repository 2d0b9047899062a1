"""Stretches of a report that look different: headings, printed tables, sentences from which nothing was taken. No HTML here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from elmtex.text.normalisation import sentences
from elmtex.text.reading import reading
from elmtex.text.rows import cells
from elmtex.text.sections import sections

_LINE = re.compile(r"[^\r\n]+")
HEADING, TAKEN = b"h", b"t"  # of a character
SAID = 3  # letters: what has fewer ("2.", "mg") says nothing by itself


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of a report: half-open code points, and what is special about it."""

    start: int
    end: int
    look: Literal["heading", "table", "untaken"]


def regions_of(report: str, taken: Iterable[tuple[int, int]]) -> tuple[Region, ...]:
    """The headings and tables of a report, and its sentences without any of the spans ``taken``."""
    headings = [section.heading for section in sections(report) if section.heading]
    return (
        *(Region(*heading, "heading") for heading in headings),
        *_tables(report),
        *_untaken(report, headings, taken),
    )


def _tables(report: str) -> Iterator[Region]:
    """Two or more lines in a row that have columns: only in a fixed-width font do they stand below each other."""
    start = end = lines = 0
    for line in _LINE.finditer(report):
        if len(cells(report, *line.span())) > 1:
            start = line.start() if not lines else start
            end, lines = line.end(), lines + 1
            continue
        if lines > 1:
            yield Region(start, end, "table")
        lines = 0
    if lines > 1:
        yield Region(start, end, "table")


def _untaken(
    report: str, headings: Iterable[tuple[int, int]], taken: Iterable[tuple[int, int]]
) -> Iterator[Region]:
    """The sentences without an item, as the model read them; a heading says nothing by itself."""
    of = bytearray(len(report))
    for spans, mark in ((headings, HEADING), (taken, TAKEN)):
        for start, end in spans:
            of[start:end] = mark * (end - start)
    read = reading(report)
    for first, last in sentences(read.text):
        start, end = read.places[first], read.places[last - 1] + 1
        if of.find(TAKEN, start, end) >= 0:
            continue
        for piece in re.finditer(rb"[^" + HEADING + rb"]+", bytes(of[start:end])):
            left, right = start + piece.start(), start + piece.end()
            words = report[left:right]
            if sum(map(str.isalpha, words)) >= SAID and not words.rstrip().endswith(":"):
                left += len(words) - len(words.lstrip())
                yield Region(left, right - len(words) + len(words.rstrip()), "untaken")
