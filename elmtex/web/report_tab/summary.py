"""A reviewed report as a page to print and file: HTML, and PDF by Typst."""

from __future__ import annotations

import base64
import dataclasses
import json
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from elmtex.review import Entry
from elmtex.types import InputError
from elmtex.web.locale.messages import Words
from elmtex.web.report_tab.summary_view import summary_view
from elmtex.web.templating import template

_HERE = Path(__file__).parents[1]
_SUMMARY = template("summary.html")
_STYLE = Markup((_HERE / "static" / "report_summary.css").read_text("utf-8"))
_TYPST = _HERE / "templates" / "summary.typ"


def summary_page(entry: Entry, words: Words, *, evidence: bool = False) -> str:
    """The whole page; it names no other host and has no script.

    It is a file's text, no markup: on the page itself it is escaped like any other.
    """
    return str(_SUMMARY.page(summary_view(entry, words, evidence=evidence), _STYLE))


def summary_pdf(entry: Entry, words: Words, *, evidence: bool = False) -> str:
    """The same as a tagged PDF, in Base64 (RFC 4648).

    Raises:
        InputError: the package that makes it is missing.
    """
    try:
        import typst
    except ImportError:
        raise InputError("a PDF needs typst: pip install 'elmtex[pdf]'") from None
    view = summary_view(entry, words, evidence=evidence)
    # As data: Typst reads no word of a report as its own language.
    data = json.dumps(dataclasses.asdict(view))
    made = typst.compile(
        _TYPST.read_bytes(),
        format="pdf",
        sys_inputs={"summary": data},
        timestamp=datetime.fromisoformat(entry.touched).replace(microsecond=0),
    )
    assert isinstance(made, bytes)  # of one file, as a PDF is
    return base64.b64encode(made).decode("ascii")
