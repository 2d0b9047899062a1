"""Make the mean of adapters that continue from one another, or all from one.

    python -m training.average runs/sixth runs/seventh --out runs/mean

Weights found on different data, or at different rates, from one start lie in one basin: their mean
is often better than each ("model soups", Wortsman et al. 2022), at no cost when it is used.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elmtex.types import ElmtexError, InputError


def average(runs: Sequence[Path], out: Path) -> Path:
    """Write the mean adapter into ``out``, with the record of what it is made of; ``out``.

    The factors themselves are averaged, which approximates the mean of their products while they
    are close to each other.

    Args:
        runs: folders of two adapters or more of the same base, rank and layers.
        out: folder to make. Its biases and confidences must be set again (training.calibrate).

    Raises:
        InputError: one is not an adapter, or of another kind than the first, or ``out`` exists.
    """
    import torch
    from safetensors.torch import load_file, save_file

    from elmtex.models.adapter import write_adapter_digests
    from elmtex.provenance import environment
    from elmtex.storage import write_whole
    from training.merge import trained_adapter
    from training.record import PACKAGES, RECORD, read_record

    if out.exists():
        raise InputError(f"{out} exists: give another folder")
    if len(runs) < 2:
        raise InputError("a mean takes two adapters or more")
    kinds, weights = [], []
    for run in runs:
        known = trained_adapter(run)
        kind = json.loads((run / "adapter_config.json").read_text("utf-8"))
        scaled = {key: kind[key] for key in ("peft_type", "r", "lora_alpha", "use_rslora")}
        kinds.append((known.base, known.layout, known.attributes is not None, scaled))
        weights.append(load_file(run / "adapter_model.safetensors"))
        if kinds[-1] != kinds[0] or weights[-1].keys() != weights[0].keys():
            raise InputError(f"{run} is not the same kind of adapter as {runs[0]}")
    out.mkdir(parents=True)
    mean = {
        name: torch.stack([one[name].float() for one in weights]).mean(0) for name in weights[0]
    }
    save_file(mean, out / "adapter_model.safetensors", metadata={"format": "pt"})
    shutil.copy(runs[0] / "adapter_config.json", out / "adapter_config.json")
    base, layout, attributes, _ = kinds[0]
    facts: dict[str, Any] = {"name": out.name, "base": base, "layout": layout}
    if attributes:
        facts["attributes"] = {}  # as training.sft writes it, before calibration
    write_whole(out / "elmtex.json", json.dumps(facts, indent=2) + "\n")
    record = {
        "starts": [{"command": sys.argv, **environment(PACKAGES)}],
        "averaged": [read_record(run) for run in runs],
    }
    write_whole(out / RECORD, json.dumps(record, indent=2) + "\n")
    write_adapter_digests(out)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path, nargs="+", help="output folders of training.sft")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    arguments = parser.parse_args()
    print(average(arguments.runs, arguments.out))


if __name__ == "__main__":
    try:
        main()
    except ElmtexError as error:
        print(f"training.average: {error}", file=sys.stderr)
        sys.exit(2)
