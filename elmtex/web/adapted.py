"""Which model a user's reports are read with: the shipped one, or the version that this user chose for the schema."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from elmtex.adaptations import Adaptations
from elmtex.extractors.base import Extractor, open_extractor
from elmtex.schema import CategorySchema
from elmtex.web.jobs import extractor_for

IN_MEMORY = 2  # models beside the shipped ones


def open_version(schema: CategorySchema, folder: Path) -> Extractor:
    """The extractor of a version's files."""
    return open_extractor("finetuned", schema, model=str(folder))


class Adapted:
    """The extractors of the versions in use; the models used last stay in memory.

    Args:
        extractor: the page's own.
        open_folder: opens a version, as :func:`open_version` does.
    """

    def __init__(
        self,
        extractor: Extractor,
        open_folder: Callable[[CategorySchema, Path], Extractor] = open_version,
    ) -> None:
        self._extractor, self._open = extractor, open_folder
        self._opened: OrderedDict[Path, Extractor] = OrderedDict()
        self._opening = threading.Lock()

    def extractor_for(self, schema: CategorySchema | None, owner: str) -> Extractor:
        """What reads this owner's reports of a schema; None is the page's schema.

        Raises:
            ElmtexError: the schema cannot be read with, or the version in use is damaged.
        """
        version = Adaptations(owner).in_use(schema or self._extractor.schema) if owner else None
        if version is None:
            return extractor_for(self._extractor, schema)
        with self._opening:
            if version.folder not in self._opened:
                self._opened[version.folder] = self._open(
                    schema or self._extractor.schema, version.folder
                )
            self._opened.move_to_end(version.folder)
            while len(self._opened) > IN_MEMORY:
                self._opened.popitem(last=False)
            return extractor_for(self._opened[version.folder], schema or self._extractor.schema)
