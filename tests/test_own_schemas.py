"""Schemas with their reports: the loader, the packaged folder, and training on many schemas at once."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from corpora import schemas
from corpora.schemas import descriptions, translated
from elmtex import records
from elmtex.decoding.attributes import AttributeGrammar
from elmtex.decoding.grammar import NoteGrammar
from elmtex.decoding.tokens import read_tokenizer
from elmtex.extractors.prompt import margin_prompt
from elmtex.models.base import DEFAULT_MODEL, base_folder
from elmtex.schema import load_schema, parse_schema
from elmtex.text.normalisation import sentences
from elmtex.text.reading import reading
from elmtex.types import InputError, Item, Record
from training import prepare
from training.data import (
    Augmentation,
    asked_schema,
    sampled,
    sequences,
)
from training.mentions import pools

FOLDER = Path(prepare.__file__).parent / "schemas"
FILES = sorted(FOLDER.glob("*.json"))


def plant(folder: Path, name: str, label: str, english: str, german: str) -> None:
    """A schema of two categories, ``size`` under a label of its own and ``site``, with reports."""
    schema = {
        "title": name,
        "properties": {
            "size": {"title": "Size", "x-label": label, "x-attributes": ["test"]},
            "site": {"title": "Site"},
        },
        "x-attributes": {"test": {"title": "Test"}, "unused": {"title": "Unused"}},
    }
    (folder / f"{name}.json").write_text(json.dumps(schema))
    (folder / f"{name}.en.txt").write_text(english)
    (folder / f"{name}.de.txt").write_text(german)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plant(
        tmp_path,
        "wound",
        "wound size",
        "A wound of [size#1|4 cm], {test#1|by ruler}, no [site!|heel] wound.\n---\nHe had fever.\n",
        "Wunde am [site|Knie]?\n",
    )
    plant(tmp_path, "dev-nodule", "nodule size", "Nodule [size|6 mm]\n", "[size?|3 mm] Herd\n")
    return tmp_path


def test_a_label_is_the_schemas_own_key_and_a_record_names_its_schema(folder: Path) -> None:
    nodule, _, wound, empty, german = schemas.load(folder)
    assert (wound.id, wound.lang, wound.split, wound.schema) == (
        "en/wound-1",
        "en",
        "train",
        "wound",
    )
    assert wound.text == "A wound of 4 cm, by ruler, no heel wound."
    [size] = wound.items["size"]
    # A type that a schema names and no category lists is none; "test" is a type as others are.
    assert wound.attributes == ("test",) and [a.text for a in size.attributes] == ["by ruler"]
    assert [(i.text, i.assertion) for i in wound.items["site"]] == [("heel", "absent")]
    assert empty.labelled == ("size", "site") and empty.items == {"size": (), "site": ()}
    assert (german.lang, german.text) == ("de", "Wunde am Knie?")
    assert (nodule.schema, nodule.split) == ("dev-nodule", "dev")


def test_long_reports_stand_apart_and_have_names_of_their_own(folder: Path) -> None:
    (folder / "wound.long.de.txt").write_text("Wunde [size|2 cm]\n---\nam [site|Fuß]\n")
    found = {r.id: r for r in schemas.load(folder) if r.schema == "wound"}
    assert [*found][-2:] == ["de/long-wound-1", "de/long-wound-2"]
    assert (found["de/long-wound-2"].lang, found["de/long-wound-2"].split) == ("de", "train")
    weights = {"schemas": 0.0, "schemas/de/long-": 2.0}
    drawn = sampled(list(found.values()), weights, random.Random(0))
    assert sorted(r.id for r in drawn) == sorted(2 * [*found][-2:])
    (folder / "wound.long.de.txt").write_text("[sx|Husten]")
    with pytest.raises(InputError, match=r"wound\.long\.de\.txt: no category has the label 'sx'"):
        list(schemas.load(folder))


def test_faults_name_the_file(folder: Path) -> None:
    (folder / "wound.de.txt").write_text("[sx|Husten]")  # the label of another notation
    with pytest.raises(InputError, match=r"wound\.de\.txt: no category has the label 'sx'"):
        list(schemas.load(folder))
    (folder / "wound.de.txt").write_text("[site#1|Knie] {test#1|heute}")
    with pytest.raises(InputError, match=r"wound\.de\.txt: test#1 belongs to no item"):
        list(schemas.load(folder))
    (folder / "wound.de.txt").unlink()
    with pytest.raises(InputError, match=r"wound\.de\.txt"):
        list(schemas.load(folder))
    with pytest.raises(InputError, match="no schemas"):
        list(schemas.load(folder / "nowhere"))


def test_the_same_key_in_two_schemas_keeps_its_label(folder: Path) -> None:
    augmentation, rng = Augmentation(0, 0, 0, (str(folder),)), random.Random(0)

    def prompt(labelled: tuple[str, ...], name: str | None) -> str:
        return margin_prompt(asked_schema(labelled, (), augmentation, rng, name))

    assert "wound size, site" in prompt(("size", "site"), "wound")
    assert "nodule size, site" in prompt(("size", "site"), "dev-nodule")
    assert "labels: drug" in prompt(("drug",), "medication")  # a packaged one
    with pytest.raises(InputError, match="'strange': give its file, or its folder, with --schemas"):
        prompt(("size",), "strange")
    with pytest.raises(InputError, match="'age', which is not in the schema 'wound'"):
        prompt(("age",), "wound")
    with pytest.raises(InputError, match="'size', which is in no packaged schema"):
        prompt(("size",), None)  # a folder's schemas are for records that name one
    alone = Augmentation(0, 0, 0, (str(folder / "wound.json"),))
    assert "wound size" in margin_prompt(asked_schema(("size",), (), alone, rng, "wound"))
    assert "wound size" in margin_prompt(asked_schema(("size",), (), alone, rng))


def test_a_prompt_may_say_what_belongs_under_a_label() -> None:
    schema = parse_schema(
        json.dumps(
            {
                "title": "Wound",
                "properties": {
                    "bed": {"title": "Bed", "description": "Tissue in the wound:\n slough."},
                    "size": {"title": "Size"},
                    "edge": {"title": "Edge", "description": "skin " * 100},
                },
            }
        ),
        "wound",
    )
    assert margin_prompt(schema).endswith(" under these labels: bed, size, edge.\n\n")
    said = margin_prompt(schema, described=True)
    assert "labels: bed (Tissue in the wound: slough), size, edge (skin skin" in said
    assert said.endswith("skin).\n\n") and said.count("skin") == 24
    many = {f"c{n}": {"title": f"C{n}", "description": "skin " * 100} for n in range(60)}
    whole = parse_schema(json.dumps({"title": "T", "properties": many}), "many")
    assert len(margin_prompt(whole, described=True)) < 2300


def test_a_german_report_may_be_asked_for_in_german(folder: Path) -> None:
    file = folder / "wound.json"
    document = json.loads(file.read_text())
    document["properties"]["size"] |= {"x-title": {"de": "Wundgröße"}, "description": "Length."}
    document["x-attributes"]["test"]["x-title"] = {"de": "Messung"}
    file.write_text(json.dumps(document))
    (folder / "descriptions").mkdir()
    (folder / "descriptions" / "de.json").write_text('{"wound": {"size": "Länge."}}')
    records = {r.id: r for r in schemas.load(folder)}
    always = Augmentation(0, 0, 0, (str(folder),), described=1.0, translate=1.0)

    def prompt(id: str, augmentation: Augmentation) -> str:
        tokenizer, rng = read_tokenizer(base_folder(DEFAULT_MODEL)), random.Random(0)
        (sequence,) = sequences(records[id], tokenizer, augmentation, rng, 1024)
        return tokenizer.decode(sequence.tokens.tolist())

    assert "labels: wundgröße (Länge), site." in prompt("de/wound-1", always)
    assert "labels: wound size (Length), site." in prompt("en/wound-1", always)
    never = replace(always, translate=0.0)
    assert "labels: wound size (Length), site." in prompt("de/wound-1", never)
    schema = asked_schema(("size", "site"), ("test",), always, random.Random(0), "wound")
    (attribute,) = translated(schema, "de", {}).categories[0].attributes
    assert attribute.label == "messung"
    same = replace(schema.categories[1], titles={"de": "WUNDGRÖSSE"})
    both = replace(schema, categories=(schema.categories[0], same))
    assert translated(both, "de", {}) is both  # labels must differ


def test_german_descriptions_are_of_schemas_to_train_on() -> None:
    said = descriptions(FOLDER, "de")
    for name, of_schema in said.items():
        assert not name.startswith(schemas.HELD_OUT)
        schema = load_schema(FOLDER / f"{name}.json")
        assert set(of_schema) == {c.key for c in schema.categories if c.description}
    assert len(said) > 400


def test_every_schema_can_be_asked_for_in_german() -> None:
    tokenizer = read_tokenizer(base_folder(DEFAULT_MODEL))
    for file in FILES:
        schema = translated(load_schema(file), "de", {})
        AttributeGrammar.of(schema, tokenizer, NoteGrammar.of(schema, tokenizer))


def test_a_folders_schemas_change_nothing_for_records_that_name_none() -> None:
    labelled, rng = load_schema("elmtex").keys, random.Random(0)
    without = asked_schema(labelled, (), Augmentation(0, 0, 0), rng)
    beside = asked_schema(labelled, (), Augmentation(0, 0, 0, (str(FOLDER),)), rng)
    assert without == beside


def test_mentions_are_exchanged_within_a_schema(folder: Path) -> None:
    found = pools(list(schemas.load(folder)))
    assert found["en", "wound", "size"] == ["4 cm"]
    assert found["en", "dev-nodule", "size"] == ["6 mm"]


def test_prepare_keeps_dev_schemas_from_training(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert prepare.main(["--out", str(out), "--own-schemas", str(folder)]) == 0
    train, held_out = (list(records.load(out / f"{n}.jsonl")) for n in ("train", "dev_other"))
    assert {r.schema for r in train} == {"wound"} and len(train) == 3
    assert {r.schema for r in held_out} == {"dev-nodule"} and len(held_out) == 2
    assert len(json.loads((out / "record.json").read_text())["inputs"]["schemas"]["sha256"]) == 64


def test_a_row_without_a_schema_is_read_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    item = Item("fever", 0, 5)
    record = Record("1", "mine", "en", "fever", ("size",), {"size": (item,)}, schema="wound")
    file = tmp_path / "r.jsonl"
    records.write(file, [record, Record("2", "mine", "en", "fever", ("age",), {})])
    first, second = records.load(file)
    assert first == record and second.schema is None
    assert "schema" not in json.loads(file.read_text().splitlines()[1])
    file.write_text(json.dumps({**record.to_dict(), "schema": ["wound"]}))
    with pytest.raises(InputError, match="lang, split and schema must be strings"):
        list(records.load(file))


def test_the_long_reports_that_are_held_out_are_well_formed(
    reports: dict[str, list[Record]],
) -> None:
    held_out = list(schemas.load(FOLDER / "held_out_long"))
    assert len(held_out) == 32 and len({r.schema for r in held_out}) == 4
    learnt = {r.text for own in reports.values() for r in own}
    assert not learnt & {r.text for r in held_out}


@pytest.fixture(scope="module")
def reports() -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in schemas.load(FOLDER):
        found.setdefault(str(record.schema), []).append(record)
    return found


def test_the_readme_lists_the_schemas_that_are_held_out() -> None:
    listed = re.findall(r"^- `(dev-\w+)`", (FOLDER / "README.md").read_text("utf-8"), re.M)
    assert listed == [file.stem for file in FILES if file.stem.startswith(schemas.HELD_OUT)]
    assert len(listed) == 10


def test_no_held_out_schema_is_trained_under_another_name(reports: dict[str, list[Record]]) -> None:
    prepared = prepare.prepare(record for found in reports.values() for record in found)
    assert not prepared.left_out  # no report is a copy of another, held out or not
    assert {r.split for r in prepared.files["train"]} == {"train"}


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_a_schema_and_its_reports_are_whole(name: str, reports: dict[str, list[Record]]) -> None:
    text, own = (FOLDER / f"{name}.json").read_text("utf-8"), reports[name]
    schema = parse_schema(text, name, names_only=True)  # the loader has checked it whole
    assert 3 <= len(schema.keys) <= 12
    assert all("de" in category.titles for category in schema.categories)
    # Training names some examples' categories by their titles: they have to be labels, too.
    titles = [category.title.lower() for category in schema.categories]
    assert len(set(titles)) == len(titles) and not any(set("=;!?[]") & set(t) for t in titles)
    assert all(sum(r.lang == lang for r in own) >= 4 for lang in schemas.LANGUAGES)
    for key in schema.keys:
        full = [record for record in own if record.items[key]]
        assert 0 < len(full) < len(own), f"{key} is in no report, or in all"
    items = [(r, i) for r in own for found in r.items.values() for i in found]
    used = {a.type for _, item in items for a in item.attributes}
    assert used == {t.key for t in schema.attributes}


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_the_notes_can_say_every_item(name: str, reports: dict[str, list[Record]]) -> None:
    """An item or attribute that leaves its sentence, as the model reads it, is never learnt."""
    for record in reports[name]:
        assert not set("[]{}|") & set(record.text), record.id
        read = reading(record.text)
        bounds = [read.span(*sentence) for sentence in sentences(read.text)]
        for item in (i for found in record.items.values() for i in found):
            assert item.start is not None and item.end is not None
            home = [(a, b) for a, b in bounds if a <= item.start and item.end <= b]
            assert home, (record.id, item.start)
            for span in (item, *item.attributes):
                assert span.start is not None and span.end is not None
                assert home[0][0] <= span.start and span.end <= home[0][1], (record.id, span.start)
                around = record.text[: span.start][-1:], record.text[span.end :][:1]
                assert not any(map(str.isalnum, around)), (record.id, span.start)
