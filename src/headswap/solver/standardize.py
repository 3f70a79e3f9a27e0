"""Standardising features inside a head, so that one strength of L2 suits all of them.

`length`: centred on the training mean, each row scaled to length 1. `within`: that,
then whitened by the within-class covariance of the training rows, shrunk towards a
multiple of the identity, so that directions in which a class varies by itself count
less. Whatever follows the scaling to length 1 is one matrix, which is folded into the
head's kernel.

Source of `within`: Fukunaga 1990, "Introduction to Statistical Pattern Recognition",
2nd edition, section 10.2, with a covariance shrunk as in Friedman 1989, "Regularized
Discriminant Analysis", equation 18.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg

NONE = "none"
LENGTH = "length"
WITHIN = "within"

# How much of the identity is added to the within-class covariance, in units of its mean
# variance.
SHRINKAGE = 2.0
# Of rows of length 1; less than this share of their variance is a rounding error.
LEAST_VARIANCE = 1e-12


@dataclass(frozen=True)
class Standardization:
    """What turns one block of features into coordinates.

    Attributes:
        mean: (D,) float64, subtracted.
        has_unit_length: whether a row is then scaled to length 1.
        basis: (D, R) float64; coordinates are the scaled row times this.
    """

    mean: np.ndarray
    has_unit_length: bool
    basis: np.ndarray

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return the coordinates of rows (N, D), (N, R) float64."""
        return scale(rows, self.mean, self.has_unit_length) @ self.basis


def scale(rows: np.ndarray, mean: np.ndarray, has_unit_length: bool) -> np.ndarray:
    """Return rows (N, D) centred and, where asked for, of length 1, float64."""
    centred = rows - mean
    if not has_unit_length:
        return centred
    lengths = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    return centred / np.maximum(lengths, 1e-12)


class Span:
    """The space that the training rows of one block of features span.

    A head with an isotropic L2 penalty has no component outside, so it is solved in
    there; that changes nothing but the time it takes.

    Args:
        rows: (N, D), those that are fitted to.
        weights: (N,), how often each counts.
        has_unit_length: whether rows are centred and scaled to length 1.
    """

    def __init__(self, rows: np.ndarray, weights: np.ndarray, has_unit_length: bool):
        rows = rows.astype(np.float64)
        self._weights = weights / weights.sum()
        self._has_unit_length = has_unit_length
        self._mean = (
            self._weights @ rows if has_unit_length else np.zeros(rows.shape[1])
        )
        scaled = scale(rows, self._mean, has_unit_length)
        if len(rows) < rows.shape[1]:
            basis, _ = scipy.linalg.qr(scaled.T, mode="economic")
        else:
            basis = np.eye(rows.shape[1])
        self._basis = basis
        self._coordinates = scaled @ basis

    def plain(self) -> Standardization:
        """Return coordinates of the scaled rows as they are."""
        return Standardization(self._mean, self._has_unit_length, self._basis)

    def within(self, targets: np.ndarray) -> Standardization:
        """Return coordinates whitened by the covariance within classes.

        Args:
            targets: (N, C) of 0 and 1; rows with the same targets are a class.
        """
        _, classes = np.unique(targets, axis=0, return_inverse=True)
        members = np.eye(classes.max() + 1)[classes.ravel()] * self._weights[:, None]
        means = members.T @ self._coordinates / members.sum(axis=0)[:, None]
        inside = self._coordinates - means[classes.ravel()]
        covariance = inside.T @ (inside * self._weights[:, None])
        variances, axes = scipy.linalg.eigh(covariance)
        # Over all D dimensions: outside the span nothing varies.
        total = self._weights @ (self._coordinates**2).sum(axis=1)
        if variances.sum() <= LEAST_VARIANCE * total:
            # As with one image a class: nothing is known of how a class varies.
            return self.plain()
        added = SHRINKAGE * variances.sum() / len(self._mean)
        whiten = axes / np.sqrt(np.maximum(variances, 0) + added)
        lengths = np.sqrt(((self._coordinates @ whiten) ** 2).sum(axis=1))
        whiten /= self._weights @ lengths
        return Standardization(self._mean, self._has_unit_length, self._basis @ whiten)
