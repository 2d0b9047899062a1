"""Who, what and when of a run: the code, the versions, the machine and the inputs that make its
figures reproducible."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

# What determines the answers of a model's or adapter's folder.
_DECIDING = (".safetensors", ".bin", ".xml", ".model", ".jinja")
_NAMES = (
    *("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"),
    *("adapter_config.json", "elmtex.json", "student.json", "attributes.json", "lexicon.tsv"),
)
# A passive wait alone makes llama.cpp three times slower, torch twice: figures mean little without
# these.
_THREADS = ("OMP_", "KMP_", "MKL_", "OPENBLAS_")


def environment(packages: Sequence[str]) -> dict[str, Any]:
    """Git hash, Python, machine, thread settings of the environment, and the versions of
    ``packages`` (None where not installed)."""
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
    """The commit of the source checkout, with ``+changes`` when its files differ from it; None
    outside of one."""
    own = Path(__file__).resolve()

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(own.parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        # An installed copy may be inside another project's repository, which does not track it.
        git("ls-files", "--error-unmatch", own.name)
        root = git("rev-parse", "--show-toplevel")
        changed = git("-C", root, "status", "--porcelain")
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def utc(seconds: float) -> str:
    """A moment (seconds since 1970) as ISO 8601 in UTC: ``2026-11-29T21:40:00Z``."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def usable_cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def version(package: str) -> str | None:
    """The installed version of a package; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def digest(folders: Iterable[Path]) -> str:
    """SHA-256 over the files of model and adapter folders that determine their answers."""
    total = hashlib.sha256()
    for folder in folders:
        for file in sorted(
            p for p in folder.iterdir() if p.suffix in _DECIDING or p.name in _NAMES
        ):
            total.update(f"{file.name} {file.stat().st_size}\n".encode())
            _take(total, file)
    return total.hexdigest()


def digest_of_data(path: Path) -> str:
    """SHA-256 of a file, or of a folder's files and their names in sorted order."""
    total = hashlib.sha256()
    if path.is_file():
        _take(total, path)
        return total.hexdigest()
    for file in sorted(f for f in path.rglob("*") if f.is_file()):
        total.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        _take(total, file)
    return total.hexdigest()


def _take(total: Any, file: Path) -> None:
    with file.open("rb") as opened:
        while block := opened.read(1 << 20):
            total.update(block)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
