"""What the page's server writes about its own faults quotes no request."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import Scripted, extraction

pytest.importorskip("gradio")
httpx = pytest.importorskip("httpx")

WORDS = "Zqmarker Patientin"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from elmtex.web.server import launch

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("reviews")
    served = launch(
        port=port,
        extractor_factory=lambda: Scripted(extraction()),
        block=False,
        database=f"sqlite:///{folder / 'reviews.sqlite'}",
    )
    yield f"http://127.0.0.1:{port}/gradio_api/call/extract"
    served.close()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            f'{{"data": ["{WORDS}"]}}',
            "ValueError",
        ),  # an argument is missing: gradio quotes the others
        (f'{{"data": [["{WORDS}"], 1, true]}}', "TypeError"),
        (
            f'{{"data": "\\ud800{WORDS}"}}',
            "UnicodeEncodeError",
        ),  # uvicorn's log has a chain of them
    ],
)
def test_a_request_that_fails_is_not_quoted(
    server: str,
    body: str,
    kind: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with httpx.Client(trust_env=False, timeout=20) as client:
        sent = client.post(server, content=body, headers={"content-type": "application/json"})
        if sent.status_code == 200:
            assert "error" in client.get(f"{server}/{sent.json()['event_id']}").text
    said, end = "", time.monotonic() + 5
    # The stream that uvicorn writes to is not this test's; what it writes is in caplog.
    while kind not in said + caplog.text and time.monotonic() < end:
        said += capfd.readouterr().err
    assert kind in said + caplog.text
    assert "Zqmarker" not in said + caplog.text


def test_a_logger_tells_where_and_what_kind(server: str, caplog: pytest.LogCaptureFixture) -> None:
    try:
        try:
            raise KeyError(WORDS)
        except KeyError as error:
            raise ValueError(WORDS) from error
    except ValueError:
        logging.getLogger("another").exception("it failed")
    assert "Zqmarker" not in caplog.text
    assert "KeyError" in caplog.text
    assert caplog.text.rstrip().endswith("ValueError")
    assert "test_server_log.py" in caplog.text
