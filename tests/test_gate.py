"""The rules of who gets in, without a server: names, origins, cookies, web sockets, guesses."""

from __future__ import annotations

import asyncio
import tracemalloc
import types
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from elmtex.types import InputError
from elmtex.web.access import sign_in
from elmtex.web.access.body_limit import MAX_BODY, BodyLimit
from elmtex.web.access.gate import Gate
from elmtex.web.access.headers import headers
from elmtex.web.access.hosts import Hosts, is_foreign
from elmtex.web.access.sign_in import Door, Throttle, address, door, network


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def ask(gate: Gate | BodyLimit, body: bytes = b"", **scope: Any) -> list[dict[str, Any]]:
    """What a gate sends."""
    sent: list[dict[str, Any]] = []
    whole = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "scheme": "http"}
    whole |= {"client": ("127.0.0.1", 1), "headers": [(b"host", b"localhost")], **scope}
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return parts.pop() if parts else {"type": "http.disconnect"}

    asyncio.run(gate(whole, receive, send))
    return sent


class Inside:
    """The application: keeps what it was asked, answers with cookies and CORS."""

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        self.bodies.append((await receive()).get("body", b""))
        given = [
            (b"Access-Control-Allow-Origin", b"*"),
            (b"Set-Cookie", b"a=b; SameSite=none; Secure; Path=/; Max-Age=9"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": given})
        await send({"type": "http.response.body", "body": b"in"})


@pytest.fixture
def inside() -> Inside:
    return Inside()


def gate(inside: Inside, **options: Any) -> Gate:
    gradio = types.SimpleNamespace(cookie_id="c", tokens={})
    return Gate(inside, gradio, Hosts("127.0.0.1"), **options)


def test_an_answer_loses_what_opens_it_to_others(inside: Inside) -> None:
    start = ask(gate(inside))[0]
    assert start["headers"] == [
        (b"Set-Cookie", b"a=b; Path=/; Max-Age=9; HttpOnly; SameSite=Strict")
    ]
    framed = ask(gate(inside, framed=True))[0]["headers"][0][1]
    assert framed.endswith(b"HttpOnly; SameSite=None; Secure; Partitioned")


@pytest.mark.parametrize(
    "wrong",
    [(b"origin", b"https://evil.example"), (b"host", b"evil.example"), (b"origin", b"null")],
)
def test_a_web_socket_of_another_page_is_closed(inside: Inside, wrong: Any) -> None:
    own = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    assert ask(gate(inside), type="websocket", scheme="ws", headers=own)[0]["type"].endswith(
        "accept"
    )
    (closed,) = ask(gate(inside), type="websocket", scheme="ws", headers=[wrong, own[0]])
    assert closed["type"] == "websocket.close" and closed["code"] == 1008
    assert len(inside.scopes) == 1


@pytest.mark.parametrize(
    ("origin", "host", "secure", "foreign"),
    [
        ("http://localhost:7860", "localhost:7860", False, False),
        ("https://a.example", "a.example", True, False),
        ("https://a.example", "A.example:443", True, False),
        ("https://a.example", "a.example", False, False),  # the proxy did not say that it is https
        ("http://a.example", "a.example", True, True),
        ("https://a.example:444", "a.example", True, True),
        ("https://a.example.evil", "a.example", True, True),
        ("https://a.example@evil", "a.example", True, True),
        ("https://a.example/x", "a.example", True, True),
        ("chrome-extension://a.example", "a.example", False, True),
        ("http://[::1]:7860", "[::1]:7860", False, False),
        ("http://localhost:7861", "localhost:7860", False, True),
        ("http://localhost:x", "localhost", False, True),
        ("", "localhost", False, True),
    ],
)
def test_an_origin_is_the_pages_own_by_scheme_name_and_port(
    origin: str, host: str, secure: bool, foreign: bool
) -> None:
    assert is_foreign({"origin": origin, "host": host}, secure) is foreign


def test_a_form_that_names_no_origin_is_our_own_only_where_the_browser_says_so() -> None:
    asked = {"origin": "null", "host": "localhost"}
    assert is_foreign(asked, False)
    assert not is_foreign({**asked, "sec-fetch-site": "same-origin"}, False)


@pytest.mark.parametrize(
    ("bound", "listed", "host", "known"),
    [
        ("0.0.0.0", "", "192.168.1.5:7860", True),
        ("0.0.0.0", "", "ward-pc:7860", False),
        ("0.0.0.0", "ward-pc, other", "ward-pc:7860", True),
        ("::", "", "[fe80::1]:7860", True),
        ("10.0.0.7", "", "10.0.0.7", True),
        ("10.0.0.7", "", "10.0.0.8", False),
        ("ward-pc", "", "WARD-PC.:80", True),
        ("127.0.0.1", "", "127.0.0.2", True),
        ("127.0.0.1", "", "localhost.evil.example", False),
        ("127.0.0.1", "", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "", "localhost/x", False),
        ("127.0.0.1", "", "localhost:99999", False),
        ("127.0.0.1", "", " localhost", False),
        ("127.0.0.1", "", "[::1", False),
    ],
)
def test_names(
    bound: str, listed: str, host: str, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELMTEX_HOSTS", listed)
    assert (host in Hosts(bound)) is known


def test_a_space_answers_to_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_HOST", "someone-elmtex.hf.space")
    hosts = Hosts("0.0.0.0")
    assert "someone-elmtex.hf.space" in hosts and "other.hf.space" not in hosts


@pytest.mark.parametrize("wrong", ["https://a.example", "a.example:443", "*.example", "a/b"])
def test_what_is_no_name_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELMTEX_HOSTS", wrong)
    with pytest.raises(InputError, match="without https"):
        Hosts("127.0.0.1")


def post(gate: Gate | BodyLimit, body: bytes, cookie: bytes = b"") -> list[dict[str, Any]]:
    named = [(b"host", b"localhost"), (b"cookie", cookie), (b"content-length", b"%d" % len(body))]
    return ask(gate, body, method="POST", path="/gradio_api/queue/join", headers=named)


def test_a_session_is_exchanged_wherever_it_is_named_and_nothing_else_is(inside: Inside) -> None:
    import json

    one = gate(inside)
    odd = '{"session_hash": "tab", "data": ["session_hash", "\\ud800 \\u00fc \\ud83e\\udec0", 1e400, 0.1]}'
    post(one, odd.encode(), b"elmtex_reviews=mine")
    got = json.loads(inside.bodies[0])
    assert got["session_hash"] != "tab" and got["data"] == json.loads(odd)["data"]
    lengths = [v for n, v in inside.scopes[0]["headers"] if n == b"content-length"]
    assert lengths == [b"%d" % len(inside.bodies[0])]
    mine = [(b"host", b"localhost"), (b"cookie", b"x=y"), (b"cookie", b"elmtex_reviews=mine")]
    ask(one, path="/gradio_api/queue/data", query_string=b"a=&session_hash=tab", headers=mine)
    assert inside.scopes[1]["query_string"].decode() == f"a=&session_hash={got['session_hash']}"
    ask(one, path="/gradio_api/heartbeat/tab", headers=mine)
    assert inside.scopes[2]["path"] == f"/gradio_api/heartbeat/{got['session_hash']}"
    for cookie in (b"elmtex_reviews=yours", b"", b"elmtex_reviews=mine; access-token-c=t"):
        post(one, odd.encode(), cookie)
    others = {json.loads(body)["session_hash"] for body in inside.bodies[3:]}
    assert len(others) == 3 and got["session_hash"] not in others
    post(gate(Inside()), odd.encode())  # another server's secret is another


def test_a_body_is_bounded(inside: Inside) -> None:
    assert post(BodyLimit(gate(inside)), b" " * (MAX_BODY + 1))[0]["status"] == 413
    assert post(gate(inside), b"[" * 100_000)[0]["status"] == 400
    assert inside.scopes == []


def test_the_policy_names_the_scripts_that_may_run() -> None:
    rules = dict(headers(False, ["alert(1)"]))[b"content-security-policy"].decode()
    assert "script-src 'self' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='" in rules
    assert "unsafe-eval" not in rules


def guess(keeper: Door, name: str, password: str, place: str = "10.0.0.1") -> bool | int:
    """Whether it was right; or the seconds to wait."""
    token = address.set(place)
    try:
        return keeper(name, password)
    except HTTPException as error:
        assert error.status_code == 429
        return int((error.headers or {})["Retry-After"])
    finally:
        address.reset(token)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeper(clock: Clock) -> Door:
    return Door({"ada": "right", "bob": "also right"}, {"k" * 16: "ada"}, Throttle(clock))


def test_the_right_person_comes_in_after_the_pause_and_each_pause_is_longer(
    keeper: Door, clock: Clock
) -> None:
    assert [guess(keeper, "ada", str(n)) for n in range(7)] == [False] * 5 + [30, 30]
    assert guess(keeper, "ada", "right") == 30 and guess(keeper, "bob", "also right") is True
    clock.now += 30
    assert guess(keeper, "ada", "wrong") is False and guess(keeper, "ada", "right") == 60
    clock.now += 60
    assert guess(keeper, "ada", "right") is True
    assert [guess(keeper, "ada", str(n)) for n in range(5)] == [False] * 5  # counted anew


def test_pauses_end_at_a_quarter_of_an_hour(keeper: Door, clock: Clock) -> None:
    for _ in range(200):
        guess(keeper, "ada", "wrong")
        clock.now += 900
    assert guess(keeper, "ada", "right") in (True, 900)


def test_many_accounts_from_one_address_and_one_account_from_many(keeper: Door) -> None:
    spray = [guess(keeper, f"name {n}", "spring", "10.0.0.9") for n in range(300)]
    assert spray.count(False) == 20 and spray[-1] == 30
    # Of IPv6 a household has 2^64 addresses.
    own = [guess(keeper, f"n {n}", "spring", f"2001:db8::{n:x}") for n in range(300)]
    assert own.count(False) == 20
    many = [guess(keeper, "bob", "spring", f"10.1.0.{n}") for n in range(200)]
    assert many.count(False) == 5 and network("::ffff:1") == network("::1")


def test_strangers_do_not_keep_out_who_signed_in_here_before(keeper: Door) -> None:
    assert guess(keeper, "ada", "right", "10.0.0.2") is True
    assert [guess(keeper, "ada", "x", f"10.9.0.{n}") for n in range(9)][-1] == 30
    assert guess(keeper, "ada", "right", "10.0.0.3") == 30
    assert guess(keeper, "ada", "right", "10.0.0.2") is True


def test_names_and_passwords_are_whole_and_an_empty_one_is_nobodys(keeper: Door) -> None:
    for name, password in (("", ""), ("eve", ""), ("ada", ""), ("ada", "righ"), ("ada", "right\n")):
        assert guess(keeper, name, password, "10.0.0.4") is False


def test_guessing_keys_is_throttled_by_address(keeper: Door) -> None:
    token = address.set("10.0.0.5")
    try:
        assert keeper.name_of("k" * 16) == "ada"
        assert [keeper.name_of(f"guess {n}") for n in range(20)] == [None] * 20
        with pytest.raises(HTTPException):
            keeper.name_of("k" * 16)
    finally:
        address.reset(token)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "REMEMBERED", 100)
    keeper = Door({"ada": "right"})
    tracemalloc.start()
    for number in range(5000):
        guess(keeper, f"{number}" * 1000, "x" * 1000, f"10.{number % 250}.{number % 249}.1")
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 2_000_000


@pytest.mark.parametrize(
    "keys", ["ada", "ada:short", "eve:" + "k" * 16, f"ada:{'k' * 16}\nbob:{'k' * 16}"]
)
def test_keys_are_checked_and_never_told(keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELMTEX_AUTH", "ada:right\nbob:right")
    monkeypatch.setenv("ELMTEX_MCP_KEYS", keys)
    with pytest.raises(InputError, match="ELMTEX_MCP_KEYS") as refused:
        door()
    assert "kkk" not in str(refused.value) and "short" not in str(refused.value)


def test_keys_without_passwords_would_open_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert door() is None
    monkeypatch.setenv("ELMTEX_MCP_KEYS", "ada:" + "k" * 16)
    with pytest.raises(InputError, match="ELMTEX_AUTH"):
        door()
