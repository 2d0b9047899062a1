"""The page starts where proxies are set up for the web, and on a machine that is slow at that moment."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path

import pytest
from fakes import Scripted, extraction

pytest.importorskip("gradio")
httpx = pytest.importorskip("httpx")


@pytest.mark.parametrize("excepted", ["", "example.org"])
def test_the_page_asks_no_proxy_for_itself_and_has_no_deadline(
    excepted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradio import networking

    from elmtex.web.server import launch

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", excepted)
    # What it answers when the first page takes longer than three seconds.
    monkeypatch.setattr(networking, "url_ok", lambda url: False)
    database = f"sqlite:///{tmp_path / 'reviews.sqlite'}"
    served = launch(
        port=port, extractor_factory=lambda: Scripted(extraction()), block=False, database=database
    )
    try:
        assert httpx.get(f"http://127.0.0.1:{port}/config").status_code == 200
        assert all(map(urllib.request.proxy_bypass, filter(None, ["127.0.0.1", excepted])))
        assert not urllib.request.proxy_bypass("example.com")
    finally:
        served.close()
