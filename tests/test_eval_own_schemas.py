"""Figures of schemas that no model was trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpora import schemas
from elmtex.types import Extraction, InputError, Item
from eval import own_schemas

SCHEMA = {"title": "Wound", "properties": {"site": {"title": "Site"}, "swab": {"title": "Swab"}}}
REPORTS = (
    "Ulcer of the [site|heel].\n---\nThe [site|calf].\n---\nBoth [site|elbows].\n---\nNothing.\n"
)


class Planted:
    """Finds the calf, and a swab in every report that is none's half."""

    model_name = "planted"

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        sites = (Item("calf", 4, 8),) if "calf" in report else ()
        swabs = (Item("Nothing", 0, 7),) if "Nothing" in report else ()
        return Extraction(id, "dev-wound", "planted", "ok", (), {"site": sites, "swab": swabs})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dev-wound.json").write_text(json.dumps(SCHEMA))
    for lang in schemas.LANGUAGES:
        (tmp_path / f"dev-wound.{lang}.txt").write_text(REPORTS)
    return tmp_path


def test_every_other_report_of_each_schema_measures(
    folder: Path, monkeypatch: Any, capsys: Any
) -> None:
    opened: list[Any] = []

    def open_extractor(name: str, schema: Path, **options: Any) -> Planted:
        opened.append((name, schema.name, options["examples"] and len(options["examples"])))
        return Planted()

    monkeypatch.setattr(own_schemas, "open_extractor", open_extractor)
    found = own_schemas.measure(folder, ["finetuned", "icl"])["systems"]
    assert opened == [("finetuned", "dev-wound.json", None), ("icl", "dev-wound.json", 4)]
    figures = found["finetuned"]["all"]
    assert figures["n"] == 4  # "calf" and "Nothing" in both languages
    assert figures["exact"]["micro"]["f1"] == pytest.approx(2 * 2 / (2 + 4))
    assert figures["rates"]["invented_category_rate"]["value"] == pytest.approx(2 / 6)
    assert (
        own_schemas.main(["--schemas", str(folder), "--limit", "1", "--out", str(folder / "out")])
        == 0
    )
    assert "wound, relaxed F1" in capsys.readouterr().out
    docs = folder / "page.md"
    docs.write_text("Before\n<!-- figures:start -->\nold\n<!-- figures:end -->\n")
    monkeypatch.setattr(own_schemas, "DOCS", docs)
    assert own_schemas.main(["--publish", str(folder / "out")]) == 0
    assert "planted" in docs.read_text() and "old" not in docs.read_text()


def test_what_cannot_be_measured_is_told(folder: Path, capsys: Any) -> None:
    with pytest.raises(InputError, match="unknown system"):
        own_schemas.measure(folder, ["magic"])
    (folder / "dev-wound.json").rename(folder / "wound.json")
    for lang in schemas.LANGUAGES:
        (folder / f"dev-wound.{lang}.txt").rename(folder / f"wound.{lang}.txt")
    assert own_schemas.main(["--schemas", str(folder)]) == 2
    assert "no held-out schemas" in capsys.readouterr().err
