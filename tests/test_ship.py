"""What goes into the package: an adapter with the short form of how it was made."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from elmtex.provenance import digest_of_data
from elmtex.types import InputError
from eval import publish
from training.record import short_form
from training.ship import ship

ROOT = Path(__file__).resolve().parents[1]
PACKAGED = ROOT / "elmtex" / "models" / "adapters" / "elmtex-8" / "record.json"
DATA = Path(os.environ.get("ELMTEX_DATA", ROOT.parent / "shared" / "data"))


def run_record(seed: int, **more: Any) -> dict[str, Any]:
    """A run's record as training.sft writes it."""
    start = {
        "command": [
            "/home/me/elmtex/training/sft.py",
            "--data",
            "/mnt/secret/data",
            "--seed",
            "1 2",
        ],
        "git": "abc",
        "python": "3.11.7",
        "processor": "a CPU",
        "versions": {"torch": "2.13"},
        "cores": 2,
    }
    return {
        "starts": [{"command": ["killed"]}, start],
        "settings": {
            "elmtex": {"sources": ["maccrobat"], "share": ["maccrobat=2"]},
            "trainer": {"seed": seed, "output_dir": "/mnt/secret/runs"},
        },
        "train_records": 104,
        "train_rows": 120,
        "seconds": 60,
        "data": {"train.jsonl": "0" * 64},
        "history": [{"loss": 1.0, "step": step} for step in range(1, 300)],
        **more,
    }


def test_the_short_form_has_each_stage_once_and_no_path() -> None:
    first = run_record(1)
    second = run_record(2, **{"from": first})
    command = ["/home/me/elmtex/training/average.py", "runs/a", "runs/b"]
    mean = {"starts": [{"command": command, "git": "def"}], "averaged": [first, second]}
    short = short_form(run_record(3, **{"from": mean}), "smollm2-135m")
    assert short["base"] == "smollm2-135m"
    assert [stage.get("seed") for stage in short["stages"]] == [1, 2, None, 3]
    assert short["stages"][0] == {
        "command": "python -m training.sft --data data --seed '1 2'",
        "git": "abc",
        "python": "3.11.7",
        "processor": "a CPU",
        "versions": {"torch": "2.13"},
        "seed": 1,
        "sources": ["maccrobat"],
        "share": ["maccrobat=2"],
        "records": 104,
        "rows": 120,
        "steps": 299,
        "seconds": 60,
        "data": {"train.jsonl": "0" * 64},
    }
    assert short["stages"][2] == {
        "command": "python -m training.average runs/a runs/b",
        "git": "def",
    }
    # A run that continues a packaged adapter finds the short form there.
    again = short_form(run_record(4, **{"from": short}), "smollm2-135m")
    assert again["stages"][:-1] == short["stages"]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "adapter_config.json").write_text(
        '{"r": 2, "base_model_name_or_path": "/home/me/cache/base"}'
    )
    attributes = {"bias": 0.0, "threshold": 0.15, "calibration": [[0.1, 0.2]]}
    facts = {"name": "run", "base": "smollm2-135m", "layout": "words", "attributes": attributes}
    (folder / "elmtex.json").write_text(json.dumps(facts))
    save_file({"a": np.ones((2, 3), np.float32)}, folder / "adapter_model.safetensors")
    (folder / "record.json").write_text(json.dumps(run_record(1)))
    return folder


def test_what_is_packaged_is_short_and_names_no_place(run: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    folder = ship(run, "mine", tmp_path / "adapters")
    names = {path.name for path in folder.iterdir()}
    assert names >= {"adapter_config.json", "adapter_model.safetensors", "elmtex.json"}
    texts = [(folder / name).read_text() for name in ("record.json", "adapter_config.json")]
    assert not any("/home" in text or "secret" in text for text in texts)
    assert json.loads(texts[0]) == short_form(run_record(1), "smollm2-135m")
    facts = json.loads((folder / "elmtex.json").read_text())
    assert facts["name"] == "mine" and facts["attributes"]["threshold"] == 0.15
    assert json.loads((run / "record.json").read_text()) == run_record(1)  # the whole one stays
    (run / "record.json").unlink()
    with pytest.raises(InputError, match=r"no record\.json"):
        ship(run, "mine", tmp_path / "adapters")


def test_the_packaged_record_is_short_and_the_card_quotes_it() -> None:
    text = PACKAGED.read_text("utf-8")
    assert len(text.splitlines()) < 600
    assert not re.search(r"(?:^|[\s\"'=])/\w", text)
    card = (PACKAGED.parent / "MODEL_CARD.md").read_text("utf-8")
    stages = json.loads(text)["stages"]
    assert "\n".join(map(publish._stage, stages)) in card


def _scripted_stages() -> list[dict[str, Any]]:
    """The two trained ones that the script makes again."""
    stages = json.loads(PACKAGED.read_text("utf-8"))["stages"]
    return [stage for stage in stages if "training.sft" in stage["command"]][-2:]


def test_the_script_runs_what_the_record_says() -> None:
    script = (ROOT / "training" / "make_elmtex8.sh").read_text("utf-8")
    commands = [
        shlex.split(line) for line in script.replace("\\\n", " ").splitlines() if " -m " in line
    ]
    scripted = {
        words[words.index("--output_dir") + 1]: words[3:]
        for words in commands
        if "training.sft" in words
    }
    for stage in _scripted_stages():
        recorded = shlex.split(stage["command"])[3:]
        assert scripted[recorded[recorded.index("--output_dir") + 1]] == recorded
        assert stage["data"]["train.jsonl"] in script


@pytest.mark.slow
def test_the_packaged_adapters_data_comes_out_again(tmp_path: Path) -> None:
    """… of the commit that the script checks out: reports were written, and marked up further, since."""
    if not all((DATA / name).is_dir() for name in ("maccrobat2020", "phee2")):
        pytest.skip("skipped: no data")
    pytest.importorskip("faker_healthcare")
    script = (ROOT / "training" / "make_elmtex8.sh").read_text("utf-8")
    commits = re.findall(r"git worktree add --detach \S+ (\w+)", script)
    assert commits
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commits[-1]], capture_output=True, check=False
    )
    if archive.returncode:
        pytest.skip("the checkout has no history")
    subprocess.run(["tar", "-x", "-C", str(source)], input=archive.stdout, check=True)
    maccrobat, phee = (str((DATA / name).resolve()) for name in ("maccrobat2020", "phee2"))
    arguments = ["--out", str(out), "--maccrobat", maccrobat, "--phee", phee, "--written"]
    subprocess.run(
        [
            *(sys.executable, "-m", "training.prepare", *arguments),
            *("--synthetic-en", "400", "--synthetic-de", "400"),
        ],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source)},
        check=True,
    )
    recorded = _scripted_stages()[-1]["data"]
    assert {path.name: digest_of_data(path) for path in out.glob("*.jsonl")} == recorded


def test_a_second_opinion_must_be_packaged_first(run: Path, tmp_path: Path) -> None:
    path = run / "elmtex.json"
    weighs = {"weights": [1.0] * 5, "bias": 0.0, "threshold": 0.3, "calibration": [[0.1, 0.2]]}
    opinion = {"student": "/home/me/runs/student", "digest": "0" * 64, **weighs}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"second_opinion": opinion}))
    with pytest.raises(InputError, match="package that student first"):
        ship(run, "mine", tmp_path / "adapters")
