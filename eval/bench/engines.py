"""Speed on this machine: the same reports through every engine, and their answer as sequential JSON
with a grammar.

    python -m eval.bench.engines --data MACCROBAT2020/ --format brat --limit 3 --out runs/bench
    python -m eval.bench.engines --config eval.yaml --model runs/mine --out runs/bench

The candidates take turns report by report, so that a machine that slows down slows all of them;
each has a process, and so a peak memory, of its own. Beside the seconds is the roofline: what
arithmetic and memory alone would take for the same tokens and passes, by this machine's measured
matrix product and read speed. Writes bench.json and bench.md. The sequential candidates are made to
write our own items as one JSON (see eval.bench.replay), so that all deliver the same; llama.cpp
takes part when llama-cpp-python is installed. Leave OMP_WAIT_POLICY and the like unset: a passive
wait slows torch and llama.cpp, not us. The first report is read once before anything is timed.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import struct
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from elmtex.engines import ENGINES
from elmtex.extractors.notes import NotesExtractor
from elmtex.provenance import environment
from elmtex.schema import load_schema
from elmtex.types import ElmtexError, Item
from eval.answers import peak_rss_mb
from eval.bench.replay import Replay, llama_cpp_installed
from eval.config import RunConfig, parse
from eval.data import load_records
from eval.run import PACKAGES
from eval.tables import Rows, markdown

REPLAY = "our answer as sequential JSON with grammar"
LLAMA_CPP = {f"{REPLAY}, llama.cpp {kind}": kind for kind in ("Q4_0", "Q8_0")}  # when installed
# Bytes per weight where it is not float32: int8 and a float32 scale for each 8; llama.cpp's blocks
# of 32.
PRECISION_WEIGHT = {"int8": 1.5, "bfloat16": 2.0}
WEIGHT = dict(zip(LLAMA_CPP, (0.5625, 1.0625), strict=True))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the bench; 0 done, 2 wrong usage."""
    try:
        used = ("data", "format", "out", "split", "limit", "model", "base", "schema")
        config = parse(
            sys.argv[1:] if argv is None else argv, "eval.bench.engines", __doc__ or "", used
        )
        figures = bench(config)
    except ElmtexError as error:
        print(f"eval.bench.engines: {error}", file=sys.stderr)
        return 2
    write_figures(Path(config.out), "bench", figures, table(figures))
    return 0


def write_figures(out: Path, name: str, figures: dict[str, Any], rows: Rows) -> None:
    """Write the figures as ``NAME.json``, their table as ``NAME.md``, and print the table."""
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    (out / f"{name}.md").write_text(markdown(rows), "utf-8")
    print(markdown(rows), end="")


def bench(config: RunConfig) -> dict[str, Any]:
    """The figures of ``bench.json``: environment, roofline, and per candidate one row per report."""
    from tqdm import tqdm

    records = load_records(config.data, config.format, config.split, config.limit)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as alone:
        roofline = alone.submit(measure_roofline).result()
    names = [*ENGINES, REPLAY, *(LLAMA_CPP if llama_cpp_installed() else ())]
    pools = {name: ProcessPoolExecutor(1, mp_context=context) for name in names}
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    try:
        parameters = {n: pool.submit(_open, n, config).result() for n, pool in pools.items()}
        interval = 0.1 if sys.stderr.isatty() else 10
        turns = [records[0], *records]  # the first time is a warm-up
        for record in tqdm(turns, "bench", unit="report", mininterval=interval):
            answer: dict[str, list[dict[str, Any]]] = {}
            for name, pool in pools.items():
                row = pool.submit(_read, record.text, answer).result()
                answer = answer or row["items"]  # the first engine's
                rows[name].append({key: row[key] for key in row if key != "items"})
        for given in rows.values():
            given.pop(0)
    finally:
        for pool in pools.values():
            pool.shutdown()
    return {
        **environment(PACKAGES),
        "reports": len(records),
        "floor": roofline,
        "parameters": parameters,
        "contenders": rows,
    }


def table(figures: dict[str, Any]) -> Rows:
    """One row per candidate: medians per report, the median ratio to the first engine and to its
    roofline."""
    header = "candidate|seconds per report|tokens|passes|peak MB|times ours|times its roofline"
    rows: Rows = [header.split("|")]
    first = next(iter(figures["contenders"].values()))
    for name, given in figures["contenders"].items():
        seconds, tokens, passes = (
            median(r[k] for r in given) for k in ("seconds", "tokens", "passes")
        )
        ratio = median(r["seconds"] / ours["seconds"] for r, ours in zip(given, first, strict=True))
        able = roofline_of(figures["floor"], name)
        roofline = roofline_seconds(
            able, figures["parameters"][name], able["weight"], tokens, passes
        )
        peaks = [row["peak_rss_mb"] for row in given if row["peak_rss_mb"] is not None]
        rows.append(
            [
                name,
                f"{seconds:.2f}",
                f"{tokens:.0f}",
                f"{passes:.0f}",
                f"{max(peaks):.0f}" if peaks else "-",
                f"{ratio:.2f}",
                f"{seconds / roofline:.1f}",
            ]
        )
    return rows


def roofline_of(roofline: dict[str, Any], name: str) -> dict[str, Any]:
    """The machine's figures for a candidate, and the bytes of its weights; its own where it has
    some."""
    return {"weight": WEIGHT.get(name, 4.0), **roofline, **roofline.get(name, {})}


def roofline_seconds(
    roofline: dict[str, Any], parameters: int, weight: float, tokens: float, passes: float
) -> float:
    """The least time: 2 operations per parameter and token, or all weights (bytes each) read once
    per pass."""
    arithmetic = 2 * parameters * tokens / (roofline["gflops"] * 1e9)
    memory = weight * parameters * passes / (roofline["gb_per_s"] * 1e9)
    return max(arithmetic, memory)


def measure_roofline() -> dict[str, Any]:
    """This machine's product of 2048 x 2048 float32 matrices and its read speed; the best of five
    each.

    Under ``openvino`` what that engine does here: its product and the bytes per weight.
    """
    import torch

    from elmtex.engines.openvino import default_precision

    def product(dtype: torch.dtype) -> float:
        a, b = (torch.rand(2048, 2048).to(dtype) for _ in "ab")
        return 2 * 2048**3 / min(seconds_of(lambda: torch.mm(a, b)) for _ in range(5)) / 1e9

    numbers = torch.rand(1 << 26)  # 268 MB: more than any cache holds
    read = min(seconds_of(lambda: numbers.sum()) for _ in range(5))
    precision = default_precision()
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    return {
        "multiplies": "float32",
        "gflops": product(torch.float32),
        "gb_per_s": numbers.nbytes / read / 1e9,
        "openvino": {
            "multiplies": str(dtype).removeprefix("torch."),
            "gflops": product(dtype),
            "weight": PRECISION_WEIGHT[precision],
        },
    }


def seconds_of(work: Callable[[], Any]) -> float:
    """Wall-clock seconds that a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# In a candidate's process


_candidate: Any = None


def _open(name: str, config: RunConfig) -> int:
    """Load a candidate; its number of parameters."""
    global _candidate
    if name == REPLAY or name in LLAMA_CPP:
        _candidate = Replay(load_schema(config.schema), config.base, LLAMA_CPP.get(name))
    else:
        _candidate = NotesExtractor(config.schema, model=config.model, engine=name)
    _candidate.load()
    return parameters_of(_candidate.folders()[0])


def _read(report: str, answer: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Time a candidate on a report; ``answer`` is what the replay writes. The row has ``items``,
    the answer given."""
    began = time.perf_counter()
    if isinstance(_candidate, Replay):
        known = {key: [Item.from_dict(item) for item in items] for key, items in answer.items()}
        written, status, items = _candidate.write(report, known), "ok", answer
        seconds = time.perf_counter() - began
        # One pass per written token.
        tokens, passes = written.prompt_tokens + written.reply_tokens, written.reply_tokens
    else:
        document = _candidate.extract(report)
        seconds = time.perf_counter() - began
        counts = document.timings.counts
        tokens, passes = counts.prefix + counts.fed, counts.passes
        status, items = document.status, document.to_dict()["categories"]
    return {
        "seconds": seconds,
        "tokens": tokens,
        "passes": passes,
        "peak_rss_mb": peak_rss_mb(),
        "status": status,
        "items": items,
    }


def parameters_of(folder: Path) -> int:
    """The number of parameters in a folder's safetensors files, from their headers."""
    total = 0
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        for name, tensor in header.items():
            if name != "__metadata__":
                total += math.prod(tensor["shape"])
    return total


if __name__ == "__main__":
    sys.exit(main())
