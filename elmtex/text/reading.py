"""What the model reads of a report: the same words in one form, however they were laid out.

Letters come wrapped at 60 columns, indented, in capitals, from tables with runs of blanks. The model should find the same
items in all of them, so it reads them in one form; every character keeps the place that it has in the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from elmtex.text.normalisation import capitals, normalise

_BLANKS = re.compile(r"(?:^|(?<=\n)) +| +(?=\n|$)|(?<= ) +|(?<=\n\n)\n+")
_NO_PART = r"(?!(?:und|oder|bzw|sowie|bis|and|or|to)\b)"  # Herz- und Nierenversagen
_HYPHEN = re.compile(rf"(?<=[^\W\d_A-ZÄÖÜ])-\n *{_NO_PART}(?=[a-zäöüß])")
# Words that keep their hyphen: CT-Angiographie, Magen-Darm-Trakt, 54-year-old, well-controlled
_COMPOUND = re.compile(
    r"(?:(?<=[\dA-ZÄÖÜ]-)|(?<=\w-)(?=\n *[A-ZÄÖÜ])|(?<=\bnon-)|(?<=\b(?:well|self|long|left|year|week)-)|(?<=\bright-)"
    rf"|(?<=\bfollow-))\n *{_NO_PART}(?=\w)(?!(?:ness|ly)\b)"
)
_STOPS = ".!?:;"
_NEAR = 200  # characters of a line that are looked at
_CUT = re.compile(r"[a-zäöüß]-$")
_WRAPPED_LINE = 50  # characters: a shorter line may be a heading or a list entry, if no other line tells how wide lines are
_WRAPPED_ENTRY = 30  # characters, where the next line hangs under the entry's words
_WIDEST = 130  # columns; longer lines are paragraphs, not wrapped ones
_MARK = re.compile(r"(?:[-*•–+>]|#+|\(?\d{1,3}[.)]|\(?[a-z][.)])(?:\s|$)|\(x?\s?\)\s|\||[*_]{2}\w")
_LABEL = re.compile(r"[^\W\d_][\w /-]{0,40}(?::|\?(?= ?\S))")
_UNIT = (
    r"(?:[mµnkc]?g|mcg|[md]?l|[mckµ]?m|mmol|mval|cl|fl|pg|ng|kcal|U|IU|IE|I\.E\.|h|min|mm ?Hg|mmhg|bpm|units|"
    r"Tsd|Mio|°C?|%)(?![^\W\d_])"
)
# "5 mg", "1-0-1", "°C" never begin a sentence or an entry
_MEASURE = re.compile(rf"\d+(?:[.,/]\d+)? ?{_UNIT}|\d(?:-\d){{2,3}}\b|[°%]")
_DOSED = re.compile(rf"[^\W\d_][\w-]*(?: [^\W\d_][\w-]*){{0,3}} \d+(?:[.,]\d+)? ?{_UNIT}")
# What a sentence does not end with. No prefix of a verb: "nimmt zu", "setzt ein"
_OPEN = re.compile(
    r"(?:^| )(?:der|die|das|des|dem|den|eine[rsmn]?|im|am|vom|zum|zur|beim|und|oder|sowie|von|für|wegen|seit|"
    r"the|a|of|and|or|with|without|for|from|by|at|was|were|is|are|has|had|Dr\.|Prof\.|Mrs?\.|Ms\.)$"
)
# Nor with a denial, but for a form's answer: "Fever: no"
_NO = re.compile(
    r"[^\s:?-] (?:(?:no|not|any)|(?:no|any|or|without) \w+(?:al|ic|ar|ous|ary|ory|ble))$"
)
_KEIN = re.compile(r"[^\s:?-] (?:kein|nicht über)$")
# A denied list, whose last part is to come: „Kein Anhalt für Infiltrat,“
_DENIED_LIST = re.compile(
    r"\b(?:kein\w*|ohne|no|without|denies|denied|negative for)\b[^.;:]*,$", re.IGNORECASE
)
_LAST_PART = re.compile(r"[^.;:]* (?:oder|or|bzw\.|nor) ")
# A line of prose, more likely than one of a list
_PROSE = re.compile(
    r"\w[.!?] [A-ZÄÖÜ]|,$|(?:^| )(?:[Ee]in|[Kk]eine?|mit|ohne|nach|bei|durch|über|unter|auf|an|aus|in|zu|zu[mr]|nicht|"
    r"sich|wird|wurden?|ist|war|sind|to|on|into|no|not|be|been|his|her)$"
)
_BEFORE_DATE = re.compile(r"(?:^| )(?:am|vom|zum|dem|den|on)$")
_SALUTATION = re.compile(r"(?:Sehr geehrt|Liebe|Dear |S\. ?g\.)")
_GOES_ON = re.compile(r"(?:und|oder|sowie|and|or)\b")
_SHOUTED_WORDS = 4  # a line in capitals with fewer words may be a heading
_SHOUTED_HEADING = re.compile(r"[^:.\n]{1,45}:(?=\s)")
_VOWEL = re.compile(r"[AEIOUYÄÖÜ]")
_WORD = re.compile(r"[^\W\d_]+")
_MEASURES = frozenset(
    "mg kg g µg μg mcg ng pg ml dl µl μl l cl cm mm m km h s d mmhg mmol mval x tsd bpm".split()
)
# Abbreviations with a vowel that are no words of either language
_SPELT = frozenset(
    "MRI MRA ECG EKG EEG EMG ERCP MRCP TEE TTE ICU UTI URI COPD CAD GERD HIV AIDS CABG PCI STEMI NSTEMI AKI ARDS TIA OSA "
    "SLE MI AF IBS IBD DKA CVA AAA ENT HEENT EOMI PERRLA LAD INR NSAID ACE ASA BID TID QID PO IV EF UA ICD COVID RCA CPAP "
    "BIPAP SOB ASS PAVK OP AZ EZ AP OGD ÖGD AFP CEA PSA ANA ANCA LDH GPT IE NYHA II III VI VII VIII IX XI XII".split()
)
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
    plain = normalise(report)
    text = _in_small_letters(plain)
    characters = list(text)
    for place in _wrapped(text):
        characters[place] = " "
        first = _first_letter(text, place)
        if plain[first : first + 2].isupper() and text[first + 1 : first + 2].islower():
            characters[first] = _lower(text[first])  # was no first word after all
    dropped = bytearray(len(text))
    for match in _HYPHEN.finditer(text):
        dropped[match.start() : match.end()] = b"\1" * len(match[0])
    for match in _COMPOUND.finditer(text):
        dropped[match.start() - 1] = 0
        dropped[match.start() : match.end()] = b"\1" * len(match[0])
    for match in _BLANKS.finditer("".join(characters)):
        dropped[match.start() : match.end()] = b"\1" * len(match[0])
    places = tuple(i for i, drop in enumerate(dropped) if not drop)
    return Reading("".join(characters[i] for i in places), places)


def _wrapped(text: str) -> Iterator[int]:
    """The line breaks that stand where a line was full, or in the midst of a sentence."""
    raw = text.split("\n")
    lines = [" ".join(line.split()) for line in raw]
    width = _width(lines)
    inside = set(_inside_sentences(lines))
    place = -1
    hangs = 0  # the column at which an entry's words begin
    for number, (whole, below, (line, ahead)) in enumerate(
        zip(raw, [*raw[1:], ""], pairwise([*lines, ""]), strict=True)
    ):
        place += len(whole) + 1
        if mark := _MARK.match(line):
            hangs = _indent(whole) + mark.end()
        elif _indent(whole) < hangs or not line:
            hangs = 0
        hanging = 0 < hangs == _indent(below)
        if number in inside or (line and ahead and _is_wrapped(line, ahead, width, hanging)):
            yield place


def _inside_sentences(lines: list[str]) -> Iterator[int]:
    """The numbers of the lines, however short, whose sentence goes on: of lines without a blank one between, the first begins with a
    capital, the others do not, and the last alone has a stop, or a word is cut at a line's end; in a list, what follows begins with none, either."""
    run: list[int] = []
    for number, (line, ahead) in enumerate(pairwise([*lines, ""])):
        if run and line and line[0].islower() and ":" not in line:
            run.append(number)
        else:
            begins = line and line[0].isupper() and " " in line and not _SALUTATION.match(line)
            run = [number] if begins else []
        if run and line[-1] in _STOPS:
            yield from run[:-1] if not ahead[:1].islower() else ()
            run = []
        elif len(run) > 1 and not ahead[:1].islower():
            if any(_CUT.search(lines[n]) for n in run[:-1]):
                yield from run[:-1]
            run = []


def _first_letter(text: str, place: int) -> int:
    """The first character behind a place that is no blank."""
    while place + 1 < len(text) and text[place + 1] == " ":
        place += 1
    return place + 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_wrapped(line: str, ahead: str, width: int, hanging: bool) -> bool:
    """Whether a line goes on in the next one, which may hang under the words of the same entry."""
    if _MARK.match(ahead):
        return ahead[0].isdigit() and bool(_BEFORE_DATE.search(line))
    if _is_open(line, ahead):
        return True
    if _LABEL.match(ahead) or _is_list(line, ahead):
        return False
    full = width > 0 and _full(line, ahead, width)
    if line[-1] in _STOPS:  # but that of an abbreviation
        return line[-1] == "." and ahead[0].islower() and full
    if full:
        return True
    long = len(line) >= _WRAPPED_LINE
    if hanging and len(line) >= _WRAPPED_ENTRY:
        return long or ahead[0].islower()
    goes_on = ahead[0].islower() or line[-1] == "," or bool(_MEASURE.match(ahead))
    return long and goes_on and not _SALUTATION.match(line)


def _is_list(line: str, ahead: str) -> bool:
    """Whether these are two lines of a medication list."""
    return line[-1] != "," and bool(_DOSED.match(line) and _DOSED.match(ahead))


def _is_open(line: str, ahead: str) -> bool:
    """Whether words themselves say that a sentence goes on."""
    if _OPEN.search(line[-12:]):
        return True
    if line[-1] in _STOPS:
        return False
    if _KEIN.search(line[-14:]) or (ahead[0].islower() and _NO.search(line[-30:])):
        return True
    if line[-1] == ",":
        if ahead[0].islower() and not _SALUTATION.match(line):
            return True
        if _DENIED_LIST.search(line[-_NEAR:]) and _LAST_PART.match(ahead[:_NEAR]):
            return True
    return bool(_GOES_ON.match(ahead))


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
        if line and ahead and not _MARK.match(ahead) and not _LABEL.match(ahead)
    ]
    inside = [pair for pair in pairs if pair[0][-1] not in _STOPS]
    full = [pair for pair in pairs if _full(*pair, widest)]
    if len(full) < 2 or len(full) < 0.7 * len(inside):
        return 0
    # The lines of a list may be equally long
    prose = sum(
        bool(
            ahead[0].islower()
            or _MEASURE.match(ahead)
            or _is_open(line, ahead)
            or _PROSE.search(line)
        )
        and not _is_list(line, ahead)
        for line, ahead in full
    )
    return widest if prose >= 0.2 * len(full) else 0


def _in_small_letters(text: str) -> str:
    """The text with its sentences in capitals in small ones, of the same length; headings stay."""
    words = [word for word in _WORD.findall(text) if _is_spoken(word)]
    loud = sum(map(_is_upper, words))
    if not loud:
        return text
    throughout = loud > 0.7 * len(words)  # not a sentence or a heading here and there
    raw = text.split("\n")
    widest = max(map(len, raw))
    lines: list[str] = []
    unfinished = False  # the line before is shouted and has no end
    goes_on = False  # and its sentence goes on in this line
    for line, ahead in pairwise([*raw, ""]):
        end = line.rstrip()[-1:]
        inside = goes_on or (throughout and unfinished and end == ".")
        shouted = _is_shouted(line, throughout) or (inside and _is_upper(line))
        lines.append(_small_line(line, goes_on) if shouted else line)
        unfinished = shouted and end not in _STOPS
        long = len(line) >= _WRAPPED_LINE and not end.isdigit() and widest <= _WIDEST
        full = long and bool(ahead.strip()) and _full(line, ahead, widest)
        goes_on = unfinished and (full or end in ",-" or bool(_OPEN.search(line[-12:].lower())))
    return "\n".join(lines)


def _is_upper(text: str) -> bool:
    """Whether all letters are capitals, but for those that have none of one character."""
    return text.replace("ß", "").isupper()


def _is_spoken(word: str) -> bool:
    """Whether this is hardly an abbreviation."""
    return len(word) > 4 and bool(_VOWEL.search(word.upper()))


def _is_shouted(line: str, throughout: bool) -> bool:
    """Whether a line is in capitals and no heading; in a report that is not so throughout, a sentence."""
    heading = _SHOUTED_HEADING.match(line)
    rest = line[heading.end() :] if heading and _is_upper(heading[0]) else line
    if not _is_upper(rest) or rest.rstrip()[-1] == ":":
        return False
    words = [word for word in _WORD.findall(rest) if len(word) > 1]
    spoken = sum(map(_is_spoken, words))
    stops = bool(re.search(r"[\d,.!?]", rest))
    if throughout:
        return spoken > 0 and len(words) >= (2 if heading or stops else _SHOUTED_WORDS)
    long = stops or heading is not None or len(rest) >= 60
    return spoken > 1 and long and len(words) >= (2 if heading else _SHOUTED_WORDS)


def _small_line(line: str, goes_on: bool) -> str:
    """A shouted line in small letters; ``goes_on``: it begins in the midst of a sentence."""
    heading = _SHOUTED_HEADING.match(line)
    kept = heading.end() if heading else 0
    small = _WORD.sub(_small_word, line[kept:])

    def begun(match: re.Match[str]) -> str:
        if goes_on and not kept and match.start() == 0:
            return match[0]
        return match[0][:-1] + capitals(match[1])

    return line[:kept] + _AFTER_STOP.sub(begun, small)


def _small_word(word: re.Match[str]) -> str:
    """In small letters, but for abbreviations: those known, and what no vowel makes a word, as HTN, but not 12 MG."""
    line, start, end = word.string, word.start(), word.end()
    before, behind = line[max(0, start - 2) : start], line[end : end + 1]
    if len(word[0]) == 1:
        spelt = behind.isdigit() or before[-1:] == "°"  # B12, 38 °C
    else:
        spelt = word[0] in _SPELT or not _VOWEL.search(word[0])
    rate = before[-1:] == "/" or (not before and behind == "/")
    unit = word[0].lower() in _MEASURES and not behind.isdigit()
    if spelt and not (unit and (rate or before.strip().isdigit())):
        return word[0]
    return "".join(map(_lower, word[0]))


def _lower(letter: str) -> str:
    return lower if len(lower := letter.lower()) == 1 else letter
