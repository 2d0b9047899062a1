"""The tab that learns: what it says and does while a lesson is under way and after it, for each user alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import SCHEMA, FakeExtractor, Modelless, Reader, extraction, item
from test_adaptations import add

from elmtex.adaptations import Adaptations, Counts, Figures, Version, schema_key
from elmtex.adaptations.learn import Step
from elmtex.review import Decision, Store
from elmtex.review.store import MEMORY
from elmtex.schema import CategorySchema, load_schema
from elmtex.types import ElmtexError, InputError, Record
from elmtex.web.adapted import Adapted
from elmtex.web.controller import PageController
from elmtex.web.learn_tab.learning import Learning, Reviewed, State, candidate
from elmtex.web.learn_tab.render import said_html, versions_html
from elmtex.web.locale.messages import ENGLISH, GERMAN

KEY = schema_key(SCHEMA)
OTHER = load_schema("medication")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def store() -> Store:
    """Of "me": three finished reviews and an open one of SCHEMA, one finished of medication; of "you" a finished one."""
    store = Store(MEMORY)
    for number in range(4):
        review(store, "me", f"Fever {number}.", finished=number < 3)
    review(store, "me", "Aspirin.", OTHER)
    review(store, "you", "Fever.")
    return store


def review(
    store: Store, owner: str, text: str, schema: CategorySchema = SCHEMA, finished: bool = True
) -> None:
    found = extraction(signs_symptoms=(item(text, "Fever"),)) if schema is SCHEMA else None
    id = store.add(
        owner, "r", text, schema, extraction=found or FakeExtractor(schema).extract(text)
    )
    for decision in (Decision("accept", ("m0",)), Decision("finish")):
        if finished and (found or decision.action == "finish"):
            store.decide(owner, id, "Dr. Ö", lambda _, d=decision: d)


class Taught:
    """A lesson that waits to be let go, and does what it is told then."""

    def __init__(self, records: list[Record], schema: CategorySchema, kept: Adaptations) -> None:
        self.records, self.schema, self.kept = records, schema, kept
        self.go, self.began = threading.Event(), threading.Event()
        self.error: Exception | None = None
        self.stopped = False

    def run(self, told: Callable[[Step], None]) -> Version | None:
        told(Step("train", 2, 9))
        self.began.set()
        assert self.go.wait(20)
        if self.error:
            raise self.error
        return None if self.stopped else self.kept.get(add(self.kept, schema=self.schema))

    def stop(self) -> None:
        self.stopped = True
        self.go.set()


@pytest.fixture
def lessons() -> Iterator[list[Taught]]:
    made: list[Taught] = []
    yield made
    for lesson in made:
        lesson.go.set()


@pytest.fixture
def learning(store: Store, lessons: list[Taught]) -> Learning:
    def make(records: Any, schema: CategorySchema, kept: Adaptations) -> Taught:
        lessons.append(Taught(records, schema, kept))
        return lessons[-1]

    return Learning(store, make)


def until(learning: Learning, owner: str, phase: str) -> State:
    for _ in range(400):
        if learning.state(owner).phase == phase:
            return learning.state(owner)
        threading.Event().wait(0.02)
    raise AssertionError(learning.state(owner))


def test_a_lesson_learns_from_the_owners_finished_reviews_of_the_schema(
    learning: Learning, lessons: list[Taught]
) -> None:
    known = [(one.schema.name, one.finished) for one in learning.reviewed("me")]
    assert known == [(SCHEMA.name, 3), ("medication", 1)]
    learning.begin("me", KEY)
    (lesson,) = lessons
    assert sorted(r.text for r in lesson.records) == [f"Fever {n}." for n in range(3)]
    assert lesson.schema == SCHEMA
    assert until(learning, "me", "running").step == Step("train", 2, 9)
    with pytest.raises(InputError, match="is being made already"):
        learning.begin("me", KEY)
    learning.begin("you", KEY)  # takes its turn
    assert learning.state("you").phase == "waiting" and not lessons[1].began.is_set()
    lesson.go.set()
    until(learning, "me", "done")
    assert len(Adaptations("me").versions(SCHEMA)) == 1 and not Adaptations("you").versions()
    assert lessons[1].began.wait(20)


def test_a_lesson_is_stopped_and_another_begun(learning: Learning, lessons: list[Taught]) -> None:
    learning.begin("me", KEY)
    learning.stop("me")
    assert learning.state("me").phase == "stopped" and lessons[0].stopped
    learning.begin("me", KEY)
    lessons[1].go.set()
    until(learning, "me", "done")
    learning.stop("me")  # nothing is under way
    assert learning.state("me").phase == "done"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ElmtexError("the memory was full"), "the memory was full"),
        (ValueError("Fever 1."), "ValueError"),
    ],
)
def test_why_a_lesson_failed_is_said_without_a_reports_words(
    learning: Learning, lessons: list[Taught], error: Exception, said: str
) -> None:
    learning.begin("me", KEY)
    lessons[0].error = error
    lessons[0].go.set()
    state = until(learning, "me", "failed")
    assert state.said == said
    shown = Reader(said_html(Reviewed(KEY, SCHEMA, 3), state, None, ENGLISH)).text
    assert f"the model is as it was: {said}" in shown


def test_who_has_no_place_or_no_reviews_learns_nothing(learning: Learning) -> None:
    with pytest.raises(InputError, match="cookies"):
        learning.begin("session:x", KEY)
    for owner, key in (("nobody", KEY), ("me", "no schema")):
        with pytest.raises(InputError, match="no review of this schema"):
            learning.begin(owner, key)


@pytest.mark.parametrize("words", [ENGLISH, GERMAN])
def test_the_tab_says_what_was_learnt_and_what_is_in_use(data: Path, words: Any) -> None:
    kept, reviewed = Adaptations("me"), Reviewed(KEY, SCHEMA, 3)
    assert words.learn.no_reviews in Reader(said_html(None, State(), None, words)).text
    few = Reader(said_html(Reviewed(KEY, SCHEMA, 2), State(), None, words)).text
    assert words.learn.too_few.format(least=3) in few
    step = State("running", KEY, Step("train", 2, 9))
    html = said_html(reviewed, step, None, words)
    assert 'value="2" max="9"' in html and words.learn.stages["train"] in Reader(html).text
    one, two = add(kept, schema=SCHEMA), add(kept, schema=SCHEMA)
    new = candidate(kept.versions())
    assert new is not None and new.id == two
    shown = Reader(said_html(reviewed, State("done", KEY), new, words)).text
    assert words.learn.measured.format(learnt=2, held_out=2) in shown and "40 %" in shown
    assert words.learn.changes not in shown  # of a version made before categories were counted
    figures = Figures(new.before.exact, new.before.relaxed, {SCHEMA.keys[0]: Counts(3, 1, 2)})
    counted = replace(new, before=figures)
    shown = Reader(said_html(reviewed, State("done", KEY), counted, words)).text
    assert SCHEMA.categories[0].title_in(words.lang) in shown and "3 → 0" in shown
    assert SCHEMA.categories[1].title_in(words.lang) not in shown
    kept.use(two)
    assert candidate(kept.versions()) is None and candidate([]) is None
    table = Reader(versions_html(kept.versions(), words)).text
    assert table.count(words.learn.in_use) == 1 and table.count("40 %") == 4
    kept.delete(two)
    assert [v.id for v in kept.versions()] == [one] and not versions_html([], words)


def test_reports_are_read_with_the_version_that_their_owner_chose(data: Path) -> None:
    kept = Adaptations("me")
    kept.use(add(kept, schema=SCHEMA))
    opened: list[Path] = []

    def open_folder(schema: CategorySchema, folder: Path) -> FakeExtractor:
        opened.append(folder)
        return FakeExtractor(schema, model_name="adapted")

    page = FakeExtractor(SCHEMA)
    adapted = Adapted(page, open_folder)
    assert adapted.extractor_for(None, "me").model_name == "adapted"
    assert adapted.extractor_for(SCHEMA, "me").model_name == "adapted"
    assert opened == [v.folder for v in kept.versions()]  # once
    for schema, owner in ((None, "you"), (None, ""), (OTHER, "me")):
        assert adapted.extractor_for(schema, owner).model_name == "fake-1"
    one = kept.versions()[0].folder
    for _ in range(3):
        kept.use(add(kept, schema=SCHEMA))
        adapted.extractor_for(None, "me")
    kept.use(one.name)
    adapted.extractor_for(None, "me")
    assert opened.count(one) == 2  # it was no longer in memory
    kept.roll_back(SCHEMA)
    (kept.in_use(SCHEMA) or pytest.fail()).folder.joinpath("record.json").write_text("{")
    with pytest.raises(ElmtexError, match="damaged"):
        adapted.extractor_for(None, "me")


def test_the_page_reads_with_it_and_says_when_it_is_damaged(data: Path) -> None:
    controller = PageController(FakeExtractor(SCHEMA))
    controller.adapted._open = lambda schema, folder: FakeExtractor(schema, model_name="adapted")
    kept = Adaptations("user:me")
    kept.use(add(kept, schema=SCHEMA))

    def read(owner: str) -> Any:
        begun = controller.begin("He has fever.", "en", owner=owner)
        return list(controller.run("s", begun.state, "en", owner))[-1].state

    assert read("user:me").extraction.model == "adapted"
    assert read("user:you").extraction.model == "fake-1"
    (kept.versions()[0].folder / "record.json").write_text("{")
    state = read("user:me")
    assert state.phase == "failed" and "damaged" in state.reason


def test_the_page_has_the_tab_and_a_space_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gradio", reason="the page needs gradio")
    from elmtex.web.server import build

    def visible() -> bool:
        page = build(Modelless, database=f"sqlite:///{tmp_path / 'r.sqlite'}", others={})
        found = [c["props"] for c in page.config["components"] if c["type"] == "tabitem"]
        return bool(next(props for props in found if props.get("id") == "learn")["visible"])

    assert visible()
    monkeypatch.setenv("SPACE_ID", "x")
    assert not visible()
