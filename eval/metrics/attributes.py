"""Attributes of one report's items, as docs/gold-standard.md scores them: mentions and relations,
exact and relaxed.

mention   (category, type, span), wherever it belongs
relation  (item, type, span): the items are matched first, then the attributes of each pair of items

*Exact* compares normalised texts, of attribute and item; *relaxed* wants overlapping characters,
one to one, a maximum matching. Kiwi's modifiers and relations (arXiv 2411.10020) are these two.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

from elmtex.types import Attribute, Item
from eval.metrics.documents import Pair, normalise
from eval.metrics.entity import Counts, match_spans, maximum_matching, overlap

Strength = Literal["exact", "relaxed"]
STRENGTHS: tuple[Strength, ...] = get_args(Strength)
SETTINGS = ("end_to_end", "given")  # given: with the gold items given
SEPARATOR = "/"  # between category and type in a name
# "relation.relaxed" and the like, then "signs_symptoms/body_site" and the like
AttributeCounts = Mapping[str, Mapping[str, Counts]]


CategoryType = tuple[str, str]


def mentions(both: Pair, types: Sequence[str], strength: Strength) -> dict[str, Counts]:
    """Counts by type: the attributes of all items of a category are one pool.

    Args:
        both: gold and prediction of one report.
        types: the types that the gold labels; others are unknown, and a prediction of them does not
            count.
        strength: how alike two spans must be.
    """
    return _by_type_alone(mentions_per_category(both, types, strength), types)


def relations(both: Pair, types: Sequence[str], strength: Strength) -> dict[str, Counts]:
    """Counts by type: an attribute counts only where its item is matched with the gold's; see
    :func:`mentions`."""
    return _by_type_alone(relations_per_category(both, types, strength), types)


def mentions_per_category(
    both: Pair, types: Sequence[str], strength: Strength
) -> dict[CategoryType, Counts]:
    """As :func:`mentions`, by category and type."""
    totals: dict[CategoryType, Counts] = {}
    for key, gold in both.gold.items():
        wanted, given = (_by_type(items) for items in (gold, both.predicted[key]))
        for type in types:
            # The same words of one category count once, however many items they belong to.
            one, other = _distinct(wanted[type]), _distinct(given[type])
            totals[key, type] = _counts(one, other, strength)
    return totals


def relations_per_category(
    both: Pair, types: Sequence[str], strength: Strength
) -> dict[CategoryType, Counts]:
    """As :func:`relations`, by category and type."""
    totals: dict[CategoryType, Counts] = {}
    for key, gold in both.gold.items():
        predicted = both.predicted[key]
        of_key: dict[str, Counts] = dict.fromkeys(types, Counts())
        pairs = _matched(gold, predicted, strength)
        taken = {g for g, _ in pairs}, {p for _, p in pairs}
        for g, p in pairs:
            _add(of_key, gold[g].attributes, predicted[p].attributes, strength)
        for g, item in enumerate(gold):
            if g not in taken[0]:
                _add(of_key, item.attributes, (), strength)
        for p, item in enumerate(predicted):
            if p not in taken[1]:
                _add(of_key, (), item.attributes, strength)
        totals |= {(key, type): counts for type, counts in of_key.items()}
    return totals


def score_attributes(both: Pair, types: Sequence[str]) -> AttributeCounts:
    """Both measures in both strengths, by category and type; those of nothing are left out."""
    return {
        f"{measure}.{strength}": {
            f"{key}{SEPARATOR}{type}": counts
            for (key, type), counts in count(both, types, strength).items()
            if counts != Counts()
        }
        for measure, count in MEASURES.items()
        for strength in STRENGTHS
    }


MEASURES = {"mention": mentions_per_category, "relation": relations_per_category}


def _by_type_alone(
    totals: Mapping[CategoryType, Counts], types: Sequence[str]
) -> dict[str, Counts]:
    alone = dict.fromkeys(types, Counts())
    for (_, type), counts in totals.items():
        alone[type] += counts
    return alone


def _add(
    totals: dict[str, Counts],
    gold: Iterable[Attribute],
    predicted: Iterable[Attribute],
    strength: Strength,
) -> None:
    gold, predicted = list(gold), list(predicted)
    for type in totals:
        wanted = [a for a in gold if a.type == type]
        given = [a for a in predicted if a.type == type]
        totals[type] += _counts(wanted, given, strength)


def _matched(
    gold: Sequence[Item], predicted: Sequence[Item], strength: Strength
) -> list[tuple[int, int]]:
    if strength == "relaxed":
        return match_spans(gold, predicted)
    texts = [normalise(item.text) for item in predicted]
    return maximum_matching(
        [[p for p, text in enumerate(texts) if text == normalise(item.text)] for item in gold]
    )


def _counts(
    gold: Sequence[Attribute], predicted: Sequence[Attribute], strength: Strength
) -> Counts:
    if strength == "exact":
        shared = Counter(normalise(a.text) for a in gold) & Counter(
            normalise(a.text) for a in predicted
        )
        tp = shared.total()
    else:
        tp = len(
            maximum_matching([[i for i, a in enumerate(predicted) if overlap(g, a)] for g in gold])
        )
    return Counts(tp, len(predicted) - tp, len(gold) - tp)


def _by_type(items: Iterable[Item]) -> Mapping[str, list[Attribute]]:
    found: defaultdict[str, list[Attribute]] = defaultdict(list)
    for item in items:
        for attribute in item.attributes:
            found[attribute.type].append(attribute)
    return found


def _distinct(attributes: Iterable[Attribute]) -> list[Attribute]:
    return list({(a.start, a.end, a.text): a for a in attributes}.values())
