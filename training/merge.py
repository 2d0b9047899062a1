"""Merge an adapter into its base: one folder of safetensors, and a GGUF file for llama.cpp and
Ollama.

    python -m training.merge runs/smollm2 --out merged
    python -m training.merge runs/smollm2 --out merged --gguf q8_0

``elmtex extract --model merged`` takes the folder; a chat-trained one (``layout: json``) runs
anywhere as GGUF.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from elmtex.types import ElmtexError, InputError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from elmtex.models.adapter import Adapter


def trained_adapter(run: Path) -> Adapter:
    """The adapter in a run's folder.

    Raises:
        InputError: ``run`` holds none, or a whole model.
    """
    from elmtex.models.adapter import load_adapter

    adapter = load_adapter(run)
    if adapter.folder is None:
        raise InputError(f"{run} is a whole model: give the folder of an adapter")
    return adapter


def merged_model(run: Path) -> tuple[Path, PreTrainedModel]:
    """The folder of an adapter's base, and base plus adapter as one float32 model.

    Raises:
        InputError: ``run`` holds no adapter.
    """
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from elmtex.models.base import base_folder

    base = base_folder(trained_adapter(run).base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return base, PeftModel.from_pretrained(model, run).merge_and_unload()


def merge(run: Path, out: Path) -> Path:
    """Write config.json, model.safetensors and the tokenizer of base plus adapter; ``out``.

    Raises:
        InputError: ``run`` holds no adapter, or ``out`` exists.
    """
    import torch

    from elmtex.models.integrity import write_digests
    from elmtex.models.lexicon import FILE as LEXICON

    if out.exists():
        raise InputError(f"{out} exists: give another folder")
    base, merged = merged_model(run)
    torch.nn.Module.to(merged, torch.float16).save_pretrained(out)
    for path in [
        *sorted(base.glob("tokenizer*")),
        *base.glob("chat_template*"),
        *run.glob("elmtex.json"),
        *run.glob(LEXICON),
        *run.glob("record.json"),
    ]:
        shutil.copy(path, out / path.name)
    write_digests(out, f"{base.name} and {run.name}")
    return out


def main() -> None:
    from elmtex.models.gguf_writer import TYPES, write

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="folder of an adapter")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    parser.add_argument("--gguf", choices=TYPES, help="write model.gguf, too, in this precision")
    arguments = parser.parse_args()
    folder = merge(arguments.run, arguments.out)
    print(folder)
    if arguments.gguf:
        print(write(folder, folder / "model.gguf", arguments.gguf))


if __name__ == "__main__":
    try:
        main()
    except ElmtexError as error:
        print(f"training.merge: {error}", file=sys.stderr)
        sys.exit(2)
