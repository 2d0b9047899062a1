"""The simulated reviewer: its steps, what it reads of them, its tables. The trainings are planted, but for the slow test's."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="training is not installed")

from elmtex import records
from elmtex.types import Extraction, Item, Record
from eval.answers import Answer
from eval.metrics import aggregate, score_sample
from training import learning, study

MARKUP = "\n---\n".join(
    f"The patient has [sign|fever] and no [sign!|rash], day {n}." for n in range(12)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two schemas kept from training, 12 English and 12 German reports each, and one that is not."""
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    for name in ("dev-one", "dev-two", "other"):
        schema = {"title": name, "properties": {"sign": {"title": "Sign"}}}
        (schemas / f"{name}.json").write_text(json.dumps(schema))
        for lang in ("en", "de"):
            (schemas / f"{name}.{lang}.txt").write_text(MARKUP.replace("patient", name))
    return schemas


class Planted:
    """Carries the commands out: a model that has learnt from n reports finds the rash in reports up to day n."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []

    def __call__(self, command: study.Command) -> None:
        there, (module, *given) = command
        if there.is_file():
            return
        there.parent.mkdir(parents=True, exist_ok=True)
        out = there.parent
        self.done.append((module, f"{out.parent.name}/{out.name}"))
        if module == "training.adapt":
            count = len(list(records.load(Path(given[0]))))
            there.write_text(json.dumps({"reports": count}))
            return
        model = Path(given[given.index("--model") + 1]) if "--model" in given else None
        learnt = json.loads((model / "record.json").read_text())["reports"] if model else 0
        rows = list(records.load(Path(given[given.index("--data") + 1])))
        answers = [
            Answer(str(n), "finetuned", 0.1, None, said(r, learnt)) for n, r in enumerate(rows)
        ]
        samples = [score_sample(r, a.extraction) for r, a in zip(rows, answers, strict=True)]
        records.write(out / "records.jsonl", rows)
        for name, lines in (
            ("answers.jsonl", [a.to_dict() for a in answers]),
            (
                "samples.jsonl",
                [
                    {"system": "finetuned", "key": str(n), **s.to_dict()}
                    for n, s in enumerate(samples)
                ],
            ),
        ):
            (out / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
        (out / "record.json").write_text("{}")
        there.write_text(json.dumps({"finetuned": aggregate(samples)}))


def said(record: Record, learnt: int) -> Extraction:
    day = int(record.text.split()[-1][:-1])
    sure = 0.9 if day != 11 else 0.2  # least sure of the twelfth
    found = [replace(i, confidence=sure) for i in record.items["sign"] if i.text == "fever"]
    found += [
        replace(i, confidence=sure)
        for i in record.items["sign"]
        if i.text == "rash" and day < learnt
    ]
    return Extraction(record.id, "s", "m", "ok", (), {"sign": tuple(found)})


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Planted:
    run = Planted()
    monkeypatch.setattr(learning, "run", run)
    return run


def learn(folder: Path, out: Path, *flags: str) -> str:
    assert learning.main(["--out", str(out), "--schemas", str(folder), *flags]) == 0
    return (out / "learning.md").read_text()


def test_half_is_corrected_step_by_step_and_the_rest_measured(
    folder: Path, tmp_path: Path, planted: Planted
) -> None:
    out = tmp_path / "out"
    shown = learn(folder, out)
    assert {p.name for p in out.iterdir() if p.is_dir()} == {"dev-one", "dev-two"}
    pool, measured = (
        {r.id: r for r in records.load(out / "dev-one" / f"{name}.jsonl")}
        for name in ("pool", "measured")
    )
    assert len(pool) == len(measured) == 12 and not pool.keys() & measured.keys()
    assert {r.lang for r in measured.values()} == {"en", "de"}
    for order in learning.ORDERS:
        before: set[str] = set()
        for size in (3, 5, 10, 12):  # as far as there are
            chosen = {
                r.id for r in records.load(out / "dev-one" / f"{order}-{size}" / "reviews.jsonl")
            }
            assert len(chosen) == size and before < chosen and chosen <= pool.keys()
            before = chosen
    assert "## Held-out schemas, measured on 24 reports" in shown
    assert "## Held-out schemas, German, measured on 12 reports" in shown and "Kiwi" not in shown
    rows = [line.split("|") for line in shown.splitlines() if line.startswith("| ")]
    exact = {row[1].strip(): float(row[2].split()[0]) for row in rows if row[1].strip().isdecimal()}
    assert list(exact) == ["0", "3", "5", "10", "12"]
    assert exact["0"] == 0.667 and sorted(exact.values()) == list(exact.values())
    assert (out / "learning.svg").is_file() and (out / "learning.png").is_file()
    page = tmp_path / "page.md"
    page.write_text("Before.\n<!-- figures:start -->\n<!-- figures:end -->\nAfter.\n")
    learn(folder, out, "--orders", "unsure", "--sizes", "3", "--docs", str(page))
    told = page.read_text()
    assert "| corrected reports | least sure first |" in told and told.endswith("After.\n")
    assert (tmp_path / "learning.png").is_file()


def test_what_is_done_is_not_done_again(folder: Path, tmp_path: Path, planted: Planted) -> None:
    shown = learn(folder, tmp_path / "out", "--sizes", "3")
    first = list(planted.done)
    (tmp_path / "out" / "dev-two" / "unsure-3" / "measured" / "metrics.json").unlink()
    assert learn(folder, tmp_path / "out", "--sizes", "3") == shown
    assert planted.done[len(first) :] == [("eval.run", "unsure-3/measured")]
    trained = [place for module, place in first if module == "training.adapt"]
    assert trained == ["random-3/adapter", "unsure-3/adapter"] * 2


def test_the_least_sure_reports_come_first(folder: Path, tmp_path: Path, planted: Planted) -> None:
    out = tmp_path / "out"
    learn(folder, out, "--sizes", "3")
    pool = list(records.load(out / "dev-one" / "pool.jsonl"))
    unsure = [r.id for r in pool if "day 11" in r.text]
    chosen = [r.id for r in records.load(out / "dev-one" / "unsure-3" / "reviews.jsonl")]
    assert set(unsure) == set(chosen[: len(unsure)])
    nothing = Extraction("r", "s", "m", "ok", (), {"sign": ()})
    some = replace(nothing, categories={"sign": (Item("a", 0, 1, confidence=0.1),)})
    assert learning._sure(nothing) < learning._sure(some)


def test_kiwis_notes_are_a_task_of_their_own_labels(
    folder: Path, tmp_path: Path, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        Record(f"k{n}", "kiwi", "en", f"He has fever, day {n}.", ("problem",), {}) for n in range(8)
    ]
    monkeypatch.setattr(learning.kiwi, "load", lambda path: iter(rows))
    (tmp_path / "out").mkdir()
    asked = argparse.Namespace(
        out=tmp_path / "out", schemas=folder, kiwi=tmp_path, smoke=False, sizes=[3, 5]
    )
    *_, task = learning.tasks(asked)
    assert task.name == "kiwi" and len(task.pool) == len(task.measured) == 4
    assert json.loads(task.schema.read_text())["properties"].keys() == {
        "problem", "test", "treatment", "drug",
    }  # fmt: skip
    assert learning.sizes(task, asked) == [3, 4]


def test_a_folder_without_held_out_schemas_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in folder.glob("dev-*"):
        path.unlink()
    assert learning.main(["--out", str(tmp_path / "out"), "--schemas", str(folder)]) == 2
    assert "has no schema dev-" in capsys.readouterr().err


@pytest.mark.slow  # trains and evaluates for real, a tiny model
def test_the_smoke_run_goes_through_every_command(tmp_path: Path) -> None:
    pytest.importorskip("trl", reason="training is not installed")
    from test_adapt import tiny_adapter

    out = tmp_path / "out"
    given: Sequence[str] = ["--out", str(out), "--smoke", "--model", str(tiny_adapter(tmp_path))]
    assert learning.main(given) == 0
    assert "| 3 |" in (out / "learning.md").read_text()
