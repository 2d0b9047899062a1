"""The study's stages: their commands parse, done ones are passed over, and its tables say what was measured."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from elmtex import records
from elmtex.types import Extraction, InputError, Item, Record
from eval.answers import Answer
from eval.config import parse
from training import study
from training.study_tables import write_tables

TEXT = "He took aspirin for asthma."
DRUGS = "pharmacological_therapy"
TASK_KEYS = (DRUGS, "diagnosis", "comorbidities", "signs_symptoms")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [
        Record(
            f"r{n}",
            source,
            "en",
            f"{TEXT} {n}",
            TASK_KEYS,
            {DRUGS: (Item("aspirin", 8, 15),)},
            "train",
        )
        for n in range(4)
        for source in ("maccrobat", "written")
    ]
    for name in ("train", "dev", "test", "test_other"):
        records.write(tmp_path / "data" / f"{name}.jsonl", rows)
    return tmp_path / "data"


def commands(monkeypatch, *arguments: str) -> list[list[str]]:
    """The commands that a call runs; each leaves the file that says it is done."""
    ran: list[list[str]] = []
    whole = study.run

    def run(command: study.Command) -> None:
        def done(argv: list[str]) -> subprocess.CompletedProcess:
            ran.append(argv[2:])
            command[0].parent.mkdir(parents=True, exist_ok=True)
            command[0].write_text("{}")
            return subprocess.CompletedProcess(argv, 0)

        monkeypatch.setattr(study.subprocess, "run", done)
        whole(command)

    monkeypatch.setattr(study, "run", run)
    assert study.main(list(arguments)) == 0
    monkeypatch.setattr(study, "run", whole)
    return ran


def test_every_stage_runs_its_commands_once(data, tmp_path, monkeypatch):
    flags = ["--out", str(tmp_path / "out"), "--data", str(data), "--smoke"]
    known: list[list[str]] = []
    for name in study.STAGES[:-1]:
        more = ["--pool", "notes", "--kiwi", "K", "--ncbi", str(data)]
        known += commands(monkeypatch, name, *flags, *more)
        assert commands(monkeypatch, name, *flags, *more) == []
    modules = [module for module, *_ in known]
    assert modules.count("training.student") == 3 + 1
    assert modules.count("training.sft") == 1 and "training.calibrate" not in modules
    assert modules.count("eval.run") == 1 + 3 * 3 and modules.count("eval.real_notes") == 1 + 3
    for module, *arguments in known:
        if module == "eval.run":
            assert parse(arguments, "eval", "").metrics == ("entity",)
        if module == "training.student":
            from transformers import TrainingArguments
            from trl import TrlParser

            from training.student import StudentArguments

            given, config = TrlParser((StudentArguments, TrainingArguments)).parse_args_and_config(
                arguments
            )
            assert config.max_steps == 3 and given.limit == 2
            assert given.sources in (["silver", "written"], ["maccrobat"])
    small = list(records.load(tmp_path / "out" / "data-2" / "train.jsonl"))
    assert [r.id for r in small] == ["r0", "r1"] and {r.source for r in small} == {"maccrobat"}


def test_what_fails_or_is_missing_is_told(data, tmp_path, monkeypatch, capsys):
    flags = ["--out", str(tmp_path / "out"), "--data", str(data)]
    assert study.main(["label", *flags]) == 2
    assert "--pool" in capsys.readouterr().err
    assert study.main(["curve", *flags]) == 2
    assert "4 training reports of maccrobat, not 13" in capsys.readouterr().err
    failed = subprocess.CompletedProcess([], 3)
    monkeypatch.setattr(study.subprocess, "run", lambda argv: failed)
    with pytest.raises(InputError, match="ended with 3"):
        study.run((tmp_path / "never", ["training.label"]))


def evaluated(folder: Path, items: dict[str, tuple[Item, ...]]) -> None:
    """A finished run of eval.run on one report."""
    folder.mkdir(parents=True)
    gold = {DRUGS: (Item("aspirin", 8, 15),), "diagnosis": (Item("asthma", 20, 26),)}
    records.write(folder / "records.jsonl", [Record("r", "s", "en", TEXT, TASK_KEYS, gold)])
    answer = Answer("k", "student", 0.1, 1.0, Extraction("r", "elmtex", "m", "ok", (), items))
    (folder / "answers.jsonl").write_text(json.dumps(answer.to_dict()) + "\n")
    from eval.metrics import score_sample

    sample = score_sample(
        Record("r", "s", "en", TEXT, TASK_KEYS, gold), answer.extraction, rouge=False
    )
    row = {"system": "student", "key": "k", **sample.to_dict(), "seconds": 0.1, "peak_rss_mb": 1.0}
    (folder / "samples.jsonl").write_text(json.dumps(row) + "\n")
    micro = {"micro": {"f1": 0.5, "ci": [0.4, 0.6]}}
    both = {"exact": micro, "relaxed": {"micro": {"f1": 0.75, "ci": None}}}
    (folder / "metrics.json").write_text(json.dumps({"finetuned": both, "student": both}))
    (folder / "record.json").write_text("{}")


def test_the_tables_say_what_was_measured_and_leave_out_the_rest(tmp_path):
    empty = dict.fromkeys(TASK_KEYS, ())
    evaluated(tmp_path / "test-human", {**empty, DRUGS: (Item("aspirin", 8, 15),)})
    row = {
        "teachers": ["drugs"],
        "merge": "union",
        "chosen": True,
        "exact": 0.25,
        "exact_ci": None,
        "relaxed": 0.5,
    }
    (tmp_path / "label").mkdir()
    (tmp_path / "label" / "scores.json").write_text(json.dumps({"test": {"medication": [row]}}))
    evaluated(tmp_path / "phee-human", empty)
    for size in (2, 4):
        evaluated(tmp_path / f"curve-{size}", empty)
    write_tables(tmp_path, (2, 4, 8))
    text = (tmp_path / "tables.md").read_text()
    assert "| teacher drugs | 0.250 / 0.500 | – | – |" in text
    assert "| best teachers on DEV | 0.250 / 0.500 (drugs) |" in text
    assert "| student on human labels | 1.000 / 1.000 | 0.000 / 0.000 | – / – |" in text
    assert "| PHEE test | 0.500 [0.400, 0.600] / 0.750 | 0.500 [0.400, 0.600] / 0.750 |" in text
    assert "| 4 | 0.500" in text and "| 8 |" not in text
    assert "NCBI" not in text and "Costs" not in text
    assert (tmp_path / "curve.svg").stat().st_size > 1000 and (tmp_path / "curve.png").is_file()
