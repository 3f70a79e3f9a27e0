"""Scores agree with scikit-learn's, and classes without images are left out."""

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from headswap.statistics.scores import score


def make_multiclass(seed, num_rows=60, num_classes=4):
    random = np.random.default_rng(seed)
    labels = np.concatenate(
        [np.arange(num_classes), random.integers(0, num_classes, num_rows)]
    )
    probabilities = random.dirichlet(np.ones(num_classes), len(labels))
    probabilities[np.arange(len(labels)), labels] += random.random(len(labels))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    one_hot = np.eye(num_classes)
    predicted = one_hot[probabilities.argmax(axis=1)].astype(int)
    return labels, one_hot[labels].astype(np.float32), probabilities, predicted


def make_multilabel(seed, num_rows=60, num_classes=4):
    random = np.random.default_rng(seed)
    targets = random.random((num_rows, num_classes)) < 0.4
    targets[0], targets[1] = True, False
    probabilities = np.clip(targets * 0.3 + random.random(targets.shape) * 0.7, 0, 1)
    return targets.astype(np.float32), probabilities, (probabilities > 0.5).astype(int)


@given(st.integers(0, 1000))
def test_multiclass_scores_agree_with_scikit_learn(seed):
    labels, targets, probabilities, predicted = make_multiclass(seed)
    scores = score(targets, probabilities, predicted, "multiclass")
    guesses = predicted.argmax(axis=1)
    precision, recall, f1, support = sklearn.metrics.precision_recall_fscore_support(
        labels, guesses, average=None, zero_division=0
    )
    np.testing.assert_allclose(scores.per_class["precision"], precision)
    np.testing.assert_allclose(scores.per_class["recall"], recall)
    np.testing.assert_allclose(scores.per_class["f1"], f1)
    np.testing.assert_array_equal(scores.support, support)
    assert scores.overall == pytest.approx(
        {
            "accuracy": sklearn.metrics.accuracy_score(labels, guesses),
            "precision": precision.mean(),
            "recall": recall.mean(),
            "f1": sklearn.metrics.f1_score(labels, guesses, average="macro"),
            "auc": sklearn.metrics.roc_auc_score(
                labels, probabilities, multi_class="ovr"
            ),
        }
    )


@given(st.integers(0, 1000))
def test_multilabel_scores_agree_with_scikit_learn(seed):
    targets, probabilities, predicted = make_multilabel(seed)
    scores = score(targets, probabilities, predicted, "multilabel")
    precision, recall, f1, _ = sklearn.metrics.precision_recall_fscore_support(
        targets, predicted, average="macro", zero_division=0
    )
    assert scores.overall == pytest.approx(
        {
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "auc": sklearn.metrics.roc_auc_score(targets, probabilities),
            "mean_average_precision": sklearn.metrics.average_precision_score(
                targets, probabilities
            ),
            "exact_match": sklearn.metrics.accuracy_score(targets, predicted),
            "hamming_loss": sklearn.metrics.hamming_loss(targets, predicted),
        }
    )
    np.testing.assert_allclose(
        scores.per_class["average_precision"],
        sklearn.metrics.average_precision_score(targets, probabilities, average=None),
    )
    np.testing.assert_allclose(
        scores.per_class["accuracy"], (targets == predicted).mean(axis=0)
    )


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_a_class_without_images_is_left_out_of_every_average(kind):
    targets, probabilities, predicted = make_multilabel(1)
    targets[:, 2] = 0
    scores = score(targets, probabilities, predicted, kind)
    others = [0, 1, 3]
    assert scores.support[2] == 0
    for name, values in scores.per_class.items():
        assert np.isnan(values[2]), name
        assert not np.isnan(values[others]).any()
    for name in ("precision", "recall", "f1", "auc"):
        assert scores.overall[name] == pytest.approx(
            scores.per_class[name][others].mean()
        )


def test_a_task_of_one_class_has_scores():
    targets = np.array([[1], [1], [0], [0]], np.float32)
    probabilities = np.array([[0.9], [0.3], [0.6], [0.1]])
    scores = score(
        targets, probabilities, (probabilities > 0.5).astype(int), "multilabel"
    )
    assert scores.overall == pytest.approx(
        {
            "precision": 0.5,
            "recall": 0.5,
            "f1": 0.5,
            "auc": 0.75,
            "mean_average_precision": 1 / 2 + 2 / 3 / 2,
            "exact_match": 0.5,
            "hamming_loss": 0.5,
        }
    )
    np.testing.assert_array_equal(scores.support, [2])


def test_auc_has_no_value_where_only_one_class_has_images():
    targets = np.eye(2)[[0, 0, 0]]
    scores = score(targets, np.full((3, 2), 0.5), targets.astype(int), "multiclass")
    assert np.isnan(scores.overall["auc"])
    assert scores.overall["f1"] == scores.overall["accuracy"] == 1


def test_one_image_has_scores():
    scores = score(
        np.array([[0.0, 1.0]]), np.array([[0.4, 0.6]]), np.array([[0, 1]]), "multiclass"
    )
    assert scores.overall["f1"] == 1


def test_a_class_that_is_never_found_is_blind_where_accuracy_looks_fair():
    targets = np.eye(3)[[0] * 8 + [1] * 2]
    predicted = np.eye(3, dtype=int)[[0] * 10]
    scores = score(targets, predicted.astype(float), predicted, "multiclass")
    assert scores.overall["accuracy"] == 0.8
    # The last class has no image, so nothing is known of it.
    np.testing.assert_array_equal(scores.is_blind, [False, True, False])


def test_a_class_that_is_never_found_is_not_blind_where_accuracy_is_low():
    targets = np.eye(3)[[0] * 4 + [1] * 3 + [2] * 3]
    predicted = np.eye(3, dtype=int)[[0] * 10]
    scores = score(targets, predicted.astype(float), predicted, "multiclass")
    assert not scores.is_blind.any()


def test_in_a_multilabel_task_each_class_has_its_own_accuracy():
    targets = np.zeros((10, 2))
    targets[:2, 0], targets[:8, 1] = 1, 1
    predicted = np.zeros((10, 2), int)
    scores = score(targets, predicted.astype(float), predicted, "multilabel")
    np.testing.assert_allclose(scores.per_class["accuracy"], [0.8, 0.2])
    np.testing.assert_array_equal(scores.is_blind, [True, False])
