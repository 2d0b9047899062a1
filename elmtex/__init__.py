"""elmtex: a free-text clinical report in, a structured and grounded document out.

from elmtex import Extractor
document = Extractor().extract(report)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elmtex.types import ElmtexError, Extraction, InputError, Item, SchemaError

if TYPE_CHECKING:
    from elmtex.pipeline import Extractor

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
        from elmtex.pipeline import Extractor

        return Extractor
    raise AttributeError(f"module 'elmtex' has no attribute {name!r}")
