"""elmtex: a free-text clinical report in, a structured and grounded document out.

from elmtex import open_extractor

extraction = open_extractor().extract("He denied fever.")
for category, items in extraction.categories.items():
    for item in items:
        print(category, item.text, item.start, item.end, item.assertion)

Everything public is named in ``__all__``. What needs an engine or the schema's validator is imported at its first use.
Importing elmtex also tells libraries that would call home not to: see below.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from elmtex.types import ElmtexError, Extraction, InputError, Item, Record, SchemaError

if TYPE_CHECKING:
    from elmtex.comparison import compare
    from elmtex.extractors.base import open_extractor
    from elmtex.extractors.notes import NotesExtractor as Extractor
    from elmtex.schema import load_schema

# Libraries that call home unless told not to before their import. OpenVINO tells Google Analytics
# of every import where its telemetry package is found; TRL, the hub's client and gradio ask the
# environment.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

__version__ = "0.1.0"
__all__ = [
    "ElmtexError",
    "Extraction",
    "Extractor",
    "InputError",
    "Item",
    "Record",
    "SchemaError",
    "__version__",
    "compare",
    "load_schema",
    "open_extractor",
]


# Loaded on first use: `elmtex --help` and the page must not wait for the engine's imports.
_LAZY = {
    "Extractor": "elmtex.extractors.notes:NotesExtractor",
    "compare": "elmtex.comparison:compare",
    "load_schema": "elmtex.schema:load_schema",
    "open_extractor": "elmtex.extractors.base:open_extractor",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'elmtex' has no attribute {name!r}")
    module, _, attribute = _LAZY[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
