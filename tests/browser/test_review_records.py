"""A letter as tables in Debian's chromium: cells and their source, need, keys, decisions that show at once; by mouse and by keyboard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import Modelless
from pages import expect, extract, serious, serving, settled, unfold

from corpora.written import load
from elmtex.extractors.values import with_values
from elmtex.schema import load_schema
from elmtex.types import Extraction, Item, Progress

LETTER = next(r for r in load(Path(__file__).parents[1] / "letters") if r.id.endswith("discharge"))
DOUBTFUL = ("orthopnoea", "married", "furosemide 40 mg IV twice daily")


class Planted(Modelless):
    """Answers with the letter's gold; is not sure of DOUBTFUL, and not quite of drugs."""

    schema = load_schema("clinical")
    model_name = "planted"

    def with_schema(self, schema: object) -> Planted:
        return self

    def stream(self, report: str) -> Iterator[Progress]:
        found: dict[str, tuple[Item, ...]] = dict.fromkeys(self.schema.keys, ())
        for key, items in LETTER.items.items():
            sure = 0.8 if key == "pharmacological_therapy" else 0.95
            found[key] = tuple(
                replace(i, confidence=0.4 if i.text in DOUBTFUL else sure) for i in items
            )
        valued = with_values(found, self.schema, report)
        yield Progress(Extraction("r", "clinical", "planted", "ok", (), valued), 1, 1)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(Planted(), tmp_path_factory.mktemp("served")) as address:
        yield address


def judged(page: Any) -> Any:
    return page.locator(".review-bar strong")


def open_letter(page: Any) -> None:
    extract(page, LETTER.text)
    expect(judged(page)).to_contain_text("0 of")


def row(page: Any, words: str) -> Any:
    return page.locator("tr[data-verdict]").filter(has=page.locator("button.item", has_text=words))


def marked(page: Any) -> str:
    """The words of the report that a chosen cell has lit up."""
    return page.evaluate("[...(CSS.highlights.get('elmtex-cell') ?? [])].map(String).join()")


def document(page: Any) -> dict[str, Any]:
    return json.loads(page.locator("#elmtex-json").text_content())["categories"]


def test_drugs_and_values_are_tables_whose_cells_are_words_of_the_report(page: Any) -> None:
    open_letter(page)
    heads = page.locator("section.drugs thead th")
    expect(heads).to_have_text(
        [
            *("Substance", "Dose", "Route", "Frequency", "Status"),
            *("Assertion", "Confidence", "Decision"),
        ]
    )
    cells = row(page, "torasemide").locator("td.value")
    expect(cells).to_have_text(["20 mg", "·", "1-0-0", "new"])
    cells.nth(3).get_by_role("button").click()
    assert marked(page) == "new"
    at = page.evaluate("[...CSS.highlights.get('elmtex-cell')][0].getBoundingClientRect().top")
    frame = page.locator("#elmtex-report").bounding_box()
    assert frame["y"] <= at <= frame["y"] + frame["height"]
    unfold(page)
    probnp = row(page, "NT-proBNP").locator("td.value")
    expect(probnp).to_have_text(["6,840", "pg/mL", "< 125", "H"])
    # A test stands in its value's row alone, and one span has one row with its categories.
    expect(row(page, "CRP")).to_have_count(1)
    twice = row(page, "hypertension")
    expect(twice.locator(".kind")).to_have_count(2)
    twice.locator(".kind button").last.click()  # the history; the comorbidity leads
    expect(twice.locator(".kind.rejected")).to_have_count(1)
    assert [i["text"] for i in document(page)["comorbidities"]] == [
        "type 2 diabetes",
        "hypertension",
    ]
    times = page.locator("section.times")
    expect(times.locator("time").filter(has_text="2009")).to_have_count(1)
    times.get_by_role("button", name="appendectomy in 1985").click()
    expect(row(page, "appendectomy").locator("button.item")).to_have_attribute(
        "aria-pressed", "true"
    )
    table = page.locator(".in-table").first
    assert "monospace" in table.evaluate("e => getComputedStyle(e).fontFamily")
    untaken = page.locator(".in-untaken").all_text_contents()
    assert "Kind regards" in untaken and not any("penicillin" in words for words in untaken)


def test_a_cell_is_changed_added_and_taken_out(page: Any) -> None:
    open_letter(page)
    drug = row(page, "torasemide")
    drug.locator("button.item").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    form = page.locator("#elmtex-cell")
    expect(form.get_by_role("heading")).to_contain_text("Dose: torasemide")
    form.get_by_label("Words").fill("2.5 mg")
    page.keyboard.press("Enter")
    expect(drug.locator("td.value").first).to_have_text("2.5 mg")
    dose = next(
        a
        for i in document(page)["pharmacological_therapy"]
        if "torasemide" in i["text"]
        for a in i["attributes"]
        if a["type"] == "dose"
    )
    assert LETTER.text[dose["start"] : dose["end"]] == "2.5 mg"
    assert dose["value"] == {"kind": "quantity", "value": 2.5, "unit": "mg", "code": "mg"}
    # One of the empty cells, with words that are selected in the report.
    drug.locator("td.of-route button").click()
    page.evaluate(
        "at => { getSelection().removeAllRanges(); getSelection().addRange(elmtex.rangeOf(at, at + 2)); }",
        LETTER.text.index("IV twice"),
    )
    expect(form.get_by_label("Words")).to_have_value("IV")
    form.get_by_role("button", name="Save").click()
    expect(drug.locator("td.of-route")).to_have_text("IV")
    drug.locator("td.of-status button").dblclick()
    form.get_by_role("button", name="Remove").click()
    expect(drug.locator("td.of-status")).to_have_text("·")
    page.keyboard.press("u")
    expect(drug.locator("td.of-status")).to_have_text("new")


def test_what_the_server_refuses_goes_back_and_is_told(page: Any) -> None:
    open_letter(page)
    first = page.locator("tr[data-verdict]").first
    page.evaluate(
        "ids => elmtex.act({ do: 'reject', items: [...ids.split(' '), 'm9999'] })",
        first.get_attribute("data-ids"),
    )
    assert first.get_attribute("data-verdict") == "rejected"  # before any answer
    told = page.locator("#elmtex-told")
    expect(told).to_contain_text("there is no item")
    expect(first).to_have_attribute("data-verdict", "open")
    expect(judged(page)).to_contain_text("0 of")
    page.keyboard.press("f")
    expect(told).to_contain_text("items are still open")


def test_the_whole_way_by_mouse(page: Any) -> None:
    page.get_by_label("Reviewer").fill("Dr. Maus")
    open_letter(page)
    report = page.locator("#elmtex-report")
    report.evaluate("element => (element.scrollTop = 0)")
    drug = row(page, "ibuprofen")
    drug.get_by_role("button", name="Reject").click()
    assert drug.get_attribute("data-verdict") == "rejected"  # at once
    expect(report.get_by_text("stopped")).to_be_in_viewport()  # and its source is in view
    unfold(page)
    row(page, "chest pain").locator("button.item").click()
    row(page, "fever").locator("button.item").click(modifiers=["Shift"])
    expect(page.locator("tr.chosen")).to_have_count(3)
    row(page, "palpitations").get_by_role("button", name="Accept").click()
    expect(page.locator('tr.chosen[data-verdict="accepted"]')).to_have_count(3)
    page.locator(".take-first").click()
    page.get_by_role("button", name="at or above").click()
    page.get_by_role("button", name="Finish review").click()
    expect(judged(page)).to_have_text("Review finished")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    saved = json.loads(Path(download.value.path()).read_text("utf-8"))["categories"]
    drugs = [i["text"] for i in saved["pharmacological_therapy"]]
    assert "ibuprofen" not in drugs and len(drugs) == 7
    assert serious(page) == []


def test_the_whole_way_by_keyboard_alone(page: Any) -> None:
    settled(page)
    page.get_by_role("textbox", name="Report").focus()
    page.keyboard.insert_text(LETTER.text)
    page.keyboard.press("Control+Enter")
    expect(judged(page)).to_contain_text("0 of")
    page.keyboard.press("j")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("tr.chosen")).to_have_count(3)
    expect(page.locator("#elmtex-told")).to_have_text("3 selected")
    page.keyboard.press("a")
    expect(judged(page)).to_contain_text("3 of")
    page.keyboard.press("l")  # the next that is worth a look
    page.keyboard.press("r")
    expect(judged(page)).to_contain_text("4 of")
    assert serious(page) == []
    # What was missed: the next sentence without items is selected, and a digit adds its words.
    page.keyboard.press("s")
    page.keyboard.press("Digit4")
    expect(page.locator("tr.added")).to_have_count(1)
    page.keyboard.press("u")
    page.keyboard.press("n")
    page.keyboard.insert_text("bus driver")
    editor = page.locator("#elmtex-editor")
    expect(editor.get_by_label("Category")).to_have_value("social_history")  # by the heading above
    page.keyboard.press("Escape")
    expect(editor).to_be_hidden()  # else the next keys are words
    page.keyboard.press("o")
    page.keyboard.press("?")
    expect(page.locator("#elmtex-help")).to_be_visible()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+T")
    page.keyboard.press("t")
    page.keyboard.press("f")  # without a name it asks for it
    page.keyboard.insert_text("Dr. Taste")
    page.keyboard.press("Enter")
    page.keyboard.press("f")
    expect(judged(page)).to_have_text("Review finished")
    with page.expect_download() as download:
        page.keyboard.press("x")
    assert json.loads(Path(download.value.path()).read_text("utf-8"))["status"] == "ok"
    page.keyboard.press("g")
    expect(page.locator("#elmtex-told")).to_contain_text("no other report")


def test_a_threshold_says_what_the_rest_is(page: Any) -> None:
    open_letter(page)
    expect(page.locator("#elmtex-folded")).to_be_hidden()
    before = int(page.locator("#elmtex-rest .count").inner_text())
    page.locator(".fold select").select_option(label="0 %")
    expect(page.locator("#elmtex-rest .count")).to_have_text(str(before + 2))  # the drugs stay
    expect(page.locator(".fold p")).to_contain_text("about")
