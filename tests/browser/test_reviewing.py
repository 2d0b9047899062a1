"""The review in Debian's chromium: judge, correct, hand out, leave and take up again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pages import NOTE, STILL, FakeExtractor, click_words, expect, extract, serious, unfold


def judged(page: Any) -> Any:
    return page.locator(".review-bar strong")


def select_words(page: Any, words: str) -> None:
    """Select words of the report as a mouse would; they may span several elements."""
    page.evaluate(
        """words => {
          const report = document.getElementById("elmtex-report");
          const walker = document.createTreeWalker(report, NodeFilter.SHOW_TEXT);
          const at = report.textContent.indexOf(words), range = document.createRange();
          for (let seen = 0, node; (node = walker.nextNode()); seen += node.length) {
            if (seen <= at && at < seen + node.length) range.setStart(node, at - seen);
            const end = at + words.length;
            if (seen < end && end <= seen + node.length) { range.setEnd(node, end - seen); break; }
          }
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }""",
        words,
    )


def document(page: Any) -> dict[str, Any]:
    return json.loads(page.locator("#elmtex-json").text_content())["categories"]


def test_the_whole_way(page: Any) -> None:
    page.get_by_label("Reviewer").click()
    page.keyboard.insert_text("Dr. Löwe")
    extract(page, "🫀🫀 First line\n" + NOTE)
    expect(judged(page)).to_contain_text("0 of")
    unfold(page)
    # Switch a category off and on: its card and its colours go, the words stay.
    toggle = page.get_by_role("button", name="Gender", exact=True)
    toggle.click()
    expect(page.get_by_role("heading", name="Gender")).to_be_hidden()
    assert page.locator('.ev.off[data-of="gender"]').count() == 1
    toggle.click()
    expect(page.get_by_role("heading", name="Gender")).to_be_visible()
    # Evidence to item.
    page.locator(".report").get_by_text("ticagrelor 180 mg").click()
    expect(page.get_by_role("button", name="ticagrelor 180 mg", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    # Reject, edit, move.
    page.get_by_role("button", name="Reject: <b>not bold</b>").click()
    expect(judged(page)).to_contain_text("1 of")
    page.get_by_role("button", name="Edit: ticagrelor 180 mg").click()
    editor = page.locator("#elmtex-editor")
    editor.get_by_label("Words").fill("Gave ticagrelor 180 mg")
    editor.get_by_label("Category").select_option(label="Interventional therapy")
    editor.get_by_role("button", name="Save").click()
    expect(judged(page)).to_contain_text("2 of")
    # Add what was missed, by selecting its words; after emoji, so that offsets must be code points.
    select_words(page, "Possible right")
    page.locator("#elmtex-add-here").click()
    editor.get_by_label("Category").select_option(label="Pathology")
    editor.get_by_label("Assertion").select_option(label="possible")
    editor.get_by_role("button", name="Save").click()
    expect(judged(page)).to_contain_text("3 of")
    # Change an assertion in its row.
    page.get_by_label("Assertion: fever").select_option(label="present")
    expect(judged(page)).to_contain_text("4 of")
    found = document(page)
    text = page.locator("#elmtex-report").text_content()
    for items in found.values():
        assert all(text[i["start"] : i["end"]] == i["text"] for i in items)
    assert [i["text"] for i in found["pathology"]] == ["Possible right"]
    assert found["pathology"][0]["assertion"] == "possible"
    assert [i["text"] for i in found["interventional_therapy"]] == ["Gave ticagrelor 180 mg"]
    assert found["pharmacological_therapy"] == []
    assert [i["assertion"] for i in found["signs_symptoms"] if i["text"] == "fever"] == ["present"]
    # Leave, take up again: nothing is lost; the name is still there.
    page.reload()
    page.get_by_role("button", name="Continue: 🫀🫀 First line").click()
    expect(judged(page)).to_contain_text("4 of")
    expect(page.get_by_label("Reviewer")).to_have_value("Dr. Löwe")
    assert document(page) == found
    page.get_by_role("button", name="Undo").click()
    expect(judged(page)).to_contain_text("3 of")
    for name in ("CSV", "ELMTEX", "FHIR", "Summary", "JSON"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        saved = Path(download.value.path()).read_bytes().decode("utf-8")
        assert "Possible right" in saved, name
        if name == "CSV":
            assert "\r\n" in saved
    assert page.locator("#elmtex-view b, #elmtex-view img, #elmtex-result td b").count() == 0


def test_words_that_lie_in_a_longer_item_are_chosen_by_themselves(page: Any) -> None:
    extract(page, NOTE)
    expect(judged(page)).to_contain_text("0 of")
    report = page.locator("#elmtex-report")
    assert report.text_content() == NOTE
    outer = "crushing retrosternal chest pain radiating to the left arm"
    for words, chosen in (("chest pain", "chest pain"), ("crushing retrosternal", outer)):
        click_words(report, words)
        pressed = page.locator('button.item[aria-pressed="true"]')
        expect(pressed).to_have_text(chosen)
        lit = "".join(
            report.locator(".chosen").evaluate_all(
                "all => all.filter(e => !e.parentElement.closest('.chosen')).map(e => e.textContent)"
            )
        )
        assert lit == chosen
    # Rejecting the inner one leaves the outer one, and each word once.
    page.get_by_role("button", name="Reject: chest pain").click()
    expect(judged(page)).to_contain_text("1 of")
    assert report.text_content() == NOTE
    click_words(report, "chest pain")
    expect(page.locator('button.item[aria-pressed="true"]')).to_have_text(outer)


def test_what_is_typed_while_an_answer_is_under_way_decides_nothing(page: Any) -> None:
    extract(page, NOTE)
    expect(judged(page)).to_contain_text("0 of")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("n")  # before the answer to "a" is drawn
    expect(judged(page)).to_contain_text("1 of")
    editor = page.locator("#elmtex-editor")
    expect(editor).to_be_visible()
    page.keyboard.type("ruap", delay=60)
    assert editor.get_by_label("Words").input_value() == "ruap"
    expect(editor.get_by_role("heading")).to_have_text("Add an item")
    page.keyboard.press("Escape")
    expect(editor).to_be_hidden()
    expect(judged(page)).to_contain_text("1 of")


def test_a_form_keeps_its_focus_and_leaves_no_words(page: Any) -> None:
    extract(page, NOTE)
    expect(judged(page)).to_contain_text("0 of")
    select_words(page, "Possible right")
    page.locator("#elmtex-add-here").click()
    editor = page.locator("#elmtex-editor")
    expect(editor.get_by_label("Category")).to_be_focused()  # the words are there already
    editor.get_by_label("Assertion").focus()
    editor.evaluate("dialog => dialog.removeAttribute('open')")
    expect(editor.get_by_label("Assertion")).to_be_focused()
    page.keyboard.press("Escape")
    assert editor.get_by_label("Words").input_value() == ""


@pytest.mark.parametrize(("key", "box"), [("n", "#elmtex-editor"), ("?", "#elmtex-help")])
def test_a_late_answer_closes_no_dialog(page: Any, key: str, box: str) -> None:
    extract(page, NOTE)
    expect(judged(page)).to_contain_text("0 of")
    page.keyboard.press(key)
    dialog = page.locator(box)
    expect(dialog).to_be_visible()
    dialog.evaluate("dialog => dialog.removeAttribute('open')")  # as gradio renders it
    expect(dialog).to_be_visible()
    assert page.evaluate("box => document.activeElement.closest('dialog')?.matches(box)", box)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press(key)
    dialog.locator("[data-close]").click()
    expect(dialog).to_be_hidden()


def test_the_menu_of_an_assertion_shows_what_is_stored_and_takes_no_shortcut(page: Any) -> None:
    extract(page, NOTE)
    menu = page.get_by_label("Assertion: ticagrelor 180 mg")
    before = menu.input_value()
    menu.select_option(label="possible")
    expect(judged(page)).to_contain_text("1 of")
    menu.focus()
    page.keyboard.press("a")  # accepts; by its own ways the menu would go to "absent"
    page.wait_for_timeout(700)
    assert menu.input_value() == "possible"
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(judged(page)).to_contain_text("0 of")
    expect(menu).to_have_value(before)


def test_a_double_click_deletes_nothing(page: Any) -> None:
    extract(page, "Zwillings\n" + NOTE)
    expect(judged(page)).to_contain_text("0 of")
    page.reload()
    button = page.get_by_role("button", name="Delete: Zwillings")
    button.dblclick()
    page.wait_for_timeout(900)
    expect(page.get_by_role("button", name="Continue: Zwillings")).to_be_visible()


def test_by_keyboard_alone(page: Any) -> None:
    page.get_by_role("textbox", name="Report").focus()
    page.keyboard.insert_text(NOTE)
    for _ in range(3):  # past the box for files
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "elmtex-extract":
            break
    page.keyboard.press("Enter")
    expect(judged(page)).to_contain_text("0 of")
    total = page.locator("tr[data-verdict]").count()
    page.keyboard.press("o")  # the rest is folded
    page.keyboard.press("j")
    page.keyboard.press("r")
    for _ in range(total - 1):
        page.keyboard.press("a")
    expect(judged(page)).to_contain_text(f"{total} of {total}")
    assert page.locator('tr[data-verdict="rejected"]').count() == 1
    page.keyboard.press("u")
    expect(judged(page)).to_contain_text(f"{total - 1} of {total}")
    page.keyboard.press("n")
    page.keyboard.insert_text("denies")
    page.keyboard.press("Tab")
    page.keyboard.type("Diagnosis")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="denies", exact=True)).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#elmtex-help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#elmtex-help")).to_be_hidden()


def test_the_keys_can_be_switched_off_and_stay_off(page: Any) -> None:
    extract(page, NOTE)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use these keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    extract(page, NOTE)
    expect(judged(page)).to_contain_text("0 of")
    page.keyboard.press("j")
    page.keyboard.press("n")
    expect(page.locator(".item.chosen, tr.chosen")).to_have_count(0)
    expect(page.locator("#elmtex-editor")).to_be_hidden()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use these keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#elmtex-editor")).to_be_visible()


def test_on_a_phone_the_report_stays_above_its_items(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    extract(page, NOTE.replace("Gave", "Nothing else of importance happened. " * 40 + "Gave"))
    expect(judged(page)).to_contain_text("0 of")
    report = page.locator("#elmtex-report")
    words = report.get_by_text("ticagrelor 180 mg")
    row = page.get_by_role("row", name="ticagrelor 180 mg")
    for button in (row.locator("button.item"), row.get_by_role("button", name="Edit")):
        report.evaluate("element => (element.scrollTop = 0)")
        button.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")
        button.click()
        expect(words).to_be_in_viewport()
        assert page.evaluate("scrollY") == before
    select_words(page, "right ventricular")
    page.get_by_role("button", name="Use selected words").click()
    expect(page.locator("#elmtex-editor textarea")).to_have_value("right ventricular")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_another_browser_sees_no_review_and_a_deleted_one_is_gone(
    page: Any,
    chromium: Any,
    address: str,
) -> None:
    extract(page, NOTE)
    expect(judged(page)).to_contain_text("0 of")
    page.reload()
    expect(page.get_by_role("heading", name="Your reviews")).to_be_visible()
    stranger = chromium.new_context(locale="en-GB").new_page()
    stranger.goto(address)
    expect(stranger.get_by_role("heading", name="How it works")).to_be_visible()
    assert stranger.get_by_role("heading", name="Your reviews").count() == 0
    stranger.context.close()
    delete = page.locator(".reviews .delete")
    delete.click()
    expect(delete).to_have_text("Delete for good?")
    expect(delete).to_have_attribute("aria-label", re.compile("^Delete for good?"))
    # Unanswered, the question is taken back.
    expect(delete).to_have_text("Delete")
    expect(delete).to_have_attribute("aria-label", re.compile("^Delete: "))
    delete.click()
    page.wait_for_timeout(700)  # the time it takes to read the question
    delete.click()
    expect(page.get_by_role("heading", name="Your reviews")).to_have_count(0)


@pytest.mark.parametrize(
    ("scheme", "language"),
    [("light", "en"), pytest.param("dark", "de", marks=pytest.mark.slow)],
)
def test_axe_finds_no_serious_violation_in_any_state(
    page: Any, extractor: FakeExtractor, scheme: str, language: str
) -> None:
    faults: list[str] = []

    def look(state: str) -> None:
        faults.extend(f"{state}: {fault}" for fault in serious(page))

    page.goto(f"{page.url}?__theme={scheme}")
    page.get_by_role("button", name="Extract").wait_for()
    look("empty")
    extractor.gate.clear()
    extract(page, NOTE)
    expect(page.get_by_text("Reading: 1 of")).to_be_visible()
    look("extracting")
    extractor.gate.set()
    expect(judged(page)).to_contain_text("0 of")
    if language == "de":
        page.get_by_text("Deutsch").click()
        expect(page.get_by_role("heading", name="Medikamente")).to_be_visible()
    unfold(page)
    look("review")
    page.locator("tr[data-verdict] .reject").first.click()
    page.locator("tr[data-verdict] .accept").last.click()
    expect(page.locator("tr.rejected")).to_have_count(1)
    expect(judged(page)).to_contain_text(re.compile("^2 "))
    look("decided")
    for key, box in (("n", "#elmtex-editor"), ("?", "#elmtex-help")):
        page.keyboard.press(key)
        expect(page.locator(box)).to_be_visible()
        look(box)
        page.keyboard.press("Escape")
    for key in ("Shift+T", "t", "f"):
        page.keyboard.press(key)
    page.keyboard.insert_text("Dr. Axt")
    page.keyboard.press("Enter")
    page.keyboard.press("f")
    expect(page.locator(".review-bar a[href='#elmtex-out']")).to_be_visible()
    look("finished")
    page.locator("""[data-command*='"summary"']""").click()
    expect(page.locator("""[data-command*='"summary"'][aria-pressed=true]""")).to_be_visible()
    look("summary")
    tabs = page.get_by_role("tab")
    for number in range(1, tabs.count()):
        tabs.nth(number).click()
        expect(tabs.nth(number)).to_have_attribute("aria-selected", "true")
        look(tabs.nth(number).inner_text())
    assert faults == []


def test_a_report_pasted_over_a_review_begins_the_next_one(page: Any) -> None:
    extract(page, NOTE)
    expect(judged(page)).to_contain_text("0 of")
    page.evaluate(STILL)
    page.locator("#elmtex-title").click()
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        "Another report.",
    )
    expect(page.locator("#elmtex-input textarea")).to_have_value("Another report.")


def test_a_double_click_on_an_item_edits_it(page: Any) -> None:
    extract(page, NOTE)
    unfold(page)
    page.get_by_role("button", name="ticagrelor 180 mg", exact=True).dblclick()
    expect(page.locator("#elmtex-editor").get_by_label("Words")).to_have_value("ticagrelor 180 mg")


def test_words_inside_an_items_words_can_be_added(page: Any) -> None:
    extract(page, NOTE)
    expect(judged(page)).to_contain_text("0 of")
    page.evaluate(STILL)
    box = page.locator(".report .ev").get_by_text("ticagrelor 180 mg").last.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=5)
    page.mouse.up()
    expect(page.locator("#elmtex-add-here")).to_be_visible()
