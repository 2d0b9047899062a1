"""Merging an adapter for good, and the GGUF file of it: the same model in other clothes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tiny import tiny_llama, tiny_tokenizer

pytest.importorskip("peft", reason="training is not installed")
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from elmtex.models.adapter import load_adapter
from elmtex.models.gguf_writer import write
from elmtex.types import InputError
from training.average import average
from training.merge import merge

IDS = torch.arange(5, 45)[None]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """An adapter with weights of its own on a tiny base."""
    folder = tmp_path_factory.mktemp("merge")
    base = tiny_llama(0, hidden=64).float()
    base.save_pretrained(folder / "base")
    tiny_tokenizer().save(str(folder / "base" / "tokenizer.json"))
    model = get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj", "down_proj"]))
    torch.manual_seed(1)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.3)
    model.save_pretrained(folder / "run")
    facts = {"name": "tiny", "base": str(folder / "base"), "layout": "words"}
    (folder / "run" / "elmtex.json").write_text(json.dumps(facts))
    return folder / "run"


@torch.inference_mode()
def test_the_merged_folder_and_its_gguf_answer_as_base_and_adapter(run, tmp_path):
    base = AutoModelForCausalLM.from_pretrained(run.parent / "base", dtype=torch.float32)
    apart = PeftModel.from_pretrained(base, run).eval()(IDS).logits
    folder = merge(run, tmp_path / "merged")
    merged = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)(IDS).logits
    torch.testing.assert_close(merged, apart, atol=0.05, rtol=0.01)  # float16 lies between
    known = load_adapter(folder)  # what was calibrated goes along
    assert (known.name, known.folder, known.base) == ("tiny", None, str(folder))
    assert known.layout == "words"
    file = write(folder, folder / "model.gguf", "f16")
    read = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file.name, dtype=torch.float32)
    torch.testing.assert_close(read(IDS).logits, merged, atol=1e-4, rtol=1e-4)


def test_a_mean_of_adapters_lies_between_them(run, tmp_path):
    other, files = tmp_path / "other", ("adapter_config.json", "elmtex.json")
    other.mkdir()
    for name in files:
        shutil.copy(run / name, other / name)
    (other / "record.json").write_text('{"history": []}')
    weights = load_file(run / "adapter_model.safetensors")
    save_file({k: 3 * v for k, v in weights.items()}, other / "adapter_model.safetensors")
    mean = average([run, other], tmp_path / "mean")
    for name, weight in load_file(mean / "adapter_model.safetensors").items():
        torch.testing.assert_close(weight, 2 * weights[name])
    assert load_adapter(mean).layout == "words"
    assert json.loads((mean / "record.json").read_text())["averaged"] == [{}, {"history": []}]
    assert load_adapter(mean).attributes is None
    for folder in (run, other):
        facts = json.loads((folder / "elmtex.json").read_text())
        (folder / "elmtex.json").write_text(json.dumps({**facts, "attributes": {}}))
    assert load_adapter(average([run, other], tmp_path / "writes")).attributes is not None
    with pytest.raises(InputError, match="exists"):
        average([run, other], mean)
    kind = json.loads((other / files[0]).read_text())
    (other / files[0]).write_text(json.dumps({**kind, "lora_alpha": 1}))
    with pytest.raises(InputError, match="not the same kind"):
        average([run, other], tmp_path / "strange")


def test_the_gguf_has_the_vocabulary(run, tmp_path):
    from gguf import GGUFReader

    fields = GGUFReader(write(run.parent / "base", tmp_path / "model.gguf", "q8_0")).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    vocabulary = tiny_tokenizer().get_vocab()
    assert {token: i for i, token in enumerate(tokens)} == vocabulary
    assert fields["tokenizer.ggml.token_type"].contents()[:3] == [
        3,
        3,
        1,
    ]  # control, control, normal
    assert fields["tokenizer.ggml.pre"].contents() == "smollm"


def test_a_folder_is_never_written_over(run, tmp_path):
    with pytest.raises(InputError, match="exists"):
        merge(run, tmp_path)
