"""Where adaptations are kept: a folder for each, which is whole or not there, and which of them is in use.

Nobody sees another's: an adaptation may know words of the reports that it learnt from by heart.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from elmtex.erase import remove
from elmtex.models.adapter import notes_adapter
from elmtex.schema import CategorySchema
from elmtex.settings import data_folder
from elmtex.storage import sync, write_whole
from elmtex.types import InputError

LOCAL = "local"  # whoever runs the command line
RECORD = "record.json"
_IN_USE = "in_use.json"
_WORKING, _DELETED = ".working-", ".deleted-"  # a name that begins so is no version
_PATIENCE = 10  # seconds that a change waits for another


@dataclass(frozen=True, slots=True)
class Counts:
    """Items that were right (``tp``), wrong (``fp``) and missed (``fn``)."""

    tp: int
    fp: int
    fn: int

    @property
    def f1(self) -> float | None:
        """Micro F1, 0 to 1; None where there was nothing to find and nothing was found."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else None


@dataclass(frozen=True, slots=True)
class Figures:
    """How a model did on the reports that were held out: by the same words, by words that overlap, and these by category.

    ``categories`` is by key, without those of which nothing was there or found; a version made before they were counted has none.
    """

    exact: Counts
    relaxed: Counts
    categories: Mapping[str, Counts] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data: Mapping[str, Mapping[str, Any]]) -> Figures:
        categories = {key: Counts(**of) for key, of in data.get("categories", {}).items()}
        return cls(Counts(**data["exact"]), Counts(**data["relaxed"]), categories)


@dataclass(frozen=True, slots=True)
class Version:
    """An adaptation.

    Args:
        id: what it is called by; ids sort by their age.
        folder: its files, which ``open_extractor(model=…)`` takes.
        made: ISO 8601 in UTC.
        schema: key of its schema, see :func:`schema_key`.
        title: the schema's title.
        learnt, held_out: how many reports it learnt from, and how many it was measured on.
        before, after: the shipped model and this one on those that were held out.
        base: name and digest of the adapter that it was trained further from.
        in_use: reports of its schema are read with it.
    """

    id: str
    folder: Path
    made: str
    schema: str
    title: str
    learnt: int
    held_out: int
    before: Figures
    after: Figures
    base: Mapping[str, str]
    in_use: bool


def schema_key(schema: CategorySchema) -> str:
    """What tells whether an adaptation fits a schema: a hash of what a model is asked for, category by category.

    A change of what is made of the items afterwards, as in FHIR, keeps it, and so does a better description.
    """
    asked = [(c.key, c.label) for c in schema.categories]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:20]


class Adaptations:
    """The adaptations of one owner.

    Args:
        owner: whose they are, as the page knows its users; None for those of the command line.
        root: the folder of all owners'; None is ``adaptations`` in the user's data folder.

    Examples:
        >>> for version in Adaptations().versions():  # doctest: +SKIP
        ...     print(version.id, version.title, version.before.exact.f1, version.after.exact.f1)
    """

    def __init__(self, owner: str | None = None, root: Path | None = None) -> None:
        # A hash, for an owner's name may be no name of a folder.
        name = hashlib.sha256((owner or LOCAL).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._folder = (root or data_folder() / "adaptations") / name

    def versions(self, schema: CategorySchema | None = None) -> list[Version]:
        """All of them, or those of a schema; the oldest first."""
        used = {ids[-1] for ids in self._used().values() if ids}
        folders = sorted(p.parent for p in self._folder.glob(f"[0-9]*/{RECORD}"))
        found = [_version(folder, folder.name in used) for folder in folders]
        return [v for v in found if schema is None or v.schema == schema_key(schema)]

    def get(self, id: str) -> Version:
        """The version of that id. Raises :class:`InputError` when the owner has none."""
        for version in self.versions():
            if version.id == id:
                return version
        raise InputError("there is no adaptation {id!r}: look at the list of them", id=id)

    def in_use(self, schema: CategorySchema) -> Version | None:
        """The version that reports of a schema are read with; None for the shipped model."""
        return next((v for v in self.versions(schema) if v.in_use), None)

    def use(self, id: str) -> Version:
        """Read reports of the version's schema with it from now on.

        Raises:
            InputError: there is none of that id, or it is damaged.
        """
        version = self.get(id)
        notes_adapter(version.folder)  # compares the files with their digests
        with self._changing() as used:
            others = [other for other in used.get(version.schema, []) if other != id]
            used[version.schema] = [*others, id]
        return self.get(id)

    def roll_back(self, schema: CategorySchema) -> Version | None:
        """Go back to the version that was in use before; returns it, None for the shipped model."""
        with self._changing() as used:
            del used.get(schema_key(schema), [])[-1:]
        return self.in_use(schema)

    def export(self, id: str, folder: Path) -> Path:
        """Copy a version's files into a folder that is not there yet, for use elsewhere.

        Raises:
            InputError: there is no such version, or the folder is there or cannot be made.
        """
        version = self.get(id)
        try:
            return Path(shutil.copytree(version.folder, folder))
        except OSError as error:
            raise InputError(
                "{path} cannot be made ({fault}): give another folder",
                path=str(folder),
                fault=error.strerror or type(error).__name__,
            ) from None

    def delete(self, id: str) -> None:
        """Overwrite and remove a version; where it was in use, the one before it is.

        Raises:
            InputError: there is none of that id.
        """
        version = self.get(id)
        with self._changing() as used:
            used[version.schema] = [o for o in used.get(version.schema, []) if o != id]
        # Never half removed under its own name.
        remove(version.folder.rename(self._folder / f"{_DELETED}{uuid4().hex}"))

    @contextmanager
    def working(self) -> Iterator[Path]:
        """An empty folder to make a version in, which is erased in the end; what a killed run left is erased first.

        Raises:
            InputError: another one of this owner is being made.
        """
        from filelock import FileLock, Timeout

        self._make()
        lock = FileLock(self._folder / ".working.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise InputError(
                "an adaptation is being made already: wait for it or stop it"
            ) from None
        folder = self._folder / f"{_WORKING}{uuid4().hex}"
        try:
            for left in (*self._folder.glob(f"{_WORKING}*"), *self._folder.glob(f"{_DELETED}*")):
                remove(left)
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            remove(folder)
            lock.release()

    def adopt(self, made: Path) -> Version:
        """Make a finished folder a version, at once: before that it is none, whatever happens.

        Args:
            made: an adapter's files and ``record.json``, inside of :meth:`working`.
        """
        notes_adapter(made)
        version = _version(made, False)
        stamp = "".join(c for c in version.made if c.isdigit())
        numbers = (f"{stamp}-{n}" for n in range(1, 1000))
        id = next(name for name in numbers if not (self._folder / name).exists())
        for path in (*made.iterdir(), made):
            sync(path)
        made.rename(self._folder / id)
        sync(self._folder)
        return self.get(id)

    def _make(self) -> None:
        for folder in (self._folder.parent, self._folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _used(self) -> dict[str, list[str]]:
        """The ids that were in use, by schema, the latest last."""
        try:
            known: dict[str, list[str]] = json.loads((self._folder / _IN_USE).read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            raise InputError(
                "{path} is damaged: remove it, the shipped model is used then",
                path=str(self._folder / _IN_USE),
            ) from None
        return known

    @contextmanager
    def _changing(self) -> Iterator[dict[str, list[str]]]:
        from filelock import FileLock

        self._make()
        with FileLock(self._folder / ".in_use.lock", timeout=_PATIENCE):
            used = self._used()
            yield used
            write_whole(self._folder / _IN_USE, json.dumps(used, indent=1) + "\n")


def _version(folder: Path, in_use: bool) -> Version:
    path = folder / RECORD
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return Version(
            id=folder.name,
            folder=folder,
            made=data["made"],
            schema=data["schema"]["key"],
            title=data["schema"]["title"],
            learnt=data["reports"]["learnt"],
            held_out=data["reports"]["held_out"],
            before=Figures.from_dict(data["before"]),
            after=Figures.from_dict(data["after"]),
            base=data["base"],
            in_use=in_use,
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError("{path} is damaged: remove its folder", path=str(path)) from None
