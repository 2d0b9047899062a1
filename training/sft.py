"""Fine-tune a Llama with TRL and PEFT.

    python -m training.prepare --out data --maccrobat MACCROBAT2020/ --written --synthetic-en 1500 --synthetic-de 1500
    python -m training.sft --config training/configs/smollm2-135m.yaml --data data --output_dir runs/smollm2
    python -m training.sft --config training/configs/smollm2-135m.yaml --data data --output_dir runs/smollm2 \\
        --resume_from_checkpoint true

Every field of the dataclasses below, of TRL's ``SFTConfig`` and of its ``ModelConfig`` is a flag and a YAML key;
an unknown one is an error. What comes out in ``output_dir``: the adapter (or the whole model), which ``elmtex extract --model`` takes, ``record.json``
(commands, versions, settings, data checksums, losses; of the run gone on from, too) and ``loss.png``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class ElmtexArguments:
    """What is trained on what.

    Args:
        data: folder of ``training.prepare`` with train.jsonl and dev.jsonl.
        layout: ``words``, the margin notes that elmtex decodes; or ``json``, ELMTEX's chat with one JSON answer, for
            any chat Llama: merged (training.merge), it answers ``elmtex extract --strategy naive``.
        schemas: files of schemas of your own whose categories the records label.
        sources: corpora of train.jsonl to use, by the ``source`` of their records; empty means all.
        share: how often an epoch shows a source's records, as ``source=times``, 1 for the others; ``synthetic=0.02``
            is another fiftieth of them every epoch, ``synthetic/de=0.1`` a tenth of the German ones, ``written/de/y=2``
            twice those whose name begins with y.
        rare_weight: weight in the loss of a decision for absent or possible beside the others' 1.
        init_adapter: folder of an adapter to go on from; its rank, alpha and layers stand.
        linear_only: full fine-tuning of the linear layers alone, so that training.lowrank can make an adapter of it.
        max_report_tokens: a longer report is cut into overlapping chunks, as at inference.
        drop, shuffle, rename: shares of examples that are augmented (see training.branches.Augmentation).
        swap: share of the items that read as another one of their category (see training.mentions).
    """

    data: str = field(metadata={"help": "folder made by training.prepare"})
    layout: str = "words"
    schemas: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    share: list[str] = field(default_factory=list)
    rare_weight: float = 1.0
    init_adapter: str | None = None
    linear_only: bool = False
    max_report_tokens: int = 1024
    drop: float = 0.1
    shuffle: float = 0.2
    rename: float = 0.1
    swap: float = 0.0


def main(arguments: list[str] | None = None) -> None:
    import torch
    from peft import PeftConfig, PeftModel
    from transformers import AutoModelForCausalLM, set_seed
    from trl import ModelConfig, SFTConfig, TrlParser, get_peft_config, get_quantization_config

    from elmtex import records as canonical
    from elmtex.decoding.tokens import CONTEXT, MAX_SENTENCE
    from elmtex.storage import write_whole
    from elmtex.types import InputError
    from elmtex.weights import base_folder
    from training import attention, branches, chat
    from training.record import Recorder, is_first

    layouts = {"words": branches.prepare, "json": chat.prepare}
    parser = TrlParser((ElmtexArguments, SFTConfig, ModelConfig))
    elmtex, config, model_config = parser.parse_args_and_config(arguments)
    if elmtex.layout not in layouts:
        raise InputError(f"layout {elmtex.layout!r}: use one of: {', '.join(layouts)}")
    if elmtex.max_report_tokens < MAX_SENTENCE + CONTEXT:
        raise InputError(
            f"max_report_tokens {elmtex.max_report_tokens}: a sentence and what is read before it take up to "
            f"{MAX_SENTENCE + CONTEXT}"
        )
    if config.num_train_epochs != int(config.num_train_epochs):
        raise InputError(f"num_train_epochs {config.num_train_epochs}: give a whole number")
    set_seed(config.seed)

    base = base_folder(model_config.model_name_or_path)
    _check_adapter(elmtex, model_config.model_name_or_path)
    folder = Path(elmtex.data)
    train = _of_sources(list(canonical.load(folder / "train.jsonl")), elmtex)
    dev = list(canonical.load(folder / "dev.jsonl"))
    parts = layouts[elmtex.layout](base, train, dev, elmtex, config, _shares(elmtex))
    if config.resume_from_checkpoint in ("false", "False", False):
        config.resume_from_checkpoint = None
    resume = config.resume_from_checkpoint in ("true", "True", True)
    recorder = Recorder(
        config.output_dir,
        sys.argv,
        _settings(elmtex, config, model_config),
        elmtex.data,
        before=elmtex.init_adapter or model_config.model_name_or_path,
        resume=bool(config.resume_from_checkpoint),
    )
    recorder.note(train_records=len(train), train_rows=len(parts.train), dev_records=len(dev))

    config.num_train_epochs = 1  # the rows hold all epochs, each with its own augmentation
    # A GPU's own kernels are fast enough, and want whole masks.
    on_cpu = config.use_cpu or not torch.cuda.is_available()
    skips = elmtex.layout == "words" and on_cpu
    model = AutoModelForCausalLM.from_pretrained(
        base,
        dtype=model_config.dtype if model_config.dtype not in (None, "auto") else torch.float32,
        quantization_config=get_quantization_config(model_config),
        attn_implementation=attention.register() if skips else model_config.attn_implementation,
    )
    if elmtex.init_adapter:
        known = PeftConfig.from_pretrained(elmtex.init_adapter)
        if hasattr(known, "lora_dropout"):
            known.lora_dropout = model_config.lora_dropout
        model = PeftModel.from_pretrained(
            model, elmtex.init_adapter, is_trainable=True, config=known
        )
    if elmtex.linear_only:
        for name, weight in model.named_parameters():
            weight.requires_grad_(name.endswith("_proj.weight"))
    trainer = parts.trainer(
        model=model,
        args=config,
        train_dataset=parts.train,
        eval_dataset=parts.dev,
        data_collator=parts.collator,
        processing_class=parts.tokenizer,
        peft_config=None if elmtex.init_adapter else get_peft_config(model_config),
    )
    # None, from the start, when it was killed before the first one.
    last = _last_checkpoint(config.output_dir) if resume else config.resume_from_checkpoint
    trainer.train(resume_from_checkpoint=last)
    trainer.save_model(config.output_dir)
    facts: dict[str, Any] = {
        "name": Path(config.output_dir).name,
        "base": model_config.model_name_or_path,
        "layout": elmtex.layout,
    }
    if elmtex.layout == "words" and any(record.attributes for record in train):
        facts[
            "attributes"
        ] = {}  # calibration says how readily; that there are some is what inference asks
    if is_first():
        write_whole(Path(config.output_dir) / "elmtex.json", json.dumps(facts, indent=2) + "\n")
    recorder.finish(trainer.state.log_history)


def _last_checkpoint(folder: str) -> str | None:
    """The last checkpoint that is whole: what transformers writes of one last is its trainer_state.json."""
    whole = [path.parent for path in Path(folder).glob("checkpoint-*/trainer_state.json")]
    return str(max(whole, key=lambda path: int(path.name.partition("-")[2]))) if whole else None


def _settings(elmtex: ElmtexArguments, config: Any, model_config: Any) -> dict[str, Any]:
    """What decides a run's course: everything but where it is written and how often it is looked at."""
    passing = ("dir", "logging_", "save_", "report_to", "run_name", "resume_", "push_to", "hub_")
    own = {key: value for key, value in asdict(elmtex).items() if key != "data"}
    trainer = {k: v for k, v in config.to_dict().items() if not any(p in k for p in passing)}
    return {"elmtex": own, "trainer": trainer, "model": asdict(model_config)}


def _check_adapter(elmtex: ElmtexArguments, base: str | None) -> None:
    """Raise InputError when the adapter to go on from is another model's, or a chat's where notes are trained."""
    from elmtex.adapter import load_adapter
    from elmtex.types import InputError
    from elmtex.weights import base_folder

    if not elmtex.init_adapter:
        return
    known = load_adapter(Path(elmtex.init_adapter))
    if base_folder(known.base).resolve() != base_folder(str(base)).resolve():
        raise InputError(f"{elmtex.init_adapter} was trained on {known.base}, not on {base}")
    if (known.layout == "json") != (elmtex.layout == "json"):
        raise InputError(
            f"{elmtex.init_adapter} was trained with layout {known.layout!r}: go on with that, not with {elmtex.layout!r}"
        )


def _of_sources(records: list, elmtex: ElmtexArguments) -> list:
    """The records of the sources asked for. Raises InputError when one of them, or of the shares, has none."""
    from elmtex.types import InputError

    named = [*elmtex.sources, *(name.partition("/")[0] for name in _shares(elmtex))]
    if strange := sorted(set(named) - {r.source for r in records}):
        raise InputError(
            f"no training record of the sources {', '.join(strange)} in {elmtex.data}; "
            f"it has: {', '.join(sorted({r.source for r in records}))}"
        )
    wanted = [r for r in records if not elmtex.sources or r.source in elmtex.sources]
    left = Counter(r.source for r in records) - Counter(r.source for r in wanted)
    if left:
        counts = ", ".join(f"{n} of {source}" for source, n in sorted(left.items()))
        print(f"training.sft: records left out by sources: {counts}", file=sys.stderr)
    return wanted


def _shares(elmtex: ElmtexArguments) -> dict[str, float]:
    from elmtex.types import InputError

    try:
        return {name: float(times) for name, times in (e.split("=") for e in elmtex.share)}
    except ValueError:
        raise InputError(
            f"share: {elmtex.share}: give each as source=times, e.g. synthetic=0.02"
        ) from None


if __name__ == "__main__":
    from training.program import run

    run(main)
