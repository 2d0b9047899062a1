"""What one visitor may take: bytes of a request, turns at the model, places in the queue and the database."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import Modelless, extraction

from elmtex.types import ElmtexError, Progress
from elmtex.web import visitor_shares as limits
from elmtex.web.access.body_limit import MAX_BODY, BodyLimit
from elmtex.web.controller import PageController
from elmtex.web.jobs import ExtractionJob
from elmtex.web.locale.messages import LANGUAGES
from elmtex.web.state import MAX_CHARACTERS, SessionState
from elmtex.web.visitor_shares import Shares, Turn


async def reads_all(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An application that reads the whole body and answers its length, as gradio does."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(body)).encode()})


def ask(path: str, pieces: list[bytes], **headers: str) -> tuple[int, int]:
    """The status, and how many pieces of the body were taken."""
    sent: list[dict[str, Any]] = []
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {
            "type": "http.request",
            "body": pieces[taken - 1],
            "more_body": taken < len(pieces),
        }

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "headers": named}
    asyncio.run(BodyLimit(reads_all, most=10)(scope, receive, send))
    assert [m["type"] for m in sent] == ["http.response.start", "http.response.body"]
    return sent[0]["status"], taken


def test_a_request_over_the_limit_is_refused_before_it_is_read() -> None:
    assert ask("/gradio_api/run/x", [b"x" * 10], content_length="10") == (200, 1)
    assert ask("/gradio_api/run/x", [b"x" * 11], content_length="11") == (413, 0)
    assert ask("/gradio_api/run/x", [b"x"], content_length="-5") == (413, 0)
    # In pieces, whose length nobody said, or lied about.
    assert ask("/gradio_api/run/x", [b"x" * 6] * 50) == (413, 2)
    assert ask("/gradio_api/run/x", [b"x" * 6] * 50, content_length="6") == (413, 2)
    assert ask("/gradio_api/run/x", [b"x" * 5, b"x" * 5]) == (200, 2)
    # Files have limits of their own; what only ends like their path is not theirs.
    assert ask("/gradio_api/upload", [b"x" * 99], content_length="99") == (200, 1)
    assert ask("/gradio_api/run/upload", [b"x" * 99], content_length="99") == (413, 0)


def test_the_page_refuses_a_large_request(tmp_path: Path) -> None:
    pytest.importorskip("gradio")
    httpx = pytest.importorskip("httpx")
    from elmtex.web.server import launch

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = f"sqlite:///{tmp_path / 'reviews.sqlite'}"
    served = launch(port=port, extractor_factory=Steps, block=False, database=database)
    try:
        body = b'{"data": ["' + b"x" * MAX_BODY + b'"]}'
        address = f"http://127.0.0.1:{port}/gradio_api/run/extract"
        headers = {"content-type": "application/json"}
        answer = httpx.post(address, content=body, headers=headers, trust_env=False)
        assert answer.status_code == 413
        assert "content-security-policy" in answer.headers
    finally:
        served.close()


class Steps(Modelless):
    """A report has a step for each of its words; a part ends at each full stop. Remembers the steps it made."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.go = threading.Semaphore(0)  # a step waits for it

    def stream(self, report: str) -> Iterator[Progress]:
        words = report.split()
        for number, word in enumerate(words, 1):
            self.go.acquire()
            self.made.append(word)
            yield Progress(extraction(), number, len(words), word.endswith("."))


def until(condition: Any) -> None:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def test_a_short_report_is_read_after_one_part_of_a_long_one() -> None:
    steps, turn = Steps(), Turn()
    long = ExtractionJob(steps, "a1 a2. a3 a4. a5 a6. a7 a8.", turn, "one")
    long.start()
    until(lambda: turn._taken)
    steps.go.release()
    until(lambda: steps.made == ["a1"])
    short = ExtractionJob(steps, "b1 b2", turn, "other")
    short.start()
    until(lambda: turn._waiting)
    for _ in range(9):
        steps.go.release()
    until(lambda: len(steps.made) == 10)
    assert steps.made == ["a1", "a2.", "b1", "b2", "a3", "a4.", "a5", "a6.", "a7", "a8."]
    until(lambda: long._ended.is_set() and short._ended.is_set())
    assert not turn._taken and not turn._waiting


def test_a_report_that_is_stopped_while_others_have_their_turn_gives_it_back() -> None:
    steps, turn = Steps(), Turn()
    long = ExtractionJob(steps, "a1. a2. a3.", turn, "one")
    long.start()
    until(lambda: turn._taken)
    short = ExtractionJob(steps, "b1", turn, "other")
    short.start()
    until(lambda: turn._waiting)
    steps.go.release()
    until(lambda: steps.made == ["a1."])
    long.stop()
    steps.go.release()
    until(lambda: long._ended.is_set() and short._ended.is_set())
    assert steps.made == ["a1.", "b1"] and not turn._taken


def test_visitors_take_turns_whatever_each_has_waiting() -> None:
    turn, order = Turn(), []

    def work(owner: str, name: str) -> None:
        turn.take(owner)
        order.append(name)
        turn.give_back()

    turn.take("busy")
    threads = []
    for owner, name in (("busy", "1"), ("busy", "2"), ("busy", "3"), ("guest", "g"), ("new", "n")):
        threads.append(threading.Thread(target=work, args=(owner, name)))
        threads[-1].start()
        until(lambda: sum(map(len, turn._waiting.values())) == len(threads))
    turn.give_back()
    for thread in threads:
        thread.join(10)
    assert order == ["1", "g", "n", "2", "3"]


def test_a_visitor_has_so_many_places_and_no_more() -> None:
    shares = Shares(2)
    give_back = shares.take("me")
    shares.take("me")
    with pytest.raises(ElmtexError, match="2 of your reports wait"):
        shares.take("me")
    shares.take("you")
    give_back()
    shares.take("me")
    assert shares._held == {"me": 2, "you": 1}


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_the_page_says_when_a_visitors_places_are_taken(lang: str) -> None:
    steps = Steps()
    controller = PageController(steps)
    runs = []
    for number in range(limits.WAITING):
        begun = controller.begin("a1 a2", lang)
        runs.append(controller.run(f"s{number}", begun.state, lang, "me"))
        thread = threading.Thread(target=lambda run=runs[-1]: list(run), daemon=True)
        thread.start()
    until(lambda: controller.shares._held["me"] == limits.WAITING)
    refused = list(controller.run("more", controller.begin("a1 a2", lang).state, lang, "me"))
    assert refused[-1].state.phase == "refused" and refused[-1].state.report == "a1 a2"
    assert LANGUAGES[lang].share.format(most=limits.WAITING) in refused[-1].notice
    # Another visitor's report is taken; one that is stopped or done gives its place back.
    other = controller.run("other", controller.begin("a1", lang).state, lang, "you")
    controller.stop("s0", SessionState(), lang)
    for _ in range(40):
        steps.go.release()
    assert list(other)[-1].state.phase == "finished"
    until(lambda: not controller.shares._held)


def test_a_run_that_is_stopped_draws_its_own_end_and_one_that_waits_none() -> None:
    steps = Steps()
    controller = PageController(steps)
    begun = controller.begin("a1 a2", "en")
    waiting = controller.stop("s", begun.state, "en")
    assert waiting is not None and waiting.state.phase == "stopped"
    assert not list(controller.run("s", waiting.state, "en"))
    running = controller.run("s", begun.state, "en")
    steps.go.release()
    shown = next(running)
    assert controller.stop("s", shown.state, "en") is None
    (end,) = running
    assert (end.state.phase, end.state.done) == ("stopped", 1)
    assert controller.stop("s", end.state, "en") is None
    steps.go.release()


def test_a_report_is_too_long_for_the_page_whichever_way_it_comes(tmp_path: Path) -> None:
    controller = PageController(Steps())
    for name, length in (("a", MAX_CHARACTERS + 1), ("b", 5)):
        (tmp_path / f"{name}.txt").write_text("x" * length)
    taken = controller.take(
        [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")], SessionState(), "en", "me"
    )
    assert "Read from the files: 1 report." in (taken.batch or "")
    long, short = controller.store.entries("me")
    assert f"{MAX_CHARACTERS + 1} characters" in long.problem and long.text == ""
    assert short.text == "xxxxx"


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_a_visitor_stores_so_many_reports_and_no_more(
    lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("controller", "batch_tab.batch", "report_tab.status"):
        monkeypatch.setattr(f"elmtex.web.{module}.STORED", 3)
    steps = Steps()
    controller = PageController(steps)

    def files(*names: str) -> list[str]:
        for name in names:
            (tmp_path / f"{name}.txt").write_text(name)
        return [str(tmp_path / f"{name}.txt") for name in names]

    controller.take(files("a", "b"), SessionState(), lang, "me")
    refused = controller.take(files("c", "d"), SessionState(), lang, "me")
    assert "2" in refused.notice and "3" in refused.notice and not refused.taken
    assert len(controller.store.lines("me")) == 2
    steps.go.release()
    kept = list(controller.run("s", controller.begin("e", lang).state, lang, "me"))[-1]
    assert kept.state.entry is not None
    begun = controller.begin("f", lang, None, "me")
    assert begun.state.phase == "refused"
    assert LANGUAGES[lang].full.format(stored=3) in begun.notice
    assert controller.begin("f", lang, None, "you").running
    controller.store.delete("me", kept.state.entry.id)
    assert controller.begin("f", lang, None, "me").running
