"""NegEx's sentences: is the concept found, and with the right sign?

A concept is found when an item overlaps it; its sign is that of the item that overlaps it most. Right is absent for a negated
concept, anything else for an affirmed one (NegEx calls "possible pneumonia" affirmed), and anything but
present for a hypothetical one ("return if fever"). What was is as present as what is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from corpora.negex import TEMPORALITIES, Sentence
from elmtex.types import ASSERTIONS, Assertion, Extraction
from eval.metrics.bootstrap import Bootstrap, ratio
from eval.metrics.documents import FAILURES


def figures(sentences: Sequence[Sentence], documents: Mapping[str, Extraction]) -> dict[str, Any]:
    """Shares with 95% intervals over sentences, each with its count.

    Args:
        sentences: as :func:`corpora.negex.load` gives them.
        documents: what a model made of each, by the sentence's id.
    """
    signs = [sign_of(sentence, documents[sentence.id]) for sentence in sentences]
    draws = Bootstrap.draw(len(sentences))

    def share(part: Sequence[bool], whole: Sequence[bool]) -> dict[str, Any]:
        each = np.array([p and w for p, w in zip(part, whole, strict=True)], float)
        every = np.array(whole, float)
        return {
            "value": draws.value(ratio(each, every)),
            "ci": draws.interval(ratio(each, every)),
            "count": int(each.sum()),
            "of": int(every.sum()),
        }

    found = [sign is not None for sign in signs]
    right = [
        sign is not None and is_right(s, sign) for s, sign in zip(sentences, signs, strict=True)
    ]
    hypothetical = [s.temporality == "hypothetical" for s in sentences]
    groups: dict[str, list[bool]] = {
        "negated": [s.negated for s in sentences],
        "affirmed": [not s.negated for s in sentences],
        **{t: [s.temporality == t for s in sentences] for t in TEMPORALITIES},
        "of another person": [s.experiencer == "other" for s in sentences],
    }
    everything = [True] * len(sentences)
    return {
        "sentences": len(sentences),
        "failed": sum(documents[s.id].status in FAILURES for s in sentences),
        "found": share(found, everything),
        "sign right": share(right, found),
        "found by group": {name: share(found, group) for name, group in groups.items()},
        "sign right by group": {
            name: share(right, [f and g for f, g in zip(found, group, strict=True)])
            for name, group in groups.items()
        },
        "hypotheticals present": share([sign == "present" for sign in signs], hypothetical),
        "signs": {
            name: {
                a: sum(g and sign == a for g, sign in zip(group, signs, strict=True))
                for a in ASSERTIONS
            }
            for name, group in groups.items()
        },
    }


def sign_of(sentence: Sentence, document: Extraction) -> Assertion | None:
    """The assertion of the item that shares most characters with the concept, of those the surest;
    None when none does."""
    best: tuple[int, float] = (0, 0.0)
    sign: Assertion | None = None
    for item in (item for items in document.categories.values() for item in items):
        if item.start is None or item.end is None:
            continue
        shared = min(item.end, sentence.end) - max(item.start, sentence.start)
        if shared > 0 and (shared, item.confidence or 0.0) > best:
            best, sign = (shared, item.confidence or 0.0), item.assertion
    return sign


def is_right(sentence: Sentence, sign: Assertion) -> bool:
    """Whether a sign agrees with what was annotated; see the module's docstring."""
    if sentence.temporality == "hypothetical":
        return sign != "present"
    return (sign == "absent") == sentence.negated
