"""Cases: short texts with what must be found in them, and what must not.

A line of the file is a JSON object: ``id``, ``lang``, ``kind``, ``text``, ``must`` and ``must_not``, lists of rules. A rule names

- ``category``: the categories whose items count, a name or a list; ``*`` is any;
- ``span``: words of the text that such an item overlaps, at their first occurrence, or the ``nth`` one
  (0 is the first), or the first one after the words ``after``;
- ``assertion``: one that the item has, or a list; null is any;
- ``covers`` or ``item_has``: words that the item holds;
- ``not_inside``: a category; what lies inside one of its items does not count;
- ``any``: instead of all these, rules of which one must hold.

A ``must`` holds when there is such an item, a ``must_not`` when there is none. A case passes when all hold.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elmtex.types import Extraction, InputError, Item
from eval.metrics.documents import FAILURES
from eval.metrics.entity import overlap

Rule = Mapping[str, Any]
_KEYS = {
    *("category", "span", "nth", "after", "assertion", "covers", "item_has", "not_inside", "any"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A text and its rules; see the module's docstring."""

    id: str
    lang: str
    kind: str
    text: str
    must: tuple[Rule, ...]
    must_not: tuple[Rule, ...]


def load(file: Path) -> list[Case]:
    """The cases of a file.

    Raises:
        InputError: it cannot be read, or a line is no case; names the line.
    """
    cases = []
    try:
        lines = file.read_text(encoding="utf-8").strip().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cases {file}: cannot be read ({type(error).__name__})") from None
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            rules = [tuple(row[key]) for key in ("must", "must_not")]
            case = Case(row["id"], row["lang"], row["kind"], row["text"], *rules)
            for rule in (*case.must, *case.must_not):
                _check(rule, case.text)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{file}:{number}: not a case ({type(error).__name__}): see eval/real_notes/cases.py"
            ) from None
        cases.append(case)
    return cases


def figures(cases: Sequence[Case], documents: Mapping[str, Extraction]) -> dict[str, Any]:
    """How many pass, by language and kind, and which fail."""
    passed = {case.id: passes(case, documents[case.id]) for case in cases}

    of = Counter((case.kind, case.lang) for case in cases)
    right = Counter((case.kind, case.lang) for case in cases if passed[case.id])
    langs = sorted({case.lang for case in cases})
    return {
        "passed": right.total(),
        "of": of.total(),
        "languages": {lang: _counted(right, of, [k for k in of if k[1] == lang]) for lang in langs},
        "kinds": {
            kind: {lang: _counted(right, of, [(kind, lang)]) for lang in langs}
            for kind in sorted({case.kind for case in cases})
        },
        "failed": [id for id, right in passed.items() if not right],
    }


def _counted(
    right: Counter[tuple[str, str]], of: Counter[tuple[str, str]], keys: list[tuple[str, str]]
) -> dict[str, int]:
    return {"passed": sum(right[key] for key in keys), "of": sum(of[key] for key in keys)}


def passes(case: Case, document: Extraction) -> bool:
    """Whether all rules of a case hold; a failed document passes none."""
    if document.status in FAILURES:
        return False
    found = all(_holds(rule, case.text, document) for rule in case.must)
    return found and not any(_holds(rule, case.text, document) for rule in case.must_not)


def _holds(rule: Rule, text: str, document: Extraction) -> bool:
    """Whether there is an item as the rule describes it."""
    if "any" in rule:
        return any(_holds(one, text, document) for one in rule["any"])
    start = _place(rule, text)
    span = Item(rule["span"], start, start + len(rule["span"]))
    wanted, signs = _listed(rule["category"]), _listed(rule["assertion"])
    words = [rule[key] for key in ("covers", "item_has") if key in rule]
    outer = document.categories.get(rule.get("not_inside", ""), ())
    return any(
        overlap(item, span)
        and (signs is None or item.assertion in signs)
        and all(part in item.text for part in words)
        and not any(_inside(item, other) for other in outer)
        for category, items in document.categories.items()
        if wanted is None or "*" in wanted or category in wanted
        for item in items
    )


def _listed(value: Any) -> list[str] | None:
    return value if value is None or isinstance(value, list) else [value]


def _inside(item: Item, other: Item) -> bool:
    if item.start is None or item.end is None or other.start is None or other.end is None:
        return False
    return other.start <= item.start and item.end <= other.end


def _place(rule: Rule, text: str) -> int:
    """Where the rule's span begins; ValueError when the text does not hold it."""
    after = rule.get("after")
    start = text.index(after) + len(after) if after else 0
    place = text.index(rule["span"], start)
    for _ in range(rule.get("nth", 0)):
        place = text.index(rule["span"], place + 1)
    return place


def _check(rule: Rule, text: str) -> None:
    """Raises ValueError or KeyError for a rule that means nothing: a slip must not pass."""
    if unknown := set(rule) - _KEYS:
        raise ValueError(f"unknown {min(unknown)!r}")
    if "any" in rule:
        for one in rule["any"]:
            _check(one, text)
        return
    _ = rule["category"], rule["assertion"], _place(rule, text)
