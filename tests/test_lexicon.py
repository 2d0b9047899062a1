"""The words that training reports mark: counted, written, read, found."""

from __future__ import annotations

from pathlib import Path

import pytest

from elmtex.models.lexicon import Entry, Lexicon, as_lines, read_lexicon, spelt
from elmtex.types import InputError, Item, Record
from training.lexicon import lexicon_of

KEYS = ("signs_symptoms", "diagnosis")


def record(number: int, text: str, *marked: str, source: str = "written") -> Record:
    items = tuple(Item(w, text.index(w), text.index(w) + len(w)) for w in marked)
    return Record(str(number), source, "en", text, KEYS, {"signs_symptoms": items})


def test_words_are_counted_as_often_as_they_are_written_and_marked() -> None:
    lexicon = lexicon_of(
        [
            record(1, "Knee pain. No knee-pain clinic; knee  pain.", "Knee pain"),
            record(2, "He has knee pain, rash.", "knee pain", "rash"),
            record(3, "5 of 5. A rash of the trunk.", "5", "rash of the trunk"),
            record(4, "5 of 5, knee pain.", "5", "knee pain", source="phee"),
        ]
    )
    assert lexicon.entries == {"knee pain": Entry(3, {"signs_symptoms": 2})}


def test_an_item_may_end_with_a_sign() -> None:
    lexicon = lexicon_of([record(n, "SpO2 (low).", "SpO2 (low)") for n in (1, 2)])
    assert lexicon.entries == {"spo2 low": Entry(2, {"signs_symptoms": 2})}


def test_it_is_read_as_it_is_written(tmp_path: Path) -> None:
    lexicon = Lexicon({"übelkeit": Entry(3, {"signs_symptoms": 2, "diagnosis": 1})})
    path = tmp_path / "lexicon.tsv"
    path.write_text(as_lines(lexicon), "utf-8")
    assert read_lexicon(path) == lexicon


@pytest.mark.parametrize(
    "line",
    [
        "",
        "cough",
        "cough\tmany",
        "cough\t3\tdiagnosis",
        "cough\t3\tdiagnosis=x",
        "cough\t1\tdiagnosis=2",
    ],
)
def test_what_is_no_lexicon_is_said(line: str, tmp_path: Path) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_text(f"rash\t3\tdiagnosis=1\n{line}\n", "utf-8")
    with pytest.raises(InputError, match="line 2"):
        read_lexicon(path)


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_bytes(b"\xff\t3\tdiagnosis=1\n")
    with pytest.raises(InputError, match="cannot be read"):
        read_lexicon(path)


def test_words_are_found_in_a_part_of_a_text_by_category() -> None:
    lexicon = Lexicon(
        {
            "knee pain": Entry(4, {"signs_symptoms": 3, "diagnosis": 1}),
            "pain": Entry(4, {"signs_symptoms": 1}),
        }
    )
    text = "Knee pain. Knee\npain."
    assert list(lexicon.found(text, 10, len(text), KEYS)) == [(11, 20, "signs_symptoms")]
    assert not list(lexicon.found(text, 0, len(text), ["diagnosis"]))
    assert spelt(" Knee\n-pain") == "knee pain"
    often, seldom = (lexicon.weight("Knee pain", key)[1] for key in KEYS)
    assert often > 0 > seldom
