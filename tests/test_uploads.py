"""Files that are dropped on the page: in a folder of the process alone, gone with it or at the next start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from elmtex.erase import remove
from elmtex.web.uploads import own_folder

HOLDER = """
import sys
from pathlib import Path
from elmtex.web.uploads import own_folder
with own_folder(Path(sys.argv[1])) as folder:
    (folder / "unpacked").mkdir()
    (folder / "unpacked" / "Zyxwvut.txt").write_text("Zyxwvut")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], Path]]]:
    """Starts a process that holds a folder with a file in it; the folder."""
    started: list[subprocess.Popen[str]] = []

    def holder() -> tuple[subprocess.Popen[str], Path]:
        arguments = [sys.executable, "-c", HOLDER, str(tmp_path / "uploads")]
        process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip())

    yield holder
    for process in started:
        process.kill()
        process.communicate()


def test_a_running_process_keeps_its_files_and_a_killed_ones_are_removed(
    start: Callable[[], tuple[subprocess.Popen[str], Path]], tmp_path: Path
) -> None:
    running, here = start()
    killed, there = start()
    assert here != there and here.parent == there.parent == tmp_path / "uploads"
    killed.send_signal(signal.SIGKILL)
    killed.wait(30)
    assert (there / "unpacked" / "Zyxwvut.txt").exists()
    with own_folder(tmp_path / "uploads") as mine:
        assert not there.exists() and (here / "unpacked" / "Zyxwvut.txt").exists()
        for folder in (mine, here, mine.parent):
            assert folder.stat().st_mode & 0o777 == 0o700
    running.communicate("")
    assert list((tmp_path / "uploads").iterdir()) == []


def test_what_is_removed_is_overwritten_first(tmp_path: Path) -> None:
    kept = tmp_path / "linked.txt"
    kept.write_text("Quokka")
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.txt").write_text("Zyxwvut")
    os.link(folder / "deep" / "a.txt", tmp_path / "same")  # the same blocks under another name
    (folder / "link.txt").symlink_to(kept)
    remove(folder)
    assert not folder.exists() and kept.read_text() == "Quokka"
    assert (tmp_path / "same").read_bytes() == b""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


PAGE = """
import sys
sys.path.insert(0, sys.argv[2])
from test_batch_tab import Fevers
from elmtex.web.server import launch
launch(port=int(sys.argv[1]), extractor_factory=Fevers, database="sqlite://")
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_uploads_lie_in_the_data_directory_and_go_with_the_page(
    tmp_path: Path, end: signal.Signals
) -> None:
    """It starts the page as a program: signals end a process."""
    httpx = pytest.importorskip("httpx")
    pytest.importorskip("gradio")
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    for variable in ("GRADIO_TEMP_DIR", "TMPDIR"):
        environment.pop(variable, None)
    port = free_port()
    arguments = [sys.executable, "-c", PAGE, str(port), str(Path(__file__).parent)]
    page = subprocess.Popen(arguments, env=environment, stderr=subprocess.DEVNULL)
    try:
        paths = []
        until = time.monotonic() + 90
        while len(paths) < 2:
            assert page.poll() is None and time.monotonic() < until
            try:
                answer = httpx.post(
                    f"http://127.0.0.1:{port}/gradio_api/upload",
                    files={"files": ("Zyxwvut.txt", b"Zyxwvut")},
                )
                paths.append(Path(answer.json()[0]))
            except httpx.TransportError:
                time.sleep(0.2)
        # Two visitors with the same file have two files: who is served first takes nobody else's away.
        assert paths[0] != paths[1] and all(path.read_bytes() == b"Zyxwvut" for path in paths)
        uploads = tmp_path / "elmtex" / "uploads"
        assert all(path.is_relative_to(uploads) for path in paths)
        assert uploads.stat().st_mode & 0o777 == 0o700
    finally:
        page.send_signal(end)
        page.wait(30)
    left = [path for path in uploads.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert bool(left) is (end == signal.SIGKILL)
    with own_folder(uploads):
        assert not any(path.exists() for path in paths)
    assert list(uploads.iterdir()) == []
