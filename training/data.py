"""Training examples: records drawn by source, augmented, and laid out with their gold notes.

An example is exactly what :mod:`elmtex.decoding` does at inference: the same prompt, the same
masks, and the decisions of the notes among the tokens the grammar allows there.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import overload

from tokenizers import Tokenizer

from corpora.schemas import descriptions, translated
from elmtex.decoding.attributes import AttributeGrammar
from elmtex.decoding.gold import gold_notes
from elmtex.decoding.grammar import NoteGrammar
from elmtex.decoding.layout import TrainingSequence, lay_out
from elmtex.decoding.tokens import chunks, tokenise
from elmtex.extractors.prompt import margin_prompt
from elmtex.schema import Category, CategorySchema, load_schema, packaged_schemas
from elmtex.types import InputError, Record
from training.mentions import pools, with_replaced_mentions
from training.variations import excerpt, in_capitals


@dataclass(frozen=True)
class Augmentation:
    """How examples are made of records; not all ask for all of their categories in their usual
    order and names.

    Args:
        drop: fraction of examples that ask for a random part of the categories.
        shuffle: fraction whose labels are named in random order.
        rename: fraction whose labels are the categories' titles.
        schemas: files of the schemas whose categories may be labelled, beside the packaged ones; a
            folder stands for all schemas in it, which count only for records that name one.
        excerpt: fraction that are a few sentences of their record.
        capitals: fraction that are in capitals.
        described: fraction whose labels are asked for with their categories' descriptions.
        translate: fraction of the reports in another language than English whose labels are the
            titles in that language, as in a schema that was written in it, and the descriptions
            those of ``descriptions/LANGUAGE.json`` in the folder of schemas.
    """

    drop: float = 0.1
    shuffle: float = 0.2
    rename: float = 0.1
    schemas: tuple[str, ...] = ()
    excerpt: float = 0.0
    capitals: float = 0.0
    described: float = 0.0
    translate: float = 0.0

    def plain(self) -> Augmentation:
        """The same schemas, and every example as its record is, described if any is."""
        return Augmentation(0, 0, 0, self.schemas, described=float(self.described > 0))


class Examples(Sequence[TrainingSequence]):
    """All examples of a run in order, every epoch with its own draw and augmentation; each is laid
    out when it is asked for.

    An example depends on the seed and its place alone, so an interrupted run resumes as it would
    have continued.

    Args:
        records: what to draw from; see :func:`sampled` for ``mixture`` and ``mention_replacement``.
        size: maximum report tokens of an example; a longer report is several.

    Raises:
        InputError: a record labels a category that no schema knows, or names a schema that is not
            there.
    """

    def __init__(
        self,
        records: Sequence[Record],
        tokenizer: Tokenizer,
        *,
        epochs: int,
        seed: int,
        augmentation: Augmentation,
        size: int,
        mixture: Mapping[str, float] | None = None,
        mention_replacement: float = 0.0,
    ) -> None:
        self._tokenizer, self._augmentation, self._size = tokenizer, augmentation, size
        self._rows: list[tuple[Record, str, int]] = []  # record, seed, chunk
        for labelled, name in {(record.labelled, record.schema) for record in records}:
            asked_schema(labelled, (), augmentation, random.Random(0), name)
        counts: dict[str, int] = {}
        for epoch in range(epochs):
            order = sampled(
                records, mixture or {}, random.Random(f"{seed}/{epoch}"), mention_replacement
            )
            for place, record in enumerate(order):
                if not grounded(record):
                    continue
                own = f"{seed}/{epoch}/{place}/{record.id}"
                varied = variation(record, augmentation, random.Random(f"{own}/variation"))
                if varied.text not in counts:
                    counts[varied.text] = len(chunks(tokenise(varied.text, tokenizer), size))
                self._rows += [(varied, own, n) for n in range(counts[varied.text])]
        self._laid_out: tuple[str, list[TrainingSequence]] = ("", [])

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> TrainingSequence: ...
    @overload
    def __getitem__(self, index: slice) -> list[TrainingSequence]: ...
    def __getitem__(self, index: int | slice) -> TrainingSequence | list[TrainingSequence]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        record, own, chunk = self._rows[index]
        if self._laid_out[0] != own:  # the chunks of a report are asked for one after the other
            rng = random.Random(own)
            made = sequences(record, self._tokenizer, self._augmentation, rng, self._size)
            self._laid_out = (own, list(made))
        return self._laid_out[1][chunk]


def sampled(
    records: Sequence[Record],
    mixture: Mapping[str, float],
    rng: random.Random,
    mention_replacement: float = 0.0,
) -> list[Record]:
    """One epoch's records in random order: each as often as its source's mixture weight, 1 by
    default.

    2.5 is twice each and half of them again. A weight is named by the source, by source/language or
    by source/language/ and how the report's name begins; the longest name that fits counts.
    ``mention_replacement`` is the share of items that read as another one of their category
    (:mod:`training.mentions`).
    """
    order = []
    for record in records:
        share = _share(record, mixture)
        order += [record] * (int(share) + (rng.random() < share % 1))
    rng.shuffle(order)
    if not mention_replacement:
        return order
    mentions = pools(records)
    return [with_replaced_mentions(record, mentions, mention_replacement, rng) for record in order]


def of_sources(
    records: Sequence[Record], sources: Sequence[str], mixture: Mapping[str, float], data: str
) -> list[Record]:
    """The records of the sources asked for, all where none is named.

    Raises:
        InputError: one of the sources, or of the mixture's, has no record in ``data``.
    """
    named = [*sources, *(name.partition("/")[0] for name in mixture)]
    if strange := sorted(set(named) - {r.source for r in records}):
        raise InputError(
            f"no training record of the sources {', '.join(strange)} in {data}; "
            f"it has: {', '.join(sorted({r.source for r in records}))}"
        )
    wanted = [r for r in records if not sources or r.source in sources]
    left = Counter(r.source for r in records) - Counter(r.source for r in wanted)
    if left:
        counts = ", ".join(f"{n} of {source}" for source, n in sorted(left.items()))
        print(f"records left out by sources: {counts}", file=sys.stderr)
    return wanted


def mixture_of(given: Sequence[str]) -> dict[str, float]:
    """Weights of sources from ``source=times``. Raises :class:`InputError` for anything else."""
    try:
        return {name: float(times) for name, times in (e.split("=") for e in given)}
    except ValueError:
        raise InputError(
            f"mixture: {given}: give each as source=times, e.g. synthetic=0.02"
        ) from None


def _share(record: Record, mixture: Mapping[str, float]) -> float:
    whole = (record.source, f"{record.source}/{record.lang}")
    place = f"{whole[1]}/{record.id.rpartition('/')[2]}"
    fitting = [n for n in mixture if n in whole or (n.count("/") == 2 and place.startswith(n))]
    return mixture[max(fitting, key=len)] if fitting else 1.0


def variation(record: Record, augmentation: Augmentation, rng: random.Random) -> Record:
    """The record, or at random an excerpt of it, or all of it in capitals."""
    if len(grounded(record)) == len(record.labelled):  # every item has its place
        if rng.random() < augmentation.excerpt:
            record = excerpt(record, rng)
        if rng.random() < augmentation.capitals:
            record = in_capitals(record)
    return record


def sequences(
    record: Record, tokenizer: Tokenizer, augmentation: Augmentation, rng: random.Random, size: int
) -> Iterator[TrainingSequence]:
    """A record's training sequences, one per chunk of at most ``size`` report tokens.

    A category with an ungrounded item is not asked for: training would teach that its text is no
    item.
    """
    labelled = grounded(record)
    if not labelled:
        return
    schema = asked_schema(labelled, record.attributes, augmentation, rng, record.schema)
    if augmentation.translate and record.lang != "en" and rng.random() < augmentation.translate:
        places = map(Path, augmentation.schemas)
        said = [of for p in places if (of := descriptions(p, record.lang).get(record.schema or ""))]
        schema = translated(schema, record.lang, said[0] if said else {})
    grammar = NoteGrammar.of(schema, tokenizer)
    attributes = AttributeGrammar.of(schema, tokenizer, grammar) if record.attributes else None
    described = augmentation.described > 0 and rng.random() < augmentation.described
    prompt = tokenizer.encode(margin_prompt(schema, described), add_special_tokens=False).ids
    tokens = tokenise(record.text, tokenizer)
    items = gold_notes(record, tokens, schema.keys)
    for chunk in chunks(tokens, size):
        yield lay_out(prompt, tokens, grammar, items, chunk, attributes)


def grounded(record: Record) -> list[str]:
    """The labelled categories all of whose items have a place in the text."""
    return [
        key
        for key in record.labelled
        if all(item.start is not None for item in record.items.get(key, ()))
    ]


def asked_schema(
    labelled: Sequence[str],
    attributes: Sequence[str],
    augmentation: Augmentation,
    rng: random.Random,
    name: str | None = None,
) -> CategorySchema:
    """The categories one example asks for: those its source labels, thinned, shuffled or renamed at
    random, with those of their attribute types that it labels.

    Args:
        name: the schema that the record names; None when it names none.

    Raises:
        InputError: a category that no schema knows, or a name that no schema has.
    """
    known = known_categories(augmentation.schemas, name)
    if unknown := [key for key in labelled if key not in known]:
        where = f"not in the schema {name!r}" if name else "in no packaged schema"
        raise InputError(
            f"records label {unknown[0]!r}, which is {where}: give its schema's file with --schemas"
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


@cache
def known_categories(
    places: tuple[str, ...] = (), name: str | None = None
) -> Mapping[str, Category]:
    """Every category by its key: of the schema of that name; without a name, of these files and the
    packaged schemas, where the files' win, then those of ``elmtex``.

    Args:
        places: files, and folders of files.

    Raises:
        InputError: no schema has that name.
    """
    packaged = list(packaged_schemas().values())
    if name is None:
        first = [*(p for p in places if not Path(p).is_dir()), "elmtex"]
        schemas = [load_schema(file) for file in first] + [load_schema(file) for file in packaged]
        return {c.key: c for schema in reversed(schemas) for c in schema.categories}
    own = [file for p in map(Path, places) for file in (sorted(p.glob("*.json")) or [p])]
    found = next((file for file in [*own, *packaged] if file.stem == name), None)
    if found is None:
        raise InputError(
            f"records name the schema {name!r}: give its file, or its folder, with --schemas"
        )
    return {c.key: c for c in load_schema(found).categories}
