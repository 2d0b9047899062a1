"""The margin notes: from a report to a checked document: tokenise, chunk, decode, group, validate."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from elmtex.decoding.attributes import AttributeState
from elmtex.decoding.confidence import probability
from elmtex.decoding.drafts import Drafts
from elmtex.decoding.layout import branch_positions, visible_prefix
from elmtex.decoding.loop import decode
from elmtex.decoding.notes import NoteItem, NoteState
from elmtex.decoding.select import attributes_of, dedup_key, group, kept
from elmtex.decoding.tokens import chunks, tokenise
from elmtex.extractors.base import Extractor
from elmtex.extractors.given import completed, with_attributes
from elmtex.extractors.headed_lines import HeadedLines
from elmtex.extractors.loaded_model import LoadedModel
from elmtex.extractors.results import current_results
from elmtex.extractors.stage_times import NotesTimings
from elmtex.extractors.values import fitted
from elmtex.extractors.view import View
from elmtex.models.adapter import Adapter, OpinionSettings, OwnSchemaSettings
from elmtex.schema import CategorySchema, is_of_template, is_own, load_schema
from elmtex.text.sections import Sectioned
from elmtex.types import EMPTY, Attribute, Extraction, Item, Progress, Status

# A growing document is made again when so many times its making has passed since: at each pass, it would take longer
# than the model in a report of a million characters.
GROWING = 20

id_of = id  # where an argument is called so


@dataclass
class Notes:
    """What was written of a report, before it is grouped into a document.

    Args:
        notes: the finished notes, with all that was weighed; after those of a part what the second opinion proposes in it.
        attributes: what belongs to the items that stay, by the item's ``id()``.
        sections: the report's.
        score: an item's probability, second opinion included.
        agrees: whether both found an item; None without a second opinion.
    """

    notes: list[NoteState] = field(default_factory=list)
    attributes: dict[int, AttributeState] = field(default_factory=dict)
    sections: Sectioned = field(default_factory=lambda: Sectioned.of(""))
    score: Callable[[NoteItem], float] = probability
    agrees: Callable[[NoteItem], bool] | None = None


class NotesExtractor(Extractor):
    """Extracts by margin notes; a cheap view of a model under a schema (see :class:`elmtex.extractors.base.Extractor`).

    Args:
        schema: name of a packaged schema, path of a schema file, or a schema.
        model: as :class:`LoadedModel` takes it, or one that other extractors share, which has an engine already; see its
            ``fitting``.
        engine, threads, at_once: as :class:`LoadedModel` takes them.
        attributes: False leaves out what belongs to items (doses, values, sites). The items are the same. Otherwise the
            adapter's attribute reader reads it in the items that were found, where there is one that knows the schema; else
            the Llama writes it.
        second_opinion: False asks no student, also of an adapter that was calibrated with one.
        asked: the schema that ``schema`` is a part of, where the model is to be asked for all of it: what belongs to none
            of the part's categories can then go to another. Only the part's is listed.

    Raises:
        InputError: unknown engine, or a schema, model or student that cannot be used.
    """

    def __init__(
        self,
        schema: str | Path | CategorySchema = "elmtex",
        *,
        model: str | LoadedModel | None = None,
        engine: str = "auto",
        threads: int | None = None,
        at_once: int = 1,
        attributes: bool = True,
        second_opinion: bool = True,
        asked: CategorySchema | None = None,
    ) -> None:
        self._schema = schema if isinstance(schema, CategorySchema) else load_schema(schema)
        if not isinstance(model, LoadedModel):
            model = LoadedModel(model, engine=engine, threads=threads, at_once=at_once)
        self.model = model = model.fitting(self._schema)
        self._asked = asked or self._schema
        self._wants_attributes, self._wants_opinion = attributes, second_opinion
        opinion = model.opinion if second_opinion else None
        self._opinion = opinion if opinion and opinion.student.knows(self._schema) else None
        reader = model.attribute_reader if attributes else None
        self._reader = reader if reader and reader.knows(self._schema) else None
        self._viewing = threading.Lock()
        self._view: View | None = None
        self._seconds = 0.0  # loading took

    @property
    def schema(self) -> CategorySchema:
        return self._schema

    def with_schema(self, schema: CategorySchema) -> Extractor:
        from elmtex.extractors.mixed import notes_extractor

        return notes_extractor(
            schema,
            self.model,
            attributes=self._wants_attributes,
            second_opinion=self._wants_opinion,
        )

    @property
    def model_name(self) -> str:
        return self.model.name

    def folders(self) -> tuple[Path, ...]:
        student = (self._opinion.student.student.folder,) if self._opinion else ()
        reader = (self._reader.reader.folder,) if self._reader else ()
        return (*self.model.folders(), *student, *reader)

    @property
    def engine(self) -> str:
        """The engine that runs the model; ``auto`` has become one."""
        return self.model.engine_name

    @property
    def has_attributes(self) -> bool:
        """Whether items come with what belongs to them: it is wanted, the schema has some, and something was trained on it."""
        return self._reader is not None or self._writes_attributes

    @property
    def _writes_attributes(self) -> bool:
        """Whether the Llama writes them."""
        adapter = self.model.adapter
        known = adapter is not None and adapter.attributes is not None
        wanted = self._wants_attributes and not self._reader
        return known and wanted and bool(self.schema.attributes)

    def settings(self) -> dict[str, str]:
        by = self._reader.reader.name if self._reader else "written"
        attributes = {"attributes": by} if self.has_attributes else {}
        opinion = {"second_opinion": self._opinion.student.student.name} if self._opinion else {}
        encoder = self._opinion.student if self._opinion else self._reader
        # Beside another engine, the encoders' version decides, too
        runs = {f"encoder_{k}": v for k, v in encoder.settings().items()} if encoder else {}
        return {"strategy": "finetuned", **self.model.settings(), **runs, **attributes, **opinion}

    def load(self) -> None:
        self._loaded()

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        """Extract one report.

        Returns:
            A document whose every item is a span of the report. ``status`` is ``empty_report`` when there is nothing
            but white space, and ``invalid_output`` when the document breaks the schema (``problems`` says how).

        Raises:
            InputError: the model cannot be loaded.
        """
        timings = NotesTimings()
        if not report.strip():
            return self._empty(id, timings)
        return self._final(id, report, self.notes(report, timings), timings)

    def notes(self, report: str, timings: NotesTimings | None = None) -> Notes:
        """The finished notes of a report: all that was weighed, before it is grouped into a document."""
        finished = Notes()
        for finished, _, _ in self._notes(report, timings or NotesTimings()):  # noqa: B007
            pass
        return finished

    def add_attributes(
        self, report: str, items: Mapping[str, Sequence[Item]]
    ) -> dict[str, tuple[Item, ...]]:
        """Items that are given, as those of a gold standard or of a reviewer, with what belongs to them: as :meth:`extract` does of the items it found.

        Args:
            report: the text that the items are spans of.
            items: by category of the schema. One that is not grounded gets none, nor, where the Llama writes them, one that
                no note can express.

        Returns:
            The items in the same order, with these attributes instead of any they had, and what rules change of them.

        Raises:
            InputError: nothing knows the schema's attributes, or a span does not hold its item's words.

        Examples:
            >>> extractor = NotesExtractor(model="runs/mine")  # doctest: +SKIP
            >>> given = {"pharmacological_therapy": [Item("aspirin", 9, 16)]}
            >>> rows = extractor.add_attributes("He takes aspirin 100 mg.", given)  # doctest: +SKIP
            >>> rows["pharmacological_therapy"][0].attributes[0].text  # doctest: +SKIP
            '100 mg'
        """
        if not self._reader:
            items = with_attributes(self.model, self.schema, self._loaded(), report, items)
        return self._valued({key: tuple(row) for key, row in items.items()}, report)

    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        """Extract one report step by step; ``done`` and ``total`` are sentences. The last step alone has what an attribute
        reader reads, and values."""
        timings = NotesTimings()
        if not report.strip():
            yield Progress(self._empty(id, timings), 0, 0)
            return
        finished = Notes()
        document, due = self._document(id, finished, "ok"), 0.0
        for finished, done, part_ends in self._notes(report, timings):
            if done < timings.sentences:
                began = time.perf_counter()
                if began >= due:
                    document = self._document(id, finished, "ok")
                    now = time.perf_counter()
                    due = now + GROWING * (now - began)
                yield Progress(document, done, timings.sentences, part_ends)
        last = self._final(id, report, finished, timings)
        yield Progress(last, timings.sentences, timings.sentences)

    def _notes(self, report: str, timings: NotesTimings) -> Iterator[tuple[Notes, int, bool]]:
        """Write a report's notes.

        Yields after each pass the notes that are finished, how many sentences are, and False; between two parts of a
        long report True, when no session is open.
        """
        loaded = self._loaded()
        engine = self.model.engine
        timings.load = self._seconds
        began = time.perf_counter()
        tokens = tokenise(report, self.model.tokenizer)
        parts = chunks(tokens)
        timings.tokenise = time.perf_counter() - began
        timings.chunks, timings.sentences = len(parts), len(tokens.sentences)
        finished, said = Notes(sections=Sectioned.of(report)), set[tuple[str, str, str]]()
        is_heading = finished.sections.is_heading
        opinion = self._opinion.of(report, tokens, timings) if self._opinion else None
        headed = HeadedLines.of(tokens, self.schema, self._asked)
        if opinion:
            finished.score, finished.agrees = opinion.score, opinion.agrees
        elif headed.keys:
            finished.score = headed.score
        sentences_done = 0

        def listed(group: Sequence[NoteState]) -> list[AttributeState]:
            """The attributes to write of these notes' items: of those that stay, each thing once a report."""
            assert loaded.attributes is not None
            headed.refile(group)
            stay = kept(
                group,
                self.schema.keys,
                self._threshold,
                is_heading,
                self.schema.repeated,
                finished.score,
            )
            walks = []
            for key in loaded.attributes.labels:
                all_of_key = [note for _, note in stay[key]]
                for walk, note in stay[key]:
                    what = (key, *dedup_key(walk, note))
                    if what not in said or key in self.schema.repeated:
                        said.add(what)
                        walks.append(AttributeState(loaded.attributes, walk, note, all_of_key))
                        finished.attributes[id(note)] = walks[-1]
            return walks

        # Of this report alone: what it is answered depends on no other, not even by rounding.
        drafts = Drafts()
        for part in parts:
            prefix = [*loaded.prompt, *tokens.ids[part.start : part.end]]
            offset = len(loaded.prompt) - part.start
            notes = branch_positions(loaded.grammar, tokens, part.sentences, offset)
            proposed = opinion.proposals([w for w, _ in notes], self.schema.keys) if opinion else []
            place_of = {walk.first: place for walk, place in notes}
            left = Counter(walk.sentence for walk, _ in notes)
            sentences_done += len(part.sentences) - len(left)  # those without a word
            began, first = time.perf_counter(), True
            session = engine.session(loaded.prompt)
            seen = visible_prefix(len(loaded.prompt), tokens, part)
            for done in decode(
                session,
                prefix,
                [*notes, *((walk, place_of[walk.first]) for walk in proposed)],
                seen,
                read=len(loaded.prompt),
                drafts=drafts,
                counts=timings.counts,
                attributes=listed if loaded.attributes else None,
            ):
                now = time.perf_counter()
                if first:
                    timings.first_pass += now - began
                else:
                    timings.other_passes += now - began
                if opinion:
                    opinion.settle(done)
                headed.refile(done)
                finished.notes += done
                before = len(left)
                left -= Counter(walk.sentence for walk in done)
                sentences_done += before - len(left)
                yield finished, sentences_done, False
                began, first = time.perf_counter(), False
            finished.notes += proposed
            del session  # its cache is the next part's
            if part is not parts[-1]:
                yield finished, sentences_done, True

    def _empty(self, id: str, timings: NotesTimings) -> Extraction:
        return replace(self._document(id, Notes(), "empty_report", (EMPTY,)), timings=timings)

    def _final(self, id: str, report: str, finished: Notes, timings: NotesTimings) -> Extraction:
        document = self._document(id, finished, "ok")
        categories = current_results(document.categories, self.schema, report)
        began = time.perf_counter()
        document = replace(document, categories=self._valued(categories, report), timings=timings)
        timings.attributes = time.perf_counter() - began if self._reader else 0.0
        if problems := self.schema.validate(document.to_dict()["categories"]):
            return replace(document, status="invalid_output", problems=problems)
        return document

    def _valued(
        self, categories: Mapping[str, tuple[Item, ...]], report: str
    ) -> dict[str, tuple[Item, ...]]:
        if not self.has_attributes:
            return dict(categories)
        if self._reader:
            categories = self._reader.with_attributes(report, categories, self.schema)
        return completed(categories, self.schema, report)

    def _document(
        self, id: str, finished: Notes, status: Status, problems: tuple[str, ...] = ()
    ) -> Extraction:
        adapter = self.model.adapter
        settings = adapter.attributes if adapter else None

        def attributes(item: NoteItem) -> tuple[Attribute, ...]:
            walk = finished.attributes.get(id_of(item))
            if walk is None or settings is None:
                return ()
            return attributes_of(
                walk.tokens, walk.attributes, settings.calibrated, settings.threshold
            )

        weighing = self._weighing
        categories = group(
            finished.notes,
            self.schema.keys,
            weighing.calibrated if weighing else None,
            self._threshold,
            attributes,
            finished.sections.is_heading,
            self.schema.repeated,
            finished.score,
            finished.agrees,
        )
        categories = fitted(categories, self.schema, finished.sections)
        return Extraction(id, self.schema.name, self.model_name, status, problems, categories)

    @property
    def _threshold(self) -> float:
        weighing = self._weighing
        rivalled = self._asked is not self._schema  # standard categories take their own
        if isinstance(weighing, OwnSchemaSettings) and (rivalled or is_of_template(self.schema)):
            known = weighing.template_threshold
            return weighing.threshold if known is None else known
        return weighing.threshold if weighing else 0.0

    @property
    def _weighing(self) -> Adapter | OpinionSettings | OwnSchemaSettings | None:
        """What says which items stay and how sure they are."""
        adapter = self.model.adapter
        if self._opinion:
            return self._opinion.settings
        if adapter and adapter.own_schemas and is_own(self.schema):
            return adapter.own_schemas
        return adapter

    def _loaded(self) -> View:
        """The schema's view of the model, which is then in memory."""
        with self._viewing:
            if self._view is None:
                began = time.perf_counter()
                if self._opinion:
                    self._opinion.student.load()
                if self._reader:
                    self._reader.load()
                view = View.of(self.schema, self.model, self._writes_attributes, self._asked)
                _ = self.model.engine
                self._seconds = time.perf_counter() - began
                self._view = view
            return self._view
