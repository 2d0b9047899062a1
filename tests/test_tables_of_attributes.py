"""The tables of items and attributes: each attribute in its column and row, nothing run by a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import ATTRIBUTED, attributed

from elmtex.cli import main
from elmtex.exporters.formats import FORMATS, flat, to_attributes_csv, to_csv
from elmtex.exporters.tables import ITEM_COLUMNS, Document, item_table
from elmtex.extractors.values import with_values
from elmtex.schema import load_schema, parse_schema
from elmtex.types import Attribute, Extraction, Item

REPORT = "Aspirin 100 mg orally, in the morning 100 mg more. No ibuprofen."
FOUND = attributed(REPORT)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_item_has_a_column_for_each_type_of_the_schema() -> None:
    medication = load_schema("medication")
    head = to_csv(FOUND, medication).splitlines()[0].split(",")
    assert [t.key for t in medication.attributes] == list(medication.document["x-attributes"])
    assert head == [
        *ITEM_COLUMNS,
        *(
            "dose",
            "dose_number",
            "dose_comparator",
            "dose_unit",
            "route",
            "route_code",
            "frequency",
        ),
        *("duration", "duration_number", "duration_comparator", "duration_unit"),
        *("form", "indication"),
    ]
    first, second = rows(to_csv(FOUND, medication))
    assert (first["text"], first["dose"], first["route"]) == (
        "Aspirin",
        "100 mg; 100 mg",
        "orally",
    )
    assert first["frequency"] == "" and first["assertion"] == "present"
    assert second["text"] == "ibuprofen" and {second[t.key] for t in medication.attributes} == {""}


def test_an_attribute_has_a_row_beside_its_item() -> None:
    assert rows(to_attributes_csv(FOUND, ATTRIBUTED))[1] == {
        "id": "r",
        "category": "drug",
        "item": "Aspirin",
        "item_start": "0",
        "item_end": "7",
        "assertion": "present",
        "type": "dose",
        "text": "100 mg",
        "start": "38",
        "end": "44",
        "confidence": "0.9",
        "value": "",
    }
    assert [r["type"] for r in rows(to_attributes_csv(FOUND, ATTRIBUTED))] == [
        *("dose", "dose", "route")
    ]
    assert all(
        REPORT[int(r["start"]) : int(r["end"])] == r["text"]
        for r in rows(to_attributes_csv(FOUND, ATTRIBUTED))
    )


def test_an_attribute_that_says_a_quantity_has_it_as_json() -> None:
    valued = with_values(FOUND.categories, load_schema("medication"), REPORT)
    (dose, *_) = rows(to_attributes_csv(replace(FOUND, categories=valued), ATTRIBUTED))
    assert json.loads(dose["value"]) == {
        "kind": "quantity",
        "value": 100,
        "unit": "mg",
        "code": "mg",
    }


def test_a_schema_without_types_has_the_columns_it_had() -> None:
    plain = load_schema("elmtex").without_attributes()
    found = Extraction("r", "elmtex", "m", "ok", (), dict.fromkeys(plain.keys, ()))
    assert to_csv(found, plain) == ",".join(ITEM_COLUMNS) + "\r\n"
    silent = Extraction("r", "medication", "m", "ok", (), {"drug": (Item("Aspirin", 0, 7),)})
    (row,) = rows(to_csv(silent, ATTRIBUTED))
    assert row["dose"] == "" and len(rows(to_attributes_csv(silent, ATTRIBUTED))) == 0


@pytest.mark.parametrize("text", ["=1+1", "-5 mg", "@x"])
def test_no_attribute_starts_a_formula(text: str) -> None:
    attributes = (Attribute("dose", text, 0, 1), Attribute("dose", text, 0, 1))
    found = Extraction(
        text, "m", "m", "ok", (), {"drug": (Item(text, 0, 1, attributes=attributes),)}
    )
    (row,) = rows(to_csv(found, ATTRIBUTED))
    assert row["dose"].startswith("'" + text) and f"; {text}" not in row["dose"]
    for row in rows(to_attributes_csv(found, ATTRIBUTED)):
        assert {row["id"], row["item"], row["text"]} == {"'" + text}


def test_a_type_may_have_the_name_of_a_column() -> None:
    schema = parse_schema(
        '{"title": "t", "properties": {"a": {"title": "A", "x-attributes": ["text", "judged"]}},'
        ' "x-attributes": {"text": {"title": "T"}, "judged": {"title": "J"}}}',
        "own",
    )
    item = Item(
        "x", 0, 1, attributes=(Attribute("text", "t", 1, 2), Attribute("judged", "j", 2, 3))
    )
    (row,) = rows(to_csv(Extraction("r", "own", "m", "ok", (), {"a": (item,)}), schema))
    assert (row["text"], row["attribute.text"], row["attribute.judged"]) == ("x", "t", "j")


def test_columns_stand_in_the_order_in_which_the_schema_names_its_types() -> None:
    schema = parse_schema(
        '{"title": "t", "properties": {"a": {"title": "A", "x-attributes": ["last"]},'
        ' "b": {"title": "B", "x-attributes": ["first", "last"]}},'
        ' "x-attributes": {"first": {"title": "F"}, "unused": {"title": "U"}, "last": {"title": "L"}}}',
        "own",
    )
    found = Extraction("r", "own", "m", "ok", (), {"a": (), "b": ()})
    assert to_csv(found, schema) == ",".join([*ITEM_COLUMNS, "first", "last"]) + "\r\n"


def test_documents_of_several_schemas_share_one_header() -> None:
    plain = load_schema("elmtex").without_attributes()
    fever = {"signs_symptoms": (Item("fever", 0, 5),)}
    other = Extraction("s", "elmtex", "m", "ok", (), dict.fromkeys(plain.keys, ()) | fever)
    first, _, last = rows(item_table([Document(FOUND, ATTRIBUTED), Document(other, plain)]))
    assert list(first) == list(last)
    assert (first["dose"], last["text"], last["dose"]) == ("100 mg; 100 mg", "fever", "")


def test_the_flat_view_knows_no_attributes() -> None:
    drugs = tuple(replace(item, attributes=()) for item in FOUND.categories["drug"])
    bare = replace(FOUND, categories={"drug": drugs})
    assert flat(FOUND, ATTRIBUTED) == flat(bare, ATTRIBUTED) == {"drug": "Aspirin"}
    assert json.loads(FORMATS["json"](FOUND, ATTRIBUTED)) == FOUND.to_dict()


@pytest.mark.parametrize(("format", "count"), [("csv", 2), ("csv-attributes", 3)])
def test_the_command_line_writes_them(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], format: str, count: int
) -> None:
    from fakes import Attributing

    path = tmp_path / "r.txt"
    path.write_text(REPORT)
    asked = ["extract", str(path), "--schema", "medication", "--format", format]
    assert main(asked, make_extractor=lambda _: Attributing(load_schema("medication"))) == 0
    written = rows(capsysbinary.readouterr().out.decode())
    assert len(written) == count and written[0]["assertion"] == "present"
