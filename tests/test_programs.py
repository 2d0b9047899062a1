"""What programs do with a running page: gradio_client and MCP, each with reviews of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import threading
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes import Attributing, Scripted, attributed, extraction, item

from elmtex.review import Store
from elmtex.types import ElmtexError, Extraction, InputError, MissingDependencyError, Progress
from elmtex.web.api.extract import wants_mcp
from elmtex.web.server import launch

gradio_client = pytest.importorskip("gradio_client")

MINE, YOURS = "a long secret of mine", "a long secret of yours"


class Fevers(Scripted):
    """Finds ``fever``; waits at the gate before it begins."""

    def __init__(self, key: str = "signs_symptoms") -> None:
        super().__init__()
        self.key = key
        self.gate = threading.Event()
        self.gate.set()

    def stream(self, report: str) -> Iterator[Progress]:
        yield Progress(extraction(), 0, 1)
        self.gate.wait(20)
        found = {self.key: (item(report, "fever"),)} if "fever" in report else {}
        yield Progress(extraction(**found), 1, 1)


def served(tmp_path: Path, extractor: Any) -> tuple[Any, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    others = {"one": lambda: extractor, "two": lambda: Fevers("diagnosis")}
    page = launch(
        port=port,
        extractor_factory=lambda: extractor,
        block=False,
        database=f"sqlite:///{tmp_path / 'r.sqlite'}",
        others=others,
    )
    return page, f"http://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def extractor() -> Fevers:
    return Fevers()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, extractor: Fevers) -> Iterator[str]:
    page, address = served(tmp_path_factory.mktemp("served"), extractor)
    yield address
    page.close()


def client(address: str, key: str = "") -> Any:
    headers = {"X-Elmtex-Key": key} if key else None
    return gradio_client.Client(
        address, headers=headers, verbose=False, analytics_enabled=False, download_files=False
    )


def results(program: Any, batch: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        got = program.predict(batch, api_name="/batch_results")
        if got["done"] == got["total"] and not got["running"]:
            return got
        time.sleep(0.1)
    raise AssertionError("the batch did not end")


def test_a_program_extracts_judges_exports_and_deletes(address: str) -> None:
    # Keys of this test's own, for it counts all that is kept under them.
    mine, yours = client(address, f"{MINE}, alone"), client(address, f"{YOURS}, alone")
    reports = [
        {"id": "a", "text": "🫀 No\r\nfever, fever."},
        {"id": "empty", "text": " "},
        {"id": "b", "text": "cough"},
    ]
    begun = mine.predict(reports, api_name="/batch_start")
    assert begun["total"] == 3
    done = results(mine, begun["batch"])
    assert [r["status"] for r in done["reports"]] == ["ok", "unreadable", "ok"]
    assert done["reports"][0]["document"]["categories"]["signs_symptoms"][0]["start"] == 6
    review = done["reports"][0]["review"]

    whole = mine.predict(review, api_name="/review_open")
    assert whole["report"] == reports[0]["text"]
    assert [(i["item"], i["verdict"]) for i in whole["reviewed"]] == [("m0", "open")]
    edited = {"do": "edit", "item": "m0", "text": "fever", "start": 13, "end": 18}
    edited |= {"category": "diagnosis", "assertion": "absent"}
    after = mine.predict(review, edited, "Dr. Ö", api_name="/review_decide")
    assert (after["open"], after["reviewed"][0]["start"]) == (0, 13)
    assert after["decisions"][0]["reviewer"] == "Dr. Ö"
    assert after["document"]["categories"]["diagnosis"] == []  # the model's own stays beside it
    cell = {"do": "cell", "item": "m0", "type": "detail", "at": None, "was": "", "text": "No"}
    cell |= {"start": None, "end": None}
    after = mine.predict(review, cell, "Dr. Ö", api_name="/review_decide")
    (detail,) = after["reviewed"][0]["attributes"]
    assert (detail["type"], detail["start"], detail["end"]) == ("detail", 2, 4)
    after = mine.predict(review, {"do": "undo"}, "Dr. Ö", api_name="/review_decide")
    assert "attributes" not in after["reviewed"][0]
    with pytest.raises(Exception, match="name"):
        mine.predict(review, {"do": "finish"}, api_name="/review_decide")
    after = mine.predict(review, {"do": "finish"}, "Dr. Ö", api_name="/review_decide")
    assert after["finished"]
    gold = json.loads(mine.predict(review, "gold", api_name="/review_export"))
    assert gold["items"] == {"diagnosis": [{"start": 13, "end": 18, "assertion": "absent"}]}
    assert "refuted" in mine.predict(review, "fhir", api_name="/review_export")

    # Whose is whose: another key sees nothing, changes nothing, and no key at all is refused.
    assert yours.predict(api_name="/review_list") == []
    assert yours.predict([review], api_name="/review_delete") == 0
    for endpoint, arguments in (
        ("/review_open", (review,)),
        ("/review_decide", (review, {"do": "undo"})),
        ("/review_export", (review,)),
        ("/batch_results", (begun["batch"],)),
        ("/batch_stop", (begun["batch"],)),
        ("/batch_start", ([], "", begun["batch"])),
    ):
        with pytest.raises(Exception, match="not there"):
            yours.predict(*arguments, api_name=endpoint)
    for key in ("", "short"):
        with pytest.raises(Exception, match="whose reviews"):
            client(address, key).predict(api_name="/review_list")
    with pytest.raises(Exception, match="none of accept"):
        mine.predict(review, {"do": "delete_all"}, api_name="/review_decide")

    listed = mine.predict(api_name="/review_list")
    assert "fever" not in json.dumps(listed)  # a list holds no report's words
    everything = [line["review"] for line in listed]
    assert mine.predict(everything, api_name="/review_delete") == 3
    assert mine.predict(api_name="/review_list") == []


def test_two_visitors_with_the_same_file_have_two(address: str) -> None:
    import httpx

    paths = [
        Path(
            httpx.post(f"{address}gradio_api/upload", files={"files": ("a.txt", b"fever")}).json()[
                0
            ]
        )
        for _ in range(2)
    ]
    assert paths[0] != paths[1] and {path.name for path in paths} == {"a.txt"}
    paths[0].unlink()  # as whoever is served first does
    assert paths[1].read_bytes() == b"fever"
    assert paths[1].parents[1].stat().st_mode & 0o077 == 0


def test_the_loop_that_waits_for_a_batch_ends_though_the_database_refuses_a_report(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = Store.extracted

    def refusing(self: Store, owner: str, id: str, answer: Extraction) -> None:
        if self.get(owner, id).name == "b":
            raise ElmtexError("no room")
        stored(self, owner, id, answer)

    monkeypatch.setattr(Store, "extracted", refusing)
    mine = client(address, MINE)
    reports = [{"id": name, "text": f"fever {name}"} for name in "abc"]
    batch = mine.predict(reports, api_name="/batch_start")["batch"]
    done = results(mine, batch)
    assert [r["status"] for r in done["reports"]] == ["ok", "failed", "ok"]
    assert done["reports"][1]["document"]["problems"] == ["no room"]
    assert [
        r["status"] for r in mine.predict(batch, False, api_name="/batch_results")["reports"]
    ] == [
        "ok",
        "failed",
        "ok",
    ]


def test_no_word_of_a_report_is_logged_or_printed(
    address: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    mine = client(address, MINE)
    batch = mine.predict([{"id": "Zyxwvut", "text": "Zyxwvut fever"}], api_name="/batch_start")
    review = results(mine, batch["batch"])["reports"][0]["review"]
    mine.predict(review, api_name="/review_open")
    mine.predict("Zyxwvut", "one", "two", api_name="/compare")
    for wrong in ({"do": "Zyxwvut"}, {"do": "accept", "items": ["Zyxwvut"]}, "Zyxwvut", None):
        with pytest.raises(Exception, match=r"should not|went wrong|not there") as refused:
            mine.predict(review, wrong, api_name="/review_decide")
        assert "Zyxwvut" not in str(refused.value)
    assert "Zyxwvut" not in caplog.text + "".join(capfd.readouterr())


def test_a_batch_stops_and_goes_on_and_takes_more(address: str, extractor: Fevers) -> None:
    mine = client(address, MINE)
    extractor.gate.clear()
    texts = [{"id": str(n), "text": f"fever {n}"} for n in range(3)]
    batch = mine.predict(texts, api_name="/batch_start")["batch"]
    assert mine.predict(batch, False, api_name="/batch_results")["running"]
    stopped = mine.predict(batch, api_name="/batch_stop")
    extractor.gate.set()
    assert stopped["done"] < 3
    mine.predict([{"id": "more", "text": "fever"}], "", batch, api_name="/batch_start")
    done = results(mine, batch)
    assert [r["id"] for r in done["reports"]] == ["0", "1", "2", "more"] and done["done"] == 4


@pytest.mark.parametrize("reports", [[], [{"id": "a"}], [{"id": "a", "text": None}]])
def test_what_is_no_batch_is_refused(address: str, reports: list[Any]) -> None:
    with pytest.raises(Exception, match=r"reports, not 0|is not {"):
        client(address, MINE).predict(reports, api_name="/batch_start")


def test_two_extractors_are_compared(address: str) -> None:
    program = client(address)
    assert program.predict(api_name="/extractors") == ["one", "two"]
    got = program.predict("no fever", "one", "two", api_name="/compare")
    assert got["counts"] == {"agreed": 0, "assertion": 0, "category": 1, "left": 0, "right": 0}
    assert got["attributes_differ"] == 0 and got["pairs"][0]["attributes_differ"] is False
    with pytest.raises(Exception, match="none of one, two"):
        program.predict("no fever", "one", "/etc", api_name="/compare")


DRUGS = "Aspirin 100 mg orally. No ibuprofen."


def test_answers_carry_attributes_unless_they_are_not_wanted(tmp_path: Path) -> None:
    page, address = served(tmp_path, Attributing())
    try:
        program = client(address, MINE)
        found = program.predict(DRUGS, api_name="/extract")
        assert found["categories"] == attributed(DRUGS).to_dict()["categories"]
        assert [a["type"] for a in found["categories"]["drug"][0]["attributes"]] == [
            "dose",
            "route",
        ]
        bare = program.predict(DRUGS, attributes=False, api_name="/extract")
        places = [(i["start"], i["end"]) for i in bare["categories"]["drug"]]
        assert places == [(0, 7), (26, 35)] and "attributes" not in json.dumps(bare)
        rows = program.predict(found, "csv-attributes", api_name="/convert").splitlines()
        assert len(rows) == 3 and ",dose,100 mg,8,14," in rows[1]
        for attributes in (True, False):
            reports = [{"id": "a", "text": DRUGS}]
            begun = program.predict(reports, attributes=attributes, api_name="/batch_start")
            (report,) = results(program, begun["batch"])["reports"]
            opened = program.predict(report["review"], api_name="/review_open")["reviewed"]
            assert ("attributes" in opened[0]) is attributes
            table = program.predict(report["review"], "csv", api_name="/review_export")
            assert ("dose" in table) is attributes
        told = program.view_api(return_format="dict", print_info=False)["named_endpoints"]
        for endpoint in ("/extract", "/compare", "/batch_start"):
            names = [p["parameter_name"] for p in told[endpoint]["parameters"]]
            assert names[-1] == "attributes", endpoint
    finally:
        page.close()


def test_a_space_keeps_no_reviews_of_programs(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/elmtex")
    with pytest.raises(Exception, match="keeps no reviews"):
        client(address, MINE).predict([{"id": "a", "text": "fever"}], api_name="/batch_start")


def test_mcp_is_not_served_unless_asked_for(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ELMTEX_MCP=1 serves there answers :func:`test_mcp_tools_answer`."""
    assert httpx.get(f"{address}config", trust_env=False).status_code == 200
    for path in ("gradio_api/mcp/", "gradio_api/mcp/sse", "gradio_api/mcp/schema"):
        assert httpx.get(f"{address}{path}", trust_env=False).status_code in (403, 404), path
    for value, expected in (("", False), ("1", True)):
        monkeypatch.setenv("ELMTEX_MCP", value)
        monkeypatch.setitem(sys.modules, "mcp", types.ModuleType("mcp"))
        assert wants_mcp() is expected
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'elmtex\[mcp\]'"):
        wants_mcp()


async def ask_mcp(address: str, headers: dict[str, str]) -> tuple[list[str], str, str]:
    """The tools, what ``extract`` says of a fever, and the caller's reviews, as an MCP client gets them."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    connection = streamablehttp_client(f"{address}gradio_api/mcp/", headers=headers)
    async with connection as (reads, writes, _), ClientSession(reads, writes) as session:
        await session.initialize()
        names = [tool.name for tool in (await session.list_tools()).tools]
        found = await session.call_tool("extract", {"report": "He has fever."})
        listed = await session.call_tool("review_list", {})
        return names, found.content[0].text, str(listed.content)


def test_mcp_tools_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, extractor: Fevers
) -> None:
    pytest.importorskip("mcp", reason="mcp is not installed")
    monkeypatch.setenv("ELMTEX_MCP", "1")
    page, address = served(tmp_path, extractor)
    try:
        names, found, listed = asyncio.run(ask_mcp(address, {"X-Elmtex-Key": MINE}))
    finally:
        page.close()
    assert {"extract", "compare", "review_decide", "batch_start"} <= set(names)
    assert "'text': 'fever'" in found and "whose reviews" not in listed


def test_mcp_where_a_password_is_asked_for_needs_a_key_and_acts_for_its_owner(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, extractor: Fevers
) -> None:
    pytest.importorskip("mcp", reason="mcp is not installed")
    monkeypatch.setenv("ELMTEX_MCP", "1")
    monkeypatch.setenv("ELMTEX_AUTH", "ada:correct horse\nbob:battery staple")
    with pytest.raises(InputError, match="ELMTEX_MCP_KEYS"):
        served(tmp_path, extractor)  # it would list its tools and then answer nobody
    ada, bob = "the key of Ada's assistant", "the key of Bob's assistant"
    monkeypatch.setenv("ELMTEX_MCP_KEYS", f"ada:{ada}\nbob:{bob}")
    page, address = served(tmp_path, extractor)
    try:
        program = gradio_client.Client(
            address, auth=("ada", "correct horse"), verbose=False, analytics_enabled=False
        )
        program.predict([{"id": "a letter of Ada", "text": "fever"}], api_name="/batch_start")
        for wrong in ({}, {"Authorization": "Bearer a key of nobody's"}, {"X-Elmtex-Key": MINE}):
            answer = httpx.post(
                f"{address}gradio_api/mcp/",
                headers={**wrong, "accept": "application/json, text/event-stream"},
                json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
            )
            assert answer.status_code == 401 and "extract" not in answer.text
            assert answer.headers["www-authenticate"] == "Bearer"
        for key, has in ((ada, True), (bob, False)):
            names, found, listed = asyncio.run(ask_mcp(address, {"Authorization": f"Bearer {key}"}))
            assert "review_list" in names and "'text': 'fever'" in found
            assert "whose reviews" not in listed and ("a letter of Ada" in listed) is has
        with httpx.Client(base_url=address, headers={"authorization": f"Bearer {bob}"}) as direct:
            assert direct.get("/gradio_api/user").json() == "bob"
    finally:
        page.close()
