"""Erases files so that their content leaves the disk: the blocks of a file that is only removed
keep it.

That holds where a file system writes in place, as ext4 does; a copy-on-write one and an SSD may
keep the old blocks.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

_BLOCK = 1 << 20  # bytes overwritten at once


def overwrite(path: Path) -> None:
    """Overwrite a file with zeros, in place on the disk, then empty it; a missing file is skipped.

    Raises:
        OSError: it cannot be written.
    """
    try:
        file = path.open("r+b", buffering=0)
    except FileNotFoundError:
        return
    with file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(bytes(min(left, _BLOCK)))
        os.fsync(file.fileno())  # or the zeros of a file that is emptied would never be written
        file.truncate(0)


def remove(path: Path) -> None:
    """Overwrite a file, or all in a folder, and remove it; links are removed, not followed."""
    if path.is_dir() and not path.is_symlink():
        for inside in path.iterdir():
            remove(inside)
        shutil.rmtree(path, ignore_errors=True)
        return
    if path.is_file() and not path.is_symlink():
        with contextlib.suppress(OSError):  # what cannot be overwritten may still be removed
            overwrite(path)
    path.unlink(missing_ok=True)
