"""transformers' Trainer for small encoders: a loss of the network's own, faster heads, and F1 of whole DEV reports."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from transformers import Trainer, TrainingArguments

from elmtex.types import Record


class EncoderTrainer(Trainer):
    """Trains a network, whose encoder is its ``encoder``, on examples in their order.

    Args:
        network: has ``loss(batch, **weights)``.
        config: transformers' arguments.
        rows: the examples of all epochs.
        dev: records to evaluate on.
        collate: makes a batch of examples.
        head_learning_rate: of what is not the encoder.
        weights: for the loss.
    """

    def __init__(
        self,
        network: Any,
        config: TrainingArguments,
        rows: Sequence[Any],
        dev: Sequence[Record],
        collate: Callable[[list[Any]], dict[str, torch.Tensor]],
        head_learning_rate: float,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        config.remove_unused_columns = False
        config.label_names = ["labels"]
        super().__init__(network, config, collate, train_dataset=rows, eval_dataset=dev)
        self._network, self._dev = network, dev
        self._head_learning_rate, self._weights = head_learning_rate, dict(weights or {})
        # The loss is a mean over words already
        self.model_accepts_loss_kwargs = False

    @abstractmethod
    def scored(self, records: Sequence[Record]) -> dict[str, float]:
        """``exact`` and ``relaxed`` micro F1 of records, and what else there is to say."""

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        with self.accelerator.autocast():
            loss = self._network.loss(inputs, **self._weights)
        return (loss, {}) if return_outputs else loss

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """The optimizer asked for, with a learning rate of its own for the heads."""
        if self.optimizer is None:
            own = [p for n, p in self._network.named_parameters() if n.startswith("encoder.")]
            heads = [p for n, p in self._network.named_parameters() if not n.startswith("encoder.")]
            kind, options = self.get_optimizer_cls_and_kwargs(self.args)
            groups = [{"params": own}, {"params": heads, "lr": self._head_learning_rate}]
            self.optimizer = kind(groups, weight_decay=self.args.weight_decay, **options)
        return self.optimizer

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """:meth:`scored` of DEV, and ``f1``, the mean of exact and relaxed."""
        self._network.eval()
        row = self.scored(self._dev if eval_dataset is None else eval_dataset)
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in row.items()}
        metrics[f"{metric_key_prefix}_f1"] = (row["exact"] + row["relaxed"]) / 2
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _get_train_sampler(self, train_dataset: Any = None) -> torch.utils.data.Sampler:
        # The examples are in their random order already.
        return torch.utils.data.SequentialSampler(self.train_dataset)  # type: ignore[arg-type]
