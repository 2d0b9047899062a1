"""What the browser tests share beside their fixtures: a planted extractor, a report, and what a hand does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes import Modelless

from elmtex.schema import load_schema
from elmtex.types import Assertion, Extraction, Item, Progress

pytest.importorskip("gradio", reason="the page needs gradio")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

# A busy machine may need longer than playwright's 5 seconds; a test that passes is no slower for it.
playwright.expect.set_options(timeout=15_000)

CHROMIUM = Path("/usr/bin/chromium")


ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# What a model might find, in any report that holds these words.
FACTS: tuple[tuple[str, str, Assertion, float], ...] = (
    ("age", "58-year-old", "present", 0.999),
    ("gender", "man", "present", 0.98),
    ("life_style", "Smokes 1 pack a day for 35 years", "present", 0.93),
    ("life_style", "illicit drugs", "absent", 0.9),
    ("family_history", "father died of myocardial infarction at 61", "present", 0.88),
    ("social_history", "married", "present", 0.95),
    ("medical_surgical_history", "Appendectomy in 1994", "present", 0.96),
    ("medical_surgical_history", "stroke", "absent", 0.71),
    (
        "signs_symptoms",
        "crushing retrosternal chest pain radiating to the left arm",
        "present",
        0.91,
    ),
    ("signs_symptoms", "chest pain", "present", 0.42),
    ("signs_symptoms", "fever", "absent", 0.99),
    ("comorbidities", "type 2 diabetes mellitus", "present", 0.94),
    ("diagnostic_techniques_procedures", "ECG", "present", 0.97),
    ("diagnostic_techniques_procedures", "high-sensitivity troponin T", "present", 0.83),
    ("laboratory_values", "troponin T 412 ng/L", "present", 0.79),
    ("diagnosis", "inferior ST-elevation myocardial infarction", "present", 0.97),
    ("diagnosis", "right ventricular involvement", "possible", 0.66),
    ("diagnosis", "Aortic dissection", "absent", 0.38),
    ("pharmacological_therapy", "ticagrelor 180 mg", "present", 0.94),
    ("pharmacological_therapy", "<b>not bold</b>", "present", 0.5),
    ("interventional_therapy", "percutaneous coronary intervention", "present", 0.9),
    ("patient_outcome_assessment", "stable condition", "present", 0.8),
)


class FakeExtractor(Modelless):
    """Finds FACTS by ``str.find``, one a step; ``gate`` holds it up between two steps."""

    schema = load_schema("elmtex")
    facts = FACTS

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause
        self.gate = threading.Event()
        self.gate.set()
        self.loaded = threading.Event()
        self.closed = 0

    def load(self) -> None:
        self.loaded.set()

    def stream(self, report: str) -> Iterator[Progress]:
        found: dict[str, list[Item]] = {key: [] for key in self.schema.keys}
        facts = [fact for fact in self.facts if fact[1] in report]
        try:
            for done, (key, text, assertion, confidence) in enumerate(facts, 1):
                start = report.find(text)
                found[key].append(Item(text, start, start + len(text), assertion, confidence))
                yield Progress(self._extraction(found), done, len(facts))
                self.gate.wait(20)
                time.sleep(self.pause)
            yield Progress(self._extraction(found), len(facts), len(facts))
        finally:
            self.closed += 1

    def _extraction(self, found: dict[str, list[Item]]) -> Extraction:
        items = {key: tuple(sorted(v, key=lambda i: i.start or 0)) for key, v in found.items()}
        return Extraction("report", "elmtex", "fake-1", "ok", (), items)


class OtherExtractor(FakeExtractor):
    """Misses the age, calls the fever present, and takes a laboratory value for a procedure."""

    facts = (
        *(fact for fact in FACTS if fact[0] not in ("age", "laboratory_values", "signs_symptoms")),
        ("signs_symptoms", "fever", "present", 0.6),
        ("diagnostic_techniques_procedures", "troponin T 412 ng/L", "present", 0.5),
    )


class Standin(Modelless):
    """Reads with the extractor of the test that runs: the page was served before there was one."""

    schema = FakeExtractor.schema
    extractor: FakeExtractor

    def stream(self, report: str) -> Iterator[Progress]:
        yield from self.extractor.stream(report)


NOTE = (
    "58-year-old man with crushing retrosternal chest pain radiating to the left arm. He denies fever.\n"
    "high-sensitivity troponin T 412 ng/L. Possible right ventricular involvement. "
    "Gave ticagrelor 180 mg and <b>not bold</b> </script><img src=x onerror=alert(1)> ${alert(1)} {{this}} Löfgren 🫀."
)


def expect(locator: Any) -> Any:
    return playwright.expect(locator)


STILL = """() => new Promise((done) => {
  let timer = setTimeout(done, 200);
  new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, 200); })
    .observe(document, { subtree: true, childList: true, attributes: true });
})"""


def settled(page: Any) -> None:
    """Wait until nothing on the page changes any more.

    gradio loses an answer that comes while it still mounts its components: no hand is that fast, a test is.
    """
    page.locator("#elmtex-command[inert]").wait_for(state="attached")
    page.evaluate(STILL)


def extract(page: Any, report: str) -> None:
    settled(page)
    page.get_by_role("textbox", name="Report").fill(report)
    page.get_by_role("button", name="Extract").click()


WHERE = """(element, words) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const at = texts.currentNode.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(texts.currentNode, at);
    range.setEnd(texts.currentNode, at + words.length);
    texts.currentNode.parentElement.scrollIntoView({ block: "nearest", behavior: "instant" });
    const { x, y, width, height } = range.getClientRects()[0];
    return [x + width / 2, y + height / 2];
  }
}"""


def click_words(element: Any, words: str) -> None:
    """Click in the middle of words of one text node: an element's own middle may be other words, as lines break."""
    element.page.mouse.click(*element.evaluate(WHERE, words))


FADED = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished))
  .then(() => null)"""


def serious(page: Any) -> list[str]:
    """What axe finds serious or critical in what the page shows, once its colours have stopped changing."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    page.evaluate(FADED)
    return [
        f"{fault['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for fault in axe.Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"][:3]
    ]


def unfold(page: Any) -> None:
    """Show the rows that need no look, too."""
    page.locator("[data-fold]").click()


@contextmanager
def serving(extractor: FakeExtractor | Standin, folder: Path) -> Iterator[str]:
    """The address of a page around an extractor, with its reviews in ``folder``; looks up no other machine."""
    from elmtex.web.server import launch

    looked_up: list[Any] = []
    look_up = socket.getaddrinfo

    def watched(host: Any, *args: Any, **options: Any) -> Any:
        looked_up.append(host)
        return look_up(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", watched)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        served = launch(
            port=port,
            extractor_factory=lambda: extractor,
            block=False,
            database=f"sqlite:///{folder / 'reviews.sqlite'}",
            others={"finetuned": lambda: extractor, "other": OtherExtractor},
        )
        yield f"http://127.0.0.1:{port}/"
        served.close()
    # The server itself must call nobody either: no telemetry, no check for a new version.
    assert "127.0.0.1" in looked_up
    assert set(looked_up) <= {"127.0.0.1", "localhost", b"127.0.0.1", None}
