"""A Llama with its adapter, tokenizer and engine: loaded once, shared by the extractors of any number of schemas."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from elmtex.decoding.tokens import Tokenizer, read_tokenizer
from elmtex.engines import Engine, check_engine, chosen, open_engine, settings
from elmtex.models.adapter import Adapter, notes_adapter, packaged_adapter
from elmtex.models.base import DEFAULT_MODEL, base_folder, check_model
from elmtex.schema import CategorySchema, is_own
from elmtex.types import InputError

if TYPE_CHECKING:
    from elmtex.extractors.loaded_attribute_reader import LoadedAttributeReader
    from elmtex.extractors.second_opinion import SecondOpinion


class LoadedModel:
    """A model, of which each part is loaded at its first use; several threads may ask for it.

    Args:
        model: None for the embedded model with a packaged adapter, see :meth:`fitting`; else a model's folder, its
            name on the hub, or the folder of an adapter.
        engine: a key of ``elmtex.engines.ENGINES``, or ``auto``.
        threads: CPU threads; None leaves the choice to the engine.
        at_once: sessions that will be fed at the same time.

    Raises:
        InputError: unknown engine, or a model that cannot be used.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        engine: str = "auto",
        threads: int | None = None,
        at_once: int = 1,
    ) -> None:
        self._engine_name = check_engine(engine)
        self.adapter, self.base = _chosen_model(model)
        self._threads, self._at_once = threads, at_once
        # With each packaged adapter, by whether it is for schemas of one's own; None where a model was named.
        self._packaged: dict[bool, LoadedModel] | None = {False: self} if model is None else None
        self._loading = threading.Lock()
        self._tokenizer: Tokenizer | None = None
        self._engine: Engine | None = None
        self._opinion: SecondOpinion | None = None
        self._reader: LoadedAttributeReader | None = None

    def fitting(self, schema: CategorySchema) -> LoadedModel:
        """The model to read a schema with: this one where it was named, else the one with the packaged adapter for such
        schemas, loaded once for all that share either."""
        if self._packaged is None:
            return self
        own = is_own(schema)
        if own not in self._packaged:
            adapter = packaged_adapter(own)
            other = self
            if adapter and self.adapter and adapter.folder != self.adapter.folder:
                other = LoadedModel(
                    str(adapter.folder),
                    engine=self._engine_name,
                    threads=self._threads,
                    at_once=self._at_once,
                )
                other._packaged = self._packaged
            self._packaged.setdefault(own, other)
        return self._packaged[own]

    @property
    def name(self) -> str:
        """What documents call it: the base and its adapter."""
        name = Path(self.base).name or self.base
        return f"{name}+{self.adapter.name}" if self.adapter else name

    def folders(self) -> tuple[Path, ...]:
        """The folders of the base and of the adapter, if there is one: whose files decide what the model answers."""
        base = base_folder(self.base)
        folder = self.adapter.folder if self.adapter else None
        return (base, folder) if folder else (base,)

    @property
    def engine_name(self) -> str:
        """The engine that runs the model; ``auto`` has become one."""
        return chosen(self._engine_name, base_folder(self.base))

    def settings(self) -> dict[str, str]:
        """What an answer depends on beside the files of :meth:`folders`: engine, version, precision."""
        return settings(self._engine_name, base_folder(self.base))

    @property
    def opinion(self) -> SecondOpinion | None:
        """The student that the adapter was calibrated with; None where it was not.

        Raises:
            InputError: it is not there, or is another one.
        """
        adapter = self.adapter
        if adapter is None or adapter.second_opinion is None:
            return None
        from elmtex.extractors.second_opinion import SecondOpinion

        with self._loading:
            if self._opinion is None:
                self._opinion = SecondOpinion(
                    adapter.second_opinion,
                    adapter.lexicon,
                    threads=self._threads,
                    at_once=self._at_once,
                )
            return self._opinion

    @property
    def attribute_reader(self) -> LoadedAttributeReader | None:
        """What reads the attributes of the items that the adapter finds; None where it writes them itself.

        Raises:
            InputError: it is not there.
        """
        name = self.adapter.attribute_reader if self.adapter else None
        if name is None:
            return None
        from elmtex.extractors.loaded_attribute_reader import LoadedAttributeReader

        with self._loading:
            if self._reader is None:
                try:
                    self._reader = LoadedAttributeReader(
                        name, threads=self._threads, at_once=self._at_once
                    )
                except InputError as error:
                    raise InputError(
                        f"the attributes need their reader: {error}; without them give --no-attributes"
                    ) from None
            return self._reader

    @property
    def tokenizer(self) -> Tokenizer:
        """The base's tokenizer, without the weights."""
        with self._loading:
            if self._tokenizer is None:
                self._tokenizer = read_tokenizer(self.folders()[0])
            return self._tokenizer

    @property
    def engine(self) -> Engine:
        """The model in memory.

        Raises:
            InputError: its files cannot be used.
            MissingDependencyError: the engine's packages are not installed.
        """
        with self._loading:
            if self._engine is None:
                base, *adapter = self.folders()
                folder = adapter[0] if adapter else None
                self._engine = open_engine(
                    self._engine_name, base, folder, self._threads, self._at_once
                )
            return self._engine


def _chosen_model(model: str | None) -> tuple[Adapter | None, str]:
    """The adapter and base that a model argument means."""
    if model is None:
        adapter = packaged_adapter()
        return adapter, adapter.base if adapter else DEFAULT_MODEL
    if any((Path(model) / name).is_file() for name in ("adapter_config.json", "elmtex.json")):
        adapter = notes_adapter(Path(model))
        return adapter, adapter.base
    check_model(model)
    return None, model
