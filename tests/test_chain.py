"""The chain's sums against all labellings written out."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from elmtex.decoding.chain import BEGIN, INSIDE, OUTSIDE, Chain
from elmtex.decoding.labelled import Labelled, Layout
from elmtex.decoding.tokens import tokenise
from elmtex.decoding.words import windows, word_span, words

WORDS, CATEGORIES = 4, 2


@pytest.fixture
def chain() -> Chain:
    rng = np.random.default_rng(1)
    return Chain.of(rng.normal(size=(CATEGORIES, 3)), rng.normal(size=(CATEGORIES, 3, 3)))


def labellings(chain: Chain, scores: np.ndarray, c: int) -> list[tuple[tuple[int, ...], float]]:
    """Every labelling of a sentence (L, C, 3) that is allowed, with its probability."""
    found = []
    for labels in product((OUTSIDE, BEGIN, INSIDE), repeat=len(scores)):
        before = (OUTSIDE, *labels)
        if any(a == OUTSIDE and b == INSIDE for a, b in zip(before, labels, strict=False)):
            continue
        score = chain.start[c, labels[0]] + sum(scores[i, c, b] for i, b in enumerate(labels))
        score += sum(chain.transitions[c, a, b] for a, b in pairwise(labels))
        found.append((labels, np.exp(score)))
    total = sum(weight for _, weight in found)
    return [(labels, weight / total) for labels, weight in found]


def spans(labels: tuple[int, ...]) -> set[tuple[int, int]]:
    """First and last words of the items of a labelling."""
    begun = [i for i, label in enumerate(labels) if label == BEGIN]
    return {
        (
            i,
            max(
                j for j in range(i, len(labels)) if all(b == INSIDE for b in labels[i + 1 : j + 1])
            ),
        )
        for i in begun
    }


def test_sums_are_those_over_all_labellings(chain: Chain) -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(2, WORDS, CATEGORIES, 3)) * 2
    lengths = np.array([WORDS, WORDS - 1])
    read = chain.read(scores, lengths)
    for sentence, n in enumerate(lengths):
        for c in range(CATEGORIES):
            known = labellings(chain, scores[sentence, :n], c)
            inside = [sum(p for b, p in known if b[i] != OUTSIDE) for i in range(n)]
            assert read.inside(sentence, [c])[:, 0] == pytest.approx(inside)
            for i, j in product(range(n), repeat=2):
                share = sum(p for b, p in known if (i, j) in spans(b))
                assert read.spans(sentence, [1, c])[1, i, j] == pytest.approx(share)


class Planted:
    """An encoder that knows which token ids begin an item and are inside one, per category."""

    def __init__(self, planted: dict[tuple[int, int], int], categories: int) -> None:
        self.planted, self.categories, self.seen = planted, categories, list[int]()

    def __call__(self, ids) -> np.ndarray:
        self.seen.append(len(ids))
        scores = np.zeros((len(ids), 3 * self.categories + 3))
        for row, id in enumerate(ids):
            for c in range(self.categories):
                scores[row, 3 * c + self.planted.get((id, c), OUTSIDE)] = 20
            scores[row, -2] = 1  # absent
        return scores


def test_items_are_whole_words_of_one_sentence_and_categories_overlap() -> None:
    from tiny import tiny_tokenizer

    report = "He denied fever and cough.\nFever!"
    tokens = tokenise(report, tiny_tokenizer())
    first = {report[a:b].strip(): id for (a, b), id in zip(tokens.offsets, tokens.ids, strict=True)}
    planted = {
        (first["fever"], 0): BEGIN,
        (first["and"], 0): INSIDE,
        (first["fever"], 1): BEGIN,
    }
    layout = Layout(("symptom", "diagnosis"), 256, 16)
    encoder = Planted(planted, 2)
    labelled = Labelled(tokens, layout, Chain.of(np.zeros((2, 3)), np.zeros((2, 3, 3))), encoder)
    found = {
        (report[slice(*tokens.span(item.first, item.last))], item.key, item.assertion)
        for state in labelled.states(["diagnosis", "symptom"], 0.5)
        for item in state.items
    }
    assert found == {("fever and", "symptom", "absent"), ("fever", "diagnosis", "absent")}
    assert [len(state.items) for state in labelled.states(["diagnosis"], 0.5)] == [1, 0]
    assert len(encoder.seen) == 1  # the window is read once
    at = report.index("fever and")
    span, most, mean = labelled.opinion(at, at + 9, "symptom")
    assert min(span, most, mean) > 0.99
    span, most, mean = labelled.opinion(at + 2, at + 15, "symptom")  # "ver and cough" touches fever
    assert span < 0.01 and most > 0.99 and mean == pytest.approx(2 / 3, abs=0.01)
    assert max(labelled.opinion(at, at + 9, "diagnosis")[2], 0.6) == 0.6
    assert labelled.opinion(len(report), len(report) + 3, "symptom") == (0, 0, 0)


def test_every_sentence_is_labelled_once_whatever_the_window() -> None:
    from tiny import tiny_tokenizer

    report = "He had fever and cough. The patient denied pain! " * 20
    tokens = tokenise(report, tiny_tokenizer())
    found = windows(tokens, 200, 20)
    assert len(found) > 1
    assert [s for window in found for s in window.sentences] == list(tokens.sentences)
    for window in found:
        assert window.start <= window.sentences[0][0] and window.sentences[-1][1] <= window.end
        assert window.end - window.start <= 200
    assert all(later.start < window.end for window, later in pairwise(found))
    assert found[0].end > found[0].sentences[-1][1]  # what follows is read, too
    own = words(tokens, tokens.sentences[0])
    texts = [report[tokens.offsets[a][0] : tokens.offsets[b - 1][1]].strip() for a, b in own]
    assert texts == ["He", "had", "fever", "and", "cough", "."]
    assert word_span(own, own[2][0], own[4][1]) == (2, 4)
