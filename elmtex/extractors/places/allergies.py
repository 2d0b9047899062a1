"""Allergies and drugs: which of both a substance is where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from elmtex.extractors.places.kinds import NEAR, first_of, in_order, of_resource
from elmtex.extractors.spans import Spans
from elmtex.schema import Category
from elmtex.text.form_field import answered
from elmtex.text.sections import ALLERGY, Sectioned
from elmtex.types import Item

NONE = re.compile(r"(?:no|not|nil|none|nkda|denie[sd]|keine?)\b", re.IGNORECASE)
# What a sentence says of a drug that is not to be given, or no longer
_NOT_GIVEN = re.compile(
    r"\b(?:nkd?a|cave|avoid\w*|\w*meiden|\w*kontraindi\w*|contraindicat\w*|itch\w*|prurit\w*|juckreiz|\w*ausschlag|quaddeln|\w*ödem|quincke|bronchospas\w*"
    r"|atemnot|abgesetzt|stopped|discontinued|due to|wegen|bei(?! (?:bedarf|b(?:d|ed)\b|schmerz|fieber))|no(?! (?:refill|change))|not|cannot|kein\w*|nicht)\b|n['’]t\b",
    re.IGNORECASE,
)
_ALLERGIC_TO = re.compile(
    r"(?:\b(?:allergic|hypersensitive|intolerant) to|(?:allergy|hypersensitivity|intolerance) to|(?:allergie|unverträglichkeit|überempfindlichkeit|allergisch)\s(?:auf|gegen(?:über)?|von))"
    r"\s(?:(?:the|an?) )?\Z",
    re.IGNORECASE,
)
# How somebody reacts, which is no substance: "Erdnuss mit Atemnot"
REACTION = re.compile(
    r"(?:(?:schwer|leicht|stark|generalisiert|juckend)\w{0,3} |severe |mild |facial |skin )?(?:(?:haut)?ausschlag|exanthem|urtikaria|nesselsucht|quincke-?ödem|angio-?ödem"
    r"|atemnot|dyspnoe|anaphyla\w+|juckreiz|übelkeit|erbrechen|durchfall|diarrhö|schwellung|rr-abfall|rash|hives|urticaria|itching|pruritus|swelling|angio-?o?edema|nausea"
    r"|vomiting|diarrho?ea|shortness of breath|bronchospasm\w*)",
    re.IGNORECASE,
)
# „Unter Clindamycin kam es 2019 zu Urtikaria“, "amoxicillin caused hives"
_REACTED = re.compile(
    rf" (?:kam es|trat(?:en)?|caused|gave (?:him|her)|verursachte|führte)(?: (?:(?:im Jahr |in )?(?:19|20)\d\d|zu|an?|einer?|early|sofort)){{0,3}} (?:{REACTION.pattern})",
    re.IGNORECASE,
)
# "Tolerating dofetilide", "Given ketorolac"
_GIVEN = re.compile(
    r"(?<!not )\b(?:tolerat(?:es|ed|ing)|given|received|takes|currently|erhielt|bekam|verträgt|nimmt|aktuell) (?:\w+ )?\Z",
    re.IGNORECASE,
)


def with_drugs(
    categories: dict[str, tuple[Item, ...]],
    kinds: Mapping[str, Category],
    allergies: str,
    sections: Sectioned,
) -> dict[str, tuple[Item, ...]]:
    """The items; what the model took for an allergy is a drug under "Medications", or where it is given, if its sentence tells of no
    allergy."""
    drugs = first_of(kinds, of_resource("MedicationStatement"))
    if drugs is None:
        return categories

    told: dict[tuple[int, int], bool] = {}  # of each sentence, whether it tells of an allergy

    def is_drug(item: Item) -> bool:
        if item.start is None or item.assertion == "absent":
            return False
        span = sections.sentence(item.start)
        given = _GIVEN.search(sections.report, max(span[0], item.start - NEAR), item.start)
        if sections.kind(item.start) != "medication" and not given:
            return False
        if span not in told:
            words = sections.report[slice(*span)]
            told[span] = bool(ALLERGY.search(words) or _NOT_GIVEN.search(words))
        return not told[span]

    found = {True: list[Item](), False: list[Item]()}
    for item in categories.get(allergies, ()):
        found[is_drug(item)].append(item)
    if not found[True]:
        return categories
    known = Spans.of(categories.get(drugs, ()))
    new = (replace(item, attributes=()) for item in found[True] if not known.meet(item))
    both = in_order(*categories.get(drugs, ()), *new)
    return {**categories, drugs: both, allergies: tuple(found[False])}


def with_allergies(
    categories: dict[str, tuple[Item, ...]],
    kinds: Mapping[str, Category],
    allergies: str,
    sections: Sectioned,
) -> dict[str, tuple[Item, ...]]:
    """The items; of what the model took under "Allergies" for history or a drug, what is listed as no allergy yet is one."""
    known = Spans.of(categories.get(allergies, ()))
    moved: list[Item] = []

    def stays(item: Item, category: Category) -> bool:
        if "AllergyIntolerance" not in category.fhir.also or item.start is None or item.end is None:
            return True
        before = sections.report[max(0, item.start - NEAR) : item.start]
        told = category.fhir.resource == "MedicationStatement" and (
            _ALLERGIC_TO.search(before) or _REACTED.match(sections.report, item.end)
        )
        listed = sections.kind(item.start) == "allergies" and not NONE.match(item.text)
        if not (listed or told):
            return True
        if known.meet(item) or _GIVEN.search(before):
            return True
        if category.fhir.resource == "Condition" and (
            category.attributes or answered(sections.report, item.start, item.end)
        ):  # a reaction, or a form's next line
            return True
        known.add(item.start, item.end)
        moved.append(replace(item, attributes=()))
        return False

    found = {
        key: tuple(item for item in items if stays(item, kinds[key]))
        for key, items in categories.items()
    }
    if moved:
        found[allergies] = in_order(*found.get(allergies, ()), *moved)
    return found
