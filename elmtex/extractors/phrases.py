"""What an item's words lack to be understood. In German „weich“ has the organ it is said of, „Abdomen weich“; „Physio“ the rest of its
compound, „Physio- und Ergotherapie“; „Stimmung“ how it is, „Stimmung gedrückt“. In English "cervical" has its noun, "cervical or axillary nodes"."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import replace

from elmtex.extractors.places.patients import NO_ITEMS
from elmtex.types import Item

_NEAR = 60  # characters on either side that are looked at
# All German nouns have capitals, so that these words have none
_NO_NOUN = re.compile(r"[a-zäöüß-]{4,}(?: [a-zäöüß-]+){0,2}")
# What is examined, before the words for it: „Cor/Pulmo auskultatorisch“, „Abdomen:“, „MTP-Gelenke li.“
_SAID_OF = re.compile(
    r"(?:\A|(?<=[\s(]))(?P<noun>[A-ZÄÖÜ][\w/-]{1,40})(?::| (?:bds|bd|re|li)\.)?"
    r"(?: (?!nicht|kein|und|oder|mit|ohne|bei|als|wegen|von|durch|nach|vor)[a-zäöüß]{1,20}){0,2} \Z"
)
# Nothing is said by them alone
_NEUTRAL = frozenset(
    "affekt antrieb appetit auffassung aufmerksamkeit durst gangbild gedächtnis hautturgor konzentration muskeltonus reflexe schlaf "
    "schwingungsfähigkeit sensibilität sprachverständnis stimmung trinkmenge".split()
)
_EXAMINED = (
    NO_ITEMS
    | _NEUTRAL
    | frozenset(
        "allgemeinzustand atemgeräusch beine bauchdecke darmgeräusche fontanelle fußpulse gelenk halsvenen herztöne leisten narbe nierenlager "
        "peristaltik puls pupillen rachenring schleimhäute tonsillen trommelfell unterschenkel wunde wundränder".split()
    )
)
# „jugulare und interkostale Einziehungen“, „gangränöse, phlegmonöse Cholezystitis“: both adjectives end alike
_INFLECTED = re.compile(r"e[nrsm]?\Z")
_NO_ARTICLE = r"(?!kein|ohne|ein|mein|sein|ihr|unser|d(?:er|ie|as|en|em|es) )"
_SHARED = {
    ending: re.compile(
        rf"(?:, [a-zäöüß]{{2,30}}{ending}){{0,3}}(?:,? (?:und|oder|bzw\.|sowie)|,) (?!kein|ohne|ein|mein|sein|ihr|unser|d(?:er|ie|as|en|em|es) )[a-zäöüß-]{{2,30}}{ending} [A-ZÄÖÜ][\w-]{{1,40}}"
    )
    for ending in ("e", "en", "er", "es", "em")
}
# The rest of a compound: „Influenza-, RSV- und SARS-CoV-2-PCR“
_COMPOUND = re.compile(
    r"(?:-|(?<=-))(?:, [A-ZÄÖÜ]\w{0,20}-){0,3},? (?:und|oder|bzw\.|sowie) (?:[a-zäöüß]{1,20} )?[A-ZÄÖÜ][\w-]{0,40}\w"
)
# The first adjectives of a list share its last one's noun: "cervical, supraclavicular, or axillary adenopathy", "hepato- or splenomegaly"
_SITE = (
    r"(?:abdominal|anterior|apical|axillary|basal|basilar|bibasilar|bilateral|carotid|central|cervical|clavicular|distal|dorsal|epigastric|epitrochlear"
    r"|femoral|flank|frontal|hepatic|hilar|iliac|infraclavicular|inguinal|intracranial|lateral|left|lower|lumbar|maxillary|medial|mediastinal"
    r"|midline|occipital|paracervical|paraspinal|paratracheal|parietal|pedal|pelvic|pericardial|peripheral|pleural|popliteal|posterior|preauricular"
    r"|proximal|pulmonary|renal|retroperitoneal|right|sacral|splenic|subclavian|submandibular|submental|suprapubic|supraclavicular|temporal|thoracic|upper"
    r"|ventral|visual)"
)
_JOINT = r"(?:,? (?:and|or|nor) |, ?|/)"
_FIRST = re.compile(_SITE, re.IGNORECASE)
_ADJECTIVE = re.compile(rf"{_SITE}(?:[ -]\w|{_JOINT})", re.IGNORECASE)
_LIST = re.compile(rf"(?:{_JOINT}{_SITE})*{_JOINT}", re.IGNORECASE)
_PREFIX = re.compile(r"-,? (?:and|or|nor) ")
# What a result is of, before its number: „HbA1c: 7,2 %“
_TEST_NAME = re.compile(r"(?P<test>[A-ZÄÖÜ][^\n,;:=<>≤≥~]{1,40}?)(?: ?[:=<>≤≥~]+ ?| )(?=\d)")
_NOT = " nicht "
_HOW_IT_IS = re.compile(r"(?: [a-zäöüß]{1,20}){1,3}(?=[,.;\n]|\Z)")
# „nicht heilende Läsion“, „nicht dislozierte Fraktur“: „nicht“ is the adjective's
_NOT_SO = re.compile(
    rf"{_NO_ARTICLE}(?!dies|jed|all|mehr|weiter|erneut|größer|wesentlich|frisch|neue)[a-zäöüß-]{{5,}}e[nrsm]? [A-ZÄÖÜ]"
)
_GERMAN = re.compile(
    r"\b(?:und|der|mit|bei|[Kk]eine?|eine|sich|[Oo]hne|[Nn]icht|[Ss]eit|wurde|für|zur|zum|ist)\b"
)
_ENGLISH = re.compile(r"\b(?:and|the|of|with|no|not|was|were|for|from|to|on|at|he|she|had|is)\b")


def with_named_tests(tests: Iterable[Item], results: Iterable[Item]) -> tuple[Item, ...]:
    """The tests, and those that a German report's results begin with and nobody listed: „CRP“ of „CRP 14 mg/l“.

    Examples:
        >>> [item.text for item in with_named_tests((), [Item("HbA1c: 7,2 %", 0, 12), Item("um 7 %", 14, 20)])]
        ['HbA1c']
    """
    found = list(tests)
    words = {item.text.casefold() for item in found}
    taken = sorted((i.start, i.end or 0) for i in found if i.start is not None)
    for result in results:
        name = _TEST_NAME.match(result.text)
        if name is None or result.start is None or name["test"].casefold() in words:
            continue
        start, end = result.start, result.start + name.end("test")
        near = bisect_left(taken, (end, 0))
        if near == 0 or taken[near - 1][1] <= start:
            words.add(name["test"].casefold())
            taken.insert(near, (start, end))
            found.append(Item(name["test"], start, end, confidence=result.confidence))
    return tuple(sorted(found, key=lambda item: item.start or 0))


def whole_phrases(items: Iterable[Item], report: str) -> tuple[Item, ...]:
    """A category's findings or tests, each with the words that it needs to be understood, where its sentence has them.

    An item that the words of another one hold then is no longer listed, nor is a first word whose noun is in another one, nor what
    another denial is said of: the veins of „Halsvenen nicht gestaut“. One whose words would reach into another assertion stays as it is.

    Examples:
        >>> report = "Abdomen weich, jugulare und interkostale Einziehungen. Physio- und Ergotherapie."
        >>> found = [Item(report[a:b], a, b) for a, b in ((8, 13), (15, 23), (55, 61), (67, 79))]
        >>> [item.text for item in whole_phrases(found, report)]
        ['Abdomen weich', 'jugulare und interkostale Einziehungen', 'Physio- und Ergotherapie']
    """
    found = list(items)
    denied = {item.start for item in found if item.assertion == "absent"}
    found = [item for item in found if not _is_said_of(item, denied, report)]
    for item in list(found):
        longer = _longer(item, report)
        if longer is item or item not in found or longer.start is None or longer.end is None:
            continue
        start, end = longer.start, longer.end
        others = [o for o in found if o is not item and o.overlaps(start, end)]
        if all(_is_in(other, longer) for other in others):
            found = [longer if o is item else o for o in found if o not in others]
        elif start == item.start and all(o.assertion == item.assertion for o in others):
            found.remove(item)  # a part of what the other one says
    return tuple(found)


def whole_lists(items: Iterable[Item], report: str) -> tuple[Item, ...]:
    """A category's findings, in report order, in which the first adjectives of a list have its noun.

    Examples:
        >>> report = "No cervical or axillary nodes."
        >>> [item.text for item in whole_lists((Item("cervical", 3, 11), Item("axillary nodes", 15, 29)), report)]
        ['cervical or axillary nodes']
    """
    found: list[Item] = []
    for item in reversed(tuple(items)):
        noun = found[-1] if found else None
        if noun and _shares(item, noun, report):
            text = report[item.start : noun.end]
            found[-1] = replace(noun, text=text, start=item.start, mentions=())
        else:
            found.append(item)
    return tuple(reversed(found))


def _shares(item: Item, noun: Item, report: str) -> bool:
    """Whether an item lacks a noun that the next one has."""
    if item.end is None or noun.start is None or item.assertion != noun.assertion:
        return False
    between = report[item.end : noun.start] if noun.start - item.end <= _NEAR else ""
    if _PREFIX.fullmatch(between):
        return True
    # "Pain: epigastric, vomiting twice": what follows has another such adjective before its noun
    is_list = _FIRST.fullmatch(item.text) and _LIST.fullmatch(between)
    return bool(is_list and _ADJECTIVE.match(noun.text))


def is_german(report: str) -> bool:
    """Whether it has more of German's small words than of English's, which needs no model; telegraphic notes may have none."""
    return len(_GERMAN.findall(report)) > len(_ENGLISH.findall(report))


def _is_said_of(item: Item, denied: Collection[int | None], report: str) -> bool:
    """Whether an item that is denied is only what was examined, and what is denied of it follows."""
    if item.assertion != "absent" or item.end is None or item.mentions:
        return False
    follows = report.startswith(_NOT, item.end) and item.end + len(_NOT) in denied
    return follows and _is_examined(item.text)


def _is_in(item: Item, other: Item) -> bool:
    """Whether an item says nothing that another one does not."""
    assert other.start is not None and other.end is not None
    if item.start is None or item.end is None or item.assertion != other.assertion:
        return False
    return other.start <= item.start and item.end <= other.end


def _longer(item: Item, report: str) -> Item:
    """The item with the words that it lacks; itself where it lacks none."""
    if item.start is None or item.end is None:
        return item
    start, end = item.start, item.end
    if item.assertion == "absent" and _NOT_SO.match(item.text):
        start -= len("nicht ")
        if start < 0 or report[start : item.start].lower() != "nicht ":
            return item
        text = report[start:end]
        return replace(item, text=text, start=start, assertion="present", mentions=())
    if compound := _COMPOUND.match(report, end):
        end = compound.end()
    elif item.text.lower() in _NEUTRAL:
        how = _HOW_IT_IS.match(report, end)
        end = how.end() if how and item.assertion == "present" else end
    elif _NO_NOUN.fullmatch(item.text):
        inflected = _INFLECTED.search(item.text)
        shared = inflected and _SHARED[inflected[0]].match(report, end, end + 2 * _NEAR)
        said_of = _SAID_OF.search(report[max(0, start - _NEAR) : start])
        if shared:
            end = shared.end()
        elif said_of and _is_examined(said_of["noun"]):
            start -= len(said_of[0])
    if (start, end) == (item.start, item.end):
        return item
    return replace(item, text=report[start:end], start=start, end=end, mentions=())


def _is_examined(word: str) -> bool:
    """Whether it is an organ or a part of the body, also of several, or a compound: „Cor/Pulmo“, „MTP-Gelenke“."""
    parts = re.split("[/-]", word.lower())
    return parts[-1] in _EXAMINED or parts[0] in _EXAMINED
