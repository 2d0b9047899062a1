"""What the tab of custom categories says."""

from __future__ import annotations

from collections.abc import Mapping

from elmtex.web.locale.catalogue import Section, _, _n, _p


class SchemaMessages(Section):
    """Texts with ``{braces}`` are filled by ``str.format``, or by the form's script.

    ``resources``, ``values`` and ``elements`` are what a schema may hold (:mod:`elmtex.schema.shape`); ``faults`` say what
    a field must hold, by its name.
    """

    tab = _("Categories")
    box = _("Category schema (JSON)")
    json = _("Show as JSON")
    upload = _("Open a schema file")
    start = _("Start from")
    start_now = _("Start from it")
    empty = _("An empty schema")
    save = _("Save as a file")
    use = _("Use these categories")
    standard = _("Back to the standard categories")
    good = _n("Usable: {count} category", "Usable: {count} categories", by="count")
    bad = _("Not usable yet:")
    used = _("Reports are now read with the schema “{title}”.")
    usual = _("Reports are read with the standard schema “{title}”.")
    unreadable = _("This text cannot be shown as a form. Mend it in the JSON.")

    categories = _("Categories")
    add_category = _("Add a category")
    attributes = _("Attribute types")
    attributes_hint = _("What may belong to an item: a drug's dose, a symptom's body site.")
    add_attribute = _("Add an attribute type")
    title = _("Title")
    title_in = _("Title in {language}")
    label = _("Label that the model sees")
    label_hint = _("A short word of the field. Empty: the title in lower case.")
    description = _("Description")
    description_hint = _("What belongs in it, for the people who read the results.")
    item_attributes = _("Attribute types of its items")
    add_to_list = _("Add …")
    codes = _("Codes from")
    which_codes: Mapping[str, str] = {
        "all": _("every terminology"),
        "none": _("no terminology"),
        "some": _("these terminologies, in this order"),
    }
    resource = _("FHIR resource")
    resources: Mapping[str, str] = {
        "Observation": _("Observation: a finding or value"),
        "Condition": _("Condition: a disease or symptom"),
        "Procedure": _("Procedure: what was done"),
        "MedicationStatement": _("MedicationStatement: a drug"),
        "FamilyMemberHistory": _("FamilyMemberHistory: a disease of relatives"),
        "AllergyIntolerance": _("AllergyIntolerance: an allergy"),
        "ServiceRequest": _("ServiceRequest: what is planned"),
    }
    clinical_status = _("Clinical status")
    clinical_statuses: Mapping[str, str] = {
        "": _("not said"),
        "active": _("active: what the patient has now"),
        "inactive": _("inactive: what is past"),
    }
    quantity = _("Its words are measurements: name, number, unit")
    also = _("Where an item's words name one, it becomes this instead")
    section = _("LOINC code of its section")
    only = _("Only words that can be")
    onlies: Mapping[str, str] = {
        "": _p("words", "anything"),
        "age": _("an age"),
        "gender": _("a gender"),
    }
    value = _("Its words are read as")
    values: Mapping[str, str] = {
        "": _("words alone"),
        "quantity": _("a quantity"),
        "timing": _("how often"),
        "duration": _("how long"),
        "route": _("a route"),
        "date": _("a date"),
        "status": _("new, continued, stopped …"),
    }
    element = _("Element in FHIR")
    note = _("a note")
    key = _("Name in the document")
    more = _("More")
    nameless = _("without a title")
    up = _("Move up: {title}")
    down = _("Move down: {title}")
    remove = _("Remove: {title}")
    moved = _("{title} is now {place} of {count}.")
    removed = _("{title} was removed. Undo brings it back.")
    taken = _(
        "The schema keeps the old name: this one is taken, or is not a letter followed by letters, digits and "
        "underscores."
    )
    faults: Mapping[str, str] = {
        "title": _("Give it a title of up to 200 characters."),
        "x-label": _("Up to 40 characters, without = ; ! ? [ ] and without two spaces in a row."),
        "description": _("Up to 2,000 characters."),
        "section": _("A LOINC code is a number with a check digit, such as 11450-4."),
        "properties": _("A schema has 1 to 64 categories."),
        "x-attributes": _("A schema has up to 32 attribute types."),
        "key": _("A name is a letter, followed by up to 63 letters, digits and underscores."),
    }

    trial = _("Try it on one report")
    trial_hint = _("Paste a report. It is read with the categories above, and not stored.")
    try_it = _("Try it")
    mend = _("Mend the schema first.")
    unmeasured = _("This schema was never measured: look at every row.")
    unmeasured_part = _("Never measured: {categories}. Look at every row of theirs.")
    teach = _("Teach the model by your corrections")
