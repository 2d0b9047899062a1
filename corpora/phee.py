"""PHEE 2.0: MEDLINE sentences on adverse and therapeutic drug events, nested arguments with
offsets.

Source: Sun et al. 2022, PHEE; github ZhaoyueSun/phee-with-chatgpt, MIT.

What it labels completely was measured on the 4,827 sentences, not assumed:

- Only the drugs of the events are labelled: 14% of the mentions of drugs it knows are not. Here a
  labelled drug's other mentions in its sentence are labelled too, and a sentence in which a drug
  known to the corpus (or a dose in milligrams and the like) is left unlabelled labels no drug
  category at all.
- ``age`` and ``gender`` are labelled for the event's subject. MACCROBAT's conventions hold: the
  item is "8-month-old", not "8-month-old infant", and pronouns are not a gender. A sentence with an
  age in words ("children"), with a group ("women") or with an unlabelled age or gender does not
  label that category.
- Effects and disorders mix symptoms, diagnoses and past diseases: no ELMTEX category follows from
  them.
- Negation and speculation are said of the event, not of its drug: every item is present.

So each sentence gives up to two records, one for each schema: ``ID-elmtex`` labels some of age,
gender and pharmacological_therapy (the drug grown with dose, route, frequency and duration next to
it, as in MACCROBAT), ``ID-medication`` its drugs, when they are complete. Where one drug alone is
labelled, both label what belongs to it: dose, route, frequency and duration, in the medication
schema the indication, too.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpora.shared.fetch import Source, from_github
from corpora.shared.spans import Span, grounded_span, grown, item_at, without_overlap
from elmtex.text.normalisation import trimmed
from elmtex.types import Attribute, InputError, Record

SOURCE = Source(
    name="phee",
    licence="MIT",
    files=from_github(
        "ZhaoyueSun/phee-with-chatgpt",
        "a90c680b08464e731635eb2d2f2c49be6ad5e3e5",
        "data/datasets/phee2/source",
        {
            "train.json": "381210851bfc8ac7e34eeba1e134bb4b9be595f29806eb687c42b7623f536ace",
            "dev.json": "3fef1a8efe87bf144c6eca2ede1e5ade5c6d77444477924483d22f955385375f",
            "test.json": "230bca8c6164d40c54b5e7b7eb9f7eb560da94b27229d940cbc516f157aba4e8",
        },
    ),
)
ATTRIBUTES = {
    "dose": "Dosage",
    "route": "Route",
    "frequency": "Freq",
    "duration": "Duration",
    "indication": "Disorder",
}
_MODIFIERS = ("Dosage", "Freq", "Route", "Duration")
_UNIT = "year|yr|month|mo|week|wk|day"
_AGE = re.compile(
    rf"\b(?:\d+(?:\.\d+)?|\w+)[- ]?(?:{_UNIT})s?[- ]*old\b|\b\d+[- ]?(?:{_UNIT})s?\b", re.I
)
_AGE_WORDS = re.compile(rf"\b\d+[- ]?(?:{_UNIT})s?[- ]*old\b", re.I)
_GENDER = re.compile(
    r"\b(?:wo)?m[ae]n\b|\b(?:fe)?males?\b|\bboys?\b|\bgirls?\b|\blad(?:y|ies)\b", re.I
)
_GROUP = re.compile(r"\b(?:wo)?men\b|\b(?:fe)?males\b|\bboys\b|\bgirls\b|\bladies\b", re.I)
_AMOUNT = re.compile(r"\b\d[\d.,]*\s*(?:mg|g|micrograms|mcg|ml|units|IU)\b", re.I)
_WORD = re.compile(r"\w+")
_LONGEST_NAME = 4  # words of a drug's name that are looked up


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and the spans of its arguments by kind (Drug, Dosage, Age ...), sorted, each once."""

    id: str
    split: str
    text: str
    arguments: Mapping[str, tuple[Span, ...]]


def load(path: Path) -> Iterator[Record]:
    """Records of both schemas, sentence after sentence.

    Args:
        path: the folder with train.json, dev.json and test.json, or those of them that there are.

    Raises:
        InputError: none of them is there, or a line is not as expected.
    """
    sentences = [s for split in ("train", "dev", "test") for s in _sentences(path, split)]
    if not sentences:
        raise InputError(
            f"no train.json, dev.json or test.json in {path}: pass the folder of PHEE 2.0"
        )
    # Nothing held out decides what is trained.
    names = _drug_names([s for s in sentences if s.split == "train"])
    for sentence in sentences:
        drugs = _every_mention(sentence.text, sentence.arguments.get("Drug", ()))
        complete = _drugs_complete(sentence, drugs, names)
        yield _elmtex_record(sentence, drugs, complete)
        if complete:
            yield _medication_record(sentence, drugs)


def _elmtex_record(sentence: Sentence, drugs: list[Span], complete: bool) -> Record:
    text = sentence.text
    spans: dict[str, list[Span]] = {}
    ages = list(sentence.arguments.get("Age", ()))
    found = [_AGE.search(text, *span) for span in ages]
    if all(found) and not _outside(_AGE_WORDS, text, ages):
        spans["age"] = [match.span() for match in found if match]
    genders = sentence.arguments.get("Gender", ())
    if not any(_GROUP.search(text, *span) for span in genders) and not _outside(
        _GENDER, text, genders
    ):
        spans["gender"] = [m.span() for span in genders if (m := _GENDER.search(text, *span))]
    if complete:
        modifiers = [span for kind in _MODIFIERS for span in sentence.arguments.get(kind, ())]
        spans["pharmacological_therapy"] = [grown(text, drug, modifiers) for drug in drugs]
    return _record(sentence, "elmtex", "pharmacological_therapy", spans)


def _medication_record(sentence: Sentence, drugs: list[Span]) -> Record:
    return _record(sentence, "medication", "drug", {"drug": drugs})


def _record(sentence: Sentence, schema: str, drug: str, spans: Mapping[str, list[Span]]) -> Record:
    """The record of a sentence's spans; ``drug`` is the category whose items have attributes."""
    text = sentence.text
    cut = {key: [trimmed(text, *span) for span in found] for key, found in spans.items()}
    items = {
        key: without_overlap((item_at(text, a, b) for a, b in found if a < b), unique=False)
        for key, found in cut.items()
    }
    heads = sentence.arguments.get("Drug", ())
    known: tuple[str, ...] = ()
    if drug in items and len(heads) == 1:  # of several, the corpus does not say whose dose it is
        known = tuple(key for key in ATTRIBUTES if schema == "medication" or key != "indication")
        attributes = tuple(_attributes(sentence, known))
        items[drug] = tuple(
            replace(item, attributes=attributes)
            if _touches(heads[0], [grounded_span(item)])
            else item
            for item in items[drug]
        )
    return Record(
        id=f"{sentence.id}-{schema}",
        source="phee",
        lang="en",
        text=text,
        labelled=tuple(spans),
        items=items,
        split=sentence.split,
        attributes=known,
    )


def _attributes(sentence: Sentence, types: Sequence[str]) -> Iterator[Attribute]:
    for key in types:
        for span in sentence.arguments.get(ATTRIBUTES[key], ()):
            start, end = trimmed(sentence.text, *span)
            if start < end:
                yield Attribute(key, sentence.text[start:end], start, end)


def _every_mention(text: str, drugs: tuple[Span, ...]) -> list[Span]:
    """The drugs' spans and every other place where one of their names occurs as whole words."""
    names = {text[start:end] for start, end in drugs}
    mentions = set(drugs)
    for name in names:
        mentions.update(
            m.span() for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I)
        )
    return sorted(mentions)


def _drug_names(sentences: list[Sentence]) -> frozenset[str]:
    """Names that the corpus labels as a drug at least twice, and in most of the places where they
    occur."""
    labelled = Counter(
        s.text[a:b].lower() for s in sentences for a, b in s.arguments.get("Drug", ())
    )
    known = {name for name, count in labelled.items() if count > 1 and len(name) > 3}
    occurrences: Counter[str] = Counter()
    for sentence in sentences:
        occurrences.update(name for name, _ in _names_in(sentence.text, known))
    return frozenset(name for name in known if 2 * labelled[name] >= occurrences[name])


def _names_in(text: str, names: frozenset[str] | set[str]) -> Iterator[tuple[str, Span]]:
    words = [m.span() for m in _WORD.finditer(text)]
    for first, (start, _) in enumerate(words):
        for _, end in words[first : first + _LONGEST_NAME]:
            if (name := text[start:end].lower()) in names:
                yield name, (start, end)


def _drugs_complete(sentence: Sentence, drugs: list[Span], names: frozenset[str]) -> bool:
    text = sentence.text
    missing = any(
        not _touches(span, drugs) and not _touches(span, sentence.arguments.get("Disorder", ()))
        for _, span in _names_in(text, names)
    )
    return not missing and not _outside(_AMOUNT, text, sentence.arguments.get("Dosage", ()))


def _outside(pattern: re.Pattern[str], text: str, spans: tuple[Span, ...] | list[Span]) -> bool:
    """Whether the pattern occurs somewhere that no span touches."""
    return any(not _touches(match.span(), spans) for match in pattern.finditer(text))


def _touches(span: Span, spans: tuple[Span, ...] | list[Span]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in spans)


def _sentences(path: Path, split: str) -> Iterator[Sentence]:
    file = path / f"{split}.json"
    if not file.exists():
        return
    with file.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                sentence = Sentence(row["id"], split, row["context"], _arguments(row))
                if any(
                    not 0 <= start < end <= len(sentence.text)
                    for spans in sentence.arguments.values()
                    for start, end in spans
                ):
                    raise ValueError
                yield sentence
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f"{file}:{number}: not a PHEE 2.0 row ({error.__class__.__name__}); expected one JSON "
                    "object a line with id, context and annotations"
                ) from None


def _arguments(row: Mapping[str, Any]) -> dict[str, tuple[Span, ...]]:
    """Spans by argument kind; subject and treatment themselves, triggers and effects are not
    wanted.

    ``Disorder`` is the treatment's (what the drug is for), not the subject's.
    """
    found: dict[str, set[Span]] = defaultdict(set)
    for annotation in row["annotations"]:
        for event in annotation["events"]:
            subject, treatment = event.get("Subject", {}), event.get("Treatment", {})
            holders = [(subject, ("Age", "Gender")), (treatment, ("Drug", "Disorder", *_MODIFIERS))]
            holders += [(drugs, ("Drug",)) for drugs in treatment.get("Combination", ())]
            for holder, kinds in holders:
                for kind in kinds:
                    found[kind].update(_spans(holder.get(kind)))
    return {kind: tuple(sorted(spans)) for kind, spans in found.items()}


def _spans(argument: Mapping[str, Any] | None) -> Iterator[Span]:
    """Spans of an argument's contiguous mentions; one in several pieces has no span of its own."""
    if argument:
        for texts, starts in zip(argument["text"], argument["start"], strict=True):
            if len(texts) == 1:
                yield starts[0], starts[0] + len(texts[0])
