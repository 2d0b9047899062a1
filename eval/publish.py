"""Write a run's figures into the README and the model card, so that none is ever typed.

python -m eval.publish runs/test                     README.md, between its two figures marks
python -m eval.publish runs/test --card elmtex/adapters/elmtex-1
                                                     and MODEL_CARD.md beside that adapter
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from elmtex.types import ElmtexError, InputError
from eval import tables
from eval.results import Results, read

START, END = "<!-- figures:start -->", "<!-- figures:end -->"
_CARD = Path(__file__).parent / "model_card.md"  # the words around the figures


def main(argv: Sequence[str] | None = None) -> int:
    """Publish a run; 0 done, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="eval.publish",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=Path, help="folder of eval.run")
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    parser.add_argument("--card", type=Path, help="folder of the adapter that the run measured")
    arguments = parser.parse_args(argv)
    try:
        results = read(arguments.run)
        replace_between(arguments.readme, figures(results))
        if arguments.card:
            text = card(results, arguments.card)
            (arguments.card / "MODEL_CARD.md").write_text(text, "utf-8")
    except ElmtexError as error:
        print(f"eval.publish: {error}", file=sys.stderr)
        return 2
    return 0


def figures(results: Results) -> str:
    """The comparison of all systems, and F1 per category, as Markdown."""
    run = results.record["settings"]
    kept = [
        "Measured by `python -m eval.run` on the {n} reports of the split `{split}`; in brackets the 95 % bootstrap "
        "interval over reports.".format(
            n=max(f["n"] for f in results.metrics.values()), split=run["split"]
        ),
        tables.markdown(tables.comparison(results.metrics)),
        "Relaxed F1 per category (a span that overlaps counts):",
        tables.markdown(tables.per_category(results.metrics, "relaxed")),
    ]
    return "\n\n".join(part.strip() for part in kept)


def replace_between(path: Path, text: str) -> None:
    """Put ``text`` between the two marks of a file.

    Raises:
        InputError: the file has not both marks, once each, in order.
    """
    old = path.read_text("utf-8")
    pattern = re.compile(re.escape(START) + ".*?" + re.escape(END), re.DOTALL)
    if len(pattern.findall(old)) != 1:
        raise InputError(f"{path} must hold {START} and then {END}, once")
    path.write_text(pattern.sub(lambda _: f"{START}\n{text}\n{END}", old), "utf-8")


def card(results: Results, adapter: Path) -> str:
    """The model card of a packaged adapter: what it is, from what and how it was made, and how good it is.

    Raises:
        InputError: the folder lacks elmtex.json or record.json, or the run did not measure this adapter.
    """
    facts = _load(adapter / "elmtex.json")
    record = _load(adapter / "record.json")
    measured = [n for n, f in results.metrics.items() if str(f["model"]).endswith(facts["name"])]
    if not measured:
        raise InputError(f"{results.folder} measured no model called {facts['name']!r}")
    settings: dict[str, Any] = {}
    for part in record["settings"]:
        settings |= part
    words = Template(_CARD.read_text("utf-8"))
    return words.substitute(
        name=facts["name"],
        base=facts["base"],
        sources=", ".join(settings["sources"]) or "all of training.prepare",
        rank=settings["lora_r"],
        command=shlex.join(["python", "-m", "training.sft", *record["command"][1:]]),
        git=record["git"],
        rows=record["train_rows"],
        records=record["train_records"],
        biases=json.dumps(facts["biases"]),
        figures=figures(results),
    )


def _load(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise InputError(f"{path} is missing: training.ship writes it")
    data: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return data


if __name__ == "__main__":
    sys.exit(main())
