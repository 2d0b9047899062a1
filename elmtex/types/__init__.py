"""The data that flows through elmtex: items, extractions, records, and the errors it raises.

Offsets everywhere are half-open code-point offsets into the ORIGINAL report: ``report[start:end] == text``.
"""

from __future__ import annotations

from elmtex.types.document import (
    ASSERTIONS,
    EMPTY,
    N_,
    Assertion,
    Attribute,
    Code,
    Extraction,
    Item,
    Mention,
    Progress,
    Status,
    Timings,
)
from elmtex.types.errors import ElmtexError, InputError, MissingDependencyError, SchemaError
from elmtex.types.record import Record
from elmtex.types.review_state import NOT_REVIEWED, Judgement, ReviewState

__all__ = [
    "ASSERTIONS",
    "EMPTY",
    "NOT_REVIEWED",
    "N_",
    "Assertion",
    "Attribute",
    "Code",
    "ElmtexError",
    "Extraction",
    "InputError",
    "Item",
    "Judgement",
    "Mention",
    "MissingDependencyError",
    "Progress",
    "Record",
    "ReviewState",
    "SchemaError",
    "Status",
    "Timings",
]
