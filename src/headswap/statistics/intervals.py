"""Intervals of scores: 95 % of those computed so contain the true value.

Two questions that are never averaged: how good *this model* is on new images, and how
good *this recipe* is when trained on new images of the same kind.
"""

from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """Where a score lies.

    Attributes:
        low: lower bound, None where no interval can be had.
        high: upper bound, or None.
        method: how it was computed, or why there is none.
    """

    low: float | None
    high: float | None
    method: str


def wilson(share: float, num_images: float, degrees: int | None = None) -> Interval:
    """Return the interval of a share of images that are independent.

    Args:
        share: 0..1.
        num_images: number of images, or what they are worth.
        degrees: of freedom, of a t quantile instead of the normal one.

    Source: Wilson (1927), JASA 22, 209-212.
    """
    from scipy import stats

    tail = (1 + CONFIDENCE) / 2
    quantile = stats.norm.ppf(tail) if degrees is None else stats.t.ppf(tail, degrees)
    squared = quantile**2 / num_images
    middle = (share + squared / 2) / (1 + squared)
    half = np.sqrt(squared * share * (1 - share) + squared**2 / 4) / (
        1 + squared
    )  # Wilson's score interval, solved for its bounds.
    # Rounding must not move the ends of all right and all wrong.
    low = 0.0 if share == 0 else middle - half
    high = 1.0 if share == 1 else middle + half
    return clipped(low, high, "Wilson")


def wilson_of_groups(values: np.ndarray, groups: np.ndarray) -> Interval:
    """Return the interval of a mean of 0 to 1 over images that come in groups.

    Images of a group are worth fewer independent ones: as many as would give the mean
    the standard error that the sums of the groups have.

    Args:
        values: of each image, (N,), 0..1.
        groups: of each image, (N,) int from 0 on.

    Source: Korn and Graubard (1998), Survey Methodology 24, 193-201, for the number of
    independent images; `wilson` for the interval.
    """
    num_images, num_groups = len(values), int(groups.max()) + 1
    share = float(values.mean())
    if num_groups == num_images:
        return wilson(share, num_images)
    if num_groups < 2:
        return no_interval("one group of images alone says nothing of others")
    sums = np.bincount(groups, values - share, num_groups)
    variance = num_groups / (num_groups - 1) * (sums**2).sum() / num_images**2
    # With all images right nothing tells how alike they are: each group counts once.
    worth = share * (1 - share) / variance if variance > 0 else num_groups
    found = wilson(share, min(num_images, worth), num_groups - 1)
    return Interval(found.low, found.high, "Wilson, groups")


def clipped(low: float, high: float, method: str, highest: float = 1.0) -> Interval:
    """Return the interval of a score that lies in 0..`highest`."""
    return Interval(max(0.0, float(low)), min(highest, float(high)), method)


def no_interval(reason: str) -> Interval:
    """Return that there is none, and why."""
    return Interval(None, None, reason)
