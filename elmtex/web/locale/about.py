"""What the page says about itself."""

from __future__ import annotations

from elmtex.web.locale.catalogue import Section, _


class AboutMessages(Section):
    """Texts of the tab.

    ``sections`` are titles and paragraphs. ``law``, ``law_intro`` and ``duty_heads`` are title, introduction and column
    heads of the table of ``duties``: what Regulation (EU) 2024/1689 asks, and how the page answers.
    """

    tab = _("About")
    sections: tuple[tuple[str, str], ...] = (
        (
            _("What it is for"),
            _(
                "elmtex supports documentation and research. It reads a clinical report and proposes "
                "structured items, each with the words it is based on. It is not a medical device and "
                "makes no decision about a patient."
            ),
        ),
        (
            _("What it can get wrong"),
            _(
                "It can miss facts, put them into the wrong category, or misread a negation. A low "
                "confidence is marked; a high one is no proof. Every item needs a person who compares "
                "it with the report."
            ),
        ),
        (
            _("Your data"),
            _(
                "Reports stay on this computer: no service is called, nothing of a report is logged. "
                "A deleted report is gone with its decisions. On a public demonstration nothing is "
                "stored once the tab is closed; a visitor's last report stays in its memory until 64 "
                "other visitors have come or it is restarted."
            ),
        ),
    )
    law = _("What the EU AI Act asks, and how this page answers")
    law_intro = _(
        "Regulation (EU) 2024/1689 classifies a system by its purpose. elmtex is meant for "
        "documentation and research, with a person who reviews every item; whoever uses it "
        "for care decisions has to examine again whether it is then a high-risk system or a "
        "medical device. It is built as if the duties below applied. This is no legal advice."
    )
    duty_heads: tuple[str, ...] = (
        _("Asked"),
        _("Answered"),
    )
    duties: tuple[tuple[str, str], ...] = (
        (
            _("Record-keeping (Articles 12, 19)"),
            _(
                "What the model said and every decision about it, with time and reviewer, are "
                "appended to a database and never changed. The document names its model; the digests "
                "below identify it."
            ),
        ),
        (
            _("Transparency and information (Articles 13, 50)"),
            _(
                "Every item shows its place in the report, and is marked when it has none. Confidence "
                "is shown, low confidence stands out. This tab and the model card say what it is for, "
                "how well it does and where it fails."
            ),
        ),
        (
            _("Human oversight (Article 14)"),
            _(
                "Nothing is final until a person has accepted, rejected or corrected it; decisions "
                "can be undone and a run stopped. Exports mark what nobody has reviewed. Codes are "
                "suggestions until a person chooses them."
            ),
        ),
        (
            _("Accuracy, robustness, security (Article 15)"),
            _(
                "Items can only be words of the report; documents are validated. The model runs on "
                "this computer, calls no service, and its measured results are in the model card. "
                "“Compare” shows where two extractors differ."
            ),
        ),
        (
            _("Duties of who runs it (Articles 4, 26)"),
            _(
                "Competent people who know its limits, records kept for at least six months, and "
                "patients' data under the GDPR: that is yours to organise. Deleting a review deletes "
                "its records."
            ),
        ),
    )
    versions = _("Versions and digests")
    software = _("Software")
    model = _("Model")
    model_digest = _("SHA-256 of the model's files")
    schema = _("Schema")
    schema_digest = _("SHA-256 of the schema")
    loading = _("is loading …")
    card = _("Model card")
    no_card = _("Model card: this model has none")
