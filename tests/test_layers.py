"""The layers: import-linter's contracts in pyproject.toml hold, and a wrong import breaks them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter is not installed")
ROOT = Path(__file__).parent.parent
LAB, ROOMS = "the product knows nothing of the lab", "the rooms of elmtex point one way"
LINT = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The modules alone, without weights or texts."""
    for package in ("elmtex", "corpora", "eval", "training"):
        for module in (ROOT / package).rglob("*.py"):
            target = tmp_path / module.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(module, target)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def contracts(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_contracts_hold(copy: Path) -> None:
    code, said = contracts(copy)
    assert code == 0 and "0 broken" in said, said


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("elmtex/types/document.py", "import eval.config", LAB),
        ("elmtex/batch/job.py", "import training", LAB),
        ("corpora/shared/spans.py", "import eval.data", LAB),
        ("eval/run.py", "import training.data", LAB),
        ("elmtex/decoding/tokens.py", "import elmtex.models.llama_config", ROOMS),
        ("elmtex/types/document.py", "from elmtex import schema", ROOMS),
        ("elmtex/extractors/notes.py", "import elmtex.web.server", ROOMS),
        ("elmtex/readers/files.py", "import elmtex.review", ROOMS),
        (
            "elmtex/engines/openvino.py",
            "import elmtex.extractors.prompt",
            "engines know no clinical word",
        ),
        (
            "elmtex/web/render.py",
            "import elmtex.decoding.loop",
            "the page goes through the extractors",
        ),
    ],
)
def test_a_wrong_import_breaks_its_contract(
    copy: Path, module: str, line: str, contract: str
) -> None:
    with (copy / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    code, said = contracts(copy)
    assert code == 1 and f"{contract} BROKEN" in said, said
