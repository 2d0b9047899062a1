"""Read a page of a scanned PDF: rendered by pdfium, its words recognised by Tesseract. Both run on
this machine.

Needs ``pip install 'elmtex[ocr]'`` and the program tesseract with its languages (on Debian:
tesseract-ocr and tesseract-ocr-deu). What is recognised can be wrong where the paper is not; the
page says that it was recognised.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elmtex.readers.text_files import ReadingError

LANGUAGES = ("eng", "deu")  # of these, the ones that Tesseract has here
MAX_PAGES = 50
MAX_PAGES_TOGETHER = 100  # of all files that are given at once
RESOLUTION = 300  # dots per inch, as Tesseract's documentation advises
MAX_SIDE = 6000  # pixels: a page of poster size is rendered smaller
PATIENCE = 60  # seconds per page


def recognise(path: str | Path, number: int, name: str) -> str:
    """The text of one page. Not for two threads at once: PDFium does not allow it.

    Args:
        path: the PDF.
        number: the page, from 0.
        name: what error messages call the file.

    Raises:
        ReadingError: text recognition is not installed, or takes too long; says what to do.
    """
    pdfium, tesseract, languages = _installed(name)
    pdf = pdfium.PdfDocument(Path(path).read_bytes())
    try:
        image = _rendered(pdf, number)
    finally:
        pdf.close()
    try:
        text: str = tesseract.image_to_string(image, lang=languages, timeout=PATIENCE)
    except RuntimeError:  # pytesseract's error for a page that took too long
        raise ReadingError(
            f"{name} is a scanned PDF that could not be recognised", "unrecognised"
        ) from None
    return text.replace("\f", "").strip("\n")


def _installed(name: str) -> tuple[Any, Any, str]:
    """pypdfium2, pytesseract and the languages to read, as Tesseract takes them."""
    try:
        import pypdfium2
        import pytesseract
    except ImportError:
        raise ReadingError(
            f"{name} is a scanned PDF without text: run text recognition (OCR) on it first, or let elmtex do it: "
            "pip install 'elmtex[ocr]', and install tesseract",
            "scan",
        ) from None
    try:
        known = pytesseract.get_languages()
    except pytesseract.TesseractNotFoundError:
        raise ReadingError(
            f"{name} is a scanned PDF without text: text recognition (OCR) needs the program tesseract, on Debian "
            "apt install tesseract-ocr tesseract-ocr-deu",
            "scan",
        ) from None
    return pypdfium2, pytesseract, "+".join(x for x in LANGUAGES if x in known) or "eng"


def _rendered(pdf: Any, number: int) -> Any:
    """A page as a greyscale image."""
    page = pdf[number]
    try:
        scale = min(RESOLUTION / 72, MAX_SIDE / max(*page.get_size(), 1))  # a point is 1/72 inch
        return page.render(scale=scale, grayscale=True).to_pil()
    finally:
        page.close()
