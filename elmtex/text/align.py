"""Align a reply's strings with the report: first verbatim, then ignoring white space, case,
accents written in two characters, and forms of quotes and dashes; never by similarity.

A string that does not occur in the report stays an item without offsets. A match begins and ends at
word boundaries, and a number is never part of a longer one: "5 mg" does not match in "2.5 mg", nor
"120" in "120/80" or "1,120".
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from elmtex.text.normalisation import case_folded
from elmtex.types import ASSERTIONS, Assertion, Item

Span = tuple[int, int]
Folded = tuple[str, list[int]]  # a text, and the original offset of each of its characters

# A model writes the quotes and dashes of a keyboard, or of a typesetter, whatever the report has.
_ALIKE = {
    **dict.fromkeys("‘’‚‛′ʼ`´‹›", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
    "\N{SOFT HYPHEN}": "",
}

_MARK = re.compile(r"\s*\((absent|possible)\)$")
_FRINGE = " \t\r\n,;"
_ACCENT = "\u0300-\u036f"  # a combining one belongs to the letter before it
# What may not come before a string that begins with a digit, or after one that ends with one.
_BEFORE_NUMBER = r"(?<!\d[.,:/–-])(?<![-−+<>≤≥.,])(?<![<>≤≥] )"
_AFTER_NUMBER = r"(?![.,:/–-]\d|%| %)"


def align(report: str, strings: Sequence[str]) -> tuple[Item, ...]:
    """The items of one category: grounded ones in report order, then ungrounded ones in the
    reply's.

    Items do not overlap: longer strings are placed first, each at its first free occurrence. A
    string that occurs only inside a longer one's span is a part of that item and left out, as is a
    string that the reply repeats. A closing "(absent)" or "(possible)" that the report does not
    hold becomes the item's assertion.
    """
    wanted: dict[str, tuple[str, Assertion]] = {}
    for string in strings:
        words, assertion = _asserted(report, string.strip(_FRINGE))
        wanted.setdefault(case_folded(words), (words, assertion))
    wanted.pop("", None)
    grounded: list[Item] = []
    ungrounded: list[Item] = []
    folded = functools.cache(lambda: _fold(report))  # it takes longer than all the rest
    for words, assertion in sorted(wanted.values(), key=lambda row: -len(row[0])):
        spans = occurrences(report, words, folded)
        free = next((span for span in spans if not any(i.overlaps(*span) for i in grounded)), None)
        if free is not None:
            grounded.append(Item(report[slice(*free)], *free, assertion))
        elif not spans:
            ungrounded.append(Item(words, None, None, assertion))
    grounded.sort(key=lambda item: item.start or 0)
    order = {words: place for place, (words, _) in enumerate(wanted.values())}
    ungrounded.sort(key=lambda item: order[item.text])
    return (*grounded, *ungrounded)


def occurrences(report: str, words: str, folded: Callable[[], Folded] | None = None) -> list[Span]:
    """Where a string occurs in the report, in order: exact occurrences, else case-folded ones; []
    for none.

    Args:
        report: the text.
        words: what to look for.
        folded: makes the report's form of :func:`_fold`, once for many strings; None is for one.
    """
    exact = list(_matches(re.escape(words), words, report))
    if exact:
        return exact
    text, origin = folded() if folded else _fold(report)
    needle = _fold(words)[0]
    return [
        (origin[start], origin[end - 1] + 1)
        for start, end in _matches(re.escape(needle), needle, text)
        # "ß" folds to "ss": a match that begins or ends inside one character is none.
        if (start == 0 or origin[start] != origin[start - 1])
        and (end == len(text) or origin[end] != origin[end - 1])
    ]


def _matches(pattern: str, words: str, text: str) -> Iterator[Span]:
    if not words:
        return
    before = rf"(?<!\w){_BEFORE_NUMBER}" if words[0].isdigit() else r"(?<!\w)"
    after = rf"(?![\w{_ACCENT}]){_AFTER_NUMBER}" if words[-1].isdigit() else rf"(?![\w{_ACCENT}])"
    # A symbol at the string's own edge ("+", "%") needs no word boundary.
    before = before if words[0].isalnum() else ""
    after = after if words[-1].isalnum() else ""
    for match in re.finditer(before + pattern + after, text):
        yield match.span()


def _asserted(report: str, string: str) -> tuple[str, Assertion]:
    mark = _MARK.search(string)
    if mark is None or string in report:
        return string, "present"
    (assertion,) = (a for a in ASSERTIONS if a == mark[1])
    return string[: mark.start()], assertion


def _fold(text: str) -> Folded:
    """The text as :func:`occurrences` compares it: case-normal, white space normalised, trimmed."""
    normal: list[str] = []
    origin: list[int] = []
    for match in re.finditer(r"\S+", text):
        if normal:
            normal.append(" ")
            origin.append(match.start() - 1)
        for place in range(match.start(), match.end()):
            character = text[place]
            if not character.isascii():
                character = _ALIKE.get(character, character)
                # "Ö" in one character or two, as files of a Mac have it.
                character = unicodedata.normalize("NFD", character.casefold())
            for part in character.casefold():
                normal.append(part)
                origin.append(place)
    return "".join(normal), origin
