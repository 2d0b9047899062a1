"""Where a batch keeps its rows: a JSON Lines file, a Parquet file, or a folder of Parquet shards, here or at an address
that fsspec opens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path, PurePosixPath
from typing import Protocol

from elmtex.batch import parquet
from elmtex.batch.rows import Row
from elmtex.readers.sources import file_system, is_address
from elmtex.storage import AppendedLines, alone, sync
from elmtex.types import InputError

Append = Callable[[Row], None]
Wanted = Callable[[str, str, str], bool]  # of a row's id, key and status: whether it stays

SHARD_ROWS = 1000  # a shard is written when it has so many,
SHARD_SECONDS = 60.0  # or when its first one is so old: what a kill may cost


class Output(Protocol):
    """Rows that outlive a kill."""

    def appending(self, *, new: bool, wanted: Wanted) -> AbstractContextManager[Append]:
        """Hold the output alone, take out what :meth:`keep` would, and give the function that appends a row.

        Raises:
            InputError: another run holds it, or somebody else has written it.
            OSError: it cannot be written; FileExistsError when it is to be new and is not.
        """
        ...

    def keep(self, wanted: Wanted) -> None:
        """Take unwanted rows out, while appending; ``wanted`` is asked once for each, in order."""
        ...


def open_output(out: Path | str) -> Output:
    """The output of a name; nothing is written yet.

    Args:
        out: ``NAME.parquet``, a folder (an existing one, a name that ends in ``/`` or has no suffix), else a JSON Lines
            file; or an address, of a Parquet file or a folder.

    Raises:
        InputError: an address that is neither.
        MissingDependencyError: what Parquet or the address needs is not installed.
    """
    name = str(out)
    suffix = PurePosixPath(name).suffix.lower()
    here = None if is_address(name) else Path(name)
    if name.endswith("/") or not suffix or (here is not None and here.is_dir()):
        return Shards(name)
    if suffix == ".parquet":
        return ParquetFile(name)
    if here is None:
        raise InputError(
            f"--out {name}: at an address a batch writes .parquet, or shards into a folder"
        )
    return Lines(here)


class Lines:
    """A JSON Lines file; each row is on the disk before the next one.

    :class:`elmtex.storage.AppendedLines` says what a kill can do to it.
    """

    def __init__(self, path: Path) -> None:
        self._lines = AppendedLines(path, "elmtex batch", start=b'{"id": ', ascii=False)

    @contextmanager
    def appending(self, *, new: bool, wanted: Wanted) -> Iterator[Append]:
        with self._lines.appending(new=new, wanted=self._asking(wanted)) as append:
            yield append

    def keep(self, wanted: Wanted) -> None:
        self._lines.keep(self._asking(wanted))

    def _asking(self, wanted: Wanted) -> Callable[[int, Row], bool]:
        def asking(number: int, row: Row) -> bool:
            id, key, status = (row.get(field) for field in ("id", "key", "status"))
            if isinstance(id, str) and isinstance(key, str) and isinstance(status, str):
                return wanted(id, key, status)
            raise self._lines.foreign(number)

        return asking


class Shards:
    """A folder of Parquet files ``part-000001.parquet`` …, each written whole or not at all.

    Rows wait in memory until their shard is full or old; a kill costs these.

    Args:
        folder: its path or address.
    """

    def __init__(self, folder: str) -> None:
        parquet.check()
        self._name = folder
        self._here = None if is_address(folder) else Path(folder).absolute()
        self._fs, self._path = file_system(folder if self._here is None else str(self._here))
        self._path = self._path.rstrip("/")
        self._rows: list[Row] = []
        self._since = 0.0
        self._number = 0

    @contextmanager
    def appending(self, *, new: bool, wanted: Wanted) -> Iterator[Append]:
        # At an address nothing can be locked.
        with alone(self._here) if self._here is not None else nullcontext():
            if new and self._fs.exists(self._path) and self._fs.ls(self._path, detail=False):
                raise FileExistsError
            self._fs.makedirs(self._path, exist_ok=True)
            self._number = max(map(_number, self._shards()), default=0)
            self._begin()
            self.keep(wanted)
            try:
                yield self._append
            finally:
                self.flush()

    def keep(self, wanted: Wanted) -> None:
        self.flush()
        for shard in self._shards():
            with self._fs.open(shard, "rb") as file:
                rest = parquet.filtered(file, wanted, PurePosixPath(self._name) / _file(shard))
            if rest is not None:
                self._replace(_file(shard), rest)

    def _begin(self) -> None:
        """What a run does first, once it is alone."""

    def _append(self, row: Row) -> None:
        if not self._rows:
            self._since = time.monotonic()
        self._rows.append(row)
        if len(self._rows) >= SHARD_ROWS or time.monotonic() - self._since >= SHARD_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait."""
        if self._rows:
            self._replace(self._next(), parquet.packed(self._rows))
            self._rows = []

    def _next(self) -> str:
        self._number += 1
        return f"part-{self._number:06}.parquet"

    def _replace(self, name: str, data: bytes) -> None:
        """Write a shard; one without a row goes."""
        place = f"{self._path}/{name}"
        if not data:
            self._fs.rm_file(place)
            return
        part = f"{self._path}/.{name}.part"
        self._fs.pipe_file(part, data)
        self._move(part, place)

    def _move(self, part: str, place: str) -> None:
        """Put a whole file in its place, on the disk before its name is."""
        if self._here is not None:
            sync(Path(part))
        self._fs.mv(part, place)
        if self._here is not None:
            sync(Path(place).parent)

    def _shards(self) -> list[str]:
        if not self._fs.exists(self._path):
            return []
        found = [str(path) for path in self._fs.ls(self._path, detail=False, refresh=True)]
        return sorted(path for path in found if _number(path))


class ParquetFile(Shards):
    """One Parquet file: shards in the folder ``.NAME.parts`` beside it while the batch runs, put together at its end.

    Args:
        path: its path or address.
    """

    def __init__(self, path: str) -> None:
        folder, slash, name = path.rpartition("/")
        super().__init__(f"{folder}{slash}.{name}.parts")
        self._whole = f"{self._path.rpartition('/')[0]}/{name}"

    @contextmanager
    def appending(self, *, new: bool, wanted: Wanted) -> Iterator[Append]:
        if new and self._fs.exists(self._whole):
            raise FileExistsError
        with super().appending(new=new, wanted=wanted) as append:
            yield append
            self.flush()
            self._join()

    def _begin(self) -> None:
        """The file of an earlier run becomes a shard, until this one ends."""
        if self._fs.exists(self._whole):
            self._fs.mv(self._whole, f"{self._path}/{self._next()}")

    def _join(self) -> None:
        folder, _, name = self._whole.rpartition("/")
        part = f"{folder}/.{name}.part"
        parquet.join(self._fs, self._shards(), part)
        self._move(part, self._whole)
        self._fs.rm(self._path, recursive=True)


def _file(path: str) -> str:
    return path.rpartition("/")[2]


def _number(path: str) -> int:
    """Of a shard; 0 of any other file."""
    name = _file(path)
    number = name.removeprefix("part-").removesuffix(".parquet")
    return int(number) if number.isdecimal() and name == f"part-{number}.parquet" else 0
