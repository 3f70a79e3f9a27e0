"""Each class's threshold is the one with the highest F1 score on validation images."""

import json
import os
from itertools import pairwise

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Features, Member
from headswap.artifacts.model.decisions import decide
from headswap.artifacts.model.predictions import read_predictions
from headswap.artifacts.storage.arrays import Rows
from headswap.errors import InputError
from headswap.params.train import Aim
from headswap.train import stage
from headswap.train.thresholds import choose_thresholds, reach
from tests.made import make_index, make_split, save_rows


def best_by_trying(target, probability):
    """Every decision a threshold can make, tried: (best F1, threshold nearest 0.5)."""
    levels = sorted({0.0, 1.0, *probability.astype(float).tolist()})
    tried = []
    for low, high in pairwise(levels):
        threshold = (low + high) / 2
        predicted = probability.astype(float) >= threshold
        f1 = f1_score(target, predicted, zero_division=0)
        tried.append((round(f1, 9), -abs(threshold - 0.5)))
    return max(tried)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=1, max_size=15),
    st.sampled_from([np.float32, np.float64]),
)
def test_no_other_threshold_has_a_higher_f1(rows, dtype):
    target = np.array([positive for positive, _ in rows])
    probability = np.array([step / 20 for _, step in rows], dtype)
    [threshold] = choose_thresholds(target[:, None], probability[:, None])
    if not target.any():
        assert threshold == 0.5
        return
    predicted = decide(probability[:, None], "multilabel", np.array([threshold]))
    f1, nearness = best_by_trying(target, probability)
    assert f1_score(target, predicted[:, 0], zero_division=0) == pytest.approx(f1)
    assert -abs(threshold - 0.5) == pytest.approx(nearness)


def test_classes_are_chosen_one_by_one():
    targets = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0]])
    probabilities = np.array([[0.2, 0.1, 0.9], [0.3, 0.8, 0.9], [0.1, 0.9, 0.9]])
    thresholds = choose_thresholds(targets, probabilities.astype(np.float32))
    assert thresholds.dtype == np.float64
    np.testing.assert_allclose(thresholds, [0.15, 0.45, 0.5], atol=1e-6)


def test_of_equally_good_thresholds_the_one_nearest_a_half_is_taken():
    # Between 0.1 and 0.2 all are found with one wrong; from 0.6 on two of three.
    target = np.array([[0], [1], [0], [1]])
    probability = np.array([[0.1], [0.2], [0.6], [0.9]])
    f1 = {
        threshold: f1_score(target[:, 0], probability[:, 0] >= threshold)
        for threshold in (0.15, 0.4, 0.75)
    }
    assert f1[0.15] == pytest.approx(0.8)
    assert choose_thresholds(target, probability) == pytest.approx(0.15)
    # All probabilities the same: 0.35 and 0.85 differ, but all are positive.
    ones = np.ones((3, 1), int)
    assert choose_thresholds(ones, np.full((3, 1), 0.4)) == pytest.approx(0.2)


def test_a_class_without_positives_keeps_a_half():
    targets = np.zeros((3, 1), int)
    assert choose_thresholds(targets, np.array([[0.1], [0.9], [0.4]])) == [0.5]


def test_no_validation_images_keep_a_half():
    thresholds = choose_thresholds(np.zeros((0, 2)), np.zeros((0, 2), np.float32))
    np.testing.assert_array_equal(thresholds, [0.5, 0.5])


def test_many_images_take_little_memory():
    random = np.random.default_rng(0)
    probability = random.random((200_000, 1), np.float32)
    target = probability > 0.7
    assert choose_thresholds(target, probability) == pytest.approx(0.7, abs=1e-4)


def test_multiclass_takes_the_most_probable_class():
    probabilities = np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]], np.float32)
    decided = decide(probabilities, "multiclass", None)
    np.testing.assert_array_equal(decided, [[0, 1, 0], [1, 0, 0]])


def test_multilabel_takes_every_class_that_reaches_its_threshold():
    probabilities = np.array([[0.2, 0.5], [0.1, 0.4]])
    decided = decide(probabilities, "multilabel", np.array([0.2, 0.45]))
    np.testing.assert_array_equal(decided, [[1, 1], [0, 0]])


TAGS = Task("tags", "multilabel", ("a", "b"))
KIND = Task("kind", "multiclass", ("x", "y"))


@pytest.fixture
def train(section, tmp_path):
    """train(**train): (predictions, model's facts, index, split) of a short run.

    One task is multilabel, one multiclass; two rounds.
    """

    def run(**changes):
        return _train(section, tmp_path, changes)

    return run


@pytest.fixture
def trained(train):
    return train()


def _train(section, tmp_path, changes):
    random = np.random.default_rng(0)
    names = [f"image{number}" for number in range(30)]
    cells = {
        "tags": [str(cell) for cell in random.choice(["", "a", "b", "a|b"], 30)],
        "kind": ["x", "y"] * 15,
    }
    parts = np.array([["train"] * 12 + ["validation"] * 10 + ["test"] * 8] * 2)
    parts[1] = parts[1][::-1]
    save_rows(tmp_path / "features", random.random((30, 4), np.float32))
    rows = Rows([tmp_path / "features"])
    member = Member("tiny", rows, tmp_path, has_above=False, has_random_weights=False)
    index = make_index(names, cells, [TAGS, KIND])
    split = make_split(parts)
    folders = ("model", "predictions", "curves", "checkpoints")
    stage.fit_rounds(
        Features([member], np.array(names), np.zeros(30, int)),
        index,
        split,
        section("train", **changes),
        section("backbone"),
        stage.Outputs(*(tmp_path / name for name in folders)),
        "tensorflow",
    )
    text = (tmp_path / "model/training.json").read_text(encoding="utf-8")
    predictions = read_predictions(tmp_path / "predictions", index.tasks)
    return predictions, json.loads(text), index, split


def test_training_chooses_thresholds_on_validation_images_alone(trained):
    predictions, description, index, split = trained
    assert predictions["kind"].thresholds is None
    tags = predictions["tags"]
    assert tags.thresholds.shape == (2, 2)
    targets = TAGS.encode(index.cells["tags"])
    for number in range(2):
        validation = split.parts[number] == "validation"
        expected = choose_thresholds(
            targets[validation], tags.probabilities[number, validation]
        )
        np.testing.assert_array_equal(tags.thresholds[number], expected)
    assert description["thresholds"] == {"tags": tags.thresholds[0].tolist()}


def test_figures_do_not_change_where_the_kept_model_is_fitted_to_every_image(train):
    first, facts, *_ = train()
    others, of_all, *_ = train(final="all")
    for name, predictions in first.items():
        np.testing.assert_array_equal(
            predictions.probabilities, others[name].probabilities
        )
    assert (facts["final"], of_all["final"]) == ("first", "all")
    # Its thresholds are of all images out of fold, not of one round's validation.
    assert of_all["thresholds"] != facts["thresholds"]
    assert len(of_all["thresholds"]["tags"]) == 2


def test_an_aim_decides_the_threshold_of_its_class_alone(train):
    _, facts, *_ = train()
    _, aimed, *_ = train(threshold_for={"a": "recall >= 0.2"})
    own, other = aimed["thresholds"]["tags"]
    assert own > facts["thresholds"]["tags"][0]
    assert other == facts["thresholds"]["tags"][1]


def test_names_that_are_none_are_refused_before_anything_is_fitted(train):
    with pytest.raises(InputError, match=r"several labels, a, b, got x\. Correct"):
        train(threshold_for={"a": "recall >= 1", "x": "recall >= 1"})
    with pytest.raises(InputError, match=r"must name tasks, kind, tags, got colour"):
        train(loss_weights={"colour": 1.0})
    with pytest.raises(InputError, match=r"tags is multilabel\. Set"):
        train(decode="consistent")


TARGETS = np.array([1, 1, 0, 1, 0, 0])
CERTAINTY = np.array([0.9, 0.8, 0.7, 0.4, 0.3, 0.1])


def test_recall_is_had_at_the_highest_threshold_and_precision_at_the_lowest():
    def found(metric, share):
        return reach(TARGETS, CERTAINTY, Aim(metric, share))

    assert found("recall", 0.6) == pytest.approx(0.75)
    assert found("recall", 2 / 3) == pytest.approx(0.75)
    assert found("recall", 0.67) == pytest.approx(0.35)
    assert found("precision", 0.75) == pytest.approx(0.35)
    assert found("precision", 1.0) == pytest.approx(0.75)


def test_an_aim_that_no_threshold_reaches_is_none():
    assert reach(np.array([0, 1]), np.array([0.9, 0.2]), Aim("precision", 0.9)) is None
    assert reach(np.array([0, 0]), np.array([0.9, 0.2]), Aim("recall", 0.1)) is None


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1),
    st.sampled_from(["recall", "precision"]),
    st.floats(0.01, 1),
)
def test_what_is_reached_is_at_least_the_aim(rows, metric, share):
    target = np.array([has for has, _ in rows])
    probability = np.array([value for _, value in rows])
    threshold = reach(target, probability, Aim(metric, share))
    if threshold is not None:
        named = probability >= threshold
        of = target if metric == "recall" else named
        assert (target & named).sum() >= share * of.sum() - 1e-6
