"""What an item's place decides, not the model: a relative's disease and age are not the patient's, what stands under
"Allergies" is one, and neither a name nor "Neurologisch" or "Abdomen" is a finding."""

from __future__ import annotations

from collections.abc import Mapping

from elmtex.extractors.listed_drugs import with_listed
from elmtex.extractors.places.allergies import with_allergies, with_drugs
from elmtex.extractors.places.doubles import each_once, of_one_kind
from elmtex.extractors.places.family import with_own, with_relatives
from elmtex.extractors.places.kinds import first_of, of_resource, spans_of
from elmtex.extractors.places.past import with_resolved
from elmtex.extractors.places.patients import is_patients
from elmtex.extractors.places.tissue import with_tissue
from elmtex.schema import CategorySchema
from elmtex.text.sections import Sectioned
from elmtex.types import Item


def by_place(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, sections: Sectioned
) -> dict[str, tuple[Item, ...]]:
    """The items that can be the patient's findings where they stand.

    Args:
        categories: items by category.
        schema: says by ``x-fhir`` what a category's items are.
        sections: the report and its headings.

    Examples:
        >>> from elmtex.schema import load_schema
        >>> report = "Vater: Infarkt mit 58 Jahren"
        >>> items = {"family_history": (Item(report, 0, 28),), "age": (Item("58 Jahren", 19, 28),)}
        >>> by_place(items, load_schema("elmtex"), Sectioned.of(report))["age"]
        ()
    """
    kinds = {category.key: category for category in schema.categories}
    categories = with_relatives(with_own(categories, kinds, sections), kinds, sections)
    relatives = spans_of(categories, kinds, of_resource("FamilyMemberHistory"))
    found = {
        key: tuple(i for i in items if is_patients(i, kinds[key], relatives, sections))
        for key, items in categories.items()
    }
    found = each_once(with_resolved(found, kinds, sections.report), kinds, sections.report)
    found = with_tissue(of_one_kind(found, kinds), kinds, sections)
    drugs = first_of(kinds, of_resource("MedicationStatement"))
    if drugs is not None:
        others = (item for key, items in found.items() if key != drugs for item in items)
        found[drugs] = with_listed(found.get(drugs, ()), others, sections)
    allergies = first_of(kinds, of_resource("AllergyIntolerance"))
    if allergies is None:
        return found
    return with_allergies(with_drugs(found, kinds, allergies, sections), kinds, allergies, sections)
