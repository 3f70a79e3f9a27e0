"""Logistic regression with an L2 penalty, solved to convergence by SciPy's L-BFGS.

The objective is that of a Keras Dense layer with a regulariser: the weighted mean of
the rows' losses, plus `l2` times the sum of the kernel's squares; the bias is free. So
`l2` means the same at any number of images.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy.optimize import minimize
from scipy.special import expit

from headswap.errors import InputError

MULTICLASS = "multiclass"
MULTILABEL = "multilabel"

# Largest component of the gradient at which a search ends, where the objective is
# scaled to begin at 1 and its curvature to be near 1. `ROUGH` compares strengths, their
# losses being right to about a per cent; `FINE` is for a head that is kept.
ROUGH = 1e-4
FINE = 1e-7
MAX_ITERATIONS = 5000
# Steps whose curvature L-BFGS remembers.
MEMORY = 10
# Probabilities count as no smaller in a log loss; float32 cannot tell 1 from nearer.
SMALLEST = 1e-7


@dataclass(frozen=True)
class Linear:
    """A linear map from coordinates to scores.

    Attributes:
        kernel: (R, C) float64.
        bias: (C,) float64.
    """

    kernel: np.ndarray
    bias: np.ndarray

    def __call__(self, coordinates: np.ndarray) -> np.ndarray:
        """Return scores, (N, C) float64."""
        return coordinates @ self.kernel + self.bias


def probabilities(scores: np.ndarray, kind: str) -> np.ndarray:
    """Return softmax (multiclass) or sigmoid (multilabel) of scores, (N, C)."""
    if kind == MULTILABEL:
        return expit(scores)
    return np.exp(scores - _log_sum_exp(scores))


def log_loss(
    likely: np.ndarray, targets: np.ndarray, weights: np.ndarray, kind: str
) -> float:
    """Return the mean cross-entropy of probabilities, as `_losses` has it of scores.

    Args:
        likely: (N, C), 0..1.
        targets: (N, C) of 0 and 1.
        weights: (C,), of each class's positive term.
        kind: `multiclass`, or `multilabel`, where it is the mean over classes.
    """
    yes = np.log(np.clip(likely, SMALLEST, 1))
    positive = weights * targets * yes
    if kind == MULTICLASS:
        return -float(positive.sum(axis=1).mean())
    no = np.log(np.clip(1 - likely, SMALLEST, 1))
    return -float((positive + (1 - targets) * no).mean())


def _losses(
    scores: np.ndarray, targets: np.ndarray, weights: np.ndarray, kind: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's cross-entropy and its derivative by the scores.

    Args:
        scores: (N, C).
        targets: (N, C) of 0 and 1.
        weights: (C,), of each class's positive term.
        kind: as of `log_loss`.

    Returns:
        (N,) and (N, C) float64.
    """
    if kind == MULTILABEL:
        # log(1 + exp(s)) and log(1 + exp(-s)), without overflow.
        negative = np.logaddexp(0, scores)
        positive = weights * targets * (negative - scores)
        values = positive + (1 - targets) * negative
        share = expit(scores)
        slopes = (1 - targets) * share - weights * targets * (1 - share)
        return values.mean(axis=1), slopes / scores.shape[1]
    total = _log_sum_exp(scores)
    weighted = weights * targets
    of_row = weighted.sum(axis=1, keepdims=True)
    values = (of_row * total).ravel() - (weighted * scores).sum(axis=1)
    return values, of_row * np.exp(scores - total) - weighted


def _log_sum_exp(scores: np.ndarray) -> np.ndarray:
    """Return log(sum(exp(score))) of each row, (N, 1)."""
    largest = scores.max(axis=1, keepdims=True)
    return largest + np.log(np.exp(scores - largest).sum(axis=1, keepdims=True))


class Problem:
    """One head on one set of rows, for any strength.

    Args:
        coordinates: (N, R) float64.
        targets: (N, C) of 0 and 1.
        row_weights: (N,), how often each row counts.
        class_weights: (C,), of each class's positive term.
        kind: `multiclass` or `multilabel`.
    """

    def __init__(
        self,
        coordinates: np.ndarray,
        targets: np.ndarray,
        row_weights: np.ndarray,
        class_weights: np.ndarray,
        kind: str,
    ):
        self._targets = targets.astype(np.float64)
        self._row_weights = row_weights / row_weights.sum()
        self._class_weights = class_weights
        self._kind = kind
        # Along the principal axes the problem is nearly one a direction, and each can
        # be given its own scale; a rotation leaves the penalty as it is.
        weighted = coordinates * self._row_weights[:, None]
        self._variances, self._axes = scipy.linalg.eigh(coordinates.T @ weighted)
        self._rotated = coordinates @ self._axes

    def solve(
        self, l2: float, start: Linear | None = None, tolerance: float = FINE
    ) -> Linear:
        """Return the minimum, as a map from the coordinates.

        Args:
            l2: the strength of the penalty.
            start: where to search from, best the solution of a like strength.
            tolerance: `FINE` or `ROUGH`.

        Raises:
            InputError: the features or the strength leave no finite solution.
        """
        shape = (self._rotated.shape[1], self._targets.shape[1])
        if start is None:
            kernel, bias = np.zeros(shape), np.zeros(shape[1])
        else:
            kernel, bias = self._axes.T @ start.kernel, start.bias
        first, curvature = self._near(kernel, bias, l2)
        spread = np.maximum(self._variances, 0)
        steepness = curvature * spread + 2 * l2
        # Without a penalty there is none along an axis on which nothing varies.
        least = SMALLEST * max(steepness.max(), SMALLEST)
        scales = np.sqrt(first / np.maximum(steepness, least))[:, None]
        bias_scale = np.sqrt(first / curvature)

        def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
            unknown = flat.reshape(-1, shape[1])
            kernel, bias = scales * unknown[:-1], bias_scale * unknown[-1]
            cost, slopes = self._cost(kernel, bias, l2)
            gradient = np.empty_like(unknown)
            gradient[:-1] = scales * (self._rotated.T @ slopes + 2 * l2 * kernel)
            gradient[-1] = bias_scale * slopes.sum(axis=0)
            return cost / first, gradient.ravel() / first

        found = minimize(
            objective,
            np.vstack([kernel / scales, bias / bias_scale]).ravel(),
            jac=True,
            method="L-BFGS-B",
            options={
                "maxcor": MEMORY,
                "gtol": tolerance,
                "ftol": 0.0,
                "maxiter": MAX_ITERATIONS,
                "maxfun": 2 * MAX_ITERATIONS,
            },
        )
        if not np.isfinite(found.x).all():
            raise InputError(
                f"train.l2: a head must have a finite solution, got none at {l2:g}. "
                "Raise it, or set train.l2=auto."
            )
        unknown = found.x.reshape(-1, shape[1])
        return Linear(self._axes @ (scales * unknown[:-1]), bias_scale * unknown[-1])

    def _cost(
        self, kernel: np.ndarray, bias: np.ndarray, l2: float
    ) -> tuple[float, np.ndarray]:
        """Return the objective and its derivative by the rows' scores, (N, C)."""
        scores = self._rotated @ kernel + bias
        values, slopes = _losses(scores, self._targets, self._class_weights, self._kind)
        slopes *= self._row_weights[:, None]
        return self._row_weights @ values + l2 * (kernel**2).sum(), slopes

    def _near(
        self, kernel: np.ndarray, bias: np.ndarray, l2: float
    ) -> tuple[float, float]:
        """Return the objective at a point, and how curved it is by a score there.

        The curvature is p (1 - p), averaged over rows and classes.
        """
        likely = probabilities(self._rotated @ kernel + bias, self._kind)
        curvature = self._row_weights @ (likely * (1 - likely)).mean(axis=1)
        if self._kind == MULTILABEL:
            curvature /= likely.shape[1]
        cost, _ = self._cost(kernel, bias, l2)
        return max(cost, SMALLEST), max(curvature, SMALLEST)
