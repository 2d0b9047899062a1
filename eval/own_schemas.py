"""How well schemas are filled that no model was trained on.

    python -m eval.own_schemas --out runs/own-schemas
    python -m eval.own_schemas --systems finetuned,naive --limit 2 --out runs/own-schemas
    python -m eval.own_schemas --publish runs/own-schemas
    python -m eval.own_schemas --schemas training/schemas/held_out_long
    python -m eval.own_schemas --lang de --out runs/own-schemas-de

Reads the reports of the held-out schemas (``dev-*`` of training/schemas) and measures on every other of each schema's; the
others set the confidence (``training.calibrate --schemas``) and are the examples of ``icl``. Of a folder without ``dev-*`` every
report measures. With ``--lang`` only those in that language do, and
the schema is in it, too: its titles are the labels, and it has no descriptions but those in that language. Printed are micro F1, exact and
relaxed, and how often a category that holds nothing is filled, with 95% bootstrap intervals over reports. ``--out`` gets
figures.json; ``--publish`` writes the tables of such a folder into the docs and the model card of the packaged adapter that
it measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from corpora import schemas
from elmtex.extractors.base import extract_safely, open_extractor
from elmtex.models.adapter import packaged_adapter
from elmtex.models.base import DEFAULT_MODEL, base_folder
from elmtex.models.facts import read_facts
from elmtex.provenance import digest, digest_of_data, environment, utc
from elmtex.schema import load_schema
from elmtex.storage import write_whole
from elmtex.types import ElmtexError, InputError
from eval.metrics import Sample, aggregate, score_sample
from eval.publish import between_marks, stages
from eval.run import PACKAGES
from eval.tables import Rows, estimate, markdown

SCHEMAS = Path(__file__).parent.parent / "training" / "schemas"
DOCS = Path(__file__).parent.parent / "docs" / "schemas.md"
_CARD = Path(__file__).parent / "model_card_schemas.md"  # the words around the figures
SYSTEMS = ("finetuned", "naive", "icl")
_FIGURES = (
    ("exact F1", "exact", "micro", "f1"),
    ("relaxed F1", "relaxed", "micro", "f1"),
    ("empty categories filled", "rates", "invented_category_rate", "value"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, or publish; 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="eval.own_schemas",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--schemas", type=Path, default=SCHEMAS, help="folder of schemas and reports"
    )
    parser.add_argument(
        "--systems", default="finetuned", help="of finetuned, naive, icl; by commas"
    )
    parser.add_argument(
        "--model", help="finetuned: the folder of an adapter; default: the packaged"
    )
    parser.add_argument("--base", default=DEFAULT_MODEL, help="naive, icl: the model")
    parser.add_argument("--lang", help="only reports in this language, with labels in it: de")
    parser.add_argument("--limit", type=int, help="the first so many reports of each schema")
    parser.add_argument("--out", type=Path, help="the folder that gets figures.json")
    parser.add_argument("--publish", type=Path, help="such a folder, whose tables the docs get")
    given = parser.parse_args(argv)
    try:
        if given.publish:
            publish(json.loads((given.publish / "figures.json").read_text("utf-8")))
            return 0
        figures = measure(
            given.schemas,
            given.systems.split(","),
            model=given.model,
            base=given.base,
            limit=given.limit,
            lang=given.lang,
        )
        if given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            write_whole(given.out / "figures.json", json.dumps(figures, indent=1) + "\n")
        print(markdown(table(figures["systems"])))
        return 0
    except ElmtexError as error:
        print(f"eval.own_schemas: {error}", file=sys.stderr)
        return 2


def measure(
    folder: Path,
    systems: Sequence[str],
    model: str | None = None,
    base: str = DEFAULT_MODEL,
    limit: int | None = None,
    lang: str | None = None,
) -> dict[str, Any]:
    """The figures of each system: of all held-out schemas, and of each.

    Args:
        folder: as :func:`corpora.schemas.load` takes it.
        systems: of ``SYSTEMS``.
        model: the adapter of finetuned; None is the packaged one.
        base: the model of naive and icl.
        limit: only the first so many reports of each schema that measure; None takes all.
        lang: only reports in this language, under schemas in it (:func:`corpora.schemas.translated`); None takes all, under
            the schemas as they are.

    Raises:
        InputError: an unknown system, no schema in the folder, no report in the language, two titles that are the same in it, or no
            examples for icl.
    """
    if unknown := set(systems) - set(SYSTEMS):
        raise InputError(f"unknown system {sorted(unknown)[0]!r}: take {', '.join(SYSTEMS)}")
    found_there = list(schemas.load(folder))
    held_out = [r for r in found_there if r.split == "dev"]
    learnt, measured = schemas.halves(held_out) if held_out else ([], found_there)
    if "icl" in systems and not learnt:
        raise InputError(
            f"icl needs examples: no held-out schemas ({schemas.HELD_OUT}NAME.json) in {folder}"
        )
    measured = [r for r in measured if lang in (None, r.lang)]
    if not measured:
        raise InputError(f"no report in the language {lang!r} in {folder}")
    found: dict[str, Any] = {}
    for system in systems:
        samples: dict[str, list[Sample]] = {}
        for name in dict.fromkeys(record.schema or "" for record in measured):
            schema = load_schema(folder / f"{name}.json")
            if lang is not None:
                said = schemas.descriptions(folder, lang).get(name, {})
                schema, english = schemas.translated(schema, lang, said), schema
                if schema is english:
                    raise InputError(f"{name}: two titles are the same in {lang!r}")
            extractor = open_extractor(
                system,
                schema,
                model=model if system == "finetuned" else base,
                examples=[r for r in learnt if r.schema == name and lang in (None, r.lang)]
                if system == "icl"
                else None,
            )
            for record in [r for r in measured if r.schema == name][:limit]:
                answer = extract_safely(extractor, record.text, record.id)
                samples.setdefault(name, []).append(score_sample(record, answer, id=record.id))
            print(f"{system}: {name}", file=sys.stderr, flush=True)
        every = [sample for of_schema in samples.values() for sample in of_schema]
        found[system] = {
            "model": extractor.model_name,
            "digest": digest(extractor.folders()),
            "all": _essence(every),
            "schemas": {name: _essence(of_schema) for name, of_schema in samples.items()},
        }
    return {
        "made": utc(time.time()),
        "schemas": digest_of_data(folder),
        "lang": lang,
        "systems": found,
        **environment(PACKAGES),
    }


def _essence(samples: Sequence[Sample]) -> dict[str, Any]:
    figures = aggregate(samples)
    return {name: figures[name] for name in ("n", "failed", "exact", "relaxed", "rates")}


def table(systems: Mapping[str, Any]) -> Rows:
    """One column a system: the figures of all held-out schemas, then the relaxed F1 of each."""
    rows: Rows = [["figure", *systems]]
    rows.append(["model", *(str(s["model"]) for s in systems.values())])
    rows.append(
        ["reports (failed)", *(f"{s['all']['n']} ({s['all']['failed']})" for s in systems.values())]
    )
    rows += [
        [name, *(_cell(s["all"], *path) for s in systems.values())] for name, *path in _FIGURES
    ]
    names = next(iter(systems.values()))["schemas"]
    for name in names:
        cells = [_cell(s["schemas"][name], "relaxed", "micro", "f1") for s in systems.values()]
        rows.append([f"{name.removeprefix(schemas.HELD_OUT)}, relaxed F1", *cells])
    return rows


def _cell(figures: Mapping[str, Any], level: str, of: str, value: str) -> str:
    entry = figures[level][of]
    return estimate(entry[value], entry["ci"])


def publish(known: Mapping[str, Any]) -> None:
    """Write the tables of a figures.json into the docs, and the card of the packaged adapter if that is what it measured.

    Raises:
        InputError: only one language was measured.
    """
    if lang := known.get("lang"):
        raise InputError(f"the docs' table is of all languages, not of {lang!r} alone")
    shown = f"{markdown(table(known['systems']))}\n\nMeasured {known['made'][:10]}, commit {known['git'][:7]}.\n"
    page = between_marks(DOCS, shown)
    adapter = packaged_adapter(own_schema=True)
    if adapter and adapter.folder and adapter.own_schemas and adapter.layout == "described":
        of_it = digest([base_folder(adapter.base), adapter.folder])
        if known["systems"].get("finetuned", {}).get("digest") == of_it:
            config = read_facts(adapter.folder / "adapter_config.json")
            record = read_facts(adapter.folder / "record.json")
            # The stages before are elmtex-7's.
            own = [stage for stage in record["stages"] if "schemas" in stage.get("sources", ())]
            card = Template(_CARD.read_text("utf-8")).substitute(
                name=adapter.name,
                base=adapter.base,
                rank=config["r"],
                threshold=adapter.own_schemas.threshold,
                stages=stages({"stages": own}),
                figures=shown.strip(),
            )
            write_whole(adapter.folder / "MODEL_CARD.md", card)
    write_whole(DOCS, page)


if __name__ == "__main__":
    sys.exit(main())
