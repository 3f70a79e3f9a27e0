"""Losses agree with Keras's own, and class weights with scikit-learn and the paper."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from headswap.artifacts.dataset.tasks import Task
from headswap.train.descent.losses import make_loss
from headswap.train.weights import class_weights, soften

NUM_CLASSES = 4
TASKS = {
    kind: Task("kind", kind, tuple("abcd")) for kind in ("multiclass", "multilabel")
}
ONES = np.ones(NUM_CLASSES, np.float32)


def make_batch(kind, num_rows=50):
    random = np.random.default_rng(3)
    if kind == "multiclass":
        targets = np.eye(NUM_CLASSES)[random.integers(0, NUM_CLASSES, num_rows)]
        probabilities = random.dirichlet(ONES, num_rows)
    else:
        targets = random.random((num_rows, NUM_CLASSES)) < 0.3
        probabilities = random.random((num_rows, NUM_CLASSES))
    return targets.astype(np.float32), probabilities.astype(np.float32)


def value(loss, targets, probabilities):
    """The mean loss over a batch, as Keras takes it."""
    return float(np.mean(keras.ops.convert_to_numpy(loss(targets, probabilities))))


KERAS_LOSSES = [
    ("multiclass", "cross_entropy", lambda: keras.losses.CategoricalCrossentropy()),
    ("multilabel", "cross_entropy", lambda: keras.losses.BinaryCrossentropy()),
    (
        "multiclass",
        "focal",
        lambda: keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0),
    ),
    ("multilabel", "focal", lambda: keras.losses.BinaryFocalCrossentropy(gamma=2.0)),
]


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_smoothed_labels_mean_the_same_weighted_or_not(kind):
    batch = make_batch(kind)
    plain, weighted = (
        make_loss(TASKS[kind], "cross_entropy", weights, label_smoothing=0.2)
        for weights in (None, ONES)
    )
    assert value(plain, *batch) == pytest.approx(value(weighted, *batch), rel=1e-5)
    hard = make_loss(TASKS[kind], "cross_entropy", None)
    softened = soften(batch[0], TASKS[kind], 0.2)
    assert value(plain, *batch) == pytest.approx(value(hard, softened, batch[1]), 1e-5)


@pytest.mark.parametrize("weights", [None, ONES])
@pytest.mark.parametrize(("kind", "name", "make_expected"), KERAS_LOSSES)
def test_losses_without_weights_are_those_of_keras(kind, name, make_expected, weights):
    batch = make_batch(kind)
    loss = make_loss(TASKS[kind], name, weights)
    assert value(loss, *batch) == pytest.approx(
        value(make_expected(), *batch), rel=1e-5
    )


@pytest.mark.parametrize("name", ["cross_entropy", "focal"])
def test_a_multiclass_weight_counts_each_row_so_often(name):
    targets, probabilities = make_batch("multiclass")
    weights = np.array([0.5, 1, 2, 3], np.float32)
    plain = make_loss(TASKS["multiclass"], name, ONES)
    weighted = make_loss(TASKS["multiclass"], name, weights)
    rows = keras.ops.convert_to_numpy(plain(targets, probabilities))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(weighted(targets, probabilities)),
        rows * weights[targets.argmax(axis=1)],
        rtol=1e-5,
    )


def test_a_multilabel_weight_counts_the_positives_alone():
    targets, probabilities = make_batch("multilabel")
    weights = np.array([0.5, 1, 2, 3], np.float32)
    loss = make_loss(TASKS["multilabel"], "cross_entropy", weights)
    expected = -(
        weights * targets * np.log(probabilities)
        + (1 - targets) * np.log(1 - probabilities)
    ).mean(axis=1)
    found = keras.ops.convert_to_numpy(loss(targets, probabilities))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("kind", list(TASKS))
@pytest.mark.parametrize("name", ["cross_entropy", "focal"])
def test_losses_stay_finite_where_a_prediction_is_certain_and_wrong(kind, name):
    targets = np.eye(NUM_CLASSES, dtype=np.float32)
    loss = make_loss(TASKS[kind], name, ONES)
    assert np.isfinite(value(loss, targets, targets[::-1].copy()))
    assert value(loss, targets, targets) == pytest.approx(0, abs=1e-5)


def test_focal_turns_to_the_hard_examples():
    targets = np.eye(2, dtype=np.float32)
    probabilities = np.array([[0.9, 0.1], [0.7, 0.3]], np.float32)
    task = Task("kind", "multiclass", ("a", "b"))
    easy, hard = (
        keras.ops.convert_to_numpy(
            make_loss(task, name, None if name == "focal" else np.ones(2, np.float32))(
                targets, probabilities
            )
        )
        for name in ("cross_entropy", "focal")
    )
    np.testing.assert_allclose(hard / easy, [0.1**2, 0.7**2], rtol=1e-4)


COUNTS = [40, 25, 10, 5]


@pytest.fixture
def targets():
    """One-hot targets of 80 rows, (80, 4) float32."""
    return np.eye(NUM_CLASSES, dtype=np.float32)[np.repeat(range(4), COUNTS)]


@pytest.mark.parametrize("kind", list(TASKS))
def test_no_scheme_gives_no_weights(targets, kind):
    assert class_weights(targets, slice(None), TASKS[kind], "none") is None


def test_balanced_is_scikit_learns(targets):
    labels = targets.argmax(axis=1)
    weights = class_weights(targets, slice(None), TASKS["multiclass"], "balanced")
    expected = compute_class_weight("balanced", classes=np.arange(4), y=labels)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    # A row weighs 1 on the mean.
    assert weights[labels].mean() == pytest.approx(1, rel=1e-6)


def test_balanced_multilabel_positives_weigh_as_much_as_negatives(targets):
    weights = class_weights(targets, slice(None), TASKS["multilabel"], "balanced")
    np.testing.assert_allclose(weights * COUNTS, 80 - np.array(COUNTS), rtol=1e-6)


@pytest.mark.parametrize("kind", list(TASKS))
def test_effective_is_the_formula_of_the_paper_with_a_mean_of_one(targets, kind):
    weights = class_weights(targets, slice(None), TASKS[kind], "effective")
    beta = 79 / 80
    expected = np.array([(1 - beta) / (1 - beta**count) for count in COUNTS])
    np.testing.assert_allclose(weights, expected / expected.mean(), rtol=1e-6)
    assert weights.mean() == pytest.approx(1, rel=1e-6)
    assert list(weights) == sorted(weights)


@pytest.mark.parametrize("kind", list(TASKS))
@pytest.mark.parametrize("scheme", ["balanced", "effective"])
def test_a_class_without_rows_has_a_finite_weight(targets, kind, scheme):
    targets[:, 3] = 0
    weights = class_weights(targets, slice(None), TASKS[kind], scheme)
    assert np.isfinite(weights).all()
    assert weights.argmax() == 3


@pytest.mark.parametrize("scheme", ["balanced", "effective"])
def test_a_multilabel_class_that_every_row_has_still_weighs_something(targets, scheme):
    targets[:, 0] = 1
    assert (class_weights(targets, slice(None), TASKS["multilabel"], scheme) > 0).all()
