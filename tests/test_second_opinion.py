"""A student's opinion of the Llama's items: planted engines, a planted student."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_chain import Planted
from tiny import PlantedEngine, PlantedModel, PlantedSession, tiny_tokenizer

from elmtex.decoding.chain import BEGIN, Chain
from elmtex.decoding.labelled import Labelled, Layout
from elmtex.decoding.notes import NoteItem, NoteState
from elmtex.decoding.select import pooled
from elmtex.decoding.tokens import tokenise
from elmtex.extractors import second_opinion
from elmtex.extractors.loaded_student import LoadedStudent
from elmtex.extractors.notes import NotesExtractor
from elmtex.extractors.second_opinion import SecondOpinion
from elmtex.extractors.stage_times import NotesTimings
from elmtex.models.adapter import Adapter, AttributeSettings, OpinionSettings, OwnSchemaSettings
from elmtex.models.lexicon import Entry, Lexicon, as_lines
from elmtex.models.student import Student
from elmtex.schema import load_schema
from elmtex.types import Extraction, InputError, Item, Record

REPORT = "He had fever and cough. He denied pain."
NOTES = (" fever => symptom; ]", " cough => symptom; ]", " pain => symptom! ]")
KEYS = ("signs_symptoms", "diagnosis")
ELMTEX = load_schema("elmtex")
SCHEMA = ELMTEX.subset(KEYS)
# It agrees or not, and proposes nothing.
AGREES = OpinionSettings(
    "planted", "d", (1.0, 1.0, 0.0, 0.0, 20.0, 0.0, 0.0), -20.0, 0.5, ((0.0, 0.1), (1.0, 0.9))
)
PROPOSES = replace(AGREES, weights=(0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0), bias=0.0)


class Unsure(PlantedEngine):
    """Writes what is planted, and is not sure of it."""

    def session(self, prompt: tuple[int, ...] = ()) -> PlantedSession:
        return _Session(self, prompt)


class _Session(PlantedSession):
    def feed(self, tokens, positions, mask, asked):
        return [scores / 25 for scores in super().feed(tokens, positions, mask, asked)]


class Blind(PlantedEngine):
    """Opens no note, and writes the attributes that follow on those it is given."""

    def session(self, prompt: tuple[int, ...] = ()) -> PlantedSession:
        return _BlindSession(self, prompt)


class _BlindSession(PlantedSession):
    def _opening(self, slot: int) -> set[int]:
        return {self.engine.end}


class PlantedStudent(LoadedStudent):
    """Finds the symptom fever, and the diagnosis pain."""

    def __init__(self, model: str, **_: object) -> None:
        if model != "planted":
            raise InputError(f"{model} holds no student")
        tokens = tokenise(REPORT, tiny_tokenizer())
        words = {
            REPORT[a:b].strip(): id for (a, b), id in zip(tokens.offsets, tokens.ids, strict=True)
        }
        chain = Chain.of(np.zeros((2, 3)), np.zeros((2, 3, 3)))
        self.student = Student("planted-1", Path("planted"), "none", Layout(KEYS, 256, 16), chain)
        self.encoder = Planted({(words["fever"], 0): BEGIN, (words["pain"], 1): BEGIN}, 2)
        self.reports = 0

    @property
    def digest(self) -> str:
        return "d"

    def load(self):
        return tiny_tokenizer(), type("Engine", (), {"scores": staticmethod(self.encoder)})

    def labelled(self, report):
        self.reports += 1
        return super().labelled(report)


@pytest.fixture(autouse=True)
def planted(monkeypatch) -> None:
    monkeypatch.setattr(second_opinion, "LoadedStudent", PlantedStudent)


def model(settings: OpinionSettings | None = AGREES, threshold: float = 0.9) -> PlantedModel:
    own = PlantedModel(tiny_tokenizer(), Unsure(tiny_tokenizer(), NOTES))
    own.adapter = Adapter(
        "planted", None, "smollm2-135m", ((0.0, 0.0), (1.0, 0.7)), {"open": 1.5}, "words", threshold, None, settings
    )  # fmt: skip
    return own


def found(extractor: NotesExtractor) -> dict[str, tuple[str, float]]:
    categories = extractor.extract(REPORT).categories
    assert categories == list(extractor.stream(REPORT))[-1].extraction.categories
    return {i.text: (i.assertion, i.confidence) for items in categories.values() for i in items}


def test_the_student_keeps_what_it_agrees_with_and_drops_the_rest() -> None:
    shared = model()
    alone = NotesExtractor(SCHEMA, model=shared, second_opinion=False)
    assert found(alone) == {}  # the Llama is sure of nothing
    together = NotesExtractor(SCHEMA, model=shared)
    ((words, (assertion, confidence)),) = found(together).items()
    assert (words, assertion) == ("fever", "present")
    assert confidence == pytest.approx(0.9, abs=0.01)  # by the opinion's own calibration
    assert together.settings()["second_opinion"] == "planted-1"
    assert "second_opinion" not in alone.settings()
    assert together.folders() == (*alone.folders(), Path("planted"))
    other = together.with_schema(ELMTEX.subset(("diagnosis",)))
    assert "second_opinion" in other.settings()
    assert "second_opinion" not in alone.with_schema(SCHEMA).settings()


def test_each_item_says_whether_the_student_found_it_too() -> None:
    document = NotesExtractor(SCHEMA, model=model(AGREES, 0.01)).extract(REPORT)
    agreed = {i.text: i.agreed for items in document.categories.values() for i in items}
    assert agreed == {"fever": True}  # what it denies is dropped at the opinion's threshold
    lenient = replace(AGREES, weights=(1.0, 0.0, 0.0, 0.0, 20.0, 0.0, 0.0), threshold=0.01)
    document = NotesExtractor(SCHEMA, model=model(lenient)).extract(REPORT)
    assert Extraction.from_dict(document.to_dict()).to_dict() == document.to_dict()
    agreed = {i.text: i.agreed for items in document.categories.values() for i in items}
    # of pain the student makes a diagnosis
    assert agreed == {"fever": True, "cough": False, "pain": False}
    alone = NotesExtractor(SCHEMA, model=model(None, 0.01)).extract(REPORT).to_dict()
    assert all("agreed" not in i for items in alone["categories"].values() for i in items)


def test_what_the_student_alone_finds_is_listed() -> None:
    document = NotesExtractor(SCHEMA, model=model(PROPOSES)).extract(REPORT)
    (fever,), (pain,) = (document.categories[key] for key in KEYS)
    assert (fever.text, fever.agreed) == ("fever", True)
    assert (pain.text, pain.start, pain.end) == ("pain", 34, 38)
    assert pain.agreed is False and pain.confidence == pytest.approx(0.9, abs=0.01)
    # What the Llama has written itself is not proposed again.
    notes = NotesExtractor(SCHEMA, model=model(PROPOSES)).notes(REPORT).notes
    weighed = [(i.first, i.key, i.written) for note in notes for i in note.items]
    left = [(i.first, i.key, i.written) for note in pooled(notes) for i in note.items]
    assert len(weighed) == len(left) + 1 == 5
    assert len({(first, key) for first, key, _ in left}) == len(left)


def test_what_a_lexicon_knows_is_proposed_and_weighed(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.tsv"
    known = {"cough": Entry(9, {"signs_symptoms": 9}), "pain": Entry(9, {"signs_symptoms": 3})}
    path.write_text(as_lines(Lexicon(known)), "utf-8")
    settings = replace(AGREES, weights=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0), bias=-1.0)
    shared = model(settings)
    shared._engine = Blind(tiny_tokenizer(), ())
    shared.adapter = replace(shared.adapter, lexicon=path)
    document = NotesExtractor(SCHEMA, model=shared).extract(REPORT)
    (cough,) = document.categories["signs_symptoms"]
    assert (cough.text, cough.start, cough.agreed) == ("cough", 17, False)
    assert not document.categories["diagnosis"]
    shared = model(settings)
    shared._engine = Blind(tiny_tokenizer(), ())
    assert not any(NotesExtractor(SCHEMA, model=shared).extract(REPORT).categories.values())


def test_what_the_student_alone_finds_has_attributes() -> None:
    shared = model(PROPOSES)
    shared._engine = Blind(tiny_tokenizer(), (" pain => diagnosis! severity cough => ]",))
    shared.adapter = replace(shared.adapter, attributes=AttributeSettings())
    report = "He had fever. He had pain with cough, then more fever."
    document = NotesExtractor(SCHEMA, model=shared).extract(report)
    (pain,) = document.categories["diagnosis"]
    assert [(a.type, a.text, a.start) for a in pain.attributes] == [("severity", "cough", 31)]
    (fever,) = document.categories["signs_symptoms"]
    assert len(fever.mentions) == 1 and not fever.attributes
    without = NotesExtractor(SCHEMA, model=shared, attributes=False).extract(report)
    assert without.categories == {
        key: tuple(replace(item, attributes=()) for item in items)
        for key, items in document.categories.items()
    }


def test_the_assertion_is_what_both_together_hold_most_probable(monkeypatch) -> None:
    def said() -> dict[str, str]:
        extractor = NotesExtractor(SCHEMA, model=model(replace(AGREES, threshold=0.0)))
        return {words: assertion for words, (assertion, _) in found(extractor).items()}

    assert said() == {"fever": "present", "cough": "present", "pain": "absent"}
    for shares, fever in (((0.3, 0.4, 0.3), "present"), ((0.02, 0.96, 0.02), "absent")):
        monkeypatch.setattr(Labelled, "assertion", lambda *_, s=shares: np.array(s))
        assert said()["fever"] == fever
    monkeypatch.setattr(Labelled, "assertion", lambda *_: None)
    assert said()["fever"] == "present"


def test_without_a_student_not_a_bit_changes() -> None:
    with_none = NotesExtractor(SCHEMA, model=model(None, 0.01))
    refused = NotesExtractor(SCHEMA, model=model(AGREES, 0.01), second_opinion=False)
    assert len(found(with_none)) == 3
    assert with_none.extract(REPORT) == refused.extract(REPORT)
    assert with_none.settings() == refused.settings()
    assert with_none.extract(REPORT).timings.lines() != []


def test_a_student_that_does_not_know_the_schema_is_not_asked() -> None:
    shared = model(AGREES, 0.01)
    extractor = NotesExtractor(ELMTEX, model=shared)
    assert "second_opinion" not in extractor.settings()
    assert len(found(extractor)) == 3 and shared.opinion.student.reports == 0


def test_schemas_of_ones_own_have_a_threshold_of_their_own(monkeypatch) -> None:
    shared = model(None, 0.01)
    shared.adapter = replace(shared.adapter, own_schemas=OwnSchemaSettings(((0.0, 0.2),), 0.01))
    extractor = NotesExtractor(SCHEMA, model=shared)
    before = found(extractor)
    monkeypatch.setattr("elmtex.extractors.notes.is_own", lambda schema: True)
    assert {w: (a, 0.2) for w, (a, _) in before.items()} == found(extractor) != before
    shared.adapter = replace(shared.adapter, own_schemas=OwnSchemaSettings((), 0.99))
    assert found(extractor) == {}  # rather than nonsense
    settings = OwnSchemaSettings((), 0.99, template_threshold=0.01)
    shared.adapter = replace(shared.adapter, own_schemas=settings)
    assert found(extractor) == {}
    monkeypatch.setattr("elmtex.extractors.notes.is_of_template", lambda schema: True)
    assert found(extractor).keys() == before.keys()
    shared.adapter = replace(shared.adapter, own_schemas=replace(settings, template_threshold=None))
    assert found(extractor) == {}


def test_its_time_is_told() -> None:
    timings = NotesExtractor(SCHEMA, model=model()).extract(REPORT).timings
    assert timings.second_opinion > 0 and "student" in timings.lines()[-1]
    timings = NotesExtractor(SCHEMA, model=model(None)).extract(REPORT).timings
    assert timings.second_opinion == 0 and "student" not in timings.lines()[-1]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (replace(AGREES, student="gone"), "gone holds no student.*--no-second-opinion"),
        (replace(AGREES, digest="x"), "not the one .*calibrated with.*--no-second-opinion"),
        (replace(AGREES, weights=(1.0,)), "calibrate it again"),
    ],
)
def test_another_student_is_refused(settings: OpinionSettings, said: str) -> None:
    with pytest.raises(InputError, match=said):
        NotesExtractor(SCHEMA, model=model(settings))
    NotesExtractor(SCHEMA, model=model(settings), second_opinion=False)


def test_the_probability_is_the_logistic_of_both() -> None:
    opinion = SecondOpinion(replace(AGREES, weights=(0.5, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0), bias=-1.0))
    tokens = tokenise(REPORT, tiny_tokenizer())
    place = REPORT.index("fever and")
    first, last = tokens.covering(place, place + 9, tokens.sentences[0])
    item = NoteItem(first, last, "signs_symptoms", "present", (math.log(0.8),))
    # of its two words one is fever
    logit = 0.5 * math.log(0.8 / 0.2) - 1
    assert opinion.of(REPORT, tokens, NotesTimings()).score(item) == pytest.approx(
        1 / (1 + math.exp(-logit)), abs=1e-3
    )


def test_of_thresholds_that_are_as_good_the_lowest_is_taken() -> None:
    pytest.importorskip("sklearn")
    from training.calibrate_opinion import lowest

    given = ((0.2, 0.74, 0.84), (0.3, 0.748, 0.848), (0.4, 0.75, 0.85), (0.5, 0.749, 0.851))
    rows = [dict(zip(("threshold", "exact", "relaxed"), row, strict=True)) for row in given]
    assert lowest(rows[::-1])["threshold"] == 0.3


def test_calibration_learns_whom_to_believe() -> None:
    pytest.importorskip("sklearn")
    from training.calibrate_opinion import calibrate_opinion

    fever, cough = (Item(w, REPORT.index(w), REPORT.index(w) + len(w)) for w in ("fever", "cough"))
    # The Llama is equally unsure of all; the gold has what the student has
    rows = [
        Record(str(n), "planted", "en", REPORT, KEYS, {"signs_symptoms": (fever,)})
        for n in range(4)
    ]
    notes: list[list[NoteState]] = [
        NotesExtractor(SCHEMA, model=model(None)).notes(row.text).notes for row in rows
    ]
    monkey = pytest.MonkeyPatch()
    monkey.setattr("training.calibrate_opinion.LoadedStudent", PlantedStudent)
    try:
        settings, tried = calibrate_opinion("planted", rows, notes, KEYS)
        with pytest.raises(InputError, match="more"):
            calibrate_opinion("planted", rows[:1], notes[:1], KEYS)
        with pytest.raises(InputError, match="knows no category 'age'"):
            calibrate_opinion("planted", rows, notes, ("age",))
        wrong = [replace(row, items={"diagnosis": (cough,)}) for row in rows]
        with pytest.raises(InputError, match="nothing to learn"):
            calibrate_opinion("planted", wrong, notes, KEYS)
    finally:
        monkey.undo()
    assert tried[0]["second_opinion"] is False and tried[0]["exact"] < 1
    assert tried[-1]["exact"] == 1.0
    assert settings["weights"][1] > 0 and settings["digest"] == "d"
    settings = OpinionSettings(**{**settings, "weights": tuple(settings["weights"])})
    assert set(found(NotesExtractor(SCHEMA, model=model(settings)))) == {"fever"}
