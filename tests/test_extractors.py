"""The extractors are one interface with one way to open them; mypy checks the assignments of this file."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elmtex.cli import main
from elmtex.coding.linker import Linker
from elmtex.extractors import base
from elmtex.extractors.base import EXTRACTORS, Extractor, open_extractor
from elmtex.extractors.chat import ChatExtractor
from elmtex.extractors.coding import CodingExtractor
from elmtex.extractors.loaded_model import LoadedModel
from elmtex.extractors.mixed import MixedExtractor
from elmtex.extractors.notes import NotesExtractor
from elmtex.schema import CategorySchema, load_schema, parse_schema
from elmtex.types import Extraction, InputError, Item, Progress, Status, Timings

SERVER = "http://127.0.0.1:1/v1"  # nobody is asked before the first report


class Planted(Extractor):
    """Finds ``fever``; what it does before that is given."""

    def __init__(
        self, before: Callable[[str], None] = lambda report: None, schema: str = "elmtex"
    ) -> None:
        self._schema, self._before = load_schema(schema), before

    @property
    def schema(self) -> CategorySchema:
        return self._schema

    @property
    def model_name(self) -> str:
        return "planted"

    def folders(self) -> tuple[Path, ...]:
        return ()

    def settings(self) -> dict[str, str]:
        return {"strategy": "planted"}

    def load(self) -> None:
        return None

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        self._before(report)
        items = dict.fromkeys(self.schema.keys, tuple[Item, ...]())
        if (start := report.find("fever")) >= 0:
            items["signs_symptoms"] = (Item("fever", start, start + 5),)
        return Extraction(id, self.schema.name, self.model_name, "ok", (), items)

    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        whole = self.extract(report, id=id)
        yield Progress(replace(whole, categories={}), 1, 2)
        yield Progress(whole, 2, 2)

    def with_schema(self, schema: CategorySchema) -> Planted:
        other = Planted(self._before)
        other._schema = schema
        return other


def test_each_extractor_is_one() -> None:
    notes = NotesExtractor()
    chat = open_extractor("naive", server=SERVER)
    assert isinstance(chat, ChatExtractor)
    of_notes: Extractor = notes
    of_chat: Extractor = chat
    of_coding: Extractor = CodingExtractor(chat, Linker())
    small = load_schema("medication")
    for extractor in (of_notes, of_chat, of_coding):
        assert isinstance(extractor, Extractor)
        other = extractor.with_schema(small)
        assert type(other) is type(extractor)
        assert (other.schema, extractor.schema.name) == (small, "elmtex")
        assert other.model_name == extractor.model_name
        # The student of a second opinion does not know the other schema.
        assert set(other.folders()) <= set(extractor.folders())
    document = notes.extract(" ")
    timings: Timings | None = document.timings
    assert timings is not None and timings.load == 0


def test_there_is_one_list_of_names() -> None:
    assert EXTRACTORS == ("finetuned", "student", "naive", "icl")
    with pytest.raises(InputError, match="finetuned, student, naive, icl"):
        open_extractor("magic")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("finetuned", {"server": SERVER}, "belong to the strategies"),
        ("finetuned", {"examples": ()}, "belong to the strategies"),
        ("naive", {"examples": (), "server": SERVER}, "take none"),
        ("icl", {"server": SERVER}, "needs --examples"),
        ("icl", {"examples": (), "server": SERVER}, "no example labels all"),
        ("finetuned", {"engine": "warp"}, "unknown engine"),
        ("finetuned", {"schema": "nonsense"}, "no schema"),
    ],
)
def test_what_belongs_to_another_extractor_is_refused(
    name: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        open_extractor(name, **options)  # type: ignore[arg-type]


def test_the_command_line_opens_what_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report = tmp_path / "r.txt"
    report.write_text("No fever.", "utf-8")
    asked: dict[str, object] = {}

    def opened(name: str, schema: CategorySchema, **options: object) -> Extractor:
        asked.update(options, name=name, schema=schema.name)
        return Planted()

    monkeypatch.setattr(base, "open_extractor", opened)
    main(["extract", str(report)])
    assert (asked["name"], asked["attributes"], asked["codes"]) == ("finetuned", True, False)
    main([
        *("extract", str(report), "--no-attributes", "--codes", "--strategy", "icl", "--model", "m"),
        *("--server", SERVER, "--examples", "e.jsonl", "--engine", "torch", "--schema", "medication"),
        "--no-second-opinion",
    ])  # fmt: skip
    assert asked == {
        "name": "icl", "schema": "medication", "model": "m", "server": SERVER, "examples": "e.jsonl",
        "engine": "torch", "threads": None, "at_once": 1, "attributes": False, "codes": True, "second_opinion": False,
        "adaptation": None,
    }  # fmt: skip


def test_many_reports_are_answered_in_order_and_each_in_isolation() -> None:
    def breaks(report: str) -> None:
        if "BOOM" in report:
            raise RuntimeError(report)

    texts = [f"{'no ' * (n % 3)}fever" if n % 4 else f"secret BOOM {n}" for n in range(30)]
    reports = [(f"r{n}", text) for n, text in enumerate(texts)]
    alone = list(Planted(breaks).extract_many(reports))
    assert [name for name, _ in alone] == [name for name, _ in reports]
    assert [extraction.id for _, extraction in alone] == [name for name, _ in reports]
    failed = [extraction for _, extraction in alone if extraction.status == "failed"]
    assert len(failed) == 8 and "secret" not in str(failed)
    assert list(Planted(breaks).extract_many(reports, at_once=3)) == alone


def test_a_long_report_holds_up_no_other_and_few_are_read_ahead() -> None:
    go_on, others, read = threading.Event(), threading.Semaphore(0), list[str]()

    def waits(report: str) -> None:
        if report == "long":
            assert go_on.wait(10)
        else:
            others.release()

    def reports() -> Iterator[tuple[str, str]]:
        for n in range(100):
            read.append(f"r{n}")
            yield f"r{n}", "fever" if n else "long"

    answers = Planted(waits).extract_many(reports(), at_once=2)
    threading.Timer(5, go_on.set).start()

    def let_it_go() -> None:
        for _ in range(7):  # all that are read ahead of it are answered meanwhile
            assert others.acquire(timeout=4)
        go_on.set()

    waiting = threading.Thread(target=let_it_go)
    waiting.start()
    name, _ = next(answers)
    waiting.join()
    assert (name, len(read)) == ("r0", 8)
    assert [name for name, _ in answers] == [f"r{n}" for n in range(1, 100)]


def test_codes_are_in_each_way_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Linker, "link", lambda self, text, category=None, limit=5: [text.upper()])
    monkeypatch.setattr(Linker, "setting", {"threshold": 0.5})
    extractor = CodingExtractor(Planted(), Linker())
    one = extractor.extract("A fever.", id="a")
    assert one.categories["signs_symptoms"][0].codes == ("FEVER",)
    assert [step.extraction for step in extractor.stream("A fever.", id="a")][-1] == one
    assert list(extractor.extract_many([("a", "A fever.")])) == [("a", one)]
    other = extractor.with_schema(extractor.schema.subset(("signs_symptoms",)))
    assert other.extract("A fever.").categories["signs_symptoms"][0].codes == ("FEVER",)
    assert extractor.settings() == {"strategy": "planted", "coding": '{"threshold": 0.5}'}


def test_schemas_of_ones_own_have_a_model_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elmtex.models.adapter._FOLDER", tmp_path)
    own = parse_schema('{"title": "Wound", "properties": {"depth": {"title": "Depth"}}}', "wound")

    def package(name: str) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "adapter_config.json").write_text("{}")

    package("elmtex-1")
    alone = NotesExtractor()
    assert alone.with_schema(own).model_name == alone.model_name
    package("schemas-1")
    first = NotesExtractor()
    other = first.with_schema(own)
    assert isinstance(other, NotesExtractor)
    assert (first.model_name, other.model_name) == (
        "smollm2-135m+elmtex-1",
        "smollm2-135m+schemas-1",
    )
    back, again = other.with_schema(first.schema), first.with_schema(own)
    assert isinstance(back, NotesExtractor) and back.model is first.model
    assert isinstance(again, NotesExtractor) and again.model is other.model
    assert NotesExtractor(own).model_name == "smollm2-135m+schemas-1"
    named = NotesExtractor(own, model=str(tmp_path / "elmtex-1"))
    assert named.model_name == "smollm2-135m+elmtex-1"
    # One category of one's own beside those that the other model knows.
    document = json.loads(json.dumps(load_schema("elmtex").document))
    document["properties"]["depth"] = {"title": "Depth"}
    beside = parse_schema(json.dumps(document), "beside")
    both = open_extractor(schema=beside)
    assert both.model_name == "smollm2-135m+elmtex-1, smollm2-135m+schemas-1"
    assert both.schema is beside and len(both.folders()) == 3
    assert isinstance(both, MixedExtractor) and both._own._asked is beside
    assert both.with_schema(own).model_name == "smollm2-135m+schemas-1"
    assert "," not in open_extractor(schema=beside, model=str(tmp_path / "elmtex-1")).model_name


def test_each_kind_of_categories_is_read_by_its_model() -> None:
    schema = parse_schema(
        json.dumps(
            {"title": "T", "properties": {k: {"title": k.title()} for k in ("a", "b", "c")}}
        ),
        "t",
    )

    class Reads(Planted):
        def __init__(self, keys: tuple[str, ...], status: Status = "ok") -> None:
            self._schema, self._model, self._status = schema.subset(keys), keys[0], status

        def extract(self, report: str, *, id: str = "report") -> Extraction:
            words = {key: (Item(f"{key} {report}", None, None),) for key in self.schema.keys}
            return Extraction(id, self.schema.name, self._model, self._status, (), words)

        def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
            whole = self.extract(report, id=id)
            yield Progress(replace(whole, categories={}), 1, 2, "a" in self.schema.keys)
            yield Progress(whole, 2, 2)

    def mixed(status: Status = "ok") -> MixedExtractor:
        known: Any = Reads(("a", "c"))
        own: Any = Reads(("b",), status)
        return MixedExtractor(schema, known, own)

    both = mixed()
    whole = both.extract("x", id="r")
    assert list(whole.categories) == ["a", "b", "c"] and whole.status == "ok"
    assert [item.text for key in "abc" for item in whole.categories[key]] == ["a x", "b x", "c x"]
    steps = list(both.stream("x", id="r"))
    assert [(s.done, s.total, s.part_ends) for s in steps] == [
        *((0, 2, True), (1, 2, True), (1, 2, False), (2, 2, False))
    ]
    assert steps[-1].extraction == whole
    assert steps[1].extraction.categories["b"] == ()
    assert mixed("invalid_output").extract("x").status == "invalid_output"


def test_rules_of_one_kind_of_categories_see_the_other() -> None:
    """A father's infarct is not the patient's, whichever model found it."""
    document = json.loads(json.dumps(load_schema("elmtex").document))
    document["properties"]["heart"] = {"title": "Heart", "x-fhir": {"resource": "Condition"}}
    schema = parse_schema(json.dumps(document), "heart")
    report = "Familienanamnese: Vater Herzinfarkt mit 58 Jahren.\nKein Fieber."
    start = report.index("Herzinfarkt")

    class Finds(Planted):
        def __init__(self, keys: tuple[str, ...], items: tuple[Item, ...]) -> None:
            self._schema, self._items = schema.subset(keys), items

        def extract(self, report: str, *, id: str = "report") -> Extraction:
            of = "heart" if "heart" in self.schema.keys else "family_history"
            found = {**dict.fromkeys(self.schema.keys, ()), of: self._items}
            return Extraction(id, self.schema.name, "m", "ok", (), found)

    father = Item("Vater Herzinfarkt mit 58 Jahren", start - 6, start + 25)
    known: Any = Finds(load_schema("elmtex").keys, (father,))
    own: Any = Finds(("heart",), (Item("Herzinfarkt", start, start + 11),))
    assert own.extract(report).categories["heart"]
    found = MixedExtractor(schema, known, own).extract(report).categories
    assert found["heart"] == () and found["family_history"]


def test_what_one_model_has_finished_the_other_leaves() -> None:
    """A paused drug is absent by its status, which words of its own rule do not know."""
    document = json.loads(json.dumps(load_schema("clinical").document))
    document["properties"]["mood"] = {"title": "Mood"}
    schema = parse_schema(json.dumps(document), "mood")
    report = "Medication:\n- Metformin 1000 mg, on hiatus\n- Ramipril 5 mg 1-0-0\n"
    drug = Item("Metformin", 14, 23, "absent")

    class Finds(Planted):
        def __init__(self, keys: tuple[str, ...]) -> None:
            self._schema = schema.subset(keys)

        def extract(self, report: str, *, id: str = "report") -> Extraction:
            found: dict[str, tuple[Item, ...]] = dict.fromkeys(self.schema.keys, ())
            found |= {"pharmacological_therapy": (drug,)} if "mood" not in found else {}
            return Extraction(id, self.schema.name, "m", "ok", (), found)

    known: Any = Finds(load_schema("clinical").keys)
    own: Any = Finds(("mood",))
    found = MixedExtractor(schema, known, own).extract(report).categories
    assert found["pharmacological_therapy"] == (drug,)


def test_attributes_are_a_setting_where_the_model_writes_them(tmp_path: Path) -> None:
    """A line of a batch with attributes is another than one without."""
    from elmtex.models.adapter import AttributeSettings, packaged_adapter

    adapter, model = packaged_adapter(), LoadedModel()
    assert adapter is not None and adapter.attribute_reader

    def opened(**settings: Any) -> NotesExtractor:
        model.adapter = replace(adapter, **settings)
        return NotesExtractor(model=model)

    plain = opened(attributes=None, attribute_reader=None).settings()
    assert "attributes" not in plain
    assert opened().settings() == {**plain, "attributes": adapter.attribute_reader}
    extractor = opened(attributes=AttributeSettings(), attribute_reader=None)
    schema = extractor.schema
    assert schema.attributes
    assert extractor.settings() == {**plain, "attributes": "written"}
    left_out = NotesExtractor(schema, model=extractor.model, attributes=False)
    assert left_out.settings() == plain == left_out.with_schema(schema).settings()
