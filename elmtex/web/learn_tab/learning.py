"""Learning from an owner's finished reviews: what there is to learn from, a lesson in the background, what became of it. No
HTML here."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from elmtex.adaptations import Adaptations, Version, schema_key
from elmtex.adaptations.learn import Lesson, Step
from elmtex.review import Store
from elmtex.review.gold import record
from elmtex.schema import CategorySchema
from elmtex.types import ElmtexError, InputError, Record
from elmtex.web.access.headers import TAB

Phase = Literal["none", "waiting", "running", "stopped", "failed", "done"]


class Learns(Protocol):
    """What the page needs of a :class:`elmtex.adaptations.learn.Lesson`."""

    def run(self, told: Callable[[Step], None]) -> Version | None: ...

    def stop(self) -> None: ...


MakeLesson = Callable[[Sequence[Record], CategorySchema, Adaptations], Learns]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A schema with how many reviews of it are finished."""

    key: str
    schema: CategorySchema
    finished: int


@dataclass(frozen=True, slots=True)
class State:
    """How far an owner's lesson is.

    Args:
        phase: ``waiting`` while another user's is under way.
        key: of its schema; "" before the first.
        step: the latest; None before the first.
        said: why it failed: a sentence of the library.
    """

    phase: Phase = "none"
    key: str = ""
    step: Step | None = None
    said: str = ""

    @property
    def under_way(self) -> bool:
        return self.phase in ("waiting", "running")


class Learning:
    """The lessons of all owners: one each, and one at a time, since they share the machine.

    Args:
        store: where the reviews are.
        make: makes a lesson.
    """

    def __init__(self, store: Store, make: MakeLesson = Lesson) -> None:
        self._store, self._make = store, make
        self._turn, self._changing = threading.Lock(), threading.Lock()
        self._states: dict[str, State] = {}
        self._lessons: dict[str, Learns] = {}

    def reviewed(self, owner: str) -> list[Reviewed]:
        """The schemas with finished reviews, the most first."""
        finished = [line for line in self._store.lines(owner) if line.finished]
        counts = Counter(line.schema for line in finished)
        one_each = {line.schema: line.id for line in finished}
        found: dict[str, Reviewed] = {}
        for digest, id in one_each.items():
            schema = self._store.get(owner, id).schema
            key = schema_key(schema)
            before = found[key].finished if key in found else 0
            found[key] = Reviewed(key, schema, before + counts[digest])
        return sorted(found.values(), key=lambda one: -one.finished)

    def state(self, owner: str) -> State:
        """How far the owner's lesson is, or what became of the last one."""
        return self._states.get(owner, State())

    def begin(self, owner: str, key: str) -> None:
        """Begin a lesson in the background.

        Raises:
            ElmtexError: there are too few finished reviews, training is not installed, or a lesson of this owner is under way.
        """
        if owner.startswith(TAB):
            raise InputError(
                "what is learnt is kept for a browser that keeps cookies: allow them first"
            )
        schema = next((one.schema for one in self.reviewed(owner) if one.key == key), None)
        if schema is None:
            raise InputError("no review of this schema is finished")
        with self._changing:
            if self.state(owner).under_way:
                raise InputError("an adaptation is being made already: wait for it or stop it")
            lesson = self._make(self._gold(owner, key), schema, Adaptations(owner))
            self._lessons[owner] = lesson
            self._states[owner] = State("waiting", key)
        thread = threading.Thread(
            target=self._run, args=(owner, lesson), daemon=True, name="elmtex-learning"
        )
        thread.start()

    def stop(self, owner: str) -> None:
        """End the owner's lesson; nothing of it is kept."""
        with self._changing:
            lesson = self._lessons.pop(owner, None)
            if lesson is not None:
                self._states[owner] = replace(self.state(owner), phase="stopped")
        if lesson is not None:
            lesson.stop()

    def _gold(self, owner: str, key: str) -> list[Record]:
        entries = (
            self._store.get(owner, line.id) for line in self._store.lines(owner) if line.finished
        )
        made = [record(entry) for entry in entries if schema_key(entry.schema) == key]
        return [one for one in made if one is not None]

    def _run(self, owner: str, lesson: Learns) -> None:
        def now(state: State) -> None:
            with self._changing:
                if self._lessons.get(owner) is lesson:  # it was not stopped
                    self._states[owner] = state

        key = self.state(owner).key
        try:
            with self._turn:
                version = lesson.run(lambda step: now(State("running", key, step)))
            now(State("done" if version else "stopped", key))
        except ElmtexError as error:
            now(State("failed", key, said=str(error)))
        # Its message may quote a report.
        except Exception as error:
            now(State("failed", key, said=type(error).__name__))
        finally:
            with self._changing:
                if self._lessons.get(owner) is lesson:
                    del self._lessons[owner]


def candidate(versions: Sequence[Version]) -> Version | None:
    """The version that waits for a decision: the newest one, unless it is in use or was and is older than what is."""
    if not versions or versions[-1].in_use:
        return None
    return versions[-1]
