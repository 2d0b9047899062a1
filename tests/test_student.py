"""Students through the real script on tiny encoders: what one memorises, the extractor gives back without torch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from test_training import FACTS, LORA
from test_training import train as train_llama
from tiny import tiny_llama, tiny_tokenizer
from tokenizers import Tokenizer, processors

pytest.importorskip("trl", reason="training is not installed")
pytest.importorskip("openvino", reason="openvino is not installed")

from elmtex import records as canonical
from elmtex.decoding.chain import BEGIN, INSIDE, OUTSIDE, Chain
from elmtex.decoding.labelled import Layout
from elmtex.engines.encoder import Encoder
from elmtex.extractors.base import open_extractor
from elmtex.extractors.student import StudentExtractor
from elmtex.models import student as students
from elmtex.models.student import STUDENTS, load_student
from elmtex.schema import load_schema
from elmtex.types import InputError, Item, Record
from elmtex.web.compare_tab.choices import extractor_choices
from training import student
from training.calibrate import calibrate
from training.data import Augmentation
from training.ship import ship_encoder
from training.student_data import collate, epochs_of, examples
from training.student_network import StudentNetwork, open_network

KEYS = tuple(load_schema("clinical").keys)


def tokenizer_with_specials() -> Tokenizer:
    """The tiny one, which puts a token before and one after a text, as BERT's do; and cuts, as MiniLM's does."""
    tokenizer = Tokenizer.from_str(tiny_tokenizer().to_str())
    start, end = (f"<|im_{word}|>" for word in ("start", "end"))
    ids = [(token, tokenizer.token_to_id(token)) for token in (start, end)]
    tokenizer.post_processor = processors.TemplateProcessing(
        f"{start} $A {end}", special_tokens=ids
    )
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    return tokenizer


def tiny_bert(seed: int = 0):
    from transformers import BertConfig, BertModel

    torch.manual_seed(seed)
    return BertModel(
        BertConfig(
            vocab_size=tiny_tokenizer().get_vocab_size(),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=512,
            hidden_dropout_prob=0.0,
        )
    )


def record(text: str, facts: dict[str, list[tuple[str, str]]], id: str) -> Record:
    items = {
        key: tuple(
            Item(words, text.index(words), text.index(words) + len(words), assertion)
            for words, assertion in found
        )
        for key, found in facts.items()
    }
    return Record(id, "planted", "en", text, tuple(load_schema("elmtex").keys), items)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Path:
    """A folder with tiny encoders and three annotated reports."""
    folder = tmp_path_factory.mktemp("workshop")
    tiny_bert().save_pretrained(folder / "bert")
    tokenizer_with_specials().save(str(folder / "bert" / "tokenizer.json"))
    tiny_llama(0, hidden=64).float().save_pretrained(folder / "llama")
    tiny_tokenizer().save(str(folder / "llama" / "tokenizer.json"))
    rows = [record(text, facts, f"r{n}") for n, (text, facts) in enumerate(FACTS.items())]
    (folder / "data").mkdir()
    for name in ("train", "dev"):
        canonical.write(folder / "data" / f"{name}.jsonl", rows)
    return folder


def train(workshop: Path, out: Path, *flags: str) -> list[dict]:
    arguments = {
        "encoder": workshop / "bert",
        "data": workshop / "data",
        "output_dir": out,
        "per_device_train_batch_size": 3,
        "num_train_epochs": 60,
        "learning_rate": 2e-3,
        "head_learning_rate": 1e-2,
        "lr_scheduler_type": "cosine",
        "report_to": "none",
        "use_cpu": "true",
        "disable_tqdm": "true",
        "logging_steps": 1,
        "save_strategy": "no",
    }
    student.main([*(str(x) for k, v in arguments.items() for x in (f"--{k}", v)), *flags])
    return json.loads((out / "record.json").read_text())["history"]


@pytest.fixture(scope="module")
def trained(workshop) -> Path:
    folder = workshop / "student"
    history = train(workshop, folder, "--eval_strategy", "steps", "--eval_steps", "30")
    losses = [row["loss"] for row in history if "loss" in row]
    assert losses[-1] < 0.05 < losses[0]
    measured = [row for row in history if "eval_exact" in row]
    assert measured[-1]["eval_exact"] == measured[-1]["eval_relaxed"] == 1
    return folder


@pytest.mark.parametrize("packaged", [False, True])
def test_a_student_is_trained_further(workshop, trained, tmp_path, packaged):
    start = shutil.copytree(trained, tmp_path / "start")
    if packaged:  # its int8 weights alone
        (start / "model.safetensors").unlink()
    flags = ["--init_student", str(start), "--max_steps", "1", "--learning_rate", "0"]
    first, *_ = train(workshop, tmp_path / "more", *flags, "--head_learning_rate", "0")
    assert first["loss"] < 0.1  # that of a new one is over 1
    assert json.loads((tmp_path / "more" / "record.json").read_text())["from"]


def test_a_share_of_the_start_stays_in_the_weights(workshop, trained, tmp_path):
    flags = ["--init_student", str(trained), "--max_steps", "1", "--lr_scheduler_type", "constant"]

    def weights(share: str) -> torch.Tensor:
        train(workshop, tmp_path / share, *flags, "--init_share", share)
        return load_file(tmp_path / share / "model.safetensors")["head.weight"]

    start = load_file(trained / "model.safetensors")["head.weight"]
    moved, mean = weights("0"), weights("0.5")
    assert not torch.equal(moved, start)
    assert torch.allclose(mean, (start + moved) / 2, atol=1e-6)


def test_a_student_of_other_categories_is_not_trained_further(workshop, trained, tmp_path):
    with pytest.raises(InputError, match="has no weights for this network"):
        flags = ["--init_student", str(trained), "--max_steps", "1"]
        train(workshop, tmp_path / "run", *flags, "--schema", "elmtex")


def test_a_student_trained_in_bfloat16_is_written_all_the_same(workshop, tmp_path, monkeypatch):
    monkeypatch.setattr("training.encoder_export.calibrate_student", lambda *_: [{}])
    train(workshop, tmp_path / "run", "--bf16", "true", "--max_steps", "1")
    assert (tmp_path / "run" / students.FILES[0]).is_file()


def found_in(extractor: StudentExtractor, text: str) -> dict[str, list[tuple[str, str]]]:
    document = extractor.extract(text)
    assert document.status == "ok"
    for items in document.categories.values():
        assert all(text[i.start : i.end] == i.text and i.confidence > 0.9 for i in items)
    return {k: [(i.text, i.assertion) for i in v] for k, v in document.categories.items() if v}


def test_a_memorised_report_is_extracted_exactly(trained):
    extractor = open_extractor("student", "elmtex", model=str(trained))
    for text, facts in FACTS.items():
        assert found_in(extractor, text) == facts
    names = {path.name for path in trained.iterdir()}
    assert {*students.FILES, "digests.json", "record.json", "loss.png"} <= names
    known = load_student(trained)
    assert known.layout.keys == KEYS and len(known.layout.before) == len(known.layout.after) == 1
    assert known.threshold > 0


def test_a_llama_reads_both_ways(workshop, tmp_path):
    network = open_network(str(workshop / "llama"), 1, 2).eval()
    assert len(network.encoder.layers) == 1
    ids = torch.tensor([[5, 6, 7, 8]])
    other = torch.tensor([[5, 6, 7, 9]])
    mask = torch.ones_like(ids)
    first, changed = (network(row, mask)[0, 0] for row in (ids, other))
    assert not torch.allclose(first, changed)  # the last token changes what is said of the first
    # What fills a batch up changes nothing
    longer = network(torch.tensor([[5, 6, 7, 8, 3, 3]]), torch.tensor([[1, 1, 1, 1, 0, 0]]))
    torch.testing.assert_close(longer[:, :4], network(ids, mask))


@pytest.mark.slow
def test_a_llama_memorises_too(workshop, tmp_path):
    flags = ["--encoder", str(workshop / "llama"), "--layers", "2", "--num_train_epochs", "100"]
    train(workshop, tmp_path / "run", *flags)
    extractor = open_extractor("student", "elmtex", model=str(tmp_path / "run"))
    for text, facts in FACTS.items():
        assert found_in(extractor, text) == facts


def test_the_graph_is_the_network_with_rounded_weights(trained, workshop):
    from safetensors.torch import load_file

    network = open_network(str(workshop / "bert"), None, len(KEYS)).eval()
    network.load_state_dict(load_file(trained / "model.safetensors"))
    for length in (3, 40):
        ids = list(range(10, 10 + length))
        with torch.inference_mode():
            ours = network(torch.tensor([ids]), torch.ones(1, length, dtype=torch.long))[0]
        given = Encoder(trained / "model.xml").scores(ids)
        assert given.shape == (length, 3 * len(KEYS) + 3)
        np.testing.assert_allclose(given, ours.numpy(), atol=0.15)
    weights = (trained / "model.bin").stat().st_size
    numbers = sum(p.numel() for p in network.encoder.parameters())
    assert weights < 2.5 * numbers  # 1.5 bytes for most of them


def test_the_loss_is_that_of_the_chain_that_decodes():
    torch.manual_seed(0)
    network = StudentNetwork(tiny_bert(), 2)
    torch.nn.init.normal_(network.chain.transitions)
    torch.nn.init.normal_(network.chain.start)
    text = "He had fever and cough. He denied pain."
    rows = record(text, {"signs_symptoms": [("fever and cough", "present")]}, "r")
    layout = Layout(("signs_symptoms", "diagnosis"), 256, 16)
    (example,) = examples(rows, tiny_tokenizer(), layout)
    batch = collate([example], 2)
    network.eval()
    with torch.inference_mode():
        loss = network.loss({**batch, "assertions": batch["assertions"][:0]})
        scores = network(batch["input_ids"], batch["attention_mask"])[0]
    chain = Chain.of(**network.chain.facts())
    lengths = batch["lengths"].numpy()
    read = chain.read(
        scores[batch["words"]][..., :6].unflatten(-1, (2, 3)).double().numpy(), lengths
    )
    labels = batch["labels"].numpy()
    assert labels[0, :, 0].tolist() == [OUTSIDE, OUTSIDE, BEGIN, INSIDE, INSIDE, OUTSIDE]
    score = 0.0
    for s, length in enumerate(lengths):
        for c in range(2):
            own = labels[s, :length, c]
            score += chain.start[c, own[0]] + sum(
                read.scores[s, i, c, b] for i, b in enumerate(own)
            )
            score += sum(chain.transitions[c, a, b] for a, b in pairwise(own))
    expected = (read.total.sum() - score) / lengths.sum()
    assert float(loss) == pytest.approx(expected, rel=1e-4)
    with torch.inference_mode():  # missing costs more
        margin = network.loss({**batch, "assertions": batch["assertions"][:0]}, missed_weight=3)
    assert float(margin) > float(loss)


def test_what_a_record_does_not_label_teaches_nothing():
    text = "Fever and cough."
    fever = Item("Fever", 0, 5)
    loose = Item("ill", None, None)
    known = {"signs_symptoms": (fever,), "diagnosis": (loose,)}
    row = Record("r", "s", "en", text, ("signs_symptoms", "diagnosis", "drug"), known)
    layout = Layout(("diagnosis", "age", "signs_symptoms"), 256, 16)
    (example,) = examples(row, tiny_tokenizer(), layout)
    assert example.known == (2,)
    assert collate([example], 3)["known"].tolist() == [[0, 0, 1]]
    nothing = Record("r", "s", "en", text, ("drug",), {"drug": (fever,)})
    assert list(examples(nothing, tiny_tokenizer(), layout)) == []


def test_long_reports_are_whole_and_epochs_depend_on_the_seed_alone():
    text = "He had fever and cough. The patient denied pain! " * 30
    row = record(text, {"signs_symptoms": [("fever", "present")]}, "long")
    short = record("He had pain.", {"signs_symptoms": [("pain", "present")]}, "short")
    layout = Layout(KEYS, 200, 20)

    def drawn(seed: int):
        return epochs_of(
            [row, short], lambda record: examples(record, tiny_tokenizer(), layout),
            epochs=3, seed=seed, batch=2, augmentation=Augmentation(0, 0, 0, excerpt=0.5),
            mixture={"planted": 1.5},
        )  # fmt: skip

    whole = list(examples(row, tiny_tokenizer(), layout))
    assert sum(len(e.words) for e in whole) == 60 and len(whole) > 2
    assert [len(e.items) for e in whole] == [1, *[0] * (len(whole) - 1)]
    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.slow
def test_an_interrupted_run_resumes_as_if_it_had_not_been(workshop, tmp_path):
    flags = ["--num_train_epochs", "8", "--per_device_train_batch_size", "1"]
    flags += ["--save_strategy", "steps", "--save_steps", "12", "--excerpt", "0.3"]
    whole = train(workshop, tmp_path / "whole", *flags, "--resume_from_checkpoint", "true")
    (tmp_path / "cut" / "checkpoint-20").mkdir(parents=True)  # killed while it was written
    shutil.copytree(tmp_path / "whole" / "checkpoint-12", tmp_path / "cut" / "checkpoint-12")
    shutil.copy(tmp_path / "whole" / "record.json", tmp_path / "cut" / "record.json")
    with pytest.raises(InputError, match="other settings"):
        train(workshop, tmp_path / "cut", *flags, "--resume_from_checkpoint", "true", "--seed", "9")
    resumed = train(workshop, tmp_path / "cut", *flags, "--resume_from_checkpoint", "true")
    losses = [[row["loss"] for row in history if "loss" in row] for history in (whole, resumed)]
    assert len(losses[0]) == 24 and losses[0] == losses[1]
    graphs = [(tmp_path / name / "model.bin").read_bytes() for name in ("whole", "cut")]
    assert graphs[0] == graphs[1]


@pytest.mark.slow
def test_an_adapter_is_calibrated_with_a_students_second_opinion(workshop, trained, tmp_path):
    shutil.copytree(workshop / "llama", tmp_path / "base")
    shutil.copytree(workshop / "data", tmp_path / "data")
    first, *others = canonical.load(workshop / "data" / "dev.jsonl")
    # twice more without its items, which are then wrong: of right ones alone nothing is learnt
    wrong = [
        replace(first, id=f"wrong{n}", items=dict.fromkeys(first.labelled, ())) for n in (1, 2)
    ]
    canonical.write(tmp_path / "data" / "dev.jsonl", [first, *others, *wrong])
    run = tmp_path / "run"
    train_llama(tmp_path, run, "--num_train_epochs", "80", *LORA)
    calibrate(run, tmp_path / "data", thresholds=(0.1,), student=str(trained))
    known = json.loads((run / "calibration.json").read_text())["second_opinion"]
    assert known[0]["second_opinion"] is False and known[-1]["exact"] > 0.5
    extractor = open_extractor("finetuned", "elmtex", model=str(run), engine="torch")
    assert extractor.settings()["second_opinion"] == trained.name
    for text, facts in FACTS.items():
        found = extractor.extract(text).categories
        assert {k: [(i.text, i.assertion) for i in v] for k, v in found.items() if v} == facts
    calibrate(run, tmp_path / "data", thresholds=(0.1,))  # without one: it is not asked any more
    assert "second_opinion" not in open_extractor("finetuned", model=str(run)).settings()


def test_no_torch_is_needed(trained, tmp_path):
    (tmp_path / "report.txt").write_text("He had fever and cough. He denied pain.", "utf-8")
    code = (
        "import sys; sys.modules['torch'] = sys.modules['transformers'] = None\n"
        "from elmtex.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    flags = ["--strategy", "student", "--model", str(trained), "--format", "csv"]
    done = subprocess.run(
        [sys.executable, "-c", code, "extract", str(tmp_path / "report.txt"), *flags],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "fever" in done.stdout and "absent" in done.stdout


def test_an_empty_report_is_called_empty(trained):
    document = open_extractor("student", model=str(trained)).extract(" \n")
    assert document.status == "empty_report" and document.timings.load == 0


def test_a_batch_of_threads_gives_the_same_answers(trained):
    extractor = open_extractor("student", "elmtex", model=str(trained), at_once=3)
    reports = [(str(n), text) for n, text in enumerate(list(FACTS) * 4)]
    alone = dict(extractor.extract_many(reports))
    assert dict(extractor.extract_many(reports, at_once=3)) == alone


def test_what_cannot_be_a_student_is_told(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(students, "STUDENTS", replace(STUDENTS, packaged=tmp_path / "none"))
    with pytest.raises(InputError, match=r"python -m training\.student"):
        open_extractor("student")
    with pytest.raises(InputError, match=r"model\.xml is missing"):
        open_extractor("student", model=str(tmp_path))
    with pytest.raises(InputError, match="no category 'drug'"):
        open_extractor("student", "medication", model=str(trained))
    with pytest.raises(InputError, match="belong to the strategies"):
        open_extractor("student", model=str(trained), server="http://127.0.0.1:1/v1")
    copy = shutil.copytree(trained, tmp_path / "copy")
    (copy / "model.bin").write_bytes(b"x")
    with pytest.raises(InputError, match="damaged"):
        open_extractor("student", model=str(copy))
    (copy / "digests.json").unlink()
    with pytest.raises(InputError, match="copy it there again"):
        open_extractor("student", model=str(copy)).load()
    facts = json.loads((copy / "student.json").read_text())
    for change, said in (
        ({"keys": []}, "keys"),
        ({"window": 100}, "no room"),
        ({"start": [[0, 0]]}, "start must be"),
        ({"threshold": 3}, "threshold"),
        ({"before": ["x"]}, "token ids"),
    ):
        (copy / "student.json").write_text(json.dumps({**facts, **change}))
        with pytest.raises(InputError, match=said):
            load_student(copy)


def test_a_packaged_student_is_the_default(trained, tmp_path, monkeypatch):
    folder = ship_encoder(trained, "tiny-1", tmp_path / "students")
    monkeypatch.setattr(students, "STUDENTS", replace(STUDENTS, packaged=folder.parent))
    assert {path.name for path in folder.iterdir()} == {
        *students.FILES,
        "digests.json",
        "record.json",
    }
    extractor = open_extractor("student", "clinical")
    assert extractor.model_name == "tiny-1"
    assert load_student("tiny-1").folder == load_student().folder == folder
    (text, facts), *_ = FACTS.items()
    assert found_in(open_extractor("student", "elmtex"), text) == facts
    written = (folder / "record.json").read_text() + (folder / "student.json").read_text()
    assert str(trained.parent) not in written
    assert set(extractor_choices(open_extractor("student"))) == {"finetuned", "student", "naive"}
    monkeypatch.setattr("training.ship.LIMIT", 1000)
    with pytest.raises(InputError, match="over 1000"):
        ship_encoder(trained, "tiny-2", tmp_path / "students")


@pytest.mark.parametrize(
    "path",
    sorted((Path(student.__file__).parent / "configs").glob("student-*.yaml")),
    ids=lambda p: p.stem,
)
def test_every_field_of_a_config_is_known(path):
    from transformers import TrainingArguments
    from trl import TrlParser

    parser = TrlParser((student.StudentArguments, TrainingArguments))
    flags = ["--config", str(path), "--data", "d", "--output_dir", "o"]
    given, config = parser.parse_args_and_config(flags)
    assert config.learning_rate < given.head_learning_rate


def test_settings_that_cannot_be_trained_with_are_refused(workshop, tmp_path):
    for flags, said in (
        (["--window", "200"], "window 200"),
        (["--num_train_epochs", "1.5"], "whole number"),
        (["--sources", "nothing"], "sources nothing"),
        (["--schema", "medication"], "labels no report"),
    ):
        with pytest.raises(InputError, match=said):
            train(workshop, tmp_path / "run", *flags)
