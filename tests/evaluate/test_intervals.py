"""Every score of validation and test has an interval, and says of what."""

import dataclasses
import json

import numpy as np
import pytest

from headswap.artifacts.dataset.tasks import Task
from headswap.evaluate.intervals import (
    MODEL,
    MODELS,
    RECIPE,
    Answers,
    spread_of,
    write_intervals,
)
from headswap.statistics.intervals import wilson, wilson_of_groups
from headswap.statistics.rounds import Rounds
from headswap.statistics.scores import score
from tests import made

KIND = Task("kind", "multiclass", ("elm", "oak"))
NUM_TRAIN, NUM_VALIDATION, NUM_TEST = 30, 24, 24
PARTS = ["train"] * NUM_TRAIN + ["validation"] * NUM_VALIDATION + ["test"] * NUM_TEST
NUM_IMAGES = len(PARTS)


def answer(rounds, seed=0):
    """Answers of a task that are right four times in five."""
    random = np.random.default_rng(seed)
    targets = np.eye(2, dtype=int)[np.arange(NUM_IMAGES) % 2]
    right = random.random((rounds, NUM_IMAGES)) < 0.8
    predicted = np.where(right[..., None], targets, 1 - targets)
    probabilities = 0.5 + (predicted - 0.5) * random.random((rounds, NUM_IMAGES, 1))
    shares = {"accuracy": right.astype(float)}
    return Answers(shares, targets, probabilities, predicted, "multiclass")


def score_rounds(answers, split, part):
    return [
        score(
            answers.targets[rows],
            answers.probabilities[number, rows],
            answers.predicted[number, rows],
            "multiclass",
        ).overall
        for number, rows in enumerate(split.parts == part)
    ]


@pytest.fixture
def run(tmp_path):
    """run(split): intervals by part, and the scores of each round."""

    def make(split):
        answers = answer(split.num_rounds)
        figures = {
            ("kind", part): score_rounds(answers, split, part)
            for part in ("train", "validation", "test")
        }
        write_intervals(tmp_path / "a.json", figures, {"kind": answers}, split)
        report = json.loads((tmp_path / "a.json").read_text())["kind"]
        return report, answers, figures

    return make


def rotate(parts, places):
    return parts[places:] + parts[:places]


def test_one_round_is_about_this_model_and_new_images(run):
    report, answers, figures = run(made.make_split([PARTS]))
    assert report.keys() == {"validation", "test"}
    found = report["test"]
    assert (found["estimand"], found["images"], found["rounds"]) == (MODEL, 24, 1)
    assert found["scores"].keys() == figures["kind", "test"][0].keys()
    accuracy = found["scores"]["accuracy"]
    expected = wilson(answers.shares["accuracy"][0, -NUM_TEST:].mean(), NUM_TEST)
    assert (accuracy["low"], accuracy["high"]) == pytest.approx(
        (expected.low, expected.high), abs=1e-6
    )
    assert accuracy["method"] == "Wilson"
    for metric, entry in found["scores"].items():
        assert entry["value"] == pytest.approx(
            figures["kind", "test"][0][metric], abs=1e-6
        )
        assert 0 <= entry["low"] < entry["value"] < entry["high"] <= 1


def test_images_of_groups_have_wider_intervals_or_say_why_there_is_none(run):
    split = made.make_split([PARTS])
    groups = split.groups.copy()
    groups[-NUM_TEST:] = np.repeat(groups[-NUM_TEST::4], 4)
    split = dataclasses.replace(split, groups=groups)
    found = run(split)[0]["test"]["scores"]
    assert found["accuracy"]["method"] == "Wilson, groups"
    assert found["f1"] == {
        "value": found["f1"]["value"],
        "low": None,
        "high": None,
        "method": "6 groups are too few, 20 are needed",
    }


def test_rounds_with_different_images_are_about_the_recipe(run):
    split = made.make_split([PARTS, rotate(PARTS, 20), rotate(PARTS, 50)])
    report, _, figures = run(split)
    found = report["test"]
    assert (found["estimand"], found["rounds"]) == (RECIPE, 3)
    assert found["train_images"] == NUM_TRAIN
    rounds = Rounds.drawn(3, NUM_TEST, NUM_TRAIN)
    assert found["spread"]["factor"] == pytest.approx(rounds.factor)
    values = [scores["f1"] for scores in figures["kind", "test"]]
    expected = rounds.interval(values, NUM_TEST)
    assert (found["scores"]["f1"]["low"], found["scores"]["f1"]["high"]) == (
        pytest.approx((expected.low, expected.high), abs=1e-6)
    )


def test_rounds_that_test_the_same_images_resample_these(run):
    """Their deviation is of training alone, and says nothing of new images."""
    others = rotate(PARTS[:-NUM_TEST], 10) + PARTS[-NUM_TEST:]
    again = rotate(PARTS[:-NUM_TEST], 25) + PARTS[-NUM_TEST:]
    report, answers, _ = run(made.make_split([PARTS, others, again]))
    assert (report["test"]["estimand"], report["validation"]["estimand"]) == (
        MODELS,
        RECIPE,
    )
    entry = report["test"]["scores"]["accuracy"]
    assert entry["method"] == "bootstrap, BCa"
    means = answers.shares["accuracy"][:, -NUM_TEST:].mean(axis=0)
    alone = wilson_of_groups(means, np.arange(NUM_TEST))
    assert 0.05 < entry["high"] - entry["low"] < alone.high - alone.low


def test_folds_are_known_by_their_repeats():
    parts = [rotate(PARTS, 20 * number) for number in range(4)]
    split = made.make_split(parts)
    rounds = [
        dataclasses.replace(made_round, repeat=number // 2)
        for number, made_round in enumerate(split.rounds)
    ]
    split = dataclasses.replace(split, rounds=tuple(rounds))
    assert spread_of(split, "test") == Rounds.of_folds(2, 2)
    expected = Rounds.drawn(4, NUM_VALIDATION, NUM_TRAIN)
    assert spread_of(split, "validation") == expected
