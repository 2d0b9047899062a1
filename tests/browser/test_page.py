"""The page in Debian's chromium: paste, extract, read the result; nothing leaves 127.0.0.1."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from pages import (
    NOTE,
    FakeExtractor,
    expect,
    extract,
    serving,
    unfold,
)


def test_paste_extract_read(page: Any) -> None:
    extract(page, NOTE)
    expect(page.get_by_text("Complete", exact=True)).to_be_visible()
    region = page.get_by_role("region", name="Report")
    assert region.evaluate("element => element.textContent") == NOTE
    document = json.loads(page.locator("#elmtex-json").text_content())
    assert list(document["categories"]) == list(FakeExtractor.schema.keys)
    for items in document["categories"].values():
        assert all(NOTE[i["start"] : i["end"]] == i["text"] for i in items)
    unfold(page)
    fever = page.get_by_role("row", name="fever")
    expect(fever).to_contain_text("absent")
    assert fever.locator("s").text_content() == "fever"
    expect(page.get_by_role("row", name="right ventricular involvement")).to_contain_text(
        "possible"
    )
    assert page.locator("#elmtex-view b, #elmtex-view img, #elmtex-result b").count() == 0


def test_an_item_lights_up_its_words_and_back(page: Any) -> None:
    extract(page, NOTE)
    unfold(page)
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
    expect(page.get_by_text("Complete", exact=True)).to_be_visible()
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


def test_a_full_queue_says_so(
    chromium: Any, extractor: FakeExtractor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elmtex.web.server.WAITING", 1)
    extractor.gate.clear()
    with serving(extractor, tmp_path) as address, chromium.new_context(locale="en-GB") as visitor:
        tabs = [visitor.new_page() for _ in range(3)]
        for tab in tabs:
            tab.goto(address)
        extract(tabs[0], NOTE)
        expect(tabs[0].get_by_text("Reading: 1 of")).to_be_visible()
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
        expect(tabs[0].get_by_text("Complete", exact=True)).to_be_visible()


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
    expect(page.get_by_text("Complete", exact=True)).to_be_visible()
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
    expect(page.get_by_text("Complete", exact=True)).to_be_visible()
    page.get_by_text("Deutsch").click()
    expect(page.get_by_role("heading", name="Medikamente")).to_be_visible()
    unfold(page)
    expect(page.get_by_role("row", name="fever")).to_contain_text("verneint")
    assert page.evaluate("document.documentElement.lang") == "de"
    page.get_by_role("button", name="Neuer Bericht").click()
    expect(page.get_by_role("button", name="Auswerten")).to_be_visible()


def test_nothing_is_kept_in_the_browser(page: Any) -> None:
    extract(page, "He denies fever. Zyxwvut.")
    expect(page.get_by_text("Complete", exact=True)).to_be_visible()
    # Nothing is folded where nothing comes before it.
    expect(page.get_by_role("row", name="fever")).to_be_visible()
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
