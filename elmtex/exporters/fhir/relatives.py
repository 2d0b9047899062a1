"""Relatives that English and German text names, as codes of HL7's v3-RoleCode."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

UNNAMED = ("FAMMEMB", "family member")

# code: (display, English, German). German nouns are capitalised: "kind of cancer" names no child.
_KIN = {
    "MTH": ("mother", "mother|mom|mum", "Mutter"),
    "FTH": ("father", "father|dad", "Vater"),
    "PRN": ("parent", "parent", "Eltern(?:teil)?"),
    "BRO": ("brother", "brother", "Bruder|Brüder"),
    "SIS": ("sister", "sister", "Schwester"),
    "SIB": ("sibling", "sibling", "Geschwister"),
    "HBRO": ("half-brother", "half[- ]?brother", "Halbbruder|Halbbrüder"),
    "HSIS": ("half-sister", "half[- ]?sister", "Halbschwester"),
    "SONC": ("son", "son", "Sohn|Söhne"),
    "DAUC": ("daughter", "daughter", "Tochter|Töchter"),
    "CHILD": ("child", "child(?:ren)?", "Kind(?:er)?"),
    "GRMTH": ("grandmother", "grandmother|grandma", "Gro(?:ß|ss)m(?:u|ü)tter|Oma"),
    "GRFTH": ("grandfather", "grandfather|grandpa", "Gro(?:ß|ss)v(?:a|ä)ter|Opa"),
    "GRPRN": ("grandparent", "grandparent", "Gro(?:ß|ss)eltern"),
    "GGRMTH": ("great grandmother", "great[- ]?grandmother", "Urgro(?:ß|ss)mutter"),
    "GGRFTH": ("great grandfather", "great[- ]?grandfather", "Urgro(?:ß|ss)vater"),
    "AUNT": ("aunt", "aunt", "Tante"),
    "UNCLE": ("uncle", "uncle", "Onkel"),
    "COUSN": ("cousin", "cousin", "Cousine|Kusine|Vetter"),
    "NIECE": ("niece", "niece", "Nichte"),
    "NEPHEW": ("nephew", "nephew", "Neffe"),
    "GRNDSON": ("grandson", "grandson", "Enkel(?:sohn)?"),
    "GRNDDAU": ("granddaughter", "granddaughter", "Enkelin|Enkeltochter"),
    "GRNDCHILD": ("grandchild", "grandchild(?:ren)?", "Enkelkind(?:er)?"),
}
# Those with a side of the family; its letter precedes the code: MAUNT is a maternal aunt.
_SIDED = frozenset(("GRMTH", "GRFTH", "GRPRN", "AUNT", "UNCLE", "COUSN", "GGRMTH", "GGRFTH"))
_SIDES = {"M": "maternal", "P": "paternal"}
# "Mother's sister" is an aunt: of which side, and what the second word makes of it.
_THROUGH = {"MTH": "M", "FTH": "P"}
_THEIR = {"MTH": "GRMTH", "FTH": "GRFTH", "PRN": "GRPRN", "SIS": "AUNT", "BRO": "UNCLE"}

_WORD = re.compile(
    # A longer word is another word: "Muttermal", "grandmother", "Gebärmutter", "step-mother",
    # "mother-in-law".
    r"(?<![\w-])(?:"
    + "|".join(f"(?P<{code}>(?i:{en})|{de})" for code, (_, en, de) in _KIN.items())
    + r")(?:e?[ns]|['’]s|s['’])?(?![\w-])(?! in[ -]law)"
)
# "As a child", "the mother's side", "Sister Mary Joseph" name nobody; a great aunt is not an aunt.
_NOBODY_BEFORE = re.compile(
    r"(?:\b(?:as an?|als|great|step|foster|adoptive|adopted)[ -])\Z", re.IGNORECASE
)
_NOBODY_AFTER = re.compile(r"(?:['’]s)? (?:side|family|Mary)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s (?:(?:older|younger|elder|twin) )?")
_GENITIVE = re.compile(r" (?:der|des|of (?:the|her|his)) (?:ihrer |seiner )?", re.IGNORECASE)
_SIDE_BEFORE = re.compile(
    r"\b(?:(?P<M>maternal|mütterliche[rnms]?)|(?P<P>paternal|väterliche[rnms]?))[ -]\Z",
    re.IGNORECASE,
)
_SIDE_AFTER = re.compile(
    r" ?[(,]? ?(?:(?:on|of|from) )?(?:(?:the|her|his) )?"
    r"(?:(?P<M>maternal|mother['’]s side|mütterlicherseits)"
    r"|(?P<P>paternal|father['’]s side|väterlicherseits))\b",
    re.IGNORECASE,
)

_ARTICLES = "the|a|an|her|his|both|die|der|den|dem|ein|eine|einer|ihr|ihre|ihrer|sein|seine|seiner"
_AND = "and|or|und|oder|sowie|&"
# Between relatives that are named together.
_JOINT = re.compile(
    rf"(?:[\s,/+&]|\b(?:{_AND}|{_ARTICLES}|two|three|zwei|drei|\d|maternal|paternal|mütterlicherseits|väterlicherseits)\b)*",
    re.IGNORECASE,
)
_END = re.compile(
    rf"(?:[\s,;.]|\b(?:{_AND}|{_ARTICLES}|but|while|whereas|aber)\b)*\Z", re.IGNORECASE
)
_OF = re.compile(
    rf"\s*[,(:-]?\s*(?:\b(?:in|of|bei|beim|{_ARTICLES}|maternal|paternal)\b\s*){{1,4}}\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Relative:
    """A relative that a text names.

    Args:
        code, display: of v3-RoleCode.
        start, end: half-open code points of the words in the text.
    """

    code: str
    display: str
    start: int
    end: int


def relatives(text: str) -> list[Relative]:
    """The relatives that a text names, in order; [] when it names none.

    "Mother's sister" is one, a maternal aunt; the mother of "on the mother's side" is none.
    """
    found: list[Relative] = []
    for match in _WORD.finditer(text):
        code, start, end = str(match.lastgroup), match.start(), match.end()
        if _NOBODY_AFTER.match(text, match.end(code)) or _NOBODY_BEFORE.search(
            text[max(0, start - 12) : start]
        ):
            continue
        last = found[-1] if found else None
        # A match holds its 's: what lies between begins two characters before its end.
        if last and _POSSESSIVE.fullmatch(text, last.end - 2, start):
            through, their = last.code, code
        elif last and _GENITIVE.fullmatch(text, last.end, start):
            through, their = code, last.code
        else:
            through = their = ""
        if last and through in _THROUGH and their in _THEIR:
            code, start = _THROUGH[through] + _THEIR[their], last.start
            found.pop()
        if code in _SIDED:
            before = _SIDE_BEFORE.search(text[max(0, start - 20) : start])
            side = before or _SIDE_AFTER.match(text, end)
            code = (str(side.lastgroup) if side else "") + code
        found.append(Relative(code, _display(code), start, end))
    return found


def _display(code: str) -> str:
    return _KIN[code][0] if code in _KIN else f"{_SIDES[code[0]]} {_KIN[code[1:]][0]}"


def _together(text: str, named: Sequence[Relative]) -> list[list[Relative]]:
    """Relatives that share a statement: "mother and sister"."""
    groups: list[list[Relative]] = []
    for one in named:
        if groups and _JOINT.fullmatch(text, groups[-1][-1].end, one.start):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def said_of(text: str) -> list[tuple[Relative, str]]:
    """The relatives a text names, each once, with the words about them.

    "Mother and sister: diabetes" says all of it of both. "Father had an infarction, mother has
    diabetes" is cut before the mother. Where it is unclear who has what ("cancer in the mother,
    diabetes in the father") each gets all words.
    """
    named = relatives(text)
    groups = _together(text, named)
    cuts = [group[0].start for group in groups] + [len(text)]
    parts = [_END.sub("", text[cut:end]) for cut, end in itertools.pairwise(cuts)]
    plain = bool(groups) and _JOINT.fullmatch(text, 0, groups[0][0].start) is not None
    for group, part in zip(groups, parts, strict=True):
        plain = plain and any(c.isalpha() for c in part[group[-1].end - group[0].start :])
    if len(groups) < 2 or not plain:
        parts = [text] * len(groups)
    found: dict[tuple[str, str], Relative] = {}
    for group, part in zip(groups, parts, strict=True):
        for one in group:
            found.setdefault((one.code, part), one)
    return [(one, part) for (_, part), one in found.items()]


def around(sentence: str, start: int, end: int) -> list[Relative]:
    """The relatives that a sentence gives a disease to, which itself names none.

    Args:
        sentence: the sentence.
        start, end: where the disease is in it, half-open.

    Returns:
        those it is followed by ("… in her sister"), else those named last before it; [] when there
        are none.
    """
    after = [one for one in relatives(sentence) if one.start >= end]
    if after and _OF.fullmatch(sentence, end, after[0].start):
        return _together(sentence, after)[0]
    before = [one for one in relatives(sentence) if one.end <= start]
    return _together(sentence, before)[-1] if before else []
