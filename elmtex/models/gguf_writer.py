"""A folder of a Llama as one GGUF file, written by llama.cpp's own ``gguf`` package.

Names and layout as llama.cpp's converter gives them:
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elmtex.models.llama_config import read_shape
from elmtex.types import InputError

TYPES = ("f16", "q8_0")
# Which of llama.cpp's pre-tokenizers cuts as this tokenizer does.
_DIGITS, _LLAMA3 = "smollm", "llama-bpe"


def write(folder: Path, target: Path, precision: str) -> Path:
    """Write a model's folder (config.json, safetensors, tokenizer.json) as GGUF; ``target``.

    Args:
        precision: of the matrices, one of :data:`TYPES`; vectors stay float32.

    Raises:
        InputError: it is not a Llama.
    """
    import gguf

    config = json.loads((folder / "config.json").read_text("utf-8"))
    if config["model_type"] != "llama":
        raise InputError(f"{folder} is a {config['model_type']!r}: only a llama becomes GGUF here")
    kind = gguf.GGMLQuantizationType[precision.upper()]
    writer = gguf.GGUFWriter(str(target), "llama")
    _describe(writer, config, folder)
    _vocabulary(writer, folder, config["vocab_size"])
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    for name, tensor in _tensors(folder, config):
        new = "rope_freqs.weight" if name == "rope_freqs" else names.get_name(name, (".weight",))
        if new is None:
            raise InputError(f"{folder} has a tensor {name!r}, which no llama has in GGUF")
        if tensor.ndim == 1:
            writer.add_tensor(new, tensor)
        else:
            writer.add_tensor(new, gguf.quantize(tensor, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def _describe(writer: Any, config: dict[str, Any], folder: Path) -> None:
    heads = config["num_attention_heads"]
    head_dim = config.get("head_dim") or config["hidden_size"] // heads
    rope = config.get("rope_parameters") or config
    writer.add_name(folder.name)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_rope_dimension_count(head_dim)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_vocab_size(config["vocab_size"])


def _vocabulary(writer: Any, folder: Path, size: int) -> None:
    import gguf
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    added = tokenizer.get_added_tokens_decoder()
    words = {i: word for word, i in tokenizer.get_vocab(with_added_tokens=True).items()}
    control, normal, unused = (gguf.TokenType[k] for k in ("CONTROL", "NORMAL", "UNUSED"))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_pre_tokenizer(folder))
    writer.add_token_list([words.get(i, f"[PAD{i}]") for i in range(size)])
    writer.add_token_types(
        [control if i in added else normal if i in words else unused for i in range(size)]
    )
    gguf.SpecialVocab(folder, load_merges=True, n_vocab=size).add_to_gguf(writer, quiet=True)


def _pre_tokenizer(folder: Path) -> str:
    cuts = json.loads((folder / "tokenizer.json").read_text("utf-8"))["pre_tokenizer"]
    kinds = [part["type"] for part in (cuts or {}).get("pretokenizers", [])]
    return _DIGITS if "Digits" in kinds else _LLAMA3


def _tensors(folder: Path, config: dict[str, Any]) -> Any:
    """(name without its ending, float32 array) of every tensor, queries and keys in llama.cpp's
    order of rows."""
    import torch
    from safetensors.torch import load_file

    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    for path in sorted(folder.glob("*.safetensors")):
        for name, tensor in load_file(path).items():
            array = tensor.to(torch.float32).numpy()
            count = heads.get(name.split(".")[-2])
            yield name, _interleaved(array, count) if count else array
    factors = _rope_factors(config, folder)
    if factors is not None:
        yield "rope_freqs", factors


def _interleaved(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """The rotary halves of each head's rows side by side, the inverse of :mod:`elmtex.models.base`;
    (heads * dim, hidden)."""
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))


def _rope_factors(config: dict[str, Any], folder: Path) -> NDArray[np.float32] | None:
    """Llama 3's stretching of the low frequencies as divisors, (head_dim / 2,); None when it has
    none."""
    scaling = config.get("rope_scaling") or config.get("rope_parameters") or {}
    if scaling.get("rope_type") != "llama3":
        return None
    rope, shape = config.get("rope_parameters") or config, read_shape(folder)
    plain = rope["rope_theta"] ** -(np.arange(0, shape.head_dim, 2) / shape.head_dim)
    return (plain / shape.frequencies).astype(np.float32)
