"""Intervals of a mean over rounds, which share images and are not independent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headswap.statistics.intervals import (
    CONFIDENCE,
    Interval,
    clipped,
    no_interval,
    wilson,
)

# Two rounds say next to nothing about their spread.
FEWEST_ROUNDS = 3


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

    def interval(
        self, values: Sequence[float] | np.ndarray, num_images: float
    ) -> Interval:
        """Return the interval of the mean of a score of 0 to 1 a round.

        Rounds that are all equal have no deviation, and still say no more than their
        images can: then the interval is Wilson's of one round's images.

        Args:
            values: of each round.
            num_images: that a round scores.
        """
        if np.isnan(values).any():
            return no_interval("a round has no value")
        if len(values) < FEWEST_ROUNDS:
            return too_few(len(values))
        mean = float(np.mean(values))
        # Rounding leaves a deviation where there is none.
        if np.std(values) < 1e-12:
            found = wilson(mean, num_images)
            return Interval(found.low, found.high, "Wilson, all rounds are equal")
        half = self.half_width(values)
        return clipped(mean - half, mean + half, self.method)

    def interval_of_losses(self, values: Sequence[float]) -> Interval:
        """Return the interval of the mean of a loss a round, which has no upper bound.

        Args:
            values: of each round.
        """
        if len(values) < FEWEST_ROUNDS:
            return too_few(len(values))
        if np.std(values) < 1e-12:
            return no_interval("all rounds are equal")
        mean, half = float(np.mean(values)), self.half_width(values)
        return clipped(mean - half, mean + half, self.method, np.inf)

    def half_width(self, values: Sequence[float] | np.ndarray) -> float:
        """Return half the width of the interval of a mean of a value a round."""
        from scipy import stats

        quantile = stats.t.ppf((1 + CONFIDENCE) / 2, self.degrees)
        return float(quantile * self.factor * np.std(values, ddof=1))


def too_few(num_rounds: int) -> Interval:
    """Return that so few rounds have no interval."""
    return no_interval(f"{num_rounds} rounds are too few, {FEWEST_ROUNDS} are needed")


def no_surer_than(found: Interval, share: float, num_images: int) -> Interval:
    """Return an interval that is at least as wide as Wilson's of so many images.

    Few rounds have nearly equal scores by chance, and then a t interval of almost no
    width: one of 0.0005 for three times 59 of 60 images. Simulated for the share of
    images right in 3 to 10 rounds of 60 to 300 images: the t interval covers 96.2 to
    99.8 % of the truth, 98.2 to 99.8 % and 1 to 13 % wider so.

    Args:
        found: of a mean over rounds.
        share: that mean, 0..1.
        num_images: different images that the rounds score.
    """
    least = wilson(min(max(share, 0.0), 1.0), num_images)
    if found.low is None or found.high is None:
        return found
    assert least.low is not None and least.high is not None
    low, high = min(found.low, least.low), max(found.high, least.high)
    return Interval(low, high, found.method)
