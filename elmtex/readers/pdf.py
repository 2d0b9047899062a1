"""Read a PDF's text: page after page, without what repeats at the top and bottom of its pages."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from elmtex.readers.text_files import Note, ReadingError
from elmtex.types import MissingDependencyError

MAX_PAGES = 300
SCANNED = 20  # letters per page: a PDF with fewer is a scan

EDGE = 6  # lines of a page's top or bottom that are looked at; headers and footers have fewer
_COUNT = re.compile(
    r"\b((?:Seite|Page|Blatt|S\.|p\.)\s*)?(\d{1,4})((?:\s*(?:von|of|/)\s*\d{1,4})?)\b", re.I
)
# A line that says which page this is, and nothing else.
PAGE_NUMBER = re.compile(
    r"[-–—|\s]*(?:(?:Seite|Page|Blatt|S\.|p\.)\s*)?\d{1,4}(?:\s*(?:von|of|/)\s*\d{1,4})?[-–—|.\s]*",
    re.I,
)
_FULL_LINE = 50  # characters: a shorter one is a heading or an entry of a list
# A line that ends with one of these words continues in the next.
_OPEN_END = re.compile(
    r"(?:^|\s)(?:a|an|and|at|by|denie[sd]|for|from|in|[Nn]o|nor|not|of|on|or|[Tt]he|to|was|were|with|[Ww]ithout|am|auf|aus|"
    r"bei|beim|das|dem|den|[Dd]er|des|[Dd]ie|durch|ein|[Ee]ine[mnrs]?|für|im|ist|[Kk]ein|[Kk]eine[mnrs]?|mit|nach|nicht|"
    r"noch|oder|[Oo]hne|seit|sowie|und|unter|vom|von|vor|war|weder|wegen|wurde|zu|zum|zur|zwischen|über)$"
)

# Its warnings quote the bytes it failed at, which are a patient's.
logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)


class ScannedError(Exception):
    """A PDF is a scan.

    Args:
        pages: how many it has.
    """

    def __init__(self, pages: int) -> None:
        super().__init__(f"{pages} pages")
        self.pages = pages


def read_pdf(data: bytes, name: str) -> tuple[str, tuple[Note, ...]]:
    """The text of a PDF, and what was left out of it.

    Args:
        data: the file.
        name: what error messages call it.

    Raises:
        ScannedError: it has next to no text.
        ReadingError: it is protected by a password or has too many pages. A damaged file raises any
            of pypdf's errors.
    """
    try:
        import pypdf
    except ImportError:
        raise MissingDependencyError("PDF needs pypdf: pip install 'elmtex[ui]'") from None
    pdf = pypdf.PdfReader(io.BytesIO(data))
    if pdf.is_encrypted and not pdf.decrypt(""):
        raise ReadingError(f"{name} is protected by a password: save it without one", "password")
    if len(pdf.pages) > MAX_PAGES:
        raise ReadingError(
            f"{name} has {len(pdf.pages)} pages; up to {MAX_PAGES} are read", "large"
        )
    pages = [page.extract_text() for page in pdf.pages]
    letters = [sum(map(str.isalnum, page)) for page in pages]
    if sum(letters) < SCANNED * len(pages):
        raise ScannedError(len(pages))
    notes: list[Note] = []
    if any(n < SCANNED and _has_picture(pdf.pages[i]) for i, n in enumerate(letters)):
        notes.append("pages")
    lines = [page.replace("\0", "\ufffd").split("\n") for page in pages]
    kept = without_running_lines(lines)
    if kept != lines:
        notes.append("running")
    return joined(kept), tuple(notes)


def _has_picture(page: Any) -> bool:
    objects = page.get("/Resources", {}).get("/XObject", {})
    return any(found.get_object().get("/Subtype") == "/Image" for found in objects.values())


def without_running_lines(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """The lines of each page without its running headers, footers and page number.

    A line is one when at least two pages and half of them have it at the same place from their top,
    or from their bottom, word for word but for the page's number. Another number makes it another
    line: "Befund 1" is not a header because the next page begins with "Befund 2".
    """
    if len(pages) < 2:
        return [list(page) for page in pages]
    edges = [
        (_edge(page, number, 1), _edge(page, number, -1)) for number, page in enumerate(pages, 1)
    ]
    running = []
    for column in zip(*edges, strict=True):
        often = Counter(place for edge in column for place in enumerate(form for _, form in edge))
        running.append({place for place, count in often.items() if count >= max(2, len(pages) / 2)})
    kept = []
    for page, both in zip(pages, edges, strict=True):
        out: set[int] = set()
        for forms, known in zip(both, running, strict=True):
            # Only from the edge inwards: what is below other text is text.
            length = next(
                (n for n, (_, form) in enumerate(forms) if (n, form) not in known), len(forms)
            )
            # More lines than a header has are text, too, as of two copies of one letter.
            out.update(line for line, _ in forms[:length] if length < EDGE)
        kept.append([line for number, line in enumerate(page) if number not in out])
    emptied = sum(
        _has_words(page) and not _has_words(rest) for page, rest in zip(pages, kept, strict=True)
    )
    if 2 * emptied >= sum(map(_has_words, pages)):
        return [list(page) for page in pages]
    return kept


def _has_words(page: Sequence[str]) -> bool:
    return any(line.strip() for line in page)


def _edge(page: Sequence[str], number: int, step: Literal[1, -1]) -> list[tuple[int, str]]:
    """The first lines of a page, from its top (1) or from its bottom (-1): which they are, and
    their words without the page's number."""

    def without_number(found: re.Match[str]) -> str:
        counts = int(found[2]) == number and (found[1] or found[3] or alone)
        return f"{found[1] or ''}#{found[3]}" if counts else found[0]

    forms = []
    for place in [place for place, line in enumerate(page) if line.strip()][::step][:EDGE]:
        line = " ".join(page[place].split())
        alone = PAGE_NUMBER.fullmatch(line) is not None
        forms.append((place, _COUNT.sub(without_number, line)))
    return forms


def joined(pages: Sequence[Sequence[str]]) -> str:
    """The pages' lines as one text, in which a sentence that runs over to the next line or page is
    one line.

    A PDF knows where a line ends on the paper, not why, and "denies fever," without its "chills"
    turns what was denied into a finding.
    """
    lines: list[str] = []
    for page in pages:
        written = [line.rstrip() for line in "\n".join(page).strip("\n \t").split("\n")]
        for place, line in enumerate(written):
            before = lines[-1] if lines else ""
            goes_on = _goes_on if place == 0 else _is_wrapped
            if line and before and _may_go_on(before, line) and goes_on(before, line):
                lines[-1] = f"{before} {line.lstrip()}"
            elif line or place:
                lines.append(line)
    return "\n".join(lines)


def _may_go_on(last: str, first: str) -> bool:
    first = first.lstrip()
    return last[-1] not in ".!?:" and (first[0].isalnum() or first[0] in "(\"„“'")


def _is_wrapped(last: str, first: str) -> bool:
    """Whether a sentence continues on the next line of its page. Rows of tables and of lists, which
    have numbers or few words, stay lines of their own."""
    if last[-1] == "," or _OPEN_END.search(last):
        return True
    prose = last[-1].isalpha() and not any(map(str.isdigit, last)) and len(last.split()) >= 3
    return prose and first.lstrip()[0].islower()


def _goes_on(last: str, first: str) -> bool:
    """Whether a sentence continues from the last line of a page to the first line of the next."""
    first = first.lstrip()
    if first[0].islower() or last[-1] in ",;" or _OPEN_END.search(last):
        return True
    return first[0].isalpha() and len(last) >= _FULL_LINE and not first.endswith(":")
