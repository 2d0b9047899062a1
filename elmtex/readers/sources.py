"""Where the command line's reports come from: files, folders, patterns, addresses. Finding them is apart from reading
them, which another process or machine may do.

An address (``s3://bucket/letters/``, ``hdfs://…``, ``memory://…``) is opened by fsspec; keys and endpoints are those of
its own settings and environment. Its file is copied to this machine, read, and erased.
"""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from elmtex.erase import remove
from elmtex.readers.file_set import SUFFIXES, FileSet
from elmtex.readers.parquet import read_parquet
from elmtex.readers.tables import SUFFIXES as TABLES
from elmtex.readers.tables import TEXT_TABLES, read_table
from elmtex.readers.text_files import ReadingError, Report, read_report, readable_name
from elmtex.types import InputError, MissingDependencyError

PARQUET = ".parquet"
_MANY = (*TEXT_TABLES, PARQUET)  # tables of any number of rows, which a folder may hold
_READ = (*SUFFIXES, PARQUET)
_PATTERN = "*?["


@dataclass(frozen=True, slots=True)
class Source:
    """A file with reports.

    Args:
        path: where it lies, or its address.
        name: its report's id; of a table or zip file, whose reports have their own, "".
    """

    path: str
    name: str = ""


def is_address(path: str) -> bool:
    """Whether fsspec opens it, and not this machine's file system."""
    return "://" in path


def sources(inputs: Sequence[str | Path]) -> Iterator[Source]:
    """The files that inputs name, one after the other, found only when asked for.

    A folder means the ``.txt`` files in and below it, or, where there are none, its tables. A pattern (``*``, ``?``,
    ``[…]``, ``**``) means what it matches. Both are sorted by path. A report's id is its file's name without the suffix;
    where that has come before, as much of its path as tells them apart.

    Raises:
        InputError: an input that cannot be used at all, when its turn comes: missing, of another kind, a folder or
            pattern without reports.
    """
    seen: set[str] = set()
    for given in map(str, inputs):
        for file, folder in _files(given):
            suffix = PurePosixPath(file).suffix.lower()
            if suffix not in _READ:
                raise InputError(
                    f"cannot read reports from {file!r}: give {', '.join(_READ)} files, or folders of .txt"
                )
            many = suffix in (*TABLES, PARQUET, ".zip")
            yield Source(file, "" if many else _new(seen, Path(file), folder))


def read_source(source: Source) -> Iterator[Report]:
    """The reports of a file, read only when asked for.

    A file or row that cannot be read becomes a :class:`Report` with a ``problem`` and affects nothing else.

    Raises:
        InputError: a table that cannot be used at all: without a column of reports, or a ``.json`` that holds none.
        MissingDependencyError: what reads it is not installed.
    """
    with _here(source.path) as path:
        try:
            yield from _reports(path, source.name)
        except InputError as error:
            said = str(error).replace(str(path), source.path)
            if isinstance(error, ReadingError):
                raise ReadingError(said, error.note) from None
            raise InputError(said) from None


def _files(given: str) -> Iterator[tuple[str, Path | None]]:
    """What an input names: files, and the folder that they are in if that was given."""
    if is_address(given):
        fs, path = file_system(given)
        if fs.isfile(path):
            yield given, None
        elif fs.isdir(path):
            inside = [fs.unstrip_protocol(file) for file in fs.find(path)]
            yield from ((file, Path(given)) for file in _wanted(inside, given))
        else:
            matches = sorted(fs.glob(path)) if any(sign in path for sign in _PATTERN) else []
            yield from ((fs.unstrip_protocol(file), None) for file in _some(matches, given))
    elif Path(given).is_dir():
        inside = [str(file) for file in Path(given).rglob("*") if file.is_file()]
        yield from ((file, Path(given)) for file in _wanted(inside, given))
    elif Path(given).exists() or not any(sign in given for sign in _PATTERN):
        if not Path(given).exists():
            raise InputError(f"no such file or folder: {given!r}")
        yield given, None
    else:
        for found in _some(sorted(glob.glob(given, recursive=True)), given):
            yield from _files(found)


def _wanted(files: Sequence[str], folder: str) -> list[str]:
    """The texts of a folder, or its tables, sorted by path."""
    for kinds in ((".txt",), _MANY):
        if found := [file for file in files if PurePosixPath(file).suffix.lower() in kinds]:
            return sorted(found, key=lambda file: PurePosixPath(file).parts)
    raise InputError(
        f"the folder {folder!r} has no .txt file, and no table ({', '.join(_MANY)}): give one with reports in it"
    )


def _some(found: list[str], pattern: str) -> list[str]:
    if not found:
        raise InputError(f"nothing matches {pattern!r}: give a file, a folder or another pattern")
    return found


def _new(seen: set[str], path: Path, folder: Path | None = None) -> str:
    """A report's id: the file's name, or so much of its path as was not seen."""
    inside = path.relative_to(folder).with_suffix("") if folder else Path(path.stem)
    beside = folder.name / inside if folder else path.with_suffix("")
    names = [place.as_posix() for place in (inside, beside, path)]
    name = next((name for name in names if name not in seen), names[-1])
    seen.add(name)
    return readable_name(name)


def _reports(path: Path, name: str) -> Iterator[Report]:
    suffix = path.suffix.lower()
    if suffix in TEXT_TABLES:
        yield from read_table(path)
    elif suffix == PARQUET:
        yield from read_parquet(path)
    elif suffix == ".txt":
        yield _read(path, name)
    else:
        with FileSet(limited=False) as files:
            if suffix in TABLES:
                yield from files.read(path, str(path))
            else:
                yield from files.reports_of(path, name or path.name)


def _read(path: Path, name: str) -> Report:
    try:
        text, note = read_report(path)
    except ReadingError as error:
        return Report(name, None, str(error), note=error.note)
    return Report(name, text, note=note)


@contextmanager
def _here(path: str) -> Iterator[Path]:
    """The file on this machine; of an address a copy, which is erased in the end."""
    if not is_address(path):
        yield Path(path)
        return
    fs, inside = file_system(path)
    with tempfile.TemporaryDirectory(prefix="elmtex-") as folder:
        copy = Path(folder) / PurePosixPath(inside).name
        try:
            fs.get_file(inside, str(copy))
        except Exception as error:  # each file system has errors of its own
            raise InputError(f"cannot read {path!r} ({type(error).__name__})") from None
        try:
            yield copy
        finally:
            remove(copy)


def file_system(address: str) -> tuple[Any, str]:
    """The fsspec file system of an address, and the path in it.

    Raises:
        InputError: there is none of that name, or it cannot be reached.
        MissingDependencyError: fsspec, or what it needs for it, is not installed.
    """
    try:
        from fsspec.core import url_to_fs

        fs, path = url_to_fs(address)
    except ImportError as error:
        # fsspec says which package it misses for this protocol.
        raise MissingDependencyError(
            f"{address!r} cannot be opened: {error}; pip install 'elmtex[data]' and what the file system needs"
        ) from None
    except Exception as error:
        raise InputError(f"{address!r} cannot be opened ({type(error).__name__})") from None
    return fs, str(path)
