"""PDFs: sentences run over from page to page, and what every page repeats is left out and said."""

from __future__ import annotations

from pathlib import Path

import hostile
import pytest

from elmtex.readers.files import read_files
from elmtex.readers.pdf import joined, without_running_lines

pytest.importorskip("pypdf", reason="pypdf is not installed")


def pages(*texts: str) -> bytes:
    """A PDF of a page for each text."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(texts)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(texts)),
        hostile.HELVETICA,
    ]
    for number, text in enumerate(texts):
        lines = b"".join(b"(%s) Tj T* " % line.encode("cp1252") for line in text.split("\n"))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            % (5 + 2 * number)
        )
        objects.append(hostile.stream(b"BT /F1 10 Tf 12 TL 20 780 Td " + lines + b"ET"))
    return hostile.pdf(objects)


def test_a_denial_that_runs_over_a_page_stays_one_sentence(tmp_path: Path) -> None:
    foot = "Printed 02.03.2024 Page {}/2 House Clinic"
    path = tmp_path / "a.pdf"
    path.write_bytes(
        pages(
            "Clinic of Medicine\nMrs. Roe was seen today. She denies fever,\n" + foot.format(1),
            "Clinic of Medicine\nchills and cough. She takes ramipril.\n" + foot.format(2),
        )
    )
    (report,) = read_files([path])
    assert (
        report.text
        == "Mrs. Roe was seen today. She denies fever, chills and cough. She takes ramipril."
    )
    assert report.note == "running"


def test_only_what_repeats_at_the_edge_is_left_out() -> None:
    first = ["Letter", "Befund 1", "CRP 12 mg/l", "no fever", "Seite 1 von 3"]
    second = ["Letter", "Befund 2", "CRP 12 mg/l", "cough", "CRP 14 mg/l", "Seite 2 von 3"]
    third = ["Letter", "Befund 3", "no fever", "CRP 16 mg/l", "Seite 3 von 3"]
    assert without_running_lines([first, second, third]) == [
        ["Befund 1", "CRP 12 mg/l", "no fever"],
        ["Befund 2", "CRP 12 mg/l", "cough", "CRP 14 mg/l"],
        ["Befund 3", "no fever", "CRP 16 mg/l"],
    ]


@pytest.mark.parametrize("lines", [1, 3, 8, 40])
def test_two_copies_of_a_letter_lose_no_line(lines: int) -> None:
    copy = [f"finding {n}" for n in range(lines)]
    assert without_running_lines([copy, copy]) == [copy, copy]


def test_page_numbers_go_and_the_numbers_of_a_table_stay() -> None:
    assert without_running_lines([["a", "1"], ["b", "2"], ["c", "3"]]) == [["a"], ["b"], ["c"]]
    values = [["a", "140"], ["b", "141"], ["c", "142"]]
    assert without_running_lines(values) == values
    assert without_running_lines([["only", "1"]]) == [["only", "1"]]
    # A page that has nothing but its header and number is empty.
    empty = [["Letter", "a", "1"], ["Letter", "2"], ["Letter", "b", "3"]]
    assert without_running_lines(empty) == [["a"], [], ["b"]]


@pytest.mark.parametrize(
    ("last", "first", "between"),
    [
        ("She denies fever,", "Chills and cough", " "),
        ("diagnosed with acute", "cholangitis", " "),
        ("Es besteht kein", "Fieber", " "),
        ("with a dose of", "5 mg", " "),
        (
            "Der Patient wurde bei zunehmender Luftnot und Ödemen",
            "Beine stationär aufgenommen.",
            " ",
        ),
        ("No fever.", "He coughs", "\n"),
        ("Medikation", "Ramipril 5 mg", "\n"),
        ("Medication:", "ramipril 5 mg", "\n"),
        ("Ramipril 5 mg", "- ASS 100 mg", "\n"),
    ],
)
def test_pages_are_joined_as_their_sentences_are(last: str, first: str, between: str) -> None:
    assert joined([["x.", last, ""], [" ", first]]) == f"x.\n{last}{between}{first}"
    assert joined([["x.", last], [], [first]]) == f"x.\n{last}{between}{first}"


@pytest.mark.parametrize(
    ("lines", "read"),
    [
        (
            "Seit zwei Wochen\nzunehmende Luftnot und\nÖdeme.",
            "Seit zwei Wochen zunehmende Luftnot und Ödeme.",
        ),
        (
            "Kein Fieber,\nHusten oder\nSchnupfen.\nGut.",
            "Kein Fieber, Husten oder Schnupfen.\nGut.",
        ),
        ("WBC 40 mmol/L\neGFR 166 U/L\npH 7.4", "WBC 40 mmol/L\neGFR 166 U/L\npH 7.4"),
        ("aspirin 100 mg daily\nmetoprolol 25 mg", "aspirin 100 mg daily\nmetoprolol 25 mg"),
        ("fever\ncough\nnausea", "fever\ncough\nnausea"),
        ("Hepatitis A\nTetanus", "Hepatitis A\nTetanus"),
        ("a\n\nb", "a\n\nb"),
        ("The old man is well\n- no fever", "The old man is well\n- no fever"),
    ],
)
def test_lines_of_a_sentence_are_joined_and_rows_are_not(lines: str, read: str) -> None:
    assert joined([lines.split("\n")]) == read
