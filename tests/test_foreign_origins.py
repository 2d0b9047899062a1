"""What another web origin, another name for this machine, another tab and another tool may have of a running page.

The rules themselves are tested without a server in test_gate.py, in a browser in browser/test_origins.py.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_programs import Fevers

from elmtex.web.server import launch

OWN = "elmtex.example.org"
PASSWORD = "correct horse"
FOREIGN = (
    {"origin": "https://evil.example"},
    {"origin": f"https://sibling.{OWN}"},
    {"origin": f"https://{OWN}:8443"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with a password, as behind a proxy that ends TLS for ``OWN``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELMTEX_AUTH", f"ada:{PASSWORD}\nbob:{PASSWORD}!")
        patch.setenv("ELMTEX_HOSTS", OWN)
        database = f"sqlite:///{tmp_path_factory.mktemp('r') / 'r.sqlite'}"
        page = launched(database=database)
        address = page.__enter__()
    yield address
    page.__exit__()


class launched:
    def __init__(self, **options: Any) -> None:
        self.options = {"database": "sqlite://", "extractor_factory": Fevers, **options}

    def __enter__(self) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.page = launch(port=port, block=False, **self.options)
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: Any) -> None:
        self.page.close()


def visit(server: str, **headers: str) -> httpx.Client:
    """Someone who comes through the proxy."""
    return httpx.Client(
        base_url=server, headers={"host": OWN, "x-forwarded-proto": "https", **headers}, timeout=20
    )


@pytest.fixture
def ada(server: str) -> Iterator[httpx.Client]:
    with visit(server) as client:
        answer = client.post("/login", data={"username": "ada", "password": PASSWORD})
        assert answer.status_code == 200
        # httpx keeps Secure cookies from a plain connection: the proxy's client would send them over TLS.
        cookies = "; ".join(c.split(";")[0] for c in answer.headers.get_list("set-cookie"))
        client.headers["cookie"] = cookies
        yield client


def call(client: httpx.Client, name: str, *data: Any, session: str = "s", **more: Any) -> str:
    """What an endpoint answers, as the page's own script asks: by the queue."""
    body = {"data": list(data), "session_hash": session, "fn_index": number(client, name), **more}
    joined = client.post("/gradio_api/queue/join", json=body)
    joined.raise_for_status()
    return client.get("/gradio_api/queue/data", params={"session_hash": session}).text


def listen(client: httpx.Client, session: str) -> str:
    heard = b""
    # gradio breaks off where there is no such session.
    with (
        suppress(httpx.RemoteProtocolError),
        client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as answer,
    ):
        for part in answer.iter_bytes():
            heard += part
    return heard.decode()


def number(client: httpx.Client, name: str) -> int:
    (found,) = [
        d["id"] for d in client.get("/config").json()["dependencies"] if d["api_name"] == name
    ]
    return found


@pytest.mark.parametrize("foreign", FOREIGN, ids=str)
def test_another_origin_is_refused_in_words_and_reads_nothing(
    ada: httpx.Client, foreign: dict[str, str]
) -> None:
    body = {"data": [], "session_hash": "s", "fn_index": number(ada, "review_list")}
    for method, path in (
        ("GET", "/config"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/queue/data?session_hash=s"),
        ("POST", "/gradio_api/queue/join"),
        ("OPTIONS", "/gradio_api/queue/join"),
    ):
        asked = {"access-control-request-method": "POST"} if method == "OPTIONS" else {}
        json = body if method == "POST" else None
        answer = ada.request(method, path, headers={**foreign, **asked}, json=json)
        assert answer.status_code == 403, (method, path)
        assert "another web page" in answer.text
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "own", [{}, {"origin": f"https://{OWN}"}, {"sec-fetch-site": "same-origin"}], ids=str
)
def test_the_page_itself_and_programs_are_answered_without_a_word_of_cors(
    ada: httpx.Client, own: dict[str, str]
) -> None:
    answer = ada.get("/config", headers=own)
    assert answer.status_code == 200 and "dependencies" in answer.json()
    assert not [name for name in answer.headers if name.startswith("access-control")]
    ada.headers.update(own)
    assert '"success":true' in call(ada, "review_list").replace(" ", "")


def test_no_script_gets_the_token_and_no_route_is_open_that_the_page_does_not_use(
    ada: httpx.Client,
) -> None:
    for path in ("token", "token/", "deep_link?session_hash=s", "dev/reload", "runs", "vibe-code"):
        answer = ada.get(f"/gradio_api/{path}")
        assert (answer.status_code, "token" in answer.text) == (404, False), path
    for path in ("component_server", "process_recording", "vibe-edit"):
        assert ada.post(f"/gradio_api/{path}", json={}).status_code == 404


def test_every_cookie_is_strict_secure_and_closed_to_scripts(server: str) -> None:
    with visit(server) as client:
        answers = [
            client.get("/"),
            client.post("/login", data={"username": "ada", "password": PASSWORD}),
            client.get("/logout"),
        ]
    cookies = [c.lower() for answer in answers for c in answer.headers.get_list("set-cookie")]
    assert len(cookies) == 5
    for cookie in cookies:
        parts = [part.strip() for part in cookie.split(";")]
        assert {"samesite=strict", "httponly", "secure"} <= set(parts), cookie
        assert sum(part.startswith("samesite") for part in parts) == 1
    # Where no TLS is, a Secure cookie would not be kept.
    with visit(server, **{"x-forwarded-proto": "http"}) as client:
        answer = client.post("/login", data={"username": "ada", "password": PASSWORD})
    assert all("secure" not in c.lower().split("; ") for c in answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (OWN, 200),
        (f"{OWN.upper()}:443", 200),
        ("localhost:7860", 200),
        ("127.0.0.1", 200),
        ("[::1]:7860", 200),
        ("evil.example", 403),
        (f"{OWN}.evil.example", 403),
        (f"sibling.{OWN}", 403),
        ("192.168.1.5", 403),
        (f"evil.example@{OWN}", 403),
        ("", 403),
    ],
)
def test_only_the_names_that_were_given_are_answered_to(
    server: str, host: str, status: int
) -> None:
    answer = httpx.get(f"{server}/theme.css", headers={"host": host})
    assert answer.status_code == status
    if status == 403:
        assert "ELMTEX_HOSTS" in answer.text


def test_without_a_list_a_page_of_this_machine_answers_to_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ELMTEX_HOSTS", raising=False)
    with launched() as address:
        assert httpx.get(f"{address}/theme.css", headers={"host": OWN}).status_code == 403
        assert httpx.get(f"{address}/theme.css").status_code == 200


def test_a_link_from_elsewhere_opens_the_page_with_its_cookies(server: str) -> None:
    """A Strict cookie does not come along: the page is asked to load itself, and no new key replaces the old one."""
    come = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    with visit(server) as client:
        answer = client.get("/?__theme=dark", headers={**come, "sec-fetch-dest": "document"})
        assert answer.status_code == 200 and 'http-equiv="refresh"' in answer.text
        assert "set-cookie" not in answer.headers
        for path, dest in (("/", "iframe"), ("/logout", "document"), ("/config", "document")):
            assert client.get(path, headers={**come, "sec-fetch-dest": dest}).status_code == 403
        assert client.post("/", headers={**come, "sec-fetch-dest": "document"}).status_code == 403


def test_what_a_stranger_says_the_server_is_called_reaches_nobody(server: str) -> None:
    with visit(server, **{"x-forwarded-host": "evil.example"}) as client:
        client.headers["x-gradio-server"] = "https://evil.example"
        assert "evil.example" not in client.get("/").text


def test_another_visitors_session_is_another_session(server: str, ada: httpx.Client) -> None:
    """Who reads a session's name, say in a proxy's log, gets neither its answers nor its report."""
    body = {
        "data": ["He denies fever.", "", True],
        "session_hash": "tab",
        "fn_index": number(ada, "extract"),
    }
    assert ada.post("/gradio_api/queue/join", json=body).status_code == 200
    with visit(server) as bob:
        answer = bob.post("/login", data={"username": "bob", "password": PASSWORD + "!"})
        bob.headers["cookie"] = "; ".join(
            c.split(";")[0] for c in answer.headers.get_list("set-cookie")
        )
        stolen = listen(bob, "tab")
        assert "session_not_found" in stolen and "fever" not in stolen
    mine = ada.get("/gradio_api/queue/data", params={"session_hash": "tab"}).text
    assert "fever" in mine and "process_completed" in mine


@pytest.mark.parametrize("route", ["queue/join", "run/predict", "api/predict", "cancel"])
def test_a_body_that_hides_its_session_is_refused(
    server: str, ada: httpx.Client, route: str
) -> None:
    for body in (b"", b"[1]", b"{", b'"session_hash"', b'{"session_hash": ["tab"], "data": []}'):
        assert ada.post(f"/gradio_api/{route}", content=body).status_code in (400, 422)


def test_300_wrong_passwords_in_a_row_get_a_few_answers(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELMTEX_AUTH", f"ada:{PASSWORD}")
        with launched() as address, httpx.Client(base_url=address) as client:
            said = [
                client.post("/login", data={"username": "ada", "password": f"guess {n}"})
                for n in range(300)
            ]
            right = client.post("/login", data={"username": "ada", "password": PASSWORD})
    tried = [answer for answer in said if answer.status_code == 400]
    refused = [answer for answer in said if answer.status_code == 429]
    assert 3 <= len(tried) <= 10 and len(tried) + len(refused) == 300
    assert 1 <= int(refused[0].headers["retry-after"]) <= 60
    assert "try again in" in refused[0].text
    assert right.status_code == 429  # or a guess would be told apart by its answer
