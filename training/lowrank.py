"""Make a LoRA adapter of a fine-tuned model: of each linear layer's change the best approximation of a low rank.

    python -m training.lowrank runs/full --base smollm2-135m --rank 64 --out runs/full-64

The truncated singular value decomposition is that approximation (Eckart and Young 1936). Only the linear layers are
looked at: train with ``linear_only: true``, or what else has changed is refused. Prints how much of the change is kept.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def factor(tuned: Path, base: str, rank: int, out: Path) -> float:
    """Write the adapter into ``out``, with the run's record.

    Args:
        tuned: folder of a fine-tuned model.
        base: what it was fine-tuned from at the very first, as :func:`elmtex.weights.base_folder` takes it.
        rank: of the adapter.
        out: folder to make.

    Returns:
        The share of the change's squared norm that the adapter keeps.

    Raises:
        InputError: the models differ in more than their linear layers, or ``out`` exists.
    """
    from peft import LoraConfig
    from safetensors.numpy import save_file

    from elmtex.adapter import load_adapter
    from elmtex.engines.merged import MergedWeights
    from elmtex.types import InputError
    from elmtex.weights import base_folder
    from training.record import RECORD

    if out.exists():
        raise InputError(f"{out} exists: give another folder")
    old, new = MergedWeights(base_folder(base), None), MergedWeights(tuned, None)
    if old.names() != new.names():
        raise InputError(f"{tuned} is no fine-tuned {base}: their weights have other names")
    factors = {}
    whole = kept = 0.0
    for name in sorted(old.names()):
        before, after = old[name], new[name]
        change = after - before
        if not name.endswith(tuple(f"{target}.weight" for target in TARGETS)):
            # A model saved in 16 bits differs from its base by its rounding.
            if np.abs(change).max() > 1e-2 * np.abs(before).max():
                raise InputError(f"{tuned} differs from {base} in {name}: no LoRA can hold that")
            continue
        u, s, vh = np.linalg.svd(change, full_matrices=False)
        root = np.sqrt(s[:rank])
        stem = f"base_model.model.{name.removesuffix('.weight')}"
        factors[f"{stem}.lora_A.weight"] = np.ascontiguousarray(root[:, None] * vh[:rank])
        factors[f"{stem}.lora_B.weight"] = np.ascontiguousarray(u[:, :rank] * root)
        whole, kept = whole + float((s**2).sum()), kept + float((s[:rank] ** 2).sum())
    out.mkdir(parents=True)
    save_file(factors, out / "adapter_model.safetensors", metadata={"format": "pt"})
    LoraConfig(
        r=rank,
        lora_alpha=rank,
        target_modules=list(TARGETS),
        task_type="CAUSAL_LM",
        base_model_name_or_path=base,
        inference_mode=True,
    ).save_pretrained(str(out))
    layout = load_adapter(tuned).layout if (tuned / "elmtex.json").is_file() else "words"
    facts = {"name": out.name, "base": base, "layout": layout}
    (out / "elmtex.json").write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    if (tuned / RECORD).is_file():
        shutil.copy(tuned / RECORD, out / RECORD)
    return kept / whole if whole else 1.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tuned", type=Path, help="folder of the fine-tuned model")
    parser.add_argument("--base", default="smollm2-135m", help="what it was fine-tuned from")
    parser.add_argument("--rank", type=int, default=64)
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    arguments = parser.parse_args()
    kept = factor(arguments.tuned, arguments.base, arguments.rank, arguments.out)
    print(f"{arguments.out} keeps {kept:.1%} of the change")


if __name__ == "__main__":
    from training.program import run

    run(main)
