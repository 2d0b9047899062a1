"""The page's account of itself: the model's card and digest, the schema's, and what the law asks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from fakes import ATTACKS, SCHEMA, Reader, Scripted

from elmtex.provenance import digest
from elmtex.schema import parse_schema
from elmtex.web.about_tab.about import Model, about_html, model_of, schema_digest
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH, GERMAN


class Stored(Scripted):
    """An extractor whose model lies in folders."""

    model_name = "base+adapter"

    def __init__(self, *folders: Path) -> None:
        super().__init__()
        self._folders = folders

    def folders(self) -> tuple[Path, ...]:
        return self._folders


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    for folder in (base, adapter):
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(folder.name.encode())
    return base, adapter


def test_the_adapters_card_goes_before_the_bases_and_loses_its_head(
    folders: tuple[Path, Path],
) -> None:
    base, adapter = folders
    assert model_of(Stored(base, adapter)).card == ""
    (base / "MODEL_CARD.md").write_text("# Base", "utf-8")
    assert model_of(Stored(base, adapter)).card == "# Base"
    (adapter / "MODEL_CARD.md").write_text(
        "---\nlicense: mit\n---\n\n# Karte für elmtex\n$5\n", "utf-8"
    )
    assert model_of(Stored(base, adapter)).card == "# Karte für elmtex\n$5"


def test_the_digest_is_the_one_that_evaluations_record(folders: tuple[Path, Path]) -> None:
    model = model_of(Stored(*folders))
    assert model == Model("base+adapter", digest(folders)) and len(model.digest) == 64
    (folders[1] / "model.safetensors").write_bytes(b"adapteR")
    assert model_of(Stored(*folders)).digest != model.digest
    assert model_of(Scripted()) == Model("")


def test_the_schemas_digest_is_of_its_content() -> None:
    text = '{"title": "t", "properties": {"a": {"title": "Ä"}, "b": {"title": "B"}}}'
    spaced = json.dumps(json.loads(text), indent=8)
    assert schema_digest(parse_schema(text, "own")) == schema_digest(parse_schema(spaced, "own"))
    other = parse_schema(text.replace("Ä", "A"), "own")
    assert schema_digest(other) != schema_digest(parse_schema(text, "own"))
    document = json.dumps(
        SCHEMA.document, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    assert schema_digest(SCHEMA) == hashlib.sha256(document.encode()).hexdigest()


def test_it_says_what_it_is_for_what_the_law_asks_and_what_runs() -> None:
    for words in (ENGLISH, GERMAN):
        shown = Reader(about_html(Model("m", "0" * 64, "# Card"), SCHEMA, words)).text
        for text in ("2024/1689", "GDPR" if words is ENGLISH else "DSGVO", "0" * 64):
            assert text in shown
        assert schema_digest(SCHEMA) in shown and "elmtex 0" in shown and words.about.card in shown
        assert words.about.no_card not in shown
        assert words.about.no_card in about_html(Model("m"), SCHEMA, words)
        assert words.about.loading in about_html(None, SCHEMA, words)
        assert ("not a medical device" if words is ENGLISH else "kein Medizinprodukt") in shown
    assert len(ENGLISH.about.duties) == len(GERMAN.about.duties)


def test_it_knows_the_model_once_it_is_loaded(folders: tuple[Path, Path]) -> None:
    controller = PageController(Stored(*folders))
    assert controller.model is None
    controller._load()
    assert controller.model is not None and controller.model.digest


@pytest.mark.parametrize("attack", ATTACKS)
def test_names_and_titles_are_shown_as_text(attack: str) -> None:
    schema = parse_schema(json.dumps({"title": attack, "properties": {"a": {"title": "A"}}}), "own")
    shown = Reader(about_html(Model(attack), schema, ENGLISH))
    assert shown.text.count(attack) == 2
    assert not {"script", "img", "svg", "b"} & set(shown.tags)
