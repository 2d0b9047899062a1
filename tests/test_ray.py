"""A batch on a Ray cluster of this machine: each report exactly once, whatever is killed, and a driver that stays small.

Each test starts a cluster, which takes long: they are slow, and skipped where Ray is not installed.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("ray")
import pyarrow.parquet as pq

import elmtex
from elmtex.batch.parquet import document_of
from elmtex.cli import main

pytestmark = pytest.mark.slow

# A driver through main()'s documented seam. A worker leaves its process's number in PIDS, and dies over a report that
# says so; each report takes some milliseconds. The driver says its largest memory at its end.
DRIVER = """
import os, resource, signal, sys, time
from pathlib import Path
from fakes import FakeExtractor
from elmtex.cli import main

class Planted(FakeExtractor):
    def load(self):
        (Path(os.environ["PIDS"]) / str(os.getpid())).touch()

    def extract(self, report, *, id="report"):
        time.sleep(float(os.environ["SECONDS_EACH"]))
        if "DEADLY" in report:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().extract(report, id=id)

code = main(sys.argv[1:], make_extractor=lambda args: Planted())
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
sys.exit(code)
"""
PATIENCE = 1200  # seconds: a busy machine needs minutes to start a cluster


class Driver:
    """A batch in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, seconds: float = 0.002) -> None:
        self.pids = folder / "pids"
        self.pids.mkdir(exist_ok=True)
        paths = [str(Path(__file__).parent), str(Path(elmtex.__file__).parents[1])]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "PIDS": str(self.pids),
            "SECONDS_EACH": str(seconds),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, "batch", *arguments, "--ray", "--workers", "2"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def workers(self) -> set[int]:
        return {int(path.name) for path in self.pids.iterdir()}

    def ended(self) -> tuple[int, str, int]:
        """Exit code, what it said, and its largest memory in MB."""
        out, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors, int(out.split("peak ")[1] if "peak" in out else 0)


def _write(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            text = f"{n % 90}-year-old with fever, no cough. Übelkeit 🤒, letter {n}."
            file.write(json.dumps({"id": f"r{n}", "text": text}) + "\n")


def _wait(ready, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "it does not get on"
        time.sleep(0.02)


def _lines(out: Path) -> int:
    return out.read_bytes().count(b"\n") if out.exists() else 0


def test_ten_thousand_reports_once_each_though_a_worker_and_the_driver_are_killed(
    tmp_path: Path,
) -> None:
    letters, out = tmp_path / "letters.jsonl", tmp_path / "out.jsonl"
    _write(letters, 1000)
    code, errors, small = Driver(
        tmp_path, str(letters), "--out", str(tmp_path / "few.jsonl")
    ).ended()
    assert (code, _lines(tmp_path / "few.jsonl")) == (0, 1000), errors

    _write(letters, 10_000)
    driver = Driver(tmp_path, str(letters), "--out", str(out), seconds=0.02)
    before = driver.workers()
    _wait(lambda: _lines(out) > 100 and len(driver.workers() - before) == 2, driver.process)
    started = driver.workers() - before
    os.kill(min(started), signal.SIGKILL)
    # Another worker takes its place, and the batch goes on.
    _wait(lambda: len(driver.workers() - before) == 3, driver.process)
    count = _lines(out)
    _wait(lambda: _lines(out) > count + 500, driver.process)
    driver.process.send_signal(signal.SIGKILL)
    driver.process.communicate()
    survived = _lines(out)
    assert 600 < survived < 10_000

    driver = Driver(tmp_path, str(letters), "--out", str(out), "--resume")
    code, errors, large = driver.ended()
    assert code == 0, errors
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert Counter(row["id"] for row in rows) == Counter(f"r{n}" for n in range(10_000))
    for n in (0, 4711, 9999):
        (row,) = (row for row in rows if row["id"] == f"r{n}")
        assert row["categories"]["age"][0]["text"] == f"{n % 90}-year-old"
    kept = int(re.search(r"(\d+) of them were done before", errors)[1])
    assert survived - 1 <= kept <= survived  # the last line may have been torn
    assert abs(large - small) <= 50, (small, large)


def test_what_is_broken_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    rows = [{"id": f"r{n}", "text": "fever" + " DEADLY" * (n == 7)} for n in range(40)]
    lines = [json.dumps(row) for row in rows]
    lines[3] = "no JSON, SECRET"
    lines[5] = json.dumps({"id": "r5", "text": "SECRET BOOM"})
    (tmp_path / "in" / "letters.jsonl").write_text("\n".join([*lines, lines[0]]))
    (tmp_path / "in" / "odd.csv").write_text("id,words\n1,SECRET\n")
    (tmp_path / "brief.txt").write_text("no fever")
    inputs = [str(tmp_path / "in"), str(tmp_path / "brief.txt")]
    driver = Driver(tmp_path, *inputs, "--out", str(tmp_path / "out"))
    code, errors, _ = driver.ended()
    assert code == 1 and "SECRET" not in errors, errors
    found = [
        document_of(row)
        for path in sorted((tmp_path / "out").glob("*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
    statuses = {row["id"]: row["status"] for row in found}
    assert (
        len(found) == len(statuses) == 42
    )  # 40 rows, one of them twice, a file without reports and brief
    failed = {row["id"]: row["problems"] for row in found if row["status"] == "failed"}
    assert failed.pop("r7") == ["3 workers ended over it, of its length or by a defect"]
    assert failed.pop("letters:4") == ["row 4 of letters.jsonl is not valid JSON"]
    assert failed.pop("r5") == ["the extraction stopped with RuntimeError"]
    ((id, (problem,)),) = failed.items()
    assert id.endswith("odd.csv") and "no column 'text'" in problem
    assert "42 reports" not in errors and "1 stand in the inputs again" in errors


def test_an_address_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("fever")
    out = str(tmp_path / "out.jsonl")
    assert main(["batch", "--out", out, str(tmp_path / "a.txt"), "--ray", "reports/"]) == 2
    assert "write --ray after IN" in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()
