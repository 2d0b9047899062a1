"""Teachers and students side by side, stage by stage; every stage continues where a killed one stopped.

    python -m training.study label    --out runs/study --data data --pool mts_dialog=MTS/ aci_bench=ACI/ phee
    python -m training.study students --out runs/study --data data
    python -m training.study curve    --out runs/study --data data
    python -m training.study measure  --out runs/study --data data --kiwi MTSample/ --ncbi NCBI/
    python -m training.study costs    --out runs/study --data data
    python -m training.study tables   --out runs/study --data data
    python -m training.study all      --out runs/smoke --data data --pool notes/ --smoke

Each stage is a few commands of this checkout, which are printed; what is done is not done again. ``--smoke`` takes two reports and
a few steps of everything: its figures mean nothing. Writes OUT/tables.md, curve.svg and curve.png.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from elmtex import records
from elmtex.models.adapter import packaged_adapter
from elmtex.types import ElmtexError, InputError
from training.study_tables import STUDENTS, write_tables

STAGES = ("label", "students", "curve", "measure", "costs", "tables")
SIZES = (13, 26, 52, 104)  # TRAIN reports of MACCROBAT
LLAMA = "training/configs/smollm2-135m.yaml"
_SMOKE_SIZES = (2,)
_SMOKE_TRAINING = ("--max_steps", "3", "--eval_strategy", "no", "--save_strategy", "no")

Command = tuple[Path, list[str]]  # the file that is there when it is done; module and arguments


def stage(name: str, given: argparse.Namespace) -> Iterator[Command]:
    """The commands of a stage, in order."""
    yield from {
        "label": _label,
        "students": _students,
        "curve": _curve,
        "measure": _measure,
        "costs": _costs,
        "tables": lambda _: iter(()),
    }[name](given)


def sizes(given: argparse.Namespace) -> tuple[int, ...]:
    """The sizes of the learning curve."""
    return _SMOKE_SIZES if given.smoke else tuple(given.sizes)


def _label(given: argparse.Namespace) -> Iterator[Command]:
    if not given.pool:
        raise InputError("label: name the reports to label by --pool")
    out = given.out / "label"
    flags = ["--out", str(out), "--data", str(given.data), "--teachers", *given.teachers]
    flags += ["--pool", *given.pool, "--test", "--at-once", str(given.at_once)]
    if given.server:
        flags += ["--server", given.server]
    yield out / "record.json", ["training.label", *flags, *_limit(given)]


def _students(given: argparse.Namespace) -> Iterator[Command]:
    silver = ["--silver", str(given.out / "label" / "silver.jsonl")]
    of = {
        "human": [],
        # no human label: what the teachers said of the pool, and the notes that a model wrote and marked up
        "silver": [
            *silver,
            *(
                "--sources",
                "silver",
                "written",
                "--mixture",
                "silver=1",
                "written=1",
                "written/de=0.1",
            ),
        ],
        "both": silver,
    }
    epochs = ["--num_train_epochs", str(given.epochs)] if given.epochs else []
    for name in _trained(given):
        yield _student(given, given.out / f"student-{name}", given.data, [*of[name], *epochs])


def _trained(given: argparse.Namespace) -> list[str]:
    """The students that the study trains itself."""
    return [name for name in given.students if name != "human" or not given.human]


def _human(given: argparse.Namespace) -> Path:
    return given.human or given.out / "student-human"


def _student(given: argparse.Namespace, out: Path, data: Path, more: Sequence[str]) -> Command:
    flags = ["--config", given.student_config, "--data", str(data), "--output_dir", str(out), *more]
    if given.smoke:
        flags += [*_SMOKE_TRAINING, "--limit", "2", "--per_device_train_batch_size", "2"]
        flags += (
            [] if "--mixture" in more else ["--sources", "maccrobat", "--mixture", "maccrobat=1"]
        )
    flags += ["--resume_from_checkpoint", "true"]
    return out / "calibration.json", ["training.student", *flags, *_bf16(given)]


def _curve(given: argparse.Namespace) -> Iterator[Command]:
    for size in sizes(given):
        data = _some(given, size)
        of = ["--sources", "maccrobat", "--mixture", "maccrobat=1"]
        yield _student(given, given.out / f"curve-student-{size}", data, of)
        llama = given.out / f"curve-llama-{size}"
        flags = ["--config", LLAMA, "--data", str(data), "--output_dir", str(llama), *of]
        flags += ["--resume_from_checkpoint", "true", *(_SMOKE_TRAINING if given.smoke else ())]
        flags += [*_bf16(given), "--dtype", "bfloat16"] if given.bf16 else []
        yield llama / "loss.png", ["training.sft", *flags]
        if not given.smoke:  # what has learnt nothing cannot be calibrated
            calibrate = ["training.calibrate", str(llama), "--data", str(data)]
            yield llama / "calibration.json", calibrate
        yield _eval(
            given, f"curve-{size}", str(given.data / "test.jsonl"), "jsonl", "all",
            ["finetuned", "student"], given.out / f"curve-student-{size}", llama,
        )  # fmt: skip


def _some(given: argparse.Namespace, size: int) -> Path:
    """A copy of the data whose TRAIN is the first so many reports of MACCROBAT."""
    folder = given.out / f"data-{size}"
    if not (folder / "dev.jsonl").is_file():
        train = [r for r in records.load(given.data / "train.jsonl") if r.source == "maccrobat"]
        if len(train) < size:
            raise InputError(
                f"{given.data} has {len(train)} training reports of maccrobat, not {size}"
            )
        records.write(folder / "train.jsonl", train[:size])
        dev = list(records.load(given.data / "dev.jsonl"))
        records.write(folder / "dev.jsonl", dev[:2] if given.smoke else dev)
    return folder


def _measure(given: argparse.Namespace) -> Iterator[Command]:
    test, phee = str(given.data / "test.jsonl"), given.data / "test_other.jsonl"
    for name in given.students:
        student = _human(given) if name == "human" else given.out / f"student-{name}"
        systems = ["finetuned", "student"] if name == "human" else ["student"]
        yield _eval(given, f"test-{name}", test, "jsonl", "all", systems, student)
        if phee.is_file() and phee.stat().st_size:
            yield _eval(given, f"phee-{name}", str(phee), "jsonl", "all", systems, student)
        if given.ncbi:
            yield _eval(given, f"ncbi-{name}", given.ncbi, "ncbi", "test", systems, student)
        for system in systems if given.kiwi else ():
            out = given.out / f"kiwi-{name if system == 'student' else system}"
            flags = ["--kiwi", given.kiwi, "--strategy", system, "--out", str(out)]
            flags += ["--model", str(student)] if system == "student" else []
            yield out / "figures.json", ["eval.real_notes", *flags, *_limit(given)]


def _eval(
    given: argparse.Namespace,
    name: str,
    data: str,
    format: str,
    split: str,
    systems: Sequence[str],
    student: Path,
    model: Path | None = None,
) -> Command:
    out = given.out / name
    flags = ["--data", data, "--format", format, "--split", split, "--systems", ",".join(systems)]
    flags += ["--student", str(student), "--schema", "elmtex", "--metrics", "entity"]
    flags += ["--attributes", "no"]
    flags += ["--out", str(out), *(["--model", str(model)] if model else []), *_limit(given)]
    return out / "metrics.json", ["eval.run", *flags]


def _costs(given: argparse.Namespace) -> Iterator[Command]:
    out, human = given.out / "costs", _human(given)
    systems = ("finetuned", "student", *(() if given.smoke else ("naive", "icl")))
    flags = ["--data", str(given.data / "test.jsonl"), "--format", "jsonl", "--split", "all"]
    flags += ["--systems", ",".join(systems), "--student", str(human), "--price", str(given.price)]
    flags += ["--examples", str(given.data / "dev.jsonl"), "--trained", f"student={human}"]
    if (adapter := packaged_adapter()) is not None:
        flags += [f"finetuned={adapter.folder}"]
    flags += ["--out", str(out), "--limit", str(2 if given.smoke else min(given.limit or 20, 20))]
    yield out / "costs.json", ["eval.bench.costs", *flags]


def _limit(given: argparse.Namespace) -> list[str]:
    limit = 2 if given.smoke else given.limit
    return ["--limit", str(limit)] if limit else []


def _bf16(given: argparse.Namespace) -> list[str]:
    return ["--bf16", "true"] if given.bf16 else []


def run(command: Command) -> None:
    """Run a command unless it is done. Raises :class:`InputError` when it fails."""
    done, (module, *arguments) = command
    shown = shlex.join(["python", "-m", module, *arguments])
    if done.is_file():
        print(f"done: {shown}", flush=True)
        return
    print(shown, flush=True)
    code = subprocess.run([sys.executable, "-m", module, *arguments]).returncode
    if code or not done.is_file():
        raise InputError(f"{module} ended with {code}: the same command continues")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a stage, or all of them; 0 done, 2 when a stage cannot go on."""
    parser = argparse.ArgumentParser(
        prog="python -m training.study",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stage", choices=(*STAGES, "all"))
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data", type=Path, required=True, help="folder made by training.prepare")
    parser.add_argument("--pool", nargs="+", default=[], help="label: as training.label takes it")
    parser.add_argument("--teachers", nargs="+", default=["finetuned", "drugs", "icd10cm", "hpo"])
    parser.add_argument("--server", metavar="URL", help="label: of the chat models")
    parser.add_argument("--at-once", type=int, default=1, help="label: reports at the same time")
    parser.add_argument("--students", nargs="+", choices=STUDENTS, default=list(STUDENTS))
    parser.add_argument(
        "--human", type=Path, metavar="DIR", help="a student trained on human labels"
    )
    parser.add_argument(
        "--limit", type=int, help="label, measure: only the first so many reports of each corpus"
    )
    parser.add_argument("--bf16", action="store_true", help="train in bfloat16")
    parser.add_argument("--epochs", type=int, help="students: how often they see the data")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="curve: TRAIN reports")
    parser.add_argument("--student-config", default="training/configs/student-minilm.yaml")
    parser.add_argument("--kiwi", metavar="DIR", help="measure: Kiwi's notes")
    parser.add_argument("--ncbi", metavar="DIR", help="measure: the NCBI disease corpus")
    parser.add_argument("--price", type=float, default=0.1, help="costs: of an hour of the machine")
    parser.add_argument("--docs", type=Path, metavar="PAGE", help="tables: put them there, too")
    parser.add_argument("--smoke", action="store_true", help="two reports, a few steps")
    given = parser.parse_args(arguments)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        for name in STAGES if given.stage == "all" else (given.stage,):
            for command in stage(name, given):
                run(command)
            if name == "tables":
                write_tables(given.out, sizes(given), given.docs)
    except ElmtexError as error:
        print(f"training.study: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
