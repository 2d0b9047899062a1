"""gradio, told to be quiet before it is imported: some of its calls home ask the environment only."""

from __future__ import annotations

import os

from elmtex.types import MissingDependencyError

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

try:
    import gradio as gr
except ImportError as error:
    raise MissingDependencyError("the page needs gradio: pip install 'elmtex[ui]'") from error

__all__ = ["gr"]
