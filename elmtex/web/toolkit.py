"""gradio, or what to do where it is not installed; :mod:`elmtex` has told it not to call home."""

from __future__ import annotations

from elmtex.types import MissingDependencyError

try:
    import gradio as gr
except ImportError as error:
    raise MissingDependencyError("the page needs gradio: pip install 'elmtex[ui]'") from error

__all__ = ["gr"]
