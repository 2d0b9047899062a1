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
# If the browser filled in fields, decisions could be signed with a name it had saved, or a password end up in a report.
NOT_FILLED = gr.InputHTMLAttributes(autocomplete="off")
# No endpoint: programs would come to depend on its name.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
Updates = dict[Any, Any]  # by component; what is not in it stays as it is
NOW: dict[str, Any] = {"queue": False, **QUIET}


def file_box(label: str, id: str) -> gr.File:
    """A box that files are dropped in."""
    # No file_types: gradio would drop other files silently, and the message about the previous file would stay.
    return gr.File(
        label=label,
        file_count="multiple",
        height=FILE_BOX,
        elem_id=id,
        elem_classes="elmtex-drop",
    )
