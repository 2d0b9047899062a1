"""Train an adapter further on a few reviewed reports, and measure before and after on some that are held out.

    python -m training.adapt reviews.jsonl --schema mammography.json --out runs/mammography
    python -m training.adapt reviews.jsonl --schema clinical --out runs/ward -- --learning_rate 1e-4

``elmtex adapt`` and the page start it. The folder holds an adapter of the same layout, which ``--model`` takes, and
``record.json`` with counts and figures. No word of a report is in it. It is there when all is done, and not before.

Between the reviewed reports it reads as many written ones, of other reports and other schemas, so that what the adapter
could do before is not forgotten. Flags behind ``--`` are those of training.sft.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from elmtex import records
from elmtex.adaptations.learn import usable
from elmtex.adaptations.versions import RECORD, schema_key
from elmtex.erase import remove
from elmtex.models.adapter import Adapter, notes_adapter, packaged_adapter
from elmtex.provenance import digest, utc
from elmtex.schema import CategorySchema, is_own, load_schema
from elmtex.storage import write_whole
from elmtex.types import ElmtexError, InputError, Record
from training.prepare import SCHEMAS, WRITTEN
from training.reviewed import split, with_repeated_words

READ = 60  # times a reviewed report is read, all together,
PASSES = (2, 12)  # but each at least and at most so often
# Least confidence of an item of one's own schema once it was learnt. What it was for a strange one then, .375, listed too little: .3 has the
# best relaxed F1 on the schemas kept from training, after ten corrected reports (EXPERIMENTS.md).
THRESHOLD = 0.3
CONFIG = Path(__file__).parent / "configs" / "adapt.yaml"
_NAME = "adapted"  # of the reviews' schema while it is trained: a written one may have the name that it has

Told = Callable[[str, int, int], None]  # stage, steps done, steps in all


def adapt(
    reviews: Sequence[Record],
    schema: CategorySchema,
    out: Path,
    *,
    model: Path | None = None,
    rehearsal: Sequence[Record] | None = None,
    flags: Sequence[str] = (),
    told: Told = lambda stage, done, total: None,
) -> dict[str, Any]:
    """Train and measure; returns what is in ``out/record.json``.

    Args:
        reviews: gold; see :func:`elmtex.adaptations.learn.usable`.
        schema: their categories.
        out: the folder to make.
        model: folder of the adapter to train further; None is the packaged one for such a schema.
        rehearsal: what to read in between; None is :func:`written_reports`.
        flags: further flags of training.sft.
        told: hears how far it is.

    Raises:
        InputError: too few reports, no adapter, or the folder is there.
    """
    began = time.time()
    learnt, held_out = split(usable(reviews, schema))
    base = notes_adapter(model) if model else packaged_adapter(is_own(schema))
    if base is None or base.folder is None:
        raise InputError("there is no adapter to train further: name one with --model")
    if out.exists():
        raise InputError(f"{out} exists: give another folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".adapting-", dir=out.parent))  # for its owner alone
    try:
        before = _measured(model, schema, held_out, "before", told)
        rest = written_reports(is_own(schema)) if rehearsal is None else rehearsal
        arguments = _data(scratch, schema, learnt, held_out, rest)
        _train(base, arguments, [*flags, "--output_dir", str(scratch / "run")], told)
        made = _packed(scratch / "run", base, scratch / "made", began)
        after = _measured(made, schema, held_out, "after", told)
        record = {
            "made": utc(began),
            "schema": {"key": schema_key(schema), "title": schema.title},
            "reports": {"learnt": len(learnt), "held_out": len(held_out)},
            "base": {"name": base.name, "digest": digest([base.folder])},
            "before": before,
            "after": after,
            "training": _facts(scratch / "run"),
            "seconds": round(time.time() - began),
        }
        write_whole(made / RECORD, json.dumps(record, indent=1) + "\n")
        os.replace(made, out)
    finally:
        remove(scratch)  # patients' words are in it
    return record


def written_reports(own_schema: bool = False) -> list[Record]:
    """The project's written reports to train on, of the packaged schemas and of others; none that is kept for measuring.

    Args:
        own_schema: only those of others, which are all that an adapter for schemas of one's own has to remember.
    """
    from corpora import schemas, written

    of_packaged = () if own_schema else written.load(WRITTEN)
    return [r for r in (*of_packaged, *schemas.load(SCHEMAS)) if r.split == "train"]


def _measured(
    model: Path | None, schema: CategorySchema, held_out: Sequence[Record], stage: str, told: Told
) -> dict[str, dict[str, Any]]:
    """Items right, wrong and missed, exact and relaxed, as ``eval`` counts them; relaxed by category, too."""
    from elmtex.extractors.base import extract_safely, open_extractor
    from eval.data import with_first_mentions
    from eval.metrics import score_sample
    from eval.metrics.entity import Counts

    extractor = open_extractor(
        "finetuned", schema, model=str(model) if model else None, attributes=False
    )
    exact, relaxed, categories = Counts(), Counts(), dict.fromkeys(schema.keys, Counts())
    told(stage, 0, len(held_out))
    for number, record in enumerate(held_out, 1):
        extraction = extract_safely(extractor, record.text, record.id)
        sample = score_sample(with_first_mentions(record), extraction)
        exact = sum(sample.exact.values(), exact)
        relaxed = sum(sample.relaxed.values(), relaxed)
        categories |= {key: categories[key] + of for key, of in sample.relaxed.items()}
        told(stage, number, len(held_out))
    filled = {key: of.to_dict() for key, of in categories.items() if of != Counts()}
    return {"exact": exact.to_dict(), "relaxed": relaxed.to_dict(), "categories": filled}


def _data(
    scratch: Path,
    schema: CategorySchema,
    learnt: Sequence[Record],
    held_out: Sequence[Record],
    rehearsal: Sequence[Record],
) -> list[str]:
    """Write what training.sft reads; the flags that say so."""
    (scratch / "schemas").mkdir()
    write_whole(scratch / "schemas" / f"{_NAME}.json", json.dumps(schema.document))
    own = [replace(with_repeated_words(r, schema), source="reviewed", schema=_NAME) for r in learnt]
    records.write(scratch / "data" / "train.jsonl", [*own, *rehearsal])
    unseen = [replace(r, source="reviewed", schema=_NAME) for r in held_out]
    records.write(scratch / "data" / "dev.jsonl", unseen)
    passes = min(max(PASSES[0], READ // len(learnt)), PASSES[1])
    # As many others as reviewed ones in each pass, equally many of each source, others every time.
    sources = sorted({r.source for r in rehearsal})
    shares = {
        name: len(own) / len(sources) / sum(r.source == name for r in rehearsal) for name in sources
    }
    flags = ["--data", str(scratch / "data"), "--num_train_epochs", str(passes)]
    flags += ["--schemas", str(scratch / "schemas"), str(SCHEMAS)]
    return [*flags, "--mixture", "reviewed=1", *(f"{n}={share:.6f}" for n, share in shares.items())]


def _train(base: Adapter, arguments: Sequence[str], flags: Sequence[str], told: Told) -> None:
    import torch
    from transformers import TrainerCallback

    from training import sft

    class Following(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            told("train", 0, state.max_steps)

        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            told("train", state.global_step, state.max_steps)

    cuda = torch.cuda.is_available()
    given = ["--config", str(CONFIG), "--model_name_or_path", base.base, "--use_cpu", str(not cuda)]
    given += ["--layout", base.layout]
    given += ["--bf16", "true", "--dtype", "bfloat16"] if _multiplies_bfloat16(cuda) else []
    sft.main([*given, "--init_adapter", str(base.folder), *arguments, *flags], [Following()])


def _multiplies_bfloat16(cuda: bool) -> bool:
    """Whether the processor does: elsewhere bfloat16 is slower than float32, not faster."""
    if cuda:
        import torch

        return bool(torch.cuda.is_bf16_supported())
    cpuinfo = Path("/proc/cpuinfo")
    known = cpuinfo.read_text("utf-8", "replace") if cpuinfo.is_file() else ""
    return "avx512_bf16" in known or "amx_bf16" in known


def _packed(run: Path, base: Adapter, made: Path, began: float) -> Path:
    """The adapter as it is kept: calibrated as the one before, since a few reports are too few for that."""
    from training.ship import pack

    made.mkdir()
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(began))
    own = base.own_schemas and replace(
        base.own_schemas, threshold=THRESHOLD, template_threshold=None
    )
    pack(run, made, replace(base, name=f"adapted-{stamp}", own_schemas=own))
    return made


def _facts(run: Path) -> dict[str, Any]:
    """Of sft's record what holds no path and no command line."""
    known = json.loads((run / "record.json").read_text("utf-8"))
    settings, start = known["settings"], known["starts"][-1]
    return {
        "rows": known["train_rows"],
        "steps": known["history"][-1]["step"],
        "passes": settings["trainer"]["num_train_epochs"],
        "learning_rate": settings["trainer"]["learning_rate"],
        "seed": settings["trainer"]["seed"],
        "seconds": known["seconds"],
        "peak_rss_mb": known["peak_rss_mb"],
        **{key: start[key] for key in ("git", "python", "processor", "versions")},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Adapt; 0 done, 2 when it cannot be done."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    at = given.index("--") if "--" in given else len(given)
    own, flags = given[:at], given[at + 1 :]
    parser = argparse.ArgumentParser(
        prog="python -m training.adapt",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "reviews", type=Path, help="gold in JSON Lines, as the page exports reviews"
    )
    parser.add_argument("--schema", required=True, help="name of a packaged schema, or a file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to make")
    parser.add_argument("--model", type=Path, metavar="DIR", help="adapter to train further")
    parser.add_argument(
        "--rehearsal",
        type=Path,
        metavar="FILE",
        help="gold to read in between, not the written reports",
    )
    parser.add_argument(
        "--child",
        action="store_true",
        help="as elmtex starts it: at low priority, tells its steps as JSON, ends with its standard input",
    )
    args = parser.parse_args(own)
    with _telling(args.child) as tell:
        try:
            rehearsal = list(records.load(args.rehearsal)) if args.rehearsal else None
            record = adapt(
                list(records.load(args.reviews)),
                load_schema(args.schema),
                args.out,
                model=args.model,
                rehearsal=rehearsal,
                flags=flags,
                told=lambda stage, done, total: tell(stage=stage, done=done, total=total),
            )
        except ElmtexError as error:
            tell(error=str(error))
            return 2
        tell(**{key: record[key] for key in ("reports", "before", "after")})
    return 0


@contextlib.contextmanager
def _telling(child: bool) -> Iterator[Callable[..., None]]:
    """The function that tells how far it is, in lines of JSON; what libraries print goes to stderr meanwhile."""
    out: TextIO = sys.stdout

    def tell(**facts: Any) -> None:
        print(json.dumps(facts), file=out, flush=True)

    if child:
        if hasattr(os, "nice"):  # not on Windows
            os.nice(10)
        threading.Thread(target=_end_with_input, daemon=True).start()
    with contextlib.redirect_stdout(sys.stderr):
        yield tell


def _end_with_input() -> None:
    """End when whoever started this has ended, killed or not; what is half made is swept away at the next start."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
