"""Two extractors compared, and the page's account of itself, in Debian's chromium."""

from __future__ import annotations

from typing import Any

from pages import NOTE, FakeExtractor, expect, serious, settled


def open_tab(page: Any, name: str) -> None:
    settled(page)
    page.get_by_role("tab", name=name).click()


def test_two_extractors_side_by_side(page: Any, extractor: FakeExtractor) -> None:
    page.get_by_role("textbox", name="Report").fill(NOTE)
    open_tab(page, "Compare")
    # What stands in the other tab is offered here.
    expect(page.locator("#elmtex-compare-report textarea")).to_have_value(NOTE)
    stop = page.locator("#elmtex-compare-stop")
    expect(stop).to_have_count(0)
    extractor.gate.clear()
    page.locator("#elmtex-compare-start").click()
    expect(page.get_by_text("elmtex, trained for reports reads the report")).to_be_visible()
    stop.click()
    expect(page.get_by_text("The comparison was stopped.")).to_be_visible()
    extractor.gate.set()
    page.locator("#elmtex-compare-start").click()
    shown = page.locator("#elmtex-compare .compare")
    expect(shown).to_be_visible(timeout=30_000)
    for row, words in (
        ("only elmtex", "58-year-old"),
        ("other assertion", "fever"),
        ("other category", "troponin T 412 ng/L"),
    ):
        expect(shown.locator(".pairs tr", has_text=row).filter(has_text=words)).to_have_count(1)
    shown.locator("summary").click()
    expect(shown.locator("tr.agreed", has_text="<b>not bold</b>")).to_be_visible()
    assert shown.locator("b, img, script").count() == 0
    assert serious(page) == []
    page.get_by_text("Deutsch").click()
    expect(shown.locator("tr.assertion", has_text="andere Aussage")).to_be_visible()


def test_the_page_gives_account_of_itself(page: Any) -> None:
    open_tab(page, "About")
    about = page.locator("#elmtex-about")
    expect(about.get_by_role("heading", name="What the EU AI Act asks")).to_be_visible()
    expect(about.get_by_text("Article 14")).to_be_visible()
    assert len(about.locator("dd").last.text_content()) == 64
    assert serious(page) == []
    page.get_by_text("Deutsch").click()
    expect(about.get_by_role("heading", name="KI-Verordnung")).to_be_visible()
