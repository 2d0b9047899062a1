"""What tests share: extractors that need no model, a reader of HTML, planted items and attacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from elmtex.extractors.base import Extractor
from elmtex.schema import CategorySchema, load_schema
from elmtex.types import Assertion, Attribute, ElmtexError, Extraction, Item, Progress

SCHEMA = load_schema("elmtex")
ATTRIBUTED = load_schema("medication")


ATTACKS = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "&lt;b&gt;",
    "${alert(1)}`{{constructor}}",
)


class Reader(HTMLParser):
    """Reads HTML as a browser would: its text, its tags, and the classes over each character."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.over: list[tuple[str, tuple[str, ...]]] = []
        self._open: list[str] = []
        self.attributes: list[dict[str, str | None]] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append(dict(attrs))
        self._open.append(dict(attrs).get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.over += [(character, tuple(self._open)) for character in data]

    @property
    def text(self) -> str:
        return "".join(character for character, _ in self.over)


def item(report: str, text: str, assertion: Assertion = "present", nth: int = 0) -> Item:
    start = -1
    for _ in range(nth + 1):
        start = report.index(text, start + 1)
    return Item(text, start, start + len(text), assertion, 0.9)


def extraction(**categories: tuple[Item, ...]) -> Extraction:
    return Extraction(
        "r", "elmtex", "fake", "ok", (), {key: categories.get(key, ()) for key in SCHEMA.keys}
    )


def attributed(report: str, schema: CategorySchema = ATTRIBUTED) -> Extraction:
    """Finds Aspirin and, denied, ibuprofen; doses and a route are Aspirin's, as far as the schema has these types."""
    types = {"dose": r"\d+ mg", "route": r"orally"}
    known = {t.key for t in schema.category("drug").attributes}
    attributes = tuple(
        Attribute(key, match[0], *match.span(), 0.9)
        for key, pattern in types.items()
        if key in known
        for match in re.finditer(pattern, report)
    )
    drugs = tuple(
        replace(item(report, name, assertion), attributes=attributes if name == "Aspirin" else ())
        for name, assertion in (("Aspirin", "present"), ("ibuprofen", "absent"))
        if name in report
    )
    found = dict.fromkeys(schema.keys, ()) | {"drug": drugs}
    return Extraction("r", schema.name, "fake", "ok", (), found)


class Modelless:
    """What the page asks of an extractor beside its answer, of one without a model."""

    schema: CategorySchema = SCHEMA
    model_name = ""

    def folders(self) -> tuple[()]:
        return ()

    def load(self) -> None:
        return None


class Scripted(Modelless):
    """An extractor that yields what it was given, or breaks."""

    def __init__(self, *steps: Extraction, error: Exception | None = None) -> None:
        self.steps = steps
        self.error = error

    def stream(self, report: str) -> Iterator[Progress]:
        for done, step in enumerate(self.steps, 1):
            yield Progress(step, done, len(self.steps))
        if self.error:
            raise self.error


@dataclass(frozen=True)
class FakeTimings:
    load: float = 0.0

    def lines(self) -> list[str]:
        return ["prefill 1 ms", "steps 2 ms"]


@dataclass
class FakeExtractor:
    """Finds ``fever`` (a symptom, absent after "no ") and the age in "58-year-old"; crashes on planted words.

    A report with BOOM raises an error that quotes it, one with REFUSE raises elmtex's own.
    """

    schema: CategorySchema = field(default_factory=lambda: load_schema("elmtex"))
    model_name: str = "fake-1"
    engine: str = "fake"
    loaded: int = 0
    seen: list[str] = field(default_factory=list)

    def load(self) -> None:
        self.loaded += 1

    def folders(self) -> tuple[()]:
        return ()

    def settings(self) -> dict[str, str]:
        return {"engine": self.engine}

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        self.seen.append(id)
        if "BOOM" in report:
            raise RuntimeError(f"secret words: {report}")
        if "REFUSE" in report:
            raise ElmtexError("the weights went missing: install them again")
        items: dict[str, tuple[Item, ...]] = dict.fromkeys(self.schema.keys, ())
        if not report.strip():
            return Extraction(
                id, self.schema.name, self.model_name, "empty_report", ("No text.",), items
            )
        planted = {"signs_symptoms": r"(?<=\bno )fever|fever|Übelkeit", "age": r"\d+-year-old"}
        for key, pattern in planted.items():
            if key in items:
                items[key] = tuple(_item(report, m) for m in re.finditer(pattern, report))
        return Extraction(id, self.schema.name, self.model_name, "ok", (), items, FakeTimings())

    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        yield Progress(self.extract(report, id=id), 1, 1)

    def with_schema(self, schema: CategorySchema) -> FakeExtractor:
        return replace(self, schema=schema)

    def extract_many(self, reports, *, at_once: int = 1):
        return Extractor.extract_many(self, reports, at_once=at_once)


def _item(report: str, match: re.Match[str]) -> Item:
    denied = report[: match.start()].endswith("no ")
    return Item(match[0], *match.span(), "absent" if denied else "present", 0.9)


class Attributing(Modelless):
    """Answers with :func:`attributed`, in its schema."""

    model_name = "fake"

    def __init__(self, schema: CategorySchema = ATTRIBUTED) -> None:
        self.schema = schema

    def with_schema(self, schema: CategorySchema) -> Attributing:
        return Attributing(schema)

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        return replace(attributed(report, self.schema), id=id)

    def stream(self, report: str) -> Iterator[Progress]:
        yield Progress(self.extract(report), 1, 1)
