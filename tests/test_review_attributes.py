"""Attributes under review: what an edit keeps, what is stored and exported, gold there and back."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from fakes import attributed

from corpora import written
from elmtex import records
from elmtex.review import Decision, Entry, Store
from elmtex.review.gold import record, to_jsonl
from elmtex.review.store import MEMORY
from elmtex.schema import parse_schema
from elmtex.types import Attribute, InputError, Item, Record
from elmtex.web.report_tab.commands import decision_of, parse

ROOT = Path(__file__).parents[1]
REPORT = "Aspirin 100 mg orally, later Aspirin again. No ibuprofen."
SCHEMA = parse_schema(
    json.dumps(
        {
            "title": "t",
            "properties": {
                "drug": {"title": "Drug", "x-attributes": ["dose", "route"]},
                "plan": {"title": "Plan", "x-attributes": ["dose"]},
                "age": {"title": "Age"},
            },
            "x-attributes": {"dose": {"title": "Dose"}, "route": {"title": "Route"}},
        }
    ),
    "own",
)
DOSE, ROUTE = attributed(REPORT, SCHEMA).categories["drug"][0].attributes


class Review:
    """A stored review and what a reviewer does to it."""

    def __init__(self) -> None:
        self.store = Store(MEMORY)
        self.id = self.store.add("me", "r", REPORT, SCHEMA, extraction=attributed(REPORT, SCHEMA))

    @property
    def entry(self) -> Entry:
        return self.store.get("me", self.id)

    def do(self, **command: object) -> Entry:
        def choose(entry: Entry) -> Decision:
            decision = decision_of(parse(json.dumps(command)), entry)
            assert decision is not None
            return decision

        return self.store.decide("me", self.id, "Dr. Ö", choose)

    def edit(self, text: str, start: int | None = 0, category: str = "drug") -> tuple[str, ...]:
        """Edit the first item; the texts of the attributes it has then."""
        end = None if start is None else start + len(text)
        entry = self.do(
            do="edit",
            item="m0",
            text=text,
            start=start,
            end=end,
            category=category,
            assertion="present",
        )
        return tuple(a.text for a in entry.reviewed.find("m0").item.attributes)


def test_decisions_about_an_item_leave_its_attributes_as_they_are() -> None:
    review = Review()
    assert review.entry.extraction == attributed(REPORT, SCHEMA)
    review.do(do="accept", items=["m0"])
    review.do(do="assert", item="m0", value="possible")
    review.do(do="reject", items=["m0"])
    entry = review.do(do="accept", items=["m0"])
    (item, _) = entry.corrected.categories["drug"]
    # Nobody reviews attributes one by one: theirs is the model's confidence still.
    assert (item.assertion, item.confidence, item.attributes) == ("possible", None, (DOSE, ROUTE))


def test_an_edit_keeps_what_still_belongs_to_the_item() -> None:
    review, both = Review(), ("100 mg", "orally")
    assert review.edit("Aspirin 100 mg") == both  # the span grows
    assert review.edit("100 mg", 8) == both
    assert review.edit("Aspirin 100 mg", 0, "plan") == ("100 mg",)  # no routes there
    assert review.edit("Aspirin 100 mg", 0, "age") == ()
    assert review.edit("Aspirin") == both  # as the model said it
    assert review.entry.reviewed.find("m0").verdict == "accepted"
    assert review.edit("Aspirin", 29) == ()  # another mention
    review.do(do="undo")
    assert review.entry.reviewed.find("m0").item.attributes == (DOSE, ROUTE)
    assert review.edit("a drug of old", None) == ()  # words that stand nowhere
    review.do(do="undo")
    review.do(do="assert", item="m0", value="absent")
    assert review.entry.reviewed.find("m0").item.attributes == (DOSE, ROUTE)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(DOSE, type="route"), None),
        (replace(DOSE, type="colour"), "does not list"),
        (replace(DOSE, text="200 mg"), "words are not those"),
        (replace(DOSE, end=999), "lies outside"),
        (Attribute("dose", " ", None, None), "needs words"),
    ],
)
def test_an_attribute_that_claims_what_is_not_there_is_refused(
    wrong: Attribute, said: str | None
) -> None:
    review, item = Review(), Item("ibuprofen", 47, 56, "absent", attributes=(wrong,))
    decision = Decision("edit", ("m1",), "drug", item)
    if said is None:
        entry = review.store.decide("me", review.id, "", lambda _: decision)
        assert entry.reviewed.find("m1").item == item and review.entry == entry
        return
    with pytest.raises(InputError, match=said):
        review.store.decide("me", review.id, "", lambda _: decision)
    assert review.entry.decisions == ()


def test_gold_carries_them_and_claims_no_type_to_be_complete(tmp_path: Path) -> None:
    review = Review()
    entry = review.do(do="accept", items=["m0", "m1"])
    (line,) = to_jsonl([entry]).splitlines()
    assert json.loads(line)["items"]["drug"][0]["attributes"] == [
        {"type": "dose", "start": 8, "end": 14},
        {"type": "route", "start": 15, "end": 21},
    ]
    assert "attributes" not in json.loads(line)
    path = tmp_path / "gold.jsonl"
    path.write_text(line + "\n", "utf-8")
    (back,) = records.load(path)
    bare = tuple(replace(a, confidence=None) for a in (DOSE, ROUTE))
    assert back.items["drug"][0].attributes == bare
    made = record(entry)
    assert made is not None and back.to_dict() == made.to_dict()
    again = Store(MEMORY)  # a reviewed document is read in again as any other
    assert entry.extraction is not None
    id = again.add("me", "r", REPORT, SCHEMA, extraction=entry.corrected)
    assert again.get("me", id).corrected == entry.corrected


def test_records_with_attributes_come_back_to_the_last_byte(tmp_path: Path) -> None:
    free = Attribute("dose", "a\u2028b", None, None)
    item = Item("x", 0, 1, attributes=(free, Attribute("route", "y", 1, 2)))
    planted = Record("p", "s", "en", "xy", ("drug",), {"drug": (item,)}, None, ("dose", "route"))
    gold = [planted, *islice(written.load(ROOT / "training" / "written"), 5)]
    assert any(record.attributes for record in gold[1:])
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    records.write(first, gold)
    back = list(records.load(first))
    assert back == gold
    records.write(second, back)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("item", "types"),
    [
        ({"attributes": [{"start": 0, "end": 1}]}, []),
        ({"attributes": [{"type": 1, "start": 0, "end": 1}]}, []),
        ({"attributes": [{"type": "dose"}]}, []),
        ({"attributes": [{"type": "dose", "start": 0, "end": 9}]}, []),
        ({"attributes": ["dose"]}, []),
        ({"attributes": {"dose": "x"}}, []),
        ({}, "dose"),
        ({}, [1]),
    ],
)
def test_a_broken_attribute_is_refused_with_its_line(
    tmp_path: Path, item: dict[str, object], types: object
) -> None:
    row = {"id": "1", "source": "s", "text": "Zyx", "labelled": ["drug"], "attributes": types}
    row["items"] = {"drug": [{"start": 0, "end": 1, **item}]}
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(row))
    with pytest.raises(InputError, match=r"gold.jsonl:1: .*attribute") as refused:
        list(records.load(path))
    assert "Zyx" not in str(refused.value)
