"""What the page says while something takes longer than a second."""

from __future__ import annotations

from elmtex.web.locale.catalogue import Section, _


class WaitMessages(Section):
    """What is being done."""

    codes = _("Looking the codes up; the first time their lists are loaded …")
    file = _("Writing the file …")
    preparing = _(
        "The model is being loaded. After an installation its weights are first prepared for this "
        "computer, once, which takes up to a minute …"
    )
