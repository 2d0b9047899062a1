"""The key of a report: a hash of its text, a hyphen, and a hash of all else that decides its answer. By it a resumed
run knows what is done."""

from __future__ import annotations

import hashlib
import json

from elmtex.extractors.base import Extractor
from elmtex.provenance import digest
from elmtex.readers.text_files import Report


def settings_of(extractor: Extractor) -> str:
    """SHA-256 of all but the report that decides an answer.

    The schema's name and document (a subset of its categories is another one), the model's name and files, elmtex's
    version, and what the extractor names itself: strategy, engine, precision, server, examples, attributes, coding.
    """
    from elmtex import __version__

    schema = extractor.schema
    parts = [
        *(schema.name, schema.document, __version__),
        # The model's name alone may be that of another one.
        *(extractor.model_name, digest(extractor.folders()), extractor.settings()),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def key_of(report: Report, settings: str) -> str:
    """The key of a report, answered with :func:`settings_of`."""
    # null: it could not be read
    text = hashlib.sha256(json.dumps(report.text).encode()).hexdigest()
    return f"{text}-{settings}"
