"""An attribute reader's training examples: windows of records with what is asked of their items, and the gold labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer

from elmtex.decoding.attribute_labels import AttributeLayout, Question, asked, inputs, unpacked
from elmtex.decoding.chain import BEGIN, INSIDE
from elmtex.decoding.gold import gold_notes
from elmtex.decoding.tokens import tokenise
from elmtex.decoding.words import word_span
from elmtex.schema import CategorySchema
from elmtex.types import Record


@dataclass(frozen=True, slots=True)
class AttributeExample:
    """One window.

    Args:
        ids: (T,) token ids, special ones included.
        questions: one of each item in it.
        spans: of each question (type, first word, last word) of the gold attributes, both words in it, places among the
            question's words.
        known: of each question the types that the record labels of such items.
    """

    ids: tuple[int, ...]
    questions: tuple[Question, ...]
    spans: tuple[tuple[tuple[int, int, int], ...], ...]
    known: tuple[tuple[int, ...], ...]


def attribute_examples(
    record: Record, tokenizer: Tokenizer, layout: AttributeLayout, schema: CategorySchema
) -> Iterator[AttributeExample]:
    """A record's windows; none when it labels no attribute of the layout.

    Items of all labelled categories are known; asked of are those whose category has attributes in the schema.
    """
    types = {
        c.key: [t.key for t in c.attributes if t.key in record.attributes]
        for c in schema.categories
        if c.key in layout.known
    }
    if not any(types.values()):
        return
    tokens = tokenise(record.text, tokenizer)
    gold = gold_notes(record, tokens, record.labelled)
    for ids, all_of_window in asked(tokens, gold, layout):
        questions = [q for q in all_of_window if types[q.item.key]]
        if not questions:
            continue
        spans = []
        for question in questions:
            first, end = question.words[0][0], question.words[-1][1]
            near = [a for a in gold[question.item] if first <= a.first and a.last <= end]
            spans.append(
                tuple(
                    (layout.types.index(a.type), *word_span(question.words, a.first, a.last))
                    for a in near
                    if a.type in types[question.item.key]
                )
            )
        known = [tuple(map(layout.types.index, types[q.item.key])) for q in questions]
        yield AttributeExample(ids, tuple(questions), tuple(spans), tuple(known))


def collate(rows: Sequence[AttributeExample], layout: AttributeLayout) -> dict[str, torch.Tensor]:
    """Tensors of a batch: those of :func:`elmtex.decoding.attribute_labels.inputs` for all of B windows, (B, T) and (R, W), with
    ``words`` as places among the B T tokens; of the N questions ``places`` (N, L) among the R W words, ``lengths`` (N,), ``labels``
    (N, L, A), and ``known`` (N, A), 1 where the labels are."""
    longest = max(len(row.ids) for row in rows)
    questions = [q for row in rows for q in row.questions]
    given, begins = inputs(rows[0].ids, questions, layout)
    batch = {name: torch.from_numpy(array) for name, array in given.items()}
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for n, row in enumerate(rows):
        ids[n, : len(row.ids)] = torch.tensor(row.ids)
        mask[n, : len(row.ids)] = 1
    window_of = torch.tensor([0, *(n for n, row in enumerate(rows) for _ in row.questions)])
    lengths = np.array([len(q.words) for q in questions])
    labels = torch.zeros(len(questions), int(lengths.max()), len(layout.types), dtype=torch.long)
    known = torch.zeros(len(questions), len(layout.types))
    for n, spans in enumerate(spans for row in rows for spans in row.spans):
        for type, first, last in spans:
            labels[n, first, type] = BEGIN
            labels[n, first + 1 : last + 1, type] = INSIDE
    for n, types in enumerate(types for row in rows for types in row.known):
        known[n, list(types)] = 1
    return {
        **batch,
        "input_ids": ids,
        "attention_mask": mask,
        "words": batch["words"] + window_of[batch["questions"]] * longest,
        "places": torch.from_numpy(unpacked(begins, lengths, batch["words"].numel())),
        "lengths": torch.from_numpy(lengths),
        "labels": labels,
        "known": known,
    }
