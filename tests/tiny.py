"""A tiny Llama, a tiny tokenizer and an engine that knows planted facts: all made in memory."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from elmtex.decoding.layout import Ints, Mask
from elmtex.extractors.loaded_model import LoadedModel

CORPUS = [
    " [ => ] fever cough symptom drug dose history pain the patient denied had a of and",
    "The patient had fever and cough. He denied pain! Fieber und Übelkeit; 12.5 mg/dl [ => ]",
    " [ => ] [ => ] [ => ] drug dose drug route test value diagnosis age gender family",
]


@functools.cache
def tiny_tokenizer() -> Tokenizer:
    """A byte-level BPE of about 400 tokens, cut like SmolLM2's: every text can be written, most
    words in pieces."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS * 3, trainer)
    tokenizer.encode_special_tokens = True
    return tokenizer


def tiny_llama(seed: int, hidden: int = 32):
    """A random two-layer Llama in float64 with sharp preferences, so that ties do not decide a
    test."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=tiny_tokenizer().get_vocab_size(),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        initializer_range=0.4,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config).to(torch.float64).eval()


class PlantedEngine:
    """A fake model: writes each planted fact wherever its word occurs, and nothing else.

    Args:
        notes: what it writes, e.g. ``" fever => symptom;"``, of one word each; the first that fits
            a place counts.
    """

    def __init__(self, tokenizer: Tokenizer, notes: Sequence[str]) -> None:
        def encode(text: str) -> list[int]:
            return tokenizer.encode(text, add_special_tokens=False).ids

        (self.open,), (self.close,), (self.end,) = encode(" ["), encode(" =>"), encode(" ]")
        self.notes = [encode(note) for note in notes]
        self.sessions = 0

    def session(self, prompt: tuple[int, ...] = ()) -> PlantedSession:
        self.sessions += 1
        return PlantedSession(self, prompt)


class PlantedModel(LoadedModel):
    """A loaded model of the packaged name without an adapter, whose engine is planted."""

    def __init__(self, tokenizer: Tokenizer, engine: PlantedEngine) -> None:
        super().__init__("smollm2-135m")
        self._tokenizer, self._engine = tokenizer, engine


class PlantedSession:
    def __init__(self, engine: PlantedEngine, prompt: tuple[int, ...]) -> None:
        self.engine = engine
        self.tokens = list(prompt)
        self.prefix = 0  # slots of prompt and report, which come first

    def feed(
        self,
        tokens: Ints,
        positions: Ints,
        mask: Mask,
        asked: Sequence[tuple[int, tuple[int, ...]]],
    ) -> list[NDArray[np.floating]]:
        before = len(self.tokens)
        self.tokens += tokens.tolist()
        assert len(positions) == len(tokens) and mask.shape == (len(tokens), len(self.tokens))
        if not self.prefix:
            self.prefix = len(self.tokens)
            wanted = [self._opening(before + row) for row, _ in asked]
        else:
            wanted = [self._next(mask[row]) for row, _ in asked]
        return [
            np.array([50.0 * (choice in ids) for choice in choices])  # sure of it
            for ids, (_, choices) in zip(wanted, asked, strict=True)
        ]

    def keep(self, slots: int) -> None:
        del self.tokens[slots:]

    def _opening(self, slot: int) -> set[int]:
        """Whether a planted word ends at this slot."""
        for note in self.engine.notes:
            word = note[: note.index(self.engine.close)]
            if self.tokens[slot + 1 - len(word) : slot + 1] == word:
                return {self.engine.open}
        return {self.engine.end}

    def _next(self, seen: NDArray[np.bool_]) -> set[int]:
        """What follows in the notes that begin as the one does of which these slots are seen."""
        note = [self.tokens[i] for i in np.flatnonzero(seen) if i >= self.prefix]
        written = note[1:]
        begun = [n for n in self.engine.notes if n[: len(written)] == written]
        return {n[len(written)] for n in begun if len(n) > len(written)} or {self.engine.end}
