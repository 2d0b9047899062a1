"""What the page does when something is clicked. No gradio here: handlers return a :class:`Screen`, page.py shows it."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Iterator

from elmtex.examples import EXAMPLES
from elmtex.extractors.base import Extractor
from elmtex.readers.text_files import Report
from elmtex.review import Store
from elmtex.review.store import MEMORY
from elmtex.schema import CategorySchema
from elmtex.types import ElmtexError, InputError
from elmtex.web import render
from elmtex.web.about_tab.about import Model, model_of
from elmtex.web.batch_tab.batch import Batch, Taken
from elmtex.web.batch_tab.render import batch_html
from elmtex.web.compare_tab.choices import OWN, Contenders
from elmtex.web.compare_tab.compare import Comparing
from elmtex.web.jobs import Reading, extractor_for
from elmtex.web.limits import STORED, Shares, Turn
from elmtex.web.locale.messages import Words, counted, words_in
from elmtex.web.report_tab.commands import Command, parse
from elmtex.web.report_tab.exports import answer_html, file_of, files_of, handout_html
from elmtex.web.report_tab.render import notice_html, review_html, review_report_html, reviews_html
from elmtex.web.report_tab.review import Linking, carry_out
from elmtex.web.view import (
    Phase,
    Screen,
    Shown,
    ended,
    incomplete,
    name_of,
    opened,
    refusal_of,
    stands_in,
    state_html,
    taken_html,
    without,
)

logger = logging.getLogger(__name__)  # never about a report

DRAWING = 4  # times what a picture of a run took to draw and to send, before the next


class Desk:
    """The page's handlers around one extractor.

    Args:
        extractor: reads one report at a time; its model may not be loaded yet.
        store: where reviews are kept; None keeps them as long as the process lives.
        linker: suggests codes; None for none.
        contenders: the extractors that may be compared, by name; None for this one alone.
    """

    def __init__(
        self,
        extractor: Extractor,
        store: Store | None = None,
        linker: Linking | None = None,
        contenders: Contenders | None = None,
    ) -> None:
        self.extractor = extractor
        self.store = store or Store(MEMORY)
        self.linker = linker
        self.turn = Turn()
        self.shares = Shares()
        self.model: Model | None = None  # until it is loaded
        self._readings: dict[str, Reading] = {}
        self._spoken: dict[str, str] = {}  # by session: the language it chose last
        # By session: the number of its last command, and whether that has been carried out.
        self._numbers: dict[str, tuple[int, bool]] = {}
        self._numbering = threading.Lock()
        self.batch = Batch(extractor, self.store, self.turn)
        self.comparing = Comparing(contenders or {OWN: lambda: extractor}, self.turn, self.shares)

    def load_in_background(self) -> None:
        """Load the model while the first user still pastes."""
        threading.Thread(target=self._load, daemon=True, name="elmtex-loading").start()

    def _load(self) -> None:
        try:
            with self.turn:
                self.extractor.load()
            self.model = model_of(self.extractor)
        except ElmtexError as error:
            # The first extraction meets the same fault and shows it; the terminal learns it now.
            logger.error("the model cannot be loaded: %s", error)

    def example(self, name: str) -> str:
        """The text of a shipped example; "" for a name that is none."""
        return next((example.text for example in EXAMPLES if example.name == name), "")

    def begin(
        self,
        report: str | None,
        lang: str,
        source: Report | None = None,
        owner: str = "",
        own: CategorySchema | None = None,
    ) -> Screen:
        """Answer the click at once, while the report may still wait for its turn.

        Args:
            report: what stands in the box; None is what gradio sends for one never touched.
            lang: the page's language.
            source: what was read from a file into the box; None when nothing was.
            owner: whose reviews stand beside the box.
            own: the user's own schema; None is the page's.
        """
        report = report or ""
        # A browser's box turns CR LF into LF; what was not changed in it is read as the file has it.
        if source is not None and source.text is not None and stands_in(report, source):
            report = source.text
        else:
            source = None
        reason = refusal_of(report) or ("full" if self._is_full(owner) else "")
        if reason:
            return self.draw(Shown("refused", report, reason=reason, source=source), lang, owner)
        return self.draw(Shown("running", report, source=source, schema=own), lang, owner)

    def _is_full(self, owner: str) -> bool:
        try:
            return len(self.store.lines(owner)) >= STORED
        except ElmtexError:
            return False  # whoever keeps the report meets the same fault, and says it

    def take(
        self,
        paths: list[str],
        shown: Shown,
        lang: str,
        owner: str,
        own: CategorySchema | None = None,
        box: str | None = "",
    ) -> Screen:
        """Read files: one report goes into the box, many into the other tab.

        Where nothing could be read, no earlier file's text may stay in the box, to be taken for this one's; what
        ``box`` holds otherwise was typed, and stays.
        """
        words = words_in(lang).batch
        try:
            taken = self.batch.take(paths, owner, own or self.extractor.schema)
        except ElmtexError as error:
            taken = Taken(unread=(Report("", None, words_in(lang).review.refused(error)),))
        if taken.one is not None and taken.one.text is not None:
            screen = self.draw(Shown("empty", source=taken.one), lang, owner)
            return dataclasses.replace(screen, box=taken.one.text)
        source = shown.source if stands_in(box or "", shown.source) else None
        if taken.unread:
            why = "; ".join(words.noted(r.id, r.note, r.problem or "") for r in taken.unread)
            said = words.not_read.format(why=why.rstrip("."))
            if source is None and box:
                said = f"{said} {words.still_there}"
            screen = self.draw(Shown("empty", said=said), lang, owner)
            many = self.many(shown, lang, owner)
            return dataclasses.replace(screen, many=many, box="" if source else None)
        read = counted(taken.stored - taken.unreadable, "report", lang)
        said = words.were_read.format(reports=read)
        if taken.unreadable:
            said = f"{said} {words.not_readable.format(count=taken.unreadable)}"
        if taken.copies:
            said = f"{said} {words.copies.format(count=taken.copies)}"
        screen = self.draw(Shown("empty", said=said, source=source), lang, owner)
        many = render.message_html(said, "good") + self.many(shown, lang, owner)
        return dataclasses.replace(screen, many=many, taken=True)

    def run_batch(self, session: str, shown: Shown, lang: str, owner: str) -> Iterator[str]:
        """Extract what waits in the owner's batches, drawing the table after each."""
        try:
            for going_on in self.batch.run(session, owner):
                yield self.many(shown, self.spoken(session, lang), owner, running=going_on)
        except ElmtexError:
            yield self.many(shown, self.spoken(session, lang), owner)  # which says the same

    def many(self, shown: Shown, lang: str, owner: str, *, running: bool = False) -> str:
        """The tab of many reports."""
        try:
            lines = self.batch.lines(owner)
            schemas = self.store.schemas(owner) if lines else []
        except ElmtexError as error:
            return notice_html(words_in(lang).review.refused(error))
        return batch_html(lines, schemas, words_in(lang), shown.batch_format, running)

    def run(self, session: str, shown: Shown, lang: str, owner: str = "") -> Iterator[Screen]:
        """Read the report :meth:`begin` accepted, drawing what is found as it arrives, and keep it for review."""
        if shown.phase != "running":
            # gradio empties the page for a run that draws nothing.
            yield self.draw(shown, lang, owner)
            return
        extractor = extractor_for(self.extractor, shown.schema)
        try:
            give_back = self.shares.take(owner)
        except ElmtexError:
            refused = Shown("refused", shown.report, reason="share", source=shown.source)
            yield self.draw(refused, lang, owner)
            return
        reading = Reading(extractor, shown.report, self.turn, owner, give_back)
        self._readings[session] = reading
        reading.start()
        try:
            due = 0.0
            for progress in reading.pictures():
                began = time.monotonic()
                if progress is not None and progress.done > shown.done and began >= due:
                    shown = dataclasses.replace(
                        shown,
                        extraction=progress.extraction,
                        done=progress.done,
                        total=progress.total,
                    )
                    yield self.draw(shown, self.spoken(session, lang))
                    now = time.monotonic()
                    due = now + DRAWING * (now - began)  # a long report is long to draw, too
            shown = self._kept(ended(shown, reading), owner, self.spoken(session, lang))
            yield self.draw(shown, self.spoken(session, lang))
            # None still where it could not be loaded at the start.
            if self.model is None and shown.phase == "finished":
                self.model = model_of(self.extractor)
        finally:
            reading.stop()
            # gradio may end a stopped run only after the session has begun its next one.
            if self._readings.get(session) is reading:
                del self._readings[session]

    def _kept(self, shown: Shown, owner: str, lang: str) -> Shown:
        """A finished extraction as a review; one that was stopped or failed is not half a record."""
        if shown.phase != "finished" or shown.extraction is None:
            return shown
        try:
            id = self.store.add(
                owner,
                shown.source.id if shown.source else name_of(shown.report),
                shown.report,
                shown.schema or self.extractor.schema,
                extraction=shown.extraction,
                recognised=shown.source is not None and shown.source.recognised,
                note=shown.source.note if shown.source else "",
            )
            return dataclasses.replace(shown, entry=self.store.get(owner, id))
        except ElmtexError as error:
            return dataclasses.replace(shown, said=words_in(lang).review.refused(error))

    def act(
        self, asked: str, shown: Shown, lang: str, owner: str, reviewer: str, session: str = ""
    ) -> Screen | None:
        """Carry out what was clicked on the review screen or in the list of reviews.

        The browser sends a command again when it hears nothing, or its text box was slow: it is carried out once.

        Args:
            asked: the command as JSON, see :mod:`elmtex.web.report_tab.commands`.
            shown: the session's state.
            lang: the page's language.
            owner: whose reviews these are.
            reviewer: the name that goes with a decision.
            session: the tab of the browser, which numbers its commands.

        Returns:
            What to draw; None while the command is under way, sent before.
        """
        shown = dataclasses.replace(shown, said="")
        try:
            command = parse(asked)
        except ElmtexError as error:
            shown = dataclasses.replace(shown, said=words_in(lang).review.refused(error))
            return dataclasses.replace(self.draw(shown, lang, owner), answer=answer_html("", None))
        new, done = self._noted(session, command.n)
        if new or command.do in ("file", "batch_file"):  # a file may be made again
            try:
                return self._carry_out(command, shown, lang, owner, reviewer)
            finally:
                self._carried_out(session)
        if not done:
            return None
        screen = self.draw(self._fresh(shown, owner), lang, owner)
        return dataclasses.replace(screen, again=True, answer=answer_html(str(command.n), None))

    def _carry_out(
        self, command: Command, shown: Shown, lang: str, owner: str, reviewer: str
    ) -> Screen:
        words, file = words_in(lang), None
        gone: tuple[str, ...] = ()
        try:
            if command.do == "delete":
                gone = (self.store.get(owner, command.fields["review"]).text,)
                self.store.delete(owner, command.fields["review"])
                shown = without(shown, {command.fields["review"]}, gone)
            elif command.do == "delete_all":
                entries = self.batch.entries(owner)
                gone = tuple(entry.text for entry in entries)
                self.batch.delete(owner)
                shown = without(shown, {entry.id for entry in entries}, gone)
            elif command.do == "batch_format":
                shown = dataclasses.replace(shown, batch_format=command.fields["format"])
            elif command.do == "batch_file":
                file = files_of(self.batch.entries(owner), shown.batch_format, words)
            elif command.do == "open":
                shown = opened(self.store.get(owner, command.fields["review"]))
            else:
                shown = self._fresh(shown, owner)
                if shown.entry is None:
                    raise InputError(words.review.gone)
                if command.do == "file":
                    file = file_of(shown.entry, shown.format, words)
                shown = carry_out(command, shown, self.store, self.linker, owner, reviewer)
        except ElmtexError as error:
            file, shown = None, dataclasses.replace(shown, said=words.review.refused(error))
        if file is not None and file.problem:
            shown = dataclasses.replace(shown, said=file.problem)
        screen = dataclasses.replace(
            self.draw(shown, lang, owner), gone=gone, answer=answer_html(str(command.n), file)
        )
        if command.do in ("delete", "delete_all", "batch_format", "batch_file"):
            table = notice_html(shown.said) + self.many(shown, lang, owner)
            screen = dataclasses.replace(screen, many=table)
        return screen

    def _noted(self, session: str, number: int) -> tuple[bool, bool]:
        """Whether a command is new, and where it is not, whether it has been carried out."""
        if not number:
            return True, False
        with self._numbering:
            last, done = self._numbers.get(session, (0, True))
            if number <= last:
                return False, done or number < last
            self._numbers[session] = (number, False)
            return True, False

    def _carried_out(self, session: str) -> None:
        with self._numbering:
            if session in self._numbers:
                self._numbers[session] = (self._numbers[session][0], True)

    def _fresh(self, shown: Shown, owner: str) -> Shown:
        """The state with the review as it stands: another tab may have decided something, or deleted it."""
        if shown.entry is None:
            return shown
        try:
            return dataclasses.replace(shown, entry=self.store.get(owner, shown.entry.id))
        except InputError:
            return Shown()

    def stop(self, session: str, shown: Shown, lang: str) -> Screen:
        """End the session's run, keeping what it has found."""
        self._give_up(session)
        phase: Phase = "stopped" if shown.phase == "running" else shown.phase
        return self.draw(dataclasses.replace(shown, phase=phase), lang)

    def busy(self, shown: Shown, lang: str) -> Screen:
        """The queue was full: back to the box, with a sentence."""
        if shown.phase != "running":
            return self.draw(shown, lang)
        return self.draw(Shown("refused", shown.report, reason="busy"), lang)

    def leave(self, session: str) -> None:
        """The browser has gone: nobody waits for this answer any more."""
        self.batch.stop(session)
        self.comparing.stop(session)
        self._give_up(session)
        self._spoken.pop(session, None)
        self._numbers.pop(session, None)

    def speak(self, session: str, lang: str) -> None:
        """The session's language from now on, also of a run that is under way."""
        self._spoken[session] = lang

    def spoken(self, session: str, lang: str) -> str:
        """The session's language; ``lang``, with which it began, when it has chosen none since."""
        return self._spoken.get(session, lang)

    def _give_up(self, session: str) -> None:
        reading = self._readings.pop(session, None)
        if reading is not None:
            reading.stop()

    def forget(self, owner: str) -> None:
        """Take out everything of an owner, reviews and all."""
        self.store.delete(owner, *(line.id for line in self.store.lines(owner)))

    def draw(self, shown: Shown, lang: str, owner: str = "") -> Screen:
        """The screen of a state in a language; the owner's reviews stand on it while there is no report."""
        words, schema = words_in(lang), shown.schema or self.extractor.schema
        editing = shown.phase in ("empty", "refused")
        report = ""
        if shown.entry is not None:
            report = review_report_html(shown.entry, words)
        elif not editing:
            report = render.legend_html(shown.extraction, schema, words) + render.report_html(
                shown.report, shown.extraction, schema, words
            )
        return Screen(
            shown=shown,
            editing=editing,
            running=shown.phase == "running",
            notice=state_html(shown, words) + taken_html(shown, words) if editing else "",
            report=report,
            result=(notice_html(shown.said) if not editing else "")
            + self._result(shown, words, owner),
        )

    def _result(self, shown: Shown, words: Words, owner: str) -> str:
        if shown.phase in ("empty", "refused"):
            try:
                kept = reviews_html(self.store.lines(owner, batch="") if owner else [], words)
            except ElmtexError as error:
                kept = notice_html(words.review.refused(error))
            return render.welcome_html(words) + kept
        parts = [state_html(shown, words)]
        if shown.entry is not None:
            parts.append(review_html(shown.entry, words, shown.suggested))
            parts.append(handout_html(shown.entry, shown.format, words))
        elif shown.extraction is not None:
            finished = shown.phase == "finished"
            parts.append(
                render.categories_html(
                    shown.report,
                    shown.extraction,
                    shown.schema or self.extractor.schema,
                    words,
                    finished=finished,
                )
            )
            # Half a document is no use while the other half is on its way.
            if shown.phase != "running":
                found = shown.extraction if finished else incomplete(shown)
                parts.append(render.document_html(found, words, finished=finished))
        return "".join(parts)
