"""Folders of small encoders that label a report's words: a graph, its tokenizer, and the facts beside it.

A folder holds ``model.xml`` and ``model.bin`` (OpenVINO, int8 weights), ``tokenizer.json``, a file of facts and ``digests.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elmtex.decoding.chain import Chain
from elmtex.decoding.tokens import MAX_SENTENCE
from elmtex.models.facts import number
from elmtex.models.integrity import check_folder
from elmtex.types import InputError

GRAPH = ("model.xml", "model.bin", "tokenizer.json")  # what an extraction needs beside the facts


@dataclass(frozen=True)
class Kind:
    """A kind of encoder.

    Args:
        name: what it is called in sentences.
        facts: the name of its file of facts.
        packaged: where the packaged ones lie.
        command: makes one.
        then: what to do with what the command makes.
    """

    name: str
    facts: str
    packaged: Path
    command: str
    then: str

    @property
    def made_from(self) -> str:
        """What its digests say of where it comes from."""
        return f"{self.command.split(' --')[0]}; see record.json"

    @property
    def files(self) -> tuple[str, ...]:
        """The files that decide its answers."""
        return (*GRAPH, self.facts)

    def has_packaged(self) -> bool:
        """Whether one is packaged with this version."""
        return any(self.packaged.glob(f"*/{self.facts}"))

    def folder(self, model: str | Path | None) -> Path:
        """The folder of one, whose files are as they were written.

        Args:
            model: the folder, or the name of a packaged one; None takes the packaged one, the last by name.

        Raises:
            InputError: there is none, or it is damaged; says which command makes one.
        """
        if model is None:
            folders = sorted(path.parent for path in self.packaged.glob(f"*/{self.facts}"))
            if not folders:
                raise InputError(
                    f"no {self.name} is packaged here: make one by `{self.command}`, and {self.then}"
                )
            folder = folders[-1]
        else:
            packaged = self.packaged / str(model)
            is_name = Path(str(model)).name == str(model) and packaged.is_dir()
            folder = packaged if is_name else Path(model)
        if missing := [name for name in self.files if not (folder / name).is_file()]:
            raise InputError(
                f"{folder} holds no {self.name}: {missing[0]} is missing; make one by `{self.command}`"
            )
        check_folder(
            folder, "copy it there again, or remove digests.json when the change was meant"
        )
        return folder


def window_of(facts: Mapping[str, Any], path: Path) -> tuple[int, int]:
    """The window and the context, in tokens."""
    window, context = (int(number(facts.get(name), name, path)) for name in ("window", "context"))
    if context < 0 or window < MAX_SENTENCE + 2 * context:
        raise InputError(
            f"{path}: window {window} has no room for a sentence and its context: train it again"
        )
    return window, context


def words_of(facts: Mapping[str, Any], key: str, what: str, path: Path) -> tuple[str, ...]:
    """A list of words, not empty."""
    words = facts.get(key)
    if not isinstance(words, list) or not words or not all(isinstance(w, str) for w in words):
        raise InputError(f"{path}: {key} is {words!r}: it must list {what}; train it again")
    return tuple(words)


def ids_of(facts: Mapping[str, Any], key: str, path: Path) -> tuple[int, ...]:
    """A list of token ids."""
    ids = facts.get(key, [])
    if not isinstance(ids, list) or not all(isinstance(id, int) and id >= 0 for id in ids):
        raise InputError(f"{path}: {key} is {ids!r}: it must list token ids; train it again")
    return tuple(ids)


def chain_of(facts: Mapping[str, Any], chains: int, path: Path) -> Chain:
    """So many chains, of ``start`` and ``transitions``."""
    import numpy as np

    arrays = []
    for key, shape in (("start", (chains, 3)), ("transitions", (chains, 3, 3))):
        try:
            array = np.array(facts.get(key), np.float64)
        except (TypeError, ValueError):
            array = np.zeros(0)
        if array.shape != shape or not np.isfinite(array).all():
            raise InputError(f"{path}: {key} must be numbers of shape {shape}; train it again")
        arrays.append(array)
    return Chain.of(*arrays)
