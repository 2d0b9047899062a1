"""An extractor that asks a chat model: prompt, reply, alignment; an Extractor like any other."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import jsonschema

from elmtex.extractors.base import Extractor
from elmtex.extractors.chat.prompts import Message, icl_prompt, naive_prompt, reply_schema
from elmtex.extractors.chat.retrieval import Index
from elmtex.extractors.values import fitted
from elmtex.schema import CategorySchema
from elmtex.text.align import align
from elmtex.text.sections import Sectioned
from elmtex.types import EMPTY, N_, Extraction, InputError, Item, Progress, Record, Status

EXAMPLES = 3  # as in the paper
CUT = N_("The reply was cut off at its longest permitted length; items may be missing.")
BROKEN = N_("The reply breaks off in the middle; items may be missing.")
INVALID = N_("The reply is not the JSON object that was asked for.")


class TooLongError(InputError):
    """A prompt and its reply do not fit the model's context."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a chat model said.

    Args:
        text: its words; JSON when all went well.
        problem: why the reply is not whole, as a sentence; "" when it is.
        prompt_tokens, reply_tokens: lengths; None where a server does not tell.
    """

    text: str
    problem: str = ""
    prompt_tokens: int | None = None
    reply_tokens: int | None = None


class Chat(Protocol):
    """A chat model: local (:mod:`elmtex.extractors.chat.local`) or on a server (:mod:`elmtex.extractors.chat.server`)."""

    @property
    def name(self) -> str: ...

    def folders(self) -> tuple[Path, ...]:
        """The folders whose files decide what it answers; () for a server."""
        ...

    def settings(self) -> dict[str, str]:
        """What an answer depends on beside those: the server, or the engine and its precision."""
        ...

    def load(self) -> None: ...

    def reply(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Reply:
        """Answer with JSON of a schema. Raises TooLongError when the messages leave no room for an answer."""
        ...


@dataclass(frozen=True)
class ChatTimings:
    """Seconds and counts of one extraction; see :class:`elmtex.types.Timings`."""

    load: float = 0.0
    reply: float = 0.0
    prompt_tokens: int | None = None
    reply_tokens: int | None = None

    def lines(self) -> list[str]:
        """The figures as lines to print."""
        return [
            f"load      {self.load:8.2f} s",
            f"reply     {self.reply:8.2f} s  {self.prompt_tokens} prompt tokens, {self.reply_tokens} written",
        ]


class ChatExtractor(Extractor):
    """Turns reports into documents of one schema by asking a chat model.

    Args:
        schema: the categories.
        chat: the model.
        examples: annotated reports to choose in-context examples from; () is the naive strategy.
    """

    def __init__(self, schema: CategorySchema, chat: Chat, examples: Sequence[Record] = ()) -> None:
        self._schema = schema
        self._chat = chat
        self._examples = examples
        self._index = Index(examples)
        self._loaded = False
        self._seconds = 0.0

    @property
    def schema(self) -> CategorySchema:
        return self._schema

    @property
    def model_name(self) -> str:
        """What documents call the model: its name and the strategy."""
        return f"{self._chat.name}+{'icl' if self._examples else 'naive'}"

    def folders(self) -> tuple[Path, ...]:
        return self._chat.folders()

    def settings(self) -> dict[str, str]:
        """What an answer depends on beside report, schema and :meth:`folders`."""
        rows = [json.dumps(record.to_dict(), sort_keys=True) for record in self._examples]
        examples = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        strategy = "icl" if self._examples else "naive"
        return {"strategy": strategy, "examples": examples, **self._chat.settings()}

    def with_schema(self, schema: CategorySchema) -> ChatExtractor:
        """An extractor of another schema that shares this one's model and what it has made of the examples.

        Raises:
            InputError: there are examples, and none labels all its categories.
        """
        from elmtex.extractors.chat import complete  # which imports this module

        examples = complete(self._index.records, schema) if self._examples else ()
        other = ChatExtractor(schema, self._chat, examples)
        other._index = self._index
        return other

    def load(self) -> None:
        """Load the model, and embed the examples, now rather than at the first report."""
        if self._loaded:
            return
        began = time.perf_counter()
        self._chat.load()
        if self._examples:
            self._index.load()
        self._loaded = True
        self._seconds += time.perf_counter() - began

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        """Extract one report.

        Returns:
            A document whose items are spans where their words stand in the report and ungrounded elsewhere. ``status``
            is ``truncated`` when the reply was cut off (its whole items are kept), ``invalid_output`` when it is not
            the JSON asked for, ``empty_report`` when there is nothing but white space.

        Raises:
            InputError: the model cannot be loaded or asked, or the report is too long for it.
        """
        if not report.strip():
            return self._document(id, {}, "empty_report", (EMPTY,))
        self.load()
        began = time.perf_counter()
        reply, problems = self._ask(report)
        timings = ChatTimings(
            self._seconds, time.perf_counter() - began, reply.prompt_tokens, reply.reply_tokens
        )
        return replace(self._read(report, id, reply, problems), timings=timings)

    def _read(self, report: str, id: str, reply: Reply, problems: tuple[str, ...]) -> Extraction:
        """The document of a reply; ``problems`` are those there were before it."""
        problems = (*problems, reply.problem) if reply.problem else problems
        strings, cut = _parse(reply.text), bool(reply.problem)
        if strings is None and (cut or _breaks_off(reply.text)):
            strings = _parse(completed(reply.text))
            if strings and not cut:  # not every server tells
                cut, problems = True, (*problems, BROKEN)
        if strings is None or not self._valid(strings, whole=not cut):
            return self._document(id, {}, "invalid_output", (*problems, INVALID))
        status: Status = "truncated" if cut else "ok"
        aligned = {key: align(report, strings.get(key, ())) for key in self.schema.keys}
        items = fitted(aligned, self.schema, Sectioned.of(report))
        document = self._document(id, items, status, problems)
        faults = self.schema.validate(document.to_dict()["categories"])
        return self._document(id, items, "invalid_output", faults) if faults else document

    def stream(self, report: str, *, id: str = "report") -> Iterator[Progress]:
        """The document in one step: a reply is only read when it is whole."""
        yield Progress(self.extract(report, id=id), 1, 1)

    def _ask(self, report: str) -> tuple[Reply, tuple[str, ...]]:
        """The reply; the least similar example goes first when the prompt is too long."""
        asked = reply_schema(self.schema)
        if not self._examples:
            return self._chat.reply(naive_prompt(self.schema, report), asked), ()
        keys = set(self.schema.keys)
        nearest = self._index.nearest(report, EXAMPLES, lambda one: keys <= set(one.labelled))
        for count in range(len(nearest), -1, -1):
            # The most similar one last: nearest to the report in the prompt as well.
            messages = icl_prompt(self.schema, nearest[:count][::-1], report)
            try:
                reply = self._chat.reply(messages, asked)
            except TooLongError:
                if not count:
                    raise
                continue
            left_out = len(nearest) - count
            note = f"{left_out} of {len(nearest)} examples did not fit the model's context."
            return reply, (note,) if left_out else ()
        raise AssertionError("the loop ends with a reply or an error")

    def _valid(self, strings: Mapping[str, Any], whole: bool) -> bool:
        schema = reply_schema(self.schema)
        if not whole:
            schema = {**schema, "required": []}
        return jsonschema.Draft202012Validator(schema).is_valid(strings)

    def _document(
        self,
        id: str,
        items: Mapping[str, tuple[Item, ...]],
        status: Status,
        problems: tuple[str, ...],
    ) -> Extraction:
        categories = {key: items.get(key, ()) for key in self.schema.keys}
        return Extraction(id, self.schema.name, self.model_name, status, problems, categories)


def _parse(text: str) -> dict[str, Any] | None:
    """The reply as an object; None when it is none. A Markdown fence around it is taken off."""
    try:
        value = json.loads(_unfenced(text))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unfenced(text: str) -> str:
    text = text.strip()
    if text.startswith("```"):  # a cut reply has no other end of it
        text = text.partition("\n")[2].removesuffix("```").strip()
    return text


def _breaks_off(text: str) -> bool:
    """Whether a reply begins as an object and does not come to its end; one with words behind it does."""
    text = _unfenced(text)
    try:
        json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return text.startswith("{")
    return False


def completed(text: str) -> str:
    """The longest beginning of a cut reply that is whole items, closed; "{}" when not one item is whole."""
    text = _unfenced(text)
    for end in range(len(text), 0, -1):
        if text[end - 1] in '"]':
            for closing in ("]}", "}"):
                if _parse(text[:end] + closing) is not None:
                    return text[:end] + closing
    return "{}"
