"""The extractors that the page compares. Who starts the page chooses them; a visitor names none of them freely.

A model that anybody may name would let a visitor read folders of the server, and make it download.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path

from elmtex.extractors.base import CHAT, EXTRACTORS, Extractor, open_extractor
from elmtex.models.student import has_packaged_student
from elmtex.schema import CategorySchema
from elmtex.settings import EXAMPLES, MODELS, setting, setting_lines
from elmtex.types import InputError

OWN = "finetuned"  # the page's own extractor

Choices = Mapping[str, Callable[[], Extractor]]


def extractor_choices(own: Extractor) -> Choices:
    """The extractors by the names a visitor sees, each made at its first use and then kept.

    Args:
        own: the page's extractor, which is ``finetuned``.

    Returns:
        ``finetuned``, the ``student`` where one is packaged, the embedded model asked by a ``naive`` prompt, the same with examples (``icl``) when
        ``ELMTEX_EXAMPLES`` names some, and the models of ``ELMTEX_MODELS``: folders, names of
        :data:`elmtex.models.base.HUB_NAMES` or of the hub, each with the strategy it is asked by (``naive:NAME``).

    Raises:
        InputError: ``ELMTEX_MODELS`` names what can be no model.
    """
    schema = own.schema
    found: dict[str, Callable[[], Extractor]] = {OWN: lambda: own}
    if has_packaged_student():
        found["student"] = functools.cache(lambda: open_extractor("student", schema))
    found["naive"] = functools.cache(lambda: _chat("naive", schema, None))
    if setting(EXAMPLES):
        found["icl"] = functools.cache(lambda: _chat("icl", schema, None))
    for line in setting_lines(MODELS):
        found.update([_of_line(line, schema)])
    return found


def _of_line(line: str, schema: CategorySchema) -> tuple[str, Callable[[], Extractor]]:
    strategy, parted, model = line.partition(":")
    if not parted or strategy not in EXTRACTORS:
        strategy, model = OWN, line
    # A folder's place on the server is nobody's business.
    name = f"{strategy}: {Path(model).name if Path(model).is_dir() else model}"
    if strategy not in CHAT:
        extractor = open_extractor(strategy, schema, model=model)
        return name, lambda: extractor
    if strategy == "icl" and not setting(EXAMPLES):
        raise InputError(
            f"{MODELS} asks for icl, which needs {EXAMPLES}: a file of annotated reports"
        )
    return name, functools.cache(lambda: _chat(strategy, schema, model))


def _chat(strategy: str, schema: CategorySchema, model: str | None) -> Extractor:
    examples = setting(EXAMPLES) if strategy == "icl" else None
    return open_extractor(strategy, schema, model=model, examples=examples)
