"""Training through the real scripts on a tiny Llama: what it memorises, the real decoder gives back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tiny import tiny_llama, tiny_tokenizer

pytest.importorskip("trl", reason="training is not installed")

from elmtex import Extractor
from elmtex.corpora import records as canonical
from elmtex.types import Item, Record
from training import sft

FACTS = {
    "He had fever and cough. He denied pain.": {
        "signs_symptoms": [("fever", "present"), ("cough", "present"), ("pain", "absent")]
    },
    "Perhaps sepsis 😀 of 12.5 mg.\r\nThe patient had cough.": {
        "diagnosis": [("sepsis", "possible")],
        "laboratory_values": [("12.5 mg", "present")],
        "signs_symptoms": [("cough", "present")],
    },
    "A woman, 57, had pain; her mother had fever.": {
        "gender": [("woman", "present")],
        "age": [("57", "present")],
        "signs_symptoms": [("pain", "present")],
        "family_history": [("her mother had fever", "present")],
    },
}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Path:
    """A folder with a tiny base model and three annotated reports."""
    folder = tmp_path_factory.mktemp("workshop")
    tiny_llama(0, hidden=64).float().save_pretrained(folder / "base")
    tiny_tokenizer().save(str(folder / "base" / "tokenizer.json"))
    rows = []
    for number, (text, facts) in enumerate(FACTS.items()):
        items = {
            key: tuple(
                Item(words, text.index(words), text.index(words) + len(words), assertion)
                for words, assertion in found
            )
            for key, found in facts.items()
        }
        labelled = tuple(Extractor().schema.keys)
        rows.append(Record(f"r{number}", "planted", "en", text, labelled, items))
    (folder / "data").mkdir()
    canonical.write(folder / "data" / "train.jsonl", rows)
    canonical.write(folder / "data" / "dev.jsonl", rows)
    return folder


def train(workshop: Path, out: Path, *flags: str) -> list[dict]:
    arguments = {
        "model_name_or_path": workshop / "base",
        "data": workshop / "data",
        "output_dir": out,
        "drop": 0,
        "shuffle": 0,
        "rename": 0,
        "per_device_train_batch_size": 3,
        "learning_rate": 1e-2,
        "lr_scheduler_type": "cosine",
        "gradient_checkpointing": "false",
        "bf16": "false",
        "report_to": "none",
        "use_cpu": "true",
        "disable_tqdm": "true",
        "logging_steps": 1,
        "save_strategy": "no",
    }
    sft.main([*(str(x) for k, v in arguments.items() for x in (f"--{k}", v)), *flags])
    return json.loads((out / "record.json").read_text())["history"]


@pytest.mark.parametrize("adapter", [False, True], ids=["full", "lora"])
def test_a_memorised_report_is_extracted_exactly(workshop, tmp_path, adapter):
    lora = ["--use_peft", "true", "--lora_r", "16", "--lora_alpha", "32", "--lora_target_modules"]
    lora += ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    out = tmp_path / "run"
    history = train(workshop, out, "--num_train_epochs", "80", *(lora if adapter else []))
    losses = [row["loss"] for row in history if "loss" in row]
    assert losses[-1] < 0.01 < losses[0]
    extractor = Extractor(model=str(out))
    for text, facts in FACTS.items():
        document = extractor.extract(text)
        found = {k: [(i.text, i.assertion) for i in v] for k, v in document.categories.items() if v}
        assert found == facts
        assert all(i.confidence > 0.9 for items in document.categories.values() for i in items)


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(workshop, tmp_path):
    flags = ["--num_train_epochs", "8", "--per_device_train_batch_size", "1", "--max_steps", "8"]
    flags += ["--save_strategy", "steps", "--save_steps", "4", "--drop", "0.5", "--shuffle", "0.5"]
    whole = train(workshop, tmp_path / "whole", *flags)
    (tmp_path / "cut").mkdir()
    shutil.copytree(tmp_path / "whole" / "checkpoint-4", tmp_path / "cut" / "checkpoint-4")
    resumed = train(workshop, tmp_path / "cut", *flags, "--resume_from_checkpoint", "true")
    losses = [[row["loss"] for row in history if "loss" in row] for history in (whole, resumed)]
    assert len(losses[0]) == 8
    assert losses[0] == losses[1]
