"""Put a trained adapter into the package, in float16, with its settings and the record of its
training.

    python -m training.ship runs/smollm2 --name mine

Writes ``elmtex/models/adapters/NAME/``: adapter_config.json, adapter_model.safetensors,
elmtex.json, digests.json, and the short form of the run's record.json (its stages, commands, data,
seeds, versions; no losses, no paths: the whole record stays with the run). The packaged adapter is
the last by name. ``training.sft``'s own folder works as it is with ``elmtex extract --model``.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from elmtex.types import ElmtexError, InputError

ADAPTERS = Path(__file__).parent.parent / "elmtex" / "models" / "adapters"
LIMIT = 40_000_000  # bytes of weights the repository may hold


def ship(run: Path, name: str, target: Path = ADAPTERS) -> Path:
    """Copy a run's adapter into ``target/name``.

    Raises:
        InputError: the run holds no adapter, or its weights are over the limit.
    """
    import torch
    from safetensors.torch import load_file, save_file

    from elmtex.models.adapter import notes_adapter, write_adapter_digests
    from elmtex.storage import write_whole
    from training.record import RECORD, read_record, short_form

    adapter = notes_adapter(run)
    if not (run / RECORD).is_file():
        raise InputError(
            f"{run} has no record.json: an adapter is packaged with the record of its training"
        )
    if Path(adapter.base).is_dir():
        raise InputError(
            f"{run} was trained on the folder {adapter.base}: others have it under no such name"
        )
    weights = {
        k: v.to(torch.float16) for k, v in load_file(run / "adapter_model.safetensors").items()
    }
    size = sum(v.numel() * v.element_size() for v in weights.values())
    if size > LIMIT:
        raise InputError(
            f"{run}: the adapter has {size} bytes, over {LIMIT}: train one of a lower rank"
        )
    folder = target / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "MODEL_CARD.md").unlink(missing_ok=True)  # its figures are of other weights
    save_file(weights, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    record = short_form(read_record(run), adapter.base)
    write_whole(folder / RECORD, json.dumps(record, indent=1) + "\n")
    config = json.loads((run / "adapter_config.json").read_text("utf-8"))
    config["base_model_name_or_path"] = adapter.base  # not the path of the machine that trained it
    write_whole(folder / "adapter_config.json", json.dumps(config, indent=2, sort_keys=True) + "\n")
    facts: dict[str, object] = {
        "name": name,
        "base": adapter.base,
        "layout": adapter.layout,
        "biases": adapter.biases,
        "threshold": adapter.threshold,
        "calibration": adapter.calibration,
    }
    if adapter.attributes is not None:
        facts["attributes"] = asdict(adapter.attributes)
    write_whole(folder / "elmtex.json", json.dumps(facts, indent=2) + "\n")
    write_adapter_digests(folder)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="output folder of training.sft")
    parser.add_argument("--name", required=True, help="what documents call the adapter")
    arguments = parser.parse_args()
    print(ship(arguments.run, arguments.name))


if __name__ == "__main__":
    try:
        main()
    except ElmtexError as error:
        print(f"training.ship: {error}", file=sys.stderr)
        sys.exit(2)
