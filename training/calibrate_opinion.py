"""The part of :mod:`training.calibrate` that fits how a student's opinion changes how sure an adapter is of its items.

The logistic regression learns from every item that the adapter weighed, kept or not, and from those that the student
proposes, whether the gold has just it. The threshold is chosen, and the confidence fitted, on probabilities of reports
that their regression has not seen. Of thresholds that are as good but for ``TIE`` it is the lowest: what is listed wrongly
is struck in a moment, what is missing has to be looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elmtex.decoding.notes import NoteItem, NoteState
from elmtex.decoding.select import pooled
from elmtex.extractors.loaded_student import LoadedStudent
from elmtex.extractors.second_opinion import Readings, features, proposals
from elmtex.models.lexicon import Lexicon
from elmtex.types import InputError, Record
from eval.metrics.documents import normalise
from training.thresholds import WIDE, best, isotonic, tried, without_pairs

FOLDS = 5
TIE = 0.005  # of exact and relaxed F1 together


def calibrate_opinion(
    student: str,
    records: Sequence[Record],
    notes: Sequence[Sequence[NoteState]],
    keys: Sequence[str],
    lexicon: Lexicon | None = None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Fit the second opinion of a student and a lexicon.

    Args:
        student: its folder, or the name of a packaged one.
        records: at least two held-out reports.
        notes: what the adapter wrote of each of them, without a threshold.
        keys: the categories, all of which the student must know.
        lexicon: of training reports, none of which is among ``records``.

    Returns:
        ``second_opinion`` for the adapter's elmtex.json; and rows: the best without it, then those tried, the chosen
        one last.

    Raises:
        InputError: the student does not know a category, or there are too few reports.
    """
    loaded = LoadedStudent(student)
    if unknown := sorted(set(keys) - set(loaded.student.layout.keys)):
        raise InputError(
            f"student {student} knows no category {unknown[0]!r}: train it on the same schema"
        )
    if len(records) < 2:
        raise InputError(f"{len(records)} held-out report: a second opinion is fitted on more")
    read = []
    for record, own in zip(records, notes, strict=True):
        labelled = loaded.labelled(record.text)
        tokens = own[0].tokens if own else labelled.tokens  # nothing to read
        read.append(Readings(tokens, labelled, lexicon or Lexicon()))
    alone = {"second_opinion": False, **best(list(tried(records, notes, keys)))}
    notes = [pooled((*own, *proposals(of, own, keys))) for of, own in zip(read, notes, strict=True)]
    asked, right, owners = _weighed(read, records, notes)
    told = [
        {owner for owner, is_right in zip(owners, right, strict=True) if is_right == kind}
        for kind in (0, 1)
    ]
    if min(map(len, told)) < 2:  # each is left out once
        raise InputError(
            "fewer than two reports have right items, or wrong ones: nothing to learn from them"
        )
    weights, bias, shares = _fitted(asked, right, owners)
    scores = _scores(notes, shares)
    rows = [{"second_opinion": True, **row} for row in tried(records, notes, keys, WIDE, scores)]
    chosen = lowest(rows)
    settings = {
        "student": student,
        "digest": loaded.digest,
        "weights": weights,
        "bias": bias,
        "threshold": chosen["threshold"],
        "calibration": isotonic(chosen["correctness_pairs"]),
    }
    return settings, [without_pairs(row) for row in [alone, *rows, chosen]]


def lowest(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The row with the lowest threshold of those that are as good as the best but for ``TIE``."""
    least = sum(best(rows)[name] for name in ("exact", "relaxed")) - TIE
    near = (row for row in rows if row["exact"] + row["relaxed"] >= least)
    return min(near, key=lambda row: float(row["threshold"]))


def _weighed(
    read: Sequence[Readings], records: Sequence[Record], notes: Sequence[Sequence[NoteState]]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Of every item in the notes' order: its features (n, F), whether the gold has its words (n,), and the number of its
    report (n,). Items of categories that a record does not label are left out by a -1 instead of the number."""
    rows: list[tuple[float, ...]] = []
    right: list[int] = []
    owners: list[int] = []
    rows_of = zip(read, records, notes, strict=True)
    for number, (readings, record, states) in enumerate(rows_of):
        gold = {key: {normalise(i.text) for i in items} for key, items in record.items.items()}
        for state in states:
            for item in state.items:
                span = state.tokens.span(item.first, item.last)
                rows.append(features(item, readings))
                right.append(normalise(record.text[slice(*span)]) in gold.get(item.key, ()))
                owners.append(number if item.key in record.labelled else -1)
    return np.array(rows), np.array(right, np.int64), np.array(owners)


def _fitted(
    asked: NDArray[np.float64], right: NDArray[np.int64], owners: NDArray[np.int64]
) -> tuple[list[float], float, NDArray[np.float64]]:
    """The regression's weights and bias, and each item's probability by one that has not seen its report."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    known = owners >= 0
    folds = GroupKFold(min(FOLDS, len(set(owners[known]))))
    shares = np.zeros(len(asked))
    for seen, unseen in folds.split(asked[known], right[known], owners[known]):
        seen, unseen = np.flatnonzero(known)[seen], np.flatnonzero(known)[unseen]
        model = LogisticRegression().fit(asked[seen], right[seen])
        shares[unseen] = model.predict_proba(asked[unseen])[:, 1]
    whole = LogisticRegression().fit(asked[known], right[known])
    weights = [round(float(weight), 5) for weight in whole.coef_[0]]
    return weights, round(float(whole.intercept_[0]), 5), shares


def _scores(
    notes: Sequence[Sequence[NoteState]], shares: NDArray[np.float64]
) -> list[Callable[[NoteItem], float]]:
    """What gives each report's items these probabilities."""
    given = iter(shares.tolist())
    tables = [{item: next(given) for state in states for item in state.items} for states in notes]
    return [table.__getitem__ for table in tables]
