"""Category schemas: what is usable, and that a fault is named by its place in the file."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from elmtex.extractors.loaded_student import LoadedStudent
from elmtex.schema import (
    ITEM,
    MAX_CATEGORIES,
    MAX_LABEL,
    Fhir,
    is_of_template,
    is_own,
    load_schema,
    own_categories,
    packaged_schemas,
    parse_schema,
    renamed,
    schema_templates,
)
from elmtex.types import InputError, Item, SchemaError

ELMTEX_KEYS = (
    "life_style, family_history, social_history, medical_surgical_history, signs_symptoms, comorbidities, "
    "diagnostic_techniques_procedures, diagnosis, laboratory_values, pathology, pharmacological_therapy, "
    "interventional_therapy, patient_outcome_assessment, age, gender"
).split(", ")


def _schema(**properties: Any) -> dict[str, Any]:
    return {"title": "T", "properties": properties or {"drug": {"title": "Drug"}}}


def _parse(document: Any, name: str = "mine") -> Any:
    return parse_schema(json.dumps(document), name, "mine.json")


def test_a_template_is_known_by_its_labels() -> None:
    template = load_schema(schema_templates()["breast_imaging"])
    assert is_of_template(template) and is_of_template(template.subset(("mass", "density")))
    document = json.loads(json.dumps(template.document))
    document["properties"]["mass"]["x-label"] = "tumour"
    assert not is_of_template(_parse(document))
    assert not is_of_template(load_schema("elmtex"))


def test_the_fifteen_categories_in_the_papers_order() -> None:
    schema = load_schema("elmtex")
    assert list(schema.keys) == ELMTEX_KEYS
    assert all(category.description for category in schema.categories)
    assert all({"en", "de"} <= set(category.titles) for category in schema.categories)
    assert schema.category("diagnosis").title_in("de") == "Diagnose"
    assert schema.category("diagnosis").title_in("fr") == "Diagnosis"
    assert len({category.label for category in schema.categories}) == 15


def test_every_packaged_schema_loads_and_takes_an_empty_document() -> None:
    assert {"elmtex", "medication"} <= set(packaged_schemas())
    for name, path in packaged_schemas().items():
        schema = load_schema(name)
        assert schema.name == name
        assert load_schema(path).keys == schema.keys
        assert schema.validate({key: [] for key in schema.keys}) == ()


def test_a_schema_is_ones_own_when_most_of_its_labels_are_in_no_packaged_one() -> None:
    assert not any(is_own(load_schema(name)) for name in packaged_schemas())
    own = {"a": {"title": "Complaints"}, "b": {"title": "What it is"}, "c": {"title": "Age"}}
    assert is_own(parse_schema(json.dumps({"title": "Ward", "properties": own}), "ward"))
    assert not is_own(load_schema("elmtex").subset(("age", "gender")))


def test_items_and_labels_are_filled_in() -> None:
    schema = _parse(
        _schema(a={"title": "Blood; pressure [mm Hg]?"}, b={"title": "B", "x-label": "bee"})
    )
    assert [c.label for c in schema.categories] == ["blood pressure mm hg", "bee"]
    item = Item("120/80", 0, 6, "present", 0.5).to_dict()
    assert schema.validate({"a": [item], "b": []}) == ()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"text": ""}, "/a/0/text"),
        ({"start": -1}, "/a/0/start"),
        ({"start": "0"}, "/a/0/start"),
        ({"assertion": "SECRET"}, "/a/0/assertion"),
        ({"confidence": 1.5}, "/a/0/confidence"),
    ],
)
def test_faults_of_a_document_name_place_and_rule_but_no_value(change: dict, place: str) -> None:
    schema = _parse(_schema(a={"title": "A"}))
    (fault,) = schema.validate({"a": [{**Item("x", 0, 1).to_dict(), **change}]})
    assert fault.startswith(f"{place}: breaks the rule")
    assert "SECRET" not in fault


def test_documents_with_missing_or_unknown_categories_are_invalid() -> None:
    schema = load_schema("elmtex")
    full = {key: [] for key in schema.keys}
    assert schema.validate({**full, "mood": []}) != ()
    assert schema.validate({key: [] for key in schema.keys[:-1]}) != ()


DEEP = '{"title": ' + "[" * 100_000

BAD_TEXT = [
    ("", "line 1, column 1"),
    ("{", "line 1"),
    ('{"title": "x",\n "properties": {,}}', "line 2, column 17"),
    (DEEP, "nested too deeply"),
]


@pytest.mark.parametrize(("text", "says"), BAD_TEXT, ids=range(len(BAD_TEXT)))
def test_syntax_errors_name_the_line(text: str, says: str) -> None:
    with pytest.raises(SchemaError, match=f"mine.json.*{says}"):
        parse_schema(text, "mine", "mine.json")


def _many(count: int) -> dict[str, Any]:
    return _schema(**{f"c{n}": {"title": f"C {n}"} for n in range(count)})


BAD = [
    ([], "/: "),
    ("text", "/: "),
    ({}, "/: 'title'"),
    ({"title": "x"}, "/: 'properties'"),
    ({"title": "", "properties": {"a": {"title": "A"}}}, "/title"),
    ({"title": "x", "properties": {}}, "/properties"),
    ({**_schema(), "type": "array"}, "/type"),
    (_schema(**{"2nd": {"title": "A"}}), "/properties: "),
    (_schema(**{"has space": {"title": "A"}}), "/properties: "),
    (_schema(a={}), "/properties/a: 'title'"),
    (_schema(a="A"), "/properties/a"),
    (_schema(a={"title": 3}), "/properties/a/title"),
    (_schema(a={"title": "A", "type": "string"}), "/properties/a/type"),
    (_schema(a={"title": "A", "x-label": "a=b"}), "/properties/a/x-label"),
    (_schema(a={"title": "A", "x-label": "a;"}), "/properties/a/x-label"),
    (_schema(a={"title": "A", "x-label": " a"}), "/properties/a/x-label"),
    (_schema(a={"title": "A", "x-label": "a\nb"}), "/properties/a/x-label"),
    (_schema(a={"title": "A", "x-label": ""}), "/properties/a/x-label"),
    (_schema(a={"title": "A", "x-label": "x" * (MAX_LABEL + 1)}), "/properties/a/x-label"),
    (_schema(a={"title": "A", "x-title": {"de": 3}}), "/properties/a/x-title/de"),
    (_schema(a={"title": "A", "description": ["no"]}), "/properties/a/description"),
    (_many(MAX_CATEGORIES + 1), "/properties"),
    # what an item becomes in FHIR, and where it is coded
    (_schema(a={"title": "A", "x-fhir": "Condition"}), "/properties/a/x-fhir: "),
    (_schema(a={"title": "A", "x-fhir": {}}), "/properties/a/x-fhir: 'resource'"),
    (
        _schema(a={"title": "A", "x-fhir": {"resource": "Patient"}}),
        "/properties/a/x-fhir/resource: breaks the rule 'enum' (one of: Observation, Condition",
    ),
    (
        _schema(a={"title": "A", "x-fhir": {"resource": "Condition", "clinicalStatus": "cured"}}),
        "/properties/a/x-fhir/clinicalStatus",
    ),
    (
        _schema(a={"title": "A", "x-fhir": {"resource": "Procedure", "clinicalStatus": "active"}}),
        "/properties/a/x-fhir/resource: has to be 'Condition' where 'clinicalStatus' is given",
    ),
    (
        _schema(a={"title": "A", "x-fhir": {"resource": "Condition", "quantity": True}}),
        "/properties/a/x-fhir/resource",
    ),
    (
        _schema(a={"title": "A", "x-fhir": {"resource": "Condition", "also": ["Patient"]}}),
        "/properties/a/x-fhir/also/0",
    ),
    (
        _schema(a={"title": "A", "x-fhir": {"resource": "Condition", "x": 1}}),
        "/properties/a/x-fhir",
    ),
    (_schema(a={"title": "A", "x-terminologies": "hpo"}), "/properties/a/x-terminologies: "),
    (
        _schema(a={"title": "A", "x-terminologies": ["hpo", "snomed"]}),
        "/properties/a/x-terminologies/1: breaks the rule 'enum' (one of: icd10cm, hpo",
    ),
    # two categories with one label could not be told apart in a note
    (_schema(a={"title": "Same"}, b={"title": "same"}), "/properties/b/x-label"),
    (_schema(a={"title": "A", "x-label": "fever"}, b={"title": "Fever"}), "/properties/b/x-label"),
    # items that refuse what elmtex writes, or cannot be resolved
    (_schema(a={"title": "A", "items": {"type": "string"}}), "/properties/a/items"),
    (_schema(a={"title": "A", "items": {"required": ["unit"]}}), "/properties/a/items"),
    (_schema(a={"title": "A", "items": {"$ref": "#/$defs/none"}}), "/properties/a/items"),
    (_schema(a={"title": "A", "items": {"type": "strnig"}}), "/properties/a/items/type"),
    ({**_schema(a={"title": "A"}), "required": "a"}, "/required"),
]


@pytest.mark.parametrize(("document", "place"), BAD, ids=range(len(BAD)))
def test_planted_faults_are_named_by_their_path(document: Any, place: str) -> None:
    with pytest.raises(SchemaError) as fault:
        _parse(document)
    assert str(fault.value).startswith("mine.json: ")
    assert place in str(fault.value)
    assert "\n" not in str(fault.value)
    assert len(str(fault.value)) < 400


@pytest.mark.parametrize(
    "document, says",
    [
        (_schema(Wundgröße={"title": "x"}), "/properties: a name has to begin with a letter"),
        (_schema(a={"title": "\ud83d"}), "/properties/a/title: holds half a character"),
        (_schema(a={"title": "a\0b"}), "/properties/a/title: holds half a character"),
        (_schema(a={"title": "a", "x-label": "\u202egnis"}), "/x-label: holds half a character"),
        (_schema(a={"title": "a", "x-title": {"de": "\u200b"}}), "/x-title/de: holds half"),
        (
            _schema(w={"title": "Wound", "x-attributes": ["y", "x"]})
            | {"x-attributes": {"x": {"title": "Size"}, "y": {"title": "Size change"}}},
            "/x-attributes/x/x-label: the label 'size' begins 'size change', and 'w' lists both",
        ),
        (
            _schema(a={"title": "A", "x-lable": "b"}),
            "/properties/a/x-lable: means nothing; 'x-label'",
        ),
        (_schema(a={"title": "A", "x_fhir": {}}), "/properties/a/x_fhir: means nothing; 'x-fhir'"),
        (
            _schema(a={"title": "A"}) | {"x-attribute": {}},
            "/x-attribute: means nothing; 'x-attributes'",
        ),
        (
            _schema(a={"title": "A"}) | {"x-attributes": {"s": {"title": "S", "x-values": "dose"}}},
            "/x-attributes/s/x-values: means nothing; 'x-value'",
        ),
    ],
)
def test_what_the_model_could_not_be_asked_is_refused(document: Any, says: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(says)):
        _parse(document)


def test_other_scripts_and_line_breaks_are_allowed() -> None:
    titles = {"a": "Größe 😀", "b": "سرفه\u200cها", "c": "👩\u200d⚕️"}
    properties = {k: {"title": t, "description": "One.\n\tTwo."} for k, t in titles.items()}
    schema = _parse(_schema(**properties))
    assert [c.title for c in schema.categories] == [*titles.values()]


def test_a_schema_given_for_a_files_name_or_nested_too_deeply_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"not": deep}
    text = json.dumps(_schema(a={"title": "A", "items": {"properties": {"foo": deep}}}))
    with pytest.raises(SchemaError, match="nested too deeply"):
        parse_schema(text, "deep")
    with pytest.raises(SchemaError, match="give a JSON file"):
        load_schema(text)


def test_a_packaged_key_under_the_label_of_another_is_another_category() -> None:
    other = renamed(_parse(_schema(pathology={"title": "Diagnosis"})))
    assert other is not None and other.key == "pathology"
    assert not LoadedStudent().knows(_parse(_schema(pathology={"title": "Diagnosis"})))
    with pytest.raises(InputError, match="knows no category 'pathology'"):
        LoadedStudent().check(_parse(_schema(pathology={"title": "Diagnosis"})))
    for same in ({"title": "Pathology"}, {"title": "Pathologie"}, {"title": "PATHOLOGY"}):
        assert renamed(_parse(_schema(pathology=same))) is None
    assert all(renamed(load_schema(name)) is None for name in packaged_schemas())
    capitals = _parse(_schema(drug={"title": "Drug", "x-label": "Drug"}))
    assert own_categories(capitals) == ()


def test_what_categories_are_in_fhir_and_where_they_are_coded() -> None:
    spec = {"resource": "Condition", "clinicalStatus": "inactive", "also": ["Procedure"]}
    schema = _parse(
        _schema(
            a={"title": "A", "x-fhir": spec, "x-terminologies": ["hpo", "icd10cm"]},
            b={"title": "B", "x-terminologies": []},
            c={"title": "C"},
        )
    )
    assert schema.category("a").fhir == Fhir("Condition", "inactive", ("Procedure",))
    assert schema.category("b").fhir == Fhir("Observation")
    assert [c.terminologies for c in schema.categories] == [("hpo", "icd10cm"), (), None]
    # A stranger's schema keeps them: they run nothing.
    source = json.dumps(schema.document)
    assert parse_schema(source, "own", names_only=True).categories == schema.categories


def test_every_packaged_category_says_what_it_is_in_fhir_and_where_it_is_coded() -> None:
    for name in packaged_schemas():
        document = json.loads(packaged_schemas()[name].read_text("utf-8"))
        for spec in document["properties"].values():
            assert {"x-fhir", "x-terminologies"} <= set(spec)


def test_an_item_is_defined_once() -> None:
    for name in packaged_schemas():
        properties = load_schema(name).document["properties"]
        assert all(spec["items"] is ITEM for spec in properties.values())
    schema = load_schema("medication")
    code = {"system": "urn:x", "code": "1", "display": "one", "score": 0.5}
    item = Item("x", 0, 1).to_dict()

    def faults(**changed: Any) -> tuple[str, ...]:
        return schema.validate({key: [] for key in schema.keys} | {"drug": [{**item, **changed}]})

    assert faults(codes=[code]) == faults(codes=[{**code, "chosen": True}]) == ()
    assert faults(codes=["1"]) and faults(codes=[{**code, "score": 2}]) and faults(mood="x")


def test_the_limits_themselves_are_allowed() -> None:
    assert len(_parse(_many(MAX_CATEGORIES)).keys) == MAX_CATEGORIES
    _parse(_schema(a={"title": "A", "x-label": "x" * MAX_LABEL}))
    _parse(_schema(a={"title": "Größe (cm)"}))


def test_files_that_are_no_schema(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape("elmtex, medication")):
        load_schema("none")
    with pytest.raises(InputError, match="give a JSON file"):
        load_schema(tmp_path)
    latin = tmp_path / "latin.json"
    latin.write_bytes(
        json.dumps(_schema(), ensure_ascii=False).replace("Drug", "\xdc").encode("latin-1")
    )
    with pytest.raises(InputError, match="UTF-8"):
        load_schema(latin)
    for text in ('[{"text": "Mrs Smith, HIV"}]', '{"title": {"Mrs Smith": 1}, "properties": {}}'):
        with pytest.raises(InputError, match="breaks the rule") as error:
            parse_schema(text, "x", "a report.json")
        assert "Smith" not in str(error.value)
    with pytest.raises(InputError, match="digits"):
        parse_schema("[" + "1" * 5000 + "]", "x", "x.json")
    marked = tmp_path / "marked.json"
    marked.write_bytes(b"\xef\xbb\xbf" + json.dumps(_schema()).encode())
    assert load_schema(marked).name == "marked"


def test_a_subset_keeps_the_schemas_order_and_checks_its_keys() -> None:
    schema = load_schema("elmtex")
    part = schema.subset(("gender", "diagnosis"))
    assert part.keys == ("diagnosis", "gender")
    assert part.validate({"diagnosis": [], "gender": []}) == ()
    assert part.validate({"diagnosis": [], "gender": [], "age": []}) != ()
    assert schema.keys == tuple(ELMTEX_KEYS)
    with pytest.raises(SchemaError, match="'mood'"):
        schema.subset(("diagnosis", "mood"))
    with pytest.raises(SchemaError, match="no category"):
        schema.subset(())


def test_nothing_that_a_schema_refers_to_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[Any] = []
    monkeypatch.setattr("urllib.request.urlopen", lambda *asked, **_: fetched.append(asked))
    outside = {"$ref": "http://127.0.0.1:9/schema.json"}
    with pytest.raises(SchemaError, match="nothing is fetched"):
        _parse(_schema(a={"title": "A", "items": outside}))
    # Behind a condition that the sample item does not meet, it is met by a document.
    late = {"if": {"properties": {"text": {"const": "late"}}}, "then": outside}
    schema = _parse(_schema(a={"title": "A", "items": late}))
    with pytest.raises(SchemaError, match="nothing is fetched"):
        schema.validate({"a": [Item("late", 0, 4).to_dict()]})
    assert fetched == []


def test_a_name_that_occurs_twice_is_found_in_one_look_at_each() -> None:
    names = ",".join(f'"n{n}":0' for n in range(16_000))
    began = time.perf_counter()
    with pytest.raises(SchemaError, match="'z' appears twice"):
        parse_schema(f'{{{names},"z":0,"z":1}}', "own")
    # A count of the names at each name takes 16,000 times as long: several seconds.
    assert time.perf_counter() - began < 0.5


def test_an_items_codes_are_checked() -> None:
    schema = load_schema("elmtex")
    own = parse_schema('{"title": "t", "properties": {"a": {"title": "A"}}}', "own")
    code = {"system": "s", "code": "c", "display": "d", "score": 0.5}
    item = {"text": "x", "start": 0, "end": 1, "assertion": "present", "confidence": None}
    for checks, key in ((schema, "age"), (own, "a")):
        empty: dict[str, list[object]] = {k: [] for k in checks.keys}
        assert checks.validate(empty | {key: [item | {"codes": [code]}]}) == ()
        assert checks.validate(empty | {key: [item | {"codes": [code | {"chosen": True}]}]}) == ()
        for wrong in ({"x": 1}, code | {"x": 1}, "c", code | {"score": "high"}):
            assert checks.validate(empty | {key: [item | {"codes": [wrong]}]})
