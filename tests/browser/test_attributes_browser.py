"""Attributes in Debian's chromium: beside their items, in the comparison, and their types in a schema of one's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fakes import Attributing
from pages import expect, extract, serious, serving
from test_comparing import open_tab

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


def test_types_are_written_into_the_schema_and_used(page: Any) -> None:
    open_tab(page, "Categories")
    page.locator("#elmtex-types").get_by_role("button").first.click()
    text, form = page.locator("#elmtex-schema textarea"), page.locator("#elmtex-types")
    expect(form.get_by_role("rowheader")).to_have_count(6)
    form.get_by_label("Title").fill("Dose")
    form.get_by_label("Name in the document").fill("dose")
    form.get_by_role("button", name="Write into the schema").click()
    expect(page.locator("#elmtex-type-refused")).to_contain_text("/x-attributes/dose")
    form.get_by_label("Name in the document").fill("")
    form.get_by_label("Title").fill("Reason")
    form.get_by_label("Drug").check()
    form.get_by_role("button", name="Write into the schema").click()
    expect(text).to_have_value(re.compile('"reason"'))
    expect(page.locator("#elmtex-type-refused")).to_have_text("")
    for key, button in (("Reason", "Write into"), ("Route", "Remove from")):
        form.get_by_label("Attribute type", exact=True).click()
        page.get_by_role("option", name=key, exact=True).click()
        expect(form.get_by_label("Title")).to_have_value(key)
        if key == "Reason":
            expect(form.get_by_label("Drug")).to_be_checked()
            form.get_by_label("Name in the document").fill("why")
        form.get_by_role("button", name=button).click()
        expect(form.get_by_label("Title")).to_have_value("")
    schema = json.loads(text.input_value())
    assert "why" in schema["properties"]["drug"]["x-attributes"]
    assert not {"reason", "route"} & set(schema["x-attributes"])
    assert serious(page) == []
    page.get_by_role("button", name="Use these categories").click()
    expect(page.get_by_text("Reports are now read with the schema")).to_be_visible()
    page.get_by_role("tab", name="One report").click()
    extract(page, DRUGS)
    page.locator("#elmtex-review").wait_for()
    expect(page.locator("tr[data-row=m0] td.value")).to_have_text(["100 mg"])
