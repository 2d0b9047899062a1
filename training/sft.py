"""Fine-tune a Llama with TRL and PEFT.

    python -m training.prepare --out data --maccrobat MACCROBAT2020/ --written --synthetic-en 1500
    --synthetic-de 1500 python -m training.sft --config training/configs/smollm2-135m.yaml --data
    data --output_dir runs/smollm2 python -m training.sft --config
    training/configs/smollm2-135m.yaml --data data --output_dir runs/smollm2 \\
        --resume_from_checkpoint true

Every field of the dataclasses below, of TRL's ``SFTConfig`` and of its ``ModelConfig`` is a flag
and a YAML key; an unknown one is an error. What comes out in ``output_dir``: the adapter (or the
whole model), which ``elmtex extract --model`` takes, ``record.json`` (commands, versions, settings,
data checksums, losses; of the run that it continues, too) and ``loss.png``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from elmtex.types import ElmtexError, InputError


@dataclass
class ElmtexArguments:
    """What is trained on what.

    Args:
        data: folder of ``training.prepare`` with train.jsonl and dev.jsonl.
        layout: ``words``, the margin notes that elmtex decodes; ``described``, the same asked for
            with the categories' descriptions; or ``json``, ELMTEX's chat with one JSON answer, for
            any chat Llama: merged (training.merge), it answers ``elmtex extract --strategy naive``.
        schemas: files of custom schemas whose categories the records label, or a folder of them for
            records that name their schema.
        sources: corpora of train.jsonl to use, by the ``source`` of their records; empty means all.
        mixture: weights of the sources, as ``source=times``: how often an epoch shows each record,
            1 by default. ``synthetic=0.02`` draws another fiftieth of them every epoch,
            ``synthetic/de=0.1`` a tenth of the German ones, ``written/de/y=2`` shows those whose
            name begins with y twice.
        non_present_weight: weight in the loss of decisions for absent or possible; others weigh 1.
        init_adapter: folder of an adapter to train further; its rank, alpha and layers are kept.
        max_report_tokens: a longer report is cut into overlapping chunks, as at inference.
        described: layout ``described``: fraction of the examples whose prompt has descriptions.
        drop, shuffle, rename, translate, excerpt, capitals: fractions of examples that are augmented (see
            training.data.Augmentation).
        mention_replacement: fraction of the items whose text is replaced (see training.mentions).
    """

    data: str = field(metadata={"help": "folder made by training.prepare"})
    layout: str = "words"
    schemas: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    mixture: list[str] = field(default_factory=list, metadata={"aliases": ["--share"]})
    non_present_weight: float = field(default=1.0, metadata={"aliases": ["--rare_weight"]})
    init_adapter: str | None = None
    max_report_tokens: int = 1024
    drop: float = 0.1
    shuffle: float = 0.2
    rename: float = 0.1
    translate: float = 0.0
    excerpt: float = 0.0
    capitals: float = 0.0
    described: float = 0.8
    mention_replacement: float = field(default=0.0, metadata={"aliases": ["--swap"]})


def main(arguments: list[str] | None = None, callbacks: Sequence[Any] = ()) -> None:
    """Train.

    Args:
        arguments: the flags; None takes the process's.
        callbacks: transformers' ``TrainerCallback`` objects, which follow the run.
    """
    from transformers import set_seed
    from trl import ModelConfig, SFTConfig, TrlParser, get_peft_config

    from elmtex import records
    from elmtex.models.adapter import write_adapter_digests
    from elmtex.models.base import base_folder
    from elmtex.storage import write_whole
    from training.data import mixture_of, of_sources
    from training.record import Recorder, is_first, last_checkpoint, resumes

    kinds: Any = (ElmtexArguments, SFTConfig, ModelConfig)  # TRL's own annotation asks for less
    parser = TrlParser(kinds)
    elmtex, config, model_config = parser.parse_args_and_config(arguments)
    _check(elmtex, config, model_config)
    set_seed(config.seed)

    # Data
    folder = Path(elmtex.data)
    train = of_sources(
        list(records.load(folder / "train.jsonl")),
        elmtex.sources,
        mixture_of(elmtex.mixture),
        elmtex.data,
    )
    dev = list(records.load(folder / "dev.jsonl"))

    # The run's record, which refuses to mix two runs
    resume = resumes(config)
    recorder = Recorder(
        config.output_dir,
        sys.argv,
        _settings(elmtex, config, model_config),
        elmtex.data,
        before=elmtex.init_adapter or model_config.model_name_or_path,
        resume=bool(config.resume_from_checkpoint),
    )

    # Trainer
    base = base_folder(model_config.model_name_or_path)
    make = _layout(elmtex.layout)(base, train, dev, elmtex, config, mixture_of(elmtex.mixture))
    config.num_train_epochs = 1  # the rows hold all epochs, each with its own augmentation
    trainer = make(
        model=_model(base, elmtex, config, model_config),
        args=config,
        peft_config=None if elmtex.init_adapter else get_peft_config(model_config),
        callbacks=list(callbacks),
    )
    rows = len(trainer.train_dataset)
    recorder.note(train_records=len(train), train_rows=rows, dev_records=len(dev))

    # Train, from the start when it was killed before the first checkpoint
    last = last_checkpoint(config.output_dir) if resume else config.resume_from_checkpoint
    trainer.train(resume_from_checkpoint=last)

    # Save
    trainer.save_model(config.output_dir)
    out = Path(config.output_dir)
    facts: dict[str, Any] = {
        "name": out.name,
        "base": model_config.model_name_or_path,
        "layout": elmtex.layout,
    }
    if elmtex.layout != "json" and any(record.attributes for record in train):
        facts["attributes"] = {}  # that it writes some; how readily, calibration says
    if is_first():
        write_whole(out / "elmtex.json", json.dumps(facts, indent=2) + "\n")
        write_adapter_digests(out)
    recorder.finish(trainer.state.log_history)


def _layout(name: str) -> Callable[..., Any]:
    """What makes the trainer of a layout, but for its model."""
    if name == "json":
        from training.chat import chat_trainer

        return chat_trainer
    from training.trainer import notes_trainer

    return notes_trainer


def _model(base: Path, elmtex: ElmtexArguments, config: Any, model_config: Any) -> Any:
    """The base model, with the adapter to train further if there is one."""
    import torch
    from peft import PeftConfig, PeftModel
    from transformers import AutoModelForCausalLM
    from trl import get_quantization_config

    from training import attention

    # A GPU's own kernels are fast enough, and want whole masks.
    on_cpu = config.use_cpu or not torch.cuda.is_available()
    skips = elmtex.layout != "json" and on_cpu
    model: Any = AutoModelForCausalLM.from_pretrained(
        base,
        dtype=model_config.dtype if model_config.dtype not in (None, "auto") else torch.float32,
        quantization_config=get_quantization_config(model_config),
        attn_implementation=attention.register() if skips else model_config.attn_implementation,
    )
    if not elmtex.init_adapter:
        return model
    known = PeftConfig.from_pretrained(elmtex.init_adapter)
    if hasattr(known, "lora_dropout"):
        known.lora_dropout = model_config.lora_dropout
    return PeftModel.from_pretrained(model, elmtex.init_adapter, is_trainable=True, config=known)


def _check(elmtex: ElmtexArguments, config: Any, model_config: Any) -> None:
    """Raise InputError for settings that cannot be trained with, before anything is loaded."""
    from elmtex.decoding.tokens import CONTEXT, MAX_SENTENCE
    from elmtex.models.adapter import LAYOUTS

    if elmtex.layout not in LAYOUTS:
        raise InputError(f"layout {elmtex.layout!r}: use one of: {', '.join(LAYOUTS)}")
    if elmtex.max_report_tokens < MAX_SENTENCE + CONTEXT:
        raise InputError(
            f"max_report_tokens {elmtex.max_report_tokens}: a sentence and what is read before it take up to "
            f"{MAX_SENTENCE + CONTEXT}"
        )
    if config.num_train_epochs != int(config.num_train_epochs):
        raise InputError(f"num_train_epochs {config.num_train_epochs}: give a whole number")
    _check_adapter(elmtex, model_config.model_name_or_path)


def _settings(elmtex: ElmtexArguments, config: Any, model_config: Any) -> dict[str, Any]:
    """What decides a run's course: everything but where it is written and how often it is looked
    at."""
    passing = ("dir", "logging_", "save_", "report_to", "run_name", "resume_", "push_to", "hub_")
    own = {key: value for key, value in asdict(elmtex).items() if key != "data"}
    trainer = {k: v for k, v in config.to_dict().items() if not any(p in k for p in passing)}
    return {"elmtex": own, "trainer": trainer, "model": asdict(model_config)}


def _check_adapter(elmtex: ElmtexArguments, base: str | None) -> None:
    """Raise InputError when the adapter to train further belongs to another model or another
    layout."""
    from elmtex.models.adapter import load_adapter
    from elmtex.models.base import base_folder

    if not elmtex.init_adapter:
        return
    known = load_adapter(Path(elmtex.init_adapter))
    if base_folder(known.base).resolve() != base_folder(str(base)).resolve():
        raise InputError(f"{elmtex.init_adapter} was trained on {known.base}, not on {base}")
    if (known.layout == "json") != (elmtex.layout == "json"):
        raise InputError(
            f"{elmtex.init_adapter} was trained with layout {known.layout!r}: train it further with that, not with {elmtex.layout!r}"
        )


if __name__ == "__main__":
    try:
        main()
    except ElmtexError as error:
        print(f"training.sft: {error}", file=sys.stderr)
        sys.exit(2)
