"""Parse untrusted files in a process with limits on memory and time.

A small hostile file, or a broken one, can make a parser take gigabytes or never end, and a thread
cannot be stopped. So the parsers run in a child process, which limits its own memory, and is killed
at a deadline together with all its children. It is a fresh Python that imports nothing but what the
files need; requests and answers are lines of JSON. Where the system has no memory limits (Windows;
macOS in part) the deadline still holds.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from elmtex.readers.text_files import ReadingError
from elmtex.types import InputError, MissingDependencyError

MEMORY = 1_000_000_000  # bytes of address space of the child, and of each program it starts
AT_ONCE = 4  # children that work at the same time; others wait for their turn, file by file
USED = 500_000_000  # bytes of it: a child that has grown so far is not used for the next file

Operations = Mapping[str, Callable[..., Iterator[Any]]]

_turns = threading.BoundedSemaphore(AT_ONCE)


class Worker:
    """Runs one operation after the other in a child, started when needed, and again after it was
    killed.

    Args:
        module: where the child finds its ``OPERATIONS``, by name: each takes and yields JSON
            values.

    Not thread-safe. Use it in a ``with``: its child ends there.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._child: subprocess.Popen[bytes] | None = None
        self.worked = 0.0  # seconds, without those it waited for its turn

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def ask(self, seconds: float, name: str, operation: str, *arguments: Any) -> Iterator[Any]:
        """What an operation yields, as it comes.

        Args:
            seconds: its deadline, from when its turn has come.
            name: what error messages call the file it works on.
            operation, arguments: what to do.

        Raises:
            ReadingError: it took too much time or memory (``costly``), broke over the file
                (``damaged``), or refused it.
            InputError, MissingDependencyError: as the operation raised them.
        """
        with _turns:
            child = self._begun()
            assert child.stdin is not None and child.stdout is not None
            late = threading.Event()

            def end() -> None:
                late.set()
                _kill(child)

            timer = threading.Timer(seconds, end)
            timer.daemon = True
            began = time.monotonic()
            timer.start()
            healthy = False
            try:
                with contextlib.suppress(BrokenPipeError):  # it has died; the answer says so
                    child.stdin.write(_line([operation, seconds, *arguments]))
                    child.stdin.flush()
                for line in child.stdout:
                    if not line.endswith(b"\n"):
                        break  # it was killed while it answered
                    kind, said = json.loads(line)
                    if kind == "answer":
                        yield said
                        continue
                    healthy = kind != "costly" and not said.get("used")
                    if kind != "end":
                        raise _error(kind, said, name)
                    return
                raise _given_up(name, seconds if late.is_set() else None)
            finally:
                self.worked += time.monotonic() - began
                timer.cancel()
                timer.join()
                if late.is_set() or not healthy:  # also when nobody wants its further answers
                    self._end()

    def _begun(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            code = (
                "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
                f"from {self._module} import OPERATIONS; from elmtex.readers.confined import serve; serve(OPERATIONS)"
            )
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-c", code, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Parsers quote the bytes they fail at, which are a patient's
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # so that what it starts is killed with it
            )
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            _kill(child)
            for pipe in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):  # what it did not read is not written any more
                    pipe.close()  # type: ignore[union-attr]
            child.wait()


def _kill(child: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        child.kill()
    else:
        # The child was not waited for yet, so its number is nobody else's.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)


def _line(value: Any) -> bytes:
    return json.dumps(value).encode("ascii") + b"\n"


def _given_up(name: str, seconds: float | None) -> ReadingError:
    much = (
        f"over {seconds:.0f} seconds" if seconds else f"over {MEMORY // 1_000_000_000} GB of memory"
    )
    return ReadingError(
        f"{name} was given up, for reading it took {much}: it is damaged or too large; save it again, as plain text or "
        "in smaller parts",
        "costly",
    )


def _error(kind: str, said: Mapping[str, Any], name: str) -> InputError | MissingDependencyError:
    match kind:
        case "refused":
            return ReadingError(said["problem"], said["note"])
        case "input":
            return InputError(said["problem"])
        case "missing":
            return MissingDependencyError(said["problem"])
        case "costly":
            return _given_up(name, None)
        case _:
            return ReadingError(f"{name} cannot be read: it is damaged", "damaged")


def serve(operations: Operations) -> None:
    """The child's side: answer requests until there are no more."""
    # What parsers print, and what they start reads, is not for the pipes.
    nothing = os.open(os.devnull, os.O_RDWR)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    # Libraries that others import where they are found, at a cost that no file is worth.
    for heavy in ("numpy", "pandas"):
        sys.modules[heavy] = None  # type: ignore[assignment]
    _limit_memory()
    for line in requests:
        operation, seconds, *arguments = json.loads(line)
        _limit_time(seconds)
        try:
            for answer in operations[operation](*arguments):
                answers.write(_line(["answer", answer]))
                answers.flush()
            kind, said = "end", {}
        except ReadingError as error:
            kind, said = "refused", {"problem": str(error), "note": error.note}
        except InputError as error:
            kind, said = "input", {"problem": str(error)}
        except MissingDependencyError as error:
            kind, said = "missing", {"problem": str(error)}
        # Parsers raise all kinds of errors on a broken file, and may quote it.
        except BaseException as error:
            kind, said = "costly" if _for_want_of_memory(error) else "damaged", {}
        answers.write(_line([kind, {**said, "used": _size("VmSize") > USED}]))
        answers.flush()


def _for_want_of_memory(error: BaseException) -> bool:
    # lxml gives no exception of its own for it ("unknown error"), zlib only words.
    return (
        isinstance(error, MemoryError)
        or "out of memory" in str(error).lower()
        or _size("VmPeak") > 0.9 * MEMORY
    )


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no copy of a report on the disk
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _limit_time(seconds: float) -> None:
    """Of the processor, beyond the deadline: for a child whose parent has died and kills it no
    more."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(usage.ru_utime + usage.ru_stime + seconds) + 5
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _size(which: str) -> int:
    """Bytes of this process's address space, now (``VmSize``) or at most (``VmPeak``); 0 where
    nobody counts them."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(which))
    except (OSError, StopIteration):
        return 0
