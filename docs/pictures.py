"""Takes the pictures of the documentation anew: the page, in Debian's chromium, with the packaged model and the examples.

python docs/pictures.py            # needs: pip install playwright, apt install chromium
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import ViewportSize, sync_playwright

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "elmtex" / "examples"
LAPTOP: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}
LONGEST = 120_000  # milliseconds that anything may take


@contextmanager
def served() -> Iterator[str]:
    """The address of a page of its own, whose reviews are gone afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "elmtex.cli", "app", "--port", str(port)]
        app = subprocess.Popen(command, env={**os.environ, "ELMTEX_DATA": data})
        address = f"http://127.0.0.1:{port}/"
        try:
            for _ in range(120):
                time.sleep(0.5)
                try:
                    urllib.request.urlopen(address, timeout=5).close()
                    break
                except OSError:
                    continue
            yield address
        finally:
            app.terminate()
            app.wait()


def main() -> None:
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )

        def page(size: ViewportSize, dark: bool = False, german: bool = False) -> Any:
            context = browser.new_context(viewport=size, color_scheme="dark" if dark else "light")
            page = context.new_page()
            page.set_default_timeout(LONGEST)
            page.goto(address)
            page.locator("#elmtex-command[inert]").wait_for(state="attached")
            page.wait_for_timeout(2000)
            if german:
                page.get_by_text("Deutsch").click()
                page.wait_for_timeout(2000)
            return page

        def review(name: str, example: str, size: ViewportSize, **looks: bool) -> None:
            shown = page(size, **looks)
            shown.locator("#elmtex-input textarea").fill((EXAMPLES / example).read_text("utf-8"))
            shown.locator("#elmtex-extract").click()
            shown.locator(".review-bar strong").wait_for()
            shown.wait_for_timeout(2000)
            shown.screenshot(path=HERE / name)
            shown.context.close()

        review("page-review.png", "discharge_summary.txt", LAPTOP)
        review("page-dark.png", "discharge_summary.txt", LAPTOP, dark=True)
        review("page-phone.png", "ed_note.txt", PHONE)
        review("page-phone-dark.png", "entlassungsbrief.txt", PHONE, dark=True, german=True)

        many = page(LAPTOP)
        many.get_by_role("tab", name="Many reports").click()
        files = [str(path) for path in sorted(EXAMPLES.glob("*.txt"))]
        many.locator("#elmtex-files input[type=file]").set_input_files(files)
        many.get_by_text(f"0 of {len(files)} extracted").wait_for()
        many.get_by_role("button", name="Extract all").click()
        many.get_by_text(f"{len(files)} of {len(files)} extracted").wait_for()
        many.wait_for_timeout(2000)
        many.screenshot(path=HERE / "page-many.png")
        many.context.close()

        compare = page(LAPTOP)
        note = (EXAMPLES / "ed_note.txt").read_text("utf-8")
        compare.locator("#elmtex-input textarea").fill(note)
        compare.get_by_role("tab", name="Compare").click()
        compare.locator("#elmtex-compare-start").click()
        compare.get_by_role("heading", name="Summary").wait_for()
        compare.wait_for_timeout(2000)
        compare.mouse.wheel(0, 330)
        compare.wait_for_timeout(1000)
        compare.screenshot(path=HERE / "page-compare.png")
        browser.close()


if __name__ == "__main__":
    main()
