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
    FINE,
    MULTICLASS,
    ROUGH,
    Linear,
    Problem,
    log_loss,
    probabilities,
)
from headswap.solver.memory import bytes_of_fits, bytes_of_rows
from headswap.solver.standardize import LENGTH, WITHIN, Span, Standardized, side_by_side
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
    fits = bytes_of_fits(2 * num_judges, num_rows, num_features)
    return bytes_of_rows(num_rows, num_features) + fits


def _num_judges(num_values: int) -> int:
    return max(1, MAX_JUDGED // max(num_values, 1))


class _Fold:
    """The rows of one fold, which are held out, and those of the others.

    Args:
        features: as of `out_of_fold`.
        targets: likewise.
        is_labelled: likewise.
        fit: which rows to fit to, (N,) bool.
        held: which rows to predict, (N,) bool.
    """

    def __init__(
        self,
        features: Sequence[np.ndarray],
        targets: np.ndarray,
        is_labelled: np.ndarray,
        fit: np.ndarray,
        held: np.ndarray,
    ):
        self.counts = np.ones(fit.sum())
        self._spans = [Span(block[fit], self.counts, True) for block in features]
        self.targets = targets[fit]
        self.held = [block[held] for block in features]
        self.is_judged = is_labelled[held]
        self.truth = targets[held][self.is_judged]

    def standardized(self, standardization: str) -> list[Standardized]:
        """Return what standardises each block."""
        if standardization == WITHIN:
            return [span.within(self.targets) for span in self._spans]
        return [span.plain() for span in self._spans]


class _Head:
    """A head that has not seen a fold, for any strength.

    Args:
        fold: the same.
        kind: `multiclass` or `multilabel`.
        standardization: `length` or `within`.
    """

    def __init__(self, fold: _Fold, kind: str, standardization: str):
        fitted = fold.standardized(standardization)
        self._fold, self._kind = fold, kind
        self._weights = np.ones(fold.targets.shape[1])
        self._asked = side_by_side(
            [
                each.standardization(block)
                for each, block in zip(fitted, fold.held, strict=True)
            ]
        )
        coordinates = side_by_side([each.coordinates for each in fitted])
        self._problem = Problem(
            coordinates, fold.targets, fold.counts, self._weights, kind
        )
        self._solution: Linear | None = None

    def predict(self, l2: float, tolerance: float = FINE) -> np.ndarray:
        """Return probabilities of the held rows, (held, C)."""
        solution = self._problem.solve(l2, self._solution, tolerance)
        self._solution = solution
        return probabilities(solution(self._asked), self._kind)

    def loss(self, l2: float) -> float:
        """Return the sum of the held rows' log losses."""
        likely = self.predict(l2, ROUGH)[self._fold.is_judged]
        mean = log_loss(likely, self._fold.truth, self._weights, self._kind)
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

    def hold_out(fit: np.ndarray, held: np.ndarray) -> _Fold:
        return _Fold(features, targets, is_labelled, fit, held)

    losses: dict[tuple[str, float], float] = {}
    # With more threads, sums would depend on their number.
    with threadpool_limits(1):
        judging = [hold_out(*division) for division in divisions[:num_judges]]
        judges = {
            standardization: [_Head(fold, kind, standardization) for fold in judging]
            for standardization in (LENGTH, WITHIN)
        }
        for standardization, heads in judges.items():
            tried = search(partial(_total_loss, heads))
            losses |= {(standardization, l2): loss for l2, loss in tried.items()}
        standardization, l2 = min(losses, key=losses.__getitem__)
        for number, (fit, held) in enumerate(divisions):
            if number < num_judges:
                head = judges[standardization][number]
            else:
                head = _Head(hold_out(fit, held), kind, standardization)
            result[held] = head.predict(l2)
            result[np.ix_(held, ~targets[fit].any(axis=0))] = np.nan
    return result


def _total_loss(judges: Sequence[_Head], l2: float) -> float:
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
