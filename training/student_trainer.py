"""transformers' Trainer for students: the loss of the chains, faster heads, and F1 of whole DEV documents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import Trainer, TrainingArguments

from elmtex.decoding.chain import Chain
from elmtex.decoding.labelled import Labelled, Layout
from elmtex.decoding.tokens import tokenise
from elmtex.types import Record
from training.student_data import Example, collate
from training.student_network import StudentNetwork
from training.thresholds import WIDE, best, tried, without_pairs


class StudentTrainer(Trainer):
    """Trains a network on examples in their order; evaluates on the documents that it makes of DEV.

    Args:
        network: the student.
        config: transformers' arguments.
        rows: the examples of all epochs.
        dev: records to evaluate on.
        settings: :class:`training.student.StudentArguments`.
    """

    def __init__(
        self,
        network: StudentNetwork,
        config: TrainingArguments,
        rows: Sequence[Example],
        dev: Sequence[Record],
        tokenizer: Tokenizer,
        layout: Layout,
        settings: Any,
    ) -> None:
        config.remove_unused_columns = False
        config.label_names = ["labels"]
        super().__init__(
            network,
            config,
            partial(collate, categories=len(layout.keys)),
            train_dataset=rows,
            eval_dataset=dev,
        )
        self._network, self._tokenizer, self._layout = network, tokenizer, layout
        self._settings, self._dev = settings, dev
        # The loss is a mean over words already
        self.model_accepts_loss_kwargs = False

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        weights = self._settings.non_present_weight, self._settings.missed_weight
        with self.accelerator.autocast():
            loss = self._network.loss(inputs, *weights)
        return (loss, {}) if return_outputs else loss

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """The optimizer asked for, with a learning rate of its own for the heads."""
        if self.optimizer is None:
            own = [p for n, p in self._network.named_parameters() if n.startswith("encoder.")]
            heads = [p for n, p in self._network.named_parameters() if not n.startswith("encoder.")]
            kind, options = self.get_optimizer_cls_and_kwargs(self.args)
            groups = [{"params": own}, {"params": heads, "lr": self._settings.head_learning_rate}]
            self.optimizer = kind(groups, weight_decay=self.args.weight_decay, **options)
        return self.optimizer

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Exact and relaxed micro F1 of DEV at the best threshold."""
        records: Sequence[Record] = self._dev if eval_dataset is None else eval_dataset
        chain = Chain.of(**self._network.chain())
        self._network.eval()
        states = [list(self._labelled(r.text, chain).states(self._layout.keys)) for r in records]
        row = without_pairs(best(list(tried(records, states, self._layout.keys, WIDE))))
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in row.items()}
        metrics[f"{metric_key_prefix}_f1"] = (row["exact"] + row["relaxed"]) / 2
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _labelled(self, text: str, chain: Chain) -> Labelled:
        return Labelled(tokenise(text, self._tokenizer), self._layout, chain, self._scores)

    @torch.inference_mode()
    def _scores(self, ids: Sequence[int]) -> NDArray[np.floating]:
        row = torch.tensor([list(ids)], device=self.args.device)
        scores: NDArray[np.floating] = (
            self._network(row, torch.ones_like(row))[0].float().cpu().numpy()
        )
        return scores

    def _get_train_sampler(self, train_dataset: Any = None) -> torch.utils.data.Sampler:
        # The examples are in their random order already.
        return torch.utils.data.SequentialSampler(self.train_dataset)  # type: ignore[arg-type]
