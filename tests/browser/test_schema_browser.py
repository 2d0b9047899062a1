"""A schema of one's own in Debian's chromium: written in the form, checked beside its fields, tried, used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fakes import ATTACKS, Attributing
from pages import expect, extract, serving
from test_comparing import open_tab, serious

from elmtex.schema import packaged_schemas, schema_templates

DRUGS = "Aspirin 100 mg orally. No ibuprofen."


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page whose own schema has one category, drugs, and attributes."""
    with serving(Attributing(), tmp_path_factory.mktemp("served")) as address:
        yield address


def opened(page: Any) -> Any:
    """The form, once the page's own schema stands in it."""
    open_tab(page, "Categories")
    expect(cards(page)).to_have_count(1)
    expect(page.get_by_text("Usable: 1 category")).to_be_visible()
    return page.locator("#elmtex-form")


def cards(page: Any, of: str = "properties") -> Any:
    return page.locator(f'#elmtex-form [data-list="{of}"] > section')


def written(page: Any) -> Any:
    return json.loads(page.locator("#elmtex-schema textarea").input_value())


# What each field shows is written back into the schema, as if somebody had typed it.
WRITE_BACK = """(text) => {
  window.elmtex.type("#elmtex-schema", text);
  const fields = document.querySelectorAll("#elmtex-form :is([data-field], [data-key-field])");
  fields.forEach((field) => {
    const { value, checked } = field;
    if (field.type === "checkbox") field.checked = !checked;
    else field.value = field.options ? [...field.options].find((one) => one.value !== value).value : `x${value}`;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    if (field.type === "checkbox") field.checked = checked;
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return [fields.length, document.querySelector("#elmtex-schema textarea").value];
}"""


def said(text: str) -> Any:
    """A schema with the resource that a category without one has."""
    schema = json.loads(text)
    for category in schema["properties"].values():
        category.setdefault("x-fhir", {"resource": "Observation"})
    return schema


def test_every_schema_comes_through_the_form_as_it_was(page: Any) -> None:
    opened(page)
    for name, path in (packaged_schemas() | schema_templates()).items():
        text = path.read_text("utf-8")
        fields, after = page.evaluate(WRITE_BACK, text)
        assert fields > 10 * len(json.loads(text)["properties"]), name
        assert said(after) == said(text), name
        for part in ("properties", "x-attributes"):
            before = json.loads(text).get(part, {})
            assert list(json.loads(after).get(part, {})) == list(before), f"{name}: another order"


def test_categories_are_added_mended_moved_tried_and_used(page: Any) -> None:
    form = opened(page)
    page.get_by_role("button", name="+ Add a category").click()
    page.keyboard.type("Größe")  # the new title has the focus
    cards(page).nth(1).get_by_label("Label that the model sees").fill("drug")
    expect(cards(page).nth(1).locator(".fault")).to_contain_text(
        "give each category a label of its own"
    )
    label = cards(page).nth(1).get_by_label("Label that the model sees")
    expect(label).to_have_attribute("aria-invalid", "true")
    assert serious(page) == []
    cards(page).nth(1).locator(".fold-card").click()
    page.locator("[data-goto]").click()  # unfolds its card
    expect(label).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.get_by_text("Usable: 2 categories")).to_be_visible()
    assert written(page)["properties"]["grosse"] == {"title": "Größe"}
    page.get_by_role("button", name="Move up: Größe").click()
    assert list(written(page)["properties"]) == ["grosse", "drug"]
    page.get_by_role("button", name="Remove: Größe").click()
    assert list(written(page)["properties"]) == ["drug"]
    form.get_by_role("button", name="Undo").click()
    assert list(written(page)["properties"]) == ["grosse", "drug"]
    # A type renamed is renamed in its categories, one removed is gone from them.
    cards(page, "x-attributes").first.locator(".fold-card").click()
    cards(page, "x-attributes").first.get_by_label("Name in the document").fill("amount")
    page.get_by_role("button", name="Remove: Route").click()
    listed = written(page)["properties"]["drug"]["x-attributes"]
    assert listed == ["amount", "frequency", "duration", "form", "indication"]
    expect(page.get_by_text("Usable: 2 categories")).to_be_visible()
    page.locator("#elmtex-trial-report textarea").fill(DRUGS)
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("table.trial")).to_contain_text("Aspirin")
    expect(page.locator("#elmtex-trial")).to_contain_text("This schema was never measured")
    page.get_by_role("button", name="Use these categories").click()
    expect(page.get_by_text("Reports are now read with the schema")).to_be_visible()
    page.get_by_role("tab", name="One report").click()
    extract(page, DRUGS)
    expect(page.locator("#elmtex-result")).to_contain_text("This schema was never measured")
    open_tab(page, "Categories")
    page.locator("#elmtex-language").get_by_text("Deutsch").click()
    expect(cards(page).first.get_by_label("Titel auf Deutsch")).to_have_count(1)
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_hostile_titles_are_text_in_the_form(page: Any) -> None:
    form = opened(page)
    parts = {
        f"a{n}": {"title": attack, "x-label": f"a{n}", "x-attributes": ["t"]}
        for n, attack in enumerate(ATTACKS)
    }
    types = {"t": {"title": ATTACKS[1], "x-title": {"de": ATTACKS[0]}}}
    schema = {"title": ATTACKS[0], "properties": parts, "x-attributes": types}
    page.evaluate("(text) => window.elmtex.type('#elmtex-schema', text)", json.dumps(schema))
    expect(cards(page).locator("[data-name]")).to_have_text(list(ATTACKS))
    expect(cards(page).first.locator("ol span")).to_have_text(ATTACKS[1])
    assert form.locator("img, svg, script, b").count() == 0
    page.get_by_role("button", name=f"Remove: {ATTACKS[0]}").first.click()
    assert page.locator("#elmtex-form :is(img, svg, script, b)").count() == 0
    # A text that no form can show is left to the box, and comes back once it is mended.
    page.evaluate("window.elmtex.type('#elmtex-schema', '{')")
    expect(page.get_by_text("cannot be shown as a form")).to_be_visible()
    expect(page.locator("#elmtex-faults")).to_contain_text("not valid JSON at line 1")
    expect(page.locator("#elmtex-schema")).to_be_hidden()
    page.get_by_role("button", name="Show as JSON").click()
    expect(page.locator("#elmtex-schema")).to_be_visible()


def test_what_was_never_measured_leads_to_the_tab_that_learns(page: Any) -> None:
    extract(page, DRUGS)
    page.get_by_role("button", name="Teach the model by your corrections").first.click()
    expect(page.get_by_role("tab", name="Learn")).to_have_attribute("aria-selected", "true")
