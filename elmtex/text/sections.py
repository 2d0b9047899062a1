"""The sections of a report, told by its headings: "PMH: HTN", "ASSESSMENT AND PLAN", "## Befund", "Labor" over a line of dashes.

By rules and a table of names (:mod:`elmtex.text.section_names`): the same report gives the same sections, whatever the model.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from elmtex.text.normalisation import normalise, sentences
from elmtex.text.reading import reading
from elmtex.text.section_names import COLON_ONLY, ORGANS, key, likely_kind, named_kind
from elmtex.types import Assertion, Item

_LONGEST = 60  # characters of a heading
_SHORT_LINE = 50  # characters: a longer line may go on in the next one
_LINE = re.compile(r"^ *([^\s][^\n]*)", re.MULTILINE)
_MARKS = re.compile(
    r"(?P<bullet>[-*•+·>] +)?(?P<hash>#{1,6} *)?"
    r"(?P<number>\(?(?:\d{1,2}(?:\.\d{1,2}){1,2}\.?|\d{1,2}[.)]|[IVX]{1,4}[.)]|[a-hA-H][.)]) +)?"
    r"(?P<dress>[*_=\[<-]{1,5} ?)?"
)
_WORDS = re.compile(rf"[^\W\d_][^\n:;!?]{{0,{_LONGEST - 1}}}")
_CLOSING = re.compile(r"[ *_=#\]>-]*")
_UNDERLINE = re.compile(r" *([=\-_~*])\1{2,} *(?:\n|$)")
_DASHED = re.compile(r"([^\W\d_][^\n:;!?-]{0,30}?) - (?=\S)")
# Further headings in a line follow a sentence, a bar or a gap, and begin with a capital.
_INSIDE = re.compile(r"(?:(?<=[.;!?)|] )|(?<=  ))[A-ZÄÖÜ][^\n:.;!?|]{0,45}\.?:(?=\s|$)")
_SOAP = {
    **dict.fromkeys("S", "history_of_present_illness"),
    **dict.fromkeys("O", "physical_examination"),
    **dict.fromkeys("A", "assessment"),
    **dict.fromkeys("P", "plan"),
}
# Words of which allergies are told
ALLERGY = re.compile(
    r"\b(?:\w*allerg\w*|react(?:s|ed|ion|ions)?|\w*reaktion(?:en)?|intoler\w*|\w*unverträg\w*|verträgt|anaphyl\w*|rash|hives|urticaria|swelling"
    r"|angio-?oedema|angio-?edema|\w*exanthem|urtikaria|nesselsucht|(?:hyper)?sensitiv\w*|überempfindlich\w*|nkd?a|latex|quaddeln|itch\w*|bronchospas\w*|avoid\w*|atemnot)\b",
    re.IGNORECASE,
)
# What is said in a line or a list; a sentence about the patient's visit behind it no longer belongs to it, even without a heading.
# Where one of these words of the section's matter follows, it goes on.
_BRIEF = {
    "allergies": ALLERGY,
    "family_history": re.compile(
        r"\b(?:famil(?:y|ial|ie|iär\w*)|adopted|adoptiert"
        r"|(?:grand|step)?(?:mother|father|parents?|sons?|daughters?|child|children)|brothers?|sisters?|siblings?|twins?|aunts?|uncles?|cousins?|nieces?|nephews?"
        r"|maternal|paternal|wife|husband|(?:groß|ur|stief|schwieger)?(?:mutter|vater|eltern|söhne?|sohn|tochter|töchter)|mütterlich\w*|väterlich\w*"
        r"|(?:halb)?(?:brüder|bruder|schwestern?)|geschwister|zwilling\w*|tanten?|onkel|cousinen?|nichten?|neffen?|kind(?:er|es)?)\b",
        re.IGNORECASE,
    ),
    "immunizations": re.compile(
        r"\b(?:immuni[sz]\w*|vaccin\w*|\w*impf\w*|boosters?|shots?|tetanus|due|overdue|fehl\w*|declin\w*|influenza|pneumo[ck]o[ck]\w*|hepatitis|mmr|masern|fsme)\b",
        re.IGNORECASE,
    ),
}
_VISIT = re.compile(
    r"[.!?)] *\n\s*(?=(?:This|The|An?) (?:pleasant )?(?:\d{1,3}[- ]year|patient\b)|Patient (?:is|was|presents?|presented)\b"
    r"|(?:Mr|Mrs|Ms)\.? [A-Z]|On (?:admission|examination)\b|(?:Der|Die|Unsere?) (?:\d{1,3}[- ]?jährige|Pat(?:\.|ient))"
    r"|(?:Herr|Frau) [A-ZÄÖÜ]|Bei (?:Aufnahme|Vorstellung)\b)"
    r"|[.!?)] +(?=(?:This|The|An?) (?:pleasant )?(?:\d{1,3}[- ]year|patient (?:presents?|presented|takes|was admitted)\b)|(?:Patient|Pt\.?) (?:takes|presents?|presented)\b"
    r"|On (?:admission|examination|exam)\b|Bei (?:Aufnahme|Vorstellung)\b)"
)
# Without a subject, which in a family history may be a relative
_VISIT_OF_PATIENT = re.compile(
    rf"{_VISIT.pattern}|[.!?)] +(?=(?:(?:He|She) )?(?:[Tt]akes|[Pp]resents|[Pp]resented)\b|(?:Taking|Presenting|Complains|Admitted)\b"
    r"|(?:Nimmt|Kommt|Klagt|Er nimmt|Sie nimmt) |Stellt sich\b|Vorstellung (?:wegen|mit|bei)\b)"
)
_WORD = re.compile(r"\w+")
_NOTHING = frozenset(
    "no none nil nothing negative neg denied denies keine keiner kein nein".split()
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under one heading.

    Args:
        kind: one of :data:`elmtex.text.section_names.KINDS`; None where no heading tells: before the first, and below a brief section.
        heading: half-open code points of the heading with its number, marks, colon and underline; None where there is none.
        body: half-open code points from there to the next section.
    """

    kind: str | None
    heading: tuple[int, int] | None
    body: tuple[int, int]

    @property
    def start(self) -> int:
        return (self.heading or self.body)[0]


@dataclass(frozen=True, slots=True)
class _Heading:
    start: int
    end: int
    kind: str
    known: bool  # its words tell the kind
    listed: bool = False  # with a number or bullet, as an entry of a list has
    part: bool = False  # the last word alone tells the kind: "Hip examination"


def sections(report: str) -> tuple[Section, ...]:
    """The sections of a report, in order; together they are the whole report.

    Headings are found in linear time: lines of their own in capitals, with a colon, underlined, numbered or marked as in
    Markdown, and names with a colon before text. A colon alone makes none ("Hypertension: well controlled").

    Returns:
        At least one section; a report without a heading is one of kind None.

    Examples:
        >>> report = "PMH: HTN, gout\\nAllergies: none"
        >>> [(s.kind, report[slice(*s.heading)], report[slice(*s.body)]) for s in sections(report)]
        [('past_history', 'PMH:', ' HTN, gout\\n'), ('allergies', 'Allergies:', ' none')]
    """
    text = normalise(report)
    headings = _headings(text)
    if not headings:
        return (Section(None, None, (0, len(report))),)
    ends = [heading.start for heading in headings[1:]] + [len(report)]
    found = [
        part
        for h, end in zip(headings, ends, strict=True)
        for part in _ended(Section(h.kind, (h.start, h.end), (h.end, end)), text)
    ]
    before = report[: headings[0].start]
    if before and not before.strip():
        found[0] = replace(found[0], heading=(0, headings[0].end))
    elif before:
        found.insert(0, Section(None, None, (0, headings[0].start)))
    return tuple(found)


def _ended(section: Section, text: str) -> Iterator[Section]:
    """A section, and what follows it without a heading: "Allergies: latex.", then "The patient presented …"."""
    start, end = section.body
    if still := _BRIEF.get(section.kind or ""):
        last = max((match.end() for match in still.finditer(text, start, end)), default=start)
        told = _VISIT if section.kind == "family_history" else _VISIT_OF_PATIENT
        if visit := told.search(text, last, end):
            yield replace(section, body=(start, visit.end()))
            yield Section(None, None, (visit.end(), end))
            return
    yield section


@dataclass(frozen=True, slots=True)
class Sectioned:
    """A report and its sections: where an item stands, and whether it is a heading.

    Examples:
        >>> read = Sectioned.of("Allergies: latex")
        >>> read.kind(11), read.heading(11), read.is_heading(0, 9), read.is_heading(11, 16)
        ('allergies', 'Allergies', True, False)
    """

    report: str
    sections: tuple[Section, ...]
    _sentences: list[tuple[int, int]] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def of(cls, report: str) -> Sectioned:
        return cls(report, sections(report))

    def sentence(self, start: int) -> tuple[int, int]:
        """The sentence around a code point, half-open code points: also over the end of a line that is merely wrapped."""
        if not self._sentences:
            read = reading(self.report)
            self._sentences.extend(read.span(*span) for span in sentences(read.text))
        if not self._sentences:
            return 0, len(self.report)
        at = bisect_right(self._sentences, start, key=lambda span: span[0]) - 1
        return self._sentences[max(at, 0)]

    def kind(self, start: int) -> str | None:
        """The kind of the section that this code point is in."""
        return self.at(start).kind

    def heading(self, start: int) -> str:
        """The words of the heading above this code point; "" where there is none."""
        section = self.at(start)
        words = self.report[slice(*section.heading)] if section.heading else ""
        marks = _MARKS.match(words)
        return " ".join(words[marks.end() if marks else 0 :].split()).rstrip(" :*_=#]>-~")

    def is_heading(self, start: int, end: int, assertion: Assertion = "present") -> bool:
        """Whether ``report[start:end]`` is all the words of a heading, and these name a section.

        "Allergies: none" is a form's field, not a heading, for the item that is absent.
        """
        section = self.at(start)
        if section.heading is None or not section.heading[0] <= start < end <= section.heading[1]:
            return False
        if assertion == "absent" and self._denies(section):
            return False
        words = self.report[start:end]
        heading = self.report[slice(*section.heading)]
        return bool(named_kind(words)) and _letters(words) == _letters(heading)

    def placed(self, categories: Mapping[str, Iterable[Item]]) -> dict[str, tuple[Item, ...]]:
        """The items, each with its section, without those that are a heading."""
        return {
            key: tuple(self._placed(item) for item in items if not self._is_heading(item))
            for key, items in categories.items()
        }

    def _is_heading(self, item: Item) -> bool:
        if item.start is None or item.end is None:
            return False
        return self.is_heading(item.start, item.end, item.assertion)

    def _placed(self, item: Item) -> Item:
        kind = None if item.start is None else self.kind(item.start)
        return replace(item, section=kind) if kind else item

    def at(self, start: int) -> Section:
        """The section that this code point is in."""
        return self.sections[bisect_right(self.sections, start, key=lambda s: s.start) - 1]

    def _denies(self, section: Section) -> bool:
        body = self.report[section.body[0] : min(section.body[1], section.body[0] + _LONGEST)]
        words = _WORD.findall(body.lower())
        return 0 < len(words) <= 2 and words[0] in _NOTHING


def _letters(words: str) -> str:
    """The words without a list's number or mark before them, in small letters."""
    marks = _MARKS.match(words)
    return key(words[marks.end() if marks else 0 :])


def _headings(text: str) -> list[_Heading]:
    found, soap, unnamed = list[_Heading](), list[_Heading](), list[_Heading]()
    shouted = sum(map(str.isupper, text)) > 3 * sum(map(str.islower, text))
    before, blank = "", True  # the line before, and whether a gap or the report's start is there
    end_before = 0
    for match in _LINE.finditer(text):
        start, end = match.span(1)
        blank = text.count("\n", end_before, start) > 1 or not before
        heading = _heading(text, start, len(match[1].rstrip()) + start, before, blank, shouted)
        rest = start
        if heading:
            rest = heading.end
            kinds = found if heading.known else unnamed
            # What is unknown on the first line is the report's title.
            if heading.known or before:
                kinds.append(heading)
        elif text[start] in _SOAP and text.startswith(":", start + 1):
            soap.append(_Heading(start, start + 2, _SOAP[text[start]], True))
        found += _inside(text, rest, end)
        before, end_before = match[1], end
    if {"S", "O"} <= {text[h.start] for h in soap} and {text[h.start] for h in soap} & {"A", "P"}:
        found += soap
    if found and not min(found, key=lambda h: h.start).listed:  # else the list is the report
        found = [h for h in found if not h.listed]
    # Likely headings alone are none: a title, a table's head.
    if any(h.known for h in found):
        found += [h for h in unnamed if not h.listed]
    return _ascending(found)


def _ascending(found: list[_Heading]) -> list[_Heading]:
    stay: list[_Heading] = []
    for heading in sorted(found, key=lambda h: h.start):
        if stay and heading.start < stay[-1].end:
            continue
        if heading.part and stay and stay[-1].kind == heading.kind:
            continue
        stay.append(heading)
    return stay


def _heading(
    text: str, start: int, end: int, before: str, blank: bool, shouted: bool
) -> _Heading | None:
    """The heading that a line begins with.

    Args:
        start, end: of the line, without the blanks around it.
        before: the line before.
        blank: a gap precedes the line.
        shouted: the report is in capitals throughout.
    """
    marks = _MARKS.match(text, start, end)
    assert marks is not None  # all of it may be missing
    words = _WORDS.match(text, marks.end(), end)
    if words is None or words.end() - words.start() < 2:
        return None
    listed = bool(marks["bullet"] or (marks["number"] and not marks["hash"]))
    name, stop = words[0].rstrip(" *_=#]>-"), words.end()
    if text.startswith(":", stop):
        closing = stop + 1
        while closing < end and text[closing] in "*_]>":
            closing += 1
        alone = closing == end
        is_plain = alone or name.isupper() or " " not in name
        kind = likely_kind(name) if is_plain else named_kind(name)
        # "all: 3 cases", "Status quo": a lone small letter or word is no abbreviation
        if kind and not (name.islower() and key(name) in ("all", "fa", "sh")):
            return _Heading(start, closing, kind, True, listed, named_kind(name) is None)
        if alone and (marks["hash"] or _is_capitals(name, shouted)):
            return _Heading(start, closing, "other", False, listed)
        return None
    closing_marks = _CLOSING.fullmatch(text, marks.end() + len(name), end)
    if " - " in name and (heading := _dashed(text, start, marks.end(), listed)):
        return heading
    if closing_marks is None or "  " in name:
        return None
    if name.endswith((".", ",")):
        return None
    underline = _UNDERLINE.match(text, end + 1) if text.startswith("\n", end) else None
    dressed = bool(marks["hash"] or (marks["dress"] and closing_marks[0].strip()) or underline)
    capitals = _is_capitals(name, shouted)
    if dressed or (capitals and name.isupper()):
        kind = likely_kind(name)
    else:
        kind = _lonely_kind(name, before, blank)
    ends = underline.end() if underline else end
    ends -= text[ends - 1] == "\n"
    if kind:
        return _Heading(start, ends, kind, True, listed, named_kind(name) is None)
    is_problem = len((marks["hash"] or "").strip()) == 1  # "# Atrial fibrillation"
    if dressed and not is_problem:
        return _Heading(start, ends, "other", False, listed)
    if capitals and blank and len(name) > 4 and not shouted:
        return _Heading(start, ends, "other", False, listed)
    return None


def _is_capitals(name: str, shouted: bool) -> bool:
    """Whether a line in capitals is a heading and not a part of the examination."""
    if not name.isupper() or any(map(str.isdigit, name)):
        return False
    return not any(word in ORGANS for word in key(name).split())


def _lonely_kind(name: str, before: str, blank: bool) -> str | None:
    """The kind of a line without colon or capitals: "Family history", but no end of a wrapped sentence."""
    if not name[0].isupper() or (key(name) in COLON_ONLY and not (blank and len(name) > 3)):
        return None
    if not blank and len(before) >= _SHORT_LINE and before[-1] not in ".:;!?":
        return None
    return named_kind(name)


def _dashed(text: str, start: int, first: int, listed: bool) -> _Heading | None:
    """A heading with a dash: "PMH - HTN"."""
    match = _DASHED.match(text, first)
    if match is None or not match[1][0].isupper() or key(match[1]) in COLON_ONLY:
        return None
    kind = named_kind(match[1])
    return _Heading(start, match.end(1) + 2, kind, True, listed) if kind else None


def _inside(text: str, start: int, end: int) -> Iterator[_Heading]:
    """Headings further on in a line: "PMH: gout. Meds: allopurinol"."""
    for match in _INSIDE.finditer(text, start, end):
        name = match[0]
        kind = named_kind(name)
        if kind and (name.isupper() or name == "All:" or key(name) not in COLON_ONLY):
            yield _Heading(match.start(), match.end(), kind, True)
