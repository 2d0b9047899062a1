"""Files of every kind, whole and broken: each gives its text or its problem, and costs nothing but itself."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from pathlib import Path
from typing import get_args

import pytest

from elmtex.readers import files as documents
from elmtex.readers.files import read_files
from elmtex.readers.parsers import read_document
from elmtex.readers.text_files import Note
from elmtex.types import InputError
from elmtex.web.locale.messages import ENGLISH, GERMAN
from elmtex.web.report_tab.commands import parse

docx = pytest.importorskip("docx", reason="python-docx is not installed")
pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
pytest.importorskip("striprtf", reason="striprtf is not installed")

TEXT = "Herr Müller 🫀\r\nkein Fieber; 5%, nicht 6%.\n"


def pdf(text: str) -> bytes:
    """A PDF of one page with one line of Latin-1 text, or with none."""
    stream = b"BT /F1 12 Tf 20 100 Td (" + text.encode("latin-1") + b") Tj ET" if text else b""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (table, len(out))
    )


def word() -> bytes:
    document, out = docx.Document(), io.BytesIO()
    document.add_paragraph("Herr Müller 🫀")
    table = document.add_table(1, 3)
    for cell, text in zip(table.rows[0].cells, ("Na", "140", "mmol/l"), strict=True):
        cell.text = text
    document.add_paragraph("kein Fieber")
    document.save(out)
    return out.getvalue()


NAME = pypdf.generic.NameObject
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def form() -> bytes:
    """A Word file as clinics have them: content controls, a tracked change, a merged cell, a text box, an unfilled field."""
    from docx.oxml import parse_xml

    document, out = docx.Document(), io.BytesIO()
    body = document.element.body
    parts = """
<w:sdt><w:sdtContent><w:p><w:r><w:t>pneumonia</w:t></w:r></w:p></w:sdtContent></w:sdt>
<w:p><w:r><w:t>Allergy:</w:t><w:tab/></w:r><w:sdt><w:sdtContent><w:r><w:t>penicillin</w:t></w:r></w:sdtContent></w:sdt></w:p>
<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="1"/></w:tabs></w:pPr><w:r><w:t xml:space="preserve">Fever: </w:t></w:r>
<w:del><w:r><w:delText>high</w:delText></w:r></w:del><w:ins><w:r><w:t>none</w:t></w:r></w:ins></w:p>
<w:p><w:r><w:t>Box:</w:t><w:pict><w:txbxContent><w:p><w:r><w:t>in it</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>
<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>Click here</w:t></w:r></w:p></w:sdtContent></w:sdt>
<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p><w:r><w:t>Na</w:t></w:r></w:p></w:tc><w:sdt><w:sdtContent>
<w:tc><w:p><w:r><w:t>140</w:t></w:r></w:p><w:p><w:r><w:t>low</w:t></w:r></w:p></w:tc></w:sdtContent></w:sdt></w:tr></w:tbl>"""
    for place, part in enumerate(parse_xml(f'<w:body xmlns:w="{W}">{parts}</w:body>')[:]):
        body.insert(place, part)
    document.save(out)
    return out.getvalue()


RTF = rb"{\rtf1\ansi Herr M\'fcller\par kein Fieber \u8805?5}"


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_each_kind_gives_its_text(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, "a.txt", TEXT.encode()),
        write(tmp_path, "b.PDF", pdf("Herr M\xfcller hat kein Fieber, 5%.")),
        write(tmp_path, "c.docx", word()),
        write(tmp_path, "d.rtf", RTF),
        write(tmp_path, "e.csv", b"id,text\r\n7,kein Fieber\r\n"),
        write(tmp_path, "f.jsonl", b'{"text": "eins"}\n{"id": "zwei", "report": "zwei"}\n'),
    ]
    reports = read_files(paths)
    assert [r.problem for r in reports] == [None] * 7
    texts = [r.text for r in reports]
    assert texts[0] == TEXT  # CR LF and all
    assert texts[1] == "Herr Müller hat kein Fieber, 5%."
    assert texts[2] == "Herr Müller 🫀\nNa\t140\tmmol/l\nkein Fieber"
    assert texts[3] == "Herr Müller\nkein Fieber ≥5"
    assert texts[4:] == ["kein Fieber", "eins", "zwei"]
    assert [r.id for r in reports] == ["a.txt", "b.PDF", "c.docx", "d.rtf", "7", "f:1", "zwei"]


def test_a_word_form_loses_no_word_and_shows_none_that_was_deleted(tmp_path: Path) -> None:
    (report,) = read_files([write(tmp_path, "form.docx", form())])
    assert report.text == "pneumonia\nAllergy:\tpenicillin\nFever: none\nBox:\nin it\nNa\t140, low"


def test_a_pdf_with_a_page_that_is_a_picture_says_so(tmp_path: Path) -> None:
    words = "Herr M. hat kein Fieber, der Husten ist seit drei Tagen besser."
    both = pypdf.PdfWriter()
    both.append(io.BytesIO(pdf(words)))
    both.append(io.BytesIO(pdf("")))
    both.append(io.BytesIO(pdf(words)))
    for pictures in (False, True):
        if pictures:
            image = pypdf.generic.DictionaryObject({NAME("/Subtype"): NAME("/Image")})
            objects = pypdf.generic.DictionaryObject({NAME("/Im0"): image})
            both.pages[1][NAME("/Resources")] = pypdf.generic.DictionaryObject(
                {NAME("/XObject"): objects}
            )
        both.write(tmp_path / "b.pdf")
        (report,) = read_files([tmp_path / "b.pdf"])
        assert str(report.text).split() == (words.split() * 2)
        assert report.note == ("pages" if pictures else "")


@pytest.mark.parametrize("name", ["a.txt", "plain.docx", "a.csv"])
def test_windows_1252_is_read_and_noted(tmp_path: Path, name: str) -> None:
    data = "text\r\nÜbelkeit, 5 €" if name == "a.csv" else "Übelkeit, 5 €"
    (report,) = read_files([write(tmp_path, name, data.encode("cp1252"))])
    assert (report.text, report.note) == ("Übelkeit, 5 €", "recoded")


BROKEN = pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("scan.pdf", pdf(""), "scanned"),
        ("cut.pdf", pdf("Zyxwvut " * 9)[:60], "damaged"),
        ("no.pdf", b"Zyxwvut", "damaged"),
        ("no.docx", b"PK\x03\x04Zyxwvut", "Word"),
        ("old.docx", b"\xd0\xcf\x11\xe0Zyxwvut", "old Word"),
        ("no.rtf", b"Zyxwvut", "not an RTF"),
        ("odd.txt", b"Zyxwvut \xfc \x81", "nor in Windows-1252"),
        ("photo.png", b"\x89PNG\r\nZyxwvut", "none of"),
        ("photo.txt", b"\x89PNG\r\nZyxwvut", "an image"),
        ("row.csv", b"id,text\n1,Zyxwvut,Zyxwvut\n", "more cells"),
        ("torn.json", b"{Zyxwvut", "not a JSON file"),
        ("large.txt", b"Zyxwvut" * 3_000_000, "over 20 MB"),
        ("empty.txt", b" \n", "no text"),
        ("no.zip", b"Zyxwvut", "not a zip"),
        ("table.csv", b"a,b\nZyxwvut,2\n", "no column"),
        ("list.json", b'{"Zyxwvut": 1}', "no list"),
        ("run.exe", b"Zyxwvut", "none of"),
    ],
)


@BROKEN
def test_a_broken_file_costs_only_itself_and_is_not_quoted(
    tmp_path: Path,
    name: str,
    data: bytes,
    said: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    broken, fine = write(tmp_path, name, data), write(tmp_path, "fine.txt", b"fine")
    first, second = read_files([broken, fine])
    assert first.text is None and first.problem is not None and said in first.problem
    assert "Zyxwvut" not in first.problem and str(tmp_path) not in first.problem
    assert "Error" not in first.problem  # no word for a clinician
    assert second.text == "fine"
    assert "Zyxwvut" not in caplog.text + "".join(capfd.readouterr())


@BROKEN
def test_the_page_says_in_german_what_is_wrong(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    (report,) = read_files([write(tmp_path, name, data)])
    german = GERMAN.batch.noted(report.id, report.note)
    assert report.id in german and "Zyxwvut" not in german


def test_german_has_words_for_every_note() -> None:
    assert {"", *GERMAN.batch.notes} == set(get_args(Note))
    assert ENGLISH.batch.notes.keys() == GERMAN.batch.notes.keys()
    for note, english in ENGLISH.batch.notes.items():
        assert GERMAN.batch.notes[note] != english


def test_english_keeps_the_readers_own_sentence_where_it_is_more_exact() -> None:
    exact = "a.zip holds 7 files; up to 5 are read"
    assert ENGLISH.batch.noted("a.zip", "large", exact) == exact
    assert (
        GERMAN.batch.noted("a.zip", "large", exact)
        == "a.zip ist zu groß: bitte in kleineren Teilen ablegen"
    )
    assert "not set up here" in ENGLISH.batch.noted("a.pdf", "scan", "no tesseract")


def test_halves_of_characters_are_joined_or_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rtf = rb"{\rtf1\ansi \u55357?\u56832? a\u55357?b \u56832?}"
    (report,) = read_files([write(tmp_path, "a.rtf", rtf)])
    assert report.text == "\N{GRINNING FACE} a\ufffdb \ufffd"
    halves = "\ud83d\ude00 fever, a letter of some length \ud83d"
    monkeypatch.setattr(pypdf.PageObject, "extract_text", lambda self: halves)
    report = read_document(write(tmp_path, "b.pdf", pdf("x")), "b.pdf")
    assert report.text == "\N{GRINNING FACE} fever, a letter of some length \ufffd"


def test_programs_names_words_and_commands_hold_no_half_a_character() -> None:
    pytest.importorskip("gradio")
    from elmtex.web.api.reviews import _reports

    (report,) = _reports([{"id": "a\ud83d", "text": "fever"}])
    assert report.id == "a\ufffd"
    edit = {"do": "add", "text": "\ud83d", "start": None, "end": None, "category": "age"}
    with pytest.raises(InputError):
        parse(json.dumps({**edit, "assertion": "present"}))


def zipped(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "letters.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return path


def test_a_zip_gives_its_files_and_nothing_of_it_stays_or_escapes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    path = zipped(
        tmp_path,
        {
            "in/a.txt": TEXT.encode(),
            "b.pdf": b"broken",
            "../../escape.txt": b"out",
            "__MACOSX/._a.txt": b"x",
            "inner.zip": b"PK",
            "in/": b"",
        },
    )
    reports = read_files([path])
    assert [(r.id, r.text) for r in reports] == [
        ("in/a.txt", TEXT),
        ("b.pdf", None),
        ("escape.txt", "out"),
        ("inner.zip", None),
    ]
    assert list(scratch.iterdir()) == []
    assert not (tmp_path.parent / "escape.txt").exists()


def test_limits_hold_before_anything_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = zipped(tmp_path, {f"{n}.txt": b"a" for n in range(1001)})
    assert "holds 1001 files" in (read_files([many])[0].problem or "")
    monkeypatch.setattr(documents, "MAX_REPORTS", 2)
    table = write(tmp_path, "t.jsonl", b'{"text": "x"}\n' * 3)
    reports = read_files([table])
    assert [r.text for r in reports] == ["x", "x", None]
    assert "only the first 2" in (reports[2].problem or "")
    monkeypatch.setattr(documents, "MAX_CHARACTERS", 1)
    assert [r.text for r in read_files([table])] == ["x", None]
