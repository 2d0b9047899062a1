"""A schema of one's own on the page: checked as it is written, used at once, shown as text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import ATTACKS, SCHEMA, Modelless

from elmtex.schema import CategorySchema, load_schema
from elmtex.types import Extraction, Item, Progress, SchemaError
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH, GERMAN
from elmtex.web.schema_tab.custom_schema import check_html, checked, in_use_html, read, source_of
from elmtex.web.state import SessionState

OWN = json.dumps({"title": "Fever chart", "properties": {"fever": {"title": "Fever"}}})


class Any(Modelless):
    """Finds the first word, in the first category of whatever schema it has."""

    def __init__(self, schema: CategorySchema = SCHEMA) -> None:
        self.schema = schema

    def with_schema(self, schema: CategorySchema) -> Any:
        return Any(schema)

    def stream(self, report: str) -> Iterator[Progress]:
        word = report.split()[0]
        found = dict.fromkeys(self.schema.keys, ()) | {
            self.schema.keys[0]: (Item(word, 0, len(word)),)
        }
        yield Progress(Extraction("r", self.schema.name, "m", "ok", (), found), 1, 1)


def test_every_shipped_schema_comes_back_from_its_text() -> None:
    for name in ("elmtex", "medication"):
        schema = load_schema(name)
        assert checked(source_of(schema)).keys == schema.keys
        labels = [c.label for c in schema.categories]
        assert [c.label for c in checked(source_of(schema)).categories] == labels


def test_only_names_and_descriptions_of_a_visitors_schema_are_kept() -> None:
    slow = {"pattern": "^(a+)+$"}
    rest = {"allOf": [{"$ref": "http://127.0.0.1:9/"}], "patternProperties": {"^(a+)+$": slow}}
    fever = {"title": "Fever", "x-label": "fv", "description": "d", "items": slow, **rest}
    own = checked(json.dumps({"title": "t", "properties": {"fever": fever}, **rest}))
    plain = checked('{"title": "t", "properties": {"fever": {"title": "Fever"}}}')
    (kept,) = own.document["properties"].values()
    assert (kept.pop("x-label"), kept.pop("description")) == ("fv", "d")
    assert own.document == plain.document
    assert own.categories[0].label == "fv"


TWICE = '{"title": "x", "properties": {"age": {"title": "Age"}, "age": {"title": "Years"}}}'


@pytest.mark.parametrize("text", ["", None, "{", "[]", '{"title": "x", "properties": {}}', TWICE])
def test_a_schema_that_cannot_be_used_says_why(text: str | None) -> None:
    with pytest.raises(SchemaError):
        checked(text)
    assert GERMAN.schema.bad in check_html(text, GERMAN)


@pytest.mark.parametrize("attack", ATTACKS)
def test_titles_are_shown_as_text(attack: str) -> None:
    text = json.dumps(
        {
            "title": attack,
            "properties": {"a": {"title": attack, "x-label": "a", "description": attack}},
        }
    )
    shown = check_html(text, ENGLISH) + in_use_html(checked(text), SCHEMA, ENGLISH)
    shown += check_html(json.dumps({"title": "t", "properties": {attack: 1}}), ENGLISH)
    assert "<img" not in shown and "<script" not in shown and "<svg" not in shown


def test_a_report_is_read_reviewed_and_kept_with_it() -> None:
    controller, own = PageController(Any()), checked(OWN)
    begun = controller.begin("Fever since May", "en", None, "me", own)
    screen = list(controller.run("s", begun.state, "en", "me"))[-1]
    assert screen.state.entry is not None
    assert screen.state.entry.schema.keys == ("fever",)
    assert "Nothing found for" not in screen.result and ">Fever</span>" in screen.result
    # The next report without it is read with the page's own again.
    begun = controller.begin("Fever since May", "en", None, "me")
    screen = list(controller.run("s", begun.state, "en", "me"))[-1]
    assert screen.state.entry is not None and screen.state.entry.schema.keys == SCHEMA.keys


def test_it_is_in_use_as_long_as_the_tab_is_open() -> None:
    gr = pytest.importorskip("gradio")
    from elmtex.web.server import FORGOTTEN_AFTER, build

    page = build(lambda: Any(), database="sqlite://")
    states = [block for block in page.blocks.values() if isinstance(block, gr.State)]
    assert [s.time_to_live for s in states if s.value is None] == [math.inf]
    others = [s.time_to_live for s in states if s.value is not None]
    assert others and set(others) == {FORGOTTEN_AFTER}


def test_a_batch_keeps_the_schema_it_was_dropped_with(tmp_path: Path) -> None:
    controller = PageController(Any())
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path in paths:
        path.write_text("Fever")
    controller.take([str(p) for p in paths], SessionState(), "en", "me", checked(OWN))
    list(controller.run_batch("s", SessionState(), "en", "me"))
    entries = controller.batch.entries("me")
    assert [list(e.corrected.categories) for e in entries] == [["fever"], ["fever"]]


def test_a_dropped_schema_file_is_read_and_gone(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(b"\xef\xbb\xbf" + OWN.encode())
    assert read(str(path)) == OWN and not path.exists()
    path.write_bytes(b"\xff\xfe\x00")
    assert read(str(path)) == "" and not path.exists()
