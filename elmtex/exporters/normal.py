"""Normal findings ("lungs clear"): stated by the report, and no problem of the patient's."""

from __future__ import annotations

from elmtex.exporters.fhir.wording import is_operation
from elmtex.schema import Category
from elmtex.types import Item
from elmtex.values.findings import is_normal_finding


def may_hold_normal(category: Category) -> bool:
    """Whether normal findings are told apart in a category: in one of signs. A history's conditions are over, and a disease is none."""
    return (
        category.fhir.resource == "Condition"
        and category.fhir.clinical_status != "inactive"
        and not category.holds_diseases
    )


def is_normal(item: Item, category: Category) -> bool:
    """Whether an item is a normal finding that is present. One with a value or a severity is left to who reads it ("regular, 148/min")."""
    return (
        item.assertion == "present"
        and may_hold_normal(category)
        and not _is_graded(item, category)
        and is_normal_finding(item.text)
        and not is_operation(item.text)
    )


def _is_graded(item: Item, category: Category) -> bool:
    graded = {type.key for type in category.attributes if type.fhir in ("value", "severity")}
    return any(attribute.type in graded for attribute in item.attributes)
