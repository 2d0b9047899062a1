"""What the model reads of a report: the same words in one dress, however they were laid out.

Letters come wrapped at 60 columns, indented, in capitals, from tables with runs of blanks. The model should find the same
items in all of them, so it reads them in one form; every character keeps the place that it has in the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from elmtex.text.normalisation import normalise

_BLANKS = re.compile(r"(?:^|(?<=\n)) +| +(?=\n|$)|(?<= ) +|(?<=\n\n)\n+")
_HYPHEN = re.compile(r"(?<=[^\W\d_])-\n *(?!(?:und|oder|bzw|sowie|bis|and|or|to)\b)(?=[a-zäöüß])")
_STOPS = ".!?:;"
_WRAPPED_LINE = 50  # characters: a shorter line may be a heading or a list entry, if no other line tells how wide lines are
_WIDEST = 130  # columns; longer lines are paragraphs, not wrapped ones
_ENTRY = re.compile(
    r"(?:[-*•–+>|#]|\(?\d{1,3}[.)]|\(?[a-z][.)])(?:\s|$)|\(x?\s?\)\s|[^\W\d_][\w /-]{0,40}:"
)
_SHOUTED_WORDS = 4  # a line in capitals with fewer words may be a heading
_SHOUTED_HEADING = re.compile(r"[^:.\n]{1,45}:(?=\s)")
_VOWEL = re.compile(r"[AEIOUYÄÖÜ]")
_WORD = re.compile(r"[^\W\d_]+")
_AFTER_STOP = re.compile(r"(?:^\s*|[.!?:]\s+|\n\s*(?:[-*•]\s*|\d+[.)]\s*)?)([^\W\d_])")


@dataclass(frozen=True, slots=True)
class Reading:
    """A report as the model reads it.

    Args:
        text: the words.
        places: for each character of ``text`` its place in the report, ascending.

    Examples:
        >>> read = reading("Denies  chest\\n pain")
        >>> read.text, read.places[8]
        ('Denies chest\\npain', 9)
    """

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the report of ``text[start:end]``, half-open."""
        if start == end:
            place = self.places[start] if start < len(self.places) else self._end
            return place, place
        return self.places[start], self.places[end - 1] + 1

    @property
    def _end(self) -> int:
        return self.places[-1] + 1 if self.places else 0


def reading(report: str) -> Reading:
    """The report in the form that the model reads.

    Runs of blanks are one blank, indents are gone, a line that was merely wrapped goes on in the next one, a word hyphenated at a
    line's end is whole, and sentences in capitals are in small letters.
    """
    text = _in_small_letters(normalise(report))
    characters = list(text)
    for place in _wrapped(text):
        characters[place] = " "
    dropped = bytearray(len(text))
    for match in _HYPHEN.finditer(text):
        dropped[match.start() : match.end()] = b"\1" * len(match[0])
    for match in _BLANKS.finditer("".join(characters)):
        dropped[match.start() : match.end()] = b"\1" * len(match[0])
    places = tuple(i for i, drop in enumerate(dropped) if not drop)
    return Reading("".join(characters[i] for i in places), places)


def _wrapped(text: str) -> Iterator[int]:
    """The line breaks that stand where a line was full."""
    raw = text.split("\n")
    lines = [" ".join(line.split()) for line in raw]
    width = _width(lines)
    place = -1
    for length, (line, ahead) in zip(map(len, raw), pairwise([*lines, ""]), strict=True):
        place += length + 1
        if not line or not ahead or _ENTRY.match(ahead):
            continue
        full = width > 0 and _full(line, ahead, width)
        if line[-1] in _STOPS:  # but that of an abbreviation
            wrapped = line[-1] == "." and ahead[0].islower() and full
        else:
            goes_on = ahead[0].islower() or line[-1] == ","
            wrapped = full or (len(line) >= _WRAPPED_LINE and goes_on)
        if wrapped:
            yield place


def _full(line: str, ahead: str, width: int) -> bool:
    """Whether the next line's first word had no room in this one."""
    return len(line) + 1 + len(ahead.split(None, 1)[0]) > width


def _width(lines: list[str]) -> int:
    """The columns that the lines were wrapped at; 0 where they were not.

    Wrapped lines tell their width: most of those inside a paragraph are so full that the next word has no room.
    """
    widest = max(map(len, lines), default=0)
    if not 30 <= widest <= _WIDEST:
        return 0
    pairs = [
        (line, ahead)
        for line, ahead in pairwise(lines)
        if line and ahead and line[-1] not in _STOPS and not _ENTRY.match(ahead)
    ]
    full = sum(_full(line, ahead, widest) for line, ahead in pairs)
    return widest if full >= 2 and full >= 0.7 * len(pairs) else 0


def _in_small_letters(text: str) -> str:
    """The text with its sentences in capitals in small ones, of the same length; headings stay."""
    words = [word for word in _WORD.findall(text) if _is_spoken(word)]
    capitals = sum(map(str.isupper, words))
    if not capitals:
        return text
    throughout = capitals > 0.7 * len(words)  # not a sentence or a heading here and there
    return "\n".join(
        _small_line(line) if _is_shouted(line, throughout) else line for line in text.split("\n")
    )


def _is_spoken(word: str) -> bool:
    """Whether this is hardly an abbreviation."""
    return len(word) > 4 and bool(_VOWEL.search(word.upper()))


def _is_shouted(line: str, throughout: bool) -> bool:
    """Whether a line is in capitals and no heading; in a report that is not so throughout, a sentence."""
    heading = _SHOUTED_HEADING.match(line)
    rest = line[heading.end() :] if heading and heading[0].isupper() else line
    if not rest.isupper() or rest.rstrip()[-1] == ":":
        return False
    words = [word for word in _WORD.findall(rest) if len(word) > 1]
    spoken = sum(map(_is_spoken, words))
    stops = bool(re.search(r"[\d,.!?]", rest))
    if throughout:
        return spoken > 0 and len(words) >= (2 if heading or stops else _SHOUTED_WORDS)
    long = stops or heading is not None or len(rest) >= 60
    return spoken > 1 and long and len(words) >= (2 if heading else _SHOUTED_WORDS)


def _small_line(line: str) -> str:
    heading = _SHOUTED_HEADING.match(line)
    kept = heading.end() if heading else 0
    small = _WORD.sub(_small_word, line[kept:])
    return line[:kept] + _AFTER_STOP.sub(lambda m: m[0][:-1] + _upper(m[1]), small)


def _small_word(word: re.Match[str]) -> str:
    """In small letters, but for abbreviations that no vowel makes a word: HTN, though not 12 MG."""
    is_unit = word.string[max(0, word.start() - 2) : word.start()].strip().isdigit()
    if len(word[0]) > 1 and not _VOWEL.search(word[0]) and not is_unit:
        return word[0]
    return "".join(lower if len(lower := c.lower()) == 1 else c for c in word[0])


def _upper(letter: str) -> str:
    return upper if len(upper := letter.upper()) == 1 else letter
