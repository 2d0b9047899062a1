"""A schema of one's own on the page: checked as it is written, used at once, shown as text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import ATTACKS, SCHEMA, Attributing, Modelless, Reader

from elmtex.schema import (
    ELEMENTS,
    NAMES,
    RESOURCES,
    TERMINOLOGIES,
    CategorySchema,
    load_schema,
    packaged_schemas,
    schema_templates,
)
from elmtex.types import Extraction, Item, Progress, SchemaError
from elmtex.values import NORMALISERS, ONLY
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH, GERMAN, Words
from elmtex.web.measured import unmeasured, unmeasured_html
from elmtex.web.schema_tab.custom_schema import (
    EMPTY,
    beginning,
    beginnings,
    checked,
    in_use_html,
    read,
    source_of,
)
from elmtex.web.schema_tab.faults import faults_of
from elmtex.web.schema_tab.form import check_html, form_html
from elmtex.web.schema_tab.trial import begun, trial_html
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
FILES = packaged_schemas() | schema_templates()
LEARNT = Path(__file__).parents[1] / "training" / "schemas"


def test_templates_are_schemas_the_model_learnt_and_no_packaged_ones() -> None:
    assert len(schema_templates()) >= 12
    assert not set(schema_templates()) & set(packaged_schemas())
    for name, path in schema_templates().items():
        assert not name.startswith("dev-")  # those are measured on
        assert path.read_text("utf-8") == (LEARNT / path.name).read_text("utf-8"), name


@pytest.mark.parametrize("name", FILES)
def test_one_begins_from_a_schema_as_it_stands_in_its_file(name: str) -> None:
    assert beginning(name) == FILES[name].read_text("utf-8")
    own = checked(beginning(name))
    assert faults_of(beginning(name), GERMAN) == ()
    assert (own.keys, own.categories) == (lambda s: (s.keys, s.categories))(
        load_schema(FILES[name])
    )


def test_beginnings_are_named_in_the_language_of_the_page() -> None:
    assert ("Mutterpass", "obstetric") in beginnings(GERMAN)
    assert ("Pregnancy record", "obstetric") in beginnings(ENGLISH)
    assert beginnings(ENGLISH)[-1] == (ENGLISH.schema.empty, "")
    assert json.loads(beginning("")) == json.loads(beginning("../elmtex")) == json.loads(EMPTY)


def schema_with(**category: object) -> str:
    fever = {"title": "Fever", **category}
    types = {"dose": {"title": "Dose"}}
    return json.dumps({"title": "t", "properties": {"fever": fever}, "x-attributes": types})


@pytest.mark.parametrize(
    ("text", "at", "field"),
    [
        (EMPTY, ["/title", "/properties"], "properties"),
        (schema_with(title=""), ["/properties/fever/title"], "title"),
        (schema_with(title="x" * 201), ["/properties/fever/title"], "title"),
        (schema_with(**{"x-title": {"de": ""}}), ["/properties/fever/x-title/de"], "title"),
        (schema_with(**{"x-label": "a=b"}), ["/properties/fever/x-label"], "x-label"),
        (schema_with(description="x" * 2001), ["/properties/fever/description"], "description"),
        (
            schema_with(**{"x-fhir": {"resource": "Condition", "section": "x"}}),
            ["/properties/fever/x-fhir/section"],
            "section",
        ),
        (
            '{"title": "t", "properties": {"two words": {"title": "T"}}}',
            ["/properties/two words"],
            "key",
        ),
        ('{"title": "t", "properties": {"a/b~": {"title": "T"}}}', ["/properties/a~1b~0"], "key"),
        (
            json.dumps(
                {**json.loads(OWN), "x-attributes": {f"t{n}": {"title": "T"} for n in range(33)}}
            ),
            ["/x-attributes"],
            "x-attributes",
        ),
    ],
)
def test_each_fault_stands_at_its_field_and_says_what_belongs_there(
    text: str, at: list[str], field: str
) -> None:
    found = faults_of(text, ENGLISH)
    assert sorted(f.at for f in found) == sorted(at)
    assert ENGLISH.schema.faults[field] in [f.said for f in found]
    assert GERMAN.schema.faults[field] in [f.said for f in faults_of(text, GERMAN)]


def test_every_fault_is_said_at_once() -> None:
    bad = {"title": "", "x-label": "]", "x-fhir": {"resource": "Cat"}, "x-terminologies": ["x"]}
    found = faults_of(json.dumps({"title": "", "properties": {"a": bad, "b": {}}}), ENGLISH)
    assert {f.at: f.of for f in found} == {
        "/title": "",
        **dict.fromkeys(("/properties/a/title", "/properties/a/x-label"), "a"),
        "/properties/a/x-fhir/resource": "a",
        "/properties/a/x-terminologies/0": "a",
        "/properties/b/title": "b",
    }
    assert not [f for f in found if f.said.startswith(("schema:", "/"))]


@pytest.mark.parametrize("words", [ENGLISH, GERMAN])
def test_what_only_the_whole_schema_shows_stands_at_its_field_too(words: Words) -> None:
    twice = {"a": {"title": "Pain"}, "b": {"title": "Ache", "x-label": "PAIN"}}
    (same,) = faults_of(json.dumps({"title": "t", "properties": twice}), words)
    assert (same.at, same.of) == ("/properties/b/x-label", "Ache")
    assert "'PAIN'" in same.said and "/properties" not in same.said
    (foreign,) = faults_of(schema_with(**{"x-attributes": ["dose", "route"]}), words)
    assert foreign.at == "/properties/fever/x-attributes/1"
    types = {"dose": {"title": "Dose"}, "again": {"title": "Again", "x-label": "dose"}}
    text = json.dumps(
        {**json.loads(schema_with(**{"x-attributes": ["dose", "again"]})), "x-attributes": types}
    )
    (alike,) = faults_of(text, words)
    assert (alike.at, alike.of) == ("/x-attributes/again/x-label", "Again")


@pytest.mark.parametrize("text", ["", None, "{", "[]", "5", "[" * 99_999, TWICE, "x" * 200_001])
def test_what_is_no_schema_has_no_field(text: str | None) -> None:
    (fault,) = faults_of(text, ENGLISH)
    assert fault.at == fault.of == "" and fault.said
    assert "data-goto" not in check_html(text, ENGLISH)


@pytest.mark.parametrize("attack", ATTACKS)
def test_faults_of_hostile_schemas_are_shown_as_text(attack: str) -> None:
    text = json.dumps({"title": attack, "properties": {attack: {"title": attack, "x-label": ""}}})
    shown = Reader(check_html(text, ENGLISH))
    assert attack in shown.text
    assert set(shown.tags) <= {"div", "strong", "ul", "li", "button"}
    (places,) = [json.loads(a["data-faults"] or "") for a in shown.attributes if "data-faults" in a]
    assert [at for at, _ in places] == [f.at for f in faults_of(text, ENGLISH)]


def test_the_form_has_a_field_for_everything_a_schema_may_hold() -> None:
    frame = Reader(form_html(ENGLISH)).attributes
    cards = [Reader(a["data-markup"] or "").attributes for a in frame if "data-markup" in a]
    found = [*frame, *(a for card in cards for a in card)]
    fields = {a.get("data-field") or a.get("data-each") for a in found}
    fields |= {a.get("data-chosen") for a in found}
    fhir = {
        f"x-fhir.{name}" for name in ("resource", "clinicalStatus", "also", "quantity", "section")
    }
    assert {*NAMES, "x-title.de", *fhir} - {"x-title"} <= fields
    values = {a.get("value") for a in found}
    assert {*RESOURCES, *ELEMENTS, *NORMALISERS, *ONLY} <= values
    assert all(code in form_html(ENGLISH) for code in TERMINOLOGIES)


def test_a_schema_is_tried_on_a_report_that_is_kept_nowhere() -> None:
    controller = PageController(Any())
    *_, done = controller.trials.run("s", begun(OWN, "Fever since May"), "me")
    shown = trial_html(done, ENGLISH)
    assert "Fever" in Reader(shown).text and ENGLISH.schema.unmeasured in shown
    assert controller.store.lines("me") == []
    assert trial_html(SessionState(), ENGLISH) == ""


def test_a_trial_says_why_there_is_none() -> None:
    assert begun("{", "Fever").phase == begun(OWN, " ").phase == begun(OWN, None).phase == "refused"
    assert GERMAN.schema.mend in trial_html(begun("{", "Fever"), GERMAN)
    assert ENGLISH.empty_report in trial_html(begun(OWN, ""), ENGLISH)


def test_what_a_trial_is_unsure_of_stands_out() -> None:
    found = {"fever": (Item("Fever", 0, 5, "absent", 0.3), Item("<b>May", 12, 15, "present", 0.97))}
    schema = checked(OWN)
    extraction = Extraction("r", "own", "m", "ok", (), found)
    state = SessionState("finished", "Fever since May", extraction, schema=schema)
    shown = Reader(trial_html(state, ENGLISH))
    rows = [
        a["class"]
        for a in shown.attributes
        if a.get("class", "").split()[:1] in (["absent"], ["present"])
    ]
    assert rows == ["absent unsure", "present"]
    assert "<b>May" in shown.text and "b" not in shown.tags
    assert f"30% {ENGLISH.low}" in shown.text and ENGLISH.ungrounded in shown.text


def test_results_of_what_was_never_measured_say_so() -> None:
    assert unmeasured_html(load_schema("elmtex"), ENGLISH) == ""
    assert unmeasured_html(checked(source_of(load_schema("clinical"))), ENGLISH) == ""
    assert ENGLISH.schema.unmeasured in unmeasured_html(checked(OWN), ENGLISH)
    grown = json.loads(source_of(load_schema("elmtex")))
    grown["properties"]["device"] = {"title": "Device", "x-title": {"de": "<b>Gerät"}}
    part = unmeasured_html(checked(json.dumps(grown)), GERMAN)
    assert "Nie gemessen: &lt;b&gt;Gerät." in part
    # The same key under another label is another question to the model.
    grown = json.loads(source_of(load_schema("elmtex")))
    grown["properties"]["diagnosis"]["x-label"] = "final diagnosis"
    assert [c.key for c in unmeasured(checked(json.dumps(grown)))] == ["diagnosis"]


def test_a_report_read_with_a_schema_of_ones_own_says_that_nobody_measured_it() -> None:
    controller = PageController(Any(load_schema("elmtex")))
    for own, said in ((checked(OWN), True), (None, False)):
        begin = controller.begin("Fever since May", "en", None, "me", own)
        screen = list(controller.run("s", begin.state, "en", "me"))[-1]
        assert screen.state.entry is not None
        assert (ENGLISH.schema.unmeasured in screen.result) is said


def test_a_users_own_types_drive_attributes() -> None:
    schema = json.loads(MEDICATION)
    schema["properties"]["drug"]["x-attributes"].remove("route")
    own = checked(json.dumps(schema))
    controller = PageController(Attributing())
    begun = controller.begin("Aspirin 100 mg orally", "en", None, "me", own)
    screen = list(controller.run("s", begun.state, "en", "me"))[-1]
    assert 'title="Dose">100 mg</button>' in screen.result and "Route" not in screen.result
