"""A schema that has categories of one's own beside those of the packaged ones: each kind is read by its model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from elmtex.extractors.base import Extractor
from elmtex.extractors.loaded_model import LoadedModel
from elmtex.extractors.notes import NotesExtractor
from elmtex.extractors.places import by_place
from elmtex.schema import CategorySchema, is_own, own_categories
from elmtex.text.sections import Sectioned
from elmtex.types import Extraction, Progress, Timings


def notes_extractor(
    schema: CategorySchema,
    model: LoadedModel,
    *,
    attributes: bool = True,
    second_opinion: bool = True,
) -> Extractor:
    """What reads a schema by margin notes: one model, or two where there are packaged ones for either kind of its categories.

    Args:
        schema: all categories.
        model: see :meth:`LoadedModel.fitting`.
        attributes, second_opinion: as :class:`NotesExtractor` takes them.
    """

    def read(some: CategorySchema, asked: CategorySchema | None = None) -> NotesExtractor:
        return NotesExtractor(
            some, model=model, attributes=attributes, second_opinion=second_opinion, asked=asked
        )

    own = own_categories(schema)
    if own and not is_own(schema):
        others = tuple(key for key in schema.keys if key not in own)
        known, rest = read(schema.subset(others)), read(schema.subset(own), asked=schema)
        if known.model is not rest.model:
            return MixedExtractor(schema, known, rest)
    return read(schema)


class MixedExtractor(Extractor):
    """Two extractors, of which each reads its categories of a report, the one after the other.

    Args:
        schema: all categories.
        known: reads those of the packaged schemas.
        own: reads the others.
    """

    def __init__(self, schema: CategorySchema, known: NotesExtractor, own: NotesExtractor) -> None:
        self._schema, self._known, self._own = schema, known, own

    @property
    def schema(self) -> CategorySchema:
        return self._schema

    @property
    def model_name(self) -> str:
        return f"{self._known.model_name}, {self._own.model_name}"

    def folders(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys((*self._known.folders(), *self._own.folders())))

    def settings(self) -> dict[str, str]:
        return {**self._own.settings(), **self._known.settings()}

    def with_schema(self, schema: CategorySchema) -> Extractor:
        return self._known.with_schema(schema)

    def load(self) -> None:
        self._known.load()
        self._own.load()

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        """Extract one report; raises what either raises."""
        known, own = (each.extract(report, id=id) for each in (self._known, self._own))
        return self._checked(self._joined(Sectioned.of(report), known, own))

    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        """The steps of both: of a sentence that the first has read, half is done."""
        sections = Sectioned.of(report)
        known = own = joined = Extraction(id, self.schema.name, self.model_name, "ok")
        for first in self._known.stream(report, id=id):
            if first.extraction is not known:  # the same one goes with many steps
                known, joined = first.extraction, self._joined(sections, first.extraction)
            done = min(first.done // 2, first.total - 1) if first.total else 0
            ends = first.part_ends or first.done == first.total
            yield Progress(joined, done, first.total, ends)
        for step in self._own.stream(report, id=id):
            if step.extraction is not own:
                own, joined = step.extraction, self._joined(sections, known, step.extraction)
            if step.done == step.total:
                joined = self._checked(joined)
            yield replace(step, extraction=joined, done=(step.done + step.total) // 2)

    def _joined(
        self, sections: Sectioned, known: Extraction, own: Extraction | None = None
    ) -> Extraction:
        """Both documents in one, in which what the words say of one category counts for the others; all else either has done."""
        found = {**known.categories, **(own.categories if own else {})}
        found = {key: found.get(key, ()) for key in self.schema.keys}
        return replace(
            known,
            schema=self.schema.name,
            model=self.model_name,
            status=own.status if own and known.status == "ok" else known.status,
            problems=tuple(dict.fromkeys((*known.problems, *(own.problems if own else ())))),
            categories=by_place(found, self.schema, sections),
            timings=_Both(known.timings, own.timings)
            if own and known.timings and own.timings
            else None,
        )

    def _checked(self, joined: Extraction) -> Extraction:
        problems = self.schema.validate(joined.to_dict()["categories"])
        if joined.status == "ok" and problems:
            return replace(joined, status="invalid_output", problems=problems)
        return joined


@dataclass(frozen=True)
class _Both:
    """The times of both."""

    known: Timings
    own: Timings

    @property
    def load(self) -> float:
        return self.known.load + self.own.load

    def lines(self) -> list[str]:
        return ["the standard categories:", *self.known.lines(), "the others:", *self.own.lines()]
