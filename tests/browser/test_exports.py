"""What is saved, copied and decided in Debian's chromium, when the page is slow: never what stood there before."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import NOTE, FakeExtractor, expect, extract, serving

from elmtex.web.controller import PageController
from elmtex.web.state import View

pytestmark = pytest.mark.slow  # a minute in all


@pytest.fixture
def address(extractor: FakeExtractor, tmp_path: Path) -> Iterator[str]:
    """A page for each test: what is in its database is counted."""
    with serving(extractor, tmp_path) as address:
        yield address


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each answer takes a second to render."""
    render = PageController.render

    def slowly(*arguments: Any) -> View:
        time.sleep(1)
        return render(*arguments)

    monkeypatch.setattr(PageController, "render", slowly)
    yield


def decided(folder: Path) -> list[tuple[str, list[str]]]:
    with sqlite3.connect(folder / "reviews.sqlite") as database:
        rows = database.execute("SELECT decision FROM elmtex_decisions ORDER BY number").fetchall()
    return [(d["action"], d["items"]) for (text,) in rows for d in [json.loads(text)]]


def stored(page: Any, folder: Path, count: int) -> list[str]:
    """The actions, once there are so many, and nothing more comes: the page shows a decision before the disk has it."""
    for _ in range(100):
        if len(decided(folder)) >= count:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)
    return [action for action, _ in decided(folder)]


def verdicts(page: Any) -> list[str]:
    return page.eval_on_selector_all("tr[data-verdict]", "rows => rows.map(r => r.dataset.verdict)")


def begin(page: Any) -> int:
    extract(page, NOTE)
    expect(page.locator(".review-bar strong")).to_contain_text("0 of", timeout=30_000)
    return len(verdicts(page))


def test_download_and_copy_give_what_was_decided_and_chosen_before(slow: None, page: Any) -> None:
    begin(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="CSV", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.endswith(".csv")
    saved = Path(download.value.path()).read_bytes().decode("utf-8")
    assert saved.startswith("\ufeff") and "58-year-old" in saved and not saved.startswith("\ufeff{")
    page.get_by_role("button", name="JSON", exact=True).click()
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.keyboard.press("j")
    for _ in range(6):
        page.keyboard.press("r")
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Download").click()
    saved = json.loads(Path(download.value.path()).read_text("utf-8"))
    total = len(verdicts(page))
    assert sum(map(len, saved["categories"].values())) == total - 6
    page.keyboard.press("u")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible(timeout=20_000)
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert sum(map(len, copied["categories"].values())) == total - 5


def test_on_a_slow_machine_each_key_decides_once_and_in_order(page: Any, tmp_path: Path) -> None:
    total = begin(page)
    cdp = page.context.new_cdp_session(page)
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": 20})
    for key in "ojaruaara":
        page.keyboard.press(key)
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    expect(page.locator(".review-bar strong")).to_contain_text(f"5 of {total}", timeout=60_000)
    wanted = ["accept", "reject", "undo", "accept", "accept", "reject", "accept"]
    assert stored(page, tmp_path, len(wanted)) == wanted


def test_a_command_that_is_sent_twice_or_too_early_is_carried_out_once(
    page: Any,
    tmp_path: Path,
) -> None:
    begin(page)
    for key in "jaa":
        page.keyboard.press(key)
    expect(page.locator(".review-bar strong")).to_contain_text("2 of")
    page.keyboard.press("u")
    expect(page.locator(".review-bar strong")).to_contain_text("1 of")
    page.evaluate(
        "for (let i = 0; i < 3; i++) document.querySelector('#elmtex-command button').click()"
    )
    page.wait_for_timeout(1500)
    # A slow tab: gradio has not seen what was written when it is sent, and sends what stood there before.
    page.evaluate(
        """() => {
          const early = (event) => {
            if (!event.target.closest?.("#elmtex-command")) return;
            event.stopImmediatePropagation();
            window.removeEventListener("input", early, true);
          };
          window.addEventListener("input", early, true);
        }"""
    )
    page.keyboard.press("r")
    expect(page.locator(".review-bar strong")).to_contain_text("2 of", timeout=30_000)
    assert stored(page, tmp_path, 4) == ["accept", "accept", "undo", "reject"]


def test_many_reports_are_saved_at_the_click_and_not_in_the_page(
    slow: None,
    page: Any,
    tmp_path: Path,
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(f"{name}: 58-year-old man, no fever.")
    files = [str(tmp_path / f"{name}.txt") for name in "ab"]
    page.locator("#elmtex-files input[type=file]").set_input_files(files)
    page.locator("#elmtex-start").click()
    expect(page.get_by_text("2 of 2 extracted")).to_be_visible(timeout=60_000)
    many = page.locator("#elmtex-many")
    expect(many.get_by_role("button", name="Download all")).to_be_visible(timeout=10_000)
    assert '"categories"' not in page.content()
    many.get_by_role("button", name="CSV").click()
    with page.expect_download(timeout=30_000) as download:
        many.get_by_role("button", name="Download all").click()
    assert download.value.suggested_filename == "elmtex.csv"
    assert Path(download.value.path()).read_text("utf-8").count("58-year-old") == 2
    assert "58-year-old" not in page.locator("#elmtex-answer").inner_html()
    many.get_by_role("button", name="Gold").click()
    many.get_by_role("button", name="Download all").click()
    expect(many.get_by_role("alert")).to_contain_text("No reviewed category yet", timeout=20_000)


def test_a_browser_that_keeps_nothing_is_served_all_the_same(
    chromium: Any,
    address: str,
) -> None:
    context = chromium.new_context(locale="en-GB")
    context.add_init_script(
        """for (const name of ["getItem", "setItem", "removeItem"]) {
          const usual = Storage.prototype[name];
          Storage.prototype[name] = function (key, ...rest) {
            if (key.startsWith("elmtex")) throw new DOMException("denied", "SecurityError");
            return usual.call(this, key, ...rest);
          };
        }"""
    )
    tab, faults = context.new_page(), []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto(address)
    tab.get_by_role("button", name="Extract").wait_for()
    tab.get_by_label("Reviewer").click()
    tab.keyboard.insert_text("Dr. Löwe")
    extract(tab, NOTE)
    expect(tab.locator(".review-bar strong")).to_contain_text("0 of")
    tab.get_by_role("button", name="Keyboard shortcuts").click()
    tab.get_by_label("Use these keys").uncheck()
    tab.get_by_label("Use these keys").check()
    tab.keyboard.press("Escape")
    tab.keyboard.press("j")
    tab.keyboard.press("a")
    expect(tab.locator(".review-bar strong")).to_contain_text("1 of")
    context.close()
    assert faults == []


def test_no_field_of_the_page_is_filled_by_the_browser(page: Any) -> None:
    # A saved name would sign somebody else's decisions, a saved password go into a report.
    extract(page, NOTE)
    expect(page.locator(".review-bar strong")).to_contain_text("0 of")
    seen: dict[str, str] = {}
    for tab in ("One report", "Many reports", "Compare", "Categories", "About"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(200)
        seen |= page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll("input, textarea, select")]
              .filter((field) => !["checkbox", "radio", "file"].includes(field.type))
              .map((field) => [field.closest("[id^=elmtex], [id^=component]")?.id + " " + field.type + " " +
                (field.name || field.getAttribute("aria-label") || ""), field.autocomplete]))"""
        )
    fields = {name: value for name, value in seen.items() if "select-one" not in name}
    assert any("elmtex-reviewer" in name for name in fields)
    assert any("elmtex-command" in name for name in fields)
    assert any("elmtex-editor" in name for name in fields)
    assert not any("password" in name for name in fields)
    assert {name: value for name, value in fields.items() if value != "off"} == {}
