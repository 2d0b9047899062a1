"""From a signed review to a filed page, and what the other tabs make of it, in Debian's chromium."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from pages import NOTE, expect, extract, serious, settled

pytestmark = pytest.mark.slow


def test_a_review_is_signed_filed_compared_and_scored(page: Any) -> None:
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    pytest.importorskip("typst", reason="typst is not installed")
    # What is looked for is named before the first run.
    expect(page.locator(".welcome")).to_contain_text("Diagnosis")
    extract(page, NOTE)
    expect(page.locator(".review-bar strong")).to_contain_text("0 of", timeout=60_000)
    page.keyboard.press("t")
    page.keyboard.press("Shift+T")
    finish = page.get_by_role("button", name="Finish review")
    expect(finish).to_be_enabled(timeout=30_000)
    # Without a name nothing is signed, and the box of the name has the focus.
    finish.click()
    name = page.locator("#elmtex-reviewer :is(textarea, input)")
    expect(name).to_be_focused()
    name.fill("Dr. Ö")
    settled(page)
    finish.click()
    expect(page.get_by_text("Signed off by Dr. Ö")).to_be_visible()
    expect(page.get_by_role("button", name="Next report")).to_be_focused()
    page.get_by_role("button", name="Summary", exact=True).click()
    page.get_by_role("button", name="With evidence as footnotes").click()
    expect(page.locator("[aria-pressed='true']", has_text="With evidence")).to_be_visible()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="PDF").click()
    assert download.value.suggested_filename.endswith(".pdf")
    pdf = pypdf.PdfReader(io.BytesIO(Path(download.value.path()).read_bytes()))
    text = "\n".join(leaf.extract_text() for leaf in pdf.pages)
    assert "58-year-old" in text and "Dr. Ö" in text and "He denies fever" in text
    assert serious(page) == []
    page.get_by_role("tab", name="Evaluate").click()
    page.get_by_role("button", name="Score against finished reviews").click()
    expect(page.locator("#elmtex-evaluate").get_by_text("1 report scored.")).to_be_visible(
        timeout=60_000
    )
    assert serious(page) == []
    page.get_by_role("tab", name="Compare").click()
    page.locator("#elmtex-compare-choice input").last.click()
    page.get_by_role("option", name="your reviewed version").click()
    page.locator("#elmtex-compare-start").click()
    expect(page.locator("#elmtex-compare").get_by_text("Agreement (F1)")).to_be_visible(
        timeout=60_000
    )
    assert serious(page) == []
