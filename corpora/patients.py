"""Patients for synthetic reports: sex, age, and what goes together, from faker-healthcare-provider
(MIT)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from elmtex.types import MissingDependencyError

_CHILD = 16
# What depends on the patient's sex: male, female. Alternatives are separated by ";".
_WORDS_EN = {
    "he": ("he", "she"),
    "He": ("He", "She"),
    "his": ("his", "her"),
    "His": ("His", "Her"),
    "him": ("him", "her"),
    "male": ("male", "female"),
    "m/f": ("M;m;male", "F;f;female"),
    "man": ("man;man;male;gentleman", "woman;woman;female;lady"),
    "Mr": ("Mr", "Mrs;Ms"),
}
_WORDS_DE = {
    "ErSie": ("Er", "Sie"),
    "Derdie": ("Der", "Die"),
    "derdie": ("der", "die"),
    "derdat": ("dem", "der"),
    "desder": ("des", "der"),
    "ptgen": ("des", "der"),
    "Ein_e": ("Ein", "Eine"),
    "eine_n": ("einen", "eine"),
    "einem_r": ("einem", "einer"),
    "jg": ("jähriger", "jährige"),
    "jakk": ("jährigen", "jährige"),
    "pat": ("Patient", "Patientin"),
    "patgen": ("Patienten", "Patientin"),
    "patdat": ("Patienten", "Patientin"),
    "patakk": ("Patienten", "Patientin"),
    "ptakk": ("Ihren Patienten, [sex|Herrn]", "Ihre Patientin, [sex|Frau]"),
    "ptakk2": ("[sex|Herrn] {patient_name}", "[sex|Frau] {patient_name}"),
    "ptakk3": ("den Patienten", "die Patientin"),
    "HerrFrau": ("[sex|Herr]", "[sex|Frau]"),
    "mannfrau": ("Mann", "Frau"),
    "mw": ("m;männl.", "w;weibl."),
    "mw2": ("männlich", "weiblich"),
    "_r": ("r", ""),
    "_in": ("", "in"),
}
# Names, not whole sentences, that befit one sex only, in English and German.
_FEMALE = re.compile(
    r".{0,40}(?:hyster|ovar|endometri|pregnan|gravid|schwanger|uterus|zervix|cervical cancer|vagin|menses|zyklus"
    r"|c(?:a)?esarean|sectio|eclampsia|eklampsie|miscarriage|fehlgeburt|breast lump|mammogra|housewife)[^.]{0,40}",
    re.I,
)
_MALE = re.compile(
    r".{0,40}(?:prostat|testic|hoden|tamsulosin|tur-p|\bpsa\b|gynecomastia)[^.]{0,40}", re.I
)
# First words of the catalogue's names that end like an adjective.
_GERMAN_NOUNS = frozenset(
    {"Alzheimer", "Schmerzen", "Husten", "Fieber", "Diabetes", "Herpes", "Blutdruck"}
)
_EPONYMS = frozenset({"Lyme", "Hodgkin", "Down"})


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient as the grammar sees it.

    Args:
        vocabulary: alternatives of the symbols that depend on who it is; () where the record has
            nothing.
        unfit: what a whole alternative must not look like, since it befits the other sex.
    """

    vocabulary: Mapping[str, tuple[str, ...]]
    unfit: re.Pattern[str]


def patients(lang: str, count: int, seed: int) -> Iterator[Patient]:
    """Patients of the language's catalogue (``en`` or ``de``), the same for the same seed.

    Raises:
        MissingDependencyError: faker-healthcare-provider is not installed.
    """
    try:
        from faker import Faker
        from faker_healthcare import HealthcareProvider  # type: ignore[import-untyped]
        from faker_healthcare.de_DE import (  # type: ignore[import-untyped]
            Provider as GermanProvider,
        )
    except ImportError:
        raise MissingDependencyError(
            "synthetic reports need patient records: pip install faker-healthcare-provider"
        ) from None
    fake = Faker("de_DE" if lang == "de" else "en_US")
    provider = GermanProvider if lang == "de" else HealthcareProvider
    fake.add_provider(provider)
    fake.seed_instance(seed)
    interventions = frozenset(provider.non_drug_interventions)
    for _ in range(count):
        record = fake.patient_record()
        unfit = _MALE if record["sex"] == "female" else _FEMALE
        vocabulary = _vocabulary(record, lang, interventions)
        yield Patient(vocabulary | {"patient_name": (fake.last_name(),)}, unfit)


def _vocabulary(
    record: Mapping[str, Any], lang: str, interventions: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    female = record["sex"] == "female"
    # Newborns and centenarians would need words of their own ("2-month-old").
    age = min(max(int(record["age"]), 2), 97)
    words = _WORDS_DE if lang == "de" else _WORDS_EN
    vocabulary = {key: tuple(pair[female].split(";")) for key, pair in words.items()}
    if lang == "en" and age < _CHILD:
        vocabulary["man"] = ("girl", "female") if female else ("boy", "male")
    name = _german_name if lang == "de" else _english_name
    orders = record["medication_orders"]
    return vocabulary | {
        "age": (str(age),),
        "record_disease": _unique(name(record["disease"])),
        "record_symptom": _unique(*map(name, record["symptoms"])),
        "record_drug": _unique(*(name(order["medication"]) for order in orders)),
        "record_order": _unique(
            *(_order(o, name(o["medication"]), lang) for o in orders if o["dose"] is not None)
        ),
        "record_lab": _unique(*(n for lab in record["lab_panel"] for n in _test_names(lab, name))),
        "record_intervention": _unique(
            *(name(m) for m in record["medications"] if m in interventions)
        ),
    }


def _unique(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _order(order: Mapping[str, Any], drug: str, lang: str) -> str:
    dose = f"{order['dose']:g}"
    return f"{drug} {dose.replace('.', ',') if lang == 'de' else dose} {order['unit']}"


def _test_names(lab: Mapping[str, Any], name: Any) -> Iterator[str]:
    """ "C-Reactive Protein (CRP)" is known by both of its names."""
    full, _, short = lab["analyte"].rstrip(")").partition(" (")
    yield name(full)
    if short and not short.startswith("International"):
        yield from short.split("/")[:1]


def _english_name(title: str) -> str:
    """The catalogue's title case as in running text: "Crohn's Disease" becomes "Crohn's disease"."""
    return " ".join(
        word
        if word.endswith("'s")
        or word in _EPONYMS
        or not re.fullmatch(r"[A-Z][a-zé]+(?:-[A-Za-z]+)*", word)
        else word.lower()
        for word in _in_brackets(title).split()
    )


def _german_name(title: str) -> str:
    """The catalogue's names begin with a capital; an adjective before its noun does not, in running
    text."""
    words = _in_brackets(title).split()
    inflected = len(words) > 1 and re.search(r"(?<!i)(?:e|er|es|en)$", words[0])
    if inflected and re.match(r"[A-ZÄÖÜ]\w\w", words[1]) and words[0] not in _GERMAN_NOUNS:
        words[0] = words[0][0].lower() + words[0][1:]
    return " ".join(words)


def _in_brackets(title: str) -> str:
    """A name without its gloss: "Darmspiegelung (Koloskopie)" becomes "Darmspiegelung"."""
    return re.sub(r"\s*[\[(].*?[\])]", "", title).strip()
