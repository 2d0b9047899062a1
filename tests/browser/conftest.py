"""The page served with a planted extractor, and open in Debian's chromium; nothing leaves 127.0.0.1."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

# Where playwright is missing, importing pages skips a test module, but would break a conftest.
if TYPE_CHECKING:
    from pages import FakeExtractor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    chromium = "/usr/bin/chromium"
    missing = pytest.mark.skipif(not Path(chromium).exists(), reason=f"there is no {chromium}")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(missing)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from pages import ARGUMENTS, CHROMIUM, playwright

    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def extractor() -> FakeExtractor:
    from pages import FakeExtractor

    return FakeExtractor()


@pytest.fixture
def address(
    extractor: FakeExtractor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    from pages import OtherExtractor

    from elmtex.web.server import launch

    looked_up: list[Any] = []
    look_up = socket.getaddrinfo

    def watched(host: Any, *args: Any, **options: Any) -> Any:
        looked_up.append(host)
        return look_up(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", watched)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = f"sqlite:///{tmp_path / 'reviews.sqlite'}"
    served = launch(
        port=port,
        extractor_factory=lambda: extractor,
        block=False,
        database=database,
        others={"finetuned": lambda: extractor, "other": OtherExtractor},
    )
    yield f"http://127.0.0.1:{port}/"
    served.close()
    # The server itself must call nobody either: no telemetry, no check for a new version.
    assert "127.0.0.1" in looked_up
    assert set(looked_up) <= {"127.0.0.1", "localhost", b"127.0.0.1", None}


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    context = chromium.new_context(
        locale="en-GB", viewport={"width": 1366, "height": 768}, accept_downloads=True
    )
    tab = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("dialog", lambda dialog: (faults.append("a dialog opened"), dialog.dismiss()))
    tab.goto(address)
    tab.get_by_role("button", name="Extract").wait_for()
    yield tab
    context.close()
    abroad = [url for url in asked if urlsplit(url).hostname not in ("127.0.0.1", None)]
    assert abroad == []
    assert asked, "no request was seen: the check above saw nothing"
    assert faults == []
