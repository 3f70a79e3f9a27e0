"""Logistic regression with an L2 penalty, solved to convergence by SciPy's L-BFGS.

The objective is that of a Keras Dense layer with a regulariser: the weighted mean of
the rows' losses, plus `l2` times the sum of the kernel's squares; the bias is free. So
`l2` means the same at any number of images.
"""

from dataclasses import dataclass

import numpy as np
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
# A search that ends with so many times less than it began with has led far.
FAR = 10
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
    return _softmax(scores)[0]


def log_loss(
    likely: np.ndarray, targets: np.ndarray, weights: np.ndarray, kind: str
) -> float:
    """Return the mean cross-entropy of probabilities, as `Problem` has it of scores.

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


def _softmax(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the softmax of scores, (N, C), and the log of each row's sum, (N, 1)."""
    largest = scores.max(axis=1, keepdims=True)
    powers = np.exp(scores - largest)
    total = powers.sum(axis=1, keepdims=True)
    return powers / total, largest + np.log(total)


class Problem:
    """One head on one set of rows, for any strength.

    It takes the fewest steps where coordinates are uncorrelated: then it is nearly one
    problem a coordinate, and each is given its own scale.

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
        self._coordinates = coordinates
        self._row_weights = row_weights / row_weights.sum()
        self._variances = np.einsum(
            "n,nr,nr->r", self._row_weights, coordinates, coordinates
        )
        self._kind = kind
        is_multilabel = kind == MULTILABEL
        targets = targets.astype(np.float64)
        share = self._row_weights[:, None]
        if is_multilabel:
            share = share / targets.shape[1]
        # What counts for a class, (N, C), and all that counts, of a class or a row.
        self._for = share * class_weights * targets
        self._all = (
            self._for + share * (1 - targets)
            if is_multilabel
            else self._for.sum(axis=1, keepdims=True)
        )

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
        shape = (self._coordinates.shape[1], self._for.shape[1])
        found = start or Linear(np.zeros(shape), np.zeros(shape[1]))
        # The scales of a search are those of where it starts. So one that has led far
        # is begun anew, and one that is to be fine begins where a rough one has ended.
        for each in (ROUGH, FINE) if tolerance == FINE else (ROUGH,):
            times_less: float = FAR
            while times_less >= FAR:
                found, times_less = self._search(l2, found, each)
        return found

    def _search(
        self, l2: float, start: Linear, tolerance: float
    ) -> tuple[Linear, float]:
        """Return where a search ends, and how many times less the objective is there.

        Raises:
            InputError: it is nowhere.
        """
        num_classes = len(start.bias)
        first, curvature = self._near(start, l2)
        steepness = curvature * self._variances + 2 * l2
        # Without a penalty there is none along an axis on which nothing varies.
        least = SMALLEST * max(steepness.max(), SMALLEST)
        scales = np.sqrt(first / np.maximum(steepness, least))[:, None]
        bias_scale = np.sqrt(first / curvature)

        def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
            unknown = flat.reshape(-1, num_classes)
            kernel, bias = scales * unknown[:-1], bias_scale * unknown[-1]
            loss, slopes = self._loss(self._coordinates @ kernel + bias)
            gradient = np.empty_like(unknown)
            of_kernel = self._coordinates.T @ slopes + 2 * l2 * kernel
            np.multiply(scales, of_kernel, out=gradient[:-1])
            gradient[-1] = bias_scale * slopes.sum(axis=0)
            cost = loss + l2 * np.vdot(kernel, kernel)
            return cost / first, gradient.ravel() / first

        found = minimize(
            objective,
            np.vstack([start.kernel / scales, start.bias / bias_scale]).ravel(),
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
        unknown = found.x.reshape(-1, num_classes)
        solution = Linear(scales * unknown[:-1], bias_scale * unknown[-1])
        return solution, first / max(first * found.fun, SMALLEST)

    def _loss(self, scores: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the mean cross-entropy of scores and its derivative by them, (N, C).

        Of softmax or sigmoid p it is, summed with their weights over rows and classes,
        -log p of what is the case; the derivative is p less that.
        """
        if self._kind == MULTILABEL:
            # log(1 + exp(s)), without overflow.
            loss = np.vdot(self._all, np.logaddexp(0, scores))
            likely = expit(scores)
        else:
            likely, total = _softmax(scores)
            loss = np.vdot(self._all, total)
        return loss - np.vdot(self._for, scores), self._all * likely - self._for

    def _near(self, start: Linear, l2: float) -> tuple[float, float]:
        """Return the objective at a point, and how curved it is by a score there.

        The curvature is p (1 - p), averaged over rows and classes.
        """
        scores = start(self._coordinates)
        likely = probabilities(scores, self._kind)
        curvature = self._row_weights @ (likely * (1 - likely)).mean(axis=1)
        if self._kind == MULTILABEL:
            curvature /= likely.shape[1]
        loss, _ = self._loss(scores)
        cost = loss + l2 * np.vdot(start.kernel, start.kernel)
        return max(cost, SMALLEST), max(curvature, SMALLEST)
