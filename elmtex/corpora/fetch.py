"""Where the public corpora come from, and their download into the user's cache.

A corpus is read from the folder the user names, else from the cache, else downloaded into the cache.
"""

from __future__ import annotations

import hashlib
import shutil
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from elmtex.types import InputError
from elmtex.weights import cache_folder, made_once

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Download:
    """One file of a corpus.

    Args:
        name: its path below the corpus' folder, as the loader expects it; a ``.zip`` is unpacked there.
        url: where it is public; an address that names a commit or version, so that it does not change.
        sha256: hex digest of its bytes; None when the publisher's file was never at hand to measure, so that
            a download of it cannot be checked.
    """

    name: str
    url: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """A public corpus: its name (and folder in the cache), its licence, and its files."""

    name: str
    licence: str
    files: tuple[Download, ...]


def locate(source: Source, path: Path | None = None) -> Path:
    """The folder of a corpus.

    Args:
        source: the corpus.
        path: the user's own copy; None takes the cache, and downloads into it when it is not there yet.

    Raises:
        InputError: ``path`` does not exist, or the download failed or has another checksum.
    """
    if path is not None:
        if not path.exists():
            raise InputError(
                f"{source.name}: {path} does not exist; pass its folder, or no path to download it"
            )
        return path

    def fill(folder: Path) -> None:
        for download in source.files:
            _download(source, download, folder / download.name)

    return made_once(cache_folder() / "corpora" / source.name, fill)


def _download(source: Source, download: Download, file: Path) -> None:
    advice = "get it by hand and pass its folder"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            urllib.request.urlopen(download.url, timeout=_TIMEOUT_SECONDS) as response,
            file.open("wb") as out,
        ):
            shutil.copyfileobj(response, out)
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise InputError(
            f"{source.name}: cannot download {download.url} ({reason}); {advice}"
        ) from None
    with file.open("rb") as data:
        found = hashlib.sha256(data.read()).hexdigest() if download.sha256 else None
    if found != download.sha256:
        raise InputError(
            f"{source.name}: {download.url} has SHA-256 {found}, expected {download.sha256}; {advice}"
        )
    if file.suffix == ".zip":
        try:
            with zipfile.ZipFile(file) as archive:
                members = [n for n in archive.namelist() if not n.startswith("__MACOSX/")]
                archive.extractall(file.parent, members)
        except zipfile.BadZipFile:
            raise InputError(f"{source.name}: {download.url} is no zip archive; {advice}") from None
        file.unlink()


def from_github(
    repository: str, commit: str, folder: str, files: dict[str, str]
) -> tuple[Download, ...]:
    """Downloads of files of one commit: ``files`` maps a path below ``folder`` to its SHA-256."""
    base = f"https://raw.githubusercontent.com/{repository}/{commit}"
    return tuple(
        Download(name, f"{base}/{folder}/{name}" if folder else f"{base}/{name}", digest)
        for name, digest in files.items()
    )
