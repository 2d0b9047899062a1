"""Folders in the cache that are made at their first use, and again when they are damaged."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from elmtex.models.integrity import write_digests, wrong_files
from elmtex.settings import CACHE
from elmtex.storage import sync
from elmtex.types import InputError

_WORKING = ".converting-"
UNUSED_DAYS = 30  # that a folder is kept


def made_once(
    target: Path,
    make: Callable[[Path], None],
    like: str = "",
    *,
    made_from: str = "",
    look_at: Callable[[str], bool] | None = None,
) -> Path:
    """A folder that is made at its first use, and again when its files are not what was made.

    Several processes may race, and each may be killed: a result is whole, or is not there.

    Args:
        target: the folder.
        make: fills the empty folder it is given, beside the target, which is then renamed.
        like: pattern of names; when the target is made, folders beside it that match and that no one has opened for
            ``UNUSED_DAYS`` are removed.
        made_from: a sentence for the folder's ``digests.json``.
        look_at: of a file's name, whether to compare it with its digest now; None compares all.

    Raises:
        InputError: it cannot be written there.
    """
    if not wrong_files(target, look_at):
        if like:
            with suppress(OSError):  # another user's
                os.utime(target)  # it was opened
        return target
    try:
        _make(target, make, like, made_from)
    except OSError as error:
        state = "is damaged and cannot be made again" if target.is_dir() else "cannot be made"
        raise InputError(
            f"{target} {state} ({error.strerror or type(error).__name__}): make room or remove it, or name another "
            f"folder by {CACHE}"
        ) from None
    return target


def _make(target: Path, make: Callable[[Path], None], like: str, made_from: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if like:
        _sweep(target.parent, like)
    working = Path(tempfile.mkdtemp(prefix=_WORKING, dir=target.parent))
    try:
        make(working)
        write_digests(working, made_from)
        working.chmod(0o755)
        for path in [*working.rglob("*"), working]:
            sync(path)
        if target.is_dir() and wrong_files(target):
            # Moved, not removed where it lies: another process may be reading it.
            with suppress(FileNotFoundError):
                shutil.rmtree(target.rename(working.with_name(f"{working.name}-damaged")))
        try:
            os.replace(working, target)
        except OSError:
            if not target.is_dir():  # else another process finished first
                raise
        sync(target.parent)
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _sweep(folder: Path, like: str) -> None:
    """Remove what is long unused, and what a killed process left half-made."""
    unused = time.time() - UNUSED_DAYS * 86_400
    for old in [*folder.glob(like), *folder.glob(f"{_WORKING}*")]:
        with suppress(OSError):  # in use, or gone already
            if old.stat().st_mtime < unused:
                # Never half removed under its own name: a folder that is there counts as whole.
                shutil.rmtree(old.rename(old.with_name(f"{_WORKING}{old.name}")))
