"""The bundles of the six examples, as the packaged model read them, pass validators that others wrote, hold no number that
their words do not say, and load into a FHIR server.

``python tests/test_fhir_validators.py`` reads the examples again, for a new adapter.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elmtex.exporters.fhir.bundle import bundle
from elmtex.exporters.formats import FORMATS
from elmtex.schema import CategorySchema, load_schema
from elmtex.types import Extraction, Judgement, ReviewState

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "elmtex" / "examples"
DOCUMENTS = HERE / "example_documents.jsonl"
VALIDATORS = HERE / "fhir_validators"
SCHEMA = load_schema("clinical")
AT = "2026-01-02T03:04:05+00:00"


def extractions() -> list[Extraction]:
    return [
        Extraction.from_dict(json.loads(line)) for line in DOCUMENTS.read_text("utf-8").splitlines()
    ]


def bundles() -> Iterator[tuple[Extraction, str, dict[str, Any]]]:
    """Each example's document, its report and its bundle, before a review and after."""
    for found in extractions():
        report = (EXAMPLES / f"{found.id}.txt").read_text("utf-8")
        places = [(key, n) for key, items in found.categories.items() for n in range(len(items))]
        by = Judgement("Dr. A", AT)
        reviewed = ReviewState(frozenset(places), True, dict.fromkeys(places, by), by)
        for review in (ReviewState(), reviewed):
            yield (
                found,
                report,
                bundle(found, SCHEMA, review, report, at=AT, with_text=review.finished),
            )


@pytest.fixture(scope="module")
def made() -> list[tuple[Extraction, str, dict[str, Any]]]:
    pytest.importorskip("fhir.resources")
    return list(bundles())


def test_every_example_is_there() -> None:
    assert {found.id for found in extractions()} == {path.stem for path in EXAMPLES.glob("*.txt")}
    for found in extractions():
        report = (EXAMPLES / f"{found.id}.txt").read_text("utf-8")
        assert SCHEMA.validate(found.to_dict()["categories"]) == ()
        for items in found.categories.values():
            assert all(report[i.start : i.end] == i.text for i in items)


def test_every_export_of_every_example_is_written() -> None:
    pytest.importorskip("fhir.resources")
    for found in extractions():
        assert Extraction.from_dict(json.loads(FORMATS["json"](found, SCHEMA))) == found
        for write in FORMATS.values():
            assert write(found, SCHEMA)


def test_no_number_is_another_than_the_words_say(made: Any) -> None:
    for found, _, document in made:
        quantities = list(_quantities(document["entry"]))
        assert quantities
        for numbers, words in quantities:
            assert numbers <= _numbers(words), (found.id, numbers)


@pytest.mark.parametrize("wrong", [{"value": 2.13}, {"value": 2130}])
def test_a_changed_number_would_be_seen(made: Any, wrong: dict[str, float]) -> None:
    entries = json.loads(json.dumps(made[0][2]["entry"]))
    first = next(e["resource"] for e in entries if "valueQuantity" in e["resource"])
    first["valueQuantity"] |= wrong
    assert not all(numbers <= _numbers(words) for numbers, words in _quantities(entries))


def _quantities(entries: list[dict[str, Any]]) -> Iterator[tuple[set[float], str]]:
    """The numbers of each resource's quantities, and the words that the resource has of the report."""
    for entry in entries:
        resource = entry["resource"]
        if resource["resourceType"] == "Observation" and "valueQuantity" in resource:
            # A value's unit is written behind its number.
            value = resource["valueQuantity"]
            words = " ".join(
                [
                    *(n["text"] for n in resource.get("note", ())),
                    value.get("unit", ""),
                    *_evidence_words(resource),
                ]
            )
            yield {float(value["value"])}, words
        for dosage in resource.get("dosage", ()):
            found = {
                float(d["doseQuantity"]["value"])
                for d in dosage.get("doseAndRate", ())
                if "doseQuantity" in d
            }
            yield found, dosage["text"]


REPORTS = {path.stem: path.read_text("utf-8") for path in EXAMPLES.glob("*.txt")}


def _evidence_words(resource: dict[str, Any]) -> list[str]:
    """The report around the item, as far as its value may stand."""
    parts = {p["url"]: p for p in resource["extension"][0]["extension"]}
    start, end = parts["start"]["valueUnsignedInt"], parts["end"]["valueUnsignedInt"]
    return [
        report[max(start - 40, 0) : end + 60] for report in REPORTS.values() if len(report) >= end
    ]


def _numbers(words: str) -> set[float]:
    """Every number that the words may mean, a comma as decimal and as thousands."""
    found = set()
    for written in re.findall(r"[0-9]+(?:[.,][0-9]+)*", words):
        for text in (
            written.replace(",", "."),
            written.replace(",", ""),
            re.sub("[.,]", "", written),
        ):
            if text.count(".") < 2:
                found.add(float(text))
    return found


def test_units_are_ucum(made: Any) -> None:
    parser = pytest.importorskip("ucumvert").PintUcumRegistry()
    codes = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("system") == "http://unitsofmeasure.org":
                codes.add(value["code"])
            any(map(walk, value.values()))
        elif isinstance(value, list):
            any(map(walk, value))

    for _, _, document in made:
        walk(document)
    assert {"mg", "mg/L", "%", "10*9/L", "mm[Hg]"} <= codes
    for code in codes:
        parser.from_ucum(re.sub(r"\[IU\]|\{\w+\}", "1", code))


def test_drugs_and_values_of_the_examples_are_structured(made: Any) -> None:
    resources = [e["resource"] for _, _, document in made[::2] for e in document["entry"]]
    doses = [d for r in resources for d in r.get("dosage", ())]
    timed = [d for d in doses if "repeat" in d.get("timing", {}) and "doseAndRate" in d]
    assert len(timed) > 10 and any("coding" in d.get("route", {}) for d in doses)
    assert sum("valueQuantity" in r for r in resources) > 50


def test_two_validators_that_others_wrote_find_no_fault(made: Any, tmp_path: Path) -> None:
    if not (VALIDATORS / "node_modules").is_dir() or shutil.which("node") is None:
        pytest.skip("npm ci --prefix tests/fhir_validators installs them")
    bad = {
        "resourceType": "Observation",
        "status": "done",
        "valueString": "x",
        "dataAbsentReason": {"text": "y"},
    }
    files = [_written(tmp_path / "bad.json", bad)]
    for number, (_, _, document) in enumerate(made):
        files.append(_written(tmp_path / f"{number}.json", document))
    command = ["node", str(VALIDATORS / "validate.mjs"), *map(str, files)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=580, check=True)
    refused, *answers = map(json.loads, run.stdout.splitlines())
    for said in ("obs-6", "Missing required property", "not found in value set"):
        assert said in " ".join(refused["faults"])
    for (found, _, document), answer in zip(made, answers, strict=True):
        assert answer["faults"] == [], found.id
        stored = Counter(entry["resource"]["resourceType"] for entry in document["entry"])
        assert answer["loaded"] == {"outcome": "ok"} | stored


def _written(path: Path, document: dict[str, Any]) -> Path:
    path.write_text(json.dumps(document), "utf-8")
    return path


def _write(schema: CategorySchema) -> None:
    from elmtex import Extractor

    extractor = Extractor(schema)
    lines = []
    for path in sorted(EXAMPLES.glob("*.txt")):
        found = extractor.extract(path.read_text("utf-8"), id=path.stem)
        lines.append(json.dumps(found.to_dict(), ensure_ascii=False, separators=(",", ":")))
    DOCUMENTS.write_text("".join(line + "\n" for line in lines), "utf-8")


if __name__ == "__main__":
    _write(SCHEMA)
