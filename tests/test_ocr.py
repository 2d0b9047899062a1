"""Scanned PDFs: refused with what to do where nothing recognises text, else read, and said to be recognised."""

from __future__ import annotations

import io
import shutil
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fakes import Scripted
from test_documents import pdf

from elmtex import documents, ocr
from elmtex.documents import read_files
from elmtex.ui.handlers import Desk
from elmtex.ui.screen import Shown
from elmtex.ui.words import ENGLISH, GERMAN

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


class Page:
    def __init__(self, number: int) -> None:
        self.number = number

    def get_size(self) -> tuple[float, float]:
        return 595.0, 842.0

    def render(self, scale: float, grayscale: bool) -> Page:
        assert scale == pytest.approx(300 / 72) and grayscale
        return self

    def to_pil(self) -> int:
        return self.number

    def close(self) -> None:
        return None


class Pdf(list[Page]):
    closed = 0

    def __init__(self, data: bytes) -> None:
        assert data.startswith(b"%PDF")
        super().__init__(Page(number) for number in range(2))

    def close(self) -> None:
        Pdf.closed += 1


@pytest.fixture
def recogniser(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stands in for pypdfium2 and pytesseract."""
    asked: list[str] = []

    def image_to_string(page: int, lang: str, timeout: float) -> str:
        asked.append(lang)
        return f"\nPage {page + 1}: kein Fieber\n\f"

    made: Any = types.ModuleType("pytesseract")
    made.TesseractNotFoundError = type("TesseractNotFoundError", (EnvironmentError,), {})
    made.get_languages = lambda: ["deu", "eng", "osd"]
    made.image_to_string = image_to_string
    made.asked = asked
    pdfium: Any = types.ModuleType("pypdfium2")
    pdfium.PdfDocument = Pdf
    monkeypatch.setitem(sys.modules, "pypdfium2", pdfium)
    monkeypatch.setitem(sys.modules, "pytesseract", made)
    Pdf.closed = 0
    return made


def test_a_scan_is_read_and_says_so(tmp_path: Path, recogniser: Any) -> None:
    (report,) = read_files([scan(tmp_path)])
    assert report.text == "Page 1: kein Fieber\n\nPage 2: kein Fieber"
    assert report.recognised and report.problem is None
    assert recogniser.asked == ["eng+deu"] * 2 and Pdf.closed == 1
    desk = Desk(Scripted())
    shown = desk.take([scan(tmp_path)], Shown(), "de", "me").notice
    assert GERMAN.batch.recognised in shown
    (tmp_path / "plain.txt").write_text("no fever")
    both = desk.take([scan(tmp_path), str(tmp_path / "plain.txt")], Shown(), "en", "me")
    assert both.many is not None and both.many.count(ENGLISH.batch.recognised) == 1
    assert [entry.recognised for entry in desk.batch.entries("me")] == [True, False]


def test_text_in_a_pdf_needs_no_recognition(tmp_path: Path, recogniser: Any) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("He has no fever and no cough."))
    (report,) = read_files([tmp_path / "a.pdf"])
    assert (
        report.text == "He has no fever and no cough."
        and not report.recognised
        and recogniser.asked == []
    )


def test_where_nothing_recognises_text_it_says_what_to_install(
    tmp_path: Path, recogniser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> list[str]:
        raise recogniser.TesseractNotFoundError

    recogniser.get_languages = gone
    (report,) = read_files([scan(tmp_path)])
    assert report.text is None and "apt install tesseract-ocr" in str(report.problem)
    monkeypatch.setitem(sys.modules, "pytesseract", None)
    (report,) = read_files([scan(tmp_path)])
    assert report.text is None and "pip install 'elmtex[ocr]'" in str(report.problem)
    assert "scanned PDF" in str(report.problem)


def test_limits_hold_and_a_page_that_never_ends_costs_only_itself(
    tmp_path: Path, recogniser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(page: int, lang: str, timeout: float) -> str:
        raise RuntimeError("Tesseract process timeout: Zyxwvut")

    recogniser.image_to_string = slow
    (report,) = read_files([scan(tmp_path)])
    assert report.text is None and "could not be recognised" in str(report.problem)
    assert "Zyxwvut" not in str(report.problem) and Pdf.closed == 1
    monkeypatch.setattr(ocr, "MAX_PAGES", 1)
    (report,) = read_files([scan(tmp_path)])
    assert "reads up to 1: split it" in str(report.problem) and Pdf.closed == 2


def test_all_files_together_have_a_limit_of_pages(
    tmp_path: Path, recogniser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MAX_PAGES_TOGETHER", 5)
    one = scan(tmp_path)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as packed:
        for name in ("a.pdf", "b.pdf"):
            packed.write(one, name)
    reports = read_files([one, tmp_path / "two.zip"])
    assert [report.recognised for report in reports] == [True, True, False]
    assert "second step" in str(reports[2].problem) and len(recogniser.asked) == 4
    assert read_files([one])[0].recognised  # the next reading begins anew


@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")
def test_tesseract_reads_a_page(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed")
    pytest.importorskip("pytesseract", reason="pytesseract is not installed")
    (report,) = read_files([scan(tmp_path, pages=2)])
    assert report.recognised and report.text is not None
    assert report.text.split() == f"{WORDS} 1 {WORDS} 2".split()
