"""Put a trained adapter into the package, in float16, with its settings and the record of its
training; or a student, or an attribute reader.

    python -m training.ship runs/smollm2 --name mine
    python -m training.ship runs/student --name student-4

Writes ``elmtex/models/adapters/NAME/``: adapter_config.json, adapter_model.safetensors,
elmtex.json, digests.json, and the short form of the run's record.json (its stages, commands, data,
seeds, versions; no losses, no paths: the whole record stays with the run). The packaged adapters are
the last ``elmtex-N``, and the last ``schemas-N`` for schemas of one's own. ``training.sft``'s own
folder works as it is with ``elmtex extract --model``.
Of a student or an attribute reader: ``elmtex/models/students/NAME/`` or ``attribute_readers/NAME/`` with what an extraction
needs. One that an adapter asks is packaged first, and the adapter calibrated with its name.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from elmtex.types import ElmtexError, InputError

if TYPE_CHECKING:
    from elmtex.models.adapter import Adapter

ADAPTERS = Path(__file__).parent.parent / "elmtex" / "models" / "adapters"
LIMIT = 40_000_000  # bytes of weights the repository may hold


def ship(run: Path, name: str, target: Path = ADAPTERS) -> Path:
    """Copy a run's adapter into ``target/name``.

    Raises:
        InputError: the run holds no adapter, or its weights are over the limit.
    """
    from elmtex.models.adapter import notes_adapter
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
    size = _float16_bytes(run)
    if size > LIMIT:
        raise InputError(
            f"{run}: the adapter has {size} bytes, over {LIMIT}: train one of a lower rank"
        )
    opinion = adapter.second_opinion
    if opinion and Path(opinion.student).name != opinion.student:
        raise InputError(
            f"{run} takes the second opinion of the folder {opinion.student}: package that student first, and "
            "calibrate with its name"
        )
    reader = adapter.attribute_reader
    if reader and Path(reader).name != reader:
        raise InputError(
            f"{run} asks the attribute reader of the folder {reader}: package it first, and calibrate with its name"
        )
    folder = target / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "MODEL_CARD.md").unlink(missing_ok=True)  # its figures are of other weights
    record = short_form(read_record(run), adapter.base)
    write_whole(folder / RECORD, json.dumps(record, indent=1) + "\n")
    pack(run, folder, replace(adapter, name=name))
    return folder


def pack(run: Path, folder: Path, adapter: Adapter) -> None:
    """Write what an extraction needs of a run's adapter into a folder that is there: its weights in float16, PEFT's
    settings, ``elmtex.json`` and their digests.

    Args:
        run: output folder of training.sft.
        folder: where to.
        adapter: the name and the settings to write, which need not be the run's own.
    """
    import torch
    from safetensors.torch import load_file, save_file

    from elmtex.models.adapter import write_adapter_digests
    from elmtex.models.lexicon import FILE as LEXICON
    from elmtex.storage import write_whole

    weights = {
        k: v.to(torch.float16) for k, v in load_file(run / "adapter_model.safetensors").items()
    }
    save_file(weights, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = json.loads((run / "adapter_config.json").read_text("utf-8"))
    config["base_model_name_or_path"] = adapter.base  # not the path of the machine that trained it
    write_whole(folder / "adapter_config.json", json.dumps(config, indent=2, sort_keys=True) + "\n")
    facts: dict[str, object] = {
        "name": adapter.name,
        "base": adapter.base,
        "layout": adapter.layout,
        "biases": adapter.biases,
        "threshold": adapter.threshold,
        "calibration": adapter.calibration,
    }
    if adapter.attributes is not None:
        facts["attributes"] = asdict(adapter.attributes)
    if adapter.attribute_reader is not None:
        facts["attribute_reader"] = adapter.attribute_reader
    if adapter.second_opinion is not None:
        facts["second_opinion"] = asdict(adapter.second_opinion)
    if adapter.own_schemas is not None:
        facts["own_schemas"] = asdict(adapter.own_schemas)
    (folder / LEXICON).unlink(missing_ok=True)
    if adapter.lexicon is not None:
        shutil.copyfile(adapter.lexicon, folder / LEXICON)
    write_whole(folder / "elmtex.json", json.dumps(facts, indent=2) + "\n")
    write_adapter_digests(folder)


def _float16_bytes(run: Path) -> int:
    from safetensors.torch import load_file

    return sum(2 * v.numel() for v in load_file(run / "adapter_model.safetensors").values())


def ship_encoder(run: Path, name: str, target: Path | None = None) -> Path:
    """Copy what an extraction needs of a student or an attribute reader into ``target/name``.

    Args:
        run: output folder of training.student or training.attribute_reader.
        name: what documents call it.
        target: None takes where the packaged ones of its kind lie.

    Raises:
        InputError: the run holds none, it was not calibrated, or its files are over the limit.
    """
    from elmtex.models.attribute_reader import READERS, load_attribute_reader
    from elmtex.models.integrity import write_digests
    from elmtex.models.student import STUDENTS, load_student
    from elmtex.storage import write_whole
    from training.record import RECORD, read_record, short_form

    kind = READERS if (run / READERS.facts).is_file() else STUDENTS
    known = load_attribute_reader(run) if kind is READERS else load_student(run)
    if not known.calibration or not (run / RECORD).is_file():
        raise InputError(f"{run} was not trained to its end: resume its training")
    size = sum((run / file).stat().st_size for file in kind.files)
    if size > LIMIT:
        raise InputError(
            f"{run}: the {kind.name} has {size} bytes, over {LIMIT}: take a smaller encoder"
        )
    folder = (target or kind.packaged) / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in kind.files:
        shutil.copyfile(run / file, folder / file)
    facts = json.loads((run / kind.facts).read_text("utf-8"))
    own = Path(known.encoder)
    facts |= {"name": name, "encoder": own.name if own.is_dir() else known.encoder}
    write_whole(folder / kind.facts, json.dumps(facts, indent=1) + "\n")
    record = short_form(read_record(run), str(facts["encoder"]))
    write_whole(folder / RECORD, json.dumps(record, indent=1) + "\n")
    write_digests(folder, kind.made_from, kind.files)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="output folder of the training")
    parser.add_argument("--name", required=True, help="what documents call it")
    given = parser.parse_args()
    from elmtex.models.attribute_reader import READERS
    from elmtex.models.student import STUDENTS

    facts = (given.run / kind.facts for kind in (READERS, STUDENTS))
    packaged = ship_encoder if any(path.is_file() for path in facts) else ship
    print(packaged(given.run, given.name))


if __name__ == "__main__":
    try:
        main()
    except ElmtexError as error:
        print(f"training.ship: {error}", file=sys.stderr)
        sys.exit(2)
