"""A student's training examples: windows of records, laid out as they are at inference, with their gold labels."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain as joined
from typing import Protocol, TypeVar

import torch
from tokenizers import Tokenizer

from elmtex.decoding.chain import BEGIN, INSIDE
from elmtex.decoding.gold import gold_notes
from elmtex.decoding.labelled import Layout
from elmtex.decoding.notes import NoteItem
from elmtex.decoding.tokens import ReportTokens, tokenise
from elmtex.decoding.words import Window, windows, word_span, words
from elmtex.types import ASSERTIONS, Record
from training.data import Augmentation, grounded, sampled, variation

_BLOCK = 32  # batches among which windows are sorted by length


@dataclass(frozen=True, slots=True)
class Example:
    """One window.

    Args:
        ids: (T,) token ids, special ones included.
        words: of each sentence labelled here, the place in ``ids`` of each word's first token.
        items: (sentence, first word, last word, category, assertion) of the gold items, both words in it; those of a
            category do not overlap.
        known: the categories that the record labels.
    """

    ids: tuple[int, ...]
    words: tuple[tuple[int, ...], ...]
    items: tuple[tuple[int, int, int, int, int], ...]
    known: tuple[int, ...]


class _Window(Protocol):
    @property
    def ids(self) -> tuple[int, ...]: ...


Row = TypeVar("Row", bound=_Window)


def epochs_of(
    records: Sequence[Record],
    examples_of: Callable[[Record], Iterable[Row]],
    *,
    epochs: int,
    seed: int,
    batch: int,
    augmentation: Augmentation,
    mixture: Mapping[str, float] | None = None,
    mention_replacement: float = 0.0,
) -> list[Row]:
    """The examples of all epochs in order, each epoch with its own draw and augmentation.

    They depend on the seed alone, so an interrupted run resumes as it would have continued. Windows of similar length
    are in one batch.

    Args:
        records: what to draw from; see :func:`training.data.sampled` for ``mixture`` and ``mention_replacement``.
        examples_of: makes a record's windows.
        batch: windows a step reads at once.
    """
    order: list[Row] = []
    known: dict[tuple[str, str, tuple[str, ...]], list[Row]] = {}
    for epoch in range(epochs):
        rng = random.Random(f"{seed}/{epoch}")
        rows: list[Row] = []
        for record in sampled(records, mixture or {}, rng, mention_replacement):
            record = variation(record, augmentation, rng)
            key = (record.source, record.text, record.labelled)
            if key not in known:
                known[key] = list(examples_of(record))
            rows += known[key]
        rng.shuffle(rows)
        order += _by_length(rows, batch, rng)
    return order


def _by_length(rows: Sequence[Row], batch: int, rng: random.Random) -> Iterator[Row]:
    for start in range(0, len(rows), _BLOCK * batch):
        block = sorted(rows[start : start + _BLOCK * batch], key=lambda row: len(row.ids))
        batches = [block[i : i + batch] for i in range(0, len(block), batch)]
        last = batches.pop()  # which may be smaller: the next ones would be cut elsewhere
        rng.shuffle(batches)
        yield from joined(*batches, last)


def examples(record: Record, tokenizer: Tokenizer, layout: Layout) -> Iterator[Example]:
    """A record's windows; none when it labels no category of the layout.

    A category with an ungrounded item is not learnt from: training would teach that its text is no item.
    """
    labelled = [key for key in grounded(record) if key in layout.keys]
    if not labelled:
        return
    tokens = tokenise(record.text, tokenizer)
    items = sorted(gold_notes(record, tokens, labelled), key=lambda i: (i.first, -i.last))
    known = tuple(layout.keys.index(key) for key in labelled)
    for window in windows(tokens, layout.window, layout.context):
        example = _example(window, tokens, items, layout, known)
        if example.words:
            yield example


def _example(
    window: Window,
    tokens: ReportTokens,
    items: Sequence[NoteItem],
    layout: Layout,
    known: tuple[int, ...],
) -> Example:
    places: list[tuple[int, ...]] = []
    spans: list[tuple[int, int, int, int, int]] = []
    for sentence in window.sentences:
        own = words(tokens, sentence)
        if not own:
            continue
        reached: dict[str, int] = {}
        for item in items:
            if not sentence[0] <= item.first < sentence[1]:
                continue
            first, last = word_span(own, item.first, item.last)
            if first > reached.get(
                item.key, -1
            ):  # the longer of two that begin alike, then the first
                reached[item.key] = last
                category, assertion = layout.keys.index(item.key), ASSERTIONS.index(item.assertion)
                spans.append((len(places), first, last, category, assertion))
        moved = len(layout.before) - window.start
        places.append(tuple(first + moved for first, _ in own))
    ids = (*layout.before, *tokens.ids[window.start : window.end], *layout.after)
    return Example(ids, tuple(places), tuple(spans), known)


def collate(rows: Sequence[Example], categories: int) -> dict[str, torch.Tensor]:
    """Tensors of a batch.

    Returns:
        input_ids, attention_mask (B, T); words (S, L) places among the B T tokens, of each sentence's words; lengths
        (S,); labels (S, L, C); known (S, C), 1 where the labels are; item_words (N,) places of the items' words,
        item_of_word (N,) which item each belongs to; assertions (items,).
    """
    longest = max(len(row.ids) for row in rows)
    sentences = [(r, own) for r, row in enumerate(rows) for own in row.words]
    widest = max(len(own) for _, own in sentences)
    input_ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for r, row in enumerate(rows):
        input_ids[r, : len(row.ids)] = torch.tensor(row.ids)
        mask[r, : len(row.ids)] = 1
    places = torch.zeros(len(sentences), widest, dtype=torch.long)
    known = torch.zeros(len(sentences), categories)
    for s, (r, own) in enumerate(sentences):
        places[s, : len(own)] = torch.tensor(own) + r * longest
        known[s, list(rows[r].known)] = 1
    labels = torch.zeros(len(sentences), widest, categories, dtype=torch.long)
    first_of = [sum(len(row.words) for row in rows[:r]) for r in range(len(rows))]
    item_words: list[torch.Tensor] = []
    item_of_word: list[int] = []
    assertions: list[int] = []
    for r, row in enumerate(rows):
        for sentence, first, last, category, assertion in row.items:
            s = first_of[r] + sentence
            labels[s, first, category] = BEGIN
            labels[s, first + 1 : last + 1, category] = INSIDE
            item_words.append(places[s, first : last + 1])
            item_of_word += [len(assertions)] * (last + 1 - first)
            assertions.append(assertion)
    return {
        "input_ids": input_ids,
        "attention_mask": mask,
        "words": places,
        "lengths": torch.tensor([len(own) for _, own in sentences]),
        "labels": labels,
        "known": known,
        "item_words": torch.cat(item_words) if item_words else torch.zeros(0, dtype=torch.long),
        "item_of_word": torch.tensor(item_of_word, dtype=torch.long),
        "assertions": torch.tensor(assertions, dtype=torch.long),
    }
