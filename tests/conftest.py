"""Fixtures that need no model: an extractor that finds planted words."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

import pytest

# Before torch is loaded: its idle threads sleep, or tests on a busy machine spend their time waiting for each other.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from elmtex.schema import CategorySchema, load_schema
from elmtex.types import ElmtexError, Extraction, Item


@dataclass(frozen=True)
class FakeTimings:
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
    timings: FakeTimings | None = None
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
        self.timings = FakeTimings()
        return Extraction(id, self.schema.name, self.model_name, "ok", (), items)


def _item(report: str, match: re.Match[str]) -> Item:
    denied = report[: match.start()].endswith("no ")
    return Item(match[0], *match.span(), "absent" if denied else "present", 0.9)


@pytest.fixture
def fake_extractor() -> FakeExtractor:
    return FakeExtractor()


@pytest.fixture
def elmtex_schema() -> CategorySchema:
    return load_schema("elmtex")
