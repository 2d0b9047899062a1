"""What the tab of custom categories says."""

from __future__ import annotations

from elmtex.web.locale.catalogue import Section, _, _n


class SchemaMessages(Section):
    """Texts with ``{braces}`` are filled by ``str.format``."""

    tab = _("Categories")
    box = _("Category schema (JSON)")
    upload = _("Open a schema file")
    use = _("Use these categories")
    standard = _("Back to the standard categories")
    good = _n("Usable: {count} category", "Usable: {count} categories", by="count")
    bad = _("Not usable yet:")
    used = _("Reports are now read with the schema “{title}”.")
    usual = _("Reports are read with the standard schema “{title}”.")
    types = _("Attribute types")
    types_hint = _("What may belong to an item: a drug's dose, a symptom's body site.")
    no_types = _("No attribute types: items have no attributes.")
    type_chosen = _("Attribute type")
    new_type = _("New type …")
    type_key = _("Name in the document")
    type_title = _("Title")
    having = _("Categories whose items may have it")
    write_type = _("Write into the schema")
    remove_type = _("Remove from the schema")
