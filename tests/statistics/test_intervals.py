"""Intervals cover what they say, or say why there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headswap.statistics.bootstrap import bootstrap
from headswap.statistics.intervals import Interval, wilson, wilson_of_groups
from headswap.statistics.resampling import Resampled
from headswap.statistics.rounds import Rounds, no_surer_than

REPLICATIONS = 400


def test_wilson_s_interval_is_the_published_one():
    """81 of 263 and 15 of 148, in Newcombe (1998), Statistics in Medicine 17, 857."""
    found = wilson(81 / 263, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    found = wilson(15 / 148, 148)
    assert (found.low, found.high) == pytest.approx((0.0624, 0.1605), abs=5e-5)


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 40))
def test_wilson_s_interval_holds_its_share_and_stays_within_bounds(right, wrong):
    share = right / (right + wrong)
    found = wilson(share, right + wrong)
    assert 0 <= found.low <= share <= found.high <= 1
    assert found.low < found.high


def test_images_of_a_group_that_agree_count_as_one():
    """Ten groups of eight equal answers are worth ten images."""
    values = np.repeat([1, 1, 1, 0, 1, 0, 1, 1, 1, 0], 8).astype(float)
    groups = np.repeat(np.arange(10), 8)
    found, alone = wilson_of_groups(values, groups), wilson(0.7, 80)
    assert found.high - found.low > 2 * (alone.high - alone.low)
    # 0.7 * 0.3 / (10 / 9 * 10 * 0.21 / 100): nine images.
    expected = wilson(0.7, 9, 9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_groups_that_are_all_right_count_once_each():
    found = wilson_of_groups(np.ones(40), np.repeat(np.arange(8), 5))
    expected = wilson(1.0, 8, 7)
    assert (found.low, found.high) == (expected.low, 1.0)


def test_one_group_alone_has_no_interval():
    found = wilson_of_groups(np.array([1.0, 0.0]), np.array([0, 0]))
    assert (found.low, found.high) == (None, None)
    assert "one group" in found.method


def mean_of(values):
    return lambda weights: (weights @ values) / weights.sum(axis=1)


def test_a_bootstrap_of_groups_needs_twenty_of_them():
    values = np.random.default_rng(0).random(30)
    few = bootstrap(mean_of(values[:19]), 19, 1000, 0, is_grouped=True)
    assert few.low is None
    assert few.method == "19 groups are too few, 20 are needed"
    assert bootstrap(mean_of(values[:20]), 20, 1000, 0, is_grouped=True).low > 0
    assert bootstrap(mean_of(values[:19]), 19, 1000, 0, is_grouped=False).low > 0


def test_answers_that_are_all_right_still_have_an_interval_with_a_width():
    found = bootstrap(mean_of(np.ones(60)), 60, 1000, 0, is_grouped=False)
    assert found.high == 1
    assert (
        found.low == pytest.approx(wilson(1.0, 60).low) == pytest.approx(0.94, abs=0.01)
    )
    assert found.method == "Wilson, all resamples are equal"


def test_the_bootstrap_is_scipy_s():
    """Where SciPy resamples the same mean; its resamples are others."""
    from scipy import stats

    values = np.random.default_rng(3).exponential(0.1, 50)
    found = bootstrap(mean_of(values), 50, 20000, 0, is_grouped=False)
    other = stats.bootstrap((values,), np.mean, n_resamples=20000, rng=0)
    expected = (other.confidence_interval.low, other.confidence_interval.high)
    assert (found.low, found.high) == pytest.approx(expected, rel=0.01)


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(3).random(50)
    found = [bootstrap(mean_of(values), 50, 1000, 7, is_grouped=False) for _ in "ab"]
    assert found[0] == found[1]


def test_rounds_that_share_images_are_worth_fewer_than_they_are():
    rounds = Rounds.drawn(10, 100, 400)
    assert rounds.factor == pytest.approx(np.sqrt(1 / 10 + 1 / 4))
    values = [0.8, 0.9] * 5
    found = rounds.interval(values, 100)
    half = 2.262157 * np.sqrt(0.35) * np.std(values, ddof=1)
    assert (found.low, found.high) == pytest.approx((0.85 - half, 0.85 + half))


def test_folds_have_their_own_factor():
    rounds = Rounds.of_folds(2, 5)
    assert (rounds.factor, rounds.degrees) == (pytest.approx(np.sqrt(0.1 + 0.25)), 9)


def test_equal_rounds_say_no_more_than_their_images():
    found = Rounds.drawn(5, 90, 300).interval([1.0] * 5, 90)
    assert (found.low, found.high) == (wilson(1.0, 90).low, 1.0)


def test_rounds_equal_by_chance_are_no_surer_than_their_images():
    found = Rounds.drawn(3, 60, 300).interval([59 / 60, 58 / 59, 59 / 60], 60)
    assert found.high - found.low < 0.002
    wider = no_surer_than(found, 0.983, 150)
    assert wider == Interval(
        wilson(0.983, 150).low, wilson(0.983, 150).high, "corrected t"
    )
    wide = Interval(0.1, 0.99999, "corrected t")
    assert no_surer_than(wide, 0.983, 150) == wide
    none = Interval(None, None, "2 rounds are too few")
    assert no_surer_than(none, 0.983, 150) == none


def test_two_rounds_and_missing_values_have_no_interval():
    assert Rounds.drawn(2, 9, 30).interval([0.5, 0.6], 9).low is None
    assert Rounds.drawn(3, 9, 30).interval([0.5, np.nan, 0.6], 9).low is None


def simulate(counts, skill, seed):
    """Targets by class counts, and answers as right as `skill` says of each class."""
    random = np.random.default_rng(seed)
    num_classes = len(counts)
    actual = np.repeat(np.arange(num_classes), counts)
    scores = random.normal(0, 1, (len(actual), num_classes))
    scores[np.arange(len(actual)), actual] += skill[actual]
    return np.eye(num_classes, dtype=int)[actual], scores


def resample(targets, scores):
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    predicted = np.eye(targets.shape[1], dtype=int)[scores.argmax(axis=1)]
    return Resampled(
        targets, probabilities, predicted, "multiclass", np.arange(len(targets))
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("counts", "metric"),
    [
        pytest.param([100] * 6, "f1", marks=pytest.mark.endure),
        pytest.param([100] * 6, "auc", marks=pytest.mark.endure),
        ([3] * 30, "f1"),
        ([250, 200, 100, 50, 20, 5], "f1"),
        pytest.param([250, 5], "f1", marks=pytest.mark.endure),
    ],
)
def test_the_bootstrap_covers_the_true_score(counts, metric):
    """The truth is the mean over many more images with these shares of the classes."""
    num_classes = len(counts)
    skill = np.linspace(1.5, 4, num_classes)
    many = np.array(counts) * (200_000 // sum(counts))
    population = resample(*simulate(many, skill, 0))
    (truth,) = population.metrics()[metric](np.ones((1, sum(many))))
    covered, widths = [], []
    for seed in range(REPLICATIONS):
        function = resample(*simulate(counts, skill, seed + 1)).metrics()[metric]
        found = bootstrap(function, sum(counts), 1000, 0, is_grouped=False)
        covered.append(found.low <= truth <= found.high)
        widths.append(found.high - found.low)
    print(f"{counts} {metric}: {np.mean(covered):.3f}, width {np.mean(widths):.3f}")
    assert np.mean(covered) >= 0.92
