"""What linear heads say of rows that they were not fitted to.

In: blocks of features, targets, and the fold of each row. Out: probabilities, each from
a head that was fitted to the other folds alone. One standardisation and one strength of
the penalty serve all folds: those with the lowest log loss of the rows held out. Labels
that are wrong count there too, so the penalty is stronger the more of them there are.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from headswap.solver.logistic import (
    MULTICLASS,
    ROUGH,
    Linear,
    Problem,
    log_loss,
    probabilities,
)
from headswap.solver.memory import bytes_of_fits, bytes_of_rows
from headswap.solver.standardize import LENGTH, WITHIN, Span
from headswap.solver.strength import search

# Numbers that the features of all judging folds may have: 80 MB as float64. Of more
# rows fewer folds judge the strengths, at least one.
MAX_JUDGED = 10_000_000


def bytes_of_folds(num_rows: int, num_features: int, num_folds: int) -> int:
    """Return how much memory `out_of_fold` takes.

    Args:
        num_rows: of the features.
        num_features: of all blocks together.
        num_folds: that the rows have.
    """
    num_judges = min(num_folds, _num_judges(num_rows * num_features))
    # Those of one standardisation are there until those of the next are made.
    fits = bytes_of_fits(2 * num_judges, num_rows, num_features)
    return bytes_of_rows(num_rows, num_features) + fits


def _num_judges(num_values: int) -> int:
    return max(1, MAX_JUDGED // max(num_values, 1))


class _Fold:
    """A head of all rows but one fold's, for any strength.

    Args:
        features: as of `out_of_fold`.
        targets: likewise.
        is_labelled: likewise.
        fit: which rows to fit to, (N,) bool.
        held: which rows to predict, (N,) bool.
        kind: `multiclass` or `multilabel`.
        standardization: `length` or `within`.
    """

    def __init__(
        self,
        features: Sequence[np.ndarray],
        targets: np.ndarray,
        is_labelled: np.ndarray,
        fit: np.ndarray,
        held: np.ndarray,
        kind: str,
        standardization: str,
    ):
        counts = np.ones(fit.sum())
        fitted, asked = [], []
        for block in features:
            span = Span(block[fit], counts, has_unit_length=True)
            is_within = standardization == WITHIN
            standardize = span.within(targets[fit]) if is_within else span.plain()
            fitted.append(standardize(block[fit]))
            asked.append(standardize(block[held]))
        self._asked, self._kind = np.hstack(asked), kind
        self._weights = np.ones(targets.shape[1])
        self._problem = Problem(
            np.hstack(fitted), targets[fit], counts, self._weights, kind
        )
        self._solution: Linear | None = None
        self._is_judged = is_labelled[held]
        self._truth = targets[held][self._is_judged]

    def predict(self, l2: float) -> np.ndarray:
        """Return probabilities of the held rows, (held, C)."""
        solution = self._problem.solve(l2, self._solution, ROUGH)
        self._solution = solution
        return probabilities(solution(self._asked), self._kind)

    def loss(self, l2: float) -> float:
        """Return the sum of the held rows' log losses."""
        likely = self.predict(l2)[self._is_judged]
        mean = log_loss(likely, self._truth, self._weights, self._kind)
        return mean * len(likely)


def out_of_fold(
    features: Sequence[np.ndarray],
    targets: np.ndarray,
    is_labelled: np.ndarray,
    folds: np.ndarray,
    kind: str,
) -> np.ndarray:
    """Return probabilities, (N, C) float64; NaN of a class that no head was shown.

    Args:
        features: blocks of (N, D) each; every block is standardised by itself.
        targets: (N, C) of 0 and 1.
        is_labelled: (N,) bool; rows without a label are predicted, and not fitted to.
        folds: (N,) int; rows that belong together have the same.
        kind: `multiclass` or `multilabel`.
    """
    result = np.full(targets.shape, np.nan)
    divisions = []
    for number in np.unique(folds):
        held = folds == number
        fit = ~held & is_labelled
        # From two classes on there is something to tell apart.
        if targets[fit].any(axis=0).sum() > (kind == MULTICLASS):
            divisions.append((fit, held))
    if not divisions:
        return result
    num_judges = _num_judges(sum(block.size for block in features))
    losses: dict[tuple[str, float], float] = {}
    # With more threads, sums would depend on their number.
    with threadpool_limits(1):
        for standardization in (LENGTH, WITHIN):
            judges = [
                _Fold(features, targets, is_labelled, fit, held, kind, standardization)
                for fit, held in divisions[:num_judges]
            ]
            tried = search(partial(_total_loss, judges))
            losses |= {(standardization, l2): loss for l2, loss in tried.items()}
        standardization, l2 = min(losses, key=losses.__getitem__)
        for fit, held in divisions:
            fold = _Fold(
                features, targets, is_labelled, fit, held, kind, standardization
            )
            result[held] = fold.predict(l2)
            result[np.ix_(held, ~targets[fit].any(axis=0))] = np.nan
    return result


def _total_loss(judges: Sequence[_Fold], l2: float) -> float:
    return sum(each.loss(l2) for each in judges)


def deal_folds(
    strata: Sequence[str], groups: Sequence[str], num_folds: int
) -> np.ndarray:
    """Return the fold of each row, (N,) int: groups whole, strata dealt out evenly.

    Args:
        strata: of the N rows; rows of one are spread over the folds.
        groups: of the N rows; those of one share a fold, that of its first stratum.
        num_folds: how many to deal to.
    """
    stratum: dict[str, str] = {}
    for group, each in zip(groups, strata, strict=True):
        stratum[group] = min(each, stratum.get(group, each))
    dealt = sorted(stratum, key=lambda group: (stratum[group], group))
    fold_of = {group: place % num_folds for place, group in enumerate(dealt)}
    return np.array([fold_of[group] for group in groups])
