"""Write a run's figures into the results page, the README and the model card, so that none is ever typed.

python -m eval.publish runs/test                     all of them into docs/results.md, those that say most
                                                     into README.md, each between its two figures marks
python -m eval.publish runs/test --card elmtex/models/adapters/mine
                                                     and MODEL_CARD.md beside that adapter
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from elmtex.extractors.base import open_extractor
from elmtex.models.facts import read_facts
from elmtex.provenance import digest
from elmtex.storage import write_whole
from elmtex.types import ElmtexError, InputError
from eval import tables
from eval.report import about, measured_on
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
    parser.add_argument("--results", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--card", type=Path, help="folder of the adapter that the run measured")
    arguments = parser.parse_args(argv)
    try:
        results = read(arguments.run)
        text = card(results, arguments.card) if arguments.card else ""
        # All of them before the first is written: a fault in one leaves every file as it was.
        texts = {
            arguments.results: between_marks(arguments.results, figures(results)),
            arguments.readme: between_marks(arguments.readme, essence(results)),
        }
        for path, whole in texts.items():
            write_whole(path, whole)
        if arguments.card:
            write_whole(arguments.card / "MODEL_CARD.md", text)
    except ElmtexError as error:
        print(f"eval.publish: {error}", file=sys.stderr)
        return 2
    return 0


def figures(results: Results) -> str:
    """The comparison of all systems, F1 per category, and of attributes where there are some, as
    Markdown."""
    kept = [
        f"Measured by `python -m eval.run`: {about(results)}",
        tables.markdown(tables.comparison(results.metrics)),
        "Relaxed F1 per category (a span that overlaps counts):",
        tables.markdown(tables.per_category(results.metrics, "relaxed")),
    ]
    rows = tables.attributes(results.metrics)
    if len(rows) > 1:
        kept += [
            "Attributes, relaxed F1 of relations per type (an attribute counts where its item is the gold's):",
            tables.markdown(rows),
        ]
    return "\n\n".join(part.strip() for part in kept)


def essence(results: Results) -> str:
    """What the README shows: on what, and the rows that say most, as Markdown."""
    return f"{measured_on(results.record)}\n\n{tables.markdown(tables.essence(results.metrics))}".strip()


def between_marks(path: Path, text: str) -> str:
    """A file's text with ``text`` between its two marks.

    Raises:
        InputError: the file has not both marks, once each, in order.
    """
    try:
        old = path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    pattern = re.compile(re.escape(START) + ".*?" + re.escape(END), re.DOTALL)
    if len(pattern.findall(old)) != 1:
        raise InputError(f"{path} must hold {START} and then {END}, once")
    return pattern.sub(lambda _: f"{START}\n{text}\n{END}", old)


def card(results: Results, adapter: Path) -> str:
    """The model card of a packaged adapter: what it is, from what and how it was made, and how good
    it is.

    Raises:
        InputError: the folder lacks elmtex.json or record.json, or the run did not measure this
            adapter.
    """
    facts = read_facts(adapter / "elmtex.json")
    record = read_facts(adapter / "record.json")
    decided = digest(open_extractor(model=str(adapter)).folders())
    if decided not in [system["digest"] for system in results.record["systems"].values()]:
        raise InputError(f"{results.folder} did not measure these weights of {facts['name']!r}")
    words = Template(_CARD.read_text("utf-8"))
    return words.substitute(
        name=facts["name"],
        base=facts["base"],
        rank=read_facts(adapter / "adapter_config.json")["r"],
        stages=stages(record),
        biases=json.dumps(facts["biases"]),
        threshold=facts["threshold"],
        attributes=_attributes(facts),
        figures=figures(results),
    )


def _attributes(facts: Mapping[str, Any]) -> str:
    """What holds for attributes, in words."""
    settings, reader = facts.get("attributes"), facts.get("attribute_reader")
    own = "it writes none"
    if settings:
        own = f"bias of the last one {settings['bias']}, threshold {settings['threshold']}"
    return f"{reader} reads them; of schemas that it does not know: {own}" if reader else own


def stages(record: Mapping[str, Any]) -> str:
    """How an adapter was made, as Markdown: a paragraph per run."""
    return "\n".join(map(_stage, record["stages"]))


def _stage(stage: Mapping[str, Any]) -> str:
    """One paragraph per run of training.sft or training.average."""
    if "records" not in stage:
        return f"- the mean of adapters' weights: `{stage['command']}`"
    sources = ", ".join(stage["sources"]) or "all of training.prepare"
    return (
        f"- {stage['records']} records ({sources}), {stage['steps']} steps, at commit `{stage['git']}`: "
        f"`{stage['command']}`"
    )


if __name__ == "__main__":
    sys.exit(main())
