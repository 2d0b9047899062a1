"""The confined process: limits hold, a file costs only itself, nobody waits for another's, nothing is left running."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import time
import zipfile
from pathlib import Path

import hostile
import pytest

from elmtex.readers import confined
from elmtex.readers import files as documents
from elmtex.readers.confined import Worker
from elmtex.readers.files import read_files
from elmtex.readers.text_files import ReadingError
from elmtex.types import InputError, MissingDependencyError

pytest.importorskip("striprtf", reason="striprtf is not installed")

# Operations that behave as parsers do over hostile files.
BEHAVIOUR = """
import os, subprocess, sys, time
from elmtex.readers.text_files import ReadingError
from elmtex.types import InputError, MissingDependencyError

def say(*words):
    yield from words

def sleep(path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    open(path, "w").write(f"{os.getpid()} {child.pid}")
    yield "begun"
    time.sleep(60)

def grow():
    yield len(b"a" * 3_000_000_000)

def die():
    os._exit(3)
    yield

def stumble(word):
    print(word)
    sys.stderr.write(word)
    raise ValueError(word)
    yield

def raises(kind):
    raise {"refused": ReadingError("no", "table"), "input": InputError("no"), "missing": MissingDependencyError("no")}[kind]
    yield

OPERATIONS = {f.__name__: f for f in (say, sleep, grow, die, stumble, raises)}
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worker:
    (tmp_path / "behaviour.py").write_text(BEHAVIOUR, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return Worker("behaviour")


def test_answers_come_in_order_and_the_child_serves_the_next_file(worker: Worker) -> None:
    with worker:
        assert list(worker.ask(20, "a", "say", "Übelkeit 🫀", 5, None)) == ["Übelkeit 🫀", 5, None]
        child = worker._child
        assert list(worker.ask(20, "a", "say", "x")) == ["x"] and worker._child is child
    assert child is not None and child.returncode is not None


def test_the_deadline_ends_it_and_all_that_it_started(worker: Worker, tmp_path: Path) -> None:
    said = []
    with worker:
        began = time.monotonic()
        with pytest.raises(
            ReadingError, match="a was given up, for reading it took over 3 seconds"
        ) as refusal:
            for answer in worker.ask(3, "a", "sleep", str(tmp_path / "numbers")):
                said.append(answer)
        assert refusal.value.note == "costly" and said == ["begun"]
        assert time.monotonic() - began < 10
        assert list(worker.ask(20, "b", "say", "fine")) == ["fine"]
    for number in map(int, (tmp_path / "numbers").read_text().split()):
        until = time.monotonic() + 5
        while _runs(number) and time.monotonic() < until:
            time.sleep(0.05)
        assert not _runs(number)


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
        return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2][:3]
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
def test_memory_ends_it(worker: Worker) -> None:
    with worker:
        with pytest.raises(ReadingError, match="over 1 GB of memory") as refusal:
            list(worker.ask(20, "a", "grow"))
        assert refusal.value.note == "costly"
        assert list(worker.ask(20, "b", "say", "fine")) == ["fine"]


def test_where_the_system_knows_no_limits_it_works_all_the_same(
    worker: Worker, tmp_path: Path
) -> None:
    (tmp_path / "resource.py").write_text("raise ImportError", "utf-8")
    with worker:
        assert list(worker.ask(20, "a", "say", "x")) == ["x"]


def test_what_breaks_is_refused_and_not_quoted(
    worker: Worker, capfd: pytest.CaptureFixture[str]
) -> None:
    with worker:
        with pytest.raises(ReadingError, match="a cannot be read: it is damaged") as refusal:
            list(worker.ask(20, "a", "stumble", "Zyxwvut"))
        assert "Zyxwvut" not in str(refusal.value) + "".join(capfd.readouterr())
        with pytest.raises(ReadingError, match="a was given up"):
            list(worker.ask(20, "a", "die"))
        for kind, error in (("input", InputError), ("missing", MissingDependencyError)):
            with pytest.raises(error, match=r"^no$"):
                list(worker.ask(20, "a", "raises", kind))
        with pytest.raises(ReadingError) as refusal:
            list(worker.ask(20, "a", "raises", "refused"))
        assert refusal.value.note == "table"


def test_who_wants_no_further_answers_leaves_no_child_at_work(
    worker: Worker, tmp_path: Path
) -> None:
    with worker:
        answers = worker.ask(20, "a", "sleep", str(tmp_path / "numbers"))
        assert next(answers) == "begun"
        answers.close()  # type: ignore[attr-defined]
        assert worker._child is None
        assert list(worker.ask(20, "b", "say", "fine")) == ["fine"]


LOOP = (
    b"{\\rtf1 " + b"{\\field{\\*\\fldinst{ HYPERLINK " * 20_000 + b"}"
)  # striprtf's pattern never comes to an end


def test_files_that_never_end_cost_only_themselves_and_nobody_elses_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elmtex.readers.file_set.SECONDS", 4)
    (tmp_path / "loop.rtf").write_bytes(LOOP)
    (tmp_path / "fine.rtf").write_bytes(rb"{\rtf1 fever}")
    found: list[list[tuple[str | None, str]]] = []

    def read() -> None:
        reports = read_files([tmp_path / "loop.rtf", tmp_path / "fine.rtf"])
        found.append([(r.text, r.note) for r in reports])

    others = [threading.Thread(target=read) for _ in range(3)]
    for thread in others:
        thread.start()
    assert [r.text for r in read_files([tmp_path / "fine.rtf"])] == ["fever"]
    assert not found  # they are still at it
    for thread in others:
        thread.join()
    assert found == [[(None, "costly"), ("fever", "")]] * 3


def test_a_reading_has_a_time_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elmtex.readers.file_set.SECONDS", 2)
    monkeypatch.setattr("elmtex.readers.file_set.SECONDS_TOGETHER", 1)
    (tmp_path / "loop.rtf").write_bytes(LOOP)
    (tmp_path / "fine.rtf").write_bytes(rb"{\rtf1 fever}")
    (tmp_path / "fine.txt").write_bytes(b"fever")
    reports = read_files([tmp_path / "loop.rtf", tmp_path / "fine.rtf", tmp_path / "fine.txt"])
    assert [r.note for r in reports] == ["costly", "many", ""]


def spoiled(method: int, how: str) -> bytes:
    """A zip file of three, the second of which is damaged."""
    data = bytearray(
        hostile.packed(
            {"a.txt": b"a", "b.txt": os.urandom(400).hex().encode(), "c.txt": b"c"}, method
        )
    )
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        second = packed.infolist()[1]
    begin = second.header_offset + 30 + len(second.filename)
    entry = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    match how:
        case "content":
            data[begin + 9 : begin + 40] = b"\xff" * 31
        case "short":  # its entry says that it ends early
            data[entry + 20 : entry + 24] = (20).to_bytes(4, "little")
        case "sum":
            data[entry + 16 : entry + 20] = b"\0\0\0\0"
        case "locked":
            data[entry + 8] |= 1
        case "method":
            data[entry + 10] = 99
    return bytes(data)


@pytest.mark.parametrize("how", ["content", "short", "sum", "locked", "method"])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_damaged_member_costs_only_itself(tmp_path: Path, how: str, method: int) -> None:
    (tmp_path / "z.zip").write_bytes(spoiled(method, how))
    reports = read_files([tmp_path / "z.zip"])
    assert [(r.id, r.text) for r in reports] == [("a.txt", "a"), ("b.txt", None), ("c.txt", "c")]
    assert reports[1].note == ("password" if how == "locked" else "damaged")


def test_a_member_is_not_unpacked_beyond_what_a_report_may_be(tmp_path: Path) -> None:
    bomb = hostile.packed({"a.txt": b"0" * 60_000_000, "b.txt": b"fine"})
    (tmp_path / "z.zip").write_bytes(bomb)
    first, second = read_files([tmp_path / "z.zip"])
    assert first.text is None and first.note == "large" and "over 20 MB" in str(first.problem)
    assert second.text == "fine"


def test_two_files_of_one_name_in_two_folders_have_two_ids(tmp_path: Path) -> None:
    names = ("ward/a.txt", "home/a.txt", "ward/b.txt", "../../c/a.txt")
    (tmp_path / "z.zip").write_bytes(hostile.packed(dict.fromkeys(names, b"fever")))
    ids = [report.id for report in read_files([tmp_path / "z.zip"])]
    assert ids == ["ward/a.txt", "home/a.txt", "ward/b.txt", "c/a.txt"]
    for name in ("ward", "home"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("fever", "utf-8")
    ids = [r.id for r in documents.read_reports([tmp_path / "ward", tmp_path / "home"])]
    assert ids == ["a", "home/a"]
    files = [tmp_path / "ward" / "a.txt", tmp_path / "home" / "a.txt"]
    assert [r.id for r in documents.read_reports(files)] == [
        "a",
        (tmp_path / "home" / "a").as_posix(),
    ]


def test_small_text_and_tables_need_no_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined.Worker, "ask", lambda *_: pytest.fail("a child was begun"))
    (tmp_path / "a.txt").write_text("fever", "utf-8")
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": "cough"}), "utf-8")
    reports = read_files([tmp_path / "a.txt", tmp_path / "b.jsonl"])
    assert [r.text for r in reports] == ["fever", "cough"]
