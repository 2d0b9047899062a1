"""The facts of a run that make its figures reproducible: code, versions, machine. Used by training and evaluation."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_DECIDING = (".safetensors", ".bin", ".xml", ".model", ".jinja")
_NAMES = (
    *("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"),
    *("adapter_config.json", "elmtex.json"),
)


# A passive wait alone makes llama.cpp three times slower, torch twice: figures are worth little without these.
_THREADS = ("OMP_", "KMP_", "MKL_", "OPENBLAS_")


def surroundings(packages: Sequence[str]) -> dict[str, Any]:
    """Git hash, Python, machine, what the environment says of threads, and the versions of ``packages`` (None where
    not installed)."""
    return {
        "git": git_hash(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": {k: v for k, v in sorted(os.environ.items()) if k.startswith(_THREADS)},
        "versions": {name: version(name) for name in packages},
    }


def git_hash() -> str | None:
    """The commit of the source checkout, with ``+changes`` when its files differ from it; None outside of one."""
    own = Path(__file__).resolve()

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(own.parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        # An installed copy may lie inside somebody else's repository, which does not track it.
        git("ls-files", "--error-unmatch", own.name)
        root = git("rev-parse", "--show-toplevel")
        changed = git("-C", root, "status", "--porcelain")
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def usable_cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all, whoever else is writing it and whenever the power goes."""
    part = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Bring a file, or a folder's list of names, to the disk: a rename may get there before what it names."""
    with suppress(OSError):  # Windows opens no folders
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def digest(folders: Iterable[Path]) -> str:
    """SHA-256 over the files of model and adapter folders that decide what they answer."""
    total = hashlib.sha256()
    for folder in folders:
        for file in sorted(
            p for p in folder.iterdir() if p.suffix in _DECIDING or p.name in _NAMES
        ):
            total.update(f"{file.name} {file.stat().st_size}\n".encode())
            with file.open("rb") as opened:
                while block := opened.read(1 << 20):
                    total.update(block)
    return total.hexdigest()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
