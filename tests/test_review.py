"""Decisions, the store and gold: nothing is lost, nothing leaks, nothing changes a character."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from elmtex import records
from elmtex.review import Decision, Entry, Store, fold
from elmtex.review.checks import check
from elmtex.review.decisions import next_undo
from elmtex.review.gold import record, to_jsonl
from elmtex.review.store import MEMORY
from elmtex.review.tables import DECISIONS, EXTRACTIONS
from elmtex.schema import load_schema, parse_schema
from elmtex.types import Assertion, Code, ElmtexError, Extraction, InputError, Item

SCHEMA = load_schema("elmtex")
REPORT = "🫀 Herr Müller\r\nkein Fieber, Übelkeit\u2028seit 3 Tagen.\nFieber? \x85 Löfgren\x00"


def span(text: str, assertion: Assertion = "present", nth: int = 0) -> Item:
    start = -1
    for _ in range(nth + 1):
        start = REPORT.index(text, start + 1)
    return Item(text, start, start + len(text), assertion, 0.75)


def model_output() -> Extraction:
    found: dict[str, tuple[Item, ...]] = dict.fromkeys(SCHEMA.keys, ())
    found["signs_symptoms"] = (span("Fieber", "absent"), span("Übelkeit"))
    found["diagnosis"] = (span("Löfgren", "possible"),)
    return Extraction("r", "elmtex", "fake", "ok", (), found)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """SQLite, and the empty PostgreSQL database of ELMTEX_TEST_DATABASE where there is one."""
    url = f"sqlite:///{tmp_path / 'reviews.sqlite'}"
    if request.param == "postgresql":
        url = os.environ.get("ELMTEX_TEST_DATABASE", "")
        if not url:
            pytest.skip("ELMTEX_TEST_DATABASE names no database")
    store = Store(url)
    yield store
    for owner in ("me", "you"):
        store.delete(owner, *(entry.id for entry in store.entries(owner)))
    store.close()


def decide(store: Store, id: str, *decisions: Decision) -> Entry:
    for decision in decisions:
        entry = store.decide("me", id, "Dr. Ö", lambda _, d=decision: d)
    return entry


def undo(store: Store, id: str) -> Entry:
    def latest(entry: Entry) -> Decision:
        taken = next_undo(entry.reviewed)
        assert taken is not None
        return taken

    return store.decide("me", id, "Dr. Ö", latest)


def verdicts(entry: Entry) -> dict[str, str]:
    return {item.id: item.verdict for item in entry.reviewed.items}


def test_nothing_decided_leaves_the_models_document_as_it_is() -> None:
    state = fold(model_output(), ())
    assert state.corrected(model_output()) == model_output()
    assert state.open == 3 and not state.finished
    assert next_undo(state) is None


def test_accept_reject_edit_move_add_and_undo_one_by_one(store: Store) -> None:
    id = store.add("me", "r.txt", REPORT, SCHEMA, extraction=model_output())
    decide(store, id, Decision("accept", ("m1",)), Decision("reject", ("m0",)))
    moved = Item("Löfgren", *_at("Löfgren"), "present")
    decide(store, id, Decision("edit", ("m2",), "comorbidities", moved))
    added = Item("seit 3 Tagen", *_at("seit 3 Tagen"))
    entry = decide(store, id, Decision("add", (), "signs_symptoms", added))
    assert verdicts(entry) == {"m0": "rejected", "m1": "accepted", "m2": "edited", "d4": "added"}
    corrected = entry.corrected.categories
    assert [i.text for i in corrected["signs_symptoms"]] == ["Übelkeit", "seit 3 Tagen"]
    assert corrected["comorbidities"] == (moved,) and corrected["diagnosis"] == ()
    assert {i.confidence for items in corrected.values() for i in items} == {None}
    # What the model said is still there, and everything can be taken back.
    assert entry.extraction == model_output()
    for left in (3, 2, 1, 0):
        entry = undo(store, id)
        assert len(entry.reviewed.standing) == left
    assert entry.corrected == model_output()
    assert [d.action for d in entry.decisions] == [
        *("accept", "reject", "edit", "add"),
        *["undo"] * 4,
    ]
    assert {d.reviewer for d in entry.decisions} == {"Dr. Ö"}
    assert store.get("me", id) == entry


def _at(text: str) -> tuple[int, int]:
    start = REPORT.index(text)
    return start, start + len(text)


def test_an_edit_back_to_the_models_words_is_not_an_edit_and_rejecting_hides_none(
    store: Store,
) -> None:
    id = store.add("me", "r", REPORT, SCHEMA, extraction=model_output())
    other = Item("Löfgren", *_at("Löfgren"), "absent")
    entry = decide(store, id, Decision("edit", ("m2",), "diagnosis", other))
    assert verdicts(entry)["m2"] == "edited"
    entry = decide(store, id, Decision("reject", ("m2",)), Decision("accept", ("m2",)))
    assert verdicts(entry)["m2"] == "edited"
    entry = decide(store, id, Decision("edit", ("m2",), "diagnosis", span("Löfgren", "possible")))
    assert verdicts(entry)["m2"] == "accepted"
    # The same words in another category are an edit.
    entry = decide(store, id, Decision("edit", ("m2",), "pathology", span("Löfgren", "possible")))
    assert verdicts(entry)["m2"] == "edited"


def test_undo_of_an_accepted_category_takes_all_of_it_back(store: Store) -> None:
    id = store.add("me", "r", REPORT, SCHEMA, extraction=model_output())
    assert decide(store, id, Decision("accept", ("m0", "m1"))).reviewed.open == 1
    assert undo(store, id).reviewed.open == 3


@pytest.mark.parametrize(
    "decision",
    [
        Decision("accept"),
        Decision("accept", ("m9",)),
        Decision("add", (), "signs_symptoms", Item("Fieber", 0, 6)),  # other words stand there
        Decision("add", (), "signs_symptoms", Item("x", 0, 10**6)),
        Decision("add", (), "signs_symptoms", Item("x", None, 3)),
        Decision("add", (), "signs_symptoms", Item("  ", None, None)),
        Decision("add", (), "hobbies", Item("Fieber", None, None)),
        Decision("edit", ("m0", "m1"), "diagnosis", Item("x", None, None)),
        Decision("undo", undoes=1),
        Decision("finish"),
    ],
)
def test_a_decision_that_does_not_fit_is_refused_and_not_stored(
    store: Store, decision: Decision
) -> None:
    id = store.add("me", "r", REPORT, SCHEMA, extraction=model_output())
    with pytest.raises(InputError) as refused:
        decide(store, id, decision)
    assert "Fieber" not in str(refused.value)
    assert store.get("me", id).decisions == ()


def test_finishing_needs_every_item_reviewed_and_gold_knows_the_difference(store: Store) -> None:
    id = store.add("me", "r", REPORT, SCHEMA, extraction=model_output())
    assert record(store.get("me", id)) is None
    entry = decide(store, id, Decision("accept", ("m0", "m1")))
    half = record(entry)
    # Diagnosis is open; family history is empty, but nobody has said that nothing was missed.
    assert half is not None and half.labelled == ("signs_symptoms",)
    entry = decide(store, id, Decision("reject", ("m2",)), Decision("finish"))
    whole = record(entry)
    assert whole is not None and whole.labelled == SCHEMA.keys
    assert set(whole.items) == {"signs_symptoms"} and entry.reviewed.finished
    assert not undo(store, id).reviewed.finished


def test_a_change_after_the_end_opens_a_review_again(store: Store) -> None:
    id = store.add("me", "r", REPORT, SCHEMA, extraction=model_output())
    decide(store, id, Decision("accept", ("m0", "m1", "m2")), Decision("finish"))
    edited = Item("Löfgren", *_at("Löfgren"), "present")
    for change in (
        Decision("reject", ("m0",)),
        Decision("accept", ("m0",)),
        Decision("edit", ("m2",), "diagnosis", edited),
        Decision("add", (), "age", Item("seit 3 Tagen", *_at("seit 3 Tagen"))),
    ):
        entry = decide(store, id, change)
        assert not entry.reviewed.finished and not entry.reviewed.review_state.finished
        assert not {line.id: line for line in store.lines("me")}[id].finished
        assert "family_history" not in record(entry).labelled  # nobody says that nothing was missed
        assert decide(store, id, Decision("finish")).reviewed.finished
        # Whoever takes the change back is where the review had ended.
        undo(store, id)
        assert undo(store, id).reviewed.finished


def test_who_finishes_a_review_gives_a_name(store: Store) -> None:
    id = store.add("me", "r", REPORT, SCHEMA, extraction=model_output())
    for name in ("", "  ", "\u200b"):
        store.decide("me", id, name, lambda _: Decision("accept", ("m0", "m1", "m2")))
        with pytest.raises(InputError, match="name"):
            store.decide("me", id, name, lambda _: Decision("finish"))
    assert not store.get("me", id).reviewed.finished
    assert decide(store, id, Decision("finish")).reviewed.finished


def test_gold_comes_back_without_a_changed_character(store: Store, tmp_path: Path) -> None:
    id = store.add("me", "r", REPORT, SCHEMA, extraction=model_output())
    free = Item("ohne Beleg 🤒\r\n", None, None, "possible")
    decide(store, id, Decision("accept", ("m0", "m1", "m2")))
    entry = decide(store, id, Decision("add", (), "life_style", free), Decision("finish"))
    path = tmp_path / "gold.jsonl"
    path.write_bytes(to_jsonl([entry]).encode("utf-8"))
    (back,) = records.load(path)
    assert back.text == REPORT and back == record(entry) and back.lang == "de"
    for items in back.items.values():
        assert all(i.start is None or REPORT[i.start : i.end] == i.text for i in items)
    assert back.items["life_style"] == (free,)
    again = tmp_path / "again.jsonl"
    records.write(again, [back])
    assert again.read_bytes() == path.read_bytes()


def test_another_owner_sees_changes_and_deletes_nothing(store: Store) -> None:
    id = store.add("me", "r", REPORT, SCHEMA, extraction=model_output(), batch="b")
    assert store.entries("you") == []
    for attempt in (
        lambda: store.get("you", id),
        lambda: store.decide("you", id, "", lambda _: Decision("accept", ("m0",))),
        lambda: store.extracted("you", id, model_output()),
    ):
        with pytest.raises(InputError):
            attempt()
    store.delete("you", id)
    assert store.get("me", id).text == REPORT


def test_deleting_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "reviews.sqlite"
    store = Store(f"sqlite:///{file}")
    kept = store.add("me", "kept", "Quokka", SCHEMA)
    text = "Zyxwvut " * 5000  # pages of its own
    id = store.add("me", "Zyxwvut.txt", text, SCHEMA, extraction=model_output())
    decide(store, id, Decision("add", (), "age", Item("Zyxwvut", 0, 7)))
    assert b"Zyxwvut" in file.read_bytes()
    store.delete("me", id)
    store.close()
    for path in tmp_path.iterdir():
        assert b"Zyxwvut" not in path.read_bytes(), path.name
    assert store.get("me", kept).text == "Quokka"
    with sqlite3.connect(file) as raw:
        assert raw.execute("select count(*) from elmtex_decisions").fetchone() == (0,)


def test_nothing_is_written_about_a_report_that_is_deleted_at_that_moment(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = Store.get

    def gone_after_the_look(self: Store, owner: str, id: str) -> Entry:
        entry = looked(self, owner, id)
        self.delete(owner, id)
        return entry

    read = store.add("me", "r", REPORT, SCHEMA, extraction=model_output())
    waiting = store.add("me", "r", REPORT, SCHEMA)
    monkeypatch.setattr(Store, "get", gone_after_the_look)
    with pytest.raises(InputError):
        decide(store, read, Decision("accept", ("m0",)))
    with pytest.raises(InputError):
        store.extracted("me", waiting, model_output())
    with store._reading() as connection:
        for table in (EXTRACTIONS, DECISIONS):
            assert connection.execute(table.select()).all() == []


def test_only_its_user_may_read_the_file(tmp_path: Path) -> None:
    Store(f"sqlite:///{tmp_path / 'reviews.sqlite'}")
    assert (tmp_path / "reviews.sqlite").stat().st_mode & 0o077 == 0


def test_a_killed_process_loses_no_decision_that_was_answered(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'reviews.sqlite'}"
    id = Store(url).add("me", "r", REPORT, SCHEMA, extraction=model_output())
    program = (
        "import os, sys\n"
        "from elmtex.review import Decision, Store\n"
        f"store = Store({url!r})\n"
        f"store.decide('me', {id!r}, 'x', lambda _: Decision('reject', ('m0',)))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], timeout=60)
    assert ended.returncode == -9
    assert verdicts(Store(url).get("me", id))["m0"] == "rejected"


def test_eight_people_decide_at_once_and_every_decision_has_its_number(store: Store) -> None:
    id = store.add("me", "r", REPORT, SCHEMA, extraction=model_output())
    faults: list[Exception] = []

    def click() -> None:
        try:
            for _ in range(3):
                decide(store, id, Decision("accept", ("m0",)))
        except ElmtexError as error:
            faults.append(error)

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [d.number for d in store.get("me", id).decisions] == list(range(1, 25))


def test_readers_undo_no_writer_in_memory() -> None:
    store = Store(MEMORY)
    ids = [store.add("me", "r", REPORT, SCHEMA, extraction=model_output()) for _ in range(40)]
    faults: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                store.entries("me")
        except Exception as error:
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for id in ids[:20]:
        decide(store, id, Decision("accept", ("m0",)))
        store.delete("me", id)
    for id in ids[20:]:
        decide(store, id, Decision("accept", ("m0",)))
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    kept = store.entries("me")
    assert {entry.id for entry in kept} == set(ids[20:])
    assert {len(entry.decisions) for entry in kept} == {1}


def test_a_batch_keeps_its_order_and_its_first_answers(store: Store) -> None:
    names = [f"{n}.txt" for n in range(12)]
    ids = [
        store.add("me", name, "t", SCHEMA, batch="b", position=n) for n, name in enumerate(names)
    ]
    assert [entry.name for entry in store.entries("me", batch="b")] == names
    store.extracted("me", ids[3], model_output())
    later = Extraction("r", "elmtex", "other", "ok", (), dict.fromkeys(SCHEMA.keys, ()))
    store.extracted("me", ids[3], later)
    assert [e.extraction for e in store.entries("me", batch="b") if e.extraction] == [
        model_output()
    ]
    assert store.entries("me", batch="") == []


def test_a_failed_answer_gives_way_until_somebody_decides_about_it(store: Store) -> None:
    nothing = dict.fromkeys(SCHEMA.keys, ())
    failed, worse = (
        Extraction("r", "elmtex", "", "failed", (why,), nothing) for why in ("no memory", "none")
    )
    id = store.add("me", "r", REPORT, SCHEMA, extraction=failed)
    for answer in (worse, model_output()):
        store.extracted("me", id, answer)
        assert store.get("me", id).extraction == answer
    store.extracted("me", id, worse)
    assert store.get("me", id).extraction == model_output()
    judged = store.add("me", "r", REPORT, SCHEMA, extraction=failed)
    decide(store, judged, Decision("add", (), "signs_symptoms", span("Übelkeit")))
    store.extracted("me", judged, model_output())
    assert store.get("me", judged).extraction == failed


def test_chosen_codes_and_a_schema_of_ones_own_come_back(store: Store) -> None:
    own = load_schema("medication")
    coded = Item("Fieber", *_at("Fieber"), codes=(Code("urn:x", "R50.9", "Fever", 0.9),))
    empty = Extraction("r", own.name, "m", "ok", (), dict.fromkeys(own.keys, ()))
    id = store.add("me", "r", REPORT, own, extraction=empty)
    decide(store, id, Decision("add", (), own.keys[0], coded))
    entry = store.get("me", id)
    assert entry.schema.keys == own.keys and entry.schema.document == own.document
    assert entry.corrected.categories[own.keys[0]] == (coded,)


def test_a_broken_database_never_quotes_a_report(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "reviews.sqlite"
    store = Store(f"sqlite:///{file}")
    with sqlite3.connect(file) as raw:
        raw.execute("drop table elmtex_reports")
    with pytest.raises(ElmtexError) as broken:
        store.add("me", "r", "Zyxwvut", SCHEMA)
    assert "Zyxwvut" not in str(broken.value) + caplog.text
    assert broken.value.__cause__ is None and broken.value.__suppress_context__
    with pytest.raises(InputError) as refused:
        Store("postgresql://me:hunter2@127.0.0.1:1/x")
    assert "hunter2" not in str(refused.value)


def test_checking_needs_no_store() -> None:
    state = fold(model_output(), ())
    check(
        Decision("add", (), "age", Item("seit 3 Tagen", *_at("seit 3 Tagen"))),
        REPORT,
        state,
        SCHEMA,
    )


def test_a_schema_stored_by_an_earlier_version_says_what_its_categories_are_in_fhir(
    store: Store,
) -> None:
    properties = {
        key: {name: value for name, value in spec.items() if name not in ("x-fhir", "items")}
        for key, spec in SCHEMA.document["properties"].items()
    }
    earlier = parse_schema(json.dumps({**SCHEMA.document, "properties": properties}), "elmtex")
    assert earlier.category("diagnosis").fhir.resource == "Observation"
    id = store.add("me", "r", REPORT, earlier, extraction=model_output())
    assert store.get("me", id).schema == SCHEMA
    part = SCHEMA.subset(("age",))
    id = store.add("me", "r", REPORT, part)
    assert store.get("me", id).schema.keys == ("age",)
