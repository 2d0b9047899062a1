"""TRL's trainer with the loss of the notes: over their decisions alone, among the tokens the
grammar allows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

from elmtex.decoding.tokens import read_tokenizer
from elmtex.types import Record
from training.collate import LAYOUT, Collator
from training.data import Augmentation, Examples


def notes_trainer(
    base: Path,
    train: Sequence[Record],
    dev: Sequence[Record],
    elmtex: Any,
    config: SFTConfig,
    mixture: Mapping[str, float],
) -> partial[NotesTrainer]:
    """The trainer of margin notes, but for its model; sets of ``config`` what it needs.

    Args:
        base: folder of the base model.
        elmtex: :class:`training.sft.ElmtexArguments`.
        mixture: see :func:`training.data.sampled`.
    """
    tokenizer = read_tokenizer(base)
    augmentation = Augmentation(
        drop=elmtex.drop,
        shuffle=elmtex.shuffle,
        rename=elmtex.rename,
        schemas=tuple(elmtex.schemas),
        excerpt=elmtex.excerpt,
        capitals=elmtex.capitals,
        described=elmtex.described if elmtex.layout == "described" else 0.0,
        translate=elmtex.translate,
    )
    size = elmtex.max_report_tokens
    seen = Examples(
        train,
        tokenizer,
        epochs=int(config.num_train_epochs),
        seed=config.seed,
        augmentation=augmentation,
        size=size,
        mixture=mixture,
        mention_replacement=elmtex.mention_replacement,
    )
    unseen = Examples(
        dev, tokenizer, epochs=1, seed=0, augmentation=augmentation.plain(), size=size
    )
    end = _end(base, tokenizer)
    config.remove_unused_columns = False
    config.dataset_kwargs = {"skip_prepare_dataset": True}
    config.max_length = None
    config.label_names = ["chosen"]
    return partial(
        NotesTrainer,
        train_dataset=_numbers(seen, 0),
        eval_dataset=_numbers(unseen, 1),
        data_collator=Collator(seen, unseen),
        processing_class=PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, eos_token=end, pad_token=end
        ),
        non_present_weight=elmtex.non_present_weight,
    )


def _numbers(examples: Examples, part: int) -> Dataset:
    return Dataset.from_dict({"part": [part] * len(examples), "example": range(len(examples))})


def _end(base: Path, tokenizer: Tokenizer) -> str:
    """The base's own token for the end of a text; a new one would be written into a full
    fine-tune's config."""
    ids = json.loads((base / "config.json").read_text("utf-8"))["eos_token_id"]
    return str(tokenizer.id_to_token(ids[0] if isinstance(ids, list) else ids))


def scores(
    model: Any, layout: dict[str, torch.Tensor], rows: torch.Tensor, allowed: torch.Tensor
) -> torch.Tensor:
    """The logits (D, K) of ``allowed`` (D, K) at ``rows`` (D,): of a few dozen tokens, not of the
    whole vocabulary.

    Args:
        model: a causal language model or one with an adapter.
        layout: input_ids, position_ids and attention_mask as :func:`training.collate.collate` makes
            them.
    """
    llama: Any = model.get_base_model() if isinstance(model, PeftModel) else model
    hidden = llama.model(**layout, use_cache=False).last_hidden_state[0, rows]  # (D, hidden)
    scored, columns = torch.unique(allowed.clamp(min=0), return_inverse=True)
    weight = llama.get_output_embeddings().weight[scored]
    with torch.autocast(hidden.device.type, enabled=False):  # 16 bits make near scores equal
        return (hidden.float() @ weight.float().T).gather(1, columns)


class NotesTrainer(SFTTrainer):
    """TRL's trainer with the loss of the notes: cross entropy over the tokens the grammar allows at
    each decision.

    Args:
        non_present_weight: weight of a decision for absent or possible others weigh 1.
    """

    def __init__(self, *args: Any, non_present_weight: float = 1.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._non_present_weight = non_present_weight
        # The loss is a mean over decisions already; Trainer must only divide by the accumulation
        # steps.
        self.model_accepts_loss_kwargs = False

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        rows, allowed, chosen = (inputs[name] for name in ("rows", "allowed", "chosen"))
        layout = {name: inputs[name] for name in LAYOUT}
        if self.accelerator.num_processes > 1:  # only the whole model's forward knows of the others
            outputs = model(**layout, logits_to_keep=rows, use_cache=False)
            logits = outputs.logits[0].float().gather(1, allowed.clamp(min=0))  # (D, K)
        else:
            outputs = {}
            with self.accelerator.autocast():
                logits = scores(self.accelerator.unwrap_model(model), layout, rows, allowed)
        logits = logits.masked_fill(allowed < 0, float("-inf"))
        losses = torch.nn.functional.cross_entropy(logits, chosen, reduction="none")
        weights = 1 + (self._non_present_weight - 1) * inputs["non_present"]
        loss = (losses * weights).sum() / weights.sum()
        mode = "train" if model.training else "eval"
        accuracy = (logits.argmax(1) == chosen).float().mean()
        self._metrics[mode]["decision_accuracy"].append(accuracy.item())
        return (loss, outputs) if return_outputs else loss

    def _get_train_sampler(self, dataset: Any = None) -> torch.utils.data.Sampler:
        # The examples are in their random order already.
        return torch.utils.data.SequentialSampler(self.train_dataset)  # type: ignore[arg-type]
