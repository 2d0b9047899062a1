"""How elmtex's errors reach a program that calls an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from elmtex.types import ElmtexError
from elmtex.web.toolkit import gr


@contextmanager
def shown() -> Iterator[None]:
    """Turns elmtex's own errors, which quote no report, into what gradio sends to a caller."""
    try:
        yield
    except ElmtexError as error:
        raise gr.Error(str(error), print_exception=False) from None
