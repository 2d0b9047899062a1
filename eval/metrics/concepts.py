"""Concept level: both sides linked to concepts, compared as sets per category: ELMTEX's third
metric (arXiv 2502.05638) without its licensed parts (there: scispaCy's linker to UMLS)."""

from __future__ import annotations

from elmtex.coding.linker import Linker
from elmtex.schema import Category, load_schema
from elmtex.types import Item
from eval.metrics.documents import Pair
from eval.metrics.entity import Counts
from eval.metrics.sample import ConceptCounts

Concept = tuple[str, str]  # terminology, code


def concepts(both: Pair, linker: Linker) -> ConceptCounts:
    """Concepts of one report in both, only predicted, only in the gold, per category that a
    terminology covers.

    An item counts as its best concept. An item that no terminology knows counts as none, on either
    side: the share that was linked is given beside the counts, and the entity level scores the
    rest. Assertions are not compared here.
    """
    counts: dict[str, Counts] = {}
    items = {"gold": 0, "predicted": 0}
    linked = {"gold": 0, "predicted": 0}
    known = {category.key: category for category in load_schema("elmtex").categories}
    for key in both.gold:
        category = known.get(key)
        if not linker.terminologies_of(category):
            continue
        found: dict[str, set[Concept]] = {}
        for side, given in (("gold", both.gold[key]), ("predicted", both.predicted[key])):
            best = [concept for item in given if (concept := _concept(item, category, linker))]
            items[side] += len(given)
            linked[side] += len(best)
            found[side] = set(best)
        counts[key] = Counts(
            tp=len(found["gold"] & found["predicted"]),
            fp=len(found["predicted"] - found["gold"]),
            fn=len(found["gold"] - found["predicted"]),
        )
    return ConceptCounts(
        setting=linker.setting,
        counts=counts,
        gold_items=items["gold"],
        gold_linked=linked["gold"],
        predicted_items=items["predicted"],
        predicted_linked=linked["predicted"],
    )


def _concept(item: Item, category: Category | None, linker: Linker) -> Concept | None:
    codes = linker.link(item.text, category, limit=1)
    return (codes[0].system, codes[0].code) if codes else None
