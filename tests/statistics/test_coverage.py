"""Intervals contain the true value about as often as they say; simpler ones do not.

400 seeded samples each, from populations whose true value is known.
"""

import numpy as np
import pytest
from scipy import stats

from headswap.statistics.bootstrap import bootstrap
from headswap.statistics.intervals import wilson, wilson_of_groups
from headswap.statistics.rounds import Rounds

NUM_SAMPLES = 400

pytestmark = pytest.mark.slow


def coverage(true, intervals):
    return np.mean([each.low <= true <= each.high for each in intervals])


def test_images_of_groups_are_worth_as_many_as_they_say():
    """40 groups of 8 images that are right for 80 %, with a correlation of 0.3."""
    random = np.random.default_rng(0)
    true, correlation, num_groups, size = 0.8, 0.3, 40, 8
    concentration = 1 / correlation - 1
    groups = np.repeat(np.arange(num_groups), size)
    of_groups, of_images = [], []
    for _ in range(NUM_SAMPLES):
        shares = random.beta(
            true * concentration, (1 - true) * concentration, num_groups
        )
        values = (random.random(len(groups)) < shares[groups]).astype(float)
        of_groups.append(wilson_of_groups(values, groups))
        of_images.append(wilson(values.mean(), len(values)))
    assert coverage(true, of_groups) >= 0.93
    assert coverage(true, of_images) <= 0.8


@pytest.mark.parametrize("num_rounds", [3, 5, 10])
def test_rounds_that_share_images_are_worth_as_many_as_they_say(num_rounds):
    """As Nadeau and Bengio have it, scores correlate by the share that tests."""
    random = np.random.default_rng(0)
    true, deviation, num_test, num_train = 0.7, 0.03, 90, 172
    correlation = num_test / (num_test + num_train)
    shared = random.normal(size=(NUM_SAMPLES, 1))
    own = random.normal(size=(NUM_SAMPLES, num_rounds))
    scores = true + deviation * (
        np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    )
    spread = Rounds.drawn(num_rounds, num_test, num_train)
    assert coverage(true, [spread.interval(x, num_test) for x in scores]) >= 0.93
    half = stats.t.ppf(0.975, num_rounds - 1) * scores.std(axis=1, ddof=1)
    half /= np.sqrt(num_rounds)
    assert np.mean(np.abs(scores.mean(axis=1) - true) <= half) <= 0.9


def test_rounds_that_test_the_same_images_are_resampled_by_image():
    """180 images and 5 rounds, of whose answers 4 of 100 differ from round to round."""
    random = np.random.default_rng(0)
    easy, num_images, num_rounds = 0.85, 180, 5
    true = easy * 0.96 + (1 - easy) * 0.04
    by_image, by_round = [], []
    for _ in range(NUM_SAMPLES):
        is_easy = random.random(num_images) < easy
        is_right = is_easy != (random.random((num_rounds, num_images)) < 0.04)
        means = is_right.mean(axis=0)

        def share(weights, means=means):
            return weights @ means / num_images

        by_image.append(bootstrap(share, num_images, 1000, 0, is_grouped=False))
        scores = is_right.mean(axis=1)
        by_round.append(Rounds(1 / np.sqrt(num_rounds), 4, "t").interval(scores, 180))
    assert coverage(true, by_image) >= 0.93
    assert coverage(true, by_round) <= 0.7
