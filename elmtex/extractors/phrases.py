"""What an item's words lack to be understood, in German: „weich“ has the noun it is said of, „Abdomen weich“; „Physio“ the rest of its
compound, „Physio- und Ergotherapie“; „Stimmung“ how it is, „Stimmung gedrückt“."""

from __future__ import annotations

import re
from dataclasses import replace

from elmtex.extractors.places import NO_ITEMS
from elmtex.types import Item

_NEAR = 60  # characters on either side that are looked at
# All German nouns have capitals: an item without one is an adjective, or a participle
_ADJECTIVE = re.compile(r"[a-zäöüß-]{4,}(?: [a-zäöüß-]+){0,2}")
# The noun before it: „Cor/Pulmo auskultatorisch“, „Abdomen:“, „MTP-Gelenke li.“
_SAID_OF = re.compile(
    r"(?:\A|(?<=[\s(]))(?P<noun>[A-ZÄÖÜ][\w/-]*[a-zäöüß])(?P<colon>:)?(?: (?:bds|bd|re|li)\.)?"
    r"(?: (?!nicht|kein|und|oder|mit|ohne|bei|als|wegen|von|durch|nach|vor)[a-zäöüß]+){0,2} \Z"
)
_NO_NOUNS = frozenset(
    "der die das ein eine es er sie im in am an auf bei mit kein keine nicht patient patientin pat frau herr klinisch insgesamt zuletzt "
    "seither seitdem aktuell derzeit dabei bisher sonst weiterhin zudem auch sehr".split()
)
# The noun behind two: „jugulare und interkostale Einziehungen“, „gangränöse, phlegmonöse Cholezystitis“
_SHARED = re.compile(
    r"(?:, [a-zäöüß-]+)*,? (?:(?:und|oder|bzw\.|sowie) )?[a-zäöüß-]+e[nrsm]? [A-ZÄÖÜ][\w-]+"
)
# The rest of a compound: „Influenza-, RSV- und SARS-CoV-2-PCR“
_COMPOUND = re.compile(
    r"(?:-|(?<=-))(?:, [\w-]+-)*,? (?:und|oder|bzw\.|sowie) (?:[a-zäöüß]+ )?[A-ZÄÖÜ][\w-]*[\w]"
)
# Nothing is said by them alone
_NEUTRAL = frozenset(
    "affekt antrieb appetit auffassung aufmerksamkeit durst gangbild gedächtnis hautturgor konzentration muskeltonus reflexe schlaf "
    "schwingungsfähigkeit sensibilität sprachverständnis stimmung trinkmenge".split()
)
_HOW_IT_IS = re.compile(r"(?: [a-zäöüß]+){1,3}(?=[,.;\n]|\Z)")
# „nicht heilende Läsion“ is there: „nicht“ before an inflected adjective is the adjective's
_NOT_SO = re.compile(r"[a-zäöüß-]+e[nrsm]? [A-ZÄÖÜ]")
_INFLECTED = re.compile(r"e[nrsm]?\Z")
_GERMAN = re.compile(
    r"\b(?:und|der|die|das|mit|bei|kein|keine|eine|sich|ohne|nicht|im|seit|wurde|für|von|des)\b",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    r"\b(?:and|the|of|with|no|not|was|were|for|from|without|had|is)\b", re.IGNORECASE
)


def is_german(report: str) -> bool:
    """Whether it has more of German's small words than of English's, which needs no model; telegraphic notes may have none."""
    return len(_GERMAN.findall(report)) > len(_ENGLISH.findall(report))


def whole(item: Item, report: str) -> Item:
    """A finding or a test of a German report with the words that it needs to be understood, where its sentence has them.

    Examples:
        >>> report = "Abdomen weich, jugulare und interkostale Einziehungen. Physio- und Ergotherapie."
        >>> [whole(Item(report[a:b], a, b), report).text for a, b in ((8, 13), (15, 23), (55, 61))]
        ['Abdomen weich', 'jugulare und interkostale Einziehungen', 'Physio- und Ergotherapie']
    """
    if item.start is None or item.end is None:
        return item
    start, end = item.start, item.end
    not_so = item.assertion == "absent" and _NOT_SO.match(item.text)
    if not_so and report.endswith("nicht ", 0, start):
        return replace(
            item, text=f"nicht {item.text}", start=start - len("nicht "), assertion="present"
        )
    if compound := _COMPOUND.match(report, end):
        end = compound.end()
    elif item.text.lower() in _NEUTRAL:
        how = _HOW_IT_IS.match(report, end)
        end = how.end() if how and item.assertion == "present" else end
    elif _ADJECTIVE.fullmatch(item.text):
        shared = _INFLECTED.search(item.text) and _SHARED.match(report, end, end + _NEAR)
        said_of = _SAID_OF.search(report[max(0, start - _NEAR) : start])
        if shared:
            end = shared.end()
        elif said_of and _is_noun(said_of["noun"], said_of["colon"]):
            start -= len(said_of[0])
    return replace(item, text=report[start:end], start=start, end=end)


def _is_noun(word: str, colon: str | None) -> bool:
    known = word.lower()
    return any(p in NO_ITEMS for p in known.split("/")) if colon else known not in _NO_NOUNS
