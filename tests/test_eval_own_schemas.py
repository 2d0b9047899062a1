"""Figures of schemas that no model was trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpora import schemas
from elmtex.models.adapter import load_adapter
from elmtex.provenance import digest
from elmtex.schema import CategorySchema
from elmtex.types import Extraction, InputError, Item
from eval import own_schemas

SCHEMA = {"title": "Wound", "properties": {"site": {"title": "Site"}, "swab": {"title": "Swab"}}}
REPORTS = (
    "Ulcer of the [site|heel].\n---\nThe [site|calf].\n---\nBoth [site|elbows].\n---\nNothing.\n"
)


class Planted:
    """Finds the calf, and a swab in every report that is none's half."""

    model_name = "planted"

    def folders(self) -> tuple[Path, ...]:
        return ()

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

    def open_extractor(name: str, schema: CategorySchema, **options: Any) -> Planted:
        opened.append((name, schema.name, options["examples"] and len(options["examples"])))
        return Planted()

    monkeypatch.setattr(own_schemas, "open_extractor", open_extractor)
    found = own_schemas.measure(folder, ["finetuned", "icl"])["systems"]
    assert opened == [("finetuned", "dev-wound", None), ("icl", "dev-wound", 4)]
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


def test_the_card_of_the_adapter_that_was_measured_is_written(
    tmp_path: Path, monkeypatch: Any
) -> None:
    base, adapter = tmp_path / "base", tmp_path / "schemas-1"
    for made in (base, adapter):
        made.mkdir()
    (adapter / "adapter_config.json").write_text('{"r": 4}')
    settings = {"threshold": 0.3, "calibration": []}
    facts = {"base": str(base), "layout": "described", "own_schemas": settings}
    (adapter / "elmtex.json").write_text(json.dumps(facts))
    stage = {"records": 3, "sources": ["schemas"], "steps": 7, "git": "abc", "command": "sft"}
    before = {**stage, "sources": ["maccrobat"], "steps": 9}
    (adapter / "record.json").write_text(json.dumps({"stages": [before, stage]}))
    page = tmp_path / "page.md"
    page.write_text("<!-- figures:start -->\n<!-- figures:end -->\n")
    monkeypatch.setattr(own_schemas, "DOCS", page)
    monkeypatch.setattr(own_schemas, "packaged_adapter", lambda **_: load_adapter(adapter))
    monkeypatch.setattr(own_schemas, "base_folder", lambda _: base)
    monkeypatch.setattr(own_schemas, "table", lambda _: [["figure"], ["0.5"]])
    known = {"made": "2026-11-30T00", "git": "0123456789"}
    other = {**known, "systems": {"finetuned": {"digest": "of other weights"}}}
    own_schemas.publish(other)
    assert not (adapter / "MODEL_CARD.md").exists()
    own_schemas.publish({**known, "systems": {"finetuned": {"digest": digest([base, adapter])}}})
    card = (adapter / "MODEL_CARD.md").read_text()
    assert "7 steps" in card and "9 steps" not in card
    assert "# schemas-1" in card and "0.3" in card and "0.5" in card


def test_what_cannot_be_measured_is_told(folder: Path, capsys: Any) -> None:
    with pytest.raises(InputError, match="unknown system"):
        own_schemas.measure(folder, ["magic"])
    (folder / "dev-wound.json").rename(folder / "wound.json")
    for lang in schemas.LANGUAGES:
        (folder / f"dev-wound.{lang}.txt").rename(folder / f"wound.{lang}.txt")
    assert own_schemas.main(["--schemas", str(folder), "--systems", "icl"]) == 2
    assert "no held-out schemas" in capsys.readouterr().err
    assert own_schemas.main(["--schemas", str(folder / "empty")]) == 2
    assert "no schemas" in capsys.readouterr().err


def test_one_language_is_asked_for_in_that_language(folder: Path, monkeypatch: Any) -> None:
    asked = []

    def opened(_: str, schema: Any, **__: Any) -> Planted:
        asked.append([category.label for category in schema.categories])
        return Planted()

    monkeypatch.setattr(own_schemas, "open_extractor", opened)
    file = folder / "dev-wound.json"
    document = json.loads(file.read_text())
    document["properties"]["site"]["x-title"] = {"de": "Ort"}
    file.write_text(json.dumps(document))
    figures = own_schemas.measure(folder, ["finetuned"], lang="de")
    assert figures["systems"]["finetuned"]["all"]["n"] == 2
    own_schemas.measure(folder, ["finetuned"])
    assert [labels[0] for labels in asked] == ["ort", "site"]
    with pytest.raises(InputError, match="no report in the language 'fr'"):
        own_schemas.measure(folder, ["finetuned"], lang="fr")
    with pytest.raises(InputError, match="not of 'de' alone"):
        own_schemas.publish(figures)


def test_without_held_out_schemas_every_report_measures(folder: Path, monkeypatch: Any) -> None:
    for file in list(folder.iterdir()):
        file.rename(folder / file.name.removeprefix(schemas.HELD_OUT))
    monkeypatch.setattr(own_schemas, "open_extractor", lambda *_, **__: Planted())
    found = own_schemas.measure(folder, ["finetuned"])["systems"]["finetuned"]
    assert found["all"]["n"] == 8 and [*found["schemas"]] == ["wound"]
