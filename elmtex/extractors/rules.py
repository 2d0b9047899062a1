"""What the program decides of attributes, not the model: an age's unit, and the gender
behind an age; an attribute's type where closed lists tell it; the dose, route, frequency and status that an item names itself;
that a stopped drug is absent; the test of a table's later columns, and that a value is one cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from elmtex.extractors.results import with_tests
from elmtex.schema import AttributeType, CategorySchema
from elmtex.text.rows import GAP, row_head
from elmtex.types import Attribute, Item
from elmtex.values import Quantity, Status, Timing, Value, value_of
from elmtex.values.demographics import age_end, gender_of, is_relative

# Normalisers that read closed lists of words, so that what they read is of their type for certain: "p.o.", "b.i.d.", "for 5
# days", though that may also be a time
_CERTAIN = ("route", "timing", "duration")
_DIGIT = re.compile(r"\d")
_SAYS = re.compile(r"[\w+±↑↓⇑⇓*<>]")
_WORD = re.compile(r"(?:[^\s,;()]|(?<=\d),(?=\d))+")  # "2,5" is one
_DOSE = re.compile(r"[mun]?g\b|m?L\b|k?\[iU\]|U\b|m(?:eq|mol)\b")  # in UCUM
_OF_SOMEBODY = re.compile(r"\b(?:his|her|their|ihr\w*|sein\w*)\s+\Z", re.IGNORECASE)
_BEFORE_BRACKET = re.compile(r"\b(\w+?)s? ?\( ?\Z|\((\w+), ?\Z")
_AFTER_AGE = re.compile(r"[,\s]{1,2}(?:old |alte[rsn]? )?(\w+)")
_BEHIND = re.compile(
    r"[ \t]*(?:[(\[] ?(?P<bracketed>[^()\[\]\n,;]{2,30}?) ?[)\],;]|[-\u2013:,]? ?(?P<alone>\w[\w ]{1,28}\w)[ \t.]*$)",
    re.MULTILINE,
)
# What may follow a frequency behind a drug: "iron monthly" is one, "iron monthly review" is none
_AFTER_TIMING = re.compile(
    r"\s*(?:[,:\u2013-]|$|(?:and|or|plus|for|with|without|since|until|then|to|because|was|were|is|has|und|oder|sowie|für|mit|ohne"
    r"|seit|bis|dann|bei|wegen|wurde|wird|ist|kam)\b)"
)
# A measure of how far it is from something is no size: "35 mm from the nipple", „Mamillenabstand 5 cm“; "12 mm from 10 mm" is
_FAR_FROM = re.compile(
    r"\s*(?:away\s+)?(?:(?:from|behind|above|below|deep to|distal|proximal|kaudal|kranial|oberhalb|unterhalb|hinter|vom?|von)\b|retro\w+)(?!\s*\d)",
    re.IGNORECASE,
)
_DISTANCE = re.compile(
    r"(?:\b(?:distance|MAM|NAC)|\w*abstand)\W{0,3}(?:\w+ ){0,2}\Z", re.IGNORECASE
)
_HOW_FAR = re.compile(r"distan|abstand|location|position|depth|tiefe|\blage\b", re.IGNORECASE)
# "28F", "34 y F"
_WITH_LETTER = re.compile(
    r"(?P<age>\d{1,3}(?: ?(?:y/?o|y|J\.?))?) ?(?P<gender>[MF]|(?<=[yo.J ])[mfw])"
)
# „m, ca. 55 J.“, „geb. 12.04.1951 (73 J.)“, "A gentleman in his early eighties"
_TOLD_AGE = re.compile(
    r"(?:(?:^[ \t]*(?:Pat(?:ient(?:in)?)?[.:]* )?|\bPat(?:ient(?:in)?|\.) \(?)(?:[mwfMWF]|männl\.?|weibl\.?|male|female)[,;]? (?:ca\. ?)?|(?:\bgeb\b|\*)[^\n()]{1,20}\()"
    r"(?P<age>\d{1,3} ?(?:J(?:\.|ahre)?|y/?o?|yrs?))(?=[,;.)]| \(|$)"
    r"|\b(?:man|woman|gentleman|lady|patient) in (?:his|her|their) (?P<decade>(?:early |mid[- ]?|late )?(?:twen|thir|for|fif|six|seven|eigh|nine)ties)\b",
    re.MULTILINE,
)
_BEGINNING = 1500  # characters of a letter in which the patient is introduced
_ADDRESSED = re.compile(
    r"(?:(?i:\bpatient|\bname|\bbetr(?:eff|\.)?|\bre|\bregarding)\s*:\s*|\b(?:patient|Patienten?),?\s+|"
    r"\b(?:über|zu|von|für)\s+(?:(?:Ihre[nr]?|unsere[nr]?|die|den|o\. ?g\.|gemeinsamen?)\s+)*)"
    r"(Patientin|Frau|Herrn?)\b(?!\s+(?:Kolleg|Dr|Prof))"
)
_TELLS_NOTHING = frozenset(
    "is its it was were are the a an of and with by at in on to der die das des dem den und mit von dann daneben bei am im ist "
    "sind war wurde es".split()
)
_NERVES = re.compile(r"\b(?:cranial nerves?|CN|Hirnnerv\w*|HN)\b", re.IGNORECASE)
_ROMAN = re.compile(r"[IVX]+(?: ?[-–] ?[IVX]+)?")
_NEAR = 40  # characters
_AMBIGUOUS = frozenset(("im", "ng", "pr", "pv", "sl"))  # "im Wechsel", "5 ng"


def by_rule(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, report: str
) -> dict[str, tuple[Item, ...]]:
    """The items with what rules change of their attributes: "p.o." is no frequency, and each cell of a table's row
    belongs to the test that heads the row.

    Args:
        categories: items by category.
        schema: says by ``x-value`` what the words of a type are, and by ``x-fhir`` which type is the test.
        report: where the items are spans.
    """
    found = dict(categories)
    for category in schema.categories:
        types, items = category.attributes, categories.get(category.key)
        if not types or not items:
            continue
        told = [_telling(item) for item in items]
        ruled = (_ruled(_with_own_reactions(i, told, types, report), types, report) for i in told)
        is_drug = category.fhir.resource == "MedicationStatement"
        known = (_not_taken(i, types) if is_drug else i for i in ruled)
        found[category.key] = with_tests(known, types, report)
    return found


def _telling(item: Item) -> Item:
    """The item, without attributes that are only words such as "is" and "its", or a nerve's number: "cranial nerves II-XII"."""
    said = [a for a in item.attributes if not _TELLS_NOTHING.issuperset(a.text.lower().split())]
    if _NERVES.search(item.text):
        said = [a for a in said if not _ROMAN.fullmatch(a.text)]
    return item if len(said) == len(item.attributes) else replace(item, attributes=tuple(said))


def _not_taken(drug: Item, types: Iterable[AttributeType]) -> Item:
    """The drug, absent where its status says that it is stopped or paused."""
    key = next((type.key for type in types if type.normaliser == "status"), None)
    told = [value_of("status", a.text) for a in drug.attributes if a.type == key]
    if drug.assertion == "present" and any(
        isinstance(s, Status) and s.status in ("stopped", "paused") for s in told
    ):
        return replace(drug, assertion="absent")
    return drug


def with_demographics(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, report: str
) -> dict[str, tuple[Item, ...]]:
    """The items, with an age's unit, and with the gender that stands behind an age, "72 y/o F", or, where there is none,
    in a German letter's words for the patient: „über Herrn Weber“."""
    ages, genders = ([c.key for c in schema.categories if c.only == o] for o in ("age", "gender"))
    found = dict(categories)
    if len(genders) > 1:
        genders = []  # of whom, is not said
    for key in ages:
        known = list(found.get(key, ())) or _told_age(report)
        patients = [item for item in known if not _is_relatives(item, report)]
        patients = patients or _told_age(report) or known
        aged = [_aged(item, report) for item in patients]
        found[key] = tuple(age for age, _ in aged)
        for gender in genders:
            told = [
                item for item in found.get(gender, ()) if not _is_abbreviation(item, report, ("/",))
            ]
            for age, letter in aged:
                item = letter or _gender_after(age, report)
                if item and all(item.text.casefold() != other.text.casefold() for other in told):
                    told.append(item)
            told += [] if told else _addressed(report)
            found[gender] = tuple(sorted(told, key=lambda item: item.start or 0))
    return found


def _is_relatives(age: Item, report: str) -> bool:
    """Whether an age is said of the patient's relative: „ihren 91-jährigen Vater“, "her 52-year-old mother", „mit dem Großvater
    (71 J.)“."""
    word = _AFTER_AGE.match(report, age.end) if age.end else None
    before = report[max(0, (age.start or 0) - _NEAR) : age.start]
    if word and is_relative(word[1]) and _OF_SOMEBODY.search(before):
        return True
    named = _BEFORE_BRACKET.search(before)
    return named is not None and is_relative(named[1] or named[2])


def _told_age(report: str) -> list[Item]:
    """The age that stands at a report's beginning where nothing else is said of it: „w, 34 J.“."""
    found = _TOLD_AGE.search(report, 0, _BEGINNING)
    if found is None:
        return []
    group = "age" if found["age"] else "decade"
    return [Item(found[group], *found.span(group))]


def _aged(age: Item, report: str) -> tuple[Item, Item | None]:
    """An age with its unit, and the gender whose letter is a part of it: "28F"."""
    found = _WITH_LETTER.fullmatch(age.text)
    if found is None or age.start is None:
        return _with_unit(age, report), None
    first, last = age.start + found.start("gender"), age.start + found.end("age")
    gender = Item(found["gender"], first, first + 1, confidence=age.confidence)
    return replace(age, text=found["age"], end=last), gender if age.assertion == "present" else None


def _addressed(report: str) -> list[Item]:
    """The gender that the words for the patient tell at a letter's beginning: „unsere Patientin“, „über Herrn Weber“."""
    found = _ADDRESSED.search(report, 0, _BEGINNING)
    return [Item(found[1], found.start(1), found.end(1))] if found else []


def _with_unit(age: Item, report: str) -> Item:
    if age.start is None or not age.text.isdecimal():
        return age
    end = age_end(report, age.start)
    return replace(age, text=report[age.start : end], end=end) if end else age


def _is_abbreviation(item: Item, report: str, marks: tuple[str, ...]) -> bool:
    """Whether it is the letter of an abbreviation with such a mark behind it: "w/ COPD", „M. Crohn“."""
    return len(item.text) == 1 and item.end is not None and report.startswith(marks, item.end)


def _gender_after(age: Item, report: str) -> Item | None:
    """The gender behind the patient's age; not that of "his 52-year-old mother"."""
    word = _AFTER_AGE.match(report, age.end) if age.end else None
    if word is None or age.assertion != "present" or gender_of(word[1]) is None:
        return None
    told = Item(word[1], word.start(1), word.end(1), confidence=age.confidence)
    if _is_abbreviation(told, report, ("/", ".")) or is_relative(word[1]):
        return None
    return told


def _ruled(item: Item, types: Iterable[AttributeType], report: str) -> Item:
    if not all(_SAYS.search(attribute.text) for attribute in item.attributes):  # a dash
        item = _with(item, (a for a in item.attributes if _SAYS.search(a.text)), types)
    item = _with_one_test(
        _with_cells(_without_distances(item, types, report), types, report), types
    )
    item = _with_timing_behind(_with_named(_retyped(item, types), types), types, report)
    return _with_row_head(_with_status(item, types, report), types, report)


def _with_own_reactions(
    item: Item, items: Iterable[Item], types: Iterable[AttributeType], report: str
) -> Item:
    """The item, without the reactions to another substance that stands between: "peanut (anaphylaxis), pollen"."""
    reactions = {type.key for type in types if type.fhir == "reaction"}

    def is_own(attribute: Attribute) -> bool:
        if attribute.type not in reactions or attribute.start is None or item.start is None:
            return True
        first, last = sorted((attribute.start, item.start))
        if ")" in report[attribute.start : item.start]:
            return False
        return not any(other is not item and first <= (other.start or -1) < last for other in items)

    if not reactions or all(map(is_own, item.attributes)):
        return item
    return _with(item, filter(is_own, item.attributes), types)


def _without_distances(item: Item, types: Iterable[AttributeType], report: str) -> Item:
    """The item, without sizes that say how far it is from something."""
    sizes = {
        type.key
        for type in types
        if type.normaliser == "quantity"
        and type.fhir is None
        and not _HOW_FAR.search(f"{type.label} {type.description}")
    }

    def is_size(attribute: Attribute) -> bool:
        if attribute.type not in sizes or attribute.start is None or attribute.end is None:
            return True
        before = report[max(0, attribute.start - _NEAR) : attribute.start]
        return not (_FAR_FROM.match(report, attribute.end) or _DISTANCE.search(before))

    return _with(item, filter(is_size, item.attributes), types) if sizes else item


def _with_cells(item: Item, types: Iterable[AttributeType], report: str) -> Item:
    """The item, with each value that runs on into the next cell of its row cut there."""
    values = {type.key for type in types if type.fhir == "value"}

    def cut(attribute: Attribute) -> Attribute:
        gap = GAP.search(attribute.text) if attribute.type in values else None
        if (
            gap is None
            or attribute.start is None
            or not _DIGIT.search(attribute.text, 0, gap.start())
        ):
            return attribute
        end = attribute.start + gap.start()
        return replace(attribute, text=report[attribute.start : end], end=end)

    return _with(item, map(cut, item.attributes), types)


def _with_one_test(item: Item, types: Iterable[AttributeType]) -> Item:
    """The result of a test, with the likeliest of several tests alone, and no value among the test's words."""
    tests = {type.key for type in types if type.fhir == "test"}
    named = [a for a in item.attributes if a.type in tests and a.end is not None]
    if not named:
        return item
    test = max(named, key=lambda a: 1 if a.confidence is None else a.confidence)
    first, last = test.start or 0, test.end or 0
    values = {type.key for type in types if type.fhir == "value"}

    def stays(attribute: Attribute) -> bool:
        if attribute.type in tests:
            return attribute is test
        if attribute.type not in values or attribute.start is None or attribute.end is None:
            return True
        return not (first <= attribute.start and attribute.end <= last)

    return _with(item, filter(stays, item.attributes), types)


def _retyped(item: Item, types: Iterable[AttributeType]) -> Item:
    """The item, with attributes that only the list of another of these types knows moved to it."""
    normalisers = {type.key: type.normaliser for type in types}
    certain = {name: key for key, name in normalisers.items() if name in _CERTAIN}
    if not certain:  # as of laboratory values, which are most of a report's attributes
        return item

    def now(attribute: Attribute) -> Attribute:
        own = normalisers.get(attribute.type)
        if own is None or _tells(value_of(own, attribute.text)):
            return attribute
        for normaliser, key in certain.items():
            if own == "date" and normaliser == "duration":
                continue
            if _tells(value_of(normaliser, attribute.text)):
                return replace(attribute, type=key)
        return attribute

    return _with(item, map(now, item.attributes), types)


def _tells(value: Value | None) -> bool:
    """Whether something was read that is not a timing's duration alone."""
    alone = isinstance(value, Timing) and value == Timing(bounds=value.bounds)
    return value is not None and not alone


def _with_named(item: Item, types: Iterable[AttributeType]) -> Item:
    """The item, with the dose, route and frequency that its own words name and no attribute of the type has: "oral
    prednisolone", "Ramipril 5 mg 1-0-0"."""
    for type in types:
        read = _NAMED.get((type.fhir, type.normaliser))
        if read is None or item.start is None or any(a.type == type.key for a in item.attributes):
            continue
        words, tells = read
        # A dose may have taken the frequency in: "75 μg daily"
        doses = {t.key for t in types if t.fhir == "dose"} if type.fhir == "timing" else set()
        others = [a for a in item.attributes if a.type not in doses]
        begun = {a.start for a in item.attributes if a.type in doses}
        for first, last in _windows(item.text, words):
            start, end = item.start + first, item.start + last
            if _free(start, end, others) and start not in begun and tells(item.text[first:last]):
                found = Attribute(type.key, item.text[first:last], start, end)
                kept = (_cut(a, start) if a.type in doses else a for a in item.attributes)
                item = _with(item, (*kept, found), types)
                break
    return item


def _with_timing_behind(item: Item, types: Iterable[AttributeType], report: str) -> Item:
    """The item, with the frequency that stands right behind it, if it has none: "Furosemid 40 mg i.v." dreimal täglich."""
    type = next((t for t in types if (t.fhir, t.normaliser) == ("timing", "timing")), None)
    if type is None or item.end is None or any(a.type == type.key for a in item.attributes):
        return item
    line = re.match(r"[ \t]+(?=\S)[^\n.;()]*", report[item.end : item.end + _NEAR])
    if line is None:
        return item
    begin = len(line[0]) - len(line[0].lstrip())
    for first, last in _windows(line[0], _TIMING_WORDS):
        over = _AFTER_TIMING.match(line[0], last)
        if first == begin and over and _is_timing(line[0][first:last]):
            start, end = item.end + first, item.end + last
            if _free(start, end, item.attributes):
                found = Attribute(type.key, report[start:end], start, end)
                return _with(item, (*item.attributes, found), types)
    return item


def _free(start: int, end: int, attributes: Iterable[Attribute]) -> bool:
    """Whether none of the attributes shares a character with a half-open span of the report."""
    spans = ((a.start, a.end) for a in attributes if a.start is not None and a.end is not None)
    return all(end <= first or last <= start for first, last in spans)


def _cut(attribute: Attribute, place: int) -> Attribute:
    """The attribute as far as that place of the report, if it is in it."""
    if (
        attribute.start is None
        or attribute.end is None
        or not attribute.start < place < attribute.end
    ):
        return attribute
    words = attribute.text[: place - attribute.start].rstrip(" \t\n,;")
    return replace(attribute, text=words, end=attribute.start + len(words))


def _with_status(item: Item, types: Iterable[AttributeType], report: str) -> Item:
    """The item, with the status that stands in brackets behind it, or alone behind it in its line: "Bisoprolol 5 mg
    (increased)", "Metformin STOPPED"."""
    type = next((type for type in types if type.normaliser == "status"), None)
    if type is None or item.end is None or any(a.type == type.key for a in item.attributes):
        return item
    found = _BEHIND.match(report, item.end)
    if found is None or found.lastgroup is None or not value_of("status", found[found.lastgroup]):
        return item
    status = Attribute(type.key, found[found.lastgroup], *found.span(found.lastgroup))
    return _with(item, (*item.attributes, status), types)


def _windows(text: str, words: int) -> Iterator[tuple[int, int]]:
    """The places of up to so many words in a row, the longest first."""
    spans = [match.span() for match in _WORD.finditer(text)]
    for size in range(min(words, len(spans)), 0, -1):
        for first, last in zip(spans, spans[size - 1 :], strict=False):
            yield first[0], last[1]


def _is_route(words: str) -> bool:
    return words not in _AMBIGUOUS and value_of("route", words) is not None


def _is_timing(words: str) -> bool:
    return _tells(value_of("timing", words))


def _is_dose(words: str) -> bool:
    value = value_of("quantity", words)
    return isinstance(value, Quantity) and bool(_DOSE.match(value.code or ""))


_TIMING_WORDS = 7
_NEAR = 60  # characters behind an item that are looked at
# By what the words become in FHIR, and their normaliser: how many they may be, and what knows them
_NAMED: Mapping[tuple[str | None, str | None], tuple[int, Callable[[str], bool]]] = {
    ("dose", "quantity"): (2, _is_dose),
    ("route", "route"): (2, _is_route),
    ("timing", "timing"): (_TIMING_WORDS, _is_timing),
}


def _with(item: Item, attributes: Iterable[Attribute], types: Iterable[AttributeType]) -> Item:
    order = {type.key: place for place, type in enumerate(types)}
    return replace(item, attributes=tuple(sorted(attributes, key=lambda a: order.get(a.type, -1))))


def _with_row_head(item: Item, types: Iterable[AttributeType], report: str) -> Item:
    """The item, with the words that head its row if nothing of their type belongs to it yet."""
    for type in types:
        if type.fhir != "test" or any(a.type == type.key for a in item.attributes):
            continue
        head = row_head(report, item.start) if item.start is not None else None
        if head:
            added = Attribute(type.key, report[slice(*head)], *head)
            return _with(item, (added, *item.attributes), types)
    return item
