"""Synthetic clinical reports in English and German in which every span is known.

A report is an expansion of a grammar (``synthetic_en.txt``, ``synthetic_de.txt``), filled with a
patient record of faker-healthcare-provider (disease, symptoms, drugs, tests that belong together)
and the grammar's own vocabulary. What a span covers follows MACCROBAT as mapped in
docs/gold-standard.md, so that the rows agree with the gold standard.

The grammar's notation: ``== NAME`` heads the alternatives of a symbol, one per line, and in an
alternative

- ``{symbol}`` is one of the symbol's alternatives, another one each time, ``{^symbol}`` the same
  with a capital;
- ``{symbol?}`` is the symbol or nothing, ``{a|b|}`` one of the words, ``{?|words}`` the words or
  nothing;
- ``{#2-9}`` is a number of that range, with as many decimals;
- ``{H:Words}`` is a heading, in the form that this report uses;
- ``[label|words]`` is a span of a category (:mod:`corpora.markup`);
- ``\\n`` is a line break, ``\\t`` a tab, ``~`` a space that is kept.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from corpora.markup import Mark, read_markup, record_of
from corpora.patients import Patient, patients
from elmtex.types import InputError, Record

LANGUAGES = ("en", "de")
_SLOT = re.compile(r"\{([^{}]*)\}")
_NUMBER = re.compile(r"#(\d+)(?:\.(\d+))?-(\d+)(?:\.\d+)?")
_MOST_EXPANSIONS = 5000


def generate(lang: str, count: int, seed: int = 0) -> Iterator[Record]:
    """Synthetic reports with all 15 categories labelled.

    Args:
        lang: ``en`` or ``de``.
        count: how many.
        seed: the same seed gives the same reports, and the first n of a longer run.

    Raises:
        InputError: another language.
        MissingDependencyError: faker-healthcare-provider is not installed.
    """
    if lang not in LANGUAGES:
        raise InputError(f"no synthetic reports in {lang!r}; there are {', '.join(LANGUAGES)}")
    grammar = _grammar(lang)
    for number, patient in enumerate(patients(lang, count, seed)):
        chance = random.Random(f"{seed}-{lang}-{number}")
        writer = Writer(grammar, patient, chance)
        markup = _laid_out(writer.write("report"), lang, patient, chance)
        text, marks = read_markup(markup)
        text = _hard_wrapped(text, marks, chance)
        yield record_of(text, marks, f"{lang}-{seed}-{number}", "synthetic", lang)


@dataclass(slots=True)
class Writer:
    """Expands the grammar for one patient; each symbol deals its alternatives like a deck, so none
    comes twice before all have come."""

    grammar: Mapping[str, tuple[str, ...]]
    patient: Patient
    chance: random.Random
    decks: dict[str, list[str]] = field(default_factory=dict)

    def write(self, symbol: str) -> str:
        """One expansion of a symbol: text with ``[label|words]`` marks, headings and ``~`` still to
        lay out."""
        text = self._deal(symbol)
        for _ in range(_MOST_EXPANSIONS):
            slot = _SLOT.search(text)
            if slot is None:
                return text
            text = text[: slot.start()] + self._fill(slot[1]) + text[slot.end() :]
        raise ValueError(f"the symbol {symbol!r} does not come to an end")

    def _fill(self, slot: str) -> str:
        if slot.startswith("H:"):
            return f"\x01{slot[2:]}\x02"
        if number := _NUMBER.fullmatch(slot.replace(",", ".")):
            return self._number(slot, number)
        if slot.startswith("?|"):
            return self.chance.choice((slot[2:], ""))
        if len(choices := _split(slot)) > 1:
            return self.chance.choice(choices)
        if slot.endswith("?"):
            return self.write(slot[:-1]) if self.chance.random() < 0.5 else ""
        if slot.startswith("^"):
            words = self.write(slot[1:])
            return words[:1].upper() + words[1:]
        return self._deal(slot)

    def _number(self, slot: str, number: re.Match[str]) -> str:
        low, high = (float(part) for part in slot[1:].replace(",", ".").split("-"))
        decimals = len(number[2] or "")
        text = f"{self.chance.uniform(low, high):.{decimals}f}"
        return text.replace(".", ",") if "," in slot else text

    def _deal(self, symbol: str) -> str:
        if not self.decks.get(symbol):
            alternatives = self.patient.vocabulary.get(symbol) or self.grammar[symbol]
            deck = [a for a in alternatives if not self._is_unfit(a)]
            self.chance.shuffle(deck)
            self.decks[symbol] = deck
        return self.decks[symbol].pop()

    def _is_unfit(self, alternative: str) -> bool:
        """Whether the words befit the other sex, or are a slot of the record that has nothing
        there."""
        empty = self.patient.vocabulary.get(alternative[1:-1]) == ()
        return empty or bool(self.patient.unfit.fullmatch(alternative))


def _laid_out(text: str, lang: str, patient: Patient, chance: random.Random) -> str:
    """Headings in one form, spaces and empty lines tidied, articles and capitals right, line ends
    chosen."""
    heading = chance.choice(("{}:", "{}:", "{}", "**{}**", "== {} ==", "", "{}:\n"))
    upper = chance.random() < 0.35
    text = re.sub(
        "\x01(.*?)\x02",
        lambda m: heading.format(m[1].upper() if upper else m[1]),
        text.replace("\\n", "\n").replace("\\t", "\t"),
    )
    text = re.sub(r" {2,}", " ", text)
    text = re.sub(r" +([,.;:)\n])|^ +", r"\1", text, flags=re.M)
    text = re.sub(r"\n{3,}", "\n\n", text).strip().replace("~", " ")
    text = text.replace(".].", ".]")  # "2 g i.v." at a sentence's end
    if lang == "en":
        text = _LEADING_ARTICLE.sub(r"\2\1", text)
        text = re.sub(r"\b(no|any|No|not) (?:an?|the) ", r"\1 ", text)
        text = _ARTICLE.sub(_article, text)
        text = _SENTENCE.sub(lambda m: m[1] + m[2].upper(), text)
    else:
        text = re.sub(r"_(?:r|in)\b", lambda m: patient.vocabulary[m[0]][0], text)
    return text.replace("\n", "\r\n") if chance.random() < 0.05 else text


# MACCROBAT's spans begin after the article.
_LEADING_ARTICLE = re.compile(r"((?:\[\w+[!?]?\|)+)((?:[Aa]n?|the) )")
# "a" before a word, through the marks between them; a capital "A" only where a sentence begins.
_ARTICLE = re.compile(r"((?:(?<=[.\n] )|^)A|\ba)n?( (?:\[\w+[!?]?\|)*)(?=([\w]+))", re.M)
_SENTENCE = re.compile(r"((?:^|[\w)\]%]{2}\.\s)(?:\[\w+[!?]?\|)*)([a-z])", re.M)


def _article(match: re.Match[str]) -> str:
    word = match[3]
    if word.isdigit():
        vowel = word[0] == "8" or word in ("11", "18")
    elif len(word) < 4 and word.isupper() and word not in ("CT", "PET"):
        vowel = word[0] in "AEFHILMNORSX"  # read letter by letter: an MRI
    else:
        vowel = bool(re.match(r"[aeio]|u(?!ni|r[eio]|se|te)", word, re.I))
    return match[1] + ("n" if vowel else "") + match[2]


def _hard_wrapped(text: str, marks: list[Mark], chance: random.Random) -> str:
    """One report in six with lines of at most 80 characters or so; a line never breaks inside a
    span.

    Blanks become line breaks one for one, so offsets stay.
    """
    if "\r" in text or chance.random() > 1 / 6:
        return text
    inside = bytearray(len(text))
    for mark in marks:
        inside[mark.start : mark.end] = b"\x01" * (mark.end - mark.start)
    width = chance.choice((66, 72, 80))
    characters = list(text)
    begin, last = 0, None
    for place, character in enumerate(text):
        if character == "\n":
            begin, last = place + 1, None
        elif character == " " and not inside[place]:
            last = place
        if place - begin >= width and last is not None:
            characters[last] = "\n"
            begin, last = last + 1, None
    return "".join(characters)


def _split(slot: str) -> list[str]:
    """The alternatives of an inline choice: separated by "|" outside of marks."""
    parts, depth = [""], 0
    for character in slot:
        depth += (character == "[") - (character == "]")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


@cache
def _grammar(lang: str) -> dict[str, tuple[str, ...]]:
    lines = (Path(__file__).parent / f"synthetic_{lang}.txt").read_text(encoding="utf-8")
    grammar: dict[str, list[str]] = {}
    for line in lines.splitlines():
        if line.startswith("== "):
            grammar[symbol := line[3:]] = []
        elif line:
            grammar[symbol].append(line)
    return {symbol: tuple(alternatives) for symbol, alternatives in grammar.items()}
