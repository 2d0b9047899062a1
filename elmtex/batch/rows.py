"""From reports to a batch's rows: each a document as the command line's ``jsonl`` prints it, and its ``key``."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from elmtex.extractors.base import Extractor, failure
from elmtex.readers.text_files import Report
from elmtex.types import Extraction

Row = dict[str, Any]


def rows_of(
    extractor: Extractor, reports: Iterable[tuple[Report, str]], at_once: int
) -> Iterator[Row]:
    """The rows of reports with their keys, in order; whatever is wrong with one is said in its row alone."""
    for extraction, key in _extracted(extractor, reports, at_once):
        row = {**extraction.to_dict(), "key": key}
        try:
            json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
        except ValueError as error:  # a number or string JSON cannot hold
            problem = f"its document is not JSON ({type(error).__name__})"
            row = failed_row(extractor, extraction.id, key, problem)
        yield row


def failed_row(extractor: Extractor, id: str, key: str, problem: str) -> Row:
    """The row of a report that gave no document."""
    failed = failure(extractor.schema, extractor.model_name, id, problem)
    return {**failed.to_dict(), "key": key}


def _extracted(
    extractor: Extractor, reports: Iterable[tuple[Report, str]], at_once: int
) -> Iterator[tuple[Extraction, str]]:
    # What is at work, in order: the keys, and the answer of a report that could not be read.
    ahead: deque[tuple[str, Extraction | None]] = deque()

    def readable() -> Iterator[tuple[str, str]]:
        for report, key in reports:
            if report.text is None:
                problem = report.problem or "it could not be read"
                failed = failure(extractor.schema, extractor.model_name, report.id, problem)
                ahead.append((key, failed))
            else:
                ahead.append((key, None))
                yield report.id, report.text

    for _, extraction in extractor.extract_many(readable(), at_once=at_once):
        yield from _failed(ahead)
        yield extraction, ahead.popleft()[0]
    yield from _failed(ahead)


def _failed(ahead: deque[tuple[str, Extraction | None]]) -> Iterator[tuple[Extraction, str]]:
    """Those that come next and could not be read, which are taken out."""
    while ahead and (failed := ahead[0][1]) is not None:
        yield failed, ahead.popleft()[0]
