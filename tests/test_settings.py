"""Settings from the environment: one module reads them, when they are needed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import elmtex
from elmtex import settings

PACKAGE = Path(elmtex.__file__).parent
# What these do to the environment has nothing to do with elmtex's settings: they tell libraries to be quiet, keep
# uploads apart, note down how many threads numpy was told to use, ask no proxy for this machine, and start a program.
OTHERS = {
    *("settings.py", "__init__.py", "web/uploads.py", "web/server.py", "provenance.py"),
    *("batch/ray.py", "extractors/chat/vllm.py", "adaptations/learn.py"),
}


def names(path: Path) -> tuple[bool, list[str]]:
    """Whether a module touches the environment, and the variables of elmtex it spells."""
    tree = ast.parse(path.read_text("utf-8"))
    touches = any(
        (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and "env" in str(ast.dump(node))
        )
        for node in ast.walk(tree)
    )
    spelt = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch("ELMTEX_[A-Z_]+", node.value)
    ]
    return touches, spelt


def test_one_module_reads_the_environment() -> None:
    modules = {str(path.relative_to(PACKAGE)): path for path in PACKAGE.rglob("*.py")}
    assert len(modules) > 80
    found = {name: names(path) for name, path in modules.items()}
    assert found["settings.py"][0] and len(found["settings.py"][1]) > 8
    assert {name for name, (touches, _) in found.items() if touches} <= OTHERS
    assert {name for name, (_, spelt) in found.items() if spelt} == {"settings.py"}


@pytest.mark.parametrize(
    "line", ["os.environ.get('X')", "os.getenv('X')", "from os import environ"]
)
def test_another_that_reads_it_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "m.py").write_text(f"import os\n{line}\n", "utf-8")
    assert names(tmp_path / "m.py")[0]


def test_the_table_has_every_variable() -> None:
    table = re.findall(r"^(ELMTEX_\w+) ", str(settings.__doc__), re.MULTILINE)
    _, spelt = names(PACKAGE / "settings.py")
    assert sorted(table) == sorted(spelt)


def test_a_setting_is_read_when_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(settings.CACHE, str(tmp_path / "one"))
    assert settings.cache_folder() == tmp_path / "one"
    monkeypatch.setenv(settings.CACHE, str(tmp_path / "two"))
    assert settings.cache_folder() == tmp_path / "two"
    monkeypatch.setenv(settings.CACHE, "")
    assert settings.cache_folder().name == "elmtex"
    monkeypatch.setenv(settings.MODELS, " a \n\n\tnaive:b\r\n ")
    assert settings.setting_lines(settings.MODELS) == ["a", "naive:b"]
    monkeypatch.delenv(settings.AUTH, raising=False)
    assert settings.setting(settings.AUTH) == ""


def test_the_database_is_the_users_own_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(settings.DATABASE, raising=False)
    monkeypatch.setattr(settings, "data_folder", lambda: tmp_path / "data")
    assert settings.database_url() == f"sqlite:///{tmp_path / 'data' / 'reviews.sqlite'}"
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv(settings.DATABASE, "sqlite://")
    assert settings.database_url() == "sqlite://"
