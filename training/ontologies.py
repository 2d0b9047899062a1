"""Terminologies as teachers: an item wherever a name of one occurs in a report. No model, so they know no context."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from elmtex.coding.name_index import LONGEST_NAME, stem, words
from elmtex.coding.terminologies import sources
from elmtex.extractors.base import Extractor
from elmtex.schema import CategorySchema, load_schema
from elmtex.text.normalisation import case_folded, sentences
from elmtex.types import EMPTY, Extraction, InputError, Item, Progress

# The category whose items each names. What a patient had before, or has besides, no name can tell.
CATEGORIES = {
    "drugs": "pharmacological_therapy",
    "rxnorm": "pharmacological_therapy",
    "icd10cm": "diagnosis",
    "doid": "diagnosis",
    "snomed-disorders": "diagnosis",
    "hpo": "signs_symptoms",
    "snomed-findings": "signs_symptoms",
}
_SHORTEST = 3  # characters of a name
_WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_GAP = re.compile(r"[ \n/-]{1,2}|")  # between two words of a name
_RXNORM_ID, _RXNORM_LANGUAGE, _RXNORM_NAME, _RXNORM_SUPPRESSED = 0, 1, 14, 16
_TAG = re.compile(r" \((\w+)\)$")  # of a fully specified name


class OntologyExtractor(Extractor):
    """Finds the names of a terminology, of overlapping ones the longest that begins first; all are present.

    Args:
        name: a key of ``CATEGORIES``.
        path: doid: HumanDO.tsv; rxnorm: RXNCONSO.RRF; snomed-…: an RF2 file of descriptions
            (sct2_Description_Snapshot-en_….txt). None for the others, which pip packages carry.

    Raises:
        InputError: an unknown name, or a path where none belongs or none where one does.
    """

    def __init__(self, name: str, path: Path | None = None) -> None:
        if name not in CATEGORIES:
            raise InputError(f"unknown ontology {name!r}: use one of: {', '.join(CATEGORIES)}")
        if (path is None) == (name in ("doid", "rxnorm", "snomed-disorders", "snomed-findings")):
            raise InputError(
                f"ontology {name}: {'give its file, as NAME=PATH' if path is None else 'takes no file'}"
            )
        if path is not None and not path.is_file():
            raise InputError(f"ontology {name}: no file {path}")
        self._name, self._path = name, path
        self._schema = load_schema("elmtex").subset((CATEGORIES[name],))

    @property
    def schema(self) -> CategorySchema:
        return self._schema

    @property
    def model_name(self) -> str:
        return self._name

    def folders(self) -> tuple[Path, ...]:
        return ()

    def settings(self) -> dict[str, str]:
        known = sources(self._path if self._name == "doid" else None)
        if self._name in known:
            return {"strategy": "ontology", "version": known[self._name].version()}
        assert self._path is not None
        return {"strategy": "ontology", "version": f"{self._path.name} {self._path.stat().st_size}"}

    def with_schema(self, schema: CategorySchema) -> OntologyExtractor:
        raise InputError(f"ontology {self._name} names items of {CATEGORIES[self._name]} alone")

    def load(self) -> None:
        _ = self._names

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        (key,) = self._schema.keys
        found: dict[str, Item] = {}
        for start, end in self._spans(report):
            text = report[start:end]
            found.setdefault(case_folded(text), Item(text, start, end))
        status, problems = ("ok", ()) if report.strip() else ("empty_report", (EMPTY,))
        items = {key: tuple(found.values())}
        return Extraction(id, self._schema.name, self._name, status, problems, items)  # type: ignore[arg-type]

    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        yield Progress(self.extract(report, id=id), 1, 1)

    def _spans(self, report: str) -> Iterator[tuple[int, int]]:
        for start, end in sentences(report):
            found = list(_WORD.finditer(report, start, end))
            stems = [" ".join(map(stem, words(match[0]))) for match in found]
            i = 0
            while i < len(found):
                for j in range(min(i + LONGEST_NAME, len(found)), i, -1):
                    gaps = (
                        report[a.end() : b.start()]
                        for a, b in zip(found[i:j], found[i + 1 : j], strict=False)
                    )
                    if tuple(stems[i:j]) in self._names and all(map(_GAP.fullmatch, gaps)):
                        yield found[i].start(), found[j - 1].end()
                        i = j - 1
                        break
                i += 1

    @cached_property
    def _names(self) -> frozenset[tuple[str, ...]]:
        """The names as stems of their words."""
        parts = (tuple(map(stem, words(name))) for name in self._raw_names())
        return frozenset(
            p
            for p in parts
            if p and sum(map(len, p)) >= _SHORTEST and not all(w.isdigit() for w in p)
        )

    def _raw_names(self) -> Iterable[str]:
        if self._name == "rxnorm":
            assert self._path is not None
            return _rxnorm(self._path)
        if self._name.startswith("snomed-"):
            assert self._path is not None
            return _snomed(self._path, self._name.removeprefix("snomed-").removesuffix("s"))
        source = sources(self._path)[self._name]
        return (name for _, _, display, others in source.concepts() for name in (display, *others))


def _rxnorm(path: Path) -> Iterator[str]:
    """English names of RXNCONSO.RRF that are not suppressed (RxNorm technical documentation, section 12.4)."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("|")
            if len(fields) <= _RXNORM_SUPPRESSED:
                raise InputError(f"{path} is not RXNCONSO.RRF: a line has {len(fields)} fields")
            if fields[_RXNORM_LANGUAGE] == "ENG" and fields[_RXNORM_SUPPRESSED] == "N":
                yield fields[_RXNORM_NAME]


def _snomed(path: Path, tag: str) -> Iterator[str]:
    """Active names of the concepts whose fully specified name ends with this tag, as "Asthma (disorder)"."""
    names: dict[str, list[str]] = {}
    tagged: set[str] = set()
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if not {"active", "conceptId", "term"} <= set(rows.fieldnames or ()):
            raise InputError(
                f"{path} is not an RF2 file of descriptions: it lacks active, conceptId or term"
            )
        for row in rows:
            if row["active"] != "1":
                continue
            match = _TAG.search(row["term"])
            if match and match[1] == tag:
                tagged.add(row["conceptId"])
            names.setdefault(row["conceptId"], []).append(_TAG.sub("", row["term"]))
    for concept in sorted(tagged):
        yield from names[concept]
