"""Where files that are dropped on the page lie until they are read: a folder of this process alone, gone with it.

gradio keeps uploads in a folder that all programs on the machine share, under names made from their content. Here each
process has a folder of its own in the user's data directory, which only its user may enter and which it holds by a lock.
It is emptied when the process ends; what a killed one left is removed at the next start, but nothing that another
running one holds.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import logging
import os
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock
import platformdirs

from elmtex.erase import remove

logger = logging.getLogger(__name__)  # never about a report

_LOCK = ".lock"
PATIENCE = 60  # seconds for another process that tidies up

_until_the_end = contextlib.ExitStack()


@functools.cache
def keep_apart() -> Path:
    """Give this process its folder, for gradio's uploads and for all temporary files, of its children too; once."""
    from gradio import route_utils

    place = Path(platformdirs.user_data_dir("elmtex", appauthor=False)) / "uploads"
    try:
        folder = _until_the_end.enter_context(own_folder(place))
    except OSError as error:
        logger.warning("%s cannot be used for uploads: %s", place, error.strerror)
        place = Path(tempfile.mkdtemp(prefix="elmtex-"))  # only its user may enter that, too
        folder = _until_the_end.enter_context(own_folder(place))
    atexit.register(_until_the_end.close)
    for variable in ("GRADIO_TEMP_DIR", "TMPDIR"):
        os.environ[variable] = str(folder)
    tempfile.tempdir = str(folder)
    # gradio gives uploads of the same content the same path, so the first reader would delete the second one's file.
    route_utils.GradioUploadFile = _apart(route_utils.GradioUploadFile)  # type: ignore[misc]
    return folder


def end_when_told() -> None:
    """Let SIGTERM, which is how a service is stopped, end the process as Ctrl+C does: with its folder removed."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


@contextlib.contextmanager
def own_folder(place: Path) -> Iterator[Path]:
    """A fresh folder in ``place``, removed at the end; those there that nobody holds any more are removed now.

    Args:
        place: a folder for such folders; made when it is missing.

    Raises:
        OSError: it cannot be made or is somebody else's.
    """
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.chmod(0o700)
    folder = place / secrets.token_hex(4)
    mine = filelock.FileLock(folder.with_suffix(_LOCK))
    # One process at a time, or one would see the other's lock file before it is locked.
    with filelock.FileLock(place.with_suffix(_LOCK), timeout=PATIENCE):
        for lock in place.glob(f"*{_LOCK}"):
            with contextlib.suppress(filelock.Timeout), filelock.FileLock(lock, timeout=0):
                remove(lock.with_suffix(""))
                lock.unlink(missing_ok=True)
        mine.acquire(timeout=0)
        folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        remove(folder)
        Path(mine.lock_file).unlink(missing_ok=True)
        mine.release()


def _apart(kind: Any) -> Any:
    """gradio's class of an upload, with a digest that no other upload has."""

    class Apart(kind):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.sha.update(secrets.token_bytes(32))

    return Apart
