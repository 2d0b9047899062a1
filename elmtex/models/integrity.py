"""Checks that files are unchanged: a damaged model finds nothing and reports no error.

A folder's ``digests.json`` holds the SHA-256 of each of its files, and what they were made from.
Without it one block of zeros in an embedding, as a failing disk or a power cut leaves it, changes
every answer without an error. It reads some 270 MB at each start, which loading reads anyway.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from elmtex.storage import write_whole
from elmtex.types import InputError

DIGESTS = "digests.json"
_BLOCK = 1 << 20


def file_digest(path: Path, algorithm: str = "sha256", before: bytes = b"") -> str:
    """The hexadecimal digest of a file's content, ``before`` put in front of it."""
    digest = hashlib.new(algorithm, before)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def write_digests(folder: Path, made_from: str = "", names: Iterable[str] | None = None) -> None:
    """Write a folder's ``digests.json``.

    Args:
        folder: its files must be finished.
        made_from: a sentence for whoever finds the folder.
        names: of the files, with ``/`` below folders; None takes all.
    """
    if names is None:
        files = (path for path in folder.rglob("*") if path.is_file())
        names = sorted(path.relative_to(folder).as_posix() for path in files)
    sums = {name: file_digest(folder / name) for name in names if name != DIGESTS}
    text = json.dumps({"made_from": made_from, "sha256": sums}, indent=2) + "\n"
    write_whole(folder / DIGESTS, text)


def wrong_files(folder: Path, wanted: Callable[[str], bool] | None = None) -> list[str]:
    """The files of a folder that are not what its ``digests.json`` says, missing ones among them.

    Args:
        folder: one that :func:`write_digests` has seen; of another ``digests.json`` itself is
            missing.
        wanted: of a name, whether to check the file; None checks all.
    """
    try:
        known = json.loads((folder / DIGESTS).read_bytes())["sha256"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [DIGESTS]
    rows = [(name, digest) for name, digest in known if wanted is None or wanted(name)]

    def right(row: tuple[str, str]) -> bool:
        try:
            return file_digest(folder / row[0]) == row[1]
        except OSError:
            return False

    # hashlib lets other threads run: the large files of a folder take as long as the largest.
    with ThreadPoolExecutor(4) as pool:
        return [row[0] for row, fits in zip(rows, pool.map(right, rows), strict=True) if not fits]


def check_folder(folder: Path, remedy: str, wanted: Callable[[str], bool] | None = None) -> None:
    """Compare a folder with its ``digests.json``; one that has none is not checked.

    Args:
        folder: an adapter's or a model's.
        remedy: what the user can do, as the end of a sentence.
        wanted: as :func:`wrong_files` has it.

    Raises:
        InputError: a file is not what it says, or is missing.
    """
    if (folder / DIGESTS).exists() and (wrong := wrong_files(folder, wanted)):
        raise InputError(f"{folder} is damaged or was changed: {', '.join(wrong)}; {remedy}")


def check_packaged(package: str, path: Path) -> None:
    """Compare a file of an installed package with the digest that pip recorded for it.

    Raises:
        InputError: they differ. A file without a recorded digest is not checked.
    """
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for file in files:
        if file.hash is None or file.name != path.name or Path(str(file.locate())) != path:
            continue
        raw = bytes.fromhex(file_digest(path, file.hash.mode))
        # As in a wheel's RECORD (PEP 427): URL-safe, without padding.
        if base64.urlsafe_b64encode(raw).decode().rstrip("=") != file.hash.value:
            raise InputError(
                f"{path} is damaged: install it again (pip install --force-reinstall --no-deps {package})"
            )


def damaged_blobs(folder: Path, wanted: Callable[[str], bool]) -> list[Path]:
    """The files behind a hub snapshot's links whose content does not have the digest that is their
    name.

    The hub's cache names a large file's blob by its SHA-256, a small one's by git's SHA-1
    (https://huggingface.co/docs/huggingface_hub/guides/manage-cache). A folder without links has
    none.
    """
    wrong = []
    for link in sorted(folder.iterdir()):
        if not (link.is_symlink() and wanted(link.name) and link.exists()):
            continue
        blob = link.resolve()
        if re.fullmatch("[0-9a-f]{64}", blob.name):
            found = file_digest(blob)
        elif re.fullmatch("[0-9a-f]{40}", blob.name):
            found = file_digest(blob, "sha1", b"blob %d\0" % blob.stat().st_size)
        else:
            continue
        if found != blob.name:
            wrong.append(blob)
    return wrong
