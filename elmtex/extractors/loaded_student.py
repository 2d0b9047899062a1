"""A student that is loaded."""

from __future__ import annotations

from pathlib import Path

from elmtex.decoding.labelled import Labelled
from elmtex.decoding.tokens import tokenise
from elmtex.extractors.loaded_encoder import LoadedEncoder
from elmtex.models.student import FILES, Student, load_student
from elmtex.schema import CategorySchema, renamed
from elmtex.types import InputError


class LoadedStudent(LoadedEncoder):
    """A student; see :class:`LoadedEncoder`.

    Args:
        model: as :func:`elmtex.models.student.load_student` takes it.
        threads, at_once: as :class:`LoadedEncoder` takes them.

    Raises:
        InputError: there is no student, or it is damaged.
    """

    def __init__(
        self, model: str | Path | None = None, *, threads: int | None = None, at_once: int = 1
    ) -> None:
        self.student: Student = load_student(model)
        super().__init__(self.student.folder, FILES, threads, at_once)

    def knows(self, schema: CategorySchema) -> bool:
        """Whether it was trained on every category of a schema."""
        return set(schema.keys) <= set(self.student.layout.keys) and renamed(schema) is None

    def check(self, schema: CategorySchema) -> None:
        """Raise :class:`InputError` when it was not trained on a category of the schema."""
        if not self.knows(schema):
            known = self.student.layout.keys
            other = renamed(schema)
            unknown = [other.key] if other else [key for key in schema.keys if key not in known]
            raise InputError(
                f"student {self.student.name} knows no category {unknown[0]!r} of schema {schema.name!r}, only: "
                f"{', '.join(known)}; take the strategy finetuned, or train a student on that schema"
            )

    def labelled(self, report: str) -> Labelled:
        """The report with its labels."""
        tokenizer, encoder = self.load()
        student = self.student
        tokens = tokenise(report, tokenizer)
        return Labelled(tokens, student.layout, student.chain, encoder.scores)
