"""What the page's server writes about its own faults: where and what kind, never the message.

gradio and its server print a request's words with what they stumble over: a program that leaves an argument out finds
its report in the message of a ``ValueError``. The log is read by who runs the page, and kept.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import SimpleNamespace
from typing import Any

from elmtex.settings import DEBUG, setting


def without_messages() -> None:
    """Let gradio, and every logger of this process, leave the messages of exceptions out; not with ``ELMTEX_DEBUG=1``."""
    from gradio import queueing, route_utils, routes

    if setting(DEBUG):
        return
    for module in (queueing, route_utils, routes):
        module.traceback = SimpleNamespace(print_exc=_print)  # type: ignore[attr-defined]
    make = logging.getLogRecordFactory()
    if make is not _record:
        _made.append(make)
        logging.setLogRecordFactory(_record)


_made: list[Any] = []  # the factory of records that was there before


def _record(*args: Any, **options: Any) -> logging.LogRecord:
    record: logging.LogRecord = _made[-1](*args, **options)
    if record.exc_info and (error := record.exc_info[1]) is not None:
        # a formatter uses this text and does not format the exception itself
        record.exc_text = told(error)
        record.exc_info = None
    return record


def _print() -> None:
    if (error := sys.exc_info()[1]) is not None:
        sys.stderr.write(told(error) + "\n")


def told(error: BaseException) -> str:
    """A traceback with the kinds of the exceptions alone, the cause first."""
    chain: list[BaseException] = []
    next_one: BaseException | None = error
    while next_one is not None and next_one not in chain:
        chain.append(next_one)
        hidden = next_one.__suppress_context__
        next_one = next_one.__cause__ or (None if hidden else next_one.__context__)
    return "\n".join(
        "".join(traceback.format_tb(one.__traceback__)) + type(one).__qualname__
        for one in reversed(chain)
    )
