"""A stored report with the model's answer and every decision about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from elmtex.review.decisions import Decision, Reviewed, fold
from elmtex.schema import CategorySchema
from elmtex.types import Extraction, InputError


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored report with everything that belongs to it.

    Args:
        id: its key in the store.
        name: what the user knows it by: a file name, or the beginning of its first line.
        batch: the batch it came in; "" for one read alone.
        text: the report; "" when it could not be read.
        problem: why it could not be read; "" when it could.
        recognised: its words were recognised in a scan (OCR).
        note: message id about its reading, see
            :data:`elmtex.readers.text_files.Note`.
        source: of a table's row its columns of ids, by name.
        schema: the schema it was or will be extracted with.
        created: when it was stored, ISO 8601 in UTC.
        extraction: what the model said; None before it has.
        decisions: all decisions about it, undone ones and undos included.
    """

    id: str
    name: str
    batch: str
    text: str
    problem: str
    schema: CategorySchema
    created: str
    extraction: Extraction | None
    decisions: tuple[Decision, ...]
    recognised: bool = False
    note: str = ""
    source: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def reviewed(self) -> Reviewed:
        """The state of its review. Raises :class:`InputError` before it is extracted."""
        return fold(self._extracted, self.decisions)

    @property
    def corrected(self) -> Extraction:
        """The document as the reviewer left it."""
        return self.reviewed.corrected(self._extracted)

    @property
    def _extracted(self) -> Extraction:
        if self.extraction is None:
            raise InputError(self.problem or "this report is not extracted yet")
        return self.extraction

    @property
    def to_try_again(self) -> bool:
        """Its extraction failed, and nobody has decided anything about that."""
        failed = self.extraction is not None and self.extraction.status == "failed"
        return failed and not self.decisions

    @property
    def touched(self) -> str:
        """When something was last decided, else when it was stored."""
        return self.decisions[-1].at if self.decisions else self.created
