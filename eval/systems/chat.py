"""The chat strategies as systems under test; icl draws its examples from the TRAIN split."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from elmtex import records
from elmtex.extractors.base import open_extractor
from elmtex.extractors.chat import complete
from elmtex.provenance import digest
from elmtex.schema import load_schema
from elmtex.types import Record
from eval.config import RunConfig
from eval.data import load_records
from eval.systems import System


def open_chat_system(name: str, config: RunConfig) -> System:
    """The system ``naive`` or ``icl``; its digest covers the weights (or the server) and, for icl,
    the examples."""
    schema = load_schema(config.schema)
    examples = complete(_examples(config), schema) if name == "icl" else None
    extractor = open_extractor(
        name, schema, model=config.base, server=config.server, examples=examples
    )
    shown = [example.to_dict() for example in examples or ()]
    parts = [digest(extractor.folders()), config.server, shown]
    decided = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return System(name, extractor, decided, local=config.server is None)


def _examples(config: RunConfig) -> list[Record]:
    if config.examples is not None:
        return list(records.load(Path(config.examples)))
    return load_records(config.data, config.format, "train")
