"""Many reports on the page: read in, extracted one after the other, gone on with after a stop or a restart."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import SCHEMA, Modelless, extraction, item

from elmtex import records
from elmtex.readers.text_files import Report
from elmtex.review import Store
from elmtex.review.faults import BUSY, DAMAGED, DAMAGED_RECORD, SILENT, BusyError
from elmtex.schema import CategorySchema, load_schema
from elmtex.types import ElmtexError, Progress
from elmtex.web.batch_tab import batch as batch_module
from elmtex.web.batch_tab.render import PREVIEW, preview
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH, GERMAN
from elmtex.web.report_tab.exports import files_of
from elmtex.web.state import SessionState, View
from elmtex.web.templating import escape


class Fevers(Modelless):
    """Finds ``fever``; a report with BOOM breaks it, quoting the report."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.broken = True

    def stream(self, report: str) -> Iterator[Progress]:
        self.seen.append(report)
        if "BOOM" in report and self.broken:
            raise ValueError(report)
        found = (item(report, "fever"),) if "fever" in report else ()
        yield Progress(extraction(signs_symptoms=found), 1, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def put(folder: Path, **files: str) -> list[str]:
    paths = []
    for name, text in files.items():
        path = folder / f"{name}.txt"
        path.write_bytes(text.encode())
        paths.append(str(path))
    return paths


def take(
    controller: PageController, paths: list[str], owner: str = "me", lang: str = "en", box: str = ""
) -> View:
    return controller.take(paths, SessionState(), lang, owner, box=box)


def run(controller: PageController, owner: str = "me", session: str = "s") -> str:
    return list(controller.run_batch(session, SessionState(), "en", owner))[-1]


def test_one_file_goes_into_the_box_and_keeps_its_line_ends(folder: Path) -> None:
    controller, text = PageController(Fevers()), "🫀 no\r\nfever\r\n"
    paths = put(folder, letter=text)
    screen = take(controller, paths)
    assert "letter.txt: 13 characters were read" in screen.notice and screen.batch is None
    assert screen.box == text
    assert not Path(paths[0]).exists()  # the page's copy is gone
    # The browser's box gives LF back; what is extracted and kept is the file's text.
    begun = controller.begin(text.replace("\r\n", "\n"), "en", screen.state.source, "me")
    final = list(controller.run("s", begun.state, "en", "me"))[-1]
    assert final.state.entry is not None
    assert final.state.entry.text == text and final.state.entry.name == "letter.txt"
    assert final.state.entry.reviewed.items[0].item.start == 6
    # Text that was changed in the box is another text.
    other = controller.begin("no fever", "en", screen.state.source, "me")
    assert other.state.report == "no fever" and other.state.source is None


def test_a_file_that_cannot_be_read_says_so(folder: Path) -> None:
    screen = take(PageController(Fevers()), put(folder, empty=" "))
    assert ENGLISH.batch.not_read.format(why="empty.txt holds no text") in screen.notice
    assert ENGLISH.batch.still_there not in screen.notice  # nothing stood there
    screen = take(PageController(Fevers()), put(folder, empty=" "), lang="de")
    assert GERMAN.batch.not_read.format(why="empty.txt enthält keinen Text") in screen.notice


def test_a_file_that_cannot_be_read_leaves_no_earlier_file_in_the_box(folder: Path) -> None:
    controller, text = PageController(Fevers()), "Patient A\r\nfever\r\n"
    first = take(controller, put(folder, a=text)).state
    box = text.replace("\r\n", "\n")
    for phase in ("empty", "finished"):
        shown = SessionState(phase, source=first.source)
        screen = controller.take(put(folder, b=" "), shown, "en", "me", box=box)
        assert screen.box == "" and screen.state.source is None and screen.editing
    # What was typed, or typed over a file's text, is nobody's to take away.
    for shown, typed in ((SessionState(), "typed"), (first, f"{box}typed"), (first, "typed")):
        screen = controller.take(put(folder, b=" "), shown, "en", "me", box=typed)
        assert screen.box is None and ENGLISH.batch.still_there in screen.notice
    # Many reports go elsewhere: the file in the box is still that file.
    many = controller.take(put(folder, c="c", d="d"), first, "en", "me", box=box)
    assert many.box is None and many.state.source == first.source


def test_windows_1252_is_said_in_the_box_and_in_the_table(folder: Path) -> None:
    controller = PageController(Fevers())
    (folder / "a.txt").write_bytes("Übelkeit, fever".encode("cp1252"))
    screen = take(controller, [str(folder / "a.txt")], lang="de")
    assert screen.box == "Übelkeit, fever" and GERMAN.batch.notes["recoded"] in screen.notice
    (folder / "a.txt").write_bytes("Übelkeit, fever".encode("cp1252"))
    many = take(controller, [str(folder / "a.txt"), *put(folder, b="fever ü", c=" ")]).batch or ""
    assert many.count(ENGLISH.batch.notes["recoded"]) == 1 and "c.txt holds no text" in many
    german = controller.render_batch(SessionState(), "de", "me")
    assert german.count(GERMAN.batch.notes["recoded"]) == 1
    assert "c.txt enthält keinen Text" in german


def test_what_waits_already_is_not_listed_twice(folder: Path) -> None:
    controller = PageController(Fevers())
    first = put(folder, a="fever a", b="fever b", empty=" ")
    many = take(controller, [*first, first[0]]).batch or ""
    assert "Read from the files: 2 reports." in many and "Not readable: 1." in many
    assert ENGLISH.batch.copies.format(count=1) in many
    again = put(folder, a="fever a", b="fever B", empty=" ")
    many = take(controller, again).batch or ""
    assert "Read from the files: 1 report." in many and "Not readable" not in many
    assert ENGLISH.batch.copies.format(count=2) in many
    assert [e.name for e in controller.batch.entries("me")].count("a.txt") == 1
    # It is another owner's first, and nothing that is done waits.
    assert "Left out" not in (
        take(controller, put(folder, a="fever a", b="fever b"), "you").batch or ""
    )
    run(controller)
    assert "Left out" not in (take(controller, put(folder, a="fever a", b="fever b")).batch or "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no\n fever", "no fever"),
        ("x" * PREVIEW, "x" * PREVIEW),
        ("paracetamol as needed " * 9, "paracetamol as needed " * 4 + "…"),
        ("x" * 200, "x" * PREVIEW + "…"),
        (f"fever{' ' * 300}cough", "fever…"),
        ("", ""),
    ],
)
def test_a_preview_ends_with_a_word(text: str, shown: str) -> None:
    assert preview(text) == shown.replace(" …", "…") and len(preview(text)) <= PREVIEW + 1


def test_twelve_files_two_of_them_broken(
    folder: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    controller = PageController(Fevers())
    texts = {f"r{n:02}": f"Zyxwvut {n} has fever" for n in range(10)}
    screen = take(controller, put(folder, **texts, x_boom="Zyxwvut BOOM", y_empty="\n"))
    assert screen.batch is not None and "0 of 11" in screen.batch and screen.taken
    assert controller.extractor.seen == []  # shown before anything is extracted
    done = run(controller)
    assert "11 of 11" in done
    assert done.count('data-status="ok"') == 10
    assert done.count('data-status="failed"') == done.count('data-status="unreadable"') == 1
    assert "ValueError" in done
    handed = files_of(controller.batch.entries("me"), "jsonl", ENGLISH)
    rows = [json.loads(line) for line in handed.text.splitlines()]
    assert len(rows) == 11 and {r["status"] for r in rows} == {"ok", "failed"}
    table = files_of(controller.batch.entries("me"), "csv", ENGLISH).text
    assert table.count("id,category") == 1 and table.count("signs_symptoms") == 10
    assert "Zyxwvut" not in caplog.text + "".join(capfd.readouterr())


def test_it_goes_on_after_a_restart_and_does_nothing_twice(tmp_path: Path, folder: Path) -> None:
    url = f"sqlite:///{tmp_path / 'r.sqlite'}"
    first = PageController(Fevers(), Store(url))
    take(first, put(folder, a="fever a", b="fever b", c="fever c"))
    running = first.run_batch("s", SessionState(), "en", "me")
    while "1 of 3" not in next(running):
        pass
    running.close()  # the browser goes, the computer is switched off
    second = PageController(Fevers(), Store(url))
    assert "3 of 3" in run(second)
    assert second.extractor.seen and "fever a" not in second.extractor.seen
    assert len(first.extractor.seen) + len(second.extractor.seen) <= 4


def test_stopping_one_report_leaves_the_batch_of_the_same_tab_running(folder: Path) -> None:
    controller = PageController(Fevers())
    take(controller, put(folder, a="fever a", b="fever b"))
    running = controller.run_batch("s", SessionState(), "en", "me")
    next(running)
    controller.stop("s", SessionState("running", "fever"), "en")
    assert controller.batch.running("s") and "2 of 2" in list(running)[-1]
    controller.leave("s")
    assert not controller.batch.running("s")


def test_reports_deleted_during_a_run_are_not_extracted(folder: Path) -> None:
    controller = PageController(Fevers())
    take(controller, put(folder, a="fever a", b="fever b", c="fever c"))
    running = controller.run_batch("s", SessionState(), "en", "me")
    while "1 of 3" not in next(running):
        pass
    controller.act('{"do": "delete_all"}', SessionState(), "en", "me", "")
    assert "fever" not in list(running)[-1]
    assert controller.extractor.seen == ["fever a"] and controller.store.entries("me") == []


def test_two_tabs_of_one_owner_read_no_report_twice_and_take_up_what_the_other_leaves(
    folder: Path,
) -> None:
    controller = PageController(Fevers())
    take(controller, put(folder, **{f"r{n}": f"fever {n}" for n in range(6)}))
    tabs = [threading.Thread(target=run, args=(controller, "me", tab)) for tab in ("one", "other")]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert sorted(controller.extractor.seen) == [f"fever {n}" for n in range(6)]
    # A tab that is closed gives its report up; the other, which came by it, has to come back.
    controller.batch.delete("me")
    take(controller, put(folder, last="fever last", more="fever more"))
    first = controller.run_batch("one", SessionState(), "en", "me")
    with controller.turn:
        closing = threading.Thread(target=lambda: list(first))
        closing.start()
        while not controller.batch._in_hand:
            time.sleep(0.01)
        controller.batch.stop("one")
        other = threading.Thread(target=run, args=(controller, "me", "other"))
        other.start()
    closing.join()
    other.join()
    assert "2 of 2" in controller.render_batch(SessionState(), "en", "me")


def test_a_run_that_nobody_goes_on_with_holds_up_no_other(folder: Path) -> None:
    controller = PageController(Fevers())
    take(controller, put(folder, a="fever a", b="fever b"))
    abandoned, other = (
        controller.run_batch(tab, SessionState(), "en", "me") for tab in ("one", "other")
    )
    next(other)
    while "1 of 2" not in next(abandoned):
        pass
    pictures: list[str] = []
    rest = threading.Thread(target=lambda: pictures.extend(other), daemon=True)
    rest.start()
    rest.join(30)
    assert not rest.is_alive() and "2 of 2" in pictures[-1]
    assert sorted(controller.extractor.seen) == ["fever a", "fever b"]


def test_a_batch_under_way_is_gone_on_with_though_no_other_may_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch_module, "BACKGROUND", 1)
    controller = PageController(Fevers())
    first, other = (
        controller.batch.add([Report(f"{n}", f"fever {n}")], "me", SCHEMA) for n in range(2)
    )
    with controller.turn:
        controller.batch.run_in_background("me", first)
        controller.batch.add([Report("2", "fever 2")], "me", SCHEMA, first)
        controller.batch.run_in_background("me", first)
        with pytest.raises(ElmtexError, match="too many"):
            controller.batch.run_in_background("me", other)
        assert controller.batch.running(first)
    for _, thread in controller.batch._threads:
        thread.join()
    read = [entry.extraction is not None for entry in controller.store.entries("me", batch=first)]
    assert read == [True, True]


class Refusing:
    """Raises instead of the store's own method: for planted reports, some times or always."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, method: str, id: str, error: Exception, times: int
    ) -> None:
        self.left, own = times, getattr(Store, method)

        def asked(store: Store, owner: str, of: str, *rest: Any) -> Any:
            if of == id and self.left:
                self.left -= 1
                raise error
            return own(store, owner, of, *rest)

        monkeypatch.setattr(Store, method, asked)


def ended(controller: PageController, batch: str) -> list[str]:
    """The statuses once a batch in the background has ended."""
    controller.batch.run_in_background("me", batch)
    for _, thread in controller.batch._threads:
        thread.join(30)
        assert not thread.is_alive()
    assert not controller.batch.running(batch)
    return [line.status for line in controller.batch.lines("me", batch)]


@pytest.mark.parametrize("method", ["get", "extracted"])
def test_a_database_that_is_busy_for_a_moment_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(batch_module, "PAUSES", (0.0, 0.0))
    controller = PageController(Fevers())
    batch = controller.batch.add([Report(f"{n}", f"fever {n}") for n in range(3)], "me", SCHEMA)
    id = controller.store.entries("me")[1].id
    Refusing(monkeypatch, method, id, BusyError(BUSY), times=2)
    assert ended(controller, batch) == ["ok", "ok", "ok"]


@pytest.mark.parametrize("method", ["get", "extracted"])
@pytest.mark.parametrize("error", [ElmtexError(DAMAGED), BusyError(BUSY)])
def test_a_report_that_the_database_refuses_fails_and_the_batch_ends(
    monkeypatch: pytest.MonkeyPatch, method: str, error: ElmtexError
) -> None:
    monkeypatch.setattr(batch_module, "PAUSES", (0.0,))
    controller = PageController(Fevers())
    batch = controller.batch.add([Report(f"{n}", f"fever {n}") for n in range(3)], "me", SCHEMA)
    ids = [entry.id for entry in controller.store.entries("me")]
    refusing = Refusing(monkeypatch, method, ids[1], error, times=1000)
    assert ended(controller, batch) == ["ok", "failed", "ok"]
    shown = controller.render_batch(SessionState(), "en", "me")
    assert "3 of 3" in shown and str(error) in shown
    assert 'data-status="failed"' in shown and 'data-status="waiting"' not in shown
    # Nothing is lost: the next start reads it.
    refusing.left = 0
    assert ended(controller, batch) == ["ok", "ok", "ok"]


def test_an_answer_that_cannot_be_stored_leaves_a_failure_that_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controller = PageController(Fevers())
    batch = controller.batch.add([Report("a", "fever")], "me", SCHEMA)
    id = controller.store.entries("me")[0].id
    Refusing(monkeypatch, "extracted", id, ElmtexError(SILENT), times=1)
    assert ended(controller, batch) == ["failed"]
    stored = controller.store.get("me", id).extraction
    assert stored is not None and stored.problems == (SILENT,)


def test_a_schema_that_the_extractor_does_not_take_is_one_reports_failure() -> None:
    class Choosy(Fevers):
        def with_schema(self, schema: CategorySchema) -> Fevers:
            raise ValueError("Zyxwvut")

    controller = PageController(Choosy())
    own = load_schema("medication")
    batch = controller.batch.add([Report("a", "fever")], "me", own)
    controller.batch.add([Report("b", "fever")], "me", SCHEMA, batch)
    assert ended(controller, batch) == ["failed", "ok"]
    assert "Zyxwvut" not in controller.render_batch(SessionState(), "en", "me")


def test_a_failed_report_names_the_model_that_failed(folder: Path) -> None:
    class Named(Fevers):
        model_name = "small-1"

    controller = PageController(Named())
    take(controller, put(folder, a="fever a", b="BOOM b"))
    run(controller)
    failed = next(e.extraction for e in controller.batch.entries("me") if e.name == "b.txt")
    assert failed is not None and (failed.status, failed.model) == ("failed", "small-1")


def test_a_damaged_record_is_listed_and_holds_up_no_batch(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "r.sqlite"
    controller = PageController(Fevers(), Store(f"sqlite:///{file}"))
    take(controller, put(folder, a="fever a", b="fever b", c="fever c"))
    id = controller.batch.lines("me")[1].id
    with sqlite3.connect(file) as raw:
        raw.execute("update elmtex_reports set content='{' where id=?", (id,))
    done = run(controller)
    assert "2 of 2" in done and done.count('data-status="ok"') == 2
    assert done.count('data-status="unreadable"') == 1 and DAMAGED_RECORD in done
    assert GERMAN.batch.notes["record"] in controller.render_batch(SessionState(), "de", "me")
    screen = controller.act(
        json.dumps({"do": "delete", "review": id}), SessionState(), "en", "me", ""
    )
    assert screen.batch is not None and "unreadable" not in screen.batch


def test_a_damaged_record_of_one_report_is_in_the_list_of_reviews(tmp_path: Path) -> None:
    file = tmp_path / "r.sqlite"
    controller = PageController(Fevers(), Store(f"sqlite:///{file}"))
    ids = [
        controller.store.add("me", name, "fever", SCHEMA, extraction=extraction()) for name in "abc"
    ]
    with sqlite3.connect(file) as raw:
        raw.execute("update elmtex_extractions set document='{' where report=?", (ids[1],))
    controller = PageController(Fevers(), Store(f"sqlite:///{file}"))
    for lang, words in (("en", ENGLISH), ("de", GERMAN)):
        listed = controller.render(SessionState(), lang, "me").result
        assert listed.count('class="delete"') == 3 and words.batch.unreadable in listed


@pytest.mark.parametrize("lang", ["en", "de"])
def test_a_malformed_database_is_told_on_the_page(tmp_path: Path, folder: Path, lang: str) -> None:
    file = tmp_path / "r.sqlite"
    controller = PageController(Fevers(), Store(f"sqlite:///{file}"))
    take(controller, put(folder, a="fever a", b="fever b"))
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xa5" * (size - 4096))
    controller.store.close()
    said = escape({"en": ENGLISH, "de": GERMAN}[lang].review.refused(ElmtexError(DAMAGED)))
    assert (lang == "de") == (said != escape(DAMAGED))
    assert said in controller.render_batch(SessionState(), lang, "me")
    assert said in list(controller.run_batch("s", SessionState(), lang, "me"))[-1]
    assert said in controller.render(SessionState(), lang, "me").result
    assert said in take(controller, put(folder, c="fever c", d="d"), lang=lang).notice
    begun = controller.begin("fever", lang, None, "me")
    final = list(controller.run("s", begun.state, lang, "me"))[-1]
    assert said in final.result and "signs" in final.result  # what was found is shown all the same


def test_a_failed_report_is_tried_again_by_the_next_start(folder: Path) -> None:
    controller = PageController(Fevers())
    take(controller, put(folder, a="fever a", b="BOOM b"))
    assert 'data-status="failed"' in run(controller)
    assert controller.extractor.seen == ["fever a", "BOOM b"]  # once a start
    controller.extractor.broken = False
    again = run(controller)
    assert again.count('data-status="ok"') == 2 and 'data-status="failed"' not in again
    run(controller)
    assert controller.extractor.seen == ["fever a", "BOOM b", "BOOM b"]


@pytest.mark.parametrize(
    ("header", "ids"),
    [
        ("id,text", ["A-17", "B-18"]),
        ("ID,Text", ["A-17", "B-18"]),
        ("Patient_ID,text", ["A-17", "B-18"]),
        ("Fall-ID,Report", ["A-17", "B-18"]),
        ("covid,text", ["t:1", "t:2"]),  # no id, whatever it ends in
    ],
)
def test_a_tables_own_id_comes_out_again(folder: Path, header: str, ids: list[str]) -> None:
    controller = PageController(Fevers())
    (folder / "t.csv").write_text(f"{header}\nA-17,fever one\nB-18,fever two\n")
    take(controller, [str(folder / "t.csv")])
    run(controller)
    entries = controller.batch.entries("me")
    assert [entry.name for entry in entries] == ids
    rows = files_of(entries, "csv", ENGLISH).text.splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ids
    lines = files_of(entries, "jsonl", ENGLISH).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids


def test_two_id_columns_are_no_id_and_one_in_windows_1252_is_read(folder: Path) -> None:
    controller = PageController(Fevers())
    (folder / "t.csv").write_text("patient id,fall id,text\n1,2,fever\n1,3,fever b\n")
    (folder / "u.csv").write_bytes("Fall-ID,text\nMüller,fever\n".encode("cp1252"))
    take(controller, [str(folder / "t.csv"), str(folder / "u.csv")])
    assert [line.name for line in controller.batch.lines("me")] == ["t:1", "t:2", "Müller"]


def test_a_zips_folders_come_out_again(folder: Path) -> None:
    controller, path = PageController(Fevers()), folder / "z.zip"
    names = ["ward 1/Meier/letter.txt", "ward 2/letter.txt", "ward 2/only.txt"]
    with zipfile.ZipFile(path, "w") as packed:
        for name in (*names, "../up.txt"):
            packed.writestr(name, f"fever in {name}")
    take(controller, [str(path)])
    run(controller)
    names.append("up.txt")
    entries = controller.batch.entries("me")
    assert [entry.name for entry in entries] == names
    rows = files_of(entries, "csv", ENGLISH).text.splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == names


def test_a_batch_is_its_owners_alone_and_deleted_whole(folder: Path) -> None:
    controller = PageController(Fevers())
    take(controller, put(folder, a="fever a", b="fever b"))
    assert "a.txt" not in controller.render_batch(SessionState(), "en", "you")
    assert run(controller, "you") and controller.extractor.seen == []
    controller.act('{"do": "delete_all"}', SessionState(), "en", "you", "")
    assert "a.txt" in controller.render_batch(SessionState(), "en", "me")
    gone = controller.act('{"do": "delete_all"}', SessionState(), "en", "me", "")
    assert gone.batch is not None and "a.txt" not in gone.batch
    assert controller.store.entries("me") == []


def test_deleting_all_leaves_none_of_them_on_the_screen(folder: Path) -> None:
    controller = PageController(Fevers())
    take(controller, put(folder, a="fever a", b="fever b"))
    run(controller)
    (first, _) = controller.store.entries("me")
    opened = controller.act(
        json.dumps({"do": "open", "review": first.id}), SessionState(), "en", "me", ""
    )
    assert ">fever<" in opened.report
    gone = controller.act('{"do": "delete_all"}', opened.state, "en", "me", "")
    assert gone.state == SessionState() and "fever" not in gone.report + gone.result


def test_a_report_of_a_batch_is_reviewed_and_its_gold_reads_back(
    folder: Path, tmp_path: Path
) -> None:
    controller = PageController(Fevers())
    take(controller, put(folder, a="fever ä\r\n", b="fever b"))
    run(controller)
    id = controller.batch.entries("me")[0].id
    opened = controller.act(
        json.dumps({"do": "open", "review": id}), SessionState(), "de", "me", ""
    )
    judged = controller.act('{"do": "accept", "items": ["m0"]}', opened.state, "de", "me", "Ö")
    assert "1 von 1" in judged.result
    gold = files_of(controller.batch.entries("me"), "gold", GERMAN)
    path = tmp_path / "gold.jsonl"
    path.write_bytes(gold.text.encode())
    (record,) = records.load(path)
    assert record.text == "fever ä\r\n" and record.items["signs_symptoms"][0].text == "fever"


def test_files_are_read_in_a_queue_of_their_own() -> None:
    pytest.importorskip("gradio")
    from elmtex.web.batch_tab.events import READERS
    from elmtex.web.server import build

    wired = build(Fevers, database="sqlite://").fns.values()
    uploads = [one for one in wired if getattr(one.fn, "__name__", "") == "take"]
    assert len(uploads) == 2
    for one in uploads:
        assert (one.queue, one.concurrency_id, one.concurrency_limit) == (True, "files", READERS)


def test_no_event_of_gradio_is_cancelled() -> None:
    pytest.importorskip("gradio")
    from elmtex.web.server import build

    # Its page would drop the next one of the kind until it knows that the cancelled one has ended.
    assert not any(one.cancels for one in build(Fevers, database="sqlite://").fns.values())


def test_a_name_and_a_problem_are_shown_as_text(folder: Path) -> None:
    controller = PageController(Fevers())
    attack = "<img src=x onerror=alert(1)>"
    table = folder / "t.jsonl"
    rows = [{"id": attack, "text": f"{attack} fever"}, {"id": attack, "text": 5}]
    table.write_text("\n".join(map(json.dumps, rows)))
    shown = take(controller, [str(table)]).batch or ""
    shown += run(controller)
    assert "<img" not in shown and shown.count("&lt;img") >= 4


def test_lists_load_no_report(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = PageController(Fevers())
    take(controller, put(folder, a="fever a", b="BOOM b", c=" "))
    run(controller)
    loaded: list[object] = []
    load = Store._entries
    monkeypatch.setattr(Store, "_entries", lambda *a: loaded.append(a) or load(*a))
    many = controller.render_batch(SessionState(), "en", "me")
    assert "2 of 2 extracted" in many and 'data-categories="signs_symptoms"' in many
    assert "0/1" in many and "ValueError" in many and "c.txt holds no text" in many
    assert "fever a" in many and '<option value="age">Age</option>' in many
    controller.render(SessionState(), "en", "me")
    assert loaded == [] and '"categories"' not in many
