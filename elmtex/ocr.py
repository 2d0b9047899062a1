"""Read a scanned PDF: pages drawn by pdfium, their words recognised by Tesseract. Both run on this machine.

Needs ``pip install 'elmtex[ocr]'`` and the program tesseract with its languages (on Debian: tesseract-ocr and
tesseract-ocr-deu). What is recognised can be wrong where the paper is not; the page says that it was recognised.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from elmtex.reading import ReadingError

LANGUAGES = ("eng", "deu")  # of these, the ones that Tesseract has here
MAX_PAGES = 50
MAX_PAGES_TOGETHER = 100  # of all files that are given at once
RESOLUTION = 300  # dots an inch, as Tesseract's documentation advises
MAX_SIDE = 6000  # pixels: a page of poster size is drawn smaller
PATIENCE = 120  # seconds a page may take

# https://pypdfium2.readthedocs.io: PDFium is not thread-safe, not even with several documents.
_PDFIUM = threading.Lock()


@dataclass
class Allowance:
    """The pages that may still be recognised of the files that were given at once."""

    pages: int


def recognise(data: bytes, name: str, allowance: Allowance) -> str:
    """The text of a PDF's pages, parted by empty lines.

    Args:
        data: the PDF.
        name: what error messages call it.
        allowance: its pages are taken from this.

    Raises:
        ReadingError: text recognition is not installed, or there are too many pages; says what to do.
    """
    pdfium, tesseract, languages = _installed(name)
    with _PDFIUM:
        pdf = pdfium.PdfDocument(data)
        count = len(pdf)
    try:
        if count > MAX_PAGES:
            raise ReadingError(
                f"{name} is a scanned PDF of {count} pages; text recognition reads up to {MAX_PAGES}: split it",
                "large",
            )
        if count > allowance.pages:
            raise ReadingError(
                f"{name}: text recognition reads up to {MAX_PAGES_TOGETHER} pages at once, of all files together: "
                "give this one in a second step",
                "many",
            )
        allowance.pages -= count
        pages = (_drawn(pdf, number) for number in range(count))
        try:
            texts = [
                tesseract.image_to_string(page, lang=languages, timeout=PATIENCE) for page in pages
            ]
        except RuntimeError:  # pytesseract's word for a page that took too long
            raise ReadingError(
                f"{name} is a scanned PDF that could not be recognised", "unrecognised"
            ) from None
    finally:
        with _PDFIUM:
            pdf.close()
    return "\n\n".join(text.replace("\f", "").strip("\n") for text in texts)


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


def _drawn(pdf: Any, number: int) -> Any:
    """A page as a grey picture."""
    with _PDFIUM:
        page = pdf[number]
        try:
            scale = min(
                RESOLUTION / 72, MAX_SIDE / max(*page.get_size(), 1)
            )  # a point is 1/72 inch
            return page.render(scale=scale, grayscale=True).to_pil()
        finally:
            page.close()
