"""Coding: suggest concepts of ICD-10-CM, HPO, the Disease Ontology and drug names for an item's
words.

A suggestion is not an assertion: a human chooses. "no fever" is coded as fever; the item itself
says that it is absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from elmtex.coding.name_index import NameIndex, key, words
from elmtex.coding.terminologies import Named, Terminology, sources
from elmtex.schema import TERMINOLOGIES, Category, CategorySchema
from elmtex.settings import cache_folder
from elmtex.storage import write_whole
from elmtex.types import Code, InputError, Item

THRESHOLD = 0.8
_FORMAT = 4  # of the cache; raise it when anything below changes what is stored


class Linker:
    """Links words to concepts; indexes are built on first use and kept on disk.

    Args:
        terminologies: of ``icd10cm``, ``hpo``, ``drugs`` (and ``doid``, which needs
            ``disease_ontology``).
        disease_ontology: path of HumanDO.tsv (columns id, label); given, ``doid`` is used as well.
        threshold: lowest similarity of a misspelt name to the right one, 0 to 1.
        cache_dir: where indexes are kept; None means the user's cache directory.

    Raises:
        InputError: an unknown terminology, ``doid`` without its file, or a threshold outside 0 to
            1.
        MissingDependencyError: on first use, when a terminology's package is not installed.
    """

    def __init__(
        self,
        terminologies: Sequence[str] = ("icd10cm", "hpo", "drugs"),
        *,
        disease_ontology: str | os.PathLike[str] | None = None,
        threshold: float = THRESHOLD,
        cache_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        names = list(dict.fromkeys(terminologies))
        if disease_ontology is not None and "doid" not in names:
            names.append("doid")
        if not set(names) <= set(TERMINOLOGIES):
            raise InputError(
                f"unknown terminology {sorted(set(names) - set(TERMINOLOGIES))}: choose from "
                f"{list(TERMINOLOGIES)}"
            )
        if "doid" in names and disease_ontology is None:
            raise InputError(
                "the terminology 'doid' needs disease_ontology, the path of HumanDO.tsv"
            )
        if not 0 < threshold <= 1:
            raise InputError(f"threshold {threshold} must lie between 0 and 1")
        self.terminologies = tuple(names)
        self.threshold = threshold
        self._disease_ontology = Path(disease_ontology) if disease_ontology is not None else None
        self._cache_dir = Path(cache_dir) if cache_dir is not None else None
        self._indexes: dict[str, NameIndex] = {}

    @property
    def setting(self) -> dict[str, Any]:
        """What the codes depend on, for the output of an evaluation: terminologies with versions,
        threshold."""
        known = sources(self._disease_ontology)
        versions = {name: known[name].version() for name in self.terminologies}
        return {"terminologies": versions, "threshold": self.threshold}

    def terminologies_of(self, category: Category | None) -> tuple[str, ...]:
        """Those that its schema names for a category, best first; all where the schema does not
        say, and for None."""
        if category is None or category.terminologies is None:
            return self.terminologies
        return tuple(name for name in category.terminologies if name in self.terminologies)

    def load(self, schema: CategorySchema) -> None:
        """Read or build now the indexes that a schema needs, rather than at the first item.

        Raises:
            MissingDependencyError: a terminology's package is not installed.
        """
        for category in schema.categories:
            for name in self.terminologies_of(category):
                self._index(name)

    def link(self, text: str, category: Category | None = None, limit: int = 5) -> list[Code]:
        """Concepts for an item's words, best first.

        Args:
            text: the item's words; the first :data:`elmtex.coding.name_index.LONGEST_TEXT` are
                looked up.
            category: restricts the terminologies to those its schema names; None means all.
            limit: at most so many.

        Returns:
            codes with scores: 1 for an exact name, from the threshold up for a similar one, below
                for a name that is
            contained in the words (the share it covers). [] when nothing fits or the category is
            not coded.
        """
        found = [
            (code, rank)
            for rank, name in enumerate(self.terminologies_of(category))
            for code in self._index(name).search(text, self.threshold, limit)
        ]
        found.sort(key=lambda row: (-row[0].score, row[1]))  # stable: an index's order breaks ties
        return [code for code, _ in found[:limit]]

    def coded(self, item: Item, category: Category, limit: int = 5) -> Item:
        """The item with its suggested codes."""
        return replace(item, codes=tuple(self.link(item.text, category, limit)))

    def _index(self, name: str) -> NameIndex:
        if name not in self._indexes:
            source = sources(self._disease_ontology)[name]
            self._indexes[name] = _load_index(source, self._cache_dir)
        return self._indexes[name]


# The cache of indexes


def _load_index(source: Terminology, cache_dir: Path | None) -> NameIndex:
    if cache_dir is None:
        cache_dir = cache_folder() / "coding"
    path = cache_dir / f"{source.name}-{source.version()}-{_FORMAT}.json"
    if path.is_file():
        digest, _, data = path.read_bytes().partition(b"\n")
        if hashlib.sha256(data).hexdigest().encode() == digest:  # else damaged: it is built again
            stored = json.loads(data)
            concepts = [(system, code, display) for system, code, display in stored["concepts"]]
            return NameIndex(concepts, stored["names"], stored["keys"], stored["concept_of"])
    index = build_index(source.concepts())
    with contextlib.suppress(OSError):  # a read-only home costs seconds at the next start, no more
        _store(index, path)
    return index


def build_index(concepts: Iterable[Named]) -> NameIndex:
    """Preferred names come before all other names, so that a shared name belongs to the concept it
    is preferred for."""
    rows = list(concepts)
    named = [(display, index) for index, (_, _, display, _) in enumerate(rows)]
    named += [(other, index) for index, (_, _, _, others) in enumerate(rows) for other in others]
    seen: dict[tuple[str, int], list[str]] = {}
    for name, index in named:
        parts = words(name)
        if parts:
            seen.setdefault((" ".join(parts), index), parts)
    return NameIndex(
        concepts=[(system, code, display) for system, code, display, _ in rows],
        names=[name for name, _ in seen],
        keys=[key(parts) for parts in seen.values()],
        concept_of=[index for _, index in seen],
    )


def _store(index: NameIndex, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {
        "concepts": index.concepts,
        "names": index.names,
        "keys": index.keys,
        "concept_of": index.concept_of,
    }
    data = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    # The digest of the rest is in the first line: a name that a bad disk changed would code
    # something else.
    write_whole(path, f"{hashlib.sha256(data.encode()).hexdigest()}\n{data}")
