"""Chat strategies: the ways of ELMTEX (arXiv 2502.05638) to ask a general chat model, beside elmtex's own margin notes.

naive  the system prompt names the keys, the user turn is the report
icl    each category is described, and the most similar annotated reports stand before it with their answers

The model writes one JSON object of strings; they are aligned to the report afterwards, and what does not stand in it is
marked as ungrounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from elmtex.extractors.chat.extractor import Chat, ChatExtractor
from elmtex.models.base import DEFAULT_MODEL
from elmtex.schema import CategorySchema
from elmtex.types import InputError, Record

ENGINES = ("auto", "torch", "vllm")  # that run a chat model in this process


def open_chat_extractor(
    schema: CategorySchema,
    model: str | None,
    server: str | None,
    examples: str | Path | Sequence[Record] | None,
    engine: str = "auto",
) -> ChatExtractor:
    """An extractor that asks a chat model; nothing is loaded yet.

    Args:
        schema: the categories to ask for.
        model: a folder, short name or hub name; with ``server``, the name it serves. None: the embedded model.
        server: base URL of an OpenAI-compatible server, e.g. ``http://127.0.0.1:8000/v1``; None runs the model here.
        examples: icl: annotated reports to choose examples from, or their JSONL file; None: naive.
        engine: what runs the model here: ``torch`` (also ``auto``) or ``vllm``.

    Raises:
        InputError: no example labels all categories, or a model or server that cannot be used.
    """
    records: tuple[Record, ...] = ()
    if examples is not None:
        from elmtex.records import load

        known = load(Path(examples)) if isinstance(examples, (str, Path)) else examples
        records = complete(known, schema)
    return ChatExtractor(schema, open_chat(model, server, engine), records)


def complete(records: Iterable[Record], schema: CategorySchema) -> tuple[Record, ...]:
    """The records fit to be examples: those that label every category asked for.

    What a record does not label is unknown; shown as an empty list it would teach the model to leave it out.

    Raises:
        InputError: there is none.
    """
    fit = tuple(record for record in records if set(schema.keys) <= set(record.labelled))
    if not fit:
        raise InputError(
            f"no example labels all {len(schema.keys)} categories of schema {schema.name!r}: give other --examples"
        )
    return fit


def open_chat(model: str | None, server: str | None, engine: str = "auto") -> Chat:
    """The chat model of :func:`open_chat_extractor`."""
    if server is not None:
        from elmtex.extractors.chat.server import ServerChat

        return ServerChat(server, model or "default")
    if engine not in ENGINES:
        raise InputError(
            f"unknown engine {engine!r} of a chat model: use one of: {', '.join(ENGINES)}"
        )
    if engine == "vllm":
        from elmtex.extractors.chat.vllm import VllmChat

        return VllmChat(model or DEFAULT_MODEL)
    from elmtex.extractors.chat.local import LocalChat

    return LocalChat(model or DEFAULT_MODEL)
