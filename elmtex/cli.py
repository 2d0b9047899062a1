"""The command line: ``elmtex extract``, ``batch``, ``adapt``, ``app``, ``eval`` and ``train``.

Documents go to stdout in UTF-8 whatever the terminal's encoding, everything else to stderr. Exit codes: 0 done, 1 some
report failed (its document says why), 2 wrong usage (one line says what was wrong and what to do).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from elmtex import cli_adapt
from elmtex.cli_commands import MakeExtractor, app, batch, extract, open_asked, say
from elmtex.settings import DEBUG, setting
from elmtex.types import ElmtexError, InputError

IN_USE = "in use"  # as elmtex.extractors.base has it
# The keys of elmtex.exporters.formats.FORMATS.
FORMATS = (
    *("json", "jsonl", "csv", "csv-attributes", "csv-reports"),
    *("elmtex", "fhir", "fhir-ndjson"),
)
DOORS = {"eval": "eval.run", "train": "training.sft"}  # modules of the source checkout

_EXAMPLES = """\
examples:
  elmtex extract report.txt
  elmtex extract - --format fhir < report.txt
  elmtex extract report.txt --categories diagnosis,laboratory_values --format csv --output items.csv
  elmtex extract report.txt --schema medication
  elmtex extract report.txt --codes
  elmtex batch reports/ more.jsonl --out documents.jsonl
  elmtex batch reports/ more.jsonl --out documents.jsonl --resume
  elmtex adapt reviews.jsonl --schema my_schema.json
  elmtex app --port 7860

exit codes: 0 done, 1 some report failed (its document says why), 2 wrong usage
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # One line instead of the whole usage: scripts log it, people read it.
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None, *, make_extractor: MakeExtractor | None = None) -> int:
    """Run a command.

    Args:
        argv: the arguments; None takes the process's.
        make_extractor: makes the extractor from the parsed arguments; None takes the real one. It is the seam at which
            tests put a fake in.

    Returns:
        The exit code: 0, 1, 2, or 128 + the signal's number after an interrupt or a closed pipe.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        if argv and argv[0] in DOORS:
            return _door(argv[0], argv[1:])
        args = _parser().parse_args(argv)
        args.make_extractor = make_extractor or open_asked
        return _run(args)
    except ElmtexError as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except BrokenPipeError:
        # The reader went away (`| head`). Python would complain about the pipe once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run(args: argparse.Namespace) -> int:
    """The command itself; a defect becomes one line, for a traceback's message may quote a report."""
    try:
        return int(args.run(args))
    except (ElmtexError, BrokenPipeError):
        raise
    except Exception as error:
        if setting(DEBUG):
            raise
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = (
            f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else "?"
        )
        say(f"internal error {type(error).__name__} at {where}: set {DEBUG}=1 to see all of it")
        return 1


def _parser() -> _Parser:
    from elmtex import __version__

    parser = _Parser(
        prog="elmtex",
        description="Turn free-text clinical reports into structured, grounded and checked data.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"elmtex {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_extract(commands)
    _add_batch(commands)
    cli_adapt.add_options(
        _add_command(
            commands,
            "adapt",
            cli_adapt.adapt,
            "learn from reviewed reports, and choose, export or delete what was learnt",
            cli_adapt.EXAMPLES,
        )
    )
    _add_app(commands)
    for name, module in DOORS.items():  # only for --help: main() hands all their arguments on
        commands.add_parser(
            name, help=f"python -m {module} of a source checkout, with its arguments"
        )
    return parser


def _add_command(
    commands: argparse._SubParsersAction[_Parser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    help: str,
    examples: str,
) -> _Parser:
    parser = commands.add_parser(
        name,
        help=help,
        description=help,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def _add_model_options(parser: _Parser) -> None:
    parser.add_argument(
        "--schema",
        default="elmtex",
        metavar="NAME|PATH",
        help="elmtex (default), clinical, medication, or a JSON file",
    )
    parser.add_argument(
        "--categories",
        metavar="A,B",
        help="only these categories of the schema, by key (default: all)",
    )
    parser.add_argument(
        "--engine",
        default="auto",
        metavar="NAME",
        help="openvino or torch; naive, icl: torch or vllm (default: auto, the fastest installed)",
    )
    parser.add_argument(
        "--model",
        metavar="NAME|PATH",
        help="another Llama: a folder or a hub name; a student's folder",
    )
    parser.add_argument(
        "--adaptation",
        nargs="?",
        const=IN_USE,
        metavar="ID",
        help="finetuned: a version that elmtex adapt made; without ID the one in use for the schema",
    )
    parser.add_argument(
        "--strategy",
        default="finetuned",
        metavar="NAME",
        help="finetuned (default); student, a small and fast encoder; or a chat model's naive, icl",
    )
    parser.add_argument(
        "--server", metavar="URL", help="naive, icl: an OpenAI-compatible server that runs --model"
    )
    parser.add_argument(
        "--examples", metavar="FILE.jsonl", help="icl: annotated reports to choose examples from"
    )
    parser.add_argument(
        "--codes",
        action="store_true",
        help="suggest codes of ICD-10-CM, HPO and drug names for each item, as x-terminologies of its category says: "
        "system, code, name and score; suggestions, none is asserted (needs elmtex[coding])",
    )
    parser.add_argument(
        "--no-attributes",
        action="store_true",
        help="leave out what belongs to items (doses, values, sites); the items are the same",
    )
    parser.add_argument(
        "--no-second-opinion",
        action="store_true",
        help="finetuned: ask no student how sure an item is, also where the model was calibrated with one",
    )


def _add_extract(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(
        commands,
        "extract",
        extract,
        "extract one report and print the document",
        "  elmtex extract report.txt\n"
        "  pdftotext letter.pdf - | elmtex extract - --format csv\n"
        "  elmtex extract report.txt --schema my_schema.json --output document.json --verbose\n",
    )
    parser.add_argument(
        "report",
        metavar="FILE|-",
        help="a report: text, .pdf, .docx, .rtf, or a table of one row; - reads text from stdin",
    )
    _add_model_options(parser)
    parser.add_argument("--format", default="json", choices=FORMATS, help="default: json")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there, not to stdout")
    parser.add_argument(
        "--with-report", action="store_true", help="put the report's text into the FHIR bundle"
    )
    parser.add_argument("--verbose", action="store_true", help="print the stages' times to stderr")


def _add_batch(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(
        commands,
        "batch",
        batch,
        "extract many reports, one document a row, and survive a kill",
        "  elmtex batch reports/ --out documents.jsonl\n"
        "  elmtex batch notes.csv letters.jsonl --out documents.jsonl --resume\n"
        "  elmtex batch 'letters/*.parquet' --out documents.parquet\n"
        "  elmtex batch s3://clinic/letters/ --out s3://clinic/documents/ --ray auto\n",
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="IN",
        help=".txt files, folders of them, .pdf, .docx, .rtf, .zip, or .jsonl, .json, .csv, .parquet, .xlsx with a "
        "column text (or report) and id; a pattern of such names, or an address such as s3://bucket/folder",
    )
    parser.add_argument(
        "--out",
        required=True,
        metavar="OUT",
        help="NAME.jsonl, NAME.parquet, or a folder for Parquet shards (a name with / at its end or without suffix, "
        "or an address); must not exist yet",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with OUT: skip what it has, try failed reports again",
    )
    parser.add_argument(
        "--at-once",
        type=_positive,
        metavar="N",
        help="reports extracted at the same time (default: one a core; with --server and vllm 16; with --ray one a worker)",
    )
    _add_cluster_options(parser)
    _add_model_options(parser)


def _add_cluster_options(parser: _Parser) -> None:
    parser.add_argument(
        "--ray",
        nargs="?",
        const="local",
        metavar="ADDRESS",
        help="work on a Ray cluster: of this machine, or that of an address (auto, HOST:PORT, ray://HOST:PORT); "
        "needs elmtex[ray]",
    )
    parser.add_argument(
        "--workers",
        type=_positive,
        metavar="N",
        help="with --ray: processes that hold a model each (default: as many as the cluster has room for)",
    )
    parser.add_argument(
        "--worker-cores",
        type=_positive,
        default=1,
        metavar="N",
        help="with --ray: cores of a worker (default: 1)",
    )
    parser.add_argument(
        "--worker-gpus",
        type=_share,
        default=0,
        metavar="X",
        help="with --ray: GPUs of a worker, such as 1 or 0.5 (default: 0)",
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of GPUs, such as 1 or 0.5")
    return share


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)


def _add_app(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(
        commands, "app", app, "open the web page", "  elmtex app\n  elmtex app --port 8000\n"
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine only")
    parser.add_argument("--port", type=int, default=7860, help="default: 7860")


def _door(command: str, arguments: list[str]) -> int:
    """Run a script of the source checkout as ``python -m`` would."""
    module = DOORS[command]
    root = Path(__file__).resolve().parent.parent
    if not (root / f"{module.replace('.', '/')}.py").is_file():
        raise InputError(
            f"elmtex {command} needs {module}, which is part of the source checkout and not of the installed package: "
            f"get the sources and run `make dev`, then `elmtex {command}`"
        )
    import runpy

    sys.path.insert(0, str(root))
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
