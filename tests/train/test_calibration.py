"""A temperature is right where probabilities are too sure, and left out elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, softmax

from headswap.artifacts.dataset.tasks import Task
from headswap.train import deciding
from headswap.train.calibration import HIGHEST, LOWEST, Unseen, choose_temperature
from headswap.train.outcome import Outcome
from tests.made import make_index, make_split


def draw(kind, factor, num_images=600, seed=0, trained=True):
    """Probabilities whose scores are `factor` times those that the labels have."""
    random = np.random.default_rng(seed)
    scores = 2 * random.normal(size=(num_images, 4))
    if kind == "multilabel":
        targets = (random.random(scores.shape) < expit(scores)).astype(float)
        likely = expit(factor * scores)
    else:
        cumulative = softmax(scores, axis=1).cumsum(axis=1)
        classes = (random.random((num_images, 1)) > cumulative).sum(axis=1)
        targets = np.eye(4)[np.minimum(classes, 3)]
        likely = softmax(factor * scores, axis=1)
    everything = np.arange(num_images)
    return Unseen(
        likely, everything, targets, everything % 5, np.full(num_images, trained), kind
    )


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
@pytest.mark.parametrize("factor", [0.5, 2.0, 3.0])
def test_it_undoes_scores_that_are_too_large_or_too_small(kind, factor):
    found = choose_temperature(draw(kind, factor))
    assert found == pytest.approx(factor, rel=0.15)


def test_it_is_left_out_where_held_out_folds_gain_nothing():
    """Of probabilities that are right, no fold gains by more than chance."""
    found = [
        choose_temperature(draw("multiclass", 1.0, 60, seed)) for seed in range(40)
    ]
    assert np.mean(np.array(found) == 1) > 0.6
    assert max(found) < 2


def test_it_ends_at_its_bounds():
    assert choose_temperature(draw("multiclass", 50.0)) == HIGHEST


def test_one_fold_alone_says_nothing():
    unseen = draw("multiclass", 3.0)
    unseen.folds[:] = 0
    assert choose_temperature(unseen) == 1


def test_nothing_to_choose_on_says_nothing():
    nobody = draw("multiclass", 3.0, num_images=0)
    assert choose_temperature(nobody) == 1


def test_validation_images_that_are_all_right_make_answers_little_surer():
    """On training images out of fold, being right is a fact; here it is a choice."""
    random = np.random.default_rng(0)
    targets = np.eye(3)[random.integers(0, 3, 40)]
    likely = 0.1 + 0.7 * targets
    everything = np.arange(40)

    def choose(trained):
        known = np.full(40, trained)
        return choose_temperature(
            Unseen(likely, everything, targets, everything % 5, known, "multiclass")
        )

    assert choose(trained=True) == 0.2
    assert 0.2 < choose(trained=False) < 1


def test_views_of_an_image_are_averaged_as_they_will_be():
    once = draw("multiclass", 2.0)
    twice = Unseen(
        np.concatenate([once.probabilities] * 2),
        np.concatenate([once.images] * 2),
        once.targets,
        once.folds,
        once.trained,
        once.kind,
    )
    assert choose_temperature(twice) == choose_temperature(once)
    # Whatever the order of the rows.
    backwards = replace(
        once, probabilities=once.probabilities[::-1], images=once.images[::-1]
    )
    assert choose_temperature(backwards) == choose_temperature(once)


KIND = Task("kind", "multiclass", ("a", "b", "c"))


@pytest.fixture
def seen(monkeypatch, section):
    """seen(parts, cells, unseen): what the temperature of a round is chosen on."""

    def call(parts, cells, unseen, temperature=2.0):
        found = []
        monkeypatch.setattr(
            deciding,
            "choose_temperature",
            lambda each: found.append(each) or temperature,
        )
        index = make_index([f"image{i}" for i in range(len(parts))], cells, [KIND])
        given = np.full((len(parts), 3), 1 / 3)
        outcome = Outcome([], {"kind": given}, unseen, {})
        decided = deciding.decide_round(
            outcome,
            [KIND],
            index,
            make_split([parts]),
            0,
            np.arange(len(parts)),
            section("train"),
        )
        return found[0], decided

    return call


PARTS = ["train"] * 6 + ["validation"] * 3 + ["test"]
CELLS = {"kind": ["a", "a", "b", "b", "c", "", "a", "b", "", "c"]}


def test_it_is_chosen_on_training_images_out_of_fold_and_on_validation(seen):
    unseen = np.arange(30.0).reshape(10, 3) / 100
    found, decided = seen(PARTS, CELLS, {"kind": unseen})
    # Neither test images, nor unlabelled ones, nor a class in one fold alone.
    assert found.images.tolist() == [0, 1, 2, 3, 6, 7]
    np.testing.assert_array_equal(found.probabilities[:4], unseen[:4])
    np.testing.assert_allclose(found.probabilities[4:], 1 / 3)
    assert found.trained.tolist() == [True] * 4 + [False] * 2
    assert len({*found.folds[:4]}) == 2
    assert {*found.folds[4:]}.isdisjoint(found.folds[:4])
    assert decided.decisions.temperatures == {"kind": 2.0}


def test_without_outputs_out_of_fold_it_is_chosen_on_validation_alone(seen):
    found, _ = seen(PARTS, CELLS, {})
    assert found.images.tolist() == [6, 7]
    assert not found.trained.any()
    assert len({*found.folds}) == 2


@pytest.mark.parametrize("bound", [LOWEST, HIGHEST])
def test_a_temperature_at_its_bound_is_told(seen, capsys, bound):
    seen(PARTS, CELLS, {})
    assert "bound" not in capsys.readouterr().out
    seen(PARTS, CELLS, {}, temperature=bound)
    said = f"kind, round 0: the temperature is at its bound, {bound:g}"
    assert said in capsys.readouterr().out
