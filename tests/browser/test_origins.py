"""What a page of another origin gets of a signed-in clinician's page, in Debian's chromium; and the page's own policy."""

from __future__ import annotations

import http.server
import json
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pages import ARGUMENTS, CHROMIUM, NOTE, FakeExtractor, expect, extract, unfold

pytestmark = pytest.mark.slow  # a minute in all

NAME, SIBLING = "elmtex.example.test", "evil.example.test"


class Blank(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>evil</title><p>evil</p>")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def evil() -> Iterator[int]:
    """The port of a server with a page of somebody else's."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture(scope="module")
def names(chromium: Any) -> Iterator[Any]:
    """A browser that finds both names at this machine."""
    rules = f"--host-resolver-rules=MAP {NAME} 127.0.0.1, MAP {SIBLING} 127.0.0.1"
    browser = chromium.browser_type.launch(
        executable_path=str(CHROMIUM), args=[*ARGUMENTS, rules, "--no-proxy-server"]
    )
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    from elmtex.web.server import launch

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELMTEX_AUTH", "ada:correct horse")
        patch.setenv("ELMTEX_HOSTS", NAME)
        database = f"sqlite:///{tmp_path_factory.mktemp('r') / 'r.sqlite'}"
        served = launch(port=port, extractor_factory=FakeExtractor, block=False, database=database)
    yield port
    served.close()


ASK = """async ([address, path, options]) => {
    try {
        const answer = await fetch(address + path, {credentials: "include", ...options});
        return `${answer.status} ${await answer.text()}`;
    } catch (error) {
        return `refused: ${error.name}`;
    }
}"""


def sign_in(tab: Any, address: str) -> None:
    tab.goto(address)
    tab.get_by_label("username").fill("ada")
    tab.get_by_label("password").fill("correct horse")
    tab.get_by_role("button", name="Login").click()
    tab.get_by_role("button", name="Extract").wait_for()


@pytest.mark.parametrize(
    ("own", "other"), [("localhost", "127.0.0.1"), ("localhost", "localhost"), (NAME, SIBLING)]
)
def test_another_origin_reads_no_token_no_list_no_review_and_decides_nothing(
    names: Any, port: int, evil: int, own: str, other: str
) -> None:
    address = f"http://{own}:{port}/"
    context = names.new_context(locale="en-GB")
    tab = context.new_page()
    sign_in(tab, address)
    extract(tab, NOTE)
    expect(tab.locator(".review-bar strong")).to_contain_text("0 of")
    ids = {
        d["api_name"]: d["id"] for d in tab.evaluate("window.gradio_config.dependencies")
    }  # as anyone may know them

    def run(name: str, *data: Any) -> dict[str, Any]:
        return {
            "method": "POST",
            "body": {"data": data, "session_hash": "s", "fn_index": ids[name]},
        }

    # The page itself may, or what follows shows nothing.
    listed = """async (body) => {
        const send = {method: "POST", headers: {"content-type": "application/json"}, body};
        await fetch("gradio_api/queue/join", send);
        return (await fetch("gradio_api/queue/data?session_hash=s")).text();
    }"""
    mine = tab.evaluate(listed, json.dumps(run("review_list")["body"]))
    review = re.search(r'"review": ?"([^"]+)"', mine)
    assert review is not None
    judged = {"do": "reject", "items": ["m0"]}
    asked = (
        run("review_list"),
        run("review_open", review[1]),
        run("review_decide", review[1], judged, ""),
    )

    foreign = context.new_page()
    foreign.goto(f"http://{other}:{evil}/")
    got = []
    for kind in ("application/json", "text/plain"):
        for one in asked:
            for mode in ("cors", "no-cors"):
                body, headers = json.dumps(one["body"]), {"content-type": kind}
                options = {"method": "POST", "mode": mode, "headers": headers, "body": body}
                got.append(foreign.evaluate(ASK, [address, "gradio_api/queue/join", options]))
    for path in ("gradio_api/token", "config", "gradio_api/queue/data?session_hash=s", ""):
        for mode in ("cors", "no-cors"):
            got.append(foreign.evaluate(ASK, [address, path, {"mode": mode}]))
    # An answer that a script cannot read has the status 0 and no words.
    assert {answer.split(":")[0].strip() for answer in got} <= {"refused", "0"}, got
    frame = (
        "(a) => {const f = document.createElement('iframe'); f.src = a; document.body.append(f)}"
    )
    foreign.evaluate(frame, address)
    foreign.wait_for_timeout(500)
    assert "Extract" not in (foreign.frames[-1].content() if len(foreign.frames) > 1 else "")

    # A form posts without asking first; the decision must not arrive.
    form = """([address, body]) => {
        const form = document.createElement("form");
        form.method = "post"; form.enctype = "text/plain"; form.action = address;
        const field = document.createElement("input");
        [field.name, field.value] = [body.slice(0, -1) + ', "x": "', '"}'];
        form.append(field); document.body.append(form); form.submit();
    }"""
    foreign.evaluate(form, [f"{address}gradio_api/queue/join", json.dumps(asked[2]["body"])])
    foreign.wait_for_load_state()
    expect(foreign.locator("body")).to_contain_text("another web page")
    after = tab.evaluate(listed, json.dumps(run("review_list")["body"]))
    counts = r'"(?:items|open|touched)": ?[^,}]+'
    assert re.findall(counts, after) == re.findall(counts, mine) != []
    context.close()


def test_a_link_on_another_page_opens_ones_own_reviews(names: Any, port: int, evil: int) -> None:
    address = f"http://localhost:{port}/"
    context = names.new_context(locale="en-GB")
    tab = context.new_page()
    sign_in(tab, address)
    before = {c["name"]: c["value"] for c in context.cookies()}
    tab.goto(f"http://127.0.0.1:{evil}/")
    tab.evaluate("(a) => {location.href = a}", address)
    tab.get_by_role("button", name="Extract").wait_for()  # neither the sign-in form nor a loop
    assert {c["name"]: c["value"] for c in context.cookies()} == before
    assert {c["sameSite"] for c in context.cookies()} == {"Strict"}
    context.close()


def test_the_page_works_under_a_policy_that_runs_no_text(page: Any) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.reload()
    extract(page, NOTE)
    expect(page.locator(".review-bar strong")).to_contain_text("0 of")
    unfold(page)
    page.get_by_role("button", name="Accept: man").click()
    expect(page.locator(".review-bar strong")).to_contain_text("1 of")
    for tab in ("Many reports", "Compare", "Categories", "About"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(200)
    assert not [text for text in said if "Content Security Policy" in text or "Error" in text], said

    policy = page.request.get(page.url).headers["content-security-policy"]
    scripts = next(p for p in policy.split("; ") if p.startswith("script-src"))
    assert "unsafe" not in scripts and "'sha256-" in scripts
    tried = """() => {
        const run = (made) => { try { return made() } catch (error) { return error.name } };
        document.body.insertAdjacentHTML("beforeend", '<img src="x:" onerror="window.ran = 1">');
        const script = document.createElement("script");
        script.textContent = "window.ran = 2";
        document.body.append(script);
        // Later: what is run by a debugger's own call may use eval.
        return new Promise((done) => setTimeout(() => done([
            run(() => eval("1")), run(() => new Function("return 1")()),
            run(() => Function("return 1")()), run(() => Function("value", "return `${run(value)}`;")()),
        ])));
    }"""
    assert page.evaluate(tried) == ["EvalError"] * 4
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
