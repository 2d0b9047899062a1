"""Carries a batch out on a Ray cluster: tasks read the inputs, workers with a model each answer, this process keeps the rows.

    sources ─ read (tasks) ─ a few reports a block ─ answer (actors) ─ rows ─▶ output of this process

Ray Data holds the reading back while the workers are busy, so memory does not grow with the inputs. A worker that dies
is started again, and its blocks are done again; their rows are written once all the same. This process handles
addresses, digests and documents; the reports' texts go from task to worker through Ray's object store.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from elmtex.batch.key import key_of, settings_of
from elmtex.batch.ledger import is_done
from elmtex.batch.rows import Row, failed_row, rows_of
from elmtex.extractors.base import Extractor
from elmtex.provenance import usable_cores
from elmtex.readers.sources import Source, read_source
from elmtex.readers.text_files import Report
from elmtex.types import ElmtexError, InputError, MissingDependencyError

if TYPE_CHECKING:
    import pyarrow as pa

    from elmtex.batch.job import Meet

LOCAL = "local"
# Bytes of reports that go to a worker together for each that it extracts at once, which is what its death costs; a
# longer one goes alone. Larger ones leave a worker idle at the end of a small batch.
BLOCK = 2_000
DEATHS = 3  # of workers with the same report in hand: then it is the report's fault
# Reports read ahead of the workers, in bytes of Ray's object store.
AHEAD = 64_000_000
_ADDRESS = re.compile(r"auto|ray://.+|[\w.\[\]:-]+:\d+")


@dataclass(frozen=True)
class OnRay:
    """Carries a job out on a Ray cluster, every machine of which has elmtex and the model's files.

    Args:
        make: opens the extractor; called in each worker.
        files: the inputs, found by :func:`elmtex.readers.sources.sources`; every machine must be able to read them.
        address: ``local`` for a cluster of this machine that ends with the batch; ``auto`` or an address joins one.
        workers: processes that hold an extractor each; None for as many as the cluster has room for.
        cores, gpus: of a worker.
        at_once: threads that extract in a worker.

    Raises:
        InputError: an address that can be none.
        MissingDependencyError: Ray is not installed.
    """

    make: Callable[[], Extractor]
    files: Sequence[Source]
    address: str = LOCAL
    workers: int | None = None
    cores: int = 1
    gpus: float = 0
    at_once: int = 1

    def __post_init__(self) -> None:
        if self.address != LOCAL and not _ADDRESS.fullmatch(self.address):
            raise InputError(
                f"--ray {self.address!r} is no address: give auto, HOST:PORT or ray://HOST:PORT, or write --ray after IN"
            )
        _import_ray()

    def rows(self, meet: Meet, done: Callable[[], NDArray[np.bytes_]]) -> Iterator[Row]:
        """See :class:`elmtex.batch.job.Runner`. A report that stands in the inputs twice may be answered twice."""
        found = [asdict(source) for source in self.files]
        with self._cluster() as ray:
            resources = {"num_cpus": self.cores, "num_gpus": self.gpus}
            settings = _asked(ray, ray.remote(**resources)(_settings).remote(self.make))
            watch = ray.remote(num_cpus=0, max_restarts=-1)(_Watch).remote()
            count = self.workers or self._room(ray)
            reports = ray.data.from_items(found, override_num_blocks=min(len(found), 1000))
            answers = reports.map_batches(
                _read,
                fn_args=(settings, ray.put(done())),
                batch_size=None,
                num_cpus=0,
                compute=ray.data.TaskPoolStrategy(size=count),
            ).map_batches(
                _Worker,
                fn_constructor_args=(self.make, settings, watch, self.at_once),
                batch_size=None,
                batch_format="pyarrow",
                compute=ray.data.ActorPoolStrategy(size=count),
                **resources,
            )
            for id, key, row in _received(ray, answers):
                if meet(id, key) and row is not None:
                    yield json.loads(row)

    def _room(self, ray: Any) -> int:
        """The workers that the cluster has room for."""
        has = ray.cluster_resources()
        room = int(has.get("CPU", 0) // self.cores)
        if self.gpus:
            room = min(room, int(has.get("GPU", 0) / self.gpus))
        if room < 1:
            raise InputError(
                f"no machine of the Ray cluster has room for a worker of {self.cores} cores and {self.gpus:g} GPUs: "
                "give --worker-cores, --worker-gpus"
            )
        return room

    @contextmanager
    def _cluster(self) -> Iterator[Any]:
        """Ray, connected; what was started is ended."""
        ray = _import_ray()
        own = not ray.is_initialized()
        if own:
            self._connect(ray)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False  # there is one of our own
        context.target_max_block_size = BLOCK * self.at_once
        context.execution_options.resource_limits = ray.data.ExecutionResources(
            object_store_memory=AHEAD
        )
        try:
            yield ray
        finally:
            if own:
                ray.shutdown()

    def _connect(self, ray: Any) -> None:
        here = self.address == LOCAL
        cluster = (
            {"num_cpus": usable_cores(), "include_dashboard": False}
            if here
            else {"address": self.address}
        )
        try:
            ray.init(log_to_driver=False, logging_level="ERROR", **cluster)
        except Exception as error:  # Ray raises errors of many kinds
            what = (
                "Ray does not start on this machine; is it too busy?"
                if here
                else "no Ray cluster answers there"
            )
            raise InputError(f"--ray {self.address}: {what} ({type(error).__name__})") from None


def _import_ray() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # or it would call home
    try:
        import ray
        import ray.data
    except ImportError:
        raise MissingDependencyError("--ray needs Ray: pip install 'elmtex[ray]'") from None
    return ray


def _asked(ray: Any, answer: Any) -> Any:
    """A remote answer; an error that elmtex raised there is raised here."""
    try:
        return ray.get(answer)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ElmtexError):
            raise error.cause from None
        raise ElmtexError(f"a worker stopped with {type(error.cause).__name__}") from None


def _received(ray: Any, answers: Any) -> Iterator[tuple[str, str, str | None]]:
    """Id, key and row (None where there is one already) of the workers' answers."""
    try:
        for block in answers.iter_batches(batch_size=None, batch_format="pyarrow"):
            for answer in block.to_pylist():
                if not answer["key"]:
                    raise InputError(answer["row"])
                yield answer["id"], answer["key"], answer["row"]
    except ray.exceptions.RayError as error:  # its message may quote what a worker had in hand
        raise ElmtexError(
            f"the Ray cluster stopped with {type(error).__name__}; what is done is kept, --resume continues it"
        ) from None


def _settings(make: Callable[[], Extractor]) -> str:
    """The settings as a worker's machine has them: this one may have no GPU."""
    return settings_of(make())


def _read(files: dict[str, Any], settings: str, done: Any) -> Iterator[pa.Table]:
    """The reports of some sources, which Ray gathers into blocks; the text of what is done is left out."""
    import ray

    known = ray.get(done)
    names = ("id", "key", "text", "problem", "kept")
    for path, name in zip(files["path"], files["name"], strict=True):
        for report in _safely(Source(str(path), str(name))):
            key = key_of(report, settings)
            kept = is_done(known, report.id, key)
            text = None if kept else report.text
            yield _columns(names, [(report.id, key, text, report.problem, kept)])


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    import pyarrow as pa

    types = [pa.bool_() if name == "kept" else pa.large_string() for name in names]
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, type) for column, type in zip(columns, types, strict=True)]
    return pa.table(dict(zip(names, arrays, strict=True)))


def _safely(source: Source) -> Iterator[Report]:
    """The reports of a source; what is wrong with it is said in a row, for the other sources go on."""
    try:
        yield from read_source(source)
    except ElmtexError as error:
        yield Report(source.name or source.path, None, str(error))
    except Exception as error:  # it may quote the file
        problem = f"{source.path} cannot be read ({type(error).__name__})"
        yield Report(source.name or source.path, None, problem)


class _Watch:
    """Counts how often some work began without an end: with a worker that died over it."""

    def __init__(self) -> None:
        self._begun: dict[str, int] = {}

    def begin(self, work: str) -> int:
        """Note that it begins; how often it had begun before."""
        before = self._begun.get(work, 0)
        self._begun[work] = before + 1
        return before

    def end(self, work: str) -> None:
        self._begun.pop(work, None)


class _Worker:
    """An extractor in a process of its own, for one block of reports after the other."""

    def __init__(
        self, make: Callable[[], Extractor], settings: str, watch: Any, at_once: int
    ) -> None:
        self._watch, self._at_once = watch, at_once
        self._refusal = (
            ""  # said to the driver in an answer: an error here would be Ray's, with a traceback
        )
        try:
            self._extractor = make()
            if settings_of(self._extractor) != settings:
                self._refusal = (
                    "the machines of the cluster would answer differently: give --engine, and the same files and "
                    "versions to all"
                )
            self._extractor.load()
        except ElmtexError as error:
            self._refusal = str(error)

    def __call__(self, block: pa.Table) -> pa.Table:
        if self._refusal:
            return _columns(("id", "key", "row"), [("", "", self._refusal)])
        met = block.to_pylist()
        answers = self._answers([row for row in met if not row["kept"]])
        rows = [
            (row["id"], row["key"], None if row["kept"] else json.dumps(next(answers)))
            for row in met
        ]
        self._end(met)
        return _columns(("id", "key", "row"), rows)

    def _answers(self, rows: Sequence[dict[str, Any]]) -> Iterator[Row]:
        """The answers of a block; one whose last worker has died is done report by report."""
        reports = [(Report(row["id"], row["text"], row["problem"]), row["key"]) for row in rows]
        if not rows or self._begin(_block_of(rows)) == 0:
            yield from rows_of(self._extractor, reports, self._at_once)
            return
        for report, key in reports:
            if self._begin(f"{report.id} {key}") >= DEATHS:
                problem = f"{DEATHS} workers ended over it, of its length or by a defect"
                yield failed_row(self._extractor, report.id, key, problem)
            else:
                yield from rows_of(self._extractor, [(report, key)], 1)
            self._watch.end.remote(f"{report.id} {key}")

    def _begin(self, work: str) -> int:
        import ray

        before: int = ray.get(self._watch.begin.remote(work))
        return before

    def _end(self, met: Sequence[dict[str, Any]]) -> None:
        if rows := [row for row in met if not row["kept"]]:
            self._watch.end.remote(_block_of(rows))


def _block_of(rows: Sequence[dict[str, Any]]) -> str:
    return f"block of {rows[0]['id']} {rows[0]['key']}"
