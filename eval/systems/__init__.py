"""Systems under test: the same reports, the same schema, five ways to read them.

finetuned  the margin notes of the packaged adapter, or of ``--model``
untrained  the base model under the same decoding
student    a small encoder that labels words
naive      a chat prompt that names the keys, as ELMTEX's first strategy (arXiv 2502.05638)
icl        a prompt that describes each category, with the most similar training reports
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from elmtex.extractors.base import Extractor
from elmtex.extractors.notes import NotesExtractor
from elmtex.extractors.student import StudentExtractor
from elmtex.models.adapter import packaged_adapter
from elmtex.provenance import digest
from elmtex.types import InputError, Item
from eval.config import RunConfig


class AttributeWriter(Protocol):
    """Writes the attributes of given items; see
    :meth:`elmtex.extractors.notes.NotesExtractor.add_attributes`."""

    def add_attributes(
        self, report: str, items: Mapping[str, Sequence[Item]]
    ) -> Mapping[str, tuple[Item, ...]]: ...


@dataclass(frozen=True)
class System:
    """A system under test.

    Args:
        name: its key in ``metrics.json``.
        extractor: what reads the reports.
        digest: SHA-256 of what decides its answers beside its name: weights, server, examples.
        engine: what runs the model here; "" for the chat systems.
        local: whether it runs in this process, whose memory is then its own.
        attributes: what writes the attributes of given items; None when it writes none.
    """

    name: str
    extractor: Extractor
    digest: str
    local: bool = True
    engine: str = ""
    attributes: AttributeWriter | None = None


def open_system(name: str, config: RunConfig) -> System:
    """Open one system; nothing is loaded yet.

    Raises:
        InputError: its model or examples cannot be used.
    """
    if name in ("naive", "icl"):
        from eval.systems.chat import open_chat_system

        return open_chat_system(name, config)
    if name == "student":
        student = StudentExtractor(
            config.schema, model=config.student, attributes=config.attributes
        )
        return System(
            name,
            student,
            digest(student.folders()),
            engine="openvino int8",
            attributes=student if student.has_attributes else None,
        )
    model = config.base if name == "untrained" else config.model
    if name == "finetuned" and model is None and packaged_adapter() is None:
        raise InputError("finetuned: no adapter is packaged here: give one by --model FOLDER")
    extractor = NotesExtractor(
        config.schema,
        model=model,
        engine=config.engine,
        attributes=config.attributes,
        second_opinion=config.second_opinion,
    )
    return System(
        name,
        extractor,
        digest(extractor.folders()),
        engine=_engine(extractor),
        attributes=extractor if extractor.has_attributes else None,
    )


def _engine(extractor: Extractor) -> str:
    """An engine's name, with its precision where that depends on the machine."""
    settings = extractor.settings()
    engine = settings["engine"]
    return f"{engine} {settings['precision']}" if engine == "openvino" else engine
