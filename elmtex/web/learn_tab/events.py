"""What happens in the tab that learns."""

from __future__ import annotations

from collections.abc import Callable

from elmtex.adaptations import Adaptations
from elmtex.types import ElmtexError
from elmtex.web.access import identity
from elmtex.web.controller import PageController
from elmtex.web.layout import PageParts
from elmtex.web.learn_tab.learning import Learning, Reviewed, candidate
from elmtex.web.learn_tab.render import said_html, versions_html
from elmtex.web.locale.messages import words_in
from elmtex.web.render import notice_html
from elmtex.web.toolkit import NOW, Updates, gr


# gradio recognises its request by the type hints of the functions below.
def wire_learn(parts: PageParts, controller: PageController, learning: Learning) -> None:
    """The tab's buttons, and the timer by which a lesson under way is followed."""
    tab, language = parts.learn, parts.language

    def view(owner: str, key: str | None, lang: str, refused: str = "") -> Updates:
        """All of the tab, as it is now."""
        words, state = words_in(lang), learning.state(owner)
        try:
            found = learning.reviewed(owner)
            chosen = _chosen(found, state.key if state.under_way else key)
            versions = Adaptations(owner).versions(chosen.schema) if chosen else []
        except ElmtexError as error:
            return {tab.said: str(notice_html(words.review.refused(error)))}
        waiting = candidate(versions)
        idle = not state.under_way
        used = any(version.in_use for version in versions)
        titles = [(f"{one.schema.title} ({one.finished})", one.key) for one in found]
        said = said_html(chosen, state, waiting, words)
        return {
            tab.schema: gr.update(choices=titles, value=chosen and chosen.key, interactive=idle),
            tab.learn: gr.update(visible=idle, interactive=chosen is not None),
            tab.stop: gr.update(visible=not idle),
            tab.said: str(notice_html(refused) + said),
            tab.use: gr.update(visible=idle and waiting is not None),
            tab.discard: gr.update(visible=idle and waiting is not None),
            tab.back: gr.update(visible=idle and used),
            tab.versions: str(versions_html(versions, words)),
            tab.timer: gr.Timer(active=not idle),
        }

    def show(key: str | None, lang: str, request: gr.Request) -> Updates:
        return view(identity.owner(request), key, lang)

    def button(
        act: Callable[[str, Reviewed], None],
    ) -> Callable[[str | None, str, gr.Request], Updates]:
        """What a button does with the chosen schema's owner, then the tab as it is afterwards."""

        def pressed(key: str | None, lang: str, request: gr.Request) -> Updates:
            owner, refused = identity.owner(request), ""
            try:
                chosen = _chosen(learning.reviewed(owner), key)
                if chosen is not None:
                    act(owner, chosen)
            except ElmtexError as error:
                refused = words_in(lang).review.refused(error)
            return view(owner, key, lang, refused)

        return pressed

    def use(owner: str, chosen: Reviewed) -> None:
        if version := candidate(Adaptations(owner).versions(chosen.schema)):
            Adaptations(owner).use(version.id)

    def discard(owner: str, chosen: Reviewed) -> None:
        if version := candidate(Adaptations(owner).versions(chosen.schema)):
            Adaptations(owner).delete(version.id)

    acts: dict[gr.Button, Callable[[str, Reviewed], None]] = {
        tab.learn: lambda owner, chosen: learning.begin(owner, chosen.key),
        tab.stop: lambda owner, chosen: learning.stop(owner),
        tab.use: use,
        tab.discard: discard,
        tab.back: lambda owner, chosen: (Adaptations(owner).roll_back(chosen.schema), None)[1],
    }
    for component, act in acts.items():
        component.click(button(act), [tab.schema, language], tab.shown, **NOW)
    for opened in (tab.tab.select, tab.timer.tick, tab.schema.input, language.change):
        opened(show, [tab.schema, language], tab.shown, **NOW)


def _chosen(found: list[Reviewed], key: str | None) -> Reviewed | None:
    """The schema of that key, else the one with the most finished reviews."""
    return next((one for one in found if one.key == key), found[0] if found else None)
