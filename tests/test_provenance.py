"""The facts of a run, and files that are written whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from elmtex import provenance
from elmtex.storage import write_whole

HASH = "import elmtex.provenance as r; print(r.__file__); print(r.git_hash())"


def _git(folder: Path, *arguments: str) -> None:
    name = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", "-C", str(folder), *name, *arguments], check=True, capture_output=True)


def test_an_installed_copy_does_not_take_the_commit_of_the_repository_around_it(
    tmp_path: Path,
) -> None:
    if shutil.which("git") is None:
        pytest.skip("needs git")
    _git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_text("theirs")
    _git(tmp_path, "add", "a.txt")
    _git(tmp_path, "commit", "-qm", "theirs")
    package = tmp_path / "site-packages" / "elmtex"
    package.mkdir(parents=True)
    for name in ("__init__.py", "storage.py", "provenance.py"):
        shutil.copy(Path(provenance.__file__).with_name(name), package / name)
    for name in ("types", "values"):
        shutil.copytree(Path(provenance.__file__).with_name(name), package / name)

    def told() -> str:
        run = subprocess.run(
            [sys.executable, "-c", HASH],
            env={**os.environ, "PYTHONPATH": str(package.parent)},
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        file, answer = run.stdout.splitlines()
        assert Path(file).parent == package
        return answer

    assert told() == "None"
    _git(tmp_path, "add", ".")  # as a checkout of elmtex's own has it
    _git(tmp_path, "commit", "-qm", "ours")
    assert len(told().removesuffix("+changes")) == 40


def test_two_who_write_one_file_at_once_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    texts = [str(n) * 200_000 for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_whole, [path] * 40, texts * 10))
    assert path.read_text() in texts
    assert [p.name for p in tmp_path.iterdir()] == ["facts.json"]


def test_a_file_is_on_the_disk_before_it_takes_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("sync"), fsync(fd))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("rename"), replace(a, b))[1])
    write_whole(tmp_path / "facts.json", "{}")
    assert done == ["sync", "rename", "sync"]  # the file, then the folder
