"""Attributes in Debian's chromium: beside their items and in the exports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fakes import Attributing
from pages import expect, extract, serious, serving

DRUGS = "Aspirin 100 mg orally. No ibuprofen."


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page whose own schema has attributes."""
    with serving(Attributing(), tmp_path_factory.mktemp("served")) as address:
        yield address


def test_attributes_stand_in_the_cards_of_their_items(page: Any) -> None:
    extract(page, DRUGS)
    page.locator("#elmtex-review").wait_for()
    aspirin = page.locator("tr[data-row=m0]")
    table = page.locator("section.drugs table")
    expect(table.locator("thead th")).to_have_text(
        ["Substance", "Dose", "Route", "Assertion", "Confidence", "Decision"]
    )
    expect(aspirin.locator("td.value")).to_have_text(["100 mg", "orally"])
    expect(page.locator("tr[data-row=m1] td.value")).to_have_text(["·", "·"])
    assert serious(page) == []
    page.get_by_role("button", name="CSV (attributes)").click()
    expect(page.locator("#elmtex-json")).to_contain_text("dose,100 mg,8,14")
    page.get_by_text("Deutsch").click()
    expect(table.locator("thead th").nth(1)).to_have_text("Dosis")
    page.set_viewport_size({"width": 390, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0  # nothing stands beside the screen of a phone
