"""Standardising features inside a head, so that one strength of L2 suits all of them.

`length`: centred on the training mean, each row scaled to length 1. `within`: that,
then whitened by the within-class covariance of the training rows, shrunk towards a
multiple of the identity, so that directions in which a class varies by itself count
less. Whatever follows the scaling to length 1 is one matrix, which is folded into the
head's kernel.

Source of `within`: Fukunaga 1990, "Introduction to Statistical Pattern Recognition",
2nd edition, section 10.2, with a covariance shrunk as in Friedman 1989, "Regularized
Discriminant Analysis", equation 18.

Coordinates lie along the principal axes of the training rows, where a head's problem is
nearly one a direction. An isotropic L2 penalty does not see a rotation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.linalg

NONE = "none"
LENGTH = "length"
WITHIN = "within"

# How much of the identity is added to the within-class covariance, in units of its mean
# variance.
SHRINKAGE = 2.0
# Of rows of length 1; less than this share of their variance is a rounding error.
LEAST_VARIANCE = 1e-10


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


class Standardized(NamedTuple):
    """A standardisation, and what it makes of the rows that it was found on.

    Attributes:
        standardization: of any rows.
        coordinates: (N, R) float64, of those rows.
    """

    standardization: Standardization
    coordinates: np.ndarray


def side_by_side(blocks: Sequence[np.ndarray]) -> np.ndarray:
    """Return blocks of coordinates, (N, R) each, as one; a single one is not copied."""
    return blocks[0] if len(blocks) == 1 else np.hstack(blocks)


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
        mean = self._weights @ rows if has_unit_length else np.zeros(rows.shape[1])
        coordinates = scale(rows, mean, has_unit_length)
        basis = None
        if len(rows) < rows.shape[1]:
            basis, triangle = scipy.linalg.qr(coordinates.T, mode="economic")
            coordinates = triangle.T
        self._variances, axes = scipy.linalg.eigh(
            coordinates.T @ (coordinates * self._weights[:, None])
        )
        basis = axes if basis is None else basis @ axes
        self._plain = Standardized(
            Standardization(mean, has_unit_length, basis), coordinates @ axes
        )

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return self._plain.coordinates.nbytes + self._plain.standardization.basis.nbytes

    def plain(self) -> Standardized:
        """Return coordinates of the scaled rows as they are."""
        return self._plain

    def within(self, targets: np.ndarray) -> Standardized:
        """Return coordinates whitened by the covariance within classes.

        Args:
            targets: (N, C) of 0 and 1; rows with the same targets are a class.
        """
        found, coordinates = self._plain
        _, classes = np.unique(targets, axis=0, return_inverse=True)
        members = np.eye(classes.max() + 1)[classes.ravel()] * self._weights[:, None]
        shares = members.sum(axis=0)[:, None]
        between = members.T @ coordinates / np.sqrt(shares)
        covariance = np.diag(self._variances) - between.T @ between
        inside = np.trace(covariance)
        if inside <= LEAST_VARIANCE * self._variances.sum():
            # As with one image a class: nothing is known of how a class varies.
            return self._plain
        # Over all D dimensions: outside the span nothing varies.
        covariance[np.diag_indices_from(covariance)] += (
            SHRINKAGE * inside / len(found.mean)
        )
        # Of all that whiten, the one that takes least to find; they differ by a turn.
        factor = scipy.linalg.cholesky(covariance, lower=True)
        whiten = scipy.linalg.solve_triangular(factor, np.eye(len(factor)), lower=True)
        _, axes = scipy.linalg.eigh((whiten * self._variances) @ whiten.T)
        whiten = whiten.T @ axes
        coordinates = coordinates @ whiten
        length = self._weights @ np.sqrt((coordinates**2).sum(axis=1))
        return Standardized(
            Standardization(
                found.mean, found.has_unit_length, found.basis @ (whiten / length)
            ),
            coordinates / length,
        )
