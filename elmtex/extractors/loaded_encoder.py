"""A small encoder with its tokenizer: loaded once, shared by the extractors of any number of schemas."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from elmtex.decoding.tokens import Tokenizer, read_tokenizer
from elmtex.models.integrity import file_digest

if TYPE_CHECKING:
    from elmtex.engines.encoder import Encoder


class LoadedEncoder:
    """An encoder in a folder, loaded at its first use; several threads may ask for it.

    Args:
        folder: where it lies; see :mod:`elmtex.models.encoder_folder`.
        files: those that decide its answers.
        threads: CPU threads; None takes all cores.
        at_once: reports that will be read at the same time.
    """

    def __init__(
        self, folder: Path, files: Sequence[str], threads: int | None = None, at_once: int = 1
    ) -> None:
        self._folder, self._files = folder, files
        self._threads, self._at_once = threads, at_once
        self._loading = threading.Lock()
        self._parts: tuple[Tokenizer, Encoder] | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what decides its answers."""
        files = [file_digest(self._folder / name) for name in self._files]
        return hashlib.sha256(" ".join(files).encode()).hexdigest()

    def settings(self) -> dict[str, str]:
        """What an answer depends on beside the files of its folder."""
        from elmtex.engines.encoder import settings

        return settings()

    def load(self) -> tuple[Tokenizer, Encoder]:
        """The tokenizer and the encoder, which are then in memory.

        Raises:
            InputError: a file cannot be read.
            MissingDependencyError: openvino is not installed.
        """
        with self._loading:
            if self._parts is None:
                from elmtex.engines.encoder import Encoder

                encoder = Encoder(self._folder / "model.xml", self._threads, self._at_once)
                self._parts = (read_tokenizer(self._folder), encoder)
            return self._parts
