"""The fast engine against the torch engine, on tiny Llamas saved to a folder."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny_llama, tiny_tokenizer

from elmtex import Extractor
from elmtex.decoding.grammar import NoteGrammar
from elmtex.decoding.layout import branch_positions, visible_prefix
from elmtex.decoding.loop import decode
from elmtex.decoding.notes import NoteState
from elmtex.decoding.tokens import Chunk, ReportTokens, tokenise
from elmtex.engines import fastest, open_engine
from elmtex.provenance import usable_cores
from elmtex.schema import Category, CategorySchema
from elmtex.types import InputError

torch = pytest.importorskip("torch")
openvino = pytest.importorskip("openvino")
from elmtex.engines.graph import GROUP  # noqa: E402
from elmtex.engines.openvino import PRECISIONS, OpenVINOEngine, default_precision  # noqa: E402
from elmtex.engines.torch import TorchEngine  # noqa: E402

REPORT = "He had fever and cough. Denied pain of the left side.\nNo 12.5 mg of Übelkeit 😀. " * 8
PROMPT = (5, 6, 7)
bfloat16 = pytest.mark.skipif(
    default_precision() != "bfloat16", reason="this CPU does not multiply bfloat16"
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("ELMTEX_CACHE", str(folder))
    return folder


def llama(seed: int, hidden: int = 32):
    """tiny_llama without its sharp preferences, which blow the rounding of float32 up to what a
    fault would do."""
    model = tiny_llama(seed, hidden).float()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("proj.weight"):
                weight *= 0.3
    return model


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(llama(1, hidden=128), tmp_path_factory.mktemp("base"))


def save(model, folder: Path, **config) -> Path:
    model.save_pretrained(folder)
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
    return folder


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lora(base, tmp_path_factory.mktemp("adapter"))


def lora(base: Path, folder: Path, **options) -> Path:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    config = LoraConfig(
        r=4,
        lora_alpha=6,
        target_modules=["q_proj", "down_proj"],
        init_lora_weights=False,
        **options,
    )
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    return folder


def grammar() -> NoteGrammar:
    categories = (Category(k, k, k, "", {}) for k in ("drug", "drug dose", "history"))
    return NoteGrammar.of(CategorySchema("t", "t", tuple(categories), {}), tiny_tokenizer())


def notes(engine, read: int = len(PROMPT)) -> list[tuple[int, int, str, str]]:
    tokens = tokenise(REPORT, tiny_tokenizer())
    done = itertools.chain(*passes(engine.session(PROMPT[:read]), tokens, read))
    items = (item for state in done for item in state.items)
    return sorted((i.first, i.last, i.key, i.assertion) for i in items)


def passes(session, tokens: ReportTokens, read: int = 0) -> Iterator[list[NoteState]]:
    """The notes that each pass of a decode finishes."""
    places = branch_positions(grammar(), tokens, tokens.sentences, len(PROMPT))
    seen = visible_prefix(len(PROMPT), tokens, Chunk(0, tokens.sentences))
    return decode(session, [*PROMPT, *tokens.ids], places, seen, read=read)


def scores(engine, pieces=(300, 1, 40, 300)) -> np.ndarray:
    """All logits of random tokens fed piece by piece, at odd positions and with holes in the mask."""
    random = np.random.default_rng(0)
    size = tiny_tokenizer().get_vocab_size()
    vocabulary, session, filled, rows = tuple(range(size)), engine.session(), 0, []
    for n in pieces:
        mask = np.tril(random.random((n, filled + n)) < 0.7, k=filled)
        sentence = np.arange(n) // 7  # whose rows see each other, also forwards
        mask[:, filled:] |= sentence[:, None] == sentence[None]
        tokens, positions = random.integers(0, size, n), random.integers(0, 900, n)
        rows += session.feed(tokens, positions, mask, [(row, vocabulary) for row in range(n)])
        filled += n
    return np.array(rows)


def test_float32_equals_torch(base: Path) -> None:
    fast, reference = OpenVINOEngine(base, precision="float32"), TorchEngine(base)
    np.testing.assert_allclose(scores(fast), scores(reference), atol=1e-3, rtol=1e-4)
    # the prompt read with the report, for itself, and taken from memory
    assert notes(fast, 0) == notes(fast) == notes(fast) == notes(reference) != []


def test_int8_is_the_model_with_rounded_weights(tmp_path: Path) -> None:
    model = llama(2)
    base = save(model, tmp_path / "exact")
    for name, weight in model.state_dict().items():
        if name.endswith("proj.weight"):
            grouped = weight.view(len(weight), -1, GROUP)
            scale = grouped.abs().amax(2, keepdim=True) / 127
            grouped.copy_((grouped / scale).round() * scale)
    model.model.embed_tokens.weight.data = model.model.embed_tokens.weight.half().float()
    rounded = TorchEngine(save(model, tmp_path / "rounded"))
    fast = OpenVINOEngine(base, precision="int8")
    np.testing.assert_allclose(scores(fast), scores(rounded), atol=1e-3, rtol=1e-4)
    error = np.abs(scores(fast) - scores(TorchEngine(base)))
    assert 0 < error.mean() < 0.1 * np.abs(scores(rounded)).mean()
    assert notes(fast) == notes(rounded)


@bfloat16
def test_bfloat16_is_float32_rounded(base: Path) -> None:
    fast, exact = (
        OpenVINOEngine(base, precision="bfloat16"),
        OpenVINOEngine(base, precision="float32"),
    )
    error = np.abs(scores(fast) - scores(exact))
    assert 0 < error.mean() < 0.03 * np.abs(scores(exact)).mean()
    assert notes(fast, 0) == notes(fast) == notes(fast) != []


@bfloat16
@pytest.mark.parametrize(("before", "after", "tolerance"), [(0, 11, 0), (0, 300, 0), (37, 50, 0.1)])
def test_bfloat16_rows_do_not_see_their_neighbours(
    base: Path, before: int, after: int, tolerance: float
) -> None:
    """Rows beside them change nothing; rows before them move their slots, and so the order of sums."""
    engine = OpenVINOEngine(base, precision="bfloat16")
    random = np.random.default_rng(0)
    read = engine.session(tuple(random.integers(0, 200, 40))).slots()

    def fed(before: int, after: int) -> np.ndarray:
        n = before + 5 + after
        mask = np.hstack([np.ones((n, 40), dtype=bool), np.eye(n, dtype=bool)])
        chain = slice(before, before + 5)
        mask[chain, 40:][:, chain] = np.tri(5, dtype=bool)
        tokens, positions = random.integers(0, 200, n), random.integers(40, 900, n)
        tokens[chain], positions[chain] = range(5), range(40, 45)
        session = engine.session()
        session.fill(read)
        return np.array(
            session.feed(
                tokens, positions, mask, [(before + i, tuple(range(50))) for i in range(5)]
            )
        )

    np.testing.assert_allclose(fed(before, after), fed(0, 0), rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("able", "precision"),
    [(["BF16", "WINOGRAD", "FP32"], "bfloat16"), (["BF16", "FP32"], "int8"),
     (["WINOGRAD", "FP32", "INT8"], "int8"), (["FP32", "INT8"], "int8")],
)  # fmt: skip
def test_the_precision_follows_the_cpu(
    base: Path, monkeypatch: pytest.MonkeyPatch, able: list[str], precision: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(openvino.Core, "get_property", lambda *_: able)
        assert default_precision() == precision
    monkeypatch.setattr("elmtex.engines.openvino.default_precision", lambda: "float32")
    assert OpenVINOEngine(base).precision is PRECISIONS["float32"]


def test_an_untied_model_with_llama3_positions(tmp_path: Path) -> None:
    model = llama(3)
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    model.config.tie_word_embeddings = False
    rope = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64, "rope_theta": 100.0}  # fmt: skip
    base = save(model, tmp_path / "base", rope_parameters=rope)
    fast, reference = OpenVINOEngine(base, precision="float32"), TorchEngine(base)
    np.testing.assert_allclose(scores(fast), scores(reference), atol=1e-3, rtol=1e-4)


def test_bfloat16_shards_are_read(tmp_path: Path) -> None:
    model = llama(4).bfloat16()
    model.save_pretrained(tmp_path / "base", max_shard_size="50KB")
    assert len(list((tmp_path / "base").glob("*.safetensors"))) > 1
    fast = OpenVINOEngine(tmp_path / "base", precision="float32")
    np.testing.assert_allclose(
        scores(fast), scores(TorchEngine(tmp_path / "base")), atol=1e-3, rtol=1e-4
    )


def test_an_adapter_is_merged_as_peft_does(base: Path, adapter: Path) -> None:
    merged = scores(OpenVINOEngine(base, adapter, precision="float32"))
    np.testing.assert_allclose(merged, scores(TorchEngine(base, adapter)), atol=1e-3, rtol=1e-4)
    assert not np.allclose(merged, scores(TorchEngine(base)), atol=0.1)


@pytest.mark.parametrize(
    ("options", "named"),
    [({"use_rslora": True}, "use_rslora"), ({"rank_pattern": {"q_proj": 2}}, "rank_pattern"),
     ({"modules_to_save": ["lm_head"]}, "modules_to_save")],
)  # fmt: skip
def test_an_adapter_that_is_more_than_lora_is_refused(
    base: Path, tmp_path: Path, options: dict, named: str
) -> None:
    strange = lora(base, tmp_path / "adapter", **options)
    with pytest.raises(InputError, match=named):
        OpenVINOEngine(base, strange)


@pytest.mark.parametrize(
    "part",
    [{"attention_bias": True}, {"model_type": "qwen2"}, {"hidden_act": "gelu"},
     {"rope_parameters": {"rope_type": "yarn", "factor": 4.0}}],
)  # fmt: skip
def test_parts_it_does_not_know_are_refused(tmp_path: Path, part: dict) -> None:
    base = save(llama(0), tmp_path / "base", **part)
    with pytest.raises(InputError, match="--engine torch"):
        OpenVINOEngine(base)


def test_the_conversion_is_kept_and_keyed(base: Path, adapter: Path, cache: Path) -> None:
    def folders() -> dict[Path, int]:
        files = (path for path in cache.rglob("*") if path.is_file())
        return {path: path.stat().st_mtime_ns for path in files}

    OpenVINOEngine(base)
    one = folders()
    OpenVINOEngine(base)
    assert folders() == one
    OpenVINOEngine(base, adapter)
    OpenVINOEngine(base, precision="float32")
    assert len(list(cache.iterdir())) == 3
    assert folders().items() > one.items()


def test_a_conversion_long_unused_goes(base: Path, adapter: Path, cache: Path) -> None:
    def age(folder: Path, days: float) -> None:
        then = time.time() - days * 86_400
        os.utime(folder, (then, then))

    OpenVINOEngine(base)
    (used,) = cache.iterdir()
    for name, days in (
        ("openvino-old", 31),
        ("openvino-new", 29),
        (".converting-x", 31),
        ("other", 31),
    ):
        (cache / name / "inside").mkdir(parents=True)
        age(cache / name, days)
    age(used, 31)
    OpenVINOEngine(base)  # opened, so kept; nothing is made, so nothing goes
    assert len(list(cache.iterdir())) == 5
    OpenVINOEngine(base, adapter)
    kept = {folder.name for folder in cache.iterdir()}
    assert len(kept) == 4 and {used.name, "openvino-new", "other"} < kept


def test_a_damaged_compiled_graph_is_made_again(base: Path, cache: Path) -> None:
    right = scores(OpenVINOEngine(base), (20,))
    (blob,) = cache.glob("*/compiled-*/*.blob")
    whole = blob.read_bytes()
    for content in (b"", whole[: len(whole) // 2], bytes(len(whole))):
        blob.write_bytes(content)
        np.testing.assert_array_equal(scores(OpenVINOEngine(base), (20,)), right)


def test_a_cache_that_may_only_be_read_will_do(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Path:
        raise PermissionError

    expected = notes(OpenVINOEngine(base))
    monkeypatch.setattr("elmtex.engines.openvino.compiled", refused)
    assert notes(OpenVINOEngine(base)) == expected


def test_two_processes_convert_at_once(base: Path, adapter: Path, cache: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from elmtex.engines.openvino import OpenVINOEngine
sys.stdin.readline()
engine = OpenVINOEngine(Path({str(base)!r}), Path({str(adapter)!r}))
assert engine.session() and not {{"torch", "transformers", "peft"}} & set(sys.modules)
"""
    command = [sys.executable, "-c", code]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.wait(120) for process in both] == [0, 0]
    (folder,) = cache.iterdir()
    (compiled,) = folder.glob("compiled-*")
    assert {path.name for path in folder.iterdir()} == {
        "graph.xml", "graph.bin", "embedding.npy", "digests.json", compiled.name,
    }  # fmt: skip
    assert len(list(compiled.glob("*.blob"))) == 1


def test_extraction_imports_no_torch(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for path in base.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    tiny_tokenizer().save(str(folder / "tokenizer.json"))
    code = f"""
import sys
from elmtex import Extractor
document = Extractor("medication", model={str(folder)!r}, engine="openvino").extract("He had fever. No cough.")
assert document.status == "ok", document.problems
print(*sorted({{"torch", "transformers", "peft"}} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert run.stdout.strip() == ""


@pytest.mark.parametrize("first", ["elmtex.engines.openvino", "training", "eval"])
def test_libraries_do_not_call_home(first: str) -> None:
    code = f"""
import {first}, os, sys
from huggingface_hub import constants
from openvino.tools.ovc import telemetry_utils
assert telemetry_utils.tm.__name__.endswith("telemetry_stub"), telemetry_utils.tm
assert constants.HF_HUB_DISABLE_TELEMETRY
assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
"""
    outside_ci = {name: value for name, value in os.environ.items() if name != "CI"}
    subprocess.run([sys.executable, "-c", code], env=outside_ci, check=True)


def test_sessions_do_not_disturb_each_other(base: Path) -> None:
    engine = OpenVINOEngine(base)
    tokens = tokenise(REPORT, tiny_tokenizer())

    def steps(session):
        for done in passes(session, tokens):
            yield [(i.first, i.last, i.key) for state in done for i in state.items]

    alone = list(steps(engine.session()))
    pairs = list(itertools.zip_longest(steps(engine.session()), steps(engine.session())))
    assert pairs == [(step, step) for step in alone]


@pytest.mark.parametrize("options", [{}, {"threads": 1}, {"threads": 2, "at_once": 2}])
def test_threads_may_run_on_any_core(base: Path, options: dict[str, int]) -> None:
    """Pinned, those of all processes with few threads share the machine's first cores."""
    if not sys.platform.startswith("linux") or usable_cores() < 2:
        pytest.skip("only Linux tells, and one core is one")
    tasks, able = Path("/proc/self/task"), os.sched_getaffinity(0)
    engine = OpenVINOEngine(base, **options)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: [scores(engine) for _ in range(2)])
        while not running.done():
            for task in tasks.iterdir():
                with suppress(ProcessLookupError):  # it has just ended
                    assert os.sched_getaffinity(int(task.name)) == able
    running.result()


def test_nothing_spins_between_passes(base: Path) -> None:
    """Threads that wait by running take the next pass's cores: numpy's matrix product left some for
    50 ms."""
    scores(OpenVINOEngine(base))
    began = time.process_time()
    time.sleep(0.05)
    assert time.process_time() - began < 0.01


def test_the_parts_of_a_long_report_share_a_cache(base: Path, tmp_path: Path) -> None:
    model = shutil.copytree(base, tmp_path / "model")
    tiny_tokenizer().save(str(model / "tokenizer.json"))
    extractor = Extractor(model=str(model), engine="openvino")
    timings = extractor.extract(REPORT * 4).timings
    assert timings is not None and timings.chunks > 1
    assert len(extractor.model.engine._spare) == 1


def test_memory_used_before_leaves_nothing_behind(base: Path) -> None:
    engine = OpenVINOEngine(base)
    fresh = scores(engine, (20, 300))
    scores(engine)  # a longer one, which grows twice in the memory of the first
    assert len(engine._spare) == 1
    np.testing.assert_array_equal(scores(engine, (20, 300)), fresh)


def test_a_prompt_is_read_once(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = OpenVINOEngine(base)
    first = engine.session(PROMPT).slots()
    assert first.shape[2] == len(PROMPT)
    with monkeypatch.context() as patch:
        patch.setattr("elmtex.engines.openvino.read_prompt", None)
        np.testing.assert_array_equal(engine.session(PROMPT).slots(), first)
    for other in range(20):  # a page's visitors bring schemas of their own
        engine.session((other,))
    assert len(engine._prompts) <= 8


def test_what_runs_beside_a_report_does_not_change_its_notes(base: Path) -> None:
    alone = notes(OpenVINOEngine(base))
    engine = OpenVINOEngine(base, threads=2, at_once=2)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(notes, [engine] * 8)) == [alone] * 8


def test_auto_takes_it_for_a_llama_only(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elmtex.engines._gpu", lambda: False)
    assert fastest(base) == "openvino"
    assert isinstance(open_engine("auto", base, None, 1), OpenVINOEngine)
    assert fastest(save(llama(0), tmp_path / "other", model_type="qwen2")) == "torch"
    assert fastest(save(llama(0), tmp_path / "biased", attention_bias=True)) == "torch"
    monkeypatch.setattr("elmtex.engines._gpu", lambda: True)
    assert fastest(base) == "torch"
    with pytest.raises(InputError, match="'onnx'"):
        open_engine("onnx", base, None, None)
