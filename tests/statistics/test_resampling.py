"""A resample scores what the same images, repeated, score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headswap.statistics.resampling import Resampled
from headswap.statistics.scores import score


def draw(seed, kind, num_images=12, num_classes=3):
    random = np.random.default_rng(seed)
    # Few values, so that some are equal.
    probabilities = random.integers(1, 5, (num_images, num_classes)) / 8
    if kind == "multilabel":
        targets = random.integers(0, 2, (num_images, num_classes))
        return targets, probabilities, (probabilities > 0.4).astype(int)
    eye = np.eye(num_classes, dtype=int)
    targets = eye[random.integers(0, num_classes, num_images)]
    return targets, probabilities, eye[probabilities.argmax(axis=1)]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["multiclass", "multilabel"]),
    st.lists(st.integers(0, 3), min_size=12, max_size=12).filter(any),
)
def test_weights_of_images_are_images_that_stand_there_so_often(seed, kind, weights):
    targets, probabilities, predicted = draw(seed, kind)
    resampled = Resampled(targets, probabilities, predicted, kind, np.arange(12))
    rows = np.repeat(np.arange(12), weights)
    expected = score(targets[rows], probabilities[rows], predicted[rows], kind).overall
    metrics = resampled.metrics()
    assert metrics.keys() == expected.keys()
    for name, function in metrics.items():
        (found,) = function(np.array([weights]))
        assert found == pytest.approx(expected[name], nan_ok=True), name


def test_weights_of_groups_are_weights_of_all_their_images():
    targets, probabilities, predicted = draw(0, "multiclass")
    groups = np.repeat(np.arange(4), 3)
    grouped = Resampled(targets, probabilities, predicted, "multiclass", groups)
    single = Resampled(targets, probabilities, predicted, "multiclass", np.arange(12))
    weights = np.array([[1, 0, 2, 1], [3, 1, 0, 0]])
    for name, function in grouped.metrics().items():
        np.testing.assert_allclose(
            function(weights), single.metrics()[name](weights[:, groups])
        )


def test_blocks_of_resamples_change_nothing(monkeypatch):
    targets, probabilities, predicted = draw(1, "multilabel")
    resampled = Resampled(
        targets, probabilities, predicted, "multilabel", np.arange(12)
    )
    weights = np.random.default_rng(2).integers(0, 3, (20, 12))
    whole = resampled.metrics()["auc"](weights)
    monkeypatch.setattr("headswap.statistics.resampling._BLOCK", 30)
    np.testing.assert_array_equal(resampled.metrics()["auc"](weights), whole)
