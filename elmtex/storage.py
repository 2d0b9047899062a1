"""Files that survive a kill: written whole or not at all, or line by line, with a torn last line
cut off."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from uuid import uuid4

from elmtex.types import InputError

SYNC_SECONDS = 0.5
Wanted = Callable[[int, dict[str, Any]], bool]  # of a line's number and row


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

    Each line is written and flushed whole before the next one, so that a kill costs none, and synced to the disk at once,
    or every :data:`SYNC_SECONDS` where lines come faster, which is what a power cut may cost. What a kill leaves of the
    last line is cut off by the next run, and so are the zeros that a power cut may leave: blocks that were given to a
    file and not yet written read so, and JSON holds none. Anything else that is not a JSON object is somebody else's:
    nothing is ever cut from it.

    Args:
        path: the file; made by the first :meth:`appending`.
        kind: what writes it, for error messages: "an evaluation".
        start: how each of its lines begins; a torn last line must begin so, too.
        ascii: other characters than ASCII's are escaped.
    """

    def __init__(self, path: Path, kind: str, *, start: bytes = b"{", ascii: bool = True) -> None:
        self.path, self._kind = path, kind
        self._start, self._ascii = start, ascii
        self._file: BinaryIO | None = None  # while it is appended to
        self._synced = -SYNC_SECONDS  # when, by the monotonic clock

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The number (from 1) and the object of every line, without a last one that is torn or
        being written.

        Raises:
            InputError: a line is not a JSON object.
        """
        if self.path.exists():
            yield from ((number, row) for number, _, row in self._lines() if row is not None)

    def foreign(self, number: int) -> InputError:
        """The error for a line that another program wrote."""
        return InputError(
            f"line {number} of {self.path} is not one that {self._kind} writes: give another name"
        )

    @contextmanager
    def appending(
        self, *, new: bool = False, wanted: Wanted = lambda number, row: True
    ) -> Iterator[Callable[[Mapping[str, Any]], None]]:
        """Hold the file alone, take out what :meth:`keep` would, and give the function that appends a row.

        A row is in the file whole before that function returns; it raises ValueError, and writes nothing, when JSON
        cannot hold the row.

        Args:
            new: the file must not exist yet.
            wanted: as :meth:`keep` has it.

        Raises:
            InputError: another run holds it, or a line is somebody else's.
            OSError: it cannot be written; FileExistsError when it is not new.
        """
        with alone(self.path):
            if new or not self.path.exists():
                self.path.open("xb").close()
            self.keep(wanted)
            try:
                self._file = self.path.open("ab")
                yield self._append
            finally:
                self._close()

    def _append(self, row: Mapping[str, Any]) -> None:
        assert self._file is not None
        line = json.dumps(row, ensure_ascii=self._ascii, allow_nan=False).encode("utf-8")
        self._file.write(line + b"\n")
        self._file.flush()
        if time.monotonic() - self._synced >= SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # of a full disk the error was raised where the row was written
                os.fsync(file.fileno())
            file.close()

    def keep(self, wanted: Wanted) -> None:
        """Take a torn last line and unwanted rows out: all of them or, also when killed here, none.

        Args:
            wanted: of a line's number and row, whether it stays; asked once for each, in order.
        """
        out = {n for n, _, row in self._lines() if row is None or not wanted(n, row)}
        if not out:
            return
        whole = self.path.resolve()  # where a link leads
        rest = whole.with_name(f".{whole.name}.part")
        appended = self._file is not None
        self._close()  # Windows replaces no open file
        try:
            with whole.open("rb") as old, rest.open("wb") as new:
                shutil.copymode(whole, rest)
                new.writelines(line for n, line in enumerate(old, 1) if n not in out)
                new.flush()
                os.fsync(new.fileno())
            rest.replace(whole)
            sync(whole.parent)
        finally:
            rest.unlink(missing_ok=True)
            if appended:
                self._file = self.path.open("ab")

    def _lines(self) -> Iterator[tuple[int, bytes, dict[str, Any] | None]]:
        """Number, bytes and object of every line; the object of a torn last one is None."""
        with self.path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            for number, line in enumerate(file, 1):
                if file.tell() >= size and self._is_torn(line):
                    yield number, line, None
                    return
                try:
                    row = json.loads(line.decode("utf-8"))
                except (ValueError, RecursionError):
                    row = None
                if not isinstance(row, dict):
                    raise self.foreign(number)
                yield number, line, row

    def _is_torn(self, line: bytes) -> bool:
        """Whether the last line is what a kill or a power cut leaves of one of ours."""
        begins = all(byte in (0, own) for byte, own in zip(line, self._start, strict=False))
        return begins and (b"\0" in line or not line.endswith(b"\n"))


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file ``.NAME.lock`` of a file or folder; the system frees it when the process dies, however that
    happens.

    The empty file stays: taking it away could let two waiting runs lock two files of the same name.

    Raises:
        InputError: another run holds it.
        FileNotFoundError: the folder that it is to be in is not there.
    """
    from filelock import FileLock, Timeout

    if not path.parent.is_dir():
        raise FileNotFoundError  # the lock would create it: a slip in a path must not
    whole = path.resolve()
    lock = FileLock(whole.with_name(f".{whole.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(
            f"another run is writing {path}: wait for it or give another name"
        ) from None
    try:
        yield
    finally:
        lock.release()
