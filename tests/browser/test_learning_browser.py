"""The model learns from finished reviews, in Debian's chromium: begun, followed, stopped, used, undone. The training program is a fake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pages import expect, settled
from test_adaptations import program
from test_comparing import open_tab, serious

from elmtex.review import Decision, Store
from elmtex.schema import load_schema
from elmtex.types import Extraction
from elmtex.web.access.headers import COOKIE, owner_of

__all__ = ["program"]  # a fixture

SCHEMA = load_schema("elmtex")


@pytest.fixture
def reviews(page: Any, context: Any, served: Any, tmp_path_factory: Any) -> None:
    """Four finished reviews of the visitor."""
    (key,) = (c["value"] for c in context.cookies() if c["name"] == COOKIE)
    databases = tmp_path_factory.getbasetemp().glob("served[0-9]*/reviews.sqlite")
    database = max(databases, key=lambda path: path.stat().st_ctime)  # this module's
    store = Store(f"sqlite:///{database}")
    empty = Extraction("r", SCHEMA.name, "m", "ok", (), dict.fromkeys(SCHEMA.keys, ()))
    for number in range(4):
        owner = owner_of(None, key, "")
        id = store.add(owner, "r", f"Nothing {number}.", SCHEMA, extraction=empty)
        store.decide(owner, id, "Dr. Ö", lambda _: Decision("finish"))
    store.close()


def test_what_was_learnt_is_looked_at_used_and_undone(
    page: Any, program: Path, reviews: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    program.write_text("hangs")
    open_tab(page, "Learn")
    expect(page.locator("#elmtex-learn-schema input")).to_have_value(f"{SCHEMA.title} (4)")
    learn, said = page.locator("#elmtex-learn"), page.locator("#elmtex-learn-said")
    expect(said).to_contain_text("nothing changes until you say so")
    learn.click()
    expect(said).to_contain_text("Learning …", timeout=60_000)
    expect(said.locator("progress")).to_have_attribute("value", "1")
    expect(learn).to_have_count(0)
    page.locator("#elmtex-learn-stop").click()
    expect(said).to_contain_text("Stopped: nothing was kept")
    program.write_text("works")
    learn.click()
    expect(said.locator("table")).to_contain_text("What was learnt", timeout=60_000)
    expect(said).to_contain_text("Learnt from 2 of your reviews and measured on 2 others")
    assert serious(page) == []
    versions = page.locator("#elmtex-learn-versions")
    expect(versions).not_to_contain_text("in use")
    page.locator("#elmtex-learn-use").click()
    expect(versions).to_contain_text("in use")
    expect(page.locator("#elmtex-learn-use")).to_have_count(0)
    page.get_by_text("Deutsch").click()
    expect(versions).to_contain_text("in Verwendung")
    settled(page)
    page.screenshot(path=str(tmp_path / "learn.png"))
    page.locator("#elmtex-learn-back").click()
    expect(versions).not_to_contain_text("in Verwendung")
    page.locator("#elmtex-learn-discard").click()
    expect(versions.locator("table")).to_have_count(0)
