"""From a report to a checked document: tokenise, chunk, decode, group, validate."""

from __future__ import annotations

import copy
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from elmtex.decoding.attributes import AttributeGrammar, AttributeState
from elmtex.decoding.drafts import Drafts
from elmtex.decoding.grammar import NoteGrammar
from elmtex.decoding.layout import branch_positions, visible_prefix
from elmtex.decoding.loop import Counts, decode
from elmtex.decoding.notes import NoteItem, NoteState
from elmtex.decoding.select import attributes_of, dedup_key, group, kept
from elmtex.decoding.tokens import Tokenizer, chunks, read_tokenizer, tokenise
from elmtex.engines import Engine, check_engine, chosen, open_engine, settings
from elmtex.extractors.prompt import margin_prompt
from elmtex.models.adapter import Adapter, notes_adapter, packaged_adapter
from elmtex.models.base import DEFAULT_MODEL, base_folder, check_model
from elmtex.schema import CategorySchema, load_schema
from elmtex.types import EMPTY, Attribute, Extraction, Progress, Status

# A growing document is made again when so many times its making has passed since: at each pass, it would take longer
# than the model in a report of a million characters.
GROWING = 20

STRATEGIES = ("finetuned", "naive", "icl")
id_of = id  # where an argument is called so


@dataclass
class Timings:
    """Seconds and counts of one extraction, for ``--verbose``."""

    load: float = 0.0
    tokenise: float = 0.0
    first_pass: float = 0.0  # reads the report and opens every note; summed over chunks
    other_passes: float = 0.0
    chunks: int = 0
    sentences: int = 0
    counts: Counts = field(default_factory=Counts)

    def lines(self) -> list[str]:
        """The figures as lines to print."""
        c = self.counts
        return [
            f"load      {self.load:8.2f} s",
            f"tokenise  {self.tokenise:8.2f} s  {self.chunks} chunks, {self.sentences} sentences",
            f"prefill   {self.first_pass:8.2f} s  {c.prefix} prefix tokens",
            f"notes     {self.other_passes:8.2f} s  {c.passes} passes in all, {c.fed} tokens fed, {c.kept} kept",
        ]


@dataclass(frozen=True)
class _Loaded:
    tokenizer: Tokenizer
    engine: Engine
    grammar: NoteGrammar
    attributes: AttributeGrammar | None  # None: none are written
    prompt: tuple[int, ...]
    seconds: float  # loading took


@dataclass
class Notes:
    """What was written of a report, before it is grouped into a document.

    Args:
        notes: the finished notes, with all that was weighed.
        attributes: what belongs to the items that stay, by the item's ``id()``.
    """

    notes: list[NoteState] = field(default_factory=list)
    attributes: dict[int, AttributeState] = field(default_factory=dict)


class Extractor:
    """Turns reports into documents of one schema. Making one is cheap; the model is loaded at its first use.

    Args:
        schema: name of a packaged schema, path of a schema file, or a schema.
        model: None for the embedded model with the packaged adapter; else a model's folder, its name on the hub, or
            the folder of an adapter.
        engine: a key of ``elmtex.engines.ENGINES``, or ``auto``.
        threads: CPU threads; None leaves the choice to the engine.
        at_once: how many threads will call :meth:`extract` at the same time; any may, but a fast engine shares the
            cores out among so many.
        attributes: False leaves out what belongs to items (doses, values, sites). The items are the same.

    Raises:
        InputError: unknown engine, or a schema or model that cannot be used.
    """

    def __init__(
        self,
        schema: str | Path | CategorySchema = "elmtex",
        *,
        model: str | None = None,
        engine: str = "auto",
        threads: int | None = None,
        at_once: int = 1,
        attributes: bool = True,
    ) -> None:
        self.schema = schema if isinstance(schema, CategorySchema) else load_schema(schema)
        self._engine = check_engine(engine)
        self._adapter, self._base = _choose(model)
        self._threads, self._at_once = threads, at_once
        self._wants_attributes = attributes
        self._loading = threading.Lock()
        self._loaded: _Loaded | None = None
        self._lender: Extractor | None = None
        self.timings: Timings | None = None

    def with_schema(self, schema: CategorySchema) -> Extractor:
        """An extractor of another schema that shares this one's model, which is then in memory once."""
        other = copy.copy(self)
        other.schema, other._loaded, other._lender = schema, None, self
        other._loading = threading.Lock()
        return other

    @property
    def model_name(self) -> str:
        """What documents call the model: the base and its adapter."""
        name = Path(self._base).name or self._base
        return f"{name}+{self._adapter.name}" if self._adapter else name

    def folders(self) -> tuple[Path, ...]:
        """The folders of the base and of the adapter, if there is one: whose files decide what the model answers."""
        base = base_folder(self._base)
        folder = self._adapter.folder if self._adapter else None
        return (base, folder) if folder else (base,)

    @property
    def engine(self) -> str:
        """The engine that runs the model; ``auto`` has become one."""
        return chosen(self._engine, base_folder(self._base))

    def settings(self) -> dict[str, str]:
        """What an answer depends on beside report, schema and :meth:`folders`."""
        return {"strategy": "finetuned", **settings(self._engine, base_folder(self._base))}

    def load(self) -> None:
        """Load the model now rather than at the first report."""
        self._model()

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        """Extract one report.

        Args:
            report: any text; offsets of the answer are code points of it.
            id: what the document calls the report.

        Returns:
            A document whose every item is a span of the report. ``status`` is ``empty_report`` when there is nothing
            but white space, and ``invalid_output`` when the document breaks the schema (``problems`` says how).

        Raises:
            InputError: the model cannot be loaded.
        """
        if not report.strip():
            self.timings = Timings()
            return self._empty(id)
        return self._final(id, self.notes(report))

    def notes(self, report: str) -> Notes:
        """The finished notes of a report: all that was weighed, before it is grouped into a document."""
        finished = Notes()
        timings = self.timings = Timings()  # another thread may set its own meanwhile
        for finished, _, _ in self._notes(report, timings):  # noqa: B007
            pass
        return finished

    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        """Extract one report step by step: yields growing documents, the last one final; see :meth:`extract`."""
        timings = self.timings = Timings()
        if not report.strip():
            yield Progress(self._empty(id), 0, 0)
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
        yield Progress(self._final(id, finished), timings.sentences, timings.sentences)

    def _notes(self, report: str, timings: Timings) -> Iterator[tuple[Notes, int, bool]]:
        """Write a report's notes.

        Yields after each pass the notes that are finished, how many sentences are, and False; between two parts of a
        long report True, when no session is open.
        """
        loaded = self._model()
        timings.load = loaded.seconds
        began = time.perf_counter()
        tokens = tokenise(report, loaded.tokenizer)
        parts = chunks(tokens)
        timings.tokenise = time.perf_counter() - began
        timings.chunks, timings.sentences = len(parts), len(tokens.sentences)
        finished, said = Notes(), set[tuple[str, str, str]]()
        sentences_done = 0

        def listed(group: Sequence[NoteState]) -> list[AttributeState]:
            """The attributes to write of these notes' items: of those that stay, each thing once a report."""
            assert loaded.attributes is not None
            stay = kept(group, self.schema.keys, self._threshold)
            walks = []
            for key in loaded.attributes.labels:
                for walk, note in stay[key]:
                    what = (key, *dedup_key(walk, note))
                    if what not in said:
                        said.add(what)
                        walks.append(AttributeState(loaded.attributes, walk, note))
                        finished.attributes[id(note)] = walks[-1]
            return walks

        # Of this report alone: what it is answered depends on no other, not even by rounding.
        drafts = Drafts()
        for part in parts:
            prefix = [*loaded.prompt, *tokens.ids[part.start : part.end]]
            offset = len(loaded.prompt) - part.start
            notes = branch_positions(loaded.grammar, tokens, part.sentences, offset)
            left = Counter(walk.sentence for walk, _ in notes)
            sentences_done += len(part.sentences) - len(left)  # those without a word
            began, first = time.perf_counter(), True
            session = loaded.engine.session(loaded.prompt)
            seen = visible_prefix(len(loaded.prompt), tokens, part)
            for done in decode(
                session,
                prefix,
                notes,
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
                finished.notes += done
                before = len(left)
                left -= Counter(walk.sentence for walk in done)
                sentences_done += before - len(left)
                yield finished, sentences_done, False
                began, first = time.perf_counter(), False
            del session  # its cache is the next part's
            if part is not parts[-1]:
                yield finished, sentences_done, True

    def _empty(self, id: str) -> Extraction:
        return self._document(id, Notes(), "empty_report", (EMPTY,))

    def _final(self, id: str, finished: Notes) -> Extraction:
        document = self._document(id, finished, "ok")
        problems = self.schema.validate(document.to_dict()["categories"])
        return self._document(id, finished, "invalid_output", problems) if problems else document

    def _document(
        self, id: str, finished: Notes, status: Status, problems: tuple[str, ...] = ()
    ) -> Extraction:
        adapter = self._adapter
        settings = adapter.attributes if adapter else None

        def attributes(_: NoteState, item: NoteItem) -> tuple[Attribute, ...]:
            walk = finished.attributes.get(id_of(item))
            if walk is None or settings is None:
                return ()
            return attributes_of(walk, settings.calibrated, settings.threshold)

        calibrated = adapter.calibrated if adapter else None
        categories = group(
            finished.notes, self.schema.keys, calibrated, self._threshold, attributes
        )
        return Extraction(id, self.schema.name, self.model_name, status, problems, categories)

    @property
    def _threshold(self) -> float:
        return self._adapter.threshold if self._adapter else 0.0

    @property
    def _biases(self) -> Mapping[str, float]:
        return self._adapter.biases if self._adapter else {}

    def _model(self) -> _Loaded:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
        return self._loaded

    def _load(self) -> _Loaded:
        began = time.perf_counter()
        lent = self._lender._model() if self._lender else None
        tokenizer = lent.tokenizer if lent else read_tokenizer(self.folders()[0])
        # The schema first: what is wrong with it need not wait for the weights.
        prompt = tokenizer.encode(margin_prompt(self.schema), add_special_tokens=False).ids
        grammar = NoteGrammar.of(self.schema, tokenizer, self._biases)
        settings = self._adapter.attributes if self._adapter else None
        attributes = None
        if settings is not None and self._wants_attributes and self.schema.attributes:
            attributes = AttributeGrammar.of(self.schema, tokenizer, grammar, settings.bias)
        engine = lent.engine if lent else self._open_engine()
        seconds = time.perf_counter() - began
        return _Loaded(tokenizer, engine, grammar, attributes, tuple(prompt), seconds)

    def _open_engine(self) -> Engine:
        base, *adapter = self.folders()
        folder = adapter[0] if adapter else None
        return open_engine(self._engine, base, folder, self._threads, self._at_once)


def _choose(model: str | None) -> tuple[Adapter | None, str]:
    """The adapter and base that a model argument means."""
    if model is None:
        adapter = packaged_adapter()
        return adapter, adapter.base if adapter else DEFAULT_MODEL
    if any((Path(model) / name).is_file() for name in ("adapter_config.json", "elmtex.json")):
        adapter = notes_adapter(Path(model))
        return adapter, adapter.base
    check_model(model)
    return None, model
