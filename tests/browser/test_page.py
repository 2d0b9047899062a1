"""The page in Debian's chromium: paste, extract, read the result; nothing leaves 127.0.0.1."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from elmtex.schema import load_schema
from elmtex.types import Assertion, Extraction, Item, Progress

CHROMIUM = Path("/usr/bin/chromium")
pytest.importorskip("gradio", reason="the page needs gradio")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}"),
]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What a model might find, in any report that holds these words.
FACTS: tuple[tuple[str, str, Assertion, float], ...] = (
    ("age", "58-year-old", "present", 0.999),
    ("gender", "man", "present", 0.98),
    ("life_style", "Smokes 1 pack a day for 35 years", "present", 0.93),
    ("life_style", "illicit drugs", "absent", 0.9),
    ("family_history", "father died of myocardial infarction at 61", "present", 0.88),
    ("social_history", "married", "present", 0.95),
    ("medical_surgical_history", "Appendectomy in 1994", "present", 0.96),
    ("medical_surgical_history", "stroke", "absent", 0.71),
    (
        "signs_symptoms",
        "crushing retrosternal chest pain radiating to the left arm",
        "present",
        0.91,
    ),
    ("signs_symptoms", "chest pain", "present", 0.42),
    ("signs_symptoms", "fever", "absent", 0.99),
    ("comorbidities", "type 2 diabetes mellitus", "present", 0.94),
    ("diagnostic_techniques_procedures", "ECG", "present", 0.97),
    ("diagnostic_techniques_procedures", "high-sensitivity troponin T", "present", 0.83),
    ("laboratory_values", "troponin T 412 ng/L", "present", 0.79),
    ("diagnosis", "inferior ST-elevation myocardial infarction", "present", 0.97),
    ("diagnosis", "right ventricular involvement", "possible", 0.66),
    ("diagnosis", "Aortic dissection", "absent", 0.38),
    ("pharmacological_therapy", "ticagrelor 180 mg", "present", 0.95),
    ("pharmacological_therapy", "<b>not bold</b>", "present", 0.5),
    ("interventional_therapy", "percutaneous coronary intervention", "present", 0.9),
    ("patient_outcome_assessment", "stable condition", "present", 0.8),
)


class FakeExtractor:
    """Finds FACTS by ``str.find``, one a step; ``gate`` holds it up between two steps."""

    schema = load_schema("elmtex")
    facts = FACTS

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause
        self.gate = threading.Event()
        self.gate.set()
        self.loaded = threading.Event()
        self.closed = 0

    def load(self) -> None:
        self.loaded.set()

    def stream(self, report: str) -> Iterator[Progress]:
        found: dict[str, list[Item]] = {key: [] for key in self.schema.keys}
        facts = [fact for fact in self.facts if fact[1] in report]
        try:
            for done, (key, text, assertion, confidence) in enumerate(facts, 1):
                start = report.find(text)
                found[key].append(Item(text, start, start + len(text), assertion, confidence))
                yield Progress(self._extraction(found), done, len(facts))
                self.gate.wait(20)
                time.sleep(self.pause)
            yield Progress(self._extraction(found), len(facts), len(facts))
        finally:
            self.closed += 1

    def _extraction(self, found: dict[str, list[Item]]) -> Extraction:
        items = {key: tuple(sorted(v, key=lambda i: i.start or 0)) for key, v in found.items()}
        return Extraction("report", "elmtex", "fake-1", "ok", (), items)


class OtherExtractor(FakeExtractor):
    """Misses the age, calls the fever present, and takes a laboratory value for a procedure."""

    facts = (
        *(fact for fact in FACTS if fact[0] not in ("age", "laboratory_values", "signs_symptoms")),
        ("signs_symptoms", "fever", "present", 0.6),
        ("diagnostic_techniques_procedures", "troponin T 412 ng/L", "present", 0.5),
    )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def extractor() -> FakeExtractor:
    return FakeExtractor()


@pytest.fixture
def address(
    extractor: FakeExtractor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    from elmtex.ui.page import launch

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


def expect(locator: Any) -> Any:
    return playwright.expect(locator)


def extract(page: Any, report: str) -> None:
    # gradio loses an answer that comes while it still mounts its components: no hand is that fast, a test is.
    page.locator("#elmtex-command[inert]").wait_for(state="attached")
    page.wait_for_timeout(500)
    page.get_by_role("textbox", name="Report").fill(report)
    page.get_by_role("button", name="Extract").click()


NOTE = (
    "58-year-old man with crushing retrosternal chest pain radiating to the left arm. He denies fever.\n"
    "high-sensitivity troponin T 412 ng/L. Possible right ventricular involvement. "
    "Gave ticagrelor 180 mg and <b>not bold</b> </script><img src=x onerror=alert(1)> ${alert(1)} {{this}} Löfgren 🫀."
)


def test_paste_extract_read(page: Any) -> None:
    extract(page, NOTE)
    expect(page.get_by_text("Read to the end")).to_be_visible()
    region = page.get_by_role("region", name="Report")
    assert region.evaluate("element => element.textContent") == NOTE
    document = json.loads(page.locator("#elmtex-json").text_content())
    assert list(document["categories"]) == list(FakeExtractor.schema.keys)
    for items in document["categories"].values():
        assert all(NOTE[i["start"] : i["end"]] == i["text"] for i in items)
    fever = page.get_by_role("row", name="fever")
    expect(fever).to_contain_text("absent")
    assert fever.locator("s").text_content() == "fever"
    expect(page.get_by_role("row", name="right ventricular involvement")).to_contain_text(
        "possible"
    )
    assert page.locator("#elmtex-view b, #elmtex-view img, #elmtex-result b").count() == 0


def test_an_item_lights_up_its_words_and_back(page: Any) -> None:
    extract(page, NOTE)
    page.get_by_role("button", name="troponin T 412 ng/L", exact=True).press("Enter")
    chosen = page.locator(".report .chosen")
    assert "".join(chosen.all_text_contents()) == "troponin T 412 ng/L"
    page.locator(".report").get_by_text("fever").click()
    expect(page.get_by_role("button", name="fever", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    assert "".join(page.locator(".report .chosen").all_text_contents()) == "fever"


def test_categories_arrive_while_it_reads_and_stop_keeps_them(
    page: Any, extractor: FakeExtractor
) -> None:
    extractor.gate.clear()
    extract(page, NOTE)
    expect(page.get_by_role("heading", name="Age")).to_be_visible()
    expect(page.get_by_text("Reading: 1 of")).to_be_visible()
    expect(page.get_by_role("heading", name="Diagnosis")).to_have_count(0)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped: 1 of")).to_be_visible()
    extractor.gate.set()
    # The next report is not held up by the one that was stopped.
    page.get_by_role("button", name="New report").click()
    extract(page, "He denies fever.")
    expect(page.get_by_text("Read to the end")).to_be_visible()
    assert list(json.loads(page.locator("#elmtex-json").text_content())["categories"]["age"]) == []


def test_closing_the_page_ends_the_reading(
    chromium: Any, address: str, extractor: FakeExtractor
) -> None:
    extractor.pause = 0.5
    tab = chromium.new_page()
    tab.goto(address)
    extract(tab, NOTE)
    tab.get_by_role("heading", name="Age").wait_for()
    tab.close()
    until = time.monotonic() + 5
    while not extractor.closed and time.monotonic() < until:
        time.sleep(0.05)
    assert extractor.closed == 1


@pytest.fixture
def short_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    from elmtex.ui import page

    monkeypatch.setattr(page, "WAITING", 1)


def test_a_full_queue_says_so(
    short_queue: None, chromium: Any, page: Any, address: str, extractor: FakeExtractor
) -> None:
    extractor.gate.clear()
    tabs = [page, chromium.new_page(), chromium.new_page()]
    for tab in tabs[1:]:
        tab.goto(address)
    extract(page, NOTE)
    expect(page.get_by_text("Reading: 1 of")).to_be_visible()
    extract(tabs[1], NOTE)
    expect(tabs[1].get_by_text("Waiting for the model")).to_be_visible()
    time.sleep(0.5)
    extract(tabs[2], NOTE)
    expect(tabs[2].get_by_role("alert").filter(has_text="Too many reports")).to_be_visible()
    expect(tabs[2].get_by_role("textbox", name="Report")).to_have_value(NOTE)
    # One who waits may stop waiting.
    tabs[1].get_by_role("button", name="Stop").click()
    expect(tabs[1].get_by_role("button", name="New report")).to_be_visible()
    extractor.gate.set()
    expect(page.get_by_text("Read to the end")).to_be_visible()
    for tab in tabs[1:]:
        tab.close()


def test_an_empty_report_gets_a_sentence(page: Any) -> None:
    extract(page, "  \n ")
    expect(page.get_by_role("alert")).to_contain_text("There is no report yet")
    page.wait_for_timeout(
        500
    )  # the run that follows has nothing to draw, and must take nothing away
    expect(page.get_by_role("button", name="Extract")).to_be_visible()
    expect(page.get_by_text("How it works")).to_be_visible()


def test_example_download_and_edit(page: Any) -> None:
    page.get_by_label("Try an example").click()
    page.get_by_role("option", name="Emergency department note").click()
    expect(page.get_by_role("textbox", name="Report")).to_have_value(re.compile("EMERGENCY"))
    page.get_by_role("button", name="Extract").click()
    expect(page.get_by_text("Read to the end")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    saved = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert saved == copied
    assert saved["categories"]["pharmacological_therapy"][0]["text"] == "ticagrelor 180 mg"
    page.get_by_role("button", name="Edit report").click()
    expect(page.get_by_role("textbox", name="Report")).to_have_value(re.compile("EMERGENCY"))


def playwright_contains(text: str) -> Any:
    import re

    return re.compile(re.escape(text))


def test_german(page: Any) -> None:
    extract(page, NOTE)
    expect(page.get_by_text("Read to the end")).to_be_visible()
    page.get_by_text("Deutsch").click()
    expect(page.get_by_role("heading", name="Medikamentöse Therapie")).to_be_visible()
    expect(page.get_by_role("row", name="fever")).to_contain_text("verneint")
    assert page.evaluate("document.documentElement.lang") == "de"
    page.get_by_role("button", name="Neuer Bericht").click()
    expect(page.get_by_role("button", name="Auswerten")).to_be_visible()


def test_nothing_is_kept_in_the_browser(page: Any) -> None:
    extract(page, "He denies fever. Zyxwvut.")
    expect(page.get_by_text("Read to the end")).to_be_visible()
    stored = page.evaluate(
        """async () => {
          const kept = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
          for (const { name } of await indexedDB.databases()) {
            const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (e) => done(e.target.result)));
            for (const store of db.objectStoreNames)
              kept.push(JSON.stringify(await new Promise((done) =>
                (db.transaction(store).objectStore(store).getAll().onsuccess = (e) => done(e.target.result)))));
          }
          return kept.join();
        }"""
    )
    assert "Zyxwvut" not in stored
