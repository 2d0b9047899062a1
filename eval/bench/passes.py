"""What decoding costs in passes and tokens, without a model: an oracle answers from the gold notes.

    python -m eval.bench.passes --data MACCROBAT2020/ --format brat --split test

Prints the means per report for several draft lengths: passes, tokens fed after the prefix, the
rejected ones among them, and the total in tokens when a pass costs as much as 8 or 25 of them
beside those it feeds. A trained model writes fewer items than the gold has, so its passes are
fewer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.gold import gold_notes
from elmtex.decoding.grammar import NoteGrammar
from elmtex.decoding.layout import Ints, Mask, branch_positions, visible_prefix
from elmtex.decoding.loop import Counts, decode
from elmtex.decoding.notes import NoteItem, write_note
from elmtex.decoding.tokens import Chunk, ReportTokens, chunks, read_tokenizer, tokenise
from elmtex.models.base import base_folder
from elmtex.schema import load_schema
from elmtex.types import ElmtexError
from eval.config import parse
from eval.data import load_records
from eval.tables import Rows, markdown

DRAFTS = (0, 1, 4, 8, 15, 25)
_SURE = 50.0  # logits of an oracle: a note of doubtful decisions would be abandoned


class Oracle:
    """A session that knows the gold notes: of the prefix each word's first token, of a note its
    next one.

    It has read nothing and remembers of each slot whose it is, which it takes from the mask.
    """

    def __init__(self, gold: dict[int, list[int]], openings: dict[int, int]) -> None:
        self._gold = gold  # by the note's position
        self._openings = openings  # position of the note that a row of the prefix opens
        self._tokens: list[int] = []
        self._positions: list[int] = []
        self._read = 0
        self.rejected = 0

    def feed(
        self,
        tokens: Ints,
        positions: Ints,
        mask: Mask,
        asked: Sequence[tuple[int, tuple[int, ...]]],
    ) -> list[NDArray[np.floating]]:
        first = not self._tokens
        self._tokens += tokens.tolist()
        self._positions += positions.tolist()
        if first:
            self._read = len(tokens)
            opened = [self._gold[self._openings[row]][0] for row, _ in asked]
            return [
                np.array([_SURE * (choice == token) for choice in choices])
                for token, (_, choices) in zip(opened, asked, strict=True)
            ]
        return [np.array(self._scores(mask[row], choices)) for row, choices in asked]

    def keep(self, slots: int) -> None:
        del self._tokens[slots:], self._positions[slots:]

    def _scores(self, seen: NDArray[np.bool_], choices: tuple[int, ...]) -> list[float]:
        slots = [slot for slot in np.flatnonzero(seen) if slot >= self._read]
        written = [self._tokens[slot] for slot in slots]
        note = self._gold[self._positions[slots[0]]]
        right = note[: len(written)] == written
        self.rejected += not right
        return [_SURE * (right and choice == note[len(written)]) for choice in choices]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 0 done, 2 wrong usage."""
    try:
        used = ("data", "format", "split", "limit", "schema", "base")
        config = parse(
            sys.argv[1:] if argv is None else argv, "eval.bench.passes", __doc__ or "", used
        )
        records = load_records(config.data, config.format, config.split, config.limit)
        schema = load_schema(config.schema)
        tokenizer = read_tokenizer(base_folder(config.base))
    except ElmtexError as error:
        print(f"eval.bench.passes: {error}", file=sys.stderr)
        return 2
    grammar = NoteGrammar.of(schema, tokenizer)
    parts = []
    for record in records:
        tokens = tokenise(record.text, tokenizer)
        items = gold_notes(record, tokens, schema.keys)
        parts += [(tokens, items, chunk) for chunk in chunks(tokens)]
    rows: Rows = [["drafts for a pass of", "passes", "fed", "rejected", "cost 8", "cost 25"]]
    for draft in DRAFTS:
        passes, fed, rejected = measure(grammar, parts, draft)
        n = len(records)
        costs = [(fed + price * passes) / n for price in (8, 25)]
        figures = [passes / n, fed / n, rejected / n, *costs]
        rows.append([f"{draft} tokens", *(f"{x:.0f}" for x in figures)])
    print(f"{len(records)} reports\n\n{markdown(rows)}", end="")
    return 0


def measure(
    grammar: NoteGrammar,
    parts: Sequence[tuple[ReportTokens, Iterable[NoteItem], Chunk]],
    draft: float,
) -> tuple[int, int, int]:
    """Passes, fed and rejected tokens of all parts."""
    counts, rejected = Counts(), 0
    for tokens, items, chunk in parts:
        notes = branch_positions(grammar, tokens, chunk.sentences, -chunk.start)
        oracle = Oracle(
            {place.position: write_note(state, items) for state, place in notes},
            {place.row: place.position for _, place in notes},
        )
        prefix = tokens.ids[chunk.start : chunk.end]
        seen = visible_prefix(0, tokens, chunk)
        for _ in decode(oracle, prefix, notes, seen, draft=draft, counts=counts):
            pass
        rejected += oracle.rejected
    return counts.passes, counts.fed, rejected


if __name__ == "__main__":
    sys.exit(main())
