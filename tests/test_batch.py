"""The batch: each report exactly once, whatever kills it, and nothing that was written is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import FakeExtractor

from elmtex.batch import job as batch
from elmtex.batch.key import settings_of
from elmtex.readers.text_files import Report
from elmtex.schema import load_schema
from elmtex.storage import AppendedLines
from elmtex.types import InputError

REPORTS = [Report(f"r{n}", f"{n}-year-old with fever and Übelkeit 🤒") for n in range(5)]

# A batch with the fake extractor through main()'s documented seam, 20 ms a report.
SLOW = """
import sys, time
from fakes import FakeExtractor
from elmtex.cli import main

class Slow(FakeExtractor):
    def extract(self, report, *, id="report"):
        time.sleep(0.08)  # all 40 take longer than a busy machine sleeps
        return super().extract(report, id=id)

sys.exit(main(make_extractor=lambda args: Slow()))
"""


def _lines(out: Path) -> list[dict]:
    data = out.read_bytes()
    assert data.endswith(b"\n") or not data
    return [json.loads(line) for line in data.splitlines()]


def test_a_line_a_report(tmp_path: Path, fake_extractor: FakeExtractor) -> None:
    out = tmp_path / "out.jsonl"
    summary = batch.run(fake_extractor, REPORTS, out)
    assert (summary.statuses, summary.kept, summary.others) == ({"ok": 5}, 0, 0)
    assert summary.all_ok
    lines = _lines(out)
    assert [line["id"] for line in lines] == [r.id for r in REPORTS]
    first = lines[0]
    assert tuple(first["categories"]) == fake_extractor.schema.keys
    for items in first["categories"].values():
        for item in items:
            assert str(REPORTS[0].text)[item["start"] : item["end"]] == item["text"]


def test_several_at_once_write_the_same_file(
    tmp_path: Path, fake_extractor: FakeExtractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["fever", " ", "secret BOOM", None, "REFUSE", "no fever"]
    reports = [Report(f"r{n}", texts[n % len(texts)], "is a PDF") for n in range(40)]
    batch.run(fake_extractor, reports, tmp_path / "one.jsonl")
    extract = FakeExtractor.extract
    running, most = [], []

    def slow(self: FakeExtractor, report: str, *, id: str = "report"):
        running.append(id)
        most.append(len(running))
        time.sleep(0.005 * (int(id[1:]) % 3))  # later ones are ready first
        running.remove(id)
        return extract(self, report, id=id)

    monkeypatch.setattr(FakeExtractor, "extract", slow)
    summary = batch.run(fake_extractor, reports, tmp_path / "many.jsonl", at_once=3)
    assert summary.total == 40
    assert (tmp_path / "many.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()
    assert 1 < max(most) <= 3


def test_bad_reports_stop_nothing_and_their_words_stay_out(
    tmp_path: Path, fake_extractor: FakeExtractor
) -> None:
    reports = [
        Report("bad", None, "row 1 of x.jsonl is not valid JSON"),
        Report("crash", "Mrs SECRET BOOM"),
        Report("refused", "SECRET REFUSE"),
        Report("empty", " \n"),
        Report("good", "fever"),
    ]
    out = tmp_path / "out.jsonl"
    summary = batch.run(fake_extractor, reports, out)
    assert summary.statuses == {"failed": 3, "empty_report": 1, "ok": 1}
    assert not summary.all_ok
    assert "SECRET" not in out.read_text()
    bad, crash, refused, empty, _ = _lines(out)
    assert bad["problems"] == ["row 1 of x.jsonl is not valid JSON"]
    assert crash["problems"] == ["the extraction stopped with RuntimeError"]
    assert refused["problems"] == ["the weights went missing: install them again"]
    assert empty["status"] == "empty_report"
    assert set(crash["categories"]) == set(fake_extractor.schema.keys)


def test_a_document_that_is_not_json_costs_only_itself(
    tmp_path: Path, fake_extractor: FakeExtractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = FakeExtractor.extract

    def odd(self: FakeExtractor, report: str, *, id: str = "report"):
        extraction = extract(self, report, id=id)
        if id == "r1":
            object.__setattr__(extraction.categories["age"][0], "confidence", float("nan"))
        return extraction

    monkeypatch.setattr(FakeExtractor, "extract", odd)
    summary = batch.run(fake_extractor, REPORTS, tmp_path / "out.jsonl")
    assert summary.statuses == {"ok": 4, "failed": 1}


def test_resume_does_only_the_rest(tmp_path: Path, fake_extractor: FakeExtractor) -> None:
    out = tmp_path / "out.jsonl"
    batch.run(fake_extractor, REPORTS[:3], out, resume=True)  # nothing there yet: begins
    before = out.read_bytes()
    fake_extractor.seen.clear()
    summary = batch.run(fake_extractor, REPORTS, out, resume=True)
    assert fake_extractor.seen == ["r3", "r4"]
    assert (summary.total, summary.kept, summary.others) == (5, 3, 0)
    assert out.read_bytes().startswith(before)
    assert len(_lines(out)) == 5


def test_resume_keeps_another_text_under_the_same_id(
    tmp_path: Path, fake_extractor: FakeExtractor
) -> None:
    out = tmp_path / "out.jsonl"
    batch.run(fake_extractor, REPORTS[:1], out)
    other = Report("r0", "another text under the same id")
    summary = batch.run(fake_extractor, [other], out, resume=True)
    assert (summary.kept, summary.redone, summary.others) == (0, 0, 1)
    assert batch.run(fake_extractor, REPORTS[:1], out, resume=True).kept == 1
    assert len(_lines(out)) == 2


@pytest.mark.parametrize("setting", ["name", "files", "schema", "categories", "engine", "version"])
def test_what_was_answered_with_other_settings_is_done_again(
    tmp_path: Path,
    fake_extractor: FakeExtractor,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
) -> None:
    out = tmp_path / "out.jsonl"
    batch.run(fake_extractor, REPORTS[:3], out)
    other = FakeExtractor()
    match setting:
        case "name":
            other.model_name = "fake-2"
        case "files":
            (tmp_path / "config.json").write_text("{}")
            monkeypatch.setattr(other, "folders", lambda: (tmp_path,))
        case "schema":
            other.schema = load_schema("medication")
        case "categories":
            other.schema = load_schema("elmtex").subset(("age",))
        case "engine":
            other.engine = "fake in float16"
        case "version":
            monkeypatch.setattr("elmtex.__version__", "0.0.0")
    summary = batch.run(other, REPORTS[:2], out, resume=True)
    assert (summary.kept, summary.redone, summary.others) == (0, 2, 1)
    assert sorted(line["id"] for line in _lines(out)) == ["r0", "r1", "r2"]
    assert batch.run(other, REPORTS[:2], out, resume=True).kept == 2


def test_an_answer_goes_only_when_there_is_another(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    batch.run(FakeExtractor(), REPORTS[:1], out)
    before = out.read_bytes()

    class Broken(FakeExtractor):
        def extract(self, report: str, *, id: str = "report"):
            raise InputError("the server is down")

    summary = batch.run(Broken(engine="other"), REPORTS[:1], out, resume=True)
    assert (summary.statuses, summary.redone) == ({"failed": 1}, 0)
    assert out.read_bytes().startswith(before) and len(_lines(out)) == 2


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"examples": "a.jsonl"}, {"examples": "b.jsonl"}),
        ({"server": "http://127.0.0.1:1/v1"}, {"server": "http://127.0.0.1:2/v1"}),
        ({"examples": "a.jsonl", "server": "http://127.0.0.1:1/v1"}, {"server": "http://127.0.0.1:1/v1"}),
    ],
)  # fmt: skip
def test_examples_server_and_strategy_are_settings(
    tmp_path: Path, first: dict[str, str], then: dict[str, str]
) -> None:
    from elmtex.extractors.base import open_extractor
    from elmtex.records import write
    from elmtex.types import Record

    schema = load_schema("elmtex")
    for name in ("a", "b"):
        record = Record(name, "planted", "en", f"Fever {name}.", schema.keys, {})
        write(tmp_path / f"{name}.jsonl", [record])

    def settings(options: dict[str, str]) -> str:
        examples = tmp_path / options["examples"] if "examples" in options else None
        chat = open_extractor(
            "icl" if examples else "naive",
            schema,
            server=options.get("server", "http://127.0.0.1:1/v1"),
            examples=examples,
        )
        return settings_of(chat)

    assert settings(first) == settings(first) != settings(then)


def test_the_engine_and_its_precision_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    openvino = pytest.importorskip("elmtex.engines.openvino")
    from elmtex.engines import settings

    monkeypatch.setattr(openvino, "default_precision", lambda: "int8")
    known = settings("openvino", tmp := Path())
    assert (known["engine"], known["precision"]) == ("openvino", "int8")
    monkeypatch.setattr(openvino, "default_precision", lambda: "bfloat16")
    assert settings("openvino", tmp) != known


def test_a_report_that_stands_there_twice_is_answered_once(
    tmp_path: Path, fake_extractor: FakeExtractor
) -> None:
    out = tmp_path / "out.jsonl"
    twins = [Report("a", "fever"), Report("a", "fever"), Report("a", "cough"), Report("b", "fever")]
    batch.run(fake_extractor, twins[:1], out)
    summary = batch.run(fake_extractor, twins, out, resume=True)
    assert (summary.kept, summary.repeated, summary.total) == (1, 1, 4)
    assert fake_extractor.seen == ["a", "a", "b"]
    assert [line["id"] for line in _lines(out)] == ["a", "a", "b"]
    # A file of before, when each had a line of its own.
    out.write_bytes(out.read_bytes() + out.read_bytes().splitlines(keepends=True)[0])
    assert batch.run(fake_extractor, twins, out, resume=True).kept == 3
    assert len(_lines(out)) == 3


def test_each_report_has_its_own_answer_in_the_inputs_order(
    tmp_path: Path, fake_extractor: FakeExtractor
) -> None:
    ages = (71, 8, 33, 90, 12, 54)
    reports = [Report(f"r{n}", f"{age}-year-old, no fever") for n, age in enumerate(ages)]
    batch.run(fake_extractor, reports, tmp_path / "out.jsonl", at_once=3)
    found = [
        (line["id"], line["categories"]["age"][0]["text"])
        for line in _lines(tmp_path / "out.jsonl")
    ]
    assert found == [(f"r{n}", f"{age}-year-old") for n, age in enumerate(ages)]


def test_resume_tries_failed_reports_again(tmp_path: Path, fake_extractor: FakeExtractor) -> None:
    out = tmp_path / "out.jsonl"
    batch.run(fake_extractor, [REPORTS[0], Report("x", None, "is a PDF"), Report("e", "")], out)
    summary = batch.run(
        fake_extractor, [REPORTS[0], Report("x", "fever"), Report("e", "")], out, resume=True
    )
    assert (summary.statuses, summary.kept) == ({"ok": 2, "empty_report": 1}, 2)
    assert [(line["id"], line["status"]) for line in _lines(out)] == [
        ("r0", "ok"),
        ("e", "empty_report"),
        ("x", "ok"),
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == [".out.jsonl.lock", "out.jsonl"]


def test_a_line_torn_anywhere_is_cut_and_done_again(
    tmp_path: Path, fake_extractor: FakeExtractor
) -> None:
    out = tmp_path / "out.jsonl"
    batch.run(fake_extractor, REPORTS[:2], out)
    whole = out.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in (*range(first, first + 12), *range(first + 12, len(whole), 37), len(whole) - 1):
        out.write_bytes(whole[:cut])
        summary = batch.run(fake_extractor, REPORTS[:2], out, resume=True)
        assert (summary.total, summary.kept) == (2, 1)
        assert out.read_bytes() == whole


@pytest.mark.parametrize("zeros", [1, 4096, 1 << 20])
def test_zeros_at_the_end_are_cut_back_to_the_last_whole_line(
    tmp_path: Path, fake_extractor: FakeExtractor, zeros: int
) -> None:
    """What a file that was growing holds after a power cut: its new length, and no data there yet."""
    out = tmp_path / "out.jsonl"
    batch.run(fake_extractor, REPORTS[:2], out)
    whole = out.read_bytes()
    first = whole.index(b"\n") + 1
    for kept in (first, first + 3, first + 40, len(whole) - 1):
        for tail in (b"", whole[kept + zeros :]):  # the block after it may have been written
            out.write_bytes(whole[:kept] + bytes(zeros) + tail)
            summary = batch.run(fake_extractor, REPORTS[:2], out, resume=True)
            assert (summary.total, summary.kept) == (2, 1)
            assert out.read_bytes() == whole
    out.write_bytes(whole + bytes(zeros))
    assert batch.run(fake_extractor, REPORTS[:2], out, resume=True).kept == 2
    assert out.read_bytes() == whole
    out.write_bytes(bytes(zeros))  # the first line itself
    assert batch.run(fake_extractor, REPORTS[:2], out, resume=True).kept == 0
    assert out.read_bytes() == whole


@pytest.mark.parametrize(
    "data",
    [
        b"a report without line end",
        b"{}\n",
        b'{"id": "r0"}\n',
        b'["x"]\n',
        b'{"id": [1], "key": "k", "status": "ok"}\n',
        b"\n",
        b"\xff\n",
        b'{"id": 1\n{}',
        b"a report\0\0",
        b'{"id": "r0", "ke\0\0\0\n{"id": "r1"',
    ],
)
def test_resume_touches_no_file_of_another_kind(
    tmp_path: Path, fake_extractor: FakeExtractor, data: bytes
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_bytes(data)
    with pytest.raises(InputError, match="line 1 of"):
        batch.run(fake_extractor, REPORTS, out, resume=True)
    assert out.read_bytes() == data
    assert not list(tmp_path.glob(".*.part"))


def test_resume_keeps_a_link_and_what_only_its_owner_may_read(
    tmp_path: Path, fake_extractor: FakeExtractor
) -> None:
    real, out = tmp_path / "real.jsonl", tmp_path / "out.jsonl"
    batch.run(fake_extractor, [Report("r", "REFUSE")], real)
    real.chmod(0o600)
    out.symlink_to(real)
    batch.run(fake_extractor, [Report("r", "REFUSE")], out, resume=True)
    assert out.is_symlink() and real.stat().st_mode & 0o777 == 0o600


def test_out_is_never_overwritten_and_must_have_a_place(
    tmp_path: Path, fake_extractor: FakeExtractor
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_bytes(b"")
    with pytest.raises(InputError, match="--resume"):
        batch.run(fake_extractor, REPORTS, out)
    with pytest.raises(InputError, match="no folder"):
        batch.run(fake_extractor, REPORTS, tmp_path / "none" / "out.jsonl")
    assert not (tmp_path / "none").exists()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("")
    with pytest.raises(InputError, match="exists"):
        batch.run(fake_extractor, REPORTS, tmp_path / "folder")
    assert fake_extractor.seen == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_said(tmp_path: Path, fake_extractor: FakeExtractor) -> None:
    out = tmp_path / "out.jsonl"
    out.symlink_to("/dev/full")
    with pytest.raises(InputError, match="No space left"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(AppendedLines, "keep", lambda self, wanted: None)  # it never ends, either
        batch.run(fake_extractor, REPORTS, out, resume=True)


def _inputs(folder: Path) -> list[str]:
    """38 files and a table of two rows with one id: 40 reports."""
    for n in range(38):
        (folder / "reports").mkdir(exist_ok=True)
        (folder / "reports" / f"{n:02}.txt").write_text(f"{n}-year-old with fever", "utf-8")
    table = folder / "more.csv"
    table.write_text("id,text\ntwin,no fever\ntwin,no cough\n", "utf-8")
    return [str(folder / "reports"), str(table)]


def _start(arguments: list[str]) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(batch.__file__).parents[2])])
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, "batch", *arguments],
        env={**os.environ, "PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def _wait_for_lines(out: Path, count: int) -> None:
    for _ in range(2000):
        if out.exists() and out.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.005)
    pytest.fail(f"{out} did not get {count} lines in 10 s")


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_random_and_resumed_three_times(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    out = tmp_path / "out.jsonl"
    arguments = [*_inputs(tmp_path), "--out", str(out)]
    survived: list[bytes] = []
    for run in range(3):
        process = _start(arguments if run == 0 else [*arguments, "--resume"])
        _wait_for_lines(out, len(survived) + chance.randrange(1, 8))
        time.sleep(chance.random() * 0.04)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        before, survived = survived, out.read_bytes().splitlines(keepends=True)
        assert survived[: len(before)] == before
        if not survived[-1].endswith(b"\n"):
            survived.pop()
        assert len(survived) < 40
    process = _start([*arguments, "--resume"])
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert f"40 reports: 40 ok; {len(survived)} of them were done before".encode() in errors
    assert (
        sorted(line["id"] for line in _lines(out)) == [f"{n:02}" for n in range(38)] + ["twin"] * 2
    )


def test_an_interrupt_keeps_what_is_done(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    process = _start([*_inputs(tmp_path), "--out", str(out)])
    _wait_for_lines(out, 3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert b"--resume" in errors
    assert 3 <= len(_lines(out)) < 40


def test_two_runs_cannot_write_one_file(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    arguments = [*_inputs(tmp_path), "--out", str(out), "--resume", "--at-once", "1"]
    first = _start(arguments)
    _wait_for_lines(out, 1)
    second = _start(arguments)
    _, errors = second.communicate(timeout=10)
    assert second.returncode == 2
    assert b"another run is writing" in errors
    first.communicate(timeout=30)
    assert first.returncode == 0
    assert len(_lines(out)) == 40
