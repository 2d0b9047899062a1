"""The variations that the same text comes in: wrapped, in capitals, behind a heading.

A variation says where each of its characters stands in the text, so that what is found in the variation can be looked up there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from elmtex.text.normalisation import capitals

_TAB_EVERY = 5  # blanks of a line; a tab after fewer words parts a table's label from its text
_SHORTEST_HYPHENATED = 8  # letters
_VOWELS = "aeiouyäöü"

_HEADING = {"en": "Findings", "de": "Befund"}
# Sentences that hold no item
_NEUTRAL = {
    "en": "The letter was dictated on Monday. It was typed the same day. ",
    "de": "Der Brief wurde am Montag diktiert. Er wurde am selben Tag geschrieben. ",
}


@dataclass(frozen=True, slots=True)
class Text:
    """A text to vary.

    Args:
        id: its name.
        lang: ``en`` or ``de``; headings and sentences that are added are in it.
        text: one or more lines with single blanks; the last one ends with a full stop.
    """

    id: str
    lang: str
    text: str


@dataclass(frozen=True, slots=True)
class Variation:
    """A text in a variation.

    Args:
        text: the varied text.
        places: for each of its characters the one in the text that it stands for; None for what was
            added. Ascending, but for the None.
    """

    text: str
    places: tuple[int | None, ...]

    def __post_init__(self) -> None:
        assert len(self.text) == len(self.places)

    @classmethod
    def of(cls, pieces: Iterator[tuple[str, int | None]]) -> Variation:
        """The variation of pieces with their places; each character of a piece stands for the same one."""
        text, places = [], []
        for piece, place in pieces:
            text.append(piece)
            places += [place] * len(piece)
        return cls("".join(text), tuple(places))


def bare_text(base: Text) -> Variation:
    return _replaced(base.text)


def without_final_stop(base: Text) -> Variation:
    return _replaced(base.text.removesuffix("."))


def after_heading_line(base: Text) -> Variation:
    return _behind(f"{_HEADING[base.lang]}:\n", base)


def after_heading(base: Text) -> Variation:
    return _behind(f"{_HEADING[base.lang]}: ", base)


def after_bullet(base: Text) -> Variation:
    return _behind("- ", base)


def crlf(base: Text) -> Variation:
    """Every line, the last one too, ends as in Windows."""
    lines = Variation.of(("\r\n" if c == "\n" else c, place) for place, c in enumerate(base.text))
    return Variation(lines.text + "\r\n", (*lines.places, None, None))


def wrapped_at_60(base: Text) -> Variation:
    return _wrapped(base, 60)


def wrapped_at_40(base: Text) -> Variation:
    return _wrapped(base, 40)


def doubled_blanks(base: Text) -> Variation:
    return _replaced(base.text, {" ": "  "})


def tabs(base: Text) -> Variation:
    """Each line is indented by a tab, and some of its blanks are tabs."""

    def pieces() -> Iterator[tuple[str, int | None]]:
        yield "\t", None
        blanks = 0
        for place, c in enumerate(base.text):
            blanks += c == " "
            yield "\t" if c == " " and blanks % _TAB_EVERY == 0 else c, place
            if c == "\n":
                yield "\t", None
                blanks = 0

    return Variation.of(pieces())


def in_capitals(base: Text) -> Variation:
    """In capitals; a letter whose capital is longer (ß) stays."""
    return _replaced(capitals(base.text))


def hard_blanks(base: Text) -> Variation:
    return _replaced(base.text, {" ": "\N{NO-BREAK SPACE}"})


def after_two_sentences(base: Text) -> Variation:
    return _behind(_NEUTRAL[base.lang], base)


def hyphenated(base: Text) -> Variation:
    """The longest word of small letters is broken at a line's end."""
    words = [word.strip(".,") for word in base.text.split()]
    long = [w for w in words if w.isalpha() and w[1:].islower() and len(w) >= _SHORTEST_HYPHENATED]
    if not long:
        return bare_text(base)
    word = max(long, key=len)
    at = base.text.index(word) + _syllable(word)

    def pieces() -> Iterator[tuple[str, int | None]]:
        for place, c in enumerate(base.text):
            if place == at:
                yield "-\n", None
            yield c, place

    return Variation.of(pieces())


VARIATIONS: Mapping[str, Callable[[Text], Variation]] = {
    "without its final full stop": without_final_stop,
    "after a heading's line": after_heading_line,
    "after a heading": after_heading,
    "after a bullet": after_bullet,
    "lines end with CRLF": crlf,
    "wrapped at 60 columns": wrapped_at_60,
    "wrapped at 40 columns": wrapped_at_40,
    "blanks doubled": doubled_blanks,
    "tabs": tabs,
    "in capitals": in_capitals,
    "non-breaking spaces": hard_blanks,
    "after two sentences": after_two_sentences,
    "a word hyphenated": hyphenated,
}


def _replaced(text: str, instead: Mapping[str, str] | None = None) -> Variation:
    """A text whose characters stand at the same places as the base's, some of them as others."""
    return Variation.of(((instead or {}).get(c, c), place) for place, c in enumerate(text))


def _behind(before: str, base: Text) -> Variation:
    return Variation(before + base.text, (*[None] * len(before), *range(len(base.text))))


def _wrapped(base: Text, width: int) -> Variation:
    """Each line of the text in lines of at most ``width`` columns, as far as words allow."""
    characters = list(base.text)
    start = 0  # of the line
    blank: int | None = None  # the last one in it
    for place, c in enumerate([*characters, "\n"]):
        if c not in " \n":
            continue
        if place - start > width and blank is not None:
            characters[blank] = "\n"
            start = blank + 1
        blank = place
        if c == "\n":
            start, blank = place + 1, None
    return _replaced("".join(characters))


def _syllable(word: str) -> int:
    """Where to break a word: near its middle, before a consonant with a vowel behind it."""
    middle = len(word) // 2
    breaks = [
        i for i in range(3, len(word) - 2) if word[i] not in _VOWELS and word[i + 1] in _VOWELS
    ]
    return min(breaks, key=lambda i: abs(i - middle), default=middle)
