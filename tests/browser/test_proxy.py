"""The recommended reverse proxy, as docs/proxy.md has it: sign in, read, upload, listen, through nginx with TLS."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pages import ARGUMENTS, CHROMIUM, FakeExtractor, expect, extract

pytestmark = pytest.mark.slow  # a minute in all

NAME, PASSWORD = "elmtex.example.org", "correct horse"
NGINX, OPENSSL = shutil.which("nginx", path="/usr/sbin:/usr/bin:/bin"), shutil.which("openssl")
DOCUMENT = Path(__file__).parents[2] / "docs" / "proxy.md"


def free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def extractor() -> FakeExtractor:
    return FakeExtractor()


@pytest.fixture(scope="module")
def proxy(
    tmp_path_factory: pytest.TempPathFactory,
    extractor: FakeExtractor,
) -> Iterator[int]:
    """The port of nginx, with the page behind it."""
    if NGINX is None or OPENSSL is None:
        pytest.skip("nginx and openssl are not installed")
    from elmtex.web.server import launch

    folder, port, behind = tmp_path_factory.mktemp("proxy"), free(), free()
    (written,) = re.findall(r"```nginx\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    for here, there in (
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("127.0.0.1:7860", f"127.0.0.1:{behind}"),
        ("/etc/ssl", str(folder)),
    ):
        assert here in written
        written = written.replace(here, there)
    temporary = " ".join(
        f"{kind}_temp_path {folder};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"user root; daemon off; pid {folder}/pid; error_log stderr warn; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{written} }}\n"
    )
    subprocess.run(
        [
            *(OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", f"/CN={NAME}", "-keyout", f"{folder}/elmtex.key"),
            *("-out", f"{folder}/elmtex.pem"),
        ],
        check=True,
        capture_output=True,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELMTEX_HOSTS", NAME)
        patch.setenv("ELMTEX_AUTH", f"ada:{PASSWORD}\nbob:{PASSWORD}")
        database = f"sqlite:///{folder / 'r.sqlite'}"
        served = launch(
            port=behind, extractor_factory=lambda: extractor, block=False, database=database
        )
    running = subprocess.Popen([NGINX, "-c", f"{folder}/nginx.conf", "-p", str(folder)])
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                break
        time.sleep(0.05)
    yield port
    running.terminate()
    running.wait(10)
    served.close()


def test_sign_in_read_while_it_comes_and_upload(
    chromium: Any,
    proxy: int,
    extractor: FakeExtractor,
    tmp_path: Path,
) -> None:
    browser = chromium.browser_type.launch(
        executable_path=str(CHROMIUM),
        args=[*ARGUMENTS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1", "--no-proxy-server"],
    )
    context = browser.new_context(locale="en-GB", ignore_https_errors=True)
    tab = context.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(f"https://{NAME}:{proxy}/")
    tab.get_by_label("username").fill("ada")
    tab.get_by_label("password").fill(PASSWORD)
    tab.get_by_role("button", name="Login").click()
    tab.get_by_role("button", name="Extract").wait_for()
    cookies = {c["name"]: c for c in context.cookies()}
    assert len(cookies) == 3
    assert all(c["secure"] and c["httpOnly"] for c in cookies.values())
    assert {c["sameSite"] for c in cookies.values()} == {"Strict"}

    extractor.gate.clear()  # what is found comes while the rest is read
    extract(tab, "A 58-year-old man, no fever.")
    expect(tab.get_by_role("heading", name="Age")).to_be_visible()
    expect(tab.get_by_text("Reading: 1 of")).to_be_visible()
    extractor.gate.set()
    expect(tab.locator(".review-bar strong")).to_contain_text("0 of")
    tab.get_by_role("button", name="Accept: man").click()
    expect(tab.locator(".review-bar strong")).to_contain_text("1 of")

    tab.get_by_role("button", name="New report").click()
    letter = tmp_path / "letter.txt"
    letter.write_text("Patient A: fever. " + "x" * 1_900_000)
    tab.locator("#elmtex-files input[type=file]").set_input_files(str(letter))
    box = tab.locator("#elmtex-paste textarea").first
    expect(box).to_have_value(re.compile("^Patient A: fever"), timeout=30_000)
    assert not [text for text in said if "40" in text and "Failed to load" in text], said
    browser.close()


def test_a_program_signs_in_and_extracts(proxy: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import gradio_client

    program = gradio_client.Client(
        f"https://127.0.0.1:{proxy}",
        auth=("ada", PASSWORD),
        ssl_verify=False,
        verbose=False,
        analytics_enabled=False,
    )
    found = program.predict("A 58-year-old man.", "", api_name="/extract")
    assert found["categories"]["age"][0]["text"] == "58-year-old"


def test_an_address_that_a_guesser_claims_is_not_believed(proxy: int) -> None:
    with httpx.Client(base_url=f"https://127.0.0.1:{proxy}", verify=False) as client:
        said = [
            client.post(
                "/login",
                data={"username": f"name {n}", "password": "guess"},
                headers={"x-forwarded-for": f"10.0.0.{n}"},
            ).status_code
            for n in range(40)
        ]
    assert said.count(400) == 20 and said.count(429) == 20
