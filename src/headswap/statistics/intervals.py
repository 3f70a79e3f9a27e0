"""Intervals of scores: 95 % of those computed so contain the true value.

Two questions that are never averaged: how good *this model* is on new images, and how
good *this recipe* is when trained on new images of the same kind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
# Below it a bootstrap over groups covers 89 % and less.
FEWEST_GROUPS = 20
# Two rounds say next to nothing about their spread.
FEWEST_ROUNDS = 3
NUM_RESAMPLES = 2000
# Units whose leaving out is tried, to see how skewed their influence is.
_MOST_LEFT_OUT = 500

Metric = Callable[[np.ndarray], np.ndarray]


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
    return _clip(low, high, "Wilson")


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
        return _none("one group of images alone says nothing of others")
    sums = np.bincount(groups, values - share, num_groups)
    variance = num_groups / (num_groups - 1) * (sums**2).sum() / num_images**2
    # With all images right nothing tells how alike they are: each group counts once.
    worth = share * (1 - share) / variance if variance > 0 else num_groups
    found = wilson(share, min(num_images, worth), num_groups - 1)
    return Interval(found.low, found.high, "Wilson, groups")


def bootstrap(
    metric: Metric, num_units: int, num_resamples: int, seed: int, is_grouped: bool
) -> Interval:
    """Return the interval of a score under resampling of its units.

    Bias-corrected and accelerated (BCa). Where all resamples give the same value, as
    where every answer is right, the interval is Wilson's of that many units; with fewer
    resamples than 1,000 it is the normal one, as its ends are too few to be counted.

    Args:
        metric: from weights of the units, (B, U), to scores, (B,).
        num_units: images, or groups of images.
        num_resamples: how many.
        seed: of the resamples.
        is_grouped: units are groups of images.

    Source: Efron (1987), JASA 82, 171-185.
    """
    from scipy import stats

    if is_grouped and num_units < FEWEST_GROUPS:
        return _none(f"{num_units} groups are too few, {FEWEST_GROUPS} are needed")
    ones = np.ones((1, num_units))
    value = float(metric(ones)[0])
    random = np.random.default_rng(seed)
    equal = np.full(num_units, 1 / num_units)
    block = max(1, 4_000_000 // num_units)
    scores = np.concatenate(
        [
            metric(random.multinomial(num_units, equal, min(block, num_resamples - i)))
            for i in range(0, num_resamples, block)
        ]
    )
    scores = scores[~np.isnan(scores)]
    name = "bootstrap, groups" if is_grouped else "bootstrap"
    if np.isnan(value) or not len(scores):
        return _none("the score has no value")
    if np.ptp(scores) == 0:
        found = wilson(min(max(value, 0.0), 1.0), num_units)
        return Interval(found.low, found.high, "Wilson, all resamples are equal")
    tail = (1 - CONFIDENCE) / 2
    if num_resamples < 1000:
        half = stats.norm.ppf(1 - tail) * scores.std(ddof=1)
        return _clip(value - half, value + half, f"{name}, normal")
    below = ((scores < value).mean() + (scores <= value).mean()) / 2
    # No resample beyond the value says as much as half a one.
    least = 0.5 / len(scores)
    bias = stats.norm.ppf(np.clip(below, least, 1 - least))
    acceleration = _acceleration(metric, num_units, random)
    ends = []
    for quantile in stats.norm.ppf([tail, 1 - tail]):
        moved = bias + quantile
        scale = 1 - acceleration * moved
        share = stats.norm.cdf(bias + moved / scale) if scale > 0 else 1.0
        ends.append(float(np.quantile(scores, share)))
    return _clip(min(ends), max(ends), f"{name}, BCa")


def _acceleration(metric: Metric, num_units: int, random: np.random.Generator) -> float:
    """Return how the spread of a score changes with it, from units left out singly."""
    left_out = np.arange(num_units)
    if num_units > _MOST_LEFT_OUT:
        left_out = random.choice(num_units, _MOST_LEFT_OUT, replace=False)
    scores = []
    for rows in np.array_split(
        left_out, max(1, len(left_out) * num_units // 4_000_000)
    ):
        weights = np.ones((len(rows), num_units))
        weights[np.arange(len(rows)), rows] = 0
        scores.append(metric(weights))
    values = np.concatenate(scores)
    values = values[~np.isnan(values)]
    if not len(values) or np.ptp(values) == 0:
        return 0.0
    influence = values.mean() - values
    skewness = (influence**3).mean() / (influence**2).mean() ** 1.5
    return float(skewness / (6 * np.sqrt(num_units)))


@dataclass(frozen=True)
class Rounds:
    """How much several rounds, which share images, say of a mean over them.

    Attributes:
        factor: of the deviation between rounds, for the standard error of the mean.
        degrees: of freedom.
        method: its name.
    """

    factor: float
    degrees: int
    method: str

    @classmethod
    def drawn(cls, num_rounds: int, num_scored: float, num_train: float) -> "Rounds":
        """Return that of independent draws.

        Args:
            num_rounds: at least 2.
            num_scored: images a round that are scored.
            num_train: images a round that are fitted to.

        Source: Nadeau and Bengio (2003), Machine Learning 52, 239-281.
        """
        factor = np.sqrt(1 / num_rounds + num_scored / num_train)
        return cls(float(factor), num_rounds - 1, "corrected t")

    @classmethod
    def of_folds(cls, num_repeats: int, num_folds: int) -> "Rounds":
        """Return that of cross-validation.

        Source: Bouckaert and Frank (2004), PAKDD, 3-12.
        """
        num_rounds = num_repeats * num_folds
        factor = np.sqrt(1 / num_rounds + 1 / (num_folds - 1))
        return cls(float(factor), num_rounds - 1, "corrected t of folds")

    def interval(self, values: Sequence[float], num_images: float) -> Interval:
        """Return the interval of the mean of a score of 0 to 1 a round.

        Rounds that are all equal have no deviation, and still say no more than their
        images can: then the interval is Wilson's of one round's images.

        Args:
            values: of each round.
            num_images: that a round scores.
        """
        if np.isnan(values).any():
            return _none("a round has no value")
        if len(values) < FEWEST_ROUNDS:
            return _none(
                f"{len(values)} rounds are too few, {FEWEST_ROUNDS} are needed"
            )
        mean = float(np.mean(values))
        # Rounding leaves a deviation where there is none.
        if np.std(values) < 1e-12:
            found = wilson(mean, num_images)
            return Interval(found.low, found.high, "Wilson, all rounds are equal")
        half = self.half_width(values)
        return _clip(mean - half, mean + half, self.method)

    def half_width(self, values: Sequence[float]) -> float:
        """Return half the width of the interval of a mean of a value a round."""
        from scipy import stats

        quantile = stats.t.ppf((1 + CONFIDENCE) / 2, self.degrees)
        return float(quantile * self.factor * np.std(values, ddof=1))


def _clip(low: float, high: float, method: str) -> Interval:
    return Interval(max(0.0, float(low)), min(1.0, float(high)), method)


def _none(reason: str) -> Interval:
    return Interval(None, None, reason)
