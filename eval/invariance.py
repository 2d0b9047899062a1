"""The same sentence must give the same items however it is laid out: wrapped, in capitals, behind a heading.

    python -m eval.invariance
    python -m eval.invariance --model runs/mine --out runs/invariance

Reads the 30 short texts of invariance.jsonl, 15 English and 15 German, and each of them in every
variation of `eval/variations.py`, and compares the items: category, assertion and words, which are looked
up in the bare text, so that neither case nor line breaks count. Items of what a variation added are not
compared. For each variation it prints two figures with 95% bootstrap intervals over texts:

agreement  F1 between the items of the bare text and those of the varied one, mean over texts; 1
           where both have none, 0 where an extraction failed
same       share of texts whose items are all the same

Exit code 0: every agreement is as wanted; 1: some are below; 2: wrong usage. With --out the folder
gets invariance.json: the figures, and for every text the items that a variation lost or added.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from elmtex.extractors.base import Extractor, extract_safely, open_extractor
from elmtex.provenance import digest, environment, utc
from elmtex.storage import write_whole
from elmtex.types import ElmtexError, Extraction, InputError, Item
from eval.metrics.bootstrap import Bootstrap
from eval.metrics.documents import FAILURES, normalise
from eval.run import PACKAGES
from eval.tables import Rows, estimate, markdown
from eval.variations import VARIATIONS, Text, Variation, bare_text

TEXTS = Path(__file__).with_name("invariance.jsonl")
LANGUAGES = ("all", "en", "de")
WANTED = 0.95
WANTED_OF = {"in capitals": 0.85}

Said = tuple[str, str, str]  # category, assertion, words as exact matching compares them


@dataclass(frozen=True, slots=True)
class Comparison:
    """One text in one variation against the bare text.

    Args:
        text, lang, variation: which.
        failed: one of the two extractions gave no document.
        lost: items that only the bare text has, sorted.
        added: items that only the varied one has, sorted.
        agreement: F1 between both, 0 to 1.
    """

    text: str
    lang: str
    variation: str
    failed: bool
    lost: tuple[Said, ...]
    added: tuple[Said, ...]
    agreement: float

    @property
    def same(self) -> bool:
        return self.agreement == 1.0

    def to_dict(self) -> dict[str, Any]:
        names = ("text", "variation", "failed", "lost", "added", "agreement")
        return {name: getattr(self, name) for name in names}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure a model; see above for the exit codes."""
    parser = argparse.ArgumentParser(
        prog="eval.invariance",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--model", help="the folder of an adapter; default: the packaged one")
    parser.add_argument("--schema", default="elmtex", help="a packaged schema's name, or a file")
    parser.add_argument("--engine", default="auto", help="the engine that runs the model")
    parser.add_argument("--out", type=Path, help="the folder that gets invariance.json")
    given = parser.parse_args(argv)
    try:
        extractor = open_extractor(
            "finetuned", given.schema, model=given.model, engine=given.engine
        )
        extractor.load()
        return run(extractor, read(TEXTS), given.out)
    except ElmtexError as error:
        print(f"eval.invariance: {error}", file=sys.stderr)
        return 2


def run(extractor: Extractor, texts: Sequence[Text], out: Path | None = None) -> int:
    """Compare, print the table, write ``invariance.json`` into ``out`` unless it is None."""
    began = time.time()
    compared = []
    for comparison in compare(extractor, texts):
        compared.append(comparison)
        if len(compared) % len(VARIATIONS) == 0 and sys.stderr.isatty():
            print(f"\r{len(compared) // len(VARIATIONS)}/{len(texts)}", end="", file=sys.stderr)
    found = figures(compared)
    if out is not None:
        _write(out, extractor, found, compared, began)
    print(f"{extractor.model_name}, {len(texts)} texts\n\n{markdown(table(found))}")
    return 0 if all(f["all"]["agreement"]["value"] >= f["wanted"] for f in found.values()) else 1


def read(path: Path) -> list[Text]:
    """The texts of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        return [Text(**json.loads(line)) for line in lines]


def compare(extractor: Extractor, texts: Sequence[Text]) -> Iterator[Comparison]:
    """Each text in each variation against itself without one."""
    for base in texts:
        bare = bare_text(base)
        plain = extract_safely(extractor, bare.text, base.id)
        wanted = said(plain, bare, base)
        for name, vary in VARIATIONS.items():
            variation = vary(base)
            answer = extract_safely(extractor, variation.text, f"{base.id} {name}")
            given = said(answer, variation, base)
            failed = not FAILURES.isdisjoint((plain.status, answer.status))
            lost, added = (
                tuple(sorted(rest.elements())) for rest in (wanted - given, given - wanted)
            )
            yield Comparison(
                base.id, base.lang, name, failed, lost, added, 0.0 if failed else _f1(wanted, given)
            )  # fmt: skip


def said(extraction: Extraction, variation: Variation, base: Text) -> Counter[Said]:
    """The items of a varied text in the words of the bare one, without those of what was added."""
    found: Counter[Said] = Counter()
    for category, items in extraction.categories.items():
        for item in items:
            if (words := _words(item, variation, base)) is not None:
                found[category, item.assertion, normalise(words)] += 1
    return found


def _words(item: Item, variation: Variation, base: Text) -> str | None:
    """The bare text's words where the item lies inside it, the item's own where it reaches beyond,
    None where it lies outside."""
    if item.start is None or item.end is None:
        return item.text
    places = variation.places[item.start : item.end]
    inside = [place for place in places if place is not None]
    if not inside:
        return None
    if places[0] is None or places[-1] is None:
        return item.text
    return base.text[inside[0] : inside[-1] + 1]


def _f1(one: Counter[Said], other: Counter[Said]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def figures(compared: Sequence[Comparison]) -> dict[str, Any]:
    """By variation: the agreement wanted, and for all texts and each language n, failed, agreement, same."""
    found: dict[str, Any] = {}
    for name in VARIATIONS:
        of_variation = [c for c in compared if c.variation == name]
        found[name] = {"wanted": WANTED_OF.get(name, WANTED)}
        for lang in LANGUAGES:
            if chosen := [c for c in of_variation if lang in ("all", c.lang)]:
                found[name][lang] = {
                    "n": len(chosen),
                    "failed": sum(c.failed for c in chosen),
                    "agreement": _mean([c.agreement for c in chosen]),
                    "same": _mean([float(c.same) for c in chosen]),
                }
    return found


def _mean(values: Sequence[float]) -> dict[str, Any]:
    column = np.array(values)
    draws = Bootstrap.draw(len(values))
    return {
        "value": draws.value(lambda weights: weights @ column / len(column)),
        "ci": draws.interval(lambda weights: weights @ column / len(column)),
    }


def table(found: Mapping[str, Any]) -> Rows:
    """A row for each variation; what is below the wanted agreement is bold."""
    rows: Rows = [
        ["variation", "wanted", "agreement", "en", "de", "same", "en", "de", "texts (failed)"]
    ]
    for name, f in found.items():
        cells = [
            estimate(f[lang][figure]["value"], f[lang][figure]["ci"] if lang == "all" else None)
            if lang in f
            else "-"
            for figure in ("agreement", "same")
            for lang in LANGUAGES
        ]
        if f["all"]["agreement"]["value"] < f["wanted"]:
            cells[0] = f"**{cells[0]}**"
        counts = f"{f['all']['n']} ({f['all']['failed']})"
        rows.append([name, f"{f['wanted']:.2f}", *cells, counts])
    return rows


def _write(
    out: Path,
    extractor: Extractor,
    found: Mapping[str, Any],
    compared: Sequence[Comparison],
    began: float,
) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"out {str(out)!r} cannot be made a folder: {error.strerror}") from None
    result = {
        "command": sys.argv,
        "model": extractor.model_name,
        "digest": digest(extractor.folders()),
        "settings": extractor.settings(),
        **environment(PACKAGES),
        "started": utc(began),
        "seconds": round(time.time() - began, 1),
        "figures": found,
        "differences": [c.to_dict() for c in compared if not c.same],
    }
    text = json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(out / "invariance.json", text + "\n")


if __name__ == "__main__":
    sys.exit(main())
