"""What the page does when something is clicked. No gradio here: handlers return a :class:`View`, the tabs' events.py show it."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Iterator
from contextlib import closing

from markupsafe import Markup

from elmtex.examples import EXAMPLES
from elmtex.extractors.base import Extractor
from elmtex.readers.text_files import Report
from elmtex.review import Store
from elmtex.review.store import MEMORY
from elmtex.schema import CategorySchema
from elmtex.types import ElmtexError
from elmtex.web.about_tab.about import Model, model_of
from elmtex.web.adapted import Adapted
from elmtex.web.batch_tab.batch import Batch, Taken
from elmtex.web.batch_tab.render import batch_html, stored_said, unread_said
from elmtex.web.compare_tab.choices import OWN, Choices
from elmtex.web.compare_tab.compare import Comparing
from elmtex.web.locale.messages import words_in
from elmtex.web.render import message_html, notice_html
from elmtex.web.report_tab.command_log import CommandLog
from elmtex.web.report_tab.commands import Command, parse
from elmtex.web.report_tab.exports import answer_html
from elmtex.web.report_tab.render import reviews_html
from elmtex.web.report_tab.review import Linking, Outcome, fresh, outcome_of
from elmtex.web.report_tab.view import view_of
from elmtex.web.runs import Runs
from elmtex.web.state import SessionState, View, name_of, refusal_of, stands_in, with_choices
from elmtex.web.visitor_shares import STORED, Shares, Turn

logger = logging.getLogger(__name__)  # never about a report


class PageController:
    """The page's handlers around one extractor.

    Args:
        extractor: reads one report at a time; its model may not be loaded yet.
        store: where reviews are kept; None keeps them as long as the process lives.
        linker: suggests codes; None for none.
        choices: the extractors that may be compared, by name; None for this one alone.
    """

    def __init__(
        self,
        extractor: Extractor,
        store: Store | None = None,
        linker: Linking | None = None,
        choices: Choices | None = None,
    ) -> None:
        self.extractor = extractor
        self.store = store or Store(MEMORY)
        self.linker = linker
        self.turn = Turn()
        self.shares = Shares()
        self.model: Model | None = None  # until it is loaded
        self.loading = False  # in the background
        self.adapted = Adapted(extractor)
        self.runs = Runs(self.adapted, self.turn, self.shares)
        self.trials = Runs(self.adapted, self.turn, self.shares)  # of schemas, not stored
        self._languages: dict[str, str] = {}  # by session: the language it chose last
        self.commands = CommandLog()
        self.batch = Batch(extractor, self.store, self.turn, self.adapted)
        self.comparing = Comparing(choices or {OWN: lambda: extractor}, self.turn, self.shares)

    def load_in_background(self) -> None:
        """Load the model, then the lists of codes, while the first user still pastes."""
        self.loading = True
        threading.Thread(target=self._load, daemon=True, name="elmtex-loading").start()

    def _load(self) -> None:
        try:
            with self.turn:
                self.extractor.load()
            self.model = model_of(self.extractor)
        except ElmtexError as error:
            # The first extraction will fail in the same way and show it on the page; the terminal says so now.
            logger.error("the model cannot be loaded: %s", error)
        finally:
            self.loading = False
        try:
            if self.linker is not None:
                self.linker.load(self.extractor.schema)
        except ElmtexError:
            return  # who asks for codes is told then

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
        before: SessionState | None = None,
    ) -> View:
        """Answer the click at once, while the report may still wait for its turn.

        Args:
            report: what stands in the box; None is what gradio sends for one never touched.
            lang: the page's language.
            source: what was read from a file into the box; None when nothing was.
            owner: whose reviews stand beside the box.
            own: the user's own schema; None is the page's.
            before: what the session saw so far: the user's choices stay.
        """
        report = report or ""
        # A browser's text box turns CR LF into LF. A text that was not edited is read with the file's own line ends.
        if source is not None and source.text is not None and stands_in(report, source):
            report = source.text
        else:
            source = None
        reason = refusal_of(report) or ("full" if self._is_full(owner) else "")
        if reason:
            state = SessionState("refused", report, reason=reason, source=source)
        else:
            state = SessionState("running", report, source=source, schema=own)
        return self.render(with_choices(state, before or state), lang, owner)

    def _is_full(self, owner: str) -> bool:
        try:
            return len(self.store.lines(owner)) >= STORED
        except ElmtexError:
            return False  # storing the report will fail in the same way, and say so

    def take(
        self,
        paths: list[str],
        state: SessionState,
        lang: str,
        owner: str,
        own: CategorySchema | None = None,
        box: str | None = "",
    ) -> View:
        """Read files: one report goes into the box, many into the other tab.

        Where nothing could be read, no earlier file's text may stay in the box, to be taken for this one's; what
        ``box`` holds otherwise was typed, and stays.
        """
        words = words_in(lang)
        try:
            taken = self.batch.take(paths, owner, own or self.extractor.schema)
        except ElmtexError as error:
            taken = Taken(unread=(Report("", None, words.review.refused(error)),))
        if taken.one is not None and taken.one.text is not None:
            view = self.render(SessionState("empty", source=taken.one), lang, owner)
            return dataclasses.replace(view, box=taken.one.text)
        source = state.source if stands_in(box or "", state.source) else None
        if taken.unread:
            said = unread_said(taken, words)
            if source is None and box:
                said = f"{said} {words.batch.still_there}"
            view = self.render(SessionState("empty", said=said), lang, owner)
            table = self.render_batch(state, lang, owner)
            return dataclasses.replace(view, batch=table, box="" if source else None)
        said = stored_said(taken, words)
        view = self.render(SessionState("empty", said=said, source=source), lang, owner)
        table = str(message_html(said, "good")) + self.render_batch(state, lang, owner)
        return dataclasses.replace(view, batch=table, taken=True)

    def run_batch(self, session: str, state: SessionState, lang: str, owner: str) -> Iterator[str]:
        """Extract what waits in the owner's batches, rendering the table after each."""
        try:
            for running in self.batch.run(session, owner):
                yield self.render_batch(
                    state, self.language_of(session, lang), owner, running=running
                )
        except ElmtexError:
            yield self.render_batch(
                state, self.language_of(session, lang), owner
            )  # which says the same

    def render_batch(
        self, state: SessionState, lang: str, owner: str, *, running: bool = False
    ) -> str:
        """The tab of many reports."""
        try:
            lines = self.batch.lines(owner)
            schemas = self.store.schemas(owner) if lines else []
        except ElmtexError as error:
            return str(notice_html(words_in(lang).review.refused(error)))
        return str(batch_html(lines, schemas, words_in(lang), state.batch_format, running))

    def run(self, session: str, state: SessionState, lang: str, owner: str = "") -> Iterator[View]:
        """Read the report :meth:`begin` accepted, drawing what is found as it arrives, and keep it for review."""
        if state.phase != "running":
            return  # refused, or stopped while it waited
        with closing(self.runs.run(session, state, owner)) as states:
            for each in states:
                now = self.language_of(session, lang)
                yield self.render(self._kept(each, owner, now), now, owner)
        # Still None if the model could not be loaded at the start.
        if self.model is None and each.phase == "finished":
            self.model = model_of(self.extractor)

    def _kept(self, state: SessionState, owner: str, lang: str) -> SessionState:
        """A finished extraction as a review; one that was stopped or failed is not half a record."""
        if state.phase != "finished" or state.extraction is None:
            return state
        try:
            id = self.store.add(
                owner,
                state.source.id if state.source else name_of(state.report),
                state.report,
                state.schema or self.extractor.schema,
                extraction=state.extraction,
                recognised=state.source is not None and state.source.recognised,
                note=state.source.note if state.source else "",
            )
            return dataclasses.replace(state, entry=self.store.get(owner, id))
        except ElmtexError as error:
            return dataclasses.replace(state, said=words_in(lang).review.refused(error))

    def act(
        self,
        asked: str,
        state: SessionState,
        lang: str,
        owner: str,
        reviewer: str,
        session: str = "",
    ) -> View | None:
        """Carry out what was clicked on the review screen or in the list of reviews.

        The browser sends a command again when it hears nothing, or its text box was slow: it is carried out once.

        Args:
            asked: the command as JSON, see :mod:`elmtex.web.report_tab.commands`.
            state: the session's state.
            lang: the page's language.
            owner: whose reviews these are.
            reviewer: the name that goes with a decision.
            session: the tab of the browser, which numbers its commands.

        Returns:
            What to draw; None while the command is under way, sent before.
        """
        words, state = words_in(lang), dataclasses.replace(state, said="")
        try:
            command = parse(asked)
        except ElmtexError as error:
            state = dataclasses.replace(state, said=words.review.refused(error))
            return dataclasses.replace(
                self.render(state, lang, owner), answer=answer_html("", None, state.said)
            )
        new, done = self.commands.begin(session, command.n)
        if new or command.do in ("file", "pdf", "batch_file"):  # a file may be made again
            try:
                outcome = outcome_of(
                    command, state, self.batch, self.linker, owner, reviewer, words
                )
                return self._answered(command, outcome, lang, owner)
            finally:
                self.commands.finish(session)
        if not done:
            return None
        view = self.render(fresh(state, self.store, owner), lang, owner)
        return dataclasses.replace(view, again=True, answer=answer_html(str(command.n), None))

    def _answered(self, command: Command, done: Outcome, lang: str, owner: str) -> View:
        view = dataclasses.replace(
            self.render(done.state, lang, owner),
            gone=done.gone,
            answer=answer_html(str(command.n), done.file, done.state.said),
        )
        if command.do in ("delete", "delete_all", "batch_format", "batch_file"):
            table = str(notice_html(done.state.said)) + self.render_batch(done.state, lang, owner)
            view = dataclasses.replace(view, batch=table)
        return view

    def stop(self, session: str, state: SessionState, lang: str) -> View | None:
        """End the session's run, keeping what it has found.

        Returns:
            What to draw of a run that still waits; None when the run draws its own end.
        """
        if self.runs.stop(session) or state.phase != "running":
            return None
        return self.render(dataclasses.replace(state, phase="stopped"), lang)

    def busy(self, state: SessionState, lang: str) -> View:
        """The queue was full: back to the box, with a sentence."""
        if state.phase != "running":
            return self.render(state, lang)
        return self.render(SessionState("refused", state.report, reason="busy"), lang)

    def leave(self, session: str) -> None:
        """The browser has gone: nobody waits for this answer any more."""
        self.batch.stop(session)
        self.comparing.stop(session)
        self.trials.stop(session)
        self.runs.stop(session)
        self._languages.pop(session, None)
        self.commands.forget(session)

    def set_language(self, session: str, lang: str) -> None:
        """The session's language from now on, also of a run that is under way."""
        self._languages[session] = lang

    def language_of(self, session: str, lang: str) -> str:
        """The session's language; ``lang``, with which it began, when it has chosen none since."""
        return self._languages.get(session, lang)

    def forget(self, owner: str) -> None:
        """Take out everything of an owner, reviews and all."""
        self.store.delete(owner, *(line.id for line in self.store.lines(owner)))

    def render(self, state: SessionState, lang: str, owner: str = "") -> View:
        """The view of a state in a language; the owner's reviews are listed on it while there is no report."""
        words = words_in(lang)
        kept = Markup()
        if state.phase in ("empty", "refused"):
            try:
                kept = reviews_html(self.store.lines(owner, batch="") if owner else [], words)
            except ElmtexError as error:
                kept = notice_html(words.review.refused(error))
        return view_of(state, self.extractor.schema, words, kept, loading=self.loading)
