"""Training through the real scripts on a tiny Llama: what it memorises, the real decoder gives
back."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny import tiny_llama, tiny_tokenizer

pytest.importorskip("trl", reason="training is not installed")

from trl import ModelConfig, SFTConfig, TrlParser

from corpora.schemas import halves
from elmtex import Extractor
from elmtex import records as canonical
from elmtex.models.adapter import load_adapter
from elmtex.schema import packaged_schemas
from elmtex.types import Attribute, InputError, Item, Record
from training import sft
from training.attention import attend
from training.average import average
from training.calibrate import calibrate
from training.chat import conversations
from training.data import Augmentation, Examples, asked_schema, sampled, sequences, variation
from training.mentions import with_replaced_mentions
from training.merge import merged_model
from training.variations import excerpt, in_capitals

CONFIGS = Path(sft.__file__).parent / "configs"
PLAIN = (Augmentation(0, 0, 0), random.Random(0))
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
        "learning_rate": 5e-3,
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


LORA = ["--use_peft", "true", "--lora_r", "16", "--lora_alpha", "32", "--lora_target_modules"]
LORA += ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@pytest.fixture(scope="module")
def runs(workshop) -> dict[str, Path]:
    """A full fine-tune and an adapter that know the three reports by heart, each trained when it is
    asked for."""

    class Runs(dict[str, Path]):
        def __missing__(self, name: str) -> Path:
            folder = self[name] = workshop / name
            flags = {"lora": LORA, "full": []}[name]
            history = train(workshop, folder, "--num_train_epochs", "80", *flags)
            losses = [row["loss"] for row in history if "loss" in row]
            assert losses[-1] < 0.01 < losses[0]
            return folder

    return Runs()


def assert_knows_the_facts(model: Path) -> None:
    extractor = Extractor(model=str(model), engine="torch")
    for text, facts in FACTS.items():
        document = extractor.extract(text)
        found = {k: [(i.text, i.assertion) for i in v] for k, v in document.categories.items() if v}
        assert found == facts
        assert all(i.confidence > 0.9 for items in document.categories.values() for i in items)


@pytest.mark.parametrize("name", [pytest.param("full", marks=pytest.mark.slow), "lora"])
def test_a_memorised_report_is_extracted_exactly(runs, name):
    assert_knows_the_facts(runs[name])


def test_a_run_continues_an_adapter(workshop, runs, tmp_path):
    flags = ["--init_adapter", str(runs["lora"]), "--max_steps", "1", "--non_present_weight", "3"]
    flags += ["--lora_dropout", "0.01"]
    other_base = shutil.copytree(workshop / "base", tmp_path / "base")
    history = train(workshop, tmp_path / "on", "--num_train_epochs", "1", *flags)
    assert history[0]["loss"] < 0.05
    kind = json.loads((tmp_path / "on" / "adapter_config.json").read_text())
    assert (kind["r"], kind["lora_dropout"]) == (16, 0.01)
    for other, said in (
        (["--layout", "json"], "trained with layout 'words'"),
        (["--model_name_or_path", str(other_base)], "was trained on"),
    ):
        with pytest.raises(InputError, match=said):
            train(workshop, tmp_path / "not", *flags, *other)


def test_a_source_that_is_not_there_is_told(workshop, tmp_path):
    for flags in (["--sources", "planted", "written"], ["--share", "written/de=0.5"]):
        with pytest.raises(InputError, match="sources written in"):
            train(workshop, tmp_path / "run", *flags)


def test_calibration_keeps_what_is_right_and_says_how_sure_it_is(workshop, runs, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(runs["lora"], run)
    *_, chosen = calibrate(run, workshop / "data", thresholds=(0.1, 2.0))
    assert (chosen["exact"], chosen["relaxed"]) == (1.0, 1.0)
    assert chosen["threshold"] == 0.1  # nothing is as likely as 2
    facts = json.loads((run / "elmtex.json").read_text())
    assert (facts["biases"], facts["threshold"]) == (chosen["biases"], chosen["threshold"])
    assert [share for _, share in facts["calibration"]] == sorted(
        share for _, share in facts["calibration"]
    )
    assert_knows_the_facts(run)
    own = shutil.copy(CONFIGS.parent.parent / "schemas" / "elmtex.json", tmp_path / "own.json")
    assert calibrate(run, workshop / "data", thresholds=(0.1,), schema=own)[-1]["exact"] == 1.0
    with pytest.raises(InputError, match="labels no report"):
        calibrate(run, workshop / "data", schema="medication")


def test_assertion_biases_are_set_by_sources_that_mark_them(workshop, runs, tmp_path, monkeypatch):
    run = shutil.copytree(runs["lora"], tmp_path / "run")
    data = shutil.copytree(workshop / "data", tmp_path / "data")
    seen = []

    def biases(_run, records, _schema):
        seen.append(sorted({record.source for record in records}))
        return {"absent": 0.0, "possible": 0.0}

    monkeypatch.setattr("training.calibrate._assertion_biases", biases)
    rows = list(canonical.load(data / "dev.jsonl"))
    marking = [replace(r, source="marking") for r in rows]
    plain = replace(rows[0], id="plain", source="plain", items={"gender": (Item("He", 0, 2),)})
    others = [[], [*marking, plain]]
    for records in others:
        canonical.write(data / "dev_other.jsonl", records)
        calibrate(run, data, thresholds=(0.1,))
    assert seen == [["planted"], ["marking", "planted"]]


def test_schemas_of_ones_own_have_a_threshold_and_a_confidence_of_their_own(
    workshop, runs, tmp_path
):
    run = shutil.copytree(runs["lora"], tmp_path / "run")
    data = shutil.copytree(workshop / "data", tmp_path / "data")
    file = (
        packaged_schemas()["elmtex"]
        .read_text("utf-8")
        .replace('"$id": "elmtex"', '"$id": "dev-own"')
    )
    (tmp_path / "dev-own.json").write_text(file, "utf-8")
    rows = list(canonical.load(data / "dev.jsonl"))
    held_out = [replace(r, id=f"{i}", schema="dev-own") for i, r in enumerate([*rows, *rows])]
    assert halves(held_out) == (held_out[::2], held_out[1::2])
    canonical.write(data / "dev_other.jsonl", held_out)
    calibrate(run, data, thresholds=(0.1,), schemas=tmp_path)
    settings = load_adapter(run).own_schemas
    row = json.loads((run / "calibration.json").read_text())["own_schemas"][-1]
    assert settings.threshold == row["threshold"]
    assert (row["exact"], row["invented"]) == (1.0, 0.0)
    assert 0 < settings.calibrated(0.9) <= 1
    calibrate(run, data, thresholds=(0.1,))
    assert load_adapter(run).own_schemas is None


def test_attributes_are_set_under_the_schema_that_each_record_names(
    workshop, runs, tmp_path, monkeypatch
):
    run = shutil.copytree(runs["lora"], tmp_path / "run")
    data = shutil.copytree(workshop / "data", tmp_path / "data")
    rows = [replace(r, schema="elmtex") for r in canonical.load(data / "dev.jsonl")]
    canonical.write(data / "dev.jsonl", [*rows, replace(rows[0], id="unnamed", schema=None)])
    seen = []
    monkeypatch.setattr("training.calibrate._attributes", lambda *given: seen.append(given) or [])
    calibrate(run, data, thresholds=(0.1,))
    [(_, records, schemas)] = seen
    assert {r.schema for r in records} == {"elmtex", None} == set(schemas)
    assert set(schemas.values()) == {"elmtex"}


@pytest.mark.slow  # trains one
def test_a_whole_model_is_not_an_adapter(runs, tmp_path):
    for make in (merged_model, lambda run: average([run, run], tmp_path / "mean")):
        with pytest.raises(InputError, match="whole model"):
            make(runs["full"])


def test_a_category_with_an_ungrounded_item_is_not_asked_for():
    tokenizer = tiny_tokenizer()
    placed, free = Item("fever", 3, 8), Item("high temperature", None, None)
    asked = ("signs_symptoms", "diagnosis")
    items = {"signs_symptoms": (placed,), "diagnosis": (free,)}
    record = Record("r", "elmtex_files", "en", "No fever today.", asked, items)
    plain = Augmentation(0, 0, 0)
    (part,) = sequences(record, tokenizer, plain, random.Random(0), 1024)
    said = tokenizer.decode(part.tokens.tolist())
    assert "symptom" in said and "diagnosis" not in said
    only = replace(record, labelled=("diagnosis",), items={"diagnosis": (free,)})
    assert list(sequences(only, tokenizer, plain, random.Random(0), 1024)) == []


def test_skipping_hidden_columns_changes_no_attention():
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, heads, 600, 8, requires_grad=True) for heads in (6, 2, 2))
    mask = torch.tril(torch.rand(600, 600) < 0.3) | torch.eye(600, dtype=torch.bool)
    mask[:, 100:200] &= mask[:, 300:400]  # columns that some blocks need not look at
    mask |= torch.eye(600, dtype=torch.bool)
    ours, _ = attend(torch.nn.Module(), query, key, value, mask[None, None])
    whole = torch.nn.functional.scaled_dot_product_attention(
        query, key.repeat_interleave(3, 1), value.repeat_interleave(3, 1), mask[None, None]
    ).transpose(1, 2)
    torch.testing.assert_close(ours, whole)
    weight = torch.randn_like(whole)
    for tensor in (query, key, value):
        (mine,) = torch.autograd.grad((ours * weight).sum(), tensor, retain_graph=True)
        (theirs,) = torch.autograd.grad((whole * weight).sum(), tensor, retain_graph=True)
        torch.testing.assert_close(mine, theirs)


def test_an_epoch_shows_a_share_of_a_source():
    record = Record("r", "planted", "en", "He had fever.", ("age",), {})

    def drawn(share: float, seed: int) -> int:
        return len(sampled([record] * 1000, {"planted": share}, random.Random(seed)))

    assert drawn(1.5, 0) == drawn(1.5, 0)
    assert all(abs(drawn(1.5, seed) - 1500) < 80 for seed in (0, 1))  # five standard deviations
    assert drawn(2, 0) == 2000


def test_examples_are_laid_out_on_demand_as_their_place_and_seed_say():
    text = "He had fever and cough. " * 150  # several chunks
    found = (Item("fever", 7, 12), Item("cough", 17, 22))
    long = Record("long", "planted", "en", text, ("signs_symptoms",), {"signs_symptoms": found})
    loose = Record("loose", "planted", "en", "Flu.", ("age",), {"age": (Item("9", None, None),)})
    short = replace(long, id="short", text=text[:24])

    def examples(seed: int, **more) -> Examples:
        return Examples(
            [long, loose, short],
            tiny_tokenizer(),
            epochs=2,
            seed=seed,
            augmentation=Augmentation(0.5, 0.5, 0.5),
            size=512,
            **more,
        )

    ours = examples(3)
    chunked = len(list(sequences(long, tiny_tokenizer(), *PLAIN, 512)))
    assert chunked > 2 and len(ours) == 2 * (chunked + 1)  # nothing can be asked of "loose"
    forwards = [part.tokens.tolist() for part in ours]
    assert forwards == [examples(3)[i].tokens.tolist() for i in range(len(ours))]
    backwards = [ours[i].tokens.tolist() for i in reversed(range(len(ours)))]
    assert backwards == forwards[::-1]
    assert forwards != [part.tokens.tolist() for part in examples(4)]
    with pytest.raises(InputError, match="'site'"):  # before the first is asked for
        Examples(
            [replace(short, labelled=("site",), items={})],
            tiny_tokenizer(),
            epochs=1,
            seed=0,
            augmentation=Augmentation(),
            size=512,
        )


def test_a_language_of_a_source_and_names_that_begin_alike_have_their_share():
    german = Record("de/g", "planted", "de", "Fieber.", ("age",), {})
    english = Record("en/e", "planted", "en", "Fever.", ("age",), {})
    mixture = {"planted": 0, "planted/de": 2}
    assert sampled([german, english], mixture, random.Random(0)) == [german, german]
    mixture |= {"planted/en/x": 5, "planted/en/e": 1}
    drawn = sampled([german, english], mixture, random.Random(0))
    assert sorted(record.id for record in drawn) == ["de/g", "de/g", "en/e"]


def test_items_read_as_others_of_their_category_and_the_rest_stays():
    text = "Fever 😀, then MRI; no ataxia or pain in the left arm."
    places = {
        "signs_symptoms": ("Fever", "ataxia", "pain in the left arm"),
        "diagnostic_techniques_procedures": ("MRI",),
        "pathology": ("left arm",),  # touches another item: neither changes
    }
    items = {
        key: tuple(
            Item(words, text.index(words), text.index(words) + len(words)) for words in found
        )
        for key, found in places.items()
    }
    record = Record("r", "planted", "en", text, tuple(places), items)
    others = {
        ("en", None, "signs_symptoms"): ["shortness of breath"],
        ("en", None, "diagnostic_techniques_procedures"): ["chest X-ray"],
        ("en", None, "pathology"): ["never"],
        ("de", None, "signs_symptoms"): ["nie"],
    }
    new = with_replaced_mentions(record, others, 1.0, random.Random(0))
    assert new.text == (
        "Shortness of breath 😀, then chest X-ray; no shortness of breath or pain in the left arm."
    )
    for key, found in new.items.items():
        assert all(new.text[item.start : item.end] == item.text for item in found), key
    assert [item.text for item in new.items["signs_symptoms"]] == [
        "Shortness of breath", "shortness of breath", "pain in the left arm",
    ]  # fmt: skip
    assert with_replaced_mentions(record, others, 0.0, random.Random(0)) == record


@pytest.mark.slow
def test_an_interrupted_run_resumes_as_if_it_had_not_been(workshop, tmp_path):
    flags = ["--num_train_epochs", "8", "--per_device_train_batch_size", "1", "--max_steps", "8"]
    flags += ["--save_strategy", "steps", "--save_steps", "4", "--drop", "0.5", "--shuffle", "0.5"]
    # Nothing to resume from, as after a kill before the first checkpoint: it starts.
    whole = train(workshop, tmp_path / "whole", *flags, "--resume_from_checkpoint", "true")
    (tmp_path / "cut" / "checkpoint-6").mkdir(parents=True)  # killed while it was written
    shutil.copytree(tmp_path / "whole" / "checkpoint-4", tmp_path / "cut" / "checkpoint-4")
    shutil.copy(tmp_path / "whole" / "record.json", tmp_path / "cut" / "record.json")
    with pytest.raises(InputError, match="another run's checkpoints"):
        train(workshop, tmp_path / "cut", *flags)
    with pytest.raises(InputError, match="other settings"):
        train(workshop, tmp_path / "cut", *flags, "--resume_from_checkpoint", "true", "--seed", "9")
    resumed = train(workshop, tmp_path / "cut", *flags, "--resume_from_checkpoint", "true")
    losses = [[row["loss"] for row in history if "loss" in row] for history in (whole, resumed)]
    assert len(losses[0]) == 8
    assert losses[0] == losses[1]


@pytest.mark.slow
def test_the_json_layout_learns_answers_and_not_prompts(workshop, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(workshop / "base", base)
    template = "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}"
    facts = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": template}
    facts |= {"eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}
    (base / "tokenizer_config.json").write_text(json.dumps(facts))
    flags = ["--layout", "json", "--max_length", "2000", "--num_train_epochs", "15"]
    history = train(workshop, tmp_path / "run", *flags, "--model_name_or_path", str(base))
    losses = [row["loss"] for row in history if "loss" in row]
    assert losses[-1] < losses[0] / 2
    rows = list(conversations(canonical.load(workshop / "data" / "train.jsonl"), *PLAIN))
    assert json.loads(rows[0]["completion"][0]["content"])["signs_symptoms"] == [
        "fever",
        "cough",
        "pain (absent)",
    ]


def test_categories_of_your_own_want_their_schema(tmp_path):
    file = tmp_path / "wound.json"
    file.write_text(
        '{"title": "Wound", "properties": {"site": {"title": "Site", "x-label": "site"}}}'
    )
    rng = random.Random(0)
    with pytest.raises(InputError, match="'site'"):
        asked_schema(["site", "diagnosis"], (), Augmentation(0, 0, 0), rng)
    schema = asked_schema(["site", "diagnosis"], (), Augmentation(0, 0, 0, (str(file),)), rng)
    assert schema.categories[0].label == "site"


@pytest.mark.parametrize(
    "path",
    [
        p
        for p in sorted(CONFIGS.glob("*m*.yaml"))
        if not p.stem.startswith(("student", "attributes"))
    ],
    ids=lambda p: p.stem,
)
def test_every_field_of_a_config_is_known(path):
    parser = TrlParser((sft.ElmtexArguments, SFTConfig, ModelConfig))
    flags = ["--config", str(path), "--data", "d", "--output_dir", "o", "--bf16", "false"]
    elmtex, config, model = parser.parse_args_and_config(flags)
    assert elmtex.layout == "words"
    assert model.use_peft
    assert config.learning_rate < 1e-3


def test_an_excerpt_and_capitals_keep_every_items_words() -> None:
    text = "He had fever. No cough was heard.\nThe left lung was clear for 3 days. Straße 3."
    site = Attribute("body_site", "left lung", 38, 47)
    items = (
        Item("fever", 7, 12),
        Item("cough", 17, 22, "absent"),
        Item("clear", 52, 57, attributes=(site,)),
    )
    record = Record(
        "r", "planted", "en", text, ("signs_symptoms",), {"signs_symptoms": items}, attributes=("body_site",)
    )  # fmt: skip
    seen = set()
    for seed in range(40):
        part = excerpt(record, random.Random(seed))
        assert part.text and part.text in text
        for item in part.items["signs_symptoms"]:
            assert part.text[item.start : item.end] == item.text
            assert all(part.text[a.start : a.end] == a.text for a in item.attributes)
        assert [i.text for i in part.items["signs_symptoms"]] == [
            i.text for i in items if i.text in part.text
        ]
        seen.add(part.text)
    assert len(seen) > 5
    loud = in_capitals(record)
    assert loud.text.endswith("CLEAR FOR 3 DAYS. STRAßE 3.") and len(loud.text) == len(text)
    assert [i.text for i in loud.items["signs_symptoms"]] == ["FEVER", "COUGH", "CLEAR"]
    assert loud.items["signs_symptoms"][2].attributes[0].text == "LEFT LUNG"
    always = Augmentation(0, 0, 0, excerpt=1, capitals=1)
    varied = variation(record, always, random.Random(0)).text
    assert varied in loud.text and varied not in text
    assert variation(record, always.plain(), random.Random(0)) == record
