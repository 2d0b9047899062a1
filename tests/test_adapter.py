"""What is read of an adapter's folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elmtex.models.adapter import load_adapter, notes_adapter, packaged_adapter
from elmtex.types import InputError


def made(folder: Path, facts: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{}")
    (folder / "elmtex.json").write_text(facts)
    return folder


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ("{", "is not JSON"),
        ('{"biases": {"closing": 1}}', "closing"),
        ('{"layout": "words", "biases": {"end": 1}}', "only open, present, absent, possible"),
        ('{"layout": "json"}', "training.merge"),
        ('{"layout": "branches"}', "'branches' is unknown"),
    ],
)
def test_what_is_not_an_adapter_of_notes_says_why(tmp_path: Path, facts: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        notes_adapter(made(tmp_path / "run", facts))


def test_confidence_lies_between_the_points_of_its_calibration(tmp_path: Path) -> None:
    facts = {"calibration": [[0.2, 0.1], [0.6, 0.5]]}
    adapter = load_adapter(made(tmp_path / "run", json.dumps(facts)))
    assert [adapter.calibrated(p) for p in (0.1, 0.4, 0.9)] == pytest.approx([0.1, 0.3, 0.5])


def test_the_packaged_adapter_is_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elmtex.models.adapter._FOLDER", tmp_path)
    assert packaged_adapter() is None
    for name in ("elmtex-9", "elmtex-10"):
        made(tmp_path / name, json.dumps({"name": name}))
    made(tmp_path / "schemas-10", json.dumps({"name": "schemas-10"}))
    assert packaged_adapter().name == "elmtex-10"
    assert packaged_adapter(own_schema=True).name == "schemas-10"
    (tmp_path / "schemas-10" / "adapter_config.json").unlink()
    assert packaged_adapter(own_schema=True).name == "elmtex-10"
