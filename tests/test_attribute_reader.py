"""Attribute readers through the real script on a tiny encoder: what one memorises comes with every strategy's items."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from test_student import tiny_bert, tokenizer_with_specials
from test_student import train as train_student
from test_training import FACTS
from tiny import PlantedEngine, PlantedModel, tiny_tokenizer

pytest.importorskip("trl", reason="training is not installed")
pytest.importorskip("openvino", reason="openvino is not installed")

from elmtex import records as canonical
from elmtex.extractors.loaded_attribute_reader import LoadedAttributeReader
from elmtex.extractors.notes import NotesExtractor
from elmtex.extractors.student import StudentExtractor
from elmtex.models import attribute_reader as readers
from elmtex.models.adapter import Adapter, AttributeSettings
from elmtex.models.attribute_reader import READERS, load_attribute_reader
from elmtex.schema import load_schema
from elmtex.types import Attribute, InputError, Item, Record
from training import attribute_reader
from training.attribute_data import attribute_examples, collate
from training.calibrate_reader import calibrate_reader
from training.data import Augmentation
from training.ship import ship_encoder
from training.student_data import epochs_of

SCHEMA = load_schema("clinical")
GOLD = {
    "The patient had oral aspirin, 12.5 mg daily. A left pain.": {
        "pharmacological_therapy": {
            "aspirin": {"route": "oral", "dose": "12.5 mg", "frequency": "daily"}
        },
        "signs_symptoms": {"pain": {"body_site": "left"}},
    },
    "He had insulin 😀 and cough.\r\nOn Day 7 he had aspirin 100 mg.": {
        "pharmacological_therapy": {"insulin": {}, "aspirin": {"dose": "100 mg"}},
        "signs_symptoms": {"cough": {}},
    },
}

TYPES = ("route", "dose", "frequency", "body_site")  # no other is learnt


def record(number: int, text: str, facts: dict[str, dict[str, dict[str, str]]]) -> Record:
    def at(words: str) -> tuple[str, int, int]:
        return words, text.index(words), text.index(words) + len(words)

    items = {
        key: tuple(
            Item(
                *at(words),
                attributes=tuple(Attribute(type, *at(said)) for type, said in own.items()),
            )
            for words, own in row.items()
        )
        for key, row in facts.items()
    }
    return Record(f"r{number}", "planted", "en", text, tuple(items), items, attributes=TYPES)


RECORDS = [record(n, text, facts) for n, (text, facts) in enumerate(GOLD.items())]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("workshop")
    tiny_bert().save_pretrained(folder / "bert")
    tokenizer_with_specials().save(str(folder / "bert" / "tokenizer.json"))
    for name in ("train", "dev"):
        canonical.write(folder / "data" / f"{name}.jsonl", RECORDS)
    return folder


def train(workshop: Path, out: Path, *flags: str) -> list[dict]:
    arguments = {
        "encoder": workshop / "bert",
        "data": workshop / "data",
        "output_dir": out,
        "per_device_train_batch_size": 2,
        "num_train_epochs": 120,
        "learning_rate": 2e-3,
        "head_learning_rate": 5e-3,
        "lr_scheduler_type": "cosine",
        "report_to": "none",
        "use_cpu": "true",
        "disable_tqdm": "true",
        "logging_steps": 1,
        "save_strategy": "no",
    }
    attribute_reader.main([*(str(x) for k, v in arguments.items() for x in (f"--{k}", v)), *flags])
    return json.loads((out / "record.json").read_text())["history"]


@pytest.fixture(scope="module")
def trained(workshop) -> Path:
    folder = workshop / "reader"
    history = train(workshop, folder, "--eval_strategy", "steps", "--eval_steps", "60")
    losses = [row["loss"] for row in history if "loss" in row]
    assert losses[-1] < 0.05 < losses[0]
    measured = [row for row in history if "eval_exact" in row]
    assert measured[-1]["eval_exact"] == measured[-1]["eval_relaxed"] == 1
    return folder


def bare(items) -> dict[str, tuple[Item, ...]]:
    return {key: tuple(replace(i, attributes=()) for i in row) for key, row in items.items()}


def said(item: Item) -> set[tuple[str, str, int | None]]:
    return {(a.type, a.text, a.start) for a in item.attributes if a.type in TYPES}


def test_the_reader_gives_the_attributes_that_it_learnt(trained):
    reader = LoadedAttributeReader(trained)
    assert reader.knows(SCHEMA) and not reader.knows(load_schema("medication"))
    for gold in RECORDS:
        rows = reader.with_attributes(gold.text, bare(gold.items), SCHEMA)
        assert bare(rows) == bare(gold.items)
        for key, row in gold.items.items():
            assert [said(item) for item in rows[key]] == [said(item) for item in row]
            sure = [a.confidence for item in rows[key] for a in item.attributes]
            assert all(0 <= c <= 1 for c in sure)


def test_what_has_no_place_gets_nothing(trained):
    reader = LoadedAttributeReader(trained)
    lost, strange = Item("gout", None, None), Item("He", 0, 2)
    items = {"diagnosis": (lost,), "age": (strange,), "allergies": ()}
    assert reader.with_attributes("He had fever.", items, SCHEMA) == items
    with pytest.raises(InputError, match="does not hold its words") as refused:
        reader.with_attributes("Fever. Secret.", {"diagnosis": [Item("fever", 7, 13)]}, SCHEMA)
    assert "Secret" not in str(refused.value)


def test_an_adapter_that_names_a_reader_asks_it(trained):
    text = RECORDS[0].text
    model = PlantedModel(
        tiny_tokenizer(), PlantedEngine(tiny_tokenizer(), (" aspirin => drug; ]",))
    )
    model.adapter = Adapter(
        "tiny", None, "tiny", (), attributes=AttributeSettings(), attribute_reader=str(trained)
    )
    extractor = NotesExtractor(SCHEMA, model=model)
    assert extractor.has_attributes and trained in extractor.folders()
    assert extractor.settings()["attributes"] == trained.name
    found = extractor.add_attributes(text, bare(RECORDS[0].items))
    drug = found["pharmacological_therapy"][0]
    assert {(type, text) for type, text, _ in said(drug)} == {
        ("route", "oral"),
        ("dose", "12.5 mg"),
        ("frequency", "daily"),
    }
    assert next(a.value for a in drug.attributes if a.type == "dose") is not None
    without = NotesExtractor(SCHEMA, model=model, attributes=False)
    assert not without.has_attributes and trained not in without.folders()
    # A schema that it does not know is the Llama's
    assert extractor.with_schema(load_schema("medication")).settings()["attributes"] == "written"


def test_its_threshold_is_chosen_end_to_end(trained, tmp_path, monkeypatch):
    adapter, reader = tmp_path / "adapter", shutil.copytree(trained, tmp_path / "reader")
    adapter.mkdir()
    (adapter / "elmtex.json").write_text("{}")

    def opened(strategy, schema, *, model, attributes=True):
        settings = json.loads((Path(model) / "elmtex.json").read_text())
        engine = PlantedEngine(tiny_tokenizer(), (" pain => symptom; ]",))
        planted = PlantedModel(tiny_tokenizer(), engine)
        planted.adapter = Adapter("tiny", None, "tiny", (), **settings)
        return NotesExtractor(schema, model=planted, attributes=attributes)

    monkeypatch.setattr("training.calibrate_reader.open_extractor", opened)
    rows = calibrate_reader(reader, adapter, RECORDS[:1], "clinical", (1.0, 0.2))
    assert rows[0]["relaxed"] < rows[1]["relaxed"] and rows[2] == rows[1]
    assert load_attribute_reader(reader).threshold == 0.2
    assert (adapter / "elmtex.json").read_text() == "{}"
    assert load_attribute_reader(trained).threshold == 0.1


def test_a_student_takes_the_packaged_reader(trained, tmp_path, monkeypatch):
    folder = ship_encoder(trained, "attributes-9", tmp_path / "readers")
    monkeypatch.setattr(readers, "READERS", replace(READERS, packaged=folder.parent))
    monkeypatch.setattr("elmtex.extractors.student.READERS", readers.READERS)
    assert {path.name for path in folder.iterdir()} == {
        *READERS.files,
        "digests.json",
        "record.json",
    }
    student = StudentExtractor("clinical")
    assert student.settings()["attributes"] == "attributes-9" and folder in student.folders()
    text = RECORDS[0].text
    assert student.add_attributes(text, bare(RECORDS[0].items)) != bare(RECORDS[0].items)
    without = StudentExtractor("clinical", attributes=False)
    assert not without.has_attributes
    for document in (student.extract(text), without.extract(text)):
        assert document.status == "ok"
    assert bare(student.extract(text).categories) == bare(without.extract(text).categories)
    with pytest.raises(InputError, match="no attribute reader"):
        without.add_attributes(text, {})


def test_what_cannot_be_a_reader_is_told(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "READERS", replace(READERS, packaged=tmp_path / "none"))
    with pytest.raises(InputError, match=r"python -m training\.attribute_reader"):
        load_attribute_reader()
    with pytest.raises(InputError, match=r"holds no attribute reader: model\.xml is missing"):
        load_attribute_reader(tmp_path)
    copy = shutil.copytree(trained, tmp_path / "copy")
    (copy / "model.bin").write_bytes(b"x")
    with pytest.raises(InputError, match="damaged"):
        load_attribute_reader(copy)
    (copy / "digests.json").unlink()
    facts = json.loads((copy / "attributes.json").read_text())
    for change, told in (
        ({"known": {"drug": []}}, "attribute types"),
        ({"known": {}}, "by category"),
        ({"window": 100}, "no room"),
        ({"transitions": [[0, 0]]}, "transitions must be"),
        ({"threshold": 3}, "threshold"),
    ):
        (copy / "attributes.json").write_text(json.dumps({**facts, **change}))
        with pytest.raises(InputError, match=told):
            load_attribute_reader(copy)


def test_examples_ask_of_what_a_record_labels_alone(trained):
    reader = load_attribute_reader(trained)
    (example,) = attribute_examples(RECORDS[0], tiny_tokenizer(), reader.layout, SCHEMA)
    labels = collate([example, example], reader.layout)
    n = len(example.questions)
    assert labels["labels"].shape[0] == labels["known"].shape[0] == len(labels["places"]) == 2 * n
    types = [reader.layout.types[k] for k in example.known[0]]
    assert set(types) <= set(RECORDS[0].attributes)
    words = labels["input_ids"].flatten()[labels["words"].flatten()[labels["places"]]]
    for length, one, other in zip(labels["lengths"][:n], words[:n], words[n:], strict=True):
        assert one[:length].equal(other[:length])
    unmarked = replace(RECORDS[0], attributes=())
    assert not list(attribute_examples(unmarked, tiny_tokenizer(), reader.layout, SCHEMA))


def test_epochs_depend_on_the_seed_alone(trained):
    layout = load_attribute_reader(trained).layout

    def drawn(seed: int):
        return epochs_of(
            RECORDS,
            lambda record: attribute_examples(record, tiny_tokenizer(), layout, SCHEMA),
            epochs=3,
            seed=seed,
            batch=1,
            augmentation=Augmentation(0, 0, 0, capitals=0.5),
        )

    assert drawn(1) == drawn(1) != drawn(2)


def test_nothing_to_train_on_is_told(workshop, tmp_path):
    rows = [
        Record("r", "planted", "en", text, tuple(facts), dict.fromkeys(facts, ()))
        for text, facts in FACTS.items()
    ]
    for name in ("train", "dev"):
        canonical.write(tmp_path / f"{name}.jsonl", rows)
    with pytest.raises(InputError, match="no attributes to train on"):
        train(workshop, tmp_path / "run", "--data", str(tmp_path))


def test_a_run_is_trained_further(workshop, trained, tmp_path):
    flags = ["--init_reader", str(trained), "--max_steps", "1", "--learning_rate", "0"]
    first, *_ = train(workshop, tmp_path / "more", *flags, "--head_learning_rate", "0")
    assert first["loss"] < 0.2  # that of a new one is over .5
    with pytest.raises(InputError, match="holds no attribute reader"):
        train(workshop, tmp_path / "none", "--init_reader", str(tmp_path), "--max_steps", "1")


def test_it_begins_with_the_encoder_of_a_student(workshop, tmp_path):
    train_student(workshop, tmp_path / "student", "--max_steps", "2")
    still = ["--max_steps", "1", "--learning_rate", "0", "--head_learning_rate", "0"]
    train(workshop, tmp_path / "run", "--init_student", str(tmp_path / "student"), *still)
    begun, student = (
        {
            key: weight
            for key, weight in load_file(tmp_path / name / "model.safetensors").items()
            if key.startswith("encoder.")
        }
        for name in ("run", "student")
    )
    assert begun.keys() == student.keys()
    assert all(torch.equal(begun[key], student[key]) for key in student)


def test_every_field_of_the_config_is_known():
    from transformers import TrainingArguments
    from trl import TrlParser

    path = Path(attribute_reader.__file__).parent / "configs" / "attributes-minilm.yaml"
    parser = TrlParser((attribute_reader.AttributeArguments, TrainingArguments))
    flags = ["--config", str(path), "--data", "d", "--output_dir", "o"]
    given, config = parser.parse_args_and_config(flags)
    assert config.learning_rate < given.head_learning_rate
