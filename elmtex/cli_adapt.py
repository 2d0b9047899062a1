"""``elmtex adapt``: learn from reviewed reports, and what there is to do with what came of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from elmtex.cli_commands import say
from elmtex.types import InputError

if TYPE_CHECKING:
    from elmtex.adaptations import Adaptations, Figures, Version
    from elmtex.adaptations.learn import Step

EXAMPLES = """\
  elmtex adapt reviews.jsonl --schema mammography.json
  elmtex adapt --list
  elmtex adapt --use 20261130101500-1
  elmtex extract report.txt --schema mammography.json --adaptation
  elmtex adapt --roll-back --schema mammography.json
  elmtex adapt --export 20261130101500-1 --output mammography/
  elmtex adapt --delete 20261130101500-1
"""
_STAGES = {
    "before": "measuring the model before",
    "train": "learning",
    "after": "measuring the new one",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "reviews",
        nargs="?",
        type=Path,
        metavar="REVIEWS.jsonl",
        help="learn from these: 3 or more reviewed reports, as the page's export for training has them",
    )
    what.add_argument("--list", action="store_true", help="the versions, oldest first")
    what.add_argument("--use", metavar="ID", help="read reports of its schema with this version")
    what.add_argument(
        "--roll-back",
        action="store_true",
        help="go back to the version before, of --schema; at last to the shipped model",
    )
    what.add_argument("--export", metavar="ID", help="copy a version to the folder --output")
    what.add_argument("--delete", metavar="ID", help="overwrite and remove a version")
    parser.add_argument(
        "--schema",
        default="elmtex",
        metavar="NAME|PATH",
        help="of the reports: elmtex (default), clinical, medication, or a JSON file",
    )
    parser.add_argument(
        "--model", metavar="PATH", help="folder of another adapter than the shipped one to learn on"
    )
    parser.add_argument(
        "--user",
        metavar="NAME",
        help="the versions of this user of the page, who signs in, not those of the command line",
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder to make, for --export")


def adapt(args: argparse.Namespace) -> int:
    """``elmtex adapt``; the exit code."""
    from elmtex.adaptations import Adaptations
    from elmtex.schema import load_schema

    kept = Adaptations(_owner(args.user))
    if args.list:
        for version in kept.versions():
            sys.stdout.write(_line(version) + "\n")
    elif args.use:
        version = kept.use(args.use)
        say(f"reports of {version.title!r} are read with {version.id} where --adaptation is given")
    elif args.roll_back:
        before = kept.roll_back(load_schema(args.schema))
        say(f"in use now: {before.id if before else 'the shipped model'}")
    elif args.export:
        if args.output is None:
            raise InputError("--export needs --output, a folder to make")
        say(f"{kept.export(args.export, args.output)}: give it to --model")
    elif args.delete:
        kept.delete(args.delete)
    else:
        _learn(args, kept)
    return 0


def _owner(user: str | None) -> str | None:
    from elmtex.web.access.headers import owner_of

    return None if user is None else owner_of(user, None, "")


def _learn(args: argparse.Namespace, kept: Adaptations) -> None:
    from elmtex import records
    from elmtex.adaptations.learn import Lesson, check_available
    from elmtex.schema import load_schema

    check_available()
    reviews = list(records.load(args.reviews))
    lesson = Lesson(reviews, load_schema(args.schema), kept, args.model)
    version = lesson.run(_told)
    assert version is not None  # nobody stops it but by a signal
    sys.stdout.write(_line(version) + "\n")
    say(f"not in use yet: elmtex adapt --use {version.id}")


def _told(step: Step) -> None:
    say(f"{_STAGES[step.stage]}: {step.done} of {step.total}")


def _line(version: Version) -> str:
    counts = f"learnt from {version.learnt} reports, measured on {version.held_out}"
    figures = f"F1 exact {_f1(version.before, version.after, 'exact')}, relaxed {_f1(version.before, version.after, 'relaxed')}"
    used = "\tin use" if version.in_use else ""
    return f"{version.id}\t{version.title}\t{counts}\t{figures}{used}"


def _f1(before: Figures, after: Figures, level: str) -> str:
    """Before and after, each with right, wrong and missed items."""

    def one(figures: Figures) -> str:
        of = getattr(figures, level)
        f1 = "-" if of.f1 is None else f"{of.f1:.2f}"
        return f"{f1} ({of.tp} right, {of.fp} wrong, {of.fn} missed)"

    return f"{one(before)} -> {one(after)}"
