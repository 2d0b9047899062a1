"""How many keys and clicks a letter takes, and how many seconds, from paste to corrected, finished export: a doctor's decisions
replayed on the page.

Three letters that nobody tuned on (``tests/letters``, written and annotated for this), with what the packaged model makes of
them. Pasting, one key, one click, one selection of words with the mouse, and typing a name are one action each.

The seconds are those of the machine, as they pass here, and those of the hand by the keystroke-level model (Card, Moran and
Newell 1980): each key, each pointing, each move between mouse and keys, and a pause to make up one's mind before each
correction. Reading the letter is not counted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from doctor import Correction, corrections, left
from pages import expect, serving, settled

from corpora.written import load
from elmtex.extractors.base import open_extractor
from elmtex.review import ReviewedItem, fold
from elmtex.schema import load_schema
from elmtex.types import Extraction, Record
from elmtex.web.report_tab.review_view import by_keys
from elmtex.web.report_tab.rows import rows_of

pytestmark = [pytest.mark.slow, pytest.mark.weights]

MOST = 45
SECONDS = 90
KEY, POINT, BUTTON, HOME, MIND = 0.28, 1.1, 0.1, 0.4, 1.35  # of the keystroke-level model
SCHEMA = load_schema("clinical")
LETTERS = {record.id: record for record in load(Path(__file__).parents[1] / "letters")}
DIGITS = [f"Digit{n}" for n in (*range(1, 10), 0)]
DIGITS += [f"Shift+{digit}" for digit in DIGITS]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with the packaged model; its extractor is loaded once for all letters."""
    extractor = open_extractor(schema="clinical")
    with serving(extractor, tmp_path_factory.mktemp("served")) as address:
        yield address


@dataclass
class Hand:
    """A hand at the page, which counts what it does and the seconds that a doctor's would take."""

    page: Any
    actions: int = 0
    seconds: float = 0
    at: str = "keys"

    def press(self, keys: str) -> None:
        self._move("keys", KEY * (1 + keys.count("+")))
        self.page.keyboard.press(keys)

    def click(self, selector: str) -> None:
        self._move("mouse", POINT + 2 * BUTTON)
        self.page.locator(selector).first.click()

    def paste(self, text: str) -> None:
        """Control and V: the page takes what is pasted anywhere."""
        self._move("keys", 2 * KEY)
        self.page.evaluate(
            """text => {
              const data = new DataTransfer();
              data.setData("text/plain", text);
              document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
            }""",
            text,
        )

    def select(self, start: int, end: int) -> None:
        """Words of the report, as a mouse selects them by one stroke."""
        self._move("mouse", 2 * (POINT + BUTTON))
        self.page.evaluate(
            """([start, end]) => {
              getSelection().removeAllRanges();
              getSelection().addRange(elmtex.rangeOf(start, end));
            }""",
            [start, end],
        )

    def think(self) -> None:
        self.seconds += MIND

    def _move(self, to: str, seconds: float) -> None:
        self.actions += 1
        self.seconds += seconds + (HOME if to != self.at else 0)
        self.at = to


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_corrected_and_finished_in_few_actions(
    page: Any, name: str, record_property: Any
) -> None:
    gold, hand = LETTERS[name], Hand(page)
    settled(page)
    page.get_by_label("Reviewer").fill("Dr. Hand")  # once in a browser, not once a letter
    page.locator("#elmtex-title").click()
    began = time.perf_counter()
    hand.paste(gold.text)
    hand.press("Control+Enter")
    expect(page.locator(".review-bar strong")).to_contain_text("0 of", timeout=240_000)
    ready = time.perf_counter() - began
    asked = corrections(rows_of(reviewed(page), SCHEMA), gold, SCHEMA)
    # What needs no look is read through as well: unfolded once, if there is something to correct in it.
    if any(page.locator(f"#elmtex-folded {row(one)}").count() for one in asked if one.row):
        hand.press("o")
    for one in asked:
        hand.think()
        correct(hand, one)
        page.wait_for_function("elmtex.sent().then(() => true)")
    hand.press("Shift+T")
    hand.press("t")
    hand.press("f")
    expect(page.locator(".review-bar strong")).to_have_text("Review finished", timeout=60_000)
    with page.expect_download(timeout=60_000) as download:
        hand.press("x")
    machine = time.perf_counter() - began
    document = json.loads(Path(download.value.path()).read_text("utf-8"))
    corrected = Extraction.from_dict(document)
    assert left(rows_of(fold(corrected, ()).items, SCHEMA), gold, SCHEMA) == {}
    record_property("actions", hand.actions)
    print(
        f"{name}: {hand.actions} actions, {len(asked)} corrections, {hand.seconds:.0f} s of the hand and {machine:.0f} s of "
        f"the machine ({ready:.1f} s until the records stand)"
    )
    assert hand.actions <= MOST
    assert hand.seconds + machine <= SECONDS


def correct(hand: Hand, one: Correction) -> None:
    """One correction, by the cheapest way that the page has."""
    key = "" if not one.category else DIGITS[[c.key for c in by_keys(SCHEMA)].index(one.category)]
    match one.do:
        case "reject":
            hand.click(f"{row(one)} .reject")
        case "reject chip":
            hand.click(f'[data-chip="{one.row}"] button')
        case "assert":
            hand.click(f"{row(one)} button.item")
        case "move":
            hand.click(f"{row(one)} button.item")
            hand.press(key)
        case "add":
            assert one.item is not None and one.item.start is not None and one.item.end is not None
            hand.select(one.item.start, one.item.end)
            hand.press(key)
            hand.page.wait_for_function("elmtex.sent().then(() => true)")
    for _ in range(one.presses):
        hand.press("p")
        hand.page.wait_for_function("elmtex.sent().then(() => true)")


def row(one: Correction) -> str:
    return f'tr[data-ids~="{one.row}"]'


def reviewed(page: Any) -> tuple[ReviewedItem, ...]:
    """The items of the report that is shown, as nobody has decided about them yet."""
    document = json.loads(page.locator("#elmtex-json").text_content())
    return fold(Extraction.from_dict(document), ()).items


def test_the_gold_of_the_letters_is_whole() -> None:
    assert len(LETTERS) == 3
    for record in LETTERS.values():
        assert isinstance(record, Record) and sum(map(len, record.items.values())) > 30
