"""The store under faults: damaged records and files, other processes, what SQLite leaves behind."""

from __future__ import annotations

import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_review import REPORT, SCHEMA, model_output, span

from elmtex.review import Decision, Store
from elmtex.review import sqlite as set_up_of_sqlite
from elmtex.review.faults import BUSY, DAMAGED, DAMAGED_RECORD, FULL, BusyError
from elmtex.review.line import line_of
from elmtex.review.rows import read_schema
from elmtex.review.tables import LINES, sa
from elmtex.schema import load_schema
from elmtex.types import ElmtexError, Extraction, InputError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "reviews.sqlite"


def opened(file: Path) -> Store:
    return Store(f"sqlite:///{file}")


def filled(file: Path) -> tuple[Store, dict[str, str]]:
    """A store with a report in every state, by name."""
    store, own = opened(file), load_schema("medication")
    nothing: dict[str, Any] = dict.fromkeys(SCHEMA.keys, ())
    failed = Extraction("r", "elmtex", "", "failed", ("no memory",), nothing)
    ids = {
        "judged": store.add("me", "judged", REPORT, SCHEMA, extraction=model_output()),
        "waiting": store.add("me", "waiting", REPORT, own, batch="b"),
        "failed": store.add("me", "failed", REPORT, SCHEMA, extraction=failed, batch="b"),
        "broken": store.add(
            "me", "broken", "", SCHEMA, batch="b", problem="broken", note="damaged"
        ),
        "open": store.add("me", "open", REPORT, SCHEMA, batch="b"),
    }
    store.add("you", "yours", REPORT, SCHEMA)
    store.extracted("me", ids["open"], model_output())
    for decision in (Decision("reject", ("m0",)), Decision("accept", ("m1", "m2"))):
        store.decide("me", ids["judged"], "Dr. Ö", lambda _, d=decision: d)
    return store, ids


def test_the_id_columns_of_a_table_are_stored(file: Path) -> None:
    with_ids = opened(file).add("me", "1", REPORT, SCHEMA, source={"patient_id": "007"})
    assert opened(file).get("me", with_ids).source == {"patient_id": "007"}
    without = opened(file).add("me", "2", REPORT, SCHEMA)
    assert opened(file).get("me", without).source == {}


def test_a_packaged_schema_of_an_earlier_version_is_the_present_one() -> None:
    earlier = json.loads(json.dumps(SCHEMA.document))
    for spec in earlier["properties"].values():
        spec["items"]["properties"].pop("mentions")
        spec["x-fhir"].pop("section", None)
    for spec in earlier["x-attributes"].values():
        spec.pop("x-fhir", None)
    earlier["x-attributes"]["status"].pop("x-value")
    assert read_schema(json.dumps({"name": SCHEMA.name, "document": earlier})) == SCHEMA


def test_lists_say_what_the_reviews_say_and_load_no_words(file: Path) -> None:
    store, ids = filled(file)
    asked: list[str] = []
    sa.event.listen(
        store._engine, "before_cursor_execute", lambda *args: asked.append(args[2].lower())
    )
    lines = store.lines("me")
    assert asked
    for statement in asked:
        assert not any(column in statement for column in ("content", "document", "decision,"))
    assert lines == [line_of(entry) for entry in store.entries("me")]
    assert [line.id for line in store.lines("me", batch="b")] == [*ids.values()][1:]
    assert [line.name for line in store.lines("you")] == ["yours"]
    by_name = {line.name: line for line in lines}
    judged = by_name["judged"]
    assert (judged.items, judged.kept, judged.open, judged.decisions) == (3, 2, 0, 2)
    assert by_name["open"].confidence == 0.75 and by_name["open"].open == 3
    assert [line.name for line in lines if line.waits] == ["waiting", "failed"]
    assert {schema.name for schema in store.schemas("me")} == {"elmtex", "medication"}
    # Of a report that came twice the digest is the same; of another schema it is another report.
    again = store.add("me", "judged", REPORT, SCHEMA)
    twice = {line.id: line for line in store.lines("me")}[again]
    assert (twice.digest, twice.schema) == (judged.digest, judged.schema)
    assert by_name["waiting"].schema != judged.schema


def test_a_database_without_lines_is_listed_all_the_same(file: Path) -> None:
    store, _ = filled(file)
    before = store.lines("me")
    store.close()
    with sqlite3.connect(file) as raw:
        raw.execute("drop table elmtex_lines")
    store = opened(file)
    assert store.lines("me") == before
    with store._reading() as connection:
        assert len(connection.execute(LINES.select()).all()) == len(before)


RECORDS = [
    ("elmtex_reports", "id", "content"),
    ("elmtex_reports", "id", "schema"),
    ("elmtex_extractions", "report", "document"),
    ("elmtex_decisions", "report", "decision"),
]


@pytest.mark.parametrize("value", ['{"Zyxwvut', "", b"\xff\xfeZyxwvut"])
@pytest.mark.parametrize(("table", "key", "column"), RECORDS)
def test_a_damaged_record_hides_no_other(
    file: Path, table: str, key: str, column: str, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store, ids = filled(file)
    before = {line.name: line for line in store.lines("me")}
    with sqlite3.connect(file) as raw:
        stored = sqlite3.Binary(value) if isinstance(value, bytes) else value
        raw.execute(
            f"update {table} set {column}=cast(? as text) where {key}=?", (stored, ids["judged"])
        )
    entries = store.entries("me")
    assert [entry.id for entry in entries] == [*ids.values()]
    assert [e.problem for e in entries] == [DAMAGED_RECORD, "", "", "broken", ""]
    after = {line.id: line for line in store.lines("me")}
    assert after[ids["judged"]].status == "unreadable"
    others = [line for line in after.values() if line.id != ids["judged"]]
    assert others == [line for name, line in before.items() if name != "judged"]
    with pytest.raises(InputError, match="damaged"):
        store.decide("me", ids["judged"], "Dr. Ö", lambda _: Decision("reject", ("m0",)))
    assert "Zyx" not in caplog.text
    store.delete("me", ids["judged"])
    assert len(store.lines("me")) == 4


def test_what_is_damaged_while_nothing_runs_is_listed_so_at_the_next_start(file: Path) -> None:
    store, ids = filled(file)
    store.close()
    with sqlite3.connect(file) as raw:
        raw.execute("update elmtex_extractions set document='{' where report=?", (ids["judged"],))
        raw.execute("update elmtex_lines set rest='{' where report=?", (ids["open"],))
    by_name = {line.name: line for line in opened(file).lines("me")}
    assert by_name["judged"].status == "unreadable" and by_name["judged"].note == "record"
    assert by_name["open"].items == 3  # what a list shows can be made again


def damage(file: Path) -> None:
    """Overwrite all pages but the first."""
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xa5" * (size - 4096))


def test_a_malformed_database_is_called_one(file: Path) -> None:
    store, ids = filled(file)
    damage(file)
    store.close()  # and with it the pages it remembers
    for ask in (
        lambda: store.entries("me"),
        lambda: store.lines("me"),
        lambda: store.add("me", "r", "Zyxwvut", SCHEMA),
        lambda: store.delete("me", ids["open"]),
    ):
        with pytest.raises(ElmtexError) as refused:
            ask()
        assert str(refused.value) == DAMAGED and not isinstance(refused.value, BusyError)
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(InputError, match="damaged, and reviews may be lost"):
        opened(file)


def test_a_database_that_another_process_holds_is_busy_and_then_answers(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_up_of_sqlite, "PATIENCE", 0.05)
    store, ids = filled(file)
    with sqlite3.connect(file) as other:
        other.execute("begin immediate")
        assert len(store.lines("me")) == 5  # reading continues
        with pytest.raises(BusyError, match=BUSY):
            store.delete("me", ids["open"])
    store.delete("me", ids["open"])
    assert len(store.lines("me")) == 4


def test_a_full_disk_is_told(file: Path) -> None:
    store = opened(file)
    with store._reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=40")
    with pytest.raises(ElmtexError, match=FULL):
        store.add("me", "r", "Zyxwvut" * 100_000, SCHEMA)


DECIDER = """
import sys
from elmtex.review import Decision, Store
store = Store(sys.argv[1])
for _ in range(8):
    for id in sys.argv[2:]:
        store.decide("me", id, "x", lambda _: Decision("accept", ("m0",)))
"""


def test_processes_on_one_database_lose_no_decision(file: Path) -> None:
    store = opened(file)
    ids = [store.add("me", "r", REPORT, SCHEMA, extraction=model_output()) for _ in range(2)]
    arguments = [sys.executable, "-c", DECIDER, f"sqlite:///{file}", *ids]
    processes = [subprocess.Popen(arguments) for _ in range(3)]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    for entry in store.entries("me"):
        assert [d.number for d in entry.decisions] == list(range(1, 25))
    assert {line.decisions for line in store.lines("me")} == {24}


def test_the_journal_keeps_nothing_of_a_deletion_that_a_kill_came_after(file: Path) -> None:
    journal = file.with_name("reviews.sqlite-journal")
    store = opened(file)
    id = store.add("me", "r", "Zyxwvut " * 5000, SCHEMA)
    store.close()
    program = (
        "import os, sys\n"
        "from elmtex.review import Store\n"
        "store = Store(sys.argv[1])\n"
        "store._overwrite_journal = lambda: os.kill(os.getpid(), 9)\n"
        "store.delete('me', sys.argv[2])\n"
    )
    arguments = [sys.executable, "-c", program, f"sqlite:///{file}", id]
    assert subprocess.run(arguments, timeout=60).returncode == -signal.SIGKILL
    assert b"Zyxwvut" in journal.read_bytes()  # or this would prove nothing
    assert opened(file).entries("me") == []
    assert b"Zyxwvut" not in journal.read_bytes() + file.read_bytes()


def test_a_transaction_that_was_killed_is_rolled_back_without_removing_its_journal(
    file: Path,
) -> None:
    journal = file.with_name("reviews.sqlite-journal")
    store = opened(file)
    id = store.add("me", "r", "Zyxwvut " * 5000, SCHEMA)
    store.close()
    journal.unlink()
    program = (
        "import os, sqlite3, sys\n"
        "raw = sqlite3.connect(sys.argv[1])\n"
        "for pragma in ('journal_mode=PERSIST', 'secure_delete=ON', 'cache_size=1'):\n"
        "    raw.execute(f'PRAGMA {pragma}')\n"
        "raw.execute('delete from elmtex_reports')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(file)], timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert b"Zyxwvut" in journal.read_bytes()
    place = journal.stat().st_ino
    store = opened(file)
    assert store.get("me", id).text == "Zyxwvut " * 5000
    assert journal.stat().st_ino == place  # not removed: its blocks would keep the words
    store.delete("me", id)
    assert b"Zyxwvut" not in journal.read_bytes() + file.read_bytes()


def test_what_is_stored_is_ascii(file: Path) -> None:
    """By which a damaged character is told."""
    filled(file)
    with sqlite3.connect(file) as raw:
        for table, _, column in RECORDS:
            for (value,) in raw.execute(f"select {column} from {table}"):
                assert value.isascii() and json.loads(value)


def test_only_its_user_may_read_the_journal(file: Path) -> None:
    store, _ = filled(file)
    store.close()
    journal = file.with_name("reviews.sqlite-journal")
    assert journal.stat().st_mode & 0o077 == 0
    assert os.fspath(set_up_of_sqlite.journal_of(str(file))) == os.path.realpath(journal)


def test_an_item_of_ones_own_counts_in_the_list(file: Path) -> None:
    store, ids = filled(file)
    added = Decision("add", (), "age", span("Fieber"))
    store.decide("me", ids["open"], "Dr. Ö", lambda _: added)
    line = {line.id: line for line in store.lines("me")}[ids["open"]]
    assert (line.items, line.open, line.decisions) == (4, 3, 1) and "age" in line.categories
