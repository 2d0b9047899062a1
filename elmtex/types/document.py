"""The document that a report becomes: items with their attributes and codes, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, get_args

from elmtex.values import Value, value_from_dict

Assertion = Literal["present", "absent", "possible"]
Status = Literal["ok", "truncated", "empty_report", "invalid_output", "failed"]

ASSERTIONS: tuple[Assertion, ...] = get_args(Assertion)
EMPTY = "The report is empty: there is nothing to extract."  # the problem of status empty_report


def N_(text: str) -> str:
    """Marks a sentence that the page translates where it is shown; gettext's own name for a mark that does nothing."""
    return text


@dataclass(frozen=True, slots=True)
class Code:
    """A concept of a terminology suggested for an item; never asserted without a human's choice.

    Args:
        system: the terminology's FHIR URI, e.g. ``http://hl7.org/fhir/sid/icd-10-cm``.
        code: the concept's code there, e.g. ``J18.9``.
        display: its preferred name.
        score: the linker's similarity, 0 to 1.
        chosen: a human chose it for this item; False for a mere suggestion.
    """

    system: str
    code: str
    display: str
    score: float
    chosen: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The code as JSON: ``chosen`` only when a human chose it."""
        data = asdict(self)
        if not self.chosen:
            del data["chosen"]
        return data


@dataclass(frozen=True, slots=True)
class Attribute:
    """What belongs to an item: a drug's dose, a value's test, a symptom's site or time. A mention
    and a relation in one.

    Args:
        type: key of one of the schema's attribute types, e.g. ``dose``.
        text: the words, exactly as in the report.
        start, end: half-open code points of the span, inside the item's or beside it; None when not
            grounded.
        confidence: probability that the attribute is right, 0 to 1; None when its source gives
            none.
        value: what its words say as data, by the normaliser that the schema names for its type;
            None where there is none or the words are not certain.
    """

    type: str
    text: str
    start: int | None
    end: int | None
    confidence: float | None = None
    value: Value | None = None

    def to_dict(self) -> dict[str, Any]:
        """The attribute as JSON: ``value`` only when there is one."""
        data = {
            "type": self.type,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "confidence": self.confidence,
        }
        return data if self.value is None else data | {"value": self.value.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Attribute:
        """The inverse of :meth:`to_dict`."""
        value = data.get("value")
        return cls(**{**data, "value": None if value is None else value_from_dict(value)})


@dataclass(frozen=True, slots=True)
class Mention:
    """A further place where an item's words occur, ignoring case and white space; half-open code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    """One fact: a span of the report with its assertion.

    Args:
        text: the words, exactly as in the report.
        start: first code point of the span; None when the text is not grounded in the report.
        end: one past the last code point; None together with ``start``.
        assertion: present, absent (negated) or possible (uncertain).
        confidence: probability that the item is right, 0 to 1; None when its source gives none
            (gold, a human).
        codes: suggested concepts, best first, and those a human chose; empty unless coding is on
            (``elmtex extract --codes``) or a reviewer chose one.
        attributes: what belongs to it, by type in the schema's order, then in report order.
        section: the kind of section it stands in, one of :data:`elmtex.text.section_names.KINDS`; None where no
            heading precedes it. It follows from the span, so it makes no other item.
        mentions: the later places where the same words were found with the same assertion, in report order. They
            make no other item.
        agreed: both of two readings found it, whatever they say of its ends and assertion; None where there was no
            second reading. It makes no other item.

    Examples:
        >>> report = "He denied fever."
        >>> item = Item("fever", 10, 15, "absent")
        >>> report[item.start : item.end] == item.text
        True
    """

    text: str
    start: int | None
    end: int | None
    assertion: Assertion = "present"
    confidence: float | None = None
    codes: tuple[Code, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    section: str | None = field(default=None, compare=False)
    mentions: tuple[Mention, ...] = field(default=(), compare=False)
    agreed: bool | None = field(default=None, compare=False)

    @property
    def grounded(self) -> bool:
        return self.start is not None

    def overlaps(self, start: int, end: int) -> bool:
        """Whether a half-open span of the report shares a character with the item; never with one that is not grounded."""
        return (
            self.start is not None
            and self.end is not None
            and start < self.end
            and self.start < end
        )

    def to_dict(self) -> dict[str, Any]:
        """The item as JSON: ``section``, ``codes``, ``attributes``, ``mentions`` and ``agreed`` only when there are some."""
        data: dict[str, Any] = {
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "assertion": self.assertion,
            "confidence": self.confidence,
        }
        if self.section:
            data["section"] = self.section
        if self.codes:
            data["codes"] = [code.to_dict() for code in self.codes]
        if self.attributes:
            data["attributes"] = [attribute.to_dict() for attribute in self.attributes]
        if self.mentions:
            data["mentions"] = [asdict(mention) for mention in self.mentions]
        if self.agreed is not None:
            data["agreed"] = self.agreed
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Item:
        """The inverse of :meth:`to_dict`; the mapping must already have been checked by a schema."""
        return cls(
            text=data["text"],
            start=data.get("start"),
            end=data.get("end"),
            assertion=data.get("assertion", "present"),
            confidence=data.get("confidence"),
            codes=tuple(Code(**code) for code in data.get("codes", ())),
            attributes=tuple(Attribute.from_dict(row) for row in data.get("attributes", ())),
            section=data.get("section"),
            mentions=tuple(Mention(**place) for place in data.get("mentions", ())),
            agreed=data.get("agreed"),
        )


class Timings(Protocol):
    """Seconds and counts of one extraction, by stage."""

    @property
    def load(self) -> float:
        """Seconds that loading the model took."""
        ...

    def lines(self) -> list[str]:
        """The figures as lines to print."""
        ...


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one report gave: a validated document and how it came about.

    Args:
        id: the report's name, chosen by the caller (file name, row id, content hash).
        schema: name of the category schema.
        model: name of the model that answered.
        status: ``ok``, or why the document is incomplete or missing.
        problems: sentences for a human; they never quote the report.
        categories: every category of the schema in its order, each with its items in report order.
        timings: what the extraction took; None where nothing was measured. No part of the document.

    Examples:
        >>> fever = Item("fever", 10, 15, "absent")
        >>> extraction = Extraction("note", "elmtex", "m", "ok", categories={"signs_symptoms": (fever,)})
        >>> extraction.to_dict()["categories"]["signs_symptoms"][0]["assertion"]
        'absent'
        >>> Extraction.from_dict(extraction.to_dict()) == extraction
        True
    """

    id: str
    schema: str
    model: str
    status: Status
    problems: tuple[str, ...] = ()
    categories: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    timings: Timings | None = field(default=None, compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The document of the command line's ``json`` format."""
        return {
            "id": self.id,
            "schema": self.schema,
            "model": self.model,
            "status": self.status,
            "problems": list(self.problems),
            "categories": {
                key: [item.to_dict() for item in items] for key, items in self.categories.items()
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Extraction:
        """The inverse of :meth:`to_dict`."""
        return cls(
            id=data["id"],
            schema=data["schema"],
            model=data["model"],
            status=data["status"],
            problems=tuple(data.get("problems", ())),
            categories={
                key: tuple(Item.from_dict(item) for item in items)
                for key, items in data["categories"].items()
            },
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a streamed extraction.

    Args:
        extraction: the document so far; the last step's is the final one.
        done: sentences whose notes are finished.
        total: sentences of the report.
        part_ends: nothing is half done: another report may be read before this one continues.
    """

    extraction: Extraction
    done: int
    total: int
    part_ends: bool = False
