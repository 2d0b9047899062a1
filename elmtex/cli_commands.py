"""What ``elmtex extract``, ``batch`` and ``app`` do with their parsed arguments; the arguments are in cli.py."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from elmtex.types import InputError

if TYPE_CHECKING:
    from elmtex.batch.job import Runner, Summary
    from elmtex.extractors.base import Extractor
    from elmtex.readers.text_files import Report
    from elmtex.types import Extraction

# Takes the parsed arguments; tests give main() one that makes a fake.
MakeExtractor = Callable[[argparse.Namespace], "Extractor"]
REQUESTS = 16  # that a batch has at a server, or at vLLM, at the same time


def open_asked(args: argparse.Namespace) -> Extractor:
    """The extractor that the options ask for."""
    from elmtex.extractors.base import open_extractor
    from elmtex.schema import load_schema

    schema = load_schema(args.schema)
    if args.categories is not None:
        keys = [key.strip() for key in args.categories.split(",")]
        schema = schema.subset(tuple(key for key in keys if key))
    return open_extractor(
        args.strategy,
        schema,
        model=args.model,
        server=args.server,
        examples=args.examples,
        engine=args.engine,
        threads=getattr(args, "threads", None),
        at_once=getattr(args, "at_once", 1),
        attributes=not args.no_attributes,
        second_opinion=not args.no_second_opinion,
        codes=args.codes,
        adaptation=args.adaptation,
    )


def extract(args: argparse.Namespace) -> int:
    """``elmtex extract``; the exit code."""
    from elmtex.exporters.formats import FORMATS as WRITERS
    from elmtex.exporters.formats import to_fhir, to_fhir_ndjson
    from elmtex.extractors.base import extract_safely
    from elmtex.readers.files import read_one

    _check_output(args.output, args.report)
    to_bundle = {"fhir": to_fhir, "fhir-ndjson": to_fhir_ndjson}.get(args.format)
    if args.with_report and to_bundle is None:
        raise InputError("--with-report belongs to the formats fhir and fhir-ndjson")
    source = read_one(args.report)
    report, name = source.text or "", source.id
    _say_of(source)
    extractor: Extractor = args.make_extractor(args)
    if to_bundle:
        from elmtex.exporters.fhir.bundle import bundle_model

        bundle_model()  # that it is missing must not come out only after a long extraction
    if report.strip():  # an empty report needs no model to be called empty
        extractor.load()
    extraction = extract_safely(extractor, report, name)
    if to_bundle:
        text = to_bundle(extraction, extractor.schema, report=report, with_text=args.with_report)
    else:
        text = WRITERS[args.format](extraction, extractor.schema)
    _write(text, args.output)
    if args.verbose and extraction.timings is not None:
        for line in extraction.timings.lines():
            say(line)
    return _exit_code(extraction)


def _say_of(report: Report) -> None:
    """What was left out or may be wrong in what was read."""
    from elmtex.readers.text_files import SAID

    for note in report.note.split() if report.text is not None else ():
        say(f"{report.id} {SAID[note]}")
    if report.recognised:
        say(f"{report.id} is a scan, read by text recognition: compare it with the paper")


def _exit_code(extraction: Extraction) -> int:
    if extraction.status == "ok":
        return 0
    say(f"{extraction.id}: {extraction.status}: {' '.join(extraction.problems)}")
    return 1


def _check_output(output: Path | None, report: str) -> None:
    """Refuse an output that cannot be written before the long work, and one that would overwrite the report."""
    if output is None:
        return
    if output.is_dir() or not output.parent.is_dir():
        raise InputError(f"cannot write {str(output)!r}: give a file name in a folder that exists")
    if report != "-" and output.exists() and Path(report).exists() and output.samefile(report):
        raise InputError(f"--output {str(output)!r} is the report itself: give another file")


def _write(text: str, output: Path | None) -> None:
    data = text.encode("utf-8")
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise InputError(f"cannot write {str(output)!r}: {error.strerror}") from None


def batch(args: argparse.Namespace) -> int:
    """``elmtex batch``; the exit code."""
    from elmtex.batch import job

    _check_out(args.out, args.inputs)
    if args.ray is None:
        runner, total = _threads(args)
    else:
        runner, total = _on_ray(args), None
    try:
        summary = job.carry_out(runner, args.out, resume=args.resume, total=total)
    except KeyboardInterrupt:
        say(f"interrupted: {args.out} keeps what is done, go on with --resume")
        return 130
    say(_account(summary, args.out))
    return 0 if summary.all_ok else 1


def _check_out(out: str, inputs: Sequence[str]) -> None:
    """Refuse an output that is one of the inputs, or would be read as one."""
    from elmtex.readers.sources import is_address

    if is_address(out):
        if out.rstrip("/") in (path.rstrip("/") for path in inputs):
            raise InputError(f"--out {out} is one of the inputs: give another name")
        return
    place = Path(out)
    here = [Path(path) for path in inputs if not is_address(path) and Path(path).exists()]
    if any(place.exists() and place.samefile(path) for path in here):
        raise InputError(f"--out {out} is one of the inputs: give another file")
    inside = any(place.resolve().is_relative_to(path.resolve()) for path in here if path.is_dir())
    if place.suffix.lower() == ".txt" and inside:
        raise InputError(f"--out {out} would be read as one of the reports: call it .jsonl")


def _threads(args: argparse.Namespace) -> tuple[Runner, int | None]:
    """What carries a batch out in this process, and how many reports there are; None where that cannot be known."""
    from elmtex.batch.job import Threads
    from elmtex.extractors.base import CHAT
    from elmtex.provenance import usable_cores
    from elmtex.readers.files import read_reports
    from elmtex.readers.sources import is_address

    total: int | None = None
    if not any(map(is_address, args.inputs)):
        # The first pass counts, and refuses unusable inputs before the model is loaded and OUT is made.
        total = 0
        for report in read_reports(args.inputs):
            total += 1
            _say_of(report)
    if _many(args):
        args.at_once = args.at_once or REQUESTS
    elif args.strategy in CHAT:
        args.at_once = 1  # a chat model in this process has one conversation
    else:
        cores = usable_cores()
        args.at_once = args.at_once or (cores if total is None else min(cores, max(1, total)))
    extractor: Extractor = args.make_extractor(args)
    extractor.load()
    return Threads(extractor, read_reports(args.inputs), args.at_once), total


def _many(args: argparse.Namespace) -> bool:
    """Whether the model packs what it is asked at the same time."""
    return args.server is not None or args.engine == "vllm"


def _on_ray(args: argparse.Namespace) -> Runner:
    """What carries a batch out on a Ray cluster."""
    from elmtex.batch.ray import OnRay
    from elmtex.readers.sources import sources

    args.at_once = args.at_once or (REQUESTS if _many(args) else 1)
    args.threads = args.worker_cores
    args.make_extractor(args)  # a wrong option is refused before a cluster is started
    return OnRay(
        partial(args.make_extractor, args),
        list(sources(args.inputs)),
        address=args.ray,
        workers=args.workers,
        cores=args.worker_cores,
        gpus=args.worker_gpus,
        at_once=args.at_once,
    )


def _account(summary: Summary, out: str) -> str:
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(summary.statuses.items()))
    line = f"{out}: {summary.total} reports: {statuses or 'none'}"
    if summary.kept:
        line += f"; {summary.kept} of them were done before"
    if summary.redone:
        line += f"; {summary.redone} had an answer made with other settings and were done again"
    if summary.repeated:
        line += f"; {summary.repeated} stand in the inputs again and have one line"
    if summary.others:
        line += f"; {summary.others} lines of other reports stand there too"
    return line


def app(args: argparse.Namespace) -> int:
    """``elmtex app``; the exit code."""
    from elmtex.web.server import launch

    launch(host=args.host, port=args.port)
    return 0


def say(message: str) -> None:
    """One line to stderr; characters it cannot show are escaped (Python's default there)."""
    sys.stderr.write(f"elmtex: {' '.join(message.split())}\n")
