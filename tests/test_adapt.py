"""An adapter that learns from a handful of reviews: better at them, no worse at what it rehearsed, and no word of them in its files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny import tiny_llama, tiny_tokenizer

pytest.importorskip("trl", reason="training is not installed")

from elmtex import Extractor, records
from elmtex.adaptations import Adaptations, Version
from elmtex.adaptations.learn import Lesson, usable
from elmtex.models.adapter import Adapter, OwnSchemaSettings, notes_adapter
from elmtex.schema import CategorySchema, load_schema, parse_schema
from elmtex.types import Assertion, InputError, Item, Record
from training import adapt, sft

OWN = parse_schema(
    json.dumps({"title": "Signs", "properties": {"sign": {"title": "Symptom"}}}), "x"
)
TEXTS = (
    "The patient had fever.",
    "He had cough and fever.",
    "The patient denied cough.",
    "fever and cough.",
    "He had fever and pain.",
    "The patient had cough.",
)
QUICK = ("--learning_rate", "1e-2", "--num_train_epochs", "15", "--bf16", "false")
QUICK += ("--dtype", "float32")


def review(number: int, text: str) -> Record:
    assertion: Assertion = "absent" if "denied" in text else "present"
    found = tuple(
        Item(word, text.index(word), text.index(word) + 5, assertion)
        for word in sorted(("fever", "cough"), key=text.find)
        if word in text
    )
    return Record(f"r{number}", "review", "en", text, ("sign",), {"sign": found} if found else {})


REVIEWS = [review(n, text) for n, text in enumerate(TEXTS)]
REHEARSED = Record(
    "o", "written", "en", "He had pain.", ("signs_symptoms",),
    {"signs_symptoms": (Item("pain", 7, 11),)}, "train",
)  # fmt: skip


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_adapter(tmp_path_factory.mktemp("adapter"))


def tiny_adapter(folder: Path) -> Path:
    """Train an adapter of a tiny base that has learnt next to nothing."""
    tiny_llama(0, hidden=64).float().save_pretrained(folder / "base")
    tiny_tokenizer().save(str(folder / "base" / "tokenizer.json"))
    for name in ("train", "dev"):
        records.write(folder / "data" / f"{name}.jsonl", [REHEARSED])
    flags = {
        "model_name_or_path": folder / "base",
        "data": folder / "data",
        "output_dir": folder / "lora",
        "use_peft": "true",
        "lora_r": 16,
        "lora_alpha": 32,
        "max_steps": 1,
        "report_to": "none",
        "use_cpu": "true",
        "bf16": "false",
        "save_strategy": "no",
        "gradient_checkpointing": "false",
        "logging_steps": 1,
        "disable_tqdm": "true",
    }
    layers = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    given = [str(word) for name, value in flags.items() for word in (f"--{name}", value)]
    sft.main([*given, "--lora_target_modules", *layers])
    return folder / "lora"


@pytest.fixture(scope="module")
def adapted(adapter: Path) -> tuple[Path, dict[str, Any], list[tuple[str, int, int]]]:
    """What came of the reviews: its folder, its record, and the steps that were told."""
    out, told = adapter.parent / "adapted", list[tuple[str, int, int]]()
    record = adapt.adapt(
        REVIEWS, OWN, out, model=adapter, rehearsal=[REHEARSED], flags=QUICK,
        told=lambda *step: told.append(step),
    )  # fmt: skip
    return out, record, told


def test_it_reads_reports_of_that_kind_better(adapted: Any) -> None:
    out, record, _ = adapted
    assert record["reports"] == {"learnt": 4, "held_out": 2}
    before, after = (
        2 * of["tp"] / (2 * of["tp"] + of["fp"] + of["fn"])
        for of in (record["before"]["exact"], record["after"]["exact"])
    )
    assert after > before + 0.3
    for of in (record["before"], record["after"]):
        assert set(of["categories"]) <= set(OWN.keys)
        for name, total in of["relaxed"].items():
            assert sum(counts[name] for counts in of["categories"].values()) == total
    known = {record.text for record in adapt.split(REVIEWS)[0]}
    extractor = Extractor(OWN, model=str(out), engine="torch")
    for one in (r for r in REVIEWS if r.text in known):
        found = extractor.extract(one.text).categories["sign"]
        assert [i.text for i in found] == [i.text for i in one.items.get("sign", ())]


def test_it_has_rehearsed_other_schemas_under_their_own_labels(adapted: Any) -> None:
    schema = load_schema("elmtex").subset(REHEARSED.labelled)
    found = Extractor(schema, model=str(adapted[0]), engine="torch").extract(REHEARSED.text)
    assert [item.text for item in found.categories["signs_symptoms"]] == ["pain"]


def test_it_tells_its_steps(adapted: Any) -> None:
    told = adapted[2]
    assert told[:3] == [("before", 0, 2), ("before", 1, 2), ("before", 2, 2)]
    assert told[-1] == ("after", 2, 2)
    trained = [step for stage, *step in told if stage == "train"]
    assert trained[0][0] == 0 and trained[-1][0] == trained[-1][1] > 15


def test_no_word_of_a_report_is_in_its_files_and_nothing_else_is_left(
    adapted: Any, adapter: Path
) -> None:
    out = adapted[0]
    names = {"adapter_config.json", "adapter_model.safetensors", "digests.json", "elmtex.json"}
    assert {path.name for path in out.iterdir()} == {*names, "record.json"}
    for path in out.iterdir():
        content = path.read_bytes()
        assert not any(w in content for w in (b"fever", b"cough", b"patient", b"reviews.jsonl"))
        assert (
            str(out.parent).encode() not in content
            or path.name == "adapter_config.json"
            or (
                path.name == "elmtex.json"  # the base is a folder here
            )
        )
    assert not list(out.parent.glob(".adapting-*"))
    facts = json.loads((out / "elmtex.json").read_text())
    assert facts["base"] == str(adapter.parent / "base") and facts["name"].startswith("adapted-")


def test_a_learnt_schema_lists_from_another_confidence_on(adapter: Path, tmp_path: Path) -> None:
    base = notes_adapter(adapter)
    assert base is not None
    base = replace(base, own_schemas=OwnSchemaSettings(((0.0, 0.0), (1.0, 1.0)), 0.375))
    made = notes_adapter(adapt._packed(adapter, base, tmp_path / "made", 0.0))
    assert made is not None and made.own_schemas is not None
    assert (made.own_schemas.threshold, made.threshold) == (adapt.THRESHOLD, base.threshold)


def test_a_run_that_breaks_off_leaves_nothing(adapter: Path, tmp_path: Path) -> None:
    def killed(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("train", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapt.adapt(
            REVIEWS, OWN, tmp_path / "out", model=adapter, rehearsal=[REHEARSED], flags=QUICK, told=killed
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_learnt_from_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for reviews, out, said in (
        (REVIEWS[:2], tmp_path / "out", "reviewed reports of this schema: 2; learning takes 3"),
        (REVIEWS[:1] * 9, tmp_path / "out", "schema: 1;"),  # the same text
        (
            [replace(r, labelled=("drug",), items={}) for r in REVIEWS],
            tmp_path / "out",
            "schema: 0;",
        ),
        (REVIEWS, there, "exists"),
        (REVIEWS, there / "in", "holds no adapter"),
    ):
        with pytest.raises(InputError, match=said):
            adapt.adapt(reviews, OWN, out, model=tmp_path if said.startswith("holds") else None)


def test_it_starts_from_the_adapter_for_such_schemas_and_keeps_its_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    given: list[str] = []

    def packaged(own_schema: bool = False) -> Adapter:
        asked.append(own_schema)
        return Adapter("schemas-9", tmp_path, "smollm2-135m", (), layout="described")

    class Trained(Exception):
        pass

    def train(flags: list[str], callbacks: Any) -> None:
        given.extend(flags)
        raise Trained

    monkeypatch.setattr(adapt, "packaged_adapter", packaged)
    monkeypatch.setattr(adapt, "_measured", lambda *_: {})
    monkeypatch.setattr(sft, "main", train)
    strange = parse_schema('{"title": "X", "properties": {"sign": {"title": "Omen"}}}', "x")
    with pytest.raises(Trained):
        adapt.adapt(REVIEWS, strange, tmp_path / "made", rehearsal=[REHEARSED])
    assert asked == [True]
    assert given[given.index("--layout") + 1] == "described"
    assert given[given.index("--init_adapter") + 1] == str(tmp_path)


def test_every_fifth_report_is_held_out_and_at_least_two() -> None:
    many = [review(n, f"Report {n}: fever.") for n in range(40)]
    for count, expected in ((3, 2), (10, 2), (11, 3), (40, 8)):
        learnt, held_out = adapt.split(many[:count])
        assert len(held_out) == expected and len(learnt) == count - expected
        assert not {r.text for r in learnt} & {r.text for r in held_out}
        assert adapt.split(many[:count][::-1]) == (learnt, held_out)


def test_the_last_review_of_a_text_counts() -> None:
    again = replace(REVIEWS[0], items={})
    assert usable([*REVIEWS, again], OWN)[0].items == {}


def test_what_is_rehearsed_was_not_kept_for_measuring() -> None:
    rehearsed = adapt.written_reports()
    assert {r.source for r in rehearsed} == {"written", "schemas"}
    assert not [
        r.id for r in rehearsed if r.split != "train" or (r.schema or "").startswith("dev-")
    ]


def test_further_mentions_of_the_same_words_are_items_too(elmtex_schema: CategorySchema) -> None:
    text = (
        "Fever 😀, no rash. Later fever again, feverish; no Rash, then rash. Na 140, 140. CRP CRP."
    )
    keys = ("signs_symptoms", "laboratory_values")

    def item(words: str, assertion: Assertion = "present", nth: int = 0) -> Item:
        at = -1
        for _ in range(nth + 1):
            at = text.index(words, at + 1)
        return Item(words, at, at + len(words), assertion)

    signs = (item("Fever"), item("rash", "absent"), item("rash", "present", 1), item("CRP"))
    record = Record("r", "s", "en", text, keys, {keys[0]: signs, keys[1]: (item("140"),)})
    made = adapt.with_repeated_words(record, elmtex_schema)
    assert made.items[keys[1]] == record.items[keys[1]]
    again = [i for i in made.items[keys[0]] if i not in signs]
    assert [(i.text, i.start) for i in again] == [("fever", text.index("fever"))]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Adaptations]:
    yield Adaptations("user:a", tmp_path / "adaptations")


@pytest.mark.slow  # starts the program, and rehearses the written reports
def test_a_lesson_makes_a_version_that_extractors_take(
    adapter: Path, kept: Adaptations, tmp_path: Path
) -> None:
    stages: list[str] = []
    version = Lesson(REVIEWS, OWN, kept, str(adapter)).run(lambda step: stages.append(step.stage))
    assert isinstance(version, Version) and set(stages) == {"before", "train", "after"}
    assert (version.learnt, version.held_out, version.in_use) == (4, 2, False)
    assert kept.use(version.id).in_use
    assert (
        Extractor(OWN, model=str(version.folder), engine="torch").extract(TEXTS[0]).status == "ok"
    )
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and b"denied" in p.read_bytes()]


def test_the_command_reads_its_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    records.write(tmp_path / "r.jsonl", REVIEWS)
    schema = tmp_path / "own.json"
    schema.write_text(json.dumps(OWN.document))
    asked: dict[str, Any] = {}

    def fake(reviews: list[Record], schema: CategorySchema, out: Path, **more: Any) -> Any:
        asked.update(more, reviews=reviews, schema=schema, out=out)
        more["told"]("train", 1, 2)
        return {"reports": {}, "before": {}, "after": {}}

    monkeypatch.setattr(adapt, "adapt", fake)
    given = [str(tmp_path / "r.jsonl"), "--schema", str(schema), "--out", "o", "--", "--seed", "3"]
    assert adapt.main(given) == 0
    assert asked["flags"] == ["--seed", "3"] and asked["schema"].keys == ("sign",)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert said[0] == {"stage": "train", "done": 1, "total": 2}
    assert adapt.main([str(tmp_path / "none.jsonl"), "--schema", "elmtex", "--out", "o"]) == 2
    assert "cannot read" in json.loads(capsys.readouterr().out)["error"]
    assert load_schema("elmtex").keys  # a packaged one is taken by its name
