"""The measurement of batches: its lines, its model and its table by hand; one real run of each kind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval import scale
from eval.bench.batches import Run, measured

ONE = Run("processes", 0.5, 1, 100, False, 60.0, 100.0, 100.0)
RUNS = [  # 10 s to start, 0.5 s a report; on Ray 30 s, and 0.26 s with two workers
    ONE,
    replace(ONE, reports=200, seconds=110.0),
    replace(ONE, workers=2, seconds=35.0),
    replace(ONE, workers=2, reports=200, seconds=60.0),
    replace(ONE, kind="ray", workers=2, seconds=56.0),
    replace(ONE, kind="ray", workers=2, reports=200, seconds=82.0),
    replace(ONE, kind="ray", workers=2, reports=200, seconds=99.0, killed=True),
]


def _figures(runs: list[Run]) -> dict:
    return {"processor": "a processor", "cores": 2, "git": "abc", "runs": runs}


def test_a_line_through_the_runs() -> None:
    line = scale.line(RUNS[:2])
    assert line is not None
    assert (line.start, line.each, line.an_hour) == pytest.approx((10.0, 0.5, 7200.0))
    assert scale.line(RUNS[:1]) is None
    assert scale.core_hours(0.26, 2) == pytest.approx(0.52 * 1_000_000 / 3600)


def test_the_report_says_what_was_measured_and_what_is_modelled() -> None:
    text = scale.report(_figures(RUNS))
    assert "| planted, 0.5 s | ray | 2 | 200 | 82.0 | 13,846 |" in text
    # 0.25 s by two processes, 0.26 by Ray: 20 ms more on each of two workers
    assert "does 0.96 of what as many plain processes do; Ray adds 20.0 ms to a report" in text
    assert "starts in 30 s" in text and "A killed worker cost 17 s of a batch of 200" in text
    assert "Modelled" not in text  # a planted extractor says nothing of a million reports
    packaged = [replace(run, seconds_each=None) for run in RUNS]
    text = scale.report(_figures(packaged), price=0.05)
    assert "*Modelled:* a million such reports take 144 core hours" in text
    assert "7 at 0.05 an hour and core" in text


def test_figures_go_into_the_page_between_its_marks(tmp_path: Path) -> None:
    runs = [run.__dict__ if hasattr(run, "__dict__") else run for run in RUNS]
    (tmp_path / "scale.json").write_text(json.dumps(_figures(runs)))
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text("before\n<!-- figures:start -->\nold\n<!-- figures:end -->\nafter\n")
    assert scale.main(["--out", str(tmp_path), "--publish", "--docs", str(page)]) == 0
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "| reports an hour |" in text and page.with_name("scale.png").stat().st_size > 1000
    assert scale.main(["--out", str(tmp_path / "none"), "--publish", "--docs", str(page)]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["processes", "ray"])
def test_a_batch_is_measured(kind: str) -> None:
    pytest.importorskip("psutil")
    if kind == "ray":
        pytest.importorskip("ray")
    run = measured(kind, 2, 40, False, 0.01)
    assert (run.kind, run.workers, run.reports) == (kind, 2, 40)
    assert run.seconds > 0.2 and run.all_mb > run.driver_mb > 20
