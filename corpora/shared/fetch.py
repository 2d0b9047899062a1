"""Where the public corpora come from, and their download into the user's cache, by pooch.

A corpus is read from the folder the user names, else from the cache, else downloaded into the
cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

from elmtex.models.made_once import made_once
from elmtex.settings import cache_folder
from elmtex.types import InputError, MissingDependencyError

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Download:
    """One file of a corpus.

    Args:
        name: its path below the corpus's folder, as the loader expects it; a ``.zip`` is unpacked
            beside itself.
        url: where it is public; an address that names a commit or version, so that it does not
            change.
        sha256: hex digest of its bytes; None when the publisher's file was never available to
            measure, so that a download of it cannot be checked.
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
        path: the user's own copy; None takes the cache, and downloads into it what is not there
            yet.

    Raises:
        InputError: ``path`` does not exist, or the download failed or has another checksum.
        MissingDependencyError: pooch is not installed.
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
    try:
        import pooch
    except ImportError:
        raise MissingDependencyError(
            f"{source.name}: a download needs pooch: pip install 'elmtex[train]', or pass the corpus's folder"
        ) from None
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            download.url,
            known_hash=download.sha256,
            fname=file.name,
            path=file.parent,
            processor=pooch.Unzip(extract_dir=".") if file.suffix == ".zip" else None,
            downloader=pooch.HTTPDownloader(timeout=_TIMEOUT_SECONDS),
        )
    except (OSError, ValueError, BadZipFile) as error:  # ValueError: another checksum
        raise InputError(
            f"{source.name}: cannot download {download.url} ({error}); get it by hand and pass its folder"
        ) from None
    if file.suffix == ".zip":
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
