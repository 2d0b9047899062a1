"""elmtex: a free-text clinical report in, a structured and grounded document out.

from elmtex import Extractor

extraction = Extractor().extract("He denied fever.")
for category, items in extraction.categories.items():
    for item in items:
        print(category, item.text, item.start, item.end, item.assertion)
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from elmtex.types import ElmtexError, Extraction, InputError, Item, SchemaError

if TYPE_CHECKING:
    from elmtex.extractors.notes import Extractor

# Libraries that call home unless told not to before their import. OpenVINO tells Google Analytics of every import where
# its telemetry package is found; TRL, the hub's client and gradio ask the environment.
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
    "SchemaError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use: `elmtex --help` and the page must not wait for the engine's imports.
    if name == "Extractor":
        from elmtex.extractors.notes import Extractor

        return Extractor
    raise AttributeError(f"module 'elmtex' has no attribute {name!r}")
