"""training/prepare.py: who goes where, and no held-out text in train."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpora import maccrobat
from corpora.shared.shingles import ShingleIndex, shingles
from elmtex import records
from elmtex.types import Item, Record
from training import prepare

LONG = "A 58-year-old woman with chest pain was admitted to our hospital in March with fever and cough."
OTHER = (
    "The sonography of his thyroid showed two nodules which had grown slowly over the last years."
)


def record(text: str, name: str, source: str = "aci_bench", split: str | None = "train", **more):  # type: ignore[no-untyped-def]
    labelled = more.get("labelled", ("age",))
    return Record(
        name, source, more.get("lang", "en"), text, labelled, more.get("items", {}), split
    )


def kept(prepared: prepare.Prepared, name: str) -> list[str]:
    return [row.id for row in prepared.files[name]]


def test_containment_is_of_the_smaller_text() -> None:
    index = ShingleIndex()
    index.add(f"{LONG} {OTHER}")
    assert index.containment(OTHER.upper().replace(" ", "\r\n")) == 1.0
    assert index.containment("None.") == index.containment("") == 0.0
    assert 0 < index.containment(LONG[:60] + " something else altogether is said here now") < 0.7
    assert shingles("No fever.") == {"no fever"} and shingles("😷") == frozenset()


def test_copies_of_held_out_texts_never_reach_train_whatever_the_order() -> None:
    prepared = prepare.prepare(
        [
            record(OTHER, "copy-first", source="phee"),
            record("Short and other text that nobody else has at all.", "ok"),
            record(f"Note. {OTHER} And more.", "test", source="maccrobat", split="test"),
            record(LONG, "dev", source="maccrobat", split="dev"),
            record(LONG.lower(), "copy-of-dev"),
            record(LONG, "other-dev", source="phee", split="dev"),
        ]
    )
    assert (kept(prepared, "test"), kept(prepared, "dev")) == (["test"], ["dev"])
    assert kept(prepared, "train") == ["ok"] and kept(prepared, "dev_other") == []
    assert prepared.left_out == {
        ("phee", "copy of a held-out text"): 2,
        ("aci_bench", "copy of a held-out text"): 1,
    }


def test_views_of_one_text_stay_together_and_true_copies_go() -> None:
    prepared = prepare.prepare(
        [
            record(LONG, "a", source="phee", labelled=("age",)),
            record(LONG, "b", source="phee", labelled=("drug",)),
            record(LONG, "c", source="phee", labelled=("drug",)),
            record(LONG + " Then she left.", "d"),
            record(" ", "empty"),
        ]
    )
    assert kept(prepared, "train") == ["a", "b"]
    assert prepared.left_out == {
        ("phee", "same text and categories"): 1,
        ("aci_bench", "copy of a train text"): 1,
        ("aci_bench", "empty text"): 1,
    }


def test_destinations() -> None:
    where = prepare.destination
    assert where(record("x", "1", source="maccrobat", split=None)) is None
    assert where(record("x", "1", source="reviewed", split=None)) == "train"
    assert where(record("x", "1", source="reviewed", split="test")) == "test"
    assert where(record("x", "1", source="phee", split="test")) == "test_other"
    assert where(record("x", "1", source="synthetic", split=None)) == "train"


def brat(folder: Path, pmid: str, text: str) -> None:
    start = [i for i in range(len(text)) if text.startswith("fever", i)]
    lines = [f"T{n}\tSign_symptom {i} {i + 5}\tfever" for n, i in enumerate(start, 1)]
    (folder / f"{pmid}.txt").write_text(text, encoding="utf-8")
    (folder / f"{pmid}.ann").write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "maccrobat"
    folder.mkdir()
    by_split = {maccrobat.split_of(pmid): pmid for pmid in maccrobat.SPLIT_PMIDS}
    brat(
        folder,
        by_split["train"],
        "Übelkeit 🤢 and fever, then fever again in the evening of that day.",
    )
    brat(
        folder,
        by_split["dev"],
        "On the ward there was fever and then fever was gone after two nights.",
    )
    brat(folder, by_split["test"], OTHER + " He had fever, fever and fever.")
    brat(folder, "99999999", "A report of the forty that belong to no split, with fever.")
    return folder


def test_main_writes_files_record_and_table(
    tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reviewed = tmp_path / "reviewed.jsonl"
    text = "Der Patient hat seit Tagen Übelkeit\r\nund kein Fieber."
    item = Item("Fieber", text.index("Fieber"), text.index("Fieber") + 6, "absent")
    row = record(text, "r1", source="ward 7", split=None, lang="de", items={"age": (item,)})
    records.write(reviewed, [row])
    written = tmp_path / "written"
    (written / "de").mkdir(parents=True)
    (written / "de" / "a.txt").write_text("Seit gestern [sx|Husten], kein [sx!|Fieber].\n")
    out = tmp_path / "out"
    arguments = ["--out", str(out), "--maccrobat", str(corpus), "--reviewed", str(reviewed)]
    arguments += ["--written", str(written)]
    assert prepare.main(arguments) == 0
    files = {name: list(records.load(out / f"{name}.jsonl")) for name in prepare.FILES}
    # Every mention to train on; the gold, each text once, to measure with.
    counts = {
        name: [len(r.items["signs_symptoms"]) for r in files[name] if r.source == "maccrobat"]
        for name in files
    }
    assert counts == {"train": [2], "dev": [1], "test": [1], "test_other": [], "dev_other": []}
    assert (files["train"][0].source, files["train"][0].text) == ("reviewed", text)
    assert files["train"][0].items["age"] == (item,)
    table = capsys.readouterr().out
    assert "left out: maccrobat: 1 (outside the fixed split)" in table
    assert "left out: maccrobat: 3 annotations (same words)" in table  # one in dev, two in test
    made = json.loads((out / "record.json").read_text())
    assert made["annotations_left_out"] == [
        {"source": "maccrobat", "why": "same words", "annotations": 3}
    ]
    assert made["files"]["train.jsonl"]["records"] == {
        "maccrobat": 1,
        "reviewed": 1,
        "written": 1,
    }
    assert files["train"][-1].text == "Seit gestern Husten, kein Fieber."
    assert made["licences"] == {"maccrobat": "CC BY 4.0"}
    assert all(len(made["inputs"][name]["sha256"]) == 64 for name in ("maccrobat", "written"))
    assert "Übelkeit" not in table


def test_the_digest_tells_changed_inputs(tmp_path: Path, corpus: Path) -> None:
    def digest() -> str:
        prepare.main(["--out", str(tmp_path / "out"), "--maccrobat", str(corpus)])
        made = json.loads((tmp_path / "out" / "record.json").read_text())
        return str(made["inputs"]["maccrobat"]["sha256"])

    before = digest()
    assert digest() == before
    (corpus / "99999999.txt").write_text(
        "A report of the forty that belong to no split, with FEVER."
    )
    assert digest() != before


def test_wrong_use_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare.main(["--out", str(tmp_path)]) == 2
    assert prepare.main(["--out", str(tmp_path), "--phee", str(tmp_path / "none")]) == 2
    error = capsys.readouterr().err
    assert "name at least one" in error and "does not exist; pass its folder" in error
    with pytest.raises(SystemExit) as raised:
        prepare.parse_arguments(["--out", "x", "--maccrobta", "y"])
    assert raised.value.code == 2


def test_a_flag_without_path_means_the_public_source() -> None:
    config = prepare.parse_arguments(
        ["--out", "x", "--phee", "--ncbi-disease", "here", "--synthetic-de", "5"]
    )
    assert config.corpora == {"phee": None, "ncbi-disease": Path("here")}
    assert config.synthetic == {"de": 5} and config.reviewed == ()


def test_synthetic_reports_go_to_train(tmp_path: Path) -> None:
    pytest.importorskip("faker_healthcare")
    assert prepare.main(["--out", str(tmp_path), "--synthetic-de", "5", "--synthetic-en", "5"]) == 0
    rows = list(records.load(tmp_path / "train.jsonl"))
    assert {row.lang for row in rows} == {"de", "en"} and len(rows) == 10
