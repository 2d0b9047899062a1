"""RTF files: every word that a reader sees, in the code page it was written in."""

from __future__ import annotations

import pytest

from elmtex.readers.rtf import read_rtf
from elmtex.readers.text_files import ReadingError

pytest.importorskip("striprtf", reason="striprtf is not installed")


def read(body: bytes) -> str:
    return read_rtf(
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset238 Arial;}}"
        + body
        + b"}",
        "a.rtf",
    )[0]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb"\'dcbelkeit, \u8805?5 \'b5g, \u55357?\u56832?", "Übelkeit, ≥5 µg, \ud83d\ude00"),
        (rb"{\uc2\u252\'c3\'bcber} {\f1 \'b9}", "über ą"),
        (rb"\{no\} 5\\6", "{no} 5\\6"),
        (rb"{\*\generator x;}no {\b fever}\par cough\line pain", "no fever\ncough\npain"),
        (rb"Fever: {\deleted\revauthdel1 high}{\revised none}", "Fever: none"),
    ],
)
def test_words_and_symbols(body: bytes, text: str) -> None:
    assert read(body) == text


def test_headers_footers_notes_and_boxes_are_kept() -> None:
    text = read(
        rb"{\header\pard 71-year-old woman\par}{\footer\pard Clinic\par}no fever{\footnote\pard until Monday}\par"
        rb"{\shp{\*\shpinst\shpleft1{\sp{\sn fFlip}{\sv 0}}{\shptxt\pard in the box\par}}{\shprslt in the box}}cough"
    )
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    assert lines == [
        "71-year-old woman",
        "Clinic",
        "no fever",
        "until Monday",
        "in the box",
        "cough",
    ]


@pytest.mark.parametrize("again", [b"", rb"{\trowd\cellx1 "])
def test_rows_of_tables_are_lines(again: bytes) -> None:
    end = again + rb"\row" + (b"}" if again else b"")
    cells = (
        rb"Medikation\cell Ramipril 5 mg\cell",
        rb"Na\cell 140\par low\cell mmol/l\cell",
        rb"a | b\cell\cell",
    )
    rows = b"".join(rb"\trowd\cellx1\pard\intbl " + cell + end for cell in cells)
    text = read(rb"Letter\par " + rows + rb"\pard no fever")
    assert text == "Letter\nMedikation: Ramipril 5 mg\nNa\t140, low\tmmol/l\na | b\nno fever"


def test_a_torn_file_is_not_read_in_half() -> None:
    with pytest.raises(ReadingError, match="torn"):
        read_rtf(rb"{\rtf1 no {\b fever", "a.rtf")
    assert read_rtf(b"{\\rtf1 no fever}\r\n\0", "a.rtf")[0] == "no fever"
    assert read_rtf(rb"{\rtf1 no fever} left by a mail program", "a.rtf")[0] == "no fever"
