"""Losses by hand and by scikit-learn; the band of a perfectly calibrated model."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from headswap.statistics.calibration import (
    NUM_BINS,
    brier_losses,
    coverage,
    is_among_first,
    log_losses,
    reliability,
)


def draw(num_images, num_classes=4, seed=0):
    random = np.random.default_rng(seed)
    likely = random.dirichlet(np.full(num_classes, 0.4), num_images)
    classes = (random.random((num_images, 1)) > likely.cumsum(axis=1)).sum(axis=1)
    return likely, np.eye(num_classes)[np.minimum(classes, num_classes - 1)]


def test_losses_are_those_of_their_definitions():
    likely, targets = draw(50)
    found = log_losses(targets, likely, "multiclass")
    assert found.mean() == pytest.approx(log_loss(targets, likely), abs=1e-4)
    one = brier_losses(np.array([[1, 0, 0]]), np.array([[0.5, 0.3, 0.2]]), "multiclass")
    assert one == pytest.approx(0.25 + 0.09 + 0.04)
    several, answers = np.array([[0.5, 0.25]]), np.array([[1, 0]])
    expected = -(np.log(0.5) + np.log(0.75)) / 2
    assert log_losses(answers, several, "multilabel") == pytest.approx(expected)
    found = brier_losses(answers, several, "multilabel")
    assert found == pytest.approx((0.25 + 0.0625) / 2)
    assert np.isfinite(log_losses(np.eye(2), np.eye(2)[::-1], "multiclass")).all()


def test_the_first_classes_are_the_most_probable_and_equals_stand_before():
    likely = np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [0.2, 0.3, 0.5]])
    targets = np.eye(3)[[1, 0, 0]]
    assert is_among_first(targets, likely, 2).tolist() == [1, 1, 0]
    assert is_among_first(targets, likely, 1).tolist() == [0, 0, 0]


def test_bins_hold_the_same_number_of_answers():
    random = np.random.default_rng(0)
    confidence, right = random.random(100), random.random(100) < 0.5
    found = reliability(confidence, right, np.arange(100))
    assert len(found.count) == NUM_BINS
    assert found.count.sum() == 100
    assert np.ptp(found.count) <= 1
    assert (np.diff(found.confidence) > 0).all()
    assert (found.accuracy @ found.count) / 100 == pytest.approx(right.mean())
    few = reliability(np.array([0.5, 0.7]), np.array([1, 0]), np.array([0, 1]))
    assert few.count.tolist() == [1, 1]
    assert few.error == pytest.approx((0.5 + 0.7) / 2)


def test_a_perfectly_calibrated_model_lies_in_its_band_19_times_of_20():
    inside, of_bins = [], []
    for seed in range(200):
        random = np.random.default_rng(seed)
        confidence = random.uniform(0.3, 1, 60)
        found = reliability(confidence, random.random(60) < confidence, np.arange(60))
        inside.append(found.error_low <= found.error <= found.error_high)
        of_bins.append((found.low <= found.accuracy) & (found.accuracy <= found.high))
    assert np.mean(inside) == pytest.approx(0.95, abs=0.035)
    # Of a few answers a bin, the band takes in whole steps.
    assert np.mean(of_bins) > 0.94


def test_a_model_that_is_too_sure_lies_above_its_band():
    random = np.random.default_rng(0)
    right = random.random(600) < 0.7
    found = reliability(random.uniform(0.85, 1, 600), right, np.arange(600))
    assert found.error > 2 * found.error_high


def test_images_that_several_rounds_test_widen_the_band():
    """Ten rounds of the same images say no more than one."""
    random = np.random.default_rng(0)
    confidence = random.uniform(0.3, 1, 60)
    right, images = random.random(60) < confidence, np.arange(60)
    once = reliability(confidence, right, images)
    again = reliability(
        np.tile(confidence, 10), np.tile(right, 10), np.tile(images, 10)
    )
    apart = reliability(np.tile(confidence, 10), np.tile(right, 10), np.arange(600))
    assert again.error_high == pytest.approx(once.error_high, rel=0.15)
    assert apart.error_high < 0.5 * again.error_high


def test_coverage_ends_at_all_answers_and_starts_with_the_surest():
    confidence = np.array([0.9, 0.2, 0.8, 0.7])
    found = coverage(confidence, np.array([1, 0, 1, 0]))
    assert found == [(0.25, 0.0), (0.5, 0.0), (0.75, 1 / 3), (1.0, 0.5)]
    # Of answers that are as sure, none comes first.
    assert coverage(np.ones(4), np.array([1, 0, 0, 0])) == [
        (share / 4, 0.75) for share in range(1, 5)
    ]
    assert len(coverage(np.random.default_rng(0).random(500), np.ones(500))) == 100
