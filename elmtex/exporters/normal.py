"""Findings that are as they should be ("lungs clear"): stated by the report, and no problem of the patient's."""

from __future__ import annotations

from elmtex.schema import Category
from elmtex.types import Item
from elmtex.values.findings import is_normal_finding


def is_normal(item: Item, category: Category) -> bool:
    """Whether an item of a category of conditions is present and says that something is as it should be.

    A history, whose conditions are over, holds none: ``normal delivery`` is one.
    """
    return (
        item.assertion == "present"
        and category.fhir.resource == "Condition"
        and category.fhir.clinical_status != "inactive"
        and is_normal_finding(item.text)
    )
