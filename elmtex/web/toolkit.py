"""gradio, or what to do where it is not installed, and what several tabs make of it."""

from __future__ import annotations

from typing import Any

from elmtex.types import MissingDependencyError

try:
    import gradio as gr
except ImportError as error:
    raise MissingDependencyError("the page needs gradio: pip install 'elmtex[ui]'") from error

__all__ = ["NOT_FILLED", "NOW", "QUIET", "Updates", "file_box", "gr"]

FILE_BOX = 110  # pixels
# A saved name would sign another's decisions, a saved password stand in a report.
NOT_FILLED = gr.InputHTMLAttributes(autocomplete="off")
# Nothing here is an API: the names of the endpoints would become a promise.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
Updates = dict[Any, Any]  # by component; what is not in it stays as it is
NOW: dict[str, Any] = {"queue": False, **QUIET}


def file_box(label: str, id: str) -> gr.File:
    """A box that files are dropped in."""
    # Without file_types: gradio would keep other files to itself, and the message of the file before would stay.
    return gr.File(
        label=label,
        file_count="multiple",
        height=FILE_BOX,
        elem_id=id,
        elem_classes="elmtex-drop",
    )
