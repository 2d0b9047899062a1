"""A schema of one's own on the page: checked as it is written, used at once, shown as text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import ATTACKS, SCHEMA, Attributing, Modelless, Reader

from elmtex.schema import CategorySchema, load_schema
from elmtex.types import Extraction, Item, Progress, SchemaError
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH, GERMAN
from elmtex.web.schema_tab.attribute_types import (
    NEW,
    TypeForm,
    form_of,
    titles_of,
    with_type,
    without_type,
)
from elmtex.web.schema_tab.custom_schema import (
    check_html,
    checked,
    in_use_html,
    read,
    source_of,
    types_html,
)
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


MEDICATION = source_of(load_schema("medication"))


def listed(text: str) -> list[str]:
    return [t.key for t in checked(text).category("drug").attributes]


def test_a_type_is_added_renamed_and_removed_and_the_rest_stays() -> None:
    grown = with_type(MEDICATION, NEW, TypeForm("", "Körperstelle", ("drug",)), "de")
    assert listed(grown) == [*listed(MEDICATION), "korperstelle"]
    assert form_of(checked(grown), "korperstelle", "en").title == "Körperstelle"
    renamed = with_type(grown, "korperstelle", TypeForm("body_site", "Body site", ("drug",)), "en")
    assert listed(renamed) == [*listed(MEDICATION), "body_site"]  # in its place
    german = with_type(renamed, "body_site", TypeForm("body_site", "Stelle", ("drug",)), "de")
    assert form_of(checked(german), "body_site", "de") == TypeForm("body_site", "Stelle", ("drug",))
    assert form_of(checked(german), "body_site", "en").title == "Body site"
    assert without_type(german, "body_site") == without_type(grown, "korperstelle")
    assert json.loads(without_type(german, "body_site")) == json.loads(MEDICATION)
    # A type that no category has stays in the schema, to be chosen again.
    alone = with_type(MEDICATION, "dose", TypeForm("dose", "Dose", ()), "en")
    assert "dose" not in listed(alone)
    assert ("Dose", "dose") in titles_of(checked(alone), "en")
    assert ("Dosis", "dose") in titles_of(checked(alone), "de")
    dose = json.loads(alone)["x-attributes"]["dose"]
    assert dose == json.loads(MEDICATION)["x-attributes"]["dose"]  # with its description
    for key in ("dose", "route", "frequency", "duration", "form", "indication"):
        alone = without_type(alone, key)
    assert "x-attributes" not in alone and listed(alone) == []
    assert form_of(checked(alone), "dose", "en") == TypeForm()


def test_a_schema_with_types_comes_back_from_its_text() -> None:
    written = with_type(OWN, NEW, TypeForm("since", "Since when", ("fever",)), "en")
    (fever,) = checked(written).categories
    assert [(t.key, t.label) for t in fever.attributes] == [("since", "since when")]
    assert source_of(checked(written)) == written == source_of(checked(source_of(checked(written))))


@pytest.mark.parametrize(
    ("old", "form", "path"),
    [
        (NEW, TypeForm("dose", "Again", ()), "/x-attributes/dose"),
        ("route", TypeForm("dose", "Again", ()), "/x-attributes/dose"),
        (NEW, TypeForm("two words", "Two", ()), "/x-attributes"),
        (NEW, TypeForm("empty", " ", ()), "/x-attributes/empty/title"),
        (NEW, TypeForm("other", "Dose", ("drug",)), "/x-attributes/other/x-label"),
        (NEW, TypeForm("long", "x" * 201, ()), "/x-attributes/long/title"),
    ],
)
def test_a_type_that_cannot_be_says_where_it_stands(old: str, form: TypeForm, path: str) -> None:
    with pytest.raises(SchemaError, match=path):
        with_type(MEDICATION, old, form, "en")
    with pytest.raises(SchemaError):
        with_type("{", old, form, "en")
    with pytest.raises(SchemaError):
        without_type("{", "dose")


@pytest.mark.parametrize("attack", ATTACKS)
def test_titles_of_types_are_shown_as_text(attack: str) -> None:
    text = with_type(OWN, NEW, TypeForm("a", attack, ("fever",)), "en")
    text = text.replace('"Fever"', json.dumps(attack))
    shown = types_html(checked(text), GERMAN)
    assert attack in Reader(shown).text and not {"img", "script", "svg", "b"} & set(
        Reader(shown).tags
    )
    assert ENGLISH.schema.no_types in types_html(checked(OWN), ENGLISH)


def test_titles_become_keys() -> None:
    for title, key in (("Über 5 mg/dl", "uber_5_mg_dl"), ("5 mg", "type_5_mg"), ("剂量", "type")):
        text = with_type(OWN, NEW, TypeForm("", title, ("fever",)), "en")
        assert list(json.loads(text)["x-attributes"]) == [key]


def test_a_users_own_types_drive_attributes() -> None:
    own = checked(with_type(MEDICATION, "route", TypeForm("route", "Route", ()), "en"))
    controller = PageController(Attributing())
    begun = controller.begin("Aspirin 100 mg orally", "en", None, "me", own)
    screen = list(controller.run("s", begun.state, "en", "me"))[-1]
    assert 'title="Dose">100 mg</button>' in screen.result and "Route" not in screen.result
