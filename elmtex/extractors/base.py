"""What an extractor is, and the one way to open one: :func:`open_extractor`."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, runtime_checkable

from elmtex.schema import CategorySchema, load_schema
from elmtex.types import ElmtexError, Extraction, InputError, Progress, Record

# finetuned: margin notes of the adapted model; student: a small encoder's labels; naive, icl: a chat model asked by a
# prompt, without and with examples.
EXTRACTORS = ("finetuned", "student", "naive", "icl")
CHAT = ("naive", "icl")
IN_USE = "in use"  # the adaptation that is, of a schema


@runtime_checkable
class Extractor(Protocol):
    """Turns reports into documents of one schema. Any thread may call it; opening one loads nothing yet."""

    @property
    @abstractmethod
    def schema(self) -> CategorySchema:
        """The categories it extracts."""
        ...

    @property
    @abstractmethod
    def model_name(self) -> str:
        """What documents call the model."""
        ...

    @abstractmethod
    def folders(self) -> tuple[Path, ...]:
        """The folders whose files decide what the model answers; () for a server."""
        ...

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """What an answer depends on beside report, schema and :meth:`folders`."""
        ...

    @abstractmethod
    def load(self) -> None:
        """Load the model now rather than at the first report. Raises InputError when it cannot be loaded."""
        ...

    @abstractmethod
    def extract(self, report: str, *, id: str = "report") -> Extraction:
        """Extract one report.

        Args:
            report: any text; offsets of the answer are code points of it.
            id: what the document calls the report.

        Returns:
            A document with the times it took (``timings``). ``status`` says whether it is whole.

        Raises:
            InputError: the model cannot be loaded or asked.
        """
        ...

    @abstractmethod
    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        """Extract one report step by step: yields growing documents, the last one as :meth:`extract` returns it."""
        ...

    @abstractmethod
    def with_schema(self, schema: CategorySchema) -> Extractor:
        """An extractor of another schema that shares what it can of this one's models, which are then in memory once."""
        ...

    def extract_many(
        self, reports: Iterable[tuple[str, str]], *, at_once: int = 1
    ) -> Iterator[tuple[str, Extraction]]:
        """Extract reports, each in isolation: an error becomes an extraction with status ``failed``.

        Args:
            reports: pairs of id and text, read as they are needed: at most ``4 * at_once`` are waiting, so that a long
                report holds up the answers, not the work, of some others.
            at_once: threads that extract.

        Yields:
            Ids with their extractions, in the order of ``reports``.
        """
        if at_once == 1:
            yield from ((name, extract_safely(self, text, name)) for name, text in reports)
            return
        waiting: deque[tuple[str, Future[Extraction]]] = deque()
        pool = ThreadPoolExecutor(at_once)
        try:
            for name, text in reports:
                waiting.append((name, pool.submit(extract_safely, self, text, name)))
                if len(waiting) == 4 * at_once:
                    name, future = waiting.popleft()
                    yield name, future.result()
            yield from ((name, future.result()) for name, future in waiting)
        finally:
            pool.shutdown(cancel_futures=True)


def extract_safely(extractor: Extractor, report: str, id: str) -> Extraction:
    """Extract one report; an error becomes an extraction with status ``failed`` that says its kind.

    An error's own message is kept only when elmtex raised it: others may quote the report.
    """
    try:
        return extractor.extract(report, id=id)
    except ElmtexError as error:
        problem = str(error)
    except Exception as error:  # whatever one report does must not stop the others
        problem = f"the extraction stopped with {type(error).__name__}"
    return failure(extractor.schema, extractor.model_name, id, problem)


def failure(schema: CategorySchema, model: str, id: str, problem: str) -> Extraction:
    """The extraction of a report that gave none: every category empty, status ``failed``, and why."""
    categories: dict[str, tuple[()]] = dict.fromkeys(schema.keys, ())
    return Extraction(id, schema.name, model, "failed", (problem,), categories)


def check_extractor(name: str) -> str:
    """The extractor's name itself. Raises :class:`InputError` when there is none of that name."""
    if name not in EXTRACTORS:
        raise InputError(f"unknown strategy {name!r}: use one of: {', '.join(EXTRACTORS)}")
    return name


def open_extractor(
    name: str = "finetuned",
    schema: str | Path | CategorySchema = "elmtex",
    *,
    model: str | None = None,
    server: str | None = None,
    examples: str | Path | Sequence[Record] | None = None,
    engine: str = "auto",
    threads: int | None = None,
    at_once: int = 1,
    attributes: bool = True,
    second_opinion: bool = True,
    codes: bool = False,
    adaptation: str | None = None,
) -> Extractor:
    """Open an extractor; its model is loaded at the first report.

    Args:
        name: one of ``EXTRACTORS``.
        schema: name of a packaged schema, path of a schema file, or a schema.
        model: None for the embedded model (``finetuned``: with the packaged adapter); else a model's folder, a short
            name or its name on the hub, the folder of an adapter (``finetuned``) or of a student (``student``), or the
            name a ``server`` knows it by.
        server: naive, icl: base URL of an OpenAI-compatible server, e.g. ``http://127.0.0.1:8000/v1``; None runs the
            model here.
        examples: icl: annotated reports to choose examples from, or the path of their JSONL file.
        engine: finetuned: a key of ``elmtex.engines.ENGINES``, or ``auto``; naive, icl without a server: ``torch``, ``vllm``.
        threads: finetuned, student: CPU threads; None leaves the choice to the engine.
        at_once: finetuned, student: how many threads will extract at the same time; any may, but a fast engine shares the cores
            out among so many.
        attributes: False leaves out what belongs to items (doses, values, sites). The items are the same.
        second_opinion: finetuned: False asks no student, also of an adapter that was calibrated with one.
        codes: suggest codes of terminologies for each item.
        adaptation: finetuned: the id of a version that ``elmtex adapt`` made, or ``in use``, the one that is for the schema;
            None is the model itself.

    Raises:
        InputError: an argument is unknown, cannot be used, or belongs to another extractor.
    """
    check_extractor(name)
    schema = schema if isinstance(schema, CategorySchema) else load_schema(schema)
    if name not in CHAT and (server is not None or examples is not None):
        raise InputError("--server and --examples belong to the strategies naive and icl")
    if (name == "icl") != (examples is not None) and name in CHAT:
        raise InputError(
            "strategy icl needs --examples, a JSONL file of annotated reports; the other strategies take none"
        )
    if adaptation is not None:
        if name != "finetuned" or model is not None:
            raise InputError("--adaptation belongs to the strategy finetuned, without --model")
        model = str(_adapted(schema, adaptation))
    extractor: Extractor
    if name == "finetuned":
        from elmtex.extractors.loaded_model import LoadedModel
        from elmtex.extractors.mixed import notes_extractor

        loaded = LoadedModel(model, engine=engine, threads=threads, at_once=at_once)
        extractor = notes_extractor(
            schema, loaded, attributes=attributes, second_opinion=second_opinion
        )
    elif name == "student":
        from elmtex.extractors.student import StudentExtractor

        extractor = StudentExtractor(
            schema, model=model, threads=threads, at_once=at_once, attributes=attributes
        )
    else:
        from elmtex.extractors.chat import open_chat_extractor

        extractor = open_chat_extractor(schema, model, server, examples, engine)
    if codes:
        from elmtex.coding.linker import Linker
        from elmtex.extractors.coding import CodingExtractor

        extractor = CodingExtractor(extractor, Linker())
    return extractor


def _adapted(schema: CategorySchema, id: str) -> Path:
    """The folder of an adaptation of a schema."""
    from elmtex.adaptations import Adaptations, schema_key

    kept = Adaptations()
    version = kept.in_use(schema) if id == IN_USE else kept.get(id)
    if version is None:
        raise InputError(
            "no adaptation is in use for this schema: see elmtex adapt --list and --use"
        )
    if version.schema != schema_key(schema):
        raise InputError(f"the adaptation {id} is of another schema, {version.title!r}")
    return version.folder
