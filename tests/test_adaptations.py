"""Versions of what was learnt: whole or not there, one in use, nobody sees another's; and the program that makes them, killed at any
moment. The program is a fake here; tests/test_adapt.py has the real one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from elmtex import open_extractor, records
from elmtex.adaptations import Adaptations, Figures, learn, schema_key
from elmtex.adaptations.learn import Lesson, check_available
from elmtex.cli import main
from elmtex.models.adapter import write_adapter_digests
from elmtex.schema import load_schema
from elmtex.types import ElmtexError, InputError, MissingDependencyError, Record

SCHEMA, OTHER = load_schema("elmtex"), load_schema("medication")
SECRET = "Zyxwvut"
REVIEWS = [
    Record(f"{SECRET}-{n}", "review", "en", f"{SECRET} {n}.", SCHEMA.keys, {}) for n in range(4)
]
COUNTS = {"tp": 1, "fp": 1, "fn": 2}
FIGURES = {"exact": COUNTS, "relaxed": COUNTS}


def record(schema: Any = SCHEMA, made: str = "2026-11-30T10:15:00Z") -> dict[str, Any]:
    return {
        "made": made,
        "schema": {"key": schema_key(schema), "title": schema.title},
        "reports": {"learnt": 2, "held_out": 2},
        "base": {"name": "elmtex-8", "digest": "0"},
        "before": FIGURES,
        "after": FIGURES,
    }


def fill(folder: Path, **more: Any) -> None:
    """An adapter that nobody reads with, and its record."""
    folder.mkdir()
    (folder / "adapter_config.json").write_text("{}")
    save_file({"a": np.zeros(2, np.float16)}, folder / "adapter_model.safetensors")
    (folder / "elmtex.json").write_text(json.dumps({"name": "adapted", "base": "smollm2-135m"}))
    write_adapter_digests(folder)
    (folder / "record.json").write_text(json.dumps(record(**more)))


def add(kept: Adaptations, **more: Any) -> str:
    with kept.working() as folder:
        fill(folder / "made", **more)
        return kept.adopt(folder / "made").id


def test_a_version_is_used_rolled_back_exported_and_deleted(tmp_path: Path) -> None:
    kept = Adaptations("user:a", tmp_path / "root")
    assert kept.versions() == [] and kept.in_use(SCHEMA) is None
    one, two = add(kept), add(kept)
    other = add(kept, schema=OTHER, made="2026-11-30T11:00:00Z")
    assert [v.id for v in kept.versions()] == [one, two, other] and one != two
    assert [v.id for v in kept.versions(SCHEMA)] == [one, two]
    assert not any(v.in_use for v in kept.versions())
    kept.use(one)
    kept.use(two)
    kept.use(other)
    assert [v.in_use for v in kept.versions()] == [False, True, True]
    back = kept.roll_back(SCHEMA)
    assert back is not None and back.id == one
    assert kept.roll_back(SCHEMA) is None and kept.roll_back(SCHEMA) is None
    kept.use(one)
    kept.use(two)
    kept.delete(two)
    assert kept.in_use(SCHEMA) == kept.get(one)  # the one before
    exported = kept.export(one, tmp_path / "out")
    assert {p.name for p in exported.iterdir()} == {p.name for p in kept.get(one).folder.iterdir()}
    for wrong in (lambda: kept.get(two), lambda: kept.use("../x"), lambda: kept.delete("..")):
        with pytest.raises(InputError, match="there is no adaptation"):
            wrong()
    with pytest.raises(InputError, match="cannot be made"):
        kept.export(one, tmp_path / "out")
    assert kept.get(one).before == Figures.from_dict(FIGURES)
    assert kept.get(one).before.exact.f1 == 2 / 5


def test_a_damaged_version_is_not_used(tmp_path: Path) -> None:
    kept = Adaptations("user:a", tmp_path)
    one = add(kept)
    (kept.get(one).folder / "elmtex.json").write_text("{}")
    with pytest.raises(InputError, match="damaged"):
        kept.use(one)
    assert kept.in_use(SCHEMA) is None
    (kept.get(one).folder / "record.json").write_text("{")
    with pytest.raises(InputError, match=r"record\.json is damaged"):
        kept.versions()


def test_two_people_do_not_see_each_others(tmp_path: Path) -> None:
    mine, yours, local = (Adaptations(o, tmp_path) for o in ("user:a", "user:b", None))
    one = add(mine)
    mine.use(one)
    assert yours.versions() == local.versions() == [] and yours.in_use(SCHEMA) is None
    with pytest.raises(InputError, match="no adaptation"):
        yours.use(one)
    with mine.working(), yours.working():
        pass  # both may learn at the same time
    names = {path.name for path in tmp_path.rglob("*")}
    assert not any("user" in name for name in names)
    assert (next(tmp_path.iterdir()).stat().st_mode & 0o077) == 0


def test_one_lesson_at_a_time_and_what_a_killed_one_left_is_erased(tmp_path: Path) -> None:
    kept = Adaptations("user:a", tmp_path)
    with kept.working() as folder:
        (folder / "reviews.jsonl").write_text(SECRET)
        with pytest.raises(InputError, match="is being made already"), kept.working():
            pass
        assert (folder / "reviews.jsonl").is_file()
    assert not folder.exists()
    folder.mkdir()  # as after a kill
    (folder / "reviews.jsonl").write_text(SECRET)
    with kept.working() as new:
        assert not folder.exists() and list(new.iterdir()) == []


PROGRAM = """
import json, pathlib, sys, threading, time
sys.path.insert(0, TESTS)
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
mode = pathlib.Path(__file__).with_name("mode").read_text()
threading.Thread(target=lambda: (sys.stdin.read(), __import__("os")._exit(1)), daemon=True).start()
print("a library's line")
print(json.dumps({"stage": "before", "done": 1, "total": 2}), flush=True)
if mode == "refuses":
    print(json.dumps({"error": "too short"}), flush=True)
    sys.exit(2)
if mode == "breaks":
    sys.exit(137)
print(json.dumps({"stage": "train", "done": 1, "total": 9}), flush=True)
from test_adaptations import fill
fill(out)
if mode == "hangs":
    (out.parent / "hangs").touch()
    time.sleep(60)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says what the fake program does."""
    folder = tmp_path / "checkout" / "fake_lab"
    folder.mkdir(parents=True)
    tests = repr(str(Path(__file__).parent))
    (folder / "__init__.py").touch()
    (folder / "adapt.py").write_text(PROGRAM.replace("TESTS", tests))
    monkeypatch.setattr(learn, "ROOT", tmp_path / "checkout")
    monkeypatch.setattr(learn, "PROGRAM", "fake_lab.adapt")
    monkeypatch.setattr(learn, "PACKAGES", ())
    (folder / "mode").write_text("works")
    return folder / "mode"


def test_a_lesson_becomes_a_version_that_is_not_in_use(program: Path, tmp_path: Path) -> None:
    kept, steps = Adaptations("user:a", tmp_path / "root"), list[tuple[str, int, int]]()
    version = Lesson(REVIEWS, SCHEMA, kept).run(
        lambda step: steps.append((step.stage, step.done, step.total))
    )
    assert version is not None and kept.versions() == [version] and not version.in_use
    assert steps == [("before", 1, 2), ("train", 1, 9)]
    files = [path for path in (tmp_path / "root").rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in path.read_bytes() for path in files)


def test_a_lesson_that_fails_leaves_what_is_in_use(program: Path, tmp_path: Path) -> None:
    kept = Adaptations("user:a", tmp_path / "root")
    used = kept.use(add(kept))
    for mode, kind, said in (
        ("refuses", InputError, "too short"),
        ("breaks", ElmtexError, r"broke off \(137\)"),
    ):
        program.write_text(mode)
        with pytest.raises(kind, match=said):
            Lesson(REVIEWS, SCHEMA, kept).run()
        assert kept.in_use(SCHEMA) == used and kept.versions() == [used]


def test_a_lesson_is_stopped_at_any_moment(program: Path, tmp_path: Path) -> None:
    kept = Adaptations("user:a", tmp_path / "root")
    used = kept.use(add(kept))
    program.write_text("hangs")
    lesson, made = Lesson(REVIEWS, SCHEMA, kept), list[Any]()
    thread = threading.Thread(target=lambda: made.append(lesson.run()))
    thread.start()
    _wait_for(tmp_path, "hangs")  # all of it is made, and not yet a version
    lesson.stop()
    thread.join(20)
    assert made == [None] and kept.versions() == [used]
    assert not list((tmp_path / "root").rglob(".working-*"))
    stopped = Lesson(REVIEWS, SCHEMA, kept)
    stopped.stop()
    assert stopped.run() is None


@pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")
def test_killed_with_all_that_started_it_the_model_in_use_stays(
    program: Path, tmp_path: Path
) -> None:
    kept = Adaptations("user:a", tmp_path / "root")
    used = kept.use(add(kept))
    program.write_text("hangs")
    records.write(tmp_path / "reviews.jsonl", REVIEWS)
    script = f"""
        import pathlib
        from elmtex import records
        from elmtex.adaptations import Adaptations, learn
        from elmtex.schema import load_schema
        learn.ROOT, learn.PROGRAM, learn.PACKAGES = pathlib.Path({str(learn.ROOT)!r}), "fake_lab.adapt", ()
        kept = Adaptations("user:a", pathlib.Path({str(tmp_path / "root")!r}))
        reviews = list(records.load(pathlib.Path({str(tmp_path / "reviews.jsonl")!r})))
        lesson = learn.Lesson(reviews, load_schema("elmtex"), kept)
        lesson.run(lambda step: print(lesson._process.pid, flush=True))
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    _wait_for(tmp_path, "hangs")
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    for _ in range(200):  # the program ends with it
        if not Path(f"/proc/{child}").exists():
            break
        time.sleep(0.05)
    else:
        pytest.fail("the program lives on")
    assert kept.versions() == [used] and kept.in_use(SCHEMA) == used
    program.write_text("works")
    assert Lesson(REVIEWS, SCHEMA, kept).run() is not None
    assert not list((tmp_path / "root").rglob(".working-*"))  # nothing is left of the killed one


def test_without_the_programs_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn, "ROOT", tmp_path)
    with pytest.raises(MissingDependencyError, match="get the sources and run `make dev`"):
        check_available()
    monkeypatch.undo()
    monkeypatch.setattr(learn, "PACKAGES", ("json", "nobody_has_this"))
    with pytest.raises(
        MissingDependencyError, match=r"nobody_has_this: pip install 'elmtex\[train"
    ):
        check_available()


def test_the_command_line_learns_lists_uses_and_deletes(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    reviews = tmp_path / "reviews.jsonl"
    records.write(reviews, REVIEWS)
    assert main(["adapt", str(reviews)]) == 0
    said = capsys.readouterr()
    id = said.out.split("\t")[0]
    assert "0.40 (1 right, 1 wrong, 2 missed)" in said.out and SECRET not in said.out + said.err
    assert f"not in use yet: elmtex adapt --use {id}" in said.err
    with pytest.raises(InputError, match="no adaptation is in use"):
        open_extractor(adaptation="in use")
    assert main(["adapt", "--use", id]) == 0
    folder = Adaptations().get(id).folder
    for asked in ("in use", id):
        assert open_extractor(adaptation=asked).folders()[1] == folder
    with pytest.raises(InputError, match="is of another schema"):
        open_extractor(schema="medication", adaptation=id)
    with pytest.raises(InputError, match="without --model"):
        open_extractor(model="x", adaptation=id)
    assert main(["adapt", "--list"]) == 0 and "\tin use" in capsys.readouterr().out
    assert main(["adapt", "--export", id]) == 2 and "--output" in capsys.readouterr().err
    assert main(["adapt", "--export", id, "--output", str(tmp_path / "out")]) == 0
    assert main(["adapt", "--list", "--user", "anna"]) == 0 and not capsys.readouterr().out
    assert main(["adapt", str(reviews), "--user", "anna"]) == 0
    assert len(Adaptations("user:anna").versions()) == len(Adaptations().versions()) == 1
    capsys.readouterr()
    assert main(["adapt", "--roll-back"]) == 0 and "the shipped model" in capsys.readouterr().err
    assert main(["adapt", "--delete", id]) == 0 and Adaptations().versions() == []
    records.write(reviews, REVIEWS[:2])
    assert main(["adapt", str(reviews)]) == 2
    assert "of this schema: 2;" in capsys.readouterr().err


def _wait_for(folder: Path, name: str) -> None:
    for _ in range(600):
        if list(folder.rglob(name)):
            return
        time.sleep(0.05)
    pytest.fail(f"no {name}")
