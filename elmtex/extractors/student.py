"""The student: an encoder labels a report's words, and a document like any other comes of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from elmtex.decoding.select import group
from elmtex.extractors.base import Extractor
from elmtex.extractors.given import completed
from elmtex.extractors.loaded_attribute_reader import LoadedAttributeReader
from elmtex.extractors.loaded_student import LoadedStudent
from elmtex.extractors.results import current_results
from elmtex.extractors.values import fitted
from elmtex.models.attribute_reader import READERS
from elmtex.schema import CategorySchema, load_schema
from elmtex.text.sections import Sectioned
from elmtex.types import EMPTY, Extraction, InputError, Item, Progress, Status


@dataclass(frozen=True)
class StudentTimings:
    """Seconds of one extraction; see :class:`elmtex.types.Timings`."""

    load: float = 0.0
    label: float = 0.0

    def lines(self) -> list[str]:
        """The figures as lines to print."""
        return [f"load      {self.load:8.2f} s", f"label     {self.label:8.2f} s"]


class StudentExtractor(Extractor):
    """Extracts with a student (see :class:`elmtex.extractors.base.Extractor`).

    Args:
        schema: name of a packaged schema, path of a schema file, or a schema.
        model: a student's folder; None for the packaged one; or one that other extractors share.
        threads, at_once: as :class:`LoadedStudent` takes them.
        attributes: what reads what belongs to the items: True takes the packaged attribute reader, False none; or one that
            other extractors share. A schema that it does not know has items alone.

    Raises:
        InputError: there is no student, or it knows not every category of the schema.

    Examples:
        >>> extractor = StudentExtractor(model="runs/student")  # doctest: +SKIP
        >>> extractor.extract("He denied fever.").categories["signs_symptoms"][0].text  # doctest: +SKIP
        'fever'
    """

    def __init__(
        self,
        schema: str | Path | CategorySchema = "elmtex",
        *,
        model: str | LoadedStudent | None = None,
        threads: int | None = None,
        at_once: int = 1,
        attributes: bool | LoadedAttributeReader = True,
    ) -> None:
        self._schema = schema if isinstance(schema, CategorySchema) else load_schema(schema)
        if not isinstance(model, LoadedStudent):
            model = LoadedStudent(model, threads=threads, at_once=at_once)
        model.check(self._schema)
        self._model = model
        if attributes is True and READERS.has_packaged():
            attributes = LoadedAttributeReader(threads=threads, at_once=at_once)
        self._shared = attributes if isinstance(attributes, LoadedAttributeReader) else None
        known = self._shared is not None and self._shared.knows(self._schema)
        self._reader = self._shared if known else None
        self._seconds = 0.0  # loading took

    @property
    def schema(self) -> CategorySchema:
        return self._schema

    @property
    def model_name(self) -> str:
        return self._model.student.name

    def folders(self) -> tuple[Path, ...]:
        reader = (self._reader.reader.folder,) if self._reader else ()
        return (*reader, self._model.student.folder)  # whose card is shown

    def settings(self) -> dict[str, str]:
        attributes = {"attributes": self._reader.reader.name} if self._reader else {}
        return {"strategy": "student", **self._model.settings(), **attributes}

    def with_schema(self, schema: CategorySchema) -> StudentExtractor:
        return StudentExtractor(schema, model=self._model, attributes=self._shared or False)

    def load(self) -> None:
        began = time.perf_counter()
        self._model.load()
        if self._reader:
            self._reader.load()
        self._seconds += time.perf_counter() - began

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        """Extract one report.

        Returns:
            A document whose every item is a span of the report. ``status`` is ``empty_report`` when there is nothing
            but white space, and ``invalid_output`` when the document breaks the schema (``problems`` says how).

        Raises:
            InputError: the student cannot be loaded.
        """
        if not report.strip():
            empty: dict[str, tuple[Item, ...]] = dict.fromkeys(self.schema.keys, ())
            return self._document(id, "empty_report", (EMPTY,), empty)
        self.load()
        began = time.perf_counter()
        sections = Sectioned.of(report)
        student, keys = self._model.student, self.schema.keys
        states = self._model.labelled(report).states(keys)
        items = group(
            states,
            keys,
            student.calibrated,
            student.threshold,
            is_heading=sections.is_heading,
            repeated=self.schema.repeated,
        )
        items = fitted(items, self.schema, sections)
        items = current_results(items, self.schema, report)
        if self._reader:
            items = self.add_attributes(report, items)
        document = self._document(id, "ok", (), items)
        if problems := self.schema.validate(document.to_dict()["categories"]):
            document = replace(document, status="invalid_output", problems=problems)
        return replace(document, timings=StudentTimings(self._seconds, time.perf_counter() - began))

    def add_attributes(
        self, report: str, items: Mapping[str, Sequence[Item]]
    ) -> dict[str, tuple[Item, ...]]:
        """As :meth:`elmtex.extractors.notes.NotesExtractor.add_attributes`."""
        if not self._reader:
            raise InputError(f"no attribute reader knows schema {self.schema.name!r}")
        given = self._reader.with_attributes(report, items, self.schema)
        return completed(given, self.schema, report)

    @property
    def has_attributes(self) -> bool:
        """Whether items come with what belongs to them."""
        return self._reader is not None

    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        """The document in one step."""
        yield Progress(self.extract(report, id=id), 1, 1)

    def _document(
        self, id: str, status: Status, problems: tuple[str, ...], items: dict[str, tuple[Item, ...]]
    ) -> Extraction:
        return Extraction(
            id, self.schema.name, self.model_name, status, problems, items, StudentTimings()
        )
