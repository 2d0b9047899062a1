"""Costs: what is measured, by whom, and the ratios."""

from __future__ import annotations

import json
import sys
import time
import types
from pathlib import Path

import pytest
from fakes import FakeExtractor

from elmtex import records
from elmtex.types import Record
from eval.bench.costs import main, table
from eval.bench.energy import Meter
from eval.config import RunConfig
from eval.systems import System


def zone(folder: Path, name: str, value: int, most: int = 1_000_000) -> Path:
    made = folder / name
    made.mkdir(parents=True)
    (made / "energy_uj").write_text(str(value))
    (made / "max_energy_range_uj").write_text(str(most))
    return made


def test_the_processors_own_counters_are_read_and_may_go_round(tmp_path):
    first, second = zone(tmp_path, "intel-rapl:0", 900_000), zone(tmp_path, "intel-rapl:1", 5)
    part = zone(tmp_path, "intel-rapl:0:0", 0)  # of the first: counted there
    with Meter(tmp_path) as meter:
        (first / "energy_uj").write_text("400000")
        (second / "energy_uj").write_text("500005")
        (part / "energy_uj").write_text("300000")
    assert meter.source == "RAPL"
    assert meter.joules == pytest.approx(0.5 + 0.5)


def test_else_codecarbon_estimates_and_else_nobody(tmp_path, monkeypatch):
    class Tracker:
        def __init__(self, **options: object) -> None:
            assert options["save_to_file"] is False and options["country_iso_code"]

        def start(self) -> None:
            self.final_emissions_data = types.SimpleNamespace(energy_consumed=0.0)

        def stop(self) -> None:
            self.final_emissions_data.energy_consumed = 1e-6

    module = types.ModuleType("codecarbon")
    module.OfflineEmissionsTracker = Tracker  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "codecarbon", module)
    module.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]
    with Meter(tmp_path) as meter:
        pass
    assert meter.source == "codecarbon's estimate" and meter.joules == pytest.approx(3.6)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with Meter(tmp_path) as meter:
        pass
    assert (meter.source, meter.joules) == ("none", None)


class Slow(FakeExtractor):
    def extract(self, report: str, *, id: str = "report"):
        time.sleep(0.05)
        return super().extract(report, id=id)


def opener(name: str, config: RunConfig) -> System:
    kind = Slow if name == "finetuned" else FakeExtractor
    return System(name, kind(model_name=name), "digest", local=name != "naive")


def test_systems_read_the_same_reports_and_the_first_is_what_others_are_compared_with(
    tmp_path, capsys
):
    rows = [Record(str(n), "s", "en", "No fever.", ("age",), {}) for n in range(4)]
    records.write(tmp_path / "r.jsonl", rows)
    trained = tmp_path / "trained"
    trained.mkdir()
    record = {"stages": [{"seconds": 3600, "peak_rss_mb": 2000.0}, {"seconds": 3600}]}
    (trained / "record.json").write_text(json.dumps(record))
    flags = [
        "--data",
        str(tmp_path / "r.jsonl"),
        "--format",
        "jsonl",
        "--split",
        "all",
        "--limit",
        "3",
    ]
    flags += [
        "--systems",
        "finetuned,student,naive",
        "--out",
        str(tmp_path / "out"),
        "--price",
        "2",
    ]
    assert main([*flags, "--trained", f"finetuned={trained}"], opener=opener) == 0
    figures = json.loads((tmp_path / "out" / "costs.json").read_text())
    assert figures["reports"] == 3
    slow, fast, server = (figures["systems"][n] for n in ("finetuned", "student", "naive"))
    assert slow["seconds"] > 0.05 and fast["seconds"] < 0.05 and slow["peak_rss_mb"] > 10
    assert server["peak_rss_mb"] is server["joules"] is None  # they are the server's
    lines = {row[0]: row[1:] for row in table(figures)}
    price = lines["price of a million reports, at 2 an hour"][0]
    assert float(price.replace(",", "")) == pytest.approx(slow["seconds"] / 3600 * 2e6, rel=1e-3)
    assert lines["times faster"][0] == "1.0" and float(lines["times faster"][1]) > 1
    assert lines["training, hours"] == ["2.0", "–", "–"]
    assert lines["training, peak memory in GB"][0] == "2.0"
    assert "seconds a report" in (tmp_path / "out" / "costs.md").read_text()
    for wrong, said in (
        (["--trained", "x"], "SYSTEM=FOLDER"),
        (["--trained", f"icl={trained}"], "none of"),
    ):
        assert main([*flags, *wrong], opener=opener) == 2
        assert said in capsys.readouterr().err
