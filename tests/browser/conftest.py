"""The page served with a planted extractor, and open in Debian's chromium; nothing leaves 127.0.0.1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

# Where playwright is missing, importing pages skips a test module, but would break a conftest.
if TYPE_CHECKING:
    from pages import FakeExtractor, Standin

    Served = tuple[str, Standin]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    chromium = "/usr/bin/chromium"
    missing = pytest.mark.skipif(not Path(chromium).exists(), reason=f"there is no {chromium}")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(missing)


@pytest.fixture(
    scope="module"
)  # an open Playwright keeps an event loop running, which other tests start themselves
def chromium() -> Iterator[Any]:
    from pages import ARGUMENTS, CHROMIUM, playwright

    with pytest.MonkeyPatch.context() as patch:
        # A page has moved it to a folder whose name is too long for chromium's socket.
        patch.delenv("TMPDIR", raising=False)
        driver = playwright.sync_playwright().start()
    browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
    yield browser
    browser.close()
    driver.stop()


@pytest.fixture
def extractor() -> Iterator[FakeExtractor]:
    from pages import FakeExtractor

    made = FakeExtractor()
    yield made
    made.gate.set()  # whoever waits there holds up the next test


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One page for the tests of a module: each is another visitor, with an extractor of its own."""
    from pages import Standin, serving

    standin = Standin()
    with serving(standin, tmp_path_factory.mktemp("served")) as address:
        yield address, standin


@pytest.fixture
def address(served: Served, extractor: FakeExtractor) -> str:
    address, standin = served
    standin.extractor = extractor
    return address


@pytest.fixture(scope="module")
def context(chromium: Any) -> Iterator[Any]:
    """A browser's profile, which keeps the files of the front end from one test to the next."""
    made = chromium.new_context(
        locale="en-GB", viewport={"width": 1366, "height": 768}, accept_downloads=True
    )
    yield made
    made.close()


@pytest.fixture
def page(context: Any, address: str) -> Iterator[Any]:
    context.clear_cookies()  # another visitor
    context.clear_permissions()
    tab = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("dialog", lambda dialog: (faults.append("a dialog opened"), dialog.dismiss()))
    tab.goto(address)
    tab.get_by_role("button", name="Extract").wait_for()
    yield tab
    tab.evaluate("localStorage.clear(), sessionStorage.clear()")
    tab.close()
    abroad = [url for url in asked if urlsplit(url).hostname not in ("127.0.0.1", None)]
    assert abroad == []
    assert asked, "no request was seen: the check above saw nothing"
    assert faults == []
