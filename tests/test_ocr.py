"""Scanned PDFs: refused with what to do where nothing recognises text, else read, and said to be recognised."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from fakes import Scripted
from test_documents import pdf

from elmtex.readers import ocr
from elmtex.readers.files import read_files
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH, GERMAN
from elmtex.web.state import SessionState

WORDS = "No fever. Troponin 412."


def scan(folder: Path, text: str = WORDS, pages: int = 1) -> str:
    """A PDF whose pages are pictures of a text."""
    image = pytest.importorskip("PIL.Image")
    from PIL import ImageDraw, ImageFont

    sheets = []
    for number in range(pages):
        sheet = image.new("L", (1240, 400), 255)
        font = ImageFont.load_default(size=48)
        ImageDraw.Draw(sheet).text((60, 120), f"{text} {number + 1}", fill=0, font=font)
        sheets.append(sheet)
    kept = io.BytesIO()
    sheets[0].save(kept, "PDF", save_all=True, append_images=sheets[1:], resolution=150)
    path = folder / "scan.pdf"
    path.write_bytes(kept.getvalue())
    return str(path)


PDFIUM = """
class PdfDocument:
    def __init__(self, data):
        assert data.startswith(b"%PDF")

    def __getitem__(self, number):
        return Page(number)

    def close(self):
        note("closed")


class Page:
    def __init__(self, number):
        self.number = number

    def get_size(self):
        return 595.0, 842.0

    def render(self, scale, grayscale):
        assert abs(scale - 300 / 72) < 0.01 and grayscale
        return self

    def to_pil(self):
        return self.number

    def close(self):
        pass


def note(word):
    with open(NOTES, "a") as file:
        print(word, file=file)
"""

TESSERACT = """
from pypdfium2 import note

class TesseractNotFoundError(EnvironmentError):
    pass

def get_languages():
    return ["deu", "eng", "osd"]

def image_to_string(page, lang, timeout):
    note(lang)
    return f"\\nPage {page + 1}: kein Fieber\\n\\f"
"""


class Recogniser:
    """Stands in for pypdfium2 and pytesseract, which the confined process finds before others of their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._notes = folder / "notes"
        (folder / "pypdfium2.py").write_text(f"NOTES = {str(self._notes)!r}\n{PDFIUM}", "utf-8")
        self.becomes("")

    def becomes(self, other: str) -> None:
        """Change what tesseract does."""
        (self._folder / "pytesseract.py").write_text(TESSERACT + other, "utf-8")

    def noted(self, word: str) -> int:
        return self._notes.read_text().split().count(word) if self._notes.exists() else 0


@pytest.fixture
def recogniser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recogniser:
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return Recogniser(folder)


def test_a_scan_is_read_and_says_so(tmp_path: Path, recogniser: Recogniser) -> None:
    (report,) = read_files([scan(tmp_path, pages=2)])
    assert report.text == "Page 1: kein Fieber\n\nPage 2: kein Fieber"
    assert report.recognised and report.problem is None
    assert recogniser.noted("eng+deu") == recogniser.noted("closed") == 2
    controller = PageController(Scripted())
    shown = controller.take([scan(tmp_path)], SessionState(), "de", "me").notice
    assert GERMAN.batch.recognised in shown
    (tmp_path / "plain.txt").write_text("no fever")
    both = controller.take(
        [scan(tmp_path), str(tmp_path / "plain.txt")], SessionState(), "en", "me"
    )
    assert both.batch is not None and both.batch.count(ENGLISH.batch.recognised) == 1
    assert [entry.recognised for entry in controller.batch.entries("me")] == [True, False]


def test_text_in_a_pdf_needs_no_recognition(tmp_path: Path, recogniser: Recogniser) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("He has no fever and no cough."))
    (report,) = read_files([tmp_path / "a.pdf"])
    assert (
        report.text == "He has no fever and no cough."
        and not report.recognised
        and recogniser.noted("eng+deu") == 0
    )


def test_where_nothing_recognises_text_it_says_what_to_install(
    tmp_path: Path, recogniser: Recogniser
) -> None:
    recogniser.becomes("\ndef get_languages():\n    raise TesseractNotFoundError\n")
    (report,) = read_files([scan(tmp_path)])
    assert report.text is None and "apt install tesseract-ocr" in str(report.problem)
    recogniser.becomes("\nraise ImportError\n")
    (report,) = read_files([scan(tmp_path)])
    assert report.text is None and "pip install 'elmtex[ocr]'" in str(report.problem)
    assert "scanned PDF" in str(report.problem) and report.note == "scan"


def test_limits_hold_and_a_page_that_never_ends_costs_only_itself(
    tmp_path: Path, recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "\ndef image_to_string(page, lang, timeout):\n    "
    recogniser.becomes(f"{head}raise RuntimeError('Tesseract process timeout: Zyxwvut')\n")
    (report,) = read_files([scan(tmp_path)])
    assert report.text is None and "could not be recognised" in str(report.problem)
    assert "Zyxwvut" not in str(report.problem) and recogniser.noted("closed") == 1
    recogniser.becomes(f"{head}import time; time.sleep(60)\n")
    monkeypatch.setattr(ocr, "PATIENCE", 1)
    monkeypatch.setattr("elmtex.readers.file_set.SECONDS", 3)
    (tmp_path / "plain.rtf").write_bytes(rb"{\rtf1 fine}")
    slow, fine = read_files([scan(tmp_path), tmp_path / "plain.rtf"])
    assert slow.note == "costly" and fine.text == "fine"
    monkeypatch.setattr(ocr, "MAX_PAGES", 1)
    (report,) = read_files([scan(tmp_path, pages=2)])
    assert "reads up to 1: split it" in str(report.problem)


def test_all_files_together_have_a_limit_of_pages(
    tmp_path: Path, recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elmtex.readers.file_set.MAX_PAGES_TOGETHER", 5)
    one = scan(tmp_path, pages=2)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as packed:
        for name in ("a.pdf", "b.pdf"):
            packed.write(one, name)
    reports = read_files([one, tmp_path / "two.zip"])
    assert [report.recognised for report in reports] == [True, True, False]
    assert "second step" in str(reports[2].problem) and recogniser.noted("eng+deu") == 4
    assert read_files([one])[0].recognised  # the next reading starts from scratch


@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")
def test_tesseract_reads_a_page(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed")
    pytest.importorskip("pytesseract", reason="pytesseract is not installed")
    (report,) = read_files([scan(tmp_path, pages=2)])
    assert report.recognised and report.text is not None
    assert report.text.split() == f"{WORDS} 1 {WORDS} 2".split()
