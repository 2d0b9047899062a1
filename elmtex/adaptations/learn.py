"""Learn from reviewed reports: start the training program, which is the lab's and in no wheel, and follow it.

As with ``elmtex train``, it is reached by its name, in a process of its own: the page keeps answering, it can be stopped at
any moment, and the memory it takes is free again afterwards.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from elmtex import records
from elmtex.adaptations.versions import Adaptations, Version
from elmtex.schema import CategorySchema
from elmtex.settings import DEBUG, setting
from elmtex.storage import write_whole
from elmtex.types import ElmtexError, InputError, MissingDependencyError, Record

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "training.adapt"  # a module of the source checkout, whose folder ROOT is
PACKAGES = ("torch", "peft", "trl", "datasets", "accelerate")
LEAST = 3  # reports
STAGES = ("before", "train", "after")


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is: ``done`` of ``total`` steps of a stage of :data:`STAGES`: the model before is measured, a new one trained and measured."""

    stage: str
    done: int
    total: int


def check_available() -> None:
    """Raise :class:`MissingDependencyError` where nothing can be learnt, with what to install."""
    if not _is_there(PROGRAM):
        raise MissingDependencyError(
            "learning needs the training programs, which are part of the source checkout and not of the installed "
            "package: get the sources and run `make dev`"
        )
    if missing := [name for name in PACKAGES if not _is_there(name)]:
        raise MissingDependencyError(
            "learning needs {names}: pip install 'elmtex[train,eval]'", names=", ".join(missing)
        )


def usable(reviews: Sequence[Record], schema: CategorySchema) -> list[Record]:
    """The reviewed reports to learn a schema from: those of its categories, each text once, the last review of it.

    Raises:
        InputError: fewer than :data:`LEAST`.
    """
    keys = set(schema.keys)
    fitting = [r for r in reviews if r.labelled and keys.issuperset(r.labelled)]
    once = {r.text: r for r in fitting if r.schema in (None, schema.name) and r.text.strip()}
    if len(once) < LEAST:
        raise InputError(
            "reviewed reports of this schema: {count}; learning takes {least} or more, and 10 are better",
            count=len(once),
            least=LEAST,
        )
    return list(once.values())


class Lesson:
    """One run of the training program; :meth:`run` in one thread, :meth:`stop` in any.

    Args:
        reviews: reviewed reports; see :func:`usable`.
        schema: their schema.
        adaptations: where the new version goes. It is not in use until :meth:`Adaptations.use` says so.
        model: folder of the adapter to train further; None is the shipped one.

    Examples:
        >>> lesson = Lesson(reviews, schema, Adaptations())  # doctest: +SKIP
        >>> lesson.run(print).after.exact.f1  # doctest: +SKIP
        0.71
    """

    def __init__(
        self,
        reviews: Sequence[Record],
        schema: CategorySchema,
        adaptations: Adaptations,
        model: str | None = None,
    ) -> None:
        self._reviews, self._schema = usable(reviews, schema), schema
        self._adaptations, self._model = adaptations, model
        self._process: subprocess.Popen[str] | None = None
        self._starting = threading.Lock()
        self._stopped = False

    def stop(self) -> None:
        """End it; nothing of it is kept."""
        with self._starting:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def run(self, told: Callable[[Step], None] = lambda step: None) -> Version | None:
        """Learn, and measure before and after.

        Args:
            told: called at each step.

        Returns:
            The new version; None when it was stopped.

        Raises:
            MissingDependencyError: training is not installed.
            InputError: the program cannot learn from these reports, or another one of the owner's is under way.
            ElmtexError: the program broke off.
        """
        check_available()
        with self._adaptations.working() as folder:
            # Reports without the names of their files, which may be patients'.
            named = [replace(r, id=f"r{n}", schema=None) for n, r in enumerate(self._reviews)]
            records.write(folder / "reviews.jsonl", named)
            write_whole(folder / "schema.json", json.dumps(self._schema.document))
            made = folder / "made"
            if not self._carry_out(folder, made, told):
                return None
            return self._adaptations.adopt(made)

    def _carry_out(self, folder: Path, made: Path, told: Callable[[Step], None]) -> bool:
        """Whether the program came to its end; False when it was stopped."""
        command = [sys.executable, "-m", PROGRAM, str(folder / "reviews.jsonl")]
        command += ["--schema", str(folder / "schema.json"), "--out", str(made), "--child"]
        command += ["--model", self._model] if self._model else []
        with self._starting:
            if self._stopped:
                return False
            self._process = process = subprocess.Popen(
                command,
                # The program ends when this process does, however that happens: its standard input ends then.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if setting(DEBUG) else subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env=_environment(),
            )
        failure = ""
        try:
            assert process.stdout is not None
            for line in process.stdout:
                said = _event(line)
                if said.get("stage") in STAGES:
                    told(Step(said["stage"], said["done"], said["total"]))
                failure = said.get("error", failure)
            process.wait()
        finally:
            process.kill()
            process.communicate()
        if self._stopped:
            return False
        if failure:
            raise InputError(failure)
        if process.returncode:
            raise ElmtexError(
                "the training program broke off ({code}): perhaps the memory was full; "
                "what was in use before still is",
                code=process.returncode,
            )
        return True


def _event(line: str) -> dict[str, Any]:
    """What the program says in a line; {} for what a library of it printed."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    # On few cores, spinning threads cost more than they save.
    return {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, "PYTHONPATH": path}


def _is_there(module: str) -> bool:
    if module == PROGRAM:  # somebody else's package may be called so
        return (ROOT / f"{module.replace('.', '/')}.py").is_file()
    return importlib.util.find_spec(module) is not None
