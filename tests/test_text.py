"""Normalising keeps every offset; sentences end where a reader would end them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elmtex.text import normalise, sentences


@given(st.text())
def test_normalising_keeps_length_and_sentences_cover_the_text(report):
    text = normalise(report)
    assert len(text) == len(report)
    spans = sentences(text)
    assert "".join(text[a:b] for a, b in spans) == text
    text.encode("utf-8")  # no half surrogate is left


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He coughs. She does not.", ["He coughs. ", "She does not."]),
        ("Seen by Dr. Smith. No fever.", ["Seen by Dr. Smith. ", "No fever."]),
        ("CRP 3.5 mg. Fig. 1A shows it.", ["CRP 3.5 mg. ", "Fig. 1A shows it."]),
        ("z. B. Aspirin. Dann Ruhe.", ["z. B. Aspirin. ", "Dann Ruhe."]),
        ("Am 12. März entlassen. Gut.", ["Am 12. März entlassen. ", "Gut."]),
        (
            "Seit dem 16. Lebensjahr. AV-Block III. Grades.",
            ["Seit dem 16. Lebensjahr. ", "AV-Block III. Grades."],
        ),
        ("Temp. 36,6 °C. BSG 12 mm/h. Gut.", ["Temp. 36,6 °C. ", "BSG 12 mm/h. ", "Gut."]),
        ("CRP 12. Dann (s. u.). Gut.", ["CRP 12. ", "Dann (s. u.). ", "Gut."]),
        ("DIAGNOSES\nfever\r\ncough", ["DIAGNOSES\n", "fever \n", "cough"]),
        (
            "The patient was admitted with a long history of severe\nabdominal pain. Well.",
            ["The patient was admitted with a long history of severe\nabdominal pain. ", "Well."],
        ),
        ("a\n\n\nb", ["a\n\n\n", "b"]),
        ("", []),
        ("   ", ["   "]),
    ],
)
def test_sentences(text, expected):
    text = normalise(text)
    assert [text[a:b] for a, b in sentences(text)] == expected


@pytest.mark.parametrize("character", ["\u00a0", "\t", "\x00", "\u2019", "\u2013", "\r", "\ud800"])
def test_look_alikes_become_plain_in_place(character):
    assert len(normalise(f"a{character}b")) == 3
    assert normalise(f"a{character}b")[1] in " '-\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "text", ["x" * 300_000 + " He had fever. She left.", "seen by Dr. Roe " * 20_000]
)
def test_sentences_of_odd_texts_take_no_time(text):
    began = time.perf_counter()
    sentences(text)
    assert time.perf_counter() - began < 5  # minutes before, at a square of the length
