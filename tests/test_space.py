"""On a Hugging Face Space: the page warns, keeps no reviews, and takes no key to any."""

from __future__ import annotations

import socket
import types
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes import Scripted, extraction, item

from elmtex.web import server as page_module
from elmtex.web.access import identity
from elmtex.web.controller import PageController
from elmtex.web.server import build, launch
from elmtex.web.state import SessionState

REPORT = "He denies fever."


class Found(Scripted):
    def __init__(self) -> None:
        super().__init__(extraction(signs_symptoms=(item(REPORT, "fever", "absent"),)))


@pytest.fixture
def controllers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[PageController]:
    """The controllers of the pages that are built; a database is configured that a Space must not touch."""
    made: list[PageController] = []

    def controller(*arguments: Any) -> PageController:
        made.append(PageController(*arguments))
        return made[-1]

    monkeypatch.setattr(page_module, "PageController", controller)
    monkeypatch.setenv("ELMTEX_DATABASE", f"sqlite:///{tmp_path / 'reviews.sqlite'}")
    return made


def component(page: Any, id: str) -> dict[str, Any]:
    (found,) = [c for c in page.config["components"] if c["props"].get("elem_id") == id]
    return found["props"]


def in_german(page: Any, id: str) -> str:
    """What a component shows after a click on Deutsch, by the page's own event."""
    (block,) = [b for b in page.blocks.values() if getattr(b, "elem_id", None) == id]
    (radio,) = [b for b in page.blocks.values() if getattr(b, "elem_id", None) == "elmtex-language"]
    (translate,) = [
        f for f in page.fns.values() if (radio._id, "change") in f.targets and block in f.outputs
    ]
    return str(translate.fn(SessionState(), "de", visit("tab"))[block])


def visit(session: str) -> Any:
    return types.SimpleNamespace(
        username=None,
        session_hash=session,
        cookies={"elmtex_reviews": "the same browser"},
        headers={"X-Elmtex-Key": "a long secret of mine"},
    )


def read(controller: PageController, owner: str) -> None:
    begun = controller.begin(REPORT, "en", None, owner)
    list(controller.run(owner, begun.state, "en", owner))


@pytest.mark.parametrize("space", [True, False])
def test_only_a_space_warns_and_only_elsewhere_are_reviews_on_the_disk(
    space: bool, controllers: list[PageController], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if space:
        monkeypatch.setenv("SPACE_ID", "someone/elmtex")
    page = build(Found)
    notice = component(page, "elmtex-space")
    assert notice["visible"] is space
    assert "public demonstration" in notice["value"] and "real patient" in notice["value"]
    assert "realen Person" in in_german(page, "elmtex-space")
    read(controllers[0], identity.owner(visit("tab")))
    kept = tmp_path / "reviews.sqlite"
    assert kept.exists() is not space
    if not space:
        assert b"denies fever" in kept.read_bytes()


def test_on_a_space_two_tabs_of_one_browser_share_nothing_and_a_closed_one_leaves_nothing(
    controllers: list[PageController], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/elmtex")
    page = build(Found)
    one, other = identity.owner(visit("one")), identity.owner(visit("other"))
    assert one != other and one == "session:one"
    read(controllers[0], one)
    read(controllers[0], other)
    (leave,) = [f.fn for f in page.fns.values() if ("unload" in str(f.targets))]
    leave(visit("one"))
    assert controllers[0].store.entries(one) == [] and len(controllers[0].store.entries(other)) == 1


def test_elsewhere_a_closed_tab_leaves_its_reviews(controllers: list[PageController]) -> None:
    page = build(Found)
    owner = identity.owner(visit("one"))
    assert owner == identity.owner(visit("other"))  # of the browser, by its cookie
    read(controllers[0], owner)
    (leave,) = [f.fn for f in page.fns.values() if "unload" in str(f.targets)]
    leave(visit("one"))
    assert len(controllers[0].store.entries(owner)) == 1


def test_without_cookies_a_closed_tab_leaves_nothing_on_the_disk(
    controllers: list[PageController], tmp_path: Path
) -> None:
    page, closed = build(Found), visit("one")
    closed.cookies = {}
    read(controllers[0], identity.owner(closed))
    assert b"denies fever" in (tmp_path / "reviews.sqlite").read_bytes()
    (leave,) = [f.fn for f in page.fns.values() if "unload" in str(f.targets)]
    leave(closed)
    assert b"denies fever" not in (tmp_path / "reviews.sqlite").read_bytes()


@pytest.mark.parametrize("space", [True, False])
def test_only_a_space_listens_to_all_and_may_be_framed(
    space: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if space:
        monkeypatch.setenv("SPACE_ID", "someone/elmtex")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = launch(port=port, extractor_factory=Found, block=False, database="sqlite://")
    try:
        assert page.server.config.host == ("0.0.0.0" if space else "127.0.0.1")
        assert page.share_url is None
        local = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)
        policy = local.get("/").headers
        assert ("x-frame-options" in policy) is not space
        assert ("frame-ancestors" in policy["content-security-policy"]) is not space
        assert local.get("/config").json()["run_history"] is False
        assert local.get("/monitoring").status_code >= 400
        assert local.get("/gradio_api/runs").status_code >= 400
    finally:
        page.close()
