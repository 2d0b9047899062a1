"""Many reports and many people in Debian's chromium."""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pages import FakeExtractor, expect, extract, serious


def resident() -> float:
    """This process's memory in MB (proc(5): statm's second field, in pages)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def test_a_file_that_cannot_be_read_says_so_and_leaves_no_other_patient_in_the_box(
    page: Any,
    tmp_path: Path,
) -> None:
    box, drop = page.locator("#elmtex-paste textarea").first, page.locator("#elmtex-files button")
    (tmp_path / "a.txt").write_text("Patient A: fever.")
    page.locator("#elmtex-files input[type=file]").set_input_files(str(tmp_path / "a.txt"))
    expect(box).to_have_value("Patient A: fever.")
    # As a mouse drops it: no file chooser has kept it from the page.
    png = page.evaluate_handle(
        """() => { const data = new DataTransfer();
        data.items.add(new File(["x"], "photo.png", {type: "image/png"})); return data }"""
    )
    drop.first.dispatch_event("drop", {"dataTransfer": png})
    expect(page.get_by_text("photo.png is none of")).to_be_visible()
    expect(box).to_have_value("")
    box.fill("Typed.")
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.4 nothing")
    page.locator("#elmtex-files input[type=file]").set_input_files(str(tmp_path / "cut.pdf"))
    expect(page.get_by_text("The box still holds the text from before.")).to_be_visible()
    expect(box).to_have_value("Typed.")


def test_twelve_mixed_files(
    page: Any,
    extractor: FakeExtractor,
    tmp_path: Path,
) -> None:
    files = []
    for number in range(9):
        files.append(tmp_path / f"letter {number} <b>.txt")
        files[-1].write_text(f"Letter {number}: 58-year-old man, no fever.")
    (tmp_path / "table.csv").write_text("id,text\nrow-1,chest pain\n")
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.4 nothing")
    (tmp_path / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0")
    files += [tmp_path / name for name in ("table.csv", "cut.pdf", "old.docx")]
    page.locator("#elmtex-files input[type=file]").set_input_files([str(f) for f in files])
    # What was read is shown before anything is extracted.
    expect(page.get_by_text("0 of 10 extracted")).to_be_visible(timeout=30_000)
    # Nothing runs: there is nothing to stop.
    halt, start = page.locator("#elmtex-halt"), page.locator("#elmtex-start")
    expect(halt).to_have_count(0)
    assert page.locator("tr[data-status=unreadable]").count() == 2
    extractor.gate.clear()
    start.click()
    expect(halt).to_be_visible()
    expect(start).to_have_count(0)
    halt.click()
    extractor.gate.set()
    expect(start).to_be_visible()
    start.click()
    expect(page.get_by_text("10 of 10 extracted")).to_be_visible(timeout=60_000)
    expect(start).to_be_visible()
    expect(halt).to_have_count(0)
    assert serious(page) == []
    page.get_by_label("Low confidence only").check()
    expect(page.locator("table.batch tbody tr:visible")).to_have_count(1)
    expect(page.locator("table.batch tbody tr:visible")).to_contain_text("row-1")
    # They are this table's: that of another tab keeps its rows.
    page.get_by_role("tab", name="About").click()
    expect(page.locator("#elmtex-about table.batch tbody tr:visible")).to_have_count(5)
    page.get_by_role("tab", name="Many reports").click()
    page.get_by_role("button", name="Review: row-1").click()
    expect(page.locator(".review-bar strong")).to_contain_text("0 of 1")
    page.get_by_role("button", name="Reject: chest pain").click()
    expect(page.locator(".review-bar strong")).to_contain_text("1 of 1")
    page.get_by_role("tab", name="Many reports").click()
    expect(page.locator("table.batch tr", has_text="row-1")).to_contain_text("1/1")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    lines = Path(download.value.path()).read_text("utf-8").splitlines()
    rows = {row["id"]: row for row in map(json.loads, lines)}
    assert len(rows) == 10 and rows["row-1"]["categories"]["signs_symptoms"] == []
    assert page.locator("table.batch b").count() == 0


@pytest.mark.slow
def test_eight_people_at_once_see_their_own_reports_only(
    chromium: Any,
    address: str,
    extractor: FakeExtractor,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    before = resident()
    contexts = [chromium.new_context(locale="en-GB") for _ in range(8)]
    tabs = [context.new_page() for context in contexts]
    for tab in tabs:
        tab.goto(address)
        tab.get_by_role("button", name="Extract").wait_for()
    secrets = [f"Zyxwvut{number}" for number in range(8)]
    for tab, secret in zip(tabs, secrets, strict=True):
        extract(tab, f"{secret}. 58-year-old man, no fever.")
    for tab, secret in zip(tabs, secrets, strict=True):
        expect(tab.locator(".review-bar strong")).to_contain_text("0 of", timeout=60_000)
        tab.get_by_role("button", name="Accept: man").click()
        expect(tab.locator(".review-bar strong")).to_contain_text("1 of")
        tab.reload()
        expect(tab.get_by_role("heading", name="Your reviews")).to_be_visible()
        seen = tab.content()
        assert secret in seen
        assert not [other for other in secrets if other != secret and other in seen]
    for context in contexts:
        context.close()
    # The server runs in this process: eight people cost it some MB, not some copies of anything large.
    assert resident() - before < 150
    # With DEBUG logging on, no word of a report is in what was logged or printed.
    assert "Zyxwvut" not in caplog.text + "".join(capfd.readouterr())


def test_every_answer_carries_the_headers_and_no_script_reads_the_key(
    page: Any,
    address: str,
) -> None:
    answer = page.request.get(address)
    assert "connect-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "elmtex_reviews" not in page.evaluate("document.cookie")
    assert any(c["name"] == "elmtex_reviews" and c["httpOnly"] for c in page.context.cookies())


PROGRAM = """
import json, sys
from gradio_client import Client

client = Client(sys.argv[1], verbose=False)
document = client.predict("58-year-old man, no fever.", api_name="/extract")
refused = []
for wrong in ((document, "exe"), ({"a": 1}, "csv")):
    try:
        client.predict(*wrong, api_name="/convert")
    except Exception as error:
        refused.append(str(error))
print(json.dumps({
    "document": document,
    "csv": client.predict(document, "csv", api_name="/convert"),
    "refused": refused,
    "schemas": client.predict(api_name="/schemas"),
    "named": list(client.view_api(return_format="dict")["named_endpoints"]),
}))
"""


def test_programs_use_named_endpoints(address: str) -> None:
    pytest.importorskip("gradio_client")
    # In a process of its own: the client looks up a host that the server never may.
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, address], capture_output=True, timeout=90, check=True
    )
    got = json.loads(ran.stdout.splitlines()[-1])
    age = got["document"]["categories"]["age"]
    assert [item["text"] for item in age] == ["58-year-old"]
    assert "58-year-old" in got["csv"] and "elmtex" in got["schemas"]
    assert "is none of json" in got["refused"][0] and "no document" in got["refused"][1]
    assert set(got["named"]) >= {"/extract", "/convert", "/suggest_codes", "/schemas", "/compare"}
