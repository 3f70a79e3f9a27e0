"""Intervals of any score, by resampling the images, or the groups, that were scored."""

from collections.abc import Callable

import numpy as np

from headswap.statistics.intervals import (
    CONFIDENCE,
    Interval,
    clipped,
    no_interval,
    wilson,
)

# Below it a bootstrap over groups covers 89 % and less.
FEWEST_GROUPS = 20
NUM_RESAMPLES = 2000
# Units whose leaving out is tried, to see how skewed their influence is.
_MOST_LEFT_OUT = 500
# Weights in a block of resamples.
_BLOCK = 4_000_000

Metric = Callable[[np.ndarray], np.ndarray]


def bootstrap(
    metric: Metric,
    num_units: int,
    num_resamples: int,
    seed: int,
    is_grouped: bool,
    highest: float = 1.0,
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
        highest: that the score can be; infinite for a loss.

    Source: Efron (1987), JASA 82, 171-185.
    """
    from scipy import stats

    if is_grouped and num_units < FEWEST_GROUPS:
        return no_interval(
            f"{num_units} groups are too few, {FEWEST_GROUPS} are needed"
        )
    ones = np.ones((1, num_units))
    value = float(metric(ones)[0])
    random = np.random.default_rng(seed)
    equal = np.full(num_units, 1 / num_units)
    block = max(1, _BLOCK // num_units)
    scores = np.concatenate(
        [
            metric(random.multinomial(num_units, equal, min(block, num_resamples - i)))
            for i in range(0, num_resamples, block)
        ]
    )
    scores = scores[~np.isnan(scores)]
    name = "bootstrap, groups" if is_grouped else "bootstrap"
    if np.isnan(value) or not len(scores):
        return no_interval("the score has no value")
    if np.ptp(scores) == 0 and highest > 1:
        return no_interval("all resamples are equal")
    if np.ptp(scores) == 0:
        found = wilson(min(max(value, 0.0), 1.0), num_units)
        return Interval(found.low, found.high, "Wilson, all resamples are equal")
    tail = (1 - CONFIDENCE) / 2
    if num_resamples < 1000:
        half = stats.norm.ppf(1 - tail) * scores.std(ddof=1)
        return clipped(value - half, value + half, f"{name}, normal", highest)
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
    return clipped(min(ends), max(ends), f"{name}, BCa", highest)


def _acceleration(metric: Metric, num_units: int, random: np.random.Generator) -> float:
    """Return how the spread of a score changes with it, from units left out singly."""
    left_out = np.arange(num_units)
    if num_units > _MOST_LEFT_OUT:
        left_out = random.choice(num_units, _MOST_LEFT_OUT, replace=False)
    scores = []
    for rows in np.array_split(left_out, max(1, len(left_out) * num_units // _BLOCK)):
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
