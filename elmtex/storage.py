"""Files that survive a kill: written whole or not at all, or line by line, with a torn last line
cut off."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO
from uuid import uuid4

from elmtex.types import InputError


@contextmanager
def writing(path: Path, errors: str = "strict") -> Iterator[TextIO]:
    """A UTF-8 file that replaces ``path`` when the block ends, and is removed when it fails.

    Args:
        path: its folder must be there.
        errors: how a lone surrogate is handled, as :func:`open` has it.
    """
    # Beside the target, since only a file of the same disk can take its place; two processes never
    # share one.
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with part.open("x", encoding="utf-8", errors=errors, newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Flush a file, or a folder's list of names, to the disk: a rename may reach it before the
    content."""
    with suppress(OSError):  # Windows opens no folders
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with writing(path) as file:
        file.write(text)


class AppendedLines:
    """A file of JSON objects, one per line, that runs append to and resume.

    Args:
        path: the file; made by the first :meth:`appending`.
        kind: what writes it, for error messages: "an evaluation".
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self._kind = path, kind

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The number (from 1) and the object of every line, without a last one that is torn or
        being written.

        Raises:
            InputError: a line is not a JSON object. Nothing is cut from a file that may be
                someone's data.
        """
        if not self.path.exists():
            return
        data = self.path.read_bytes()
        for number, line in enumerate(data[: data.rfind(b"\n") + 1].split(b"\n")[:-1], 1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise self.foreign(number)
            yield number, row

    def foreign(self, number: int) -> InputError:
        """The error for a line that another program wrote."""
        return InputError(
            f"line {number} of {self.path} is not one that {self._kind} writes: give another name"
        )

    @contextmanager
    def appending(self) -> Iterator[Callable[[Mapping[str, Any]], None]]:
        """Lock the file, cut off a torn last line, and yield the function that appends a row.

        The whole row is on the disk before that function returns.

        Raises:
            InputError: another run has locked it.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise InputError(
                f"another run is writing {self.path}: wait for it or give another name"
            ) from None
        try:
            with self.path.open("ab") as file:
                file.truncate(self.path.read_bytes().rfind(b"\n") + 1)

                def append(row: Mapping[str, Any]) -> None:
                    file.write(json.dumps(row, allow_nan=False).encode("utf-8") + b"\n")
                    file.flush()
                    os.fsync(file.fileno())

                yield append
        finally:
            lock.release()
