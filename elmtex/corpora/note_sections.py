"""From a section of a clinical note to items: the section says the category, the sentence is the span.

Used for corpora that label sections only (ACI-Bench, MTS-Dialog). Which part of a sentence is the item follows
MACCROBAT: not the words that introduce it ("The patient reports a"), and of an enumeration each member.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from elmtex.corpora.maccrobat import LIFE_STYLE
from elmtex.corpora.spans import Span, item_at, sentences, trimmed
from elmtex.types import Assertion, Item

Section = Literal["history", "allergies", "family_social", "medications", "review", "diagnosis"]
HISTORY = (
    "life_style",
    "family_history",
    "social_history",
    "medical_surgical_history",
    "pharmacological_therapy",
)

_LEAD = re.compile(
    r"(?:\(?\d+[.)]\s*)?"
    r"(?:(?:(?:the )?patient|he|she|they|mother|father|parents?)(?:'s)? )?"
    r"(?:(?:currently|also|otherwise|presently|now|still|previously|has been|is|was|states|mentions) )*"
    r"(?:(?:reports?|reported|states|endorses|takes|taking|takes only|use of|uses?|using|utilizes|utilizing|on|has|have|had"
    r"|receiving|undergone|underwent|positive for|significant for|includes?|notable for"
    r"|remarkable for|consists? of|that|he|she|been|is|was|currently|also|only|presently|are"
    r"|medications?:?|known) )*(?:an? |the |his |her |some )?",
    re.I,
)
# What introduces a statement on habits, family or social life.
_SUBJECT = re.compile(
    r"(?:(?:the )?patient |he |she )?(?:also |currently |further )*"
    r"(?:(?:reports|states|mentions|notes|endorses) (?:that )?(?:(?:he|she|they) )?)?(?:also |currently )*"
    r"(?:(?:is|was|has been) (?:an? |currently )?)?",
    re.I,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|did|does|do|denies|reports|states|died|takes?|took|works?|lives?|lived"
    r"|smokes?|drinks?|quit|uses?|causes?|caused|been|being|who|which|that|because|when|but|if|about|per)\b",
    re.I,
)
_JOINT = re.compile(r"\s*(?:,\s*(?:and|or)\s|,|;|\band\b|\bor\b)\s*", re.I)
_LONGEST_MEMBER = 7  # words; a longer part is no member of an enumeration of names

_FAMILY = re.compile(
    r"\b(?:mother|father|mom|dad|brothers?|sisters?|siblings?|parents?|family history|in the family|grand\w+|aunts?"
    r"|uncles?|cousins?|niece|nephew|twin|maternal\w*|paternal\w*|family members?|familial|hereditary)\b",
    re.I,
)
_HABIT = re.compile(
    r"\b(?:smok\w*|non-?smok\w*|tobacco|cigar\w*|pack[- ]year\w*|packs?|alcohol\w*|etoh|drink\w*|non-?drink\w*|beers?"
    r"|wine|drugs?|marijuana|cocaine|vap(?:es?|ing)|exercis\w*|diet|caffeine|coffee|illicit|substance|work(?:s|ed|ing)?"
    r"|retired|employ\w*|unemployed|occupation|job|truck driver|student|school|college|teacher|hobb\w+|disabled"
    r"|homemaker|housewife|runs?|running|walks?|gym|sports?|soccer|yoga|hiking|bik(?:es?|ing))\b",
    re.I,
)
_SOCIAL = re.compile(
    r"\b(?:married|single|divorced|widow\w*|separated|lives?|living|resides|roommate|born|raised|immigrated|moved"
    r"|wife|husband|boyfriend|girlfriend|partner|daughters?|sons?|children|child|kids|grandchildren|homeless"
    r"|nursing home|assisted living|religio\w+|church|caucasian|hispanic|african|asian)\b",
    re.I,
)
_ALLERGIC = re.compile(
    r"allerg|reaction|caus|intoleran|sensitiv|rash|hives|anaphyla|swelling", re.I
)
_DRUG_TAKEN = re.compile(
    r"\b(?:is on|takes?|taking|medications?|medicines?|mg|treated with|prescribed|started|therapy with|pills?)\b",
    re.I,
)
_INLINE_HEADING = re.compile(r"[A-Z]{3}[A-Z /]*:")
# In a diagnosis section: what is history rather than diagnosis, and what is not certain.
_NOT_NOW = re.compile(r"\b(?:history of|status post|s/p|no|not|negative)\b", re.I)
_UNCERTAIN = re.compile(
    r"(?:possible|possibly|probable|probably|likely|suspected|presumed|questionable|rule out)\s+",
    re.I,
)
_CUES: tuple[tuple[re.Pattern[str], Assertion], ...] = (
    (
        re.compile(
            r"(?:(?:the )?patient |he |she )?(?:denies|denied|denying|reports no|negative for|no|negative"
            r"|has no|no history of|there is no)\s+(?:any |having |recent )?",
            re.I,
        ),
        "absent",
    ),
    (
        re.compile(
            r"(?:(?:the )?patient |he |she )?(?:reports|endorses|positive for|admits to|complains of|has)\s+"
            r"(?:some |having |a |an )?",
            re.I,
        ),
        "present",
    ),
)
_SYSTEM = re.compile(
    r"[•*\s]*(?:[A-Z][A-Za-z]*(?:,? (?:and |& )?[A-Z][A-Za-z]*)*|[A-Z/ ]+):\s*(?:Normal[;.]\s*)?"
)
_MIXED = re.compile(
    r"\b(?:but|except|although|however|deny|denies|reports|endorses|positive|negative|no|not|which|that|is|are|has"
    r"|unless|with|when|after|due)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Labels:
    """What a text's sections tell: items by category, and the categories of which they do not tell all."""

    items: dict[str, list[Item]]
    unsure: frozenset[str]


def label(text: str, sections: list[tuple[Section, int, int]]) -> Labels:
    """Items of the sections of a text.

    Args:
        text: the note without its headings.
        sections: what each stretch of it is, as half-open code points.
    """
    items: dict[str, list[Item]] = defaultdict(list)
    unsure: set[str] = set()
    for section, begin, stop in sections:
        for span in sentences(text, begin, stop):
            if section == "review":
                found = _review(text, span)
                if found is None:
                    unsure.add("signs_symptoms")
                items["signs_symptoms"] += found or []
                continue
            sentence = text[span[0] : span[1]]
            categories = _categories(section, sentence)
            if section != "medications" and _DRUG_TAKEN.search(sentence):
                unsure.add("pharmacological_therapy")
            if len(categories) == 1:
                items[categories[0]] += _statements(text, span, categories[0])
            else:
                unsure.update(categories or (*HISTORY, "diagnosis"))
            if section == "medications" and _long_winded(text, span):
                unsure.add("pharmacological_therapy")
    return Labels(dict(items), frozenset(unsure))


def _categories(section: Section, sentence: str) -> tuple[str, ...]:
    """The categories that a sentence may belong to: one when it is clear, none when there is no telling."""
    if _INLINE_HEADING.match(sentence):
        return ()
    if section == "diagnosis":
        return () if _NOT_NOW.search(sentence) else ("diagnosis",)
    if section == "medications":
        return ("pharmacological_therapy",)
    family = bool(_FAMILY.search(sentence))
    if section in ("history", "allergies"):
        if section == "allergies" and not _ALLERGIC.search(sentence):
            return ()
        habit = bool(LIFE_STYLE.search(sentence))
        found = {
            "medical_surgical_history": True,
            "family_history": family,
            "life_style": habit,
            "pharmacological_therapy": bool(_DRUG_TAKEN.search(sentence)),
        }
    else:
        habit, social = bool(_HABIT.search(sentence)), bool(_SOCIAL.search(sentence))
        found = {
            "family_history": family,
            "life_style": habit,
            "social_history": social and not family,
        }
    return tuple(key for key, hit in found.items() if hit)


def _statements(text: str, span: Span, category: str) -> Iterator[Item]:
    """The sentence's items: without its introduction, an enumeration of names taken apart."""
    start, end = span
    personal = category in ("life_style", "social_history", "family_history")
    if lead := (_SUBJECT if personal else _LEAD).match(text, start, end):
        start = lead.end()
    if not personal and not _FINITE.search(text, start, end):
        members = list(_members(text, start, end))
        if all(_is_name(text[a:b]) for a, b in members):
            for begin, stop in members:
                doubt = _UNCERTAIN.match(text, begin, stop) if category == "diagnosis" else None
                if doubt:
                    yield item_at(text, doubt.end(), stop, "possible")
                else:
                    yield item_at(text, begin, stop)
            return
    start, end = trimmed(text, start, end)
    if start < end:
        yield item_at(text, start, end)


def _is_name(words: str) -> bool:
    """Whether a part of a sentence can be a member of an enumeration; "1996" and "40 mg" cannot."""
    return len(words.split()) <= _LONGEST_MEMBER and not words[0].isdigit()


def _members(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for joint in [*_JOINT.finditer(text, start, end), None]:
        span = trimmed(text, begin, joint.start() if joint else end)
        if span[0] < span[1]:
            yield span
        begin = joint.end() if joint else end


def _long_winded(text: str, span: Span) -> bool:
    """Whether a sentence on drugs is more than a list of them with their doses."""
    start = lead.end() if (lead := _LEAD.match(text, *span)) else span[0]
    words = text[start : span[1]]
    return (
        len(words.split()) > 40
        or bool(_FINITE.search(words))
        or bool(re.match(r"(?:no|none|denies)\b", words, re.I))
    )


def _review(text: str, span: Span) -> list[Item] | None:
    """Symptoms that a sentence of a review of systems affirms or denies; None when it is not that plain."""
    start, end = span
    if system := _SYSTEM.match(text, start, end):
        start = system.end()
    for cue, assertion in _CUES:
        if match := cue.match(text, start, end):
            if _MIXED.search(re.sub(r", (?:no|negative) ", ", ", text[match.end() : end])):
                return None
            items = []
            for a, b in _members(text, match.end(), end):
                if repeated := re.compile(r"(?:no|negative|and|or) (?:for )?", re.I).match(
                    text, a, b
                ):
                    a = repeated.end()
                if not _is_name(text[a:b]):
                    return None
                items.append(item_at(text, a, b, assertion))
            return items
    return None
