"""Measure a model on real notes: Kiwi's, NegEx's sentences, cases, and the written reports kept from training.

    python -m eval.real_notes --kiwi MTSample/ --negex sentences.tsv --cases cases.jsonl \\
        --written training/written --out runs/real-notes
    python -m eval.real_notes --kiwi MTSample/ --model runs/mine --schema clinical --out runs/real-notes

Each set is measured when its flag is given. The folder --out gets answers.jsonl, the documents of every
model that was asked, and figures.json; a second run reads what it lacks, and scores. The tables go to
standard output. Nothing that ships may be trained or tuned on these sets: Kiwi states no licence.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from corpora import kiwi, negex
from elmtex.extractors.base import Extractor, open_extractor
from elmtex.provenance import digest, environment
from elmtex.storage import write_whole
from elmtex.types import ElmtexError, InputError
from eval.real_notes import cases, tables, written
from eval.real_notes import kiwi as kiwi_notes
from eval.real_notes import negex as negex_sentences
from eval.real_notes.answers import documents

SETS = ("cases", "written", "kiwi", "negex")
Open = Callable[..., Extractor]


def main(argv: Sequence[str] | None = None, *, opener: Open = open_extractor) -> int:
    """Read, score and print.

    Args:
        argv: the arguments; None takes the process's.
        opener: the seam at which tests put a fake in, as :func:`open_extractor`.

    Returns:
        The exit code: 0 done, 2 wrong usage.
    """
    options = _parser().parse_args(argv)
    try:
        figures = measure(options, opener)
        write_whole(Path(options.out) / "figures.json", json.dumps(figures, indent=2) + "\n")
    except ElmtexError as error:
        sys.stderr.write(f"eval.real_notes: {error}\n")
        return 2
    sys.stdout.write(tables.text(figures, options.verbose))
    sys.stderr.write(f"figures in {Path(options.out) / 'figures.json'}\n")
    return 0


def measure(options: argparse.Namespace, opener: Open) -> dict[str, Any]:
    """The figures of every set that was named, and what they were measured with."""
    extractor = opener(options.strategy, options.schema, model=options.model, engine=options.engine)
    sets = {
        name: _load(name, getattr(options, name), extractor)
        for name in SETS
        if getattr(options, name)
    }
    if not sets:
        raise InputError(f"nothing to measure on: give one of --{', --'.join(SETS)}")
    figures: dict[str, Any] = {}
    score: Mapping[str, Callable[..., dict[str, Any]]] = {
        "kiwi": kiwi_notes.figures,
        "negex": negex_sentences.figures,
        "cases": cases.figures,
        "written": written.figures,
    }
    for name, rows in sets.items():
        chosen = rows[: options.limit]
        reports = [(f"{name}/{row.id}", row.text) for row in chosen]
        found = documents(extractor, reports, Path(options.out))
        figures[name] = score[name](chosen, {row.id: found[f"{name}/{row.id}"] for row in chosen})
    return {
        "model": extractor.model_name,
        "schema": extractor.schema.name,
        "digest": digest(extractor.folders()),
        "settings": extractor.settings(),
        "limit": options.limit,
        **environment(("elmtex", "openvino", "torch", "numpy")),
        **figures,
    }


def _load(name: str, path: str, extractor: Extractor) -> Sequence[Any]:
    """The reports of a set, each with an id and a text."""
    if name == "kiwi":
        return list(kiwi.load(Path(path)))
    if name == "negex":
        return list(negex.load(Path(path)))
    if name == "cases":
        return cases.load(Path(path))
    return written.load(Path(path), extractor.schema.keys)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="eval.real_notes",
        description=(__doc__ or "").partition("\n")[0],
        epilog=(__doc__ or "").partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--kiwi", metavar="PATH", help="the folder with Kiwi's NAME.txt and NAME.ann"
    )
    parser.add_argument("--negex", metavar="PATH", help="the table of NegEx's sentences")
    parser.add_argument("--cases", metavar="FILE", help="cases, one JSON object a line")
    parser.add_argument("--written", metavar="DIR", help="marked-up reports; dev-*.txt are read")
    parser.add_argument("--model", help="an adapter's or model's folder; default: the packaged one")
    parser.add_argument(
        "--strategy", default="finetuned", help="finetuned (default), or student, with its --model"
    )
    parser.add_argument("--schema", default="elmtex", help="a packaged schema's name, or a file")
    parser.add_argument("--engine", default="auto", help="default: %(default)s")
    parser.add_argument("--limit", type=_count, help="only the first so many reports of each set")
    parser.add_argument("--out", default="runs/real-notes", help="default: %(default)s")
    parser.add_argument("--verbose", action="store_true", help="name the cases that fail")
    return parser


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


if __name__ == "__main__":
    sys.exit(main())
