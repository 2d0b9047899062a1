"""The documents of a model, kept in one file: a second run only scores."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from elmtex.extractors.base import Extractor
from elmtex.provenance import digest
from elmtex.storage import AppendedLines
from elmtex.types import Extraction, InputError

FILE = "answers.jsonl"


def documents(
    extractor: Extractor, reports: Iterable[tuple[str, str]], folder: Path
) -> dict[str, Extraction]:
    """The document of every report, from the file or, what it lacks, from the extractor.

    Args:
        extractor: what reads them; its weights, settings and schema are part of what a document is kept under.
        reports: pairs of id and text; ids are unique.
        folder: where ``answers.jsonl`` is, or will be; several models share it.

    Returns:
        Documents by id. Failed ones are asked for again by the next run.

    Raises:
        InputError: the folder or the file cannot be used, or the model cannot be loaded.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"out {str(folder)!r} cannot be made a folder: {error.strerror}") from None
    lines = AppendedLines(folder / FILE, "an evaluation of real notes")
    texts = dict(reports)
    model = _model(extractor)
    keys = {
        id: hashlib.sha256(f"{model}\0{text}".encode()).hexdigest() for id, text in texts.items()
    }
    found: dict[str, Extraction] = {}
    for number, row in lines.rows():
        try:
            found[row["key"]] = Extraction.from_dict(row["document"])
        except (KeyError, TypeError):
            raise lines.foreign(number) from None
    todo = [(id, text) for id, text in texts.items() if not _done(found.get(keys[id]))]
    if todo:
        extractor.load()
        with lines.appending() as append:
            began = time.monotonic()
            for number, (id, document) in enumerate(extractor.extract_many(todo), 1):
                append({"key": keys[id], "document": document.to_dict()})
                found[keys[id]] = document
                if number % 20 == 0 or number == len(todo):
                    spent = time.monotonic() - began
                    sys.stderr.write(f"{number} of {len(todo)} reports read, {spent:.0f} s\n")
    return {id: found[key] for id, key in keys.items()}


def _done(document: Extraction | None) -> bool:
    return document is not None and document.status != "failed"


def _model(extractor: Extractor) -> str:
    """What a document depends on beside its report."""
    settings = sorted(extractor.settings().items())
    parts = [extractor.schema.document, extractor.model_name, digest(extractor.folders()), settings]
    return json.dumps(parts, sort_keys=True, default=str)
