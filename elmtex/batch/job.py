"""One job, whatever carries it out: each report of the inputs is answered and written exactly once, in any order; a job
that was killed is resumed.

A runner turns reports into rows: threads here (:class:`Threads`), a Ray cluster (:mod:`elmtex.batch.ray`). An output
keeps the rows: a file or a folder (:mod:`elmtex.batch.outputs`). A row is a document with the ``key`` of its report
(:mod:`elmtex.batch.key`).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from elmtex.batch.key import key_of, settings_of
from elmtex.batch.ledger import Ledger
from elmtex.batch.outputs import open_output
from elmtex.batch.rows import Row, rows_of
from elmtex.extractors.base import Extractor
from elmtex.readers.text_files import Report
from elmtex.types import InputError

Meet = Callable[[str, str], bool]  # of a report's id and key: whether it is to be answered


class Runner(Protocol):
    """What carries a job out."""

    def rows(self, meet: Meet, done: Callable[[], NDArray[np.bytes_]]) -> Iterator[Row]:
        """Answer the reports.

        Args:
            meet: to be asked once for each report, in the calling thread; only when it says so a row is wanted.
            done: digests of what need not be answered, see :meth:`elmtex.batch.ledger.Ledger.done`.

        Yields:
            A row for each report that is to be answered, in any order.
        """
        ...


@dataclass(frozen=True)
class Threads:
    """Carries a job out in this process.

    Args:
        extractor: any; tests pass a fake one here.
        reports: read one at a time.
        at_once: threads that extract; with more than one a kill may cost up to ``4 * at_once`` reports' work.
    """

    extractor: Extractor
    reports: Iterable[Report]
    at_once: int = 1

    def rows(self, meet: Meet, done: Callable[[], NDArray[np.bytes_]]) -> Iterator[Row]:
        settings = settings_of(self.extractor)
        pairs = ((report, key_of(report, settings)) for report in self.reports)
        missing = (pair for pair in pairs if meet(pair[0].id, pair[1]))
        yield from rows_of(self.extractor, missing, self.at_once)


@dataclass(frozen=True, slots=True)
class Summary:
    """How a batch went.

    Args:
        statuses: number of the inputs' reports by status, those kept from an earlier run included.
        kept: reports whose row an earlier run had written.
        redone: of the others, reports that OUT had an answer to that was made with other settings; it is gone.
        repeated: reports that stand in the inputs again, same id and text; they have one row.
        others: rows of OUT that belong to none of the inputs.
    """

    statuses: Mapping[str, int]
    kept: int
    others: int
    redone: int = 0
    repeated: int = 0

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def all_ok(self) -> bool:
        return set(self.statuses) <= {"ok"}


def run(
    extractor: Extractor,
    reports: Iterable[Report],
    out: Path | str,
    *,
    resume: bool = False,
    total: int | None = None,
    at_once: int = 1,
) -> Summary:
    """:func:`carry_out` with :class:`Threads`."""
    return carry_out(Threads(extractor, reports, at_once), out, resume=resume, total=total)


def carry_out(
    runner: Runner, out: Path | str, *, resume: bool = False, total: int | None = None
) -> Summary:
    """Answer each report and keep its row; a progress bar goes to stderr.

    Args:
        runner: answers the reports. Ids may repeat with other texts: each report gets a row of its own. One that
            stands there twice, same id and text, gets one.
        out: a file or a folder, as :func:`elmtex.batch.outputs.open_output` has it; there must be nothing yet unless
            ``resume`` is set.
        resume: go on with ``out``: keep its rows, cut a torn last one, try those with status ``failed`` again and
            leave out reports that have a row for the same id, text, schema, model and settings. A row for the same id
            and text made with others is taken out at the end, when the report has been answered again.
        total: number of reports for the progress bar; None when unknown.

    Raises:
        InputError: ``out`` exists (without ``resume``), is no output of a batch, cannot be written, or is being
            written by another run.
    """
    from tqdm import tqdm

    output = open_output(out)
    # A log file gets a line every ten seconds, a terminal a moving bar.
    interval = 0.1 if sys.stderr.isatty() else 10
    with (
        Ledger() as ledger,
        _writing(out),
        output.appending(new=not resume, wanted=ledger.earlier) as append,
        tqdm(total=total, unit="report", file=sys.stderr, mininterval=interval) as bar,
    ):

        def meet(id: str, key: str) -> bool:
            wanted = ledger.meet(id, key)
            if not wanted:
                bar.update()
            return wanted

        for row in runner.rows(meet, ledger.done):
            append(row)
            ledger.answered(row["id"], row["key"], row["status"])
            bar.update()
        kept, others, redone, repeated = ledger.counts()
        if redone:
            output.keep(lambda id, key, status: not ledger.superseded(id, key))
        return Summary(ledger.statuses(), kept, others, redone, repeated)


@contextlib.contextmanager
def _writing(out: Path | str) -> Iterator[None]:
    """Turn what the operating system says about ``out`` into an :class:`InputError`."""
    try:
        yield
    except FileExistsError:
        raise InputError(f"{out} exists: go on with it by --resume, or give another name") from None
    except IsADirectoryError:
        raise InputError(f"{out} is a directory: give the name of a file") from None
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"cannot write {out}: there is no folder {Path(out).parent}") from None
    except OSError as error:
        raise InputError(
            f"cannot write {out}: {error.strerror}; what it has is kept, --resume continues it"
        ) from None
