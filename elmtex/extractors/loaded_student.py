"""A student with its tokenizer and encoder: loaded once, shared by the extractors of any number of schemas."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from elmtex.decoding.labelled import Labelled
from elmtex.decoding.tokens import Tokenizer, read_tokenizer, tokenise
from elmtex.models.integrity import file_digest
from elmtex.models.student import FILES, Student, load_student
from elmtex.schema import CategorySchema
from elmtex.types import InputError

if TYPE_CHECKING:
    from elmtex.engines.encoder import Encoder


class LoadedStudent:
    """A student, of which each part is loaded at its first use; several threads may ask for it.

    Args:
        model: as :func:`elmtex.models.student.load_student` takes it.
        threads: CPU threads; None takes all cores.
        at_once: reports that will be read at the same time.

    Raises:
        InputError: there is no student, or it is damaged.
    """

    def __init__(
        self, model: str | Path | None = None, *, threads: int | None = None, at_once: int = 1
    ) -> None:
        self.student: Student = load_student(model)
        self._threads, self._at_once = threads, at_once
        self._loading = threading.Lock()
        self._parts: tuple[Tokenizer, Encoder] | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what decides its answers."""
        files = [file_digest(self.student.folder / name) for name in FILES]
        return hashlib.sha256(" ".join(files).encode()).hexdigest()

    def settings(self) -> dict[str, str]:
        """What an answer depends on beside the files of its folder."""
        from elmtex.engines.encoder import settings

        return settings()

    def knows(self, schema: CategorySchema) -> bool:
        """Whether it was trained on every category of a schema."""
        return set(schema.keys) <= set(self.student.layout.keys)

    def check(self, schema: CategorySchema) -> None:
        """Raise :class:`InputError` when it was not trained on a category of the schema."""
        if not self.knows(schema):
            known = self.student.layout.keys
            unknown = [key for key in schema.keys if key not in known]
            raise InputError(
                f"student {self.student.name} knows no category {unknown[0]!r} of schema {schema.name!r}, only: "
                f"{', '.join(known)}; take the strategy finetuned, or train a student on that schema"
            )

    def load(self) -> tuple[Tokenizer, Encoder]:
        """The tokenizer and the encoder, which are then in memory.

        Raises:
            InputError: a file cannot be read.
            MissingDependencyError: openvino is not installed.
        """
        with self._loading:
            if self._parts is None:
                from elmtex.engines.encoder import Encoder

                folder = self.student.folder
                encoder = Encoder(folder / "model.xml", self._threads, self._at_once)
                self._parts = (read_tokenizer(folder), encoder)
            return self._parts

    def labelled(self, report: str) -> Labelled:
        """The report with its labels."""
        tokenizer, encoder = self.load()
        student = self.student
        tokens = tokenise(report, tokenizer)
        return Labelled(tokens, student.layout, student.chain, encoder.scores)
