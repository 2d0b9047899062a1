"""What decoding costs in passes and tokens, without a model: an oracle answers as one that knows the gold notes would.

    python -m eval.passes --data ../shared/data/maccrobat2020 --format brat --split test

Prints the means a report for several draft lengths: passes, tokens fed after the prefix, the rejected ones among them,
and what it all comes to in tokens when a pass costs as much as 8 or 25 of them beside those it feeds. ``apart``: drafts
that begin anew with each report; ``together``: that learn from the reports before. A trained model notes less than gold
has, so its passes are fewer.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.drafts import Drafts
from elmtex.decoding.layout import Ints, Mask
from elmtex.decoding.loop import Counts, decode
from elmtex.decoding.notes import NoteGrammar, NoteWalk, write_note
from elmtex.decoding.tokens import Chunk, ReportTokens, chunks, read_tokenizer, tokenise
from elmtex.schema import load_schema
from elmtex.types import ElmtexError
from elmtex.weights import base_folder
from eval.config import parse
from eval.data import load_records
from eval.tables import Rows, markdown
from training.branches import gold_notes

DRAFTS = (0, 1, 4, 8, 15, 25)


class Oracle:
    """A session without a prefix that gives each note's next gold token; notes are told apart by their anchors."""

    def __init__(self, gold: dict[int, list[int]]) -> None:
        self._gold = gold
        self._tokens: list[int] = []
        self._positions: list[int] = []
        self.rejected = 0

    def feed(
        self,
        tokens: Ints,
        positions: Ints,
        mask: Mask,
        asked: Sequence[tuple[int, tuple[int, ...]]],
    ) -> list[NDArray[np.floating]]:
        self._tokens += tokens.tolist()
        self._positions += positions.tolist()
        return [np.array(self._scores(mask[row], choices)) for row, choices in asked]

    def _scores(self, seen: NDArray[np.bool_], choices: tuple[int, ...]) -> list[float]:
        slots = sorted((self._positions[slot], self._tokens[slot]) for slot in np.flatnonzero(seen))
        note, written = self._gold[slots[0][0]], [token for _, token in slots[1:]]
        right = note[: len(written)] == written
        self.rejected += not right
        return [float(right and choice == note[len(written)]) for choice in choices]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 0 done, 2 wrong usage."""
    try:
        used = ("data", "format", "split", "limit", "schema", "base")
        config = parse(sys.argv[1:] if argv is None else argv, "eval.passes", __doc__ or "", used)
        records = load_records(config.data, config.format, config.split, config.limit)
        schema = load_schema(config.schema)
        tokenizer = read_tokenizer(base_folder(config.base))
    except ElmtexError as error:
        print(f"eval.passes: {error}", file=sys.stderr)
        return 2
    grammar = NoteGrammar.of(schema, tokenizer)
    parts = []
    for record in records:
        tokens = tokenise(record.text, tokenizer)
        items = gold_notes(record, tokens, schema.keys)
        for chunk in chunks(tokens):
            inside = {
                s: write_note(
                    grammar, tokens, s, [i for i in items if s[0] <= i.first and i.last <= s[1]]
                )
                for s in chunk.sentences
            }
            parts.append((tokens, chunk, inside))
    rows: Rows = [
        ["drafts for a pass of", "learning", "passes", "fed", "rejected", "cost 8", "cost 25"]
    ]
    for draft in DRAFTS:
        for learning in ("apart", "together"):
            passes, fed, rejected = measure(grammar, parts, draft, learning == "together")
            n = len(records)
            costs = [(fed + price * passes) / n for price in (8, 25)]
            figures = [passes / n, fed / n, rejected / n, *costs]
            rows.append([f"{draft} tokens", learning, *(f"{x:.0f}" for x in figures)])
    print(f"{len(records)} reports\n\n{markdown(rows)}", end="")
    return 0


def measure(
    grammar: NoteGrammar,
    parts: Sequence[tuple[ReportTokens, Chunk, dict[tuple[int, int], list[int]]]],
    draft: float,
    together: bool,
) -> tuple[int, int, int]:
    """Passes, fed and rejected tokens of all parts."""
    counts, drafts, rejected = Counts(), Drafts(), 0
    for tokens, chunk, notes in parts:
        drafts = drafts if together else Drafts()
        oracle = Oracle({sentence[1]: note for sentence, note in notes.items()})
        walks = [(NoteWalk(grammar, tokens, s), s[1]) for s in chunk.sentences]
        for _ in decode(oracle, [], walks, draft=draft, drafts=drafts, counts=counts):
            pass
        rejected += oracle.rejected
    return counts.passes, counts.fed, rejected


if __name__ == "__main__":
    sys.exit(main())
