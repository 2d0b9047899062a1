"""An extractor whose items carry suggested codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from elmtex.coding.linker import Linker
from elmtex.extractors.base import Extractor
from elmtex.schema import CategorySchema
from elmtex.types import Extraction, Progress


class CodingExtractor(Extractor):
    """Another extractor, and a linker behind it.

    Args:
        extractor: any; what it has is this one's as well.
        linker: suggests the codes.
    """

    def __init__(self, extractor: Extractor, linker: Linker) -> None:
        self._extractor = extractor
        self.linker = linker

    @property
    def schema(self) -> CategorySchema:
        return self._extractor.schema

    @property
    def model_name(self) -> str:
        return self._extractor.model_name

    def folders(self) -> tuple[Path, ...]:
        return self._extractor.folders()

    def settings(self) -> dict[str, str]:
        """The other extractor's, and what the codes depend on."""
        coding = json.dumps(self.linker.setting, sort_keys=True)
        return {**self._extractor.settings(), "coding": coding}

    def with_schema(self, schema: CategorySchema) -> CodingExtractor:
        return CodingExtractor(self._extractor.with_schema(schema), self.linker)

    def load(self) -> None:
        """Load the indexes, which may be missing, and then the model."""
        self.linker.load(self.schema)
        self._extractor.load()

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        """Extract one report; raises what the extractor raises."""
        return self._coded(self._extractor.extract(report, id=id))

    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        """The other extractor's steps; the last one has codes."""
        for step in self._extractor.stream(report, id=id):
            last = step.done == step.total
            yield replace(step, extraction=self._coded(step.extraction)) if last else step

    def _coded(self, extraction: Extraction) -> Extraction:
        categories = {
            key: tuple(self.linker.coded(item, self.schema.category(key)) for item in items)
            for key, items in extraction.categories.items()
        }
        return replace(extraction, categories=categories)
