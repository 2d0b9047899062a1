"""The student: an encoder labels a report's words, and a document like any other comes of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from elmtex.decoding.select import group
from elmtex.extractors.base import Extractor
from elmtex.extractors.loaded_student import LoadedStudent
from elmtex.extractors.values import fitted
from elmtex.schema import CategorySchema, load_schema
from elmtex.text.sections import Sectioned
from elmtex.types import EMPTY, Extraction, Item, Progress, Status


@dataclass(frozen=True)
class StudentTimings:
    """Seconds of one extraction; see :class:`elmtex.types.Timings`."""

    load: float = 0.0
    label: float = 0.0

    def lines(self) -> list[str]:
        """The figures as lines to print."""
        return [f"load      {self.load:8.2f} s", f"label     {self.label:8.2f} s"]


class StudentExtractor(Extractor):
    """Extracts with a student; its items have no attributes (see :class:`elmtex.extractors.base.Extractor`).

    Args:
        schema: name of a packaged schema, path of a schema file, or a schema.
        model: a student's folder; None for the packaged one; or one that other extractors share.
        threads, at_once: as :class:`LoadedStudent` takes them.

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
    ) -> None:
        self._schema = schema if isinstance(schema, CategorySchema) else load_schema(schema)
        if not isinstance(model, LoadedStudent):
            model = LoadedStudent(model, threads=threads, at_once=at_once)
        model.check(self._schema)
        self._model = model
        self._seconds = 0.0  # loading took

    @property
    def schema(self) -> CategorySchema:
        return self._schema

    @property
    def model_name(self) -> str:
        return self._model.student.name

    def folders(self) -> tuple[Path, ...]:
        return (self._model.student.folder,)

    def settings(self) -> dict[str, str]:
        return {"strategy": "student", **self._model.settings()}

    def with_schema(self, schema: CategorySchema) -> StudentExtractor:
        return StudentExtractor(schema, model=self._model)

    def load(self) -> None:
        began = time.perf_counter()
        self._model.load()
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
        document = self._document(id, "ok", (), items)
        if problems := self.schema.validate(document.to_dict()["categories"]):
            document = replace(document, status="invalid_output", problems=problems)
        return replace(document, timings=StudentTimings(self._seconds, time.perf_counter() - began))

    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        """The document in one step."""
        yield Progress(self.extract(report, id=id), 1, 1)

    def _document(
        self, id: str, status: Status, problems: tuple[str, ...], items: dict[str, tuple[Item, ...]]
    ) -> Extraction:
        return Extraction(
            id, self.schema.name, self.model_name, status, problems, items, StudentTimings()
        )
