"""The JSON layout: ELMTEX's chat, the naive prompt and one JSON answer, for any Llama with a chat
template."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import AutoTokenizer
from trl import SFTConfig, SFTTrainer

from elmtex.extractors.chat.prompts import answer, naive_prompt
from elmtex.types import InputError, Record
from training.data import Augmentation, asked_schema, sampled


def conversations(
    records: Sequence[Record], augmentation: Augmentation, rng: random.Random
) -> Iterator[dict[str, Any]]:
    """TRL's prompt and completion of each record; only the categories its source labels are asked
    for."""
    for record in records:
        schema = asked_schema(record.labelled, (), augmentation, rng, record.schema)
        yield {
            "prompt": naive_prompt(schema, record.text),
            "completion": [{"role": "assistant", "content": answer(schema, record.items)}],
        }


def chat_trainer(
    base: Path,
    train: Sequence[Record],
    dev: Sequence[Record],
    elmtex: Any,
    config: SFTConfig,
    mixture: Mapping[str, float],
) -> partial[SFTTrainer]:
    """The trainer of answers as JSON, but for its model; TRL tokenises and masks the prompt.

    Raises:
        InputError: the base has no chat template.
    """
    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    if not tokenizer.chat_template:
        raise InputError(f"{base} has no chat template: the json layout needs a chat model")
    augmentation = Augmentation(
        elmtex.drop, elmtex.shuffle, 0, tuple(elmtex.schemas)
    )  # its answers name keys
    rows: list[dict[str, Any]] = []
    for epoch in range(int(config.num_train_epochs)):
        rng = random.Random(f"{config.seed}/{epoch}")
        rows += conversations(
            sampled(train, mixture, rng, elmtex.mention_replacement), augmentation, rng
        )
    plain = conversations(dev, augmentation.plain(), random.Random(0))
    config.completion_only_loss = True
    config.max_length = None  # an answer that is cut teaches not to end
    held_out = list(plain)  # TRL wants a first row
    return partial(
        SFTTrainer,
        train_dataset=Dataset.from_list(rows),
        eval_dataset=Dataset.from_list(held_out) if held_out else None,
        processing_class=tokenizer,
    )
