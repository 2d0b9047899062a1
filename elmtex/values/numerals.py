"""Numbers as clinical texts write them; one that may mean two things is none.

``1,000`` is a thousand in English and one in German, ``1.000`` the other way round. Which of the
two a report means, :func:`decimal_separator` reads from the report itself.
"""

from __future__ import annotations

import re

from elmtex.values.data import Number

# After :func:`plain`. A space separates thousands only before "000": "2 500 mg" may be two of 500.
NUMBER = r"(?:(?:[0-9]{1,3}(?: 000)+(?![0-9])|[0-9]+(?:[.,'][0-9]+)*|\.[0-9]+)(?: ?[½¼¾⅛])?|[½¼¾⅛])"
MAX_DIGITS = 15  # a float holds every number of so many

_SPACES = dict.fromkeys((9, 10, 13, 160, 0x2007), " ") | dict.fromkeys((0x200B, 0x2060), "")
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅛": 0.125}  # the thirds have no end
_NARROW = re.compile(r"(?<=[0-9])[\u2009\u202f](?=[0-9]{3}(?![0-9]))")
_MIXED = re.compile(r"(?:(?P<whole>[1-9][0-9]{0,2}) ?)?(?P<fraction>[½¼¾⅛])")
_SPACED = re.compile(r"[1-9][0-9]{0,2}(?: 000)+")
_SWISS = re.compile(r"[1-9][0-9]{0,2}(?:'[0-9]{3})+(?:[.,][0-9]+)?")
# Both separators, or one of them twice: these are thousands in any language.
_THOUSANDS = re.compile(
    r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+\.[0-9]+|(?:\.[0-9]{3})+,[0-9]+|(?:,[0-9]{3}){2,}|(?:\.[0-9]{3}){2,})"
)
_SINGLE = re.compile(r"(?P<whole>0|[1-9][0-9]*)?(?:(?P<separator>[.,])(?P<part>[0-9]+))?")

_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve",
    "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
)
WORDS = {word: n for words in _WORDS for n, word in enumerate(words.split(), 1)} | {
    **dict.fromkeys("a an eine einen einem einer eines".split(), 1),
    **{
        "fourteen": 14,
        "vierzehn": 14,
        "twenty": 20,
        "zwanzig": 20,
        "thirty": 30,
        "dreißig": 30,
        "dreissig": 30,
    },
}
WORD = "|".join(sorted(WORDS, key=len, reverse=True))


def plain(text: str) -> str:
    """A text with ordinary spaces and apostrophes, ready for the patterns here.

    Compatible forms are not folded (NFKC): 10³ would become 103.
    """
    text = _NARROW.sub("'", text.replace("’", "'")).translate(_SPACES)
    return " ".join(text.split())


def number(written: str, decimal: str | None = None) -> Number | None:
    """The number written; None where it may be another one.

    Args:
        written: matched by ``NUMBER``.
        decimal: the report's decimal separator, "." or ","; None when it is not known.

    Examples:
        >>> number("7,2"), number("1,000"), number("1,000", "."), number("1.000", ",")
        (7.2, None, 1000, 1000)
        >>> number("1.234,5"), number("2½"), number("03")
        (1234.5, 2.5, None)
    """
    if sum(character.isdigit() for character in written) > MAX_DIGITS:
        return None
    if mixed := _MIXED.fullmatch(written):
        return int(mixed["whole"] or 0) + _FRACTIONS[mixed["fraction"]]
    if _SPACED.fullmatch(written):
        return int(written.replace(" ", ""))
    if _SWISS.fullmatch(written):
        return _exact(written.replace("'", "").replace(",", "."))
    if _THOUSANDS.fullmatch(written):
        last = max(written.rfind("."), written.rfind(","))
        if written.count(written[last]) > 1:
            return int(written.replace(written[last], ""))
        whole = written[:last].replace(".", "").replace(",", "")
        return _exact(f"{whole}.{written[last + 1 :]}")
    single = _SINGLE.fullmatch(written)
    if single is None or not written:
        return None
    whole, separator, part = single["whole"], single["separator"], single["part"]
    if separator is None:
        return int(whole)
    if whole is None:  # ".5"
        return _exact(f"0{written}") if separator == "." else None
    if len(part) == 3 and whole != "0":
        if decimal is None or len(whole) > 3:
            return None
        if separator != decimal:
            return int(whole + part)
    return _exact(f"{whole}.{part}")


def _exact(written: str) -> Number:
    return float(written) if "." in written else int(written)


# "7,2" and "7.2", but no date ("12.03."), no thousands and no list.
_COMMA = re.compile(r"(?<![\w.,/])[0-9]+,[0-9]{1,2}(?![0-9]|[.,/][0-9])")
_POINT = re.compile(r"(?<![\w.,/])[0-9]+\.[0-9]{1,2}(?![0-9.]|[,/][0-9])(?! ?Uhr)")
_ENGLISH = re.compile(r"\b(?:the|of|and|with|was|were|for|had|is|to)\b", re.IGNORECASE)
_GERMAN = re.compile(r"\b(?:der|die|das|und|mit|wurde|bei|von|nach|ist|im)\b", re.IGNORECASE)
_CLEAR = 8  # times as many of one kind


def decimal_separator(report: str) -> str | None:
    """A report's decimal separator, "." or ","; None when it cannot be told.

    The report's other numbers say it, and its small words, which must not say otherwise.

    Examples:
        >>> decimal_separator("Hb 9,8 g/dl, Thrombozyten 150.000/µl")
        ','
        >>> decimal_separator("The dose was 1,000 mg, with a saturation of 97%.")
        '.'
        >>> decimal_separator("1,000 mg") is None
        True
    """
    numbers = _majority(len(_POINT.findall(report)), len(_COMMA.findall(report)))
    words = _majority(len(_ENGLISH.findall(report)), len(_GERMAN.findall(report)))
    said = {numbers, words} - {"none"}
    return said.pop() if len(said) == 1 and said != {None} else None


def _majority(points: int, commas: int) -> str | None:
    """ "." or ","; None when both are there, "none" when neither is."""
    if not points and not commas:
        return "none"
    if points >= _CLEAR * commas:
        return "."
    return "," if commas >= _CLEAR * points else None
