"""The branch layout for training: records become flat sequences of report and gold notes, several to a row.

What the model is taught is exactly what it does in :mod:`elmtex.decoding`: the same prompt, the same masks, and a
loss over the decisions of the notes among the choices the walk allows there.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from peft import PeftModel
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

from elmtex.decoding.attributes import AttributeGrammar
from elmtex.decoding.gold import gold_notes
from elmtex.decoding.layout import TrainingSequence, lay_out
from elmtex.decoding.notes import NoteGrammar
from elmtex.decoding.tokens import chunks, read_tokenizer, tokenise
from elmtex.prompts import margin_prompt
from elmtex.schema import Category, CategorySchema, load_schema, packaged_schemas
from elmtex.types import InputError, Record
from training.mentions import pools, swapped

LAYOUT = ("input_ids", "position_ids", "attention_mask")


@dataclass(frozen=True)
class Augmentation:
    """How examples are made of records; not all ask for all of their categories in their usual order and names.

    Args:
        drop: share of examples that ask for a random part of the categories.
        shuffle: share whose labels are named in random order.
        rename: share whose labels are the categories' titles.
        schemas: files of the schemas whose categories may be labelled, beside the packaged ones.
    """

    drop: float = 0.1
    shuffle: float = 0.2
    rename: float = 0.1
    schemas: tuple[str, ...] = ()


@cache
def known_categories(files: tuple[str, ...] = ()) -> Mapping[str, Category]:
    """Every category of these schemas and the packaged ones by key; the files' win, then those of ``elmtex``."""
    schemas = [
        *map(load_schema, files),
        load_schema("elmtex"),
        *(load_schema(path) for path in packaged_schemas().values()),
    ]
    return {c.key: c for schema in reversed(schemas) for c in schema.categories}


def asked_schema(
    labelled: Sequence[str],
    attributes: Sequence[str],
    augmentation: Augmentation,
    rng: random.Random,
) -> CategorySchema:
    """The categories one example asks for: those its source labels, thinned, shuffled or renamed at random, with those of
    their attribute types that it labels.

    Raises:
        InputError: a category that no schema knows.
    """
    known = known_categories(augmentation.schemas)
    if unknown := [key for key in labelled if key not in known]:
        raise InputError(
            f"records label {unknown[0]!r}, which is in no packaged schema: give its schema's file with --schemas"
        )
    categories = [
        replace(
            known[key], attributes=tuple(t for t in known[key].attributes if t.key in attributes)
        )
        for key in labelled
    ]
    if len(categories) > 3 and rng.random() < augmentation.drop:
        kept = set(rng.sample(range(len(categories)), rng.randint(2, len(categories) - 1)))
        categories = [c for i, c in enumerate(categories) if i in kept]
    if rng.random() < augmentation.shuffle:
        rng.shuffle(categories)
    if rng.random() < augmentation.rename:
        categories = [replace(c, label=c.title.lower()) for c in categories]
    return CategorySchema("training", "training", tuple(categories), {})


def sequences(
    record: Record, tokenizer: Tokenizer, augmentation: Augmentation, rng: random.Random, size: int
) -> Iterator[TrainingSequence]:
    """A record's training sequences, one a chunk of at most ``size`` report tokens.

    A category with an item that stands nowhere in the text is not asked for: its words would be taught to be none.
    """
    labelled = [
        key
        for key in record.labelled
        if all(item.start is not None for item in record.items.get(key, ()))
    ]
    if not labelled:
        return
    schema = asked_schema(labelled, record.attributes, augmentation, rng)
    grammar = NoteGrammar.of(schema, tokenizer)
    attributes = AttributeGrammar.of(schema, tokenizer, grammar) if record.attributes else None
    prompt = tokenizer.encode(margin_prompt(schema), add_special_tokens=False).ids
    tokens = tokenise(record.text, tokenizer)
    items = gold_notes(record, tokens, schema.keys)
    for chunk in chunks(tokens, size):
        yield lay_out(prompt, tokens, grammar, items, chunk, attributes)


def collate(parts: Sequence[TrainingSequence]) -> dict[str, torch.Tensor]:
    """Put sequences side by side into one row; none sees another.

    Returns:
        input_ids, position_ids (1, N); attention_mask (1, 1, N, N) boolean; rows (D,) where decisions are made;
        choices (D, K) token ids padded with -1; chosen (D,) columns of ``choices``; rare (D,) boolean, true where
        the sign of an absent or possible item is chosen.
    """
    lengths = [len(part.tokens) for part in parts]
    offsets = np.cumsum([0, *lengths])
    mask = np.zeros((offsets[-1], offsets[-1]), dtype=bool)
    for part, start, end in zip(parts, offsets[:-1], offsets[1:], strict=True):
        mask[start:end, start:end] = part.mask()
    decisions = [
        (start + d.row, d)
        for part, start in zip(parts, offsets, strict=False)
        for d in part.decisions
    ]
    choices = np.full((len(decisions), max(len(d.choices) for _, d in decisions)), -1)
    for i, (_, decision) in enumerate(decisions):
        choices[i, : len(decision.choices)] = decision.choices
    return {
        "input_ids": torch.from_numpy(np.concatenate([part.tokens for part in parts]))[None],
        "position_ids": torch.from_numpy(np.concatenate([part.positions for part in parts]))[None],
        "attention_mask": torch.from_numpy(mask)[None, None],
        "rows": torch.tensor([row for row, _ in decisions]),
        "choices": torch.from_numpy(choices),
        "chosen": torch.tensor([d.chosen for _, d in decisions]),
        "rare": torch.tensor([d.rare for _, d in decisions]),
    }


def sampled(
    records: Sequence[Record], shares: Mapping[str, float], rng: random.Random, swap: float = 0.0
) -> list[Record]:
    """One epoch's records in random order: each as often as the share of its source says, 1 by default.

    2.5 is twice each and half of them again. A share is named by the source, by source/language or by source/language/
    and how the report's name begins; the longest name that fits counts.
    ``swap`` is the share of items that read as another one of their category (:mod:`training.mentions`).
    """
    order = []
    for record in records:
        share = _share(record, shares)
        order += [record] * (int(share) + (rng.random() < share % 1))
    rng.shuffle(order)
    if not swap:
        return order
    mentions = pools(records)
    return [swapped(record, mentions, swap, rng) for record in order]


def _share(record: Record, shares: Mapping[str, float]) -> float:
    whole = (record.source, f"{record.source}/{record.lang}")
    place = f"{whole[1]}/{record.id.rpartition('/')[2]}"
    fitting = [n for n in shares if n in whole or (n.count("/") == 2 and place.startswith(n))]
    return shares[max(fitting, key=len)] if fitting else 1.0


def schedule(
    records: Sequence[Record],
    tokenizer: Tokenizer,
    *,
    epochs: int,
    seed: int,
    augmentation: Augmentation,
    size: int,
    shares: Mapping[str, float] | None = None,
    swap: float = 0.0,
) -> list[TrainingSequence]:
    """All examples of a training run in order, every epoch with its own sample, shuffling and augmentation.

    An example depends on the seed and its place alone, so an interrupted run goes on as it would have.
    """
    examples: list[TrainingSequence] = []
    for epoch in range(epochs):
        order = sampled(records, shares or {}, random.Random(f"{seed}/{epoch}"), swap)
        for place, record in enumerate(order):
            rng = random.Random(f"{seed}/{epoch}/{place}/{record.id}")
            examples += sequences(record, tokenizer, augmentation, rng, size)
    return examples


class Collator:
    """TRL wants its data as a ``datasets.Dataset``: its rows are numbers of ``examples``, put into a row here."""

    def __init__(self, examples: Sequence[TrainingSequence]) -> None:
        self._examples = examples

    def __call__(self, rows: Sequence[dict[str, int]]) -> dict[str, torch.Tensor]:
        return collate([self._examples[row["example"]] for row in rows])


@dataclass(frozen=True)
class Parts:
    """What a layout gives the trainer: its rows of all epochs, how they become tensors, and which trainer."""

    train: Dataset
    dev: Dataset | None
    collator: Any
    tokenizer: PreTrainedTokenizerBase
    trainer: Callable[..., SFTTrainer]


def prepare(
    base: Path,
    train: Sequence[Record],
    dev: Sequence[Record],
    elmtex: Any,
    config: SFTConfig,
    shares: Mapping[str, float],
) -> Parts:
    """The branch layout's parts; sets of ``config`` what the layout needs."""
    tokenizer = read_tokenizer(base)
    schemas = tuple(elmtex.schemas)
    augmentation = Augmentation(elmtex.drop, elmtex.shuffle, elmtex.rename, schemas)
    plain = Augmentation(0, 0, 0, schemas)
    size = elmtex.max_report_tokens
    epochs = int(config.num_train_epochs)
    seen = schedule(
        train,
        tokenizer,
        epochs=epochs,
        seed=config.seed,
        augmentation=augmentation,
        size=size,
        shares=shares,
        swap=elmtex.swap,
    )
    unseen = schedule(dev, tokenizer, epochs=1, seed=0, augmentation=plain, size=size)
    end = _end(base, tokenizer)
    rows = Dataset.from_dict({"example": range(len(seen) + len(unseen))})
    config.remove_unused_columns = False
    config.dataset_kwargs = {"skip_prepare_dataset": True}
    config.max_length = None
    config.label_names = ["chosen"]
    return Parts(
        rows.select(range(len(seen))),
        rows.select(range(len(seen), len(rows))),
        Collator(seen + unseen),
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, pad_token=end),
        partial(BranchTrainer, rare_weight=elmtex.rare_weight),
    )


def _end(base: Path, tokenizer: Tokenizer) -> str:
    """The base's own token for the end of a text; a new one would be written into a full fine-tune's config."""
    ids = json.loads((base / "config.json").read_text("utf-8"))["eos_token_id"]
    return tokenizer.id_to_token(ids[0] if isinstance(ids, list) else ids)


def scores(
    model: Any, layout: dict[str, torch.Tensor], rows: torch.Tensor, choices: torch.Tensor
) -> torch.Tensor:
    """The logits (D, K) of ``choices`` (D, K) at ``rows`` (D,): of a few dozen tokens, not of the whole vocabulary.

    Args:
        model: a causal language model or one with an adapter.
        layout: input_ids, position_ids and attention_mask as :func:`collate` makes them.
    """
    llama = model.get_base_model() if isinstance(model, PeftModel) else model
    hidden = llama.model(**layout, use_cache=False).last_hidden_state[0, rows]  # (D, hidden)
    scored, columns = torch.unique(choices.clamp(min=0), return_inverse=True)
    weight = llama.get_output_embeddings().weight[scored]
    with torch.autocast(hidden.device.type, enabled=False):  # 16 bits make near scores equal
        return (hidden.float() @ weight.float().T).gather(1, columns)


class BranchTrainer(SFTTrainer):
    """TRL's trainer with the loss of the notes: cross entropy over the choices the walk allows at each decision.

    Args:
        rare_weight: weight of a decision for absent or possible beside the others' 1.
    """

    def __init__(self, *args: Any, rare_weight: float = 1.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rare_weight = rare_weight
        # The loss is a mean over decisions already; Trainer must only divide by the accumulation steps.
        self.model_accepts_loss_kwargs = False

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> Any:
        rows, choices, chosen = (inputs[name] for name in ("rows", "choices", "chosen"))
        layout = {name: inputs[name] for name in LAYOUT}
        if self.accelerator.num_processes > 1:  # only the whole model's forward knows of the others
            outputs = model(**layout, logits_to_keep=rows, use_cache=False)
            allowed = outputs.logits[0].float().gather(1, choices.clamp(min=0))  # (D, K)
        else:
            outputs = {}
            with self.accelerator.autocast():
                allowed = scores(self.accelerator.unwrap_model(model), layout, rows, choices)
        allowed = allowed.masked_fill(choices < 0, float("-inf"))
        losses = torch.nn.functional.cross_entropy(allowed, chosen, reduction="none")
        weights = 1 + (self._rare_weight - 1) * inputs["rare"]
        loss = (losses * weights).sum() / weights.sum()
        mode = "train" if model.training else "eval"
        accuracy = (allowed.argmax(1) == chosen).float().mean()
        self._metrics[mode]["decision_accuracy"].append(accuracy.item())
        return (loss, outputs) if return_outputs else loss

    def _get_train_sampler(self, dataset: Any = None) -> torch.utils.data.Sampler:
        return torch.utils.data.SequentialSampler(
            self.train_dataset
        )  # the schedule is shuffled already
