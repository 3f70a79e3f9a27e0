"""Runs with the same images differ as far as they do, and really as chance allows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.statistics.paired import Answers, Paired
from headswap.statistics.scores import score


def judge(*given):
    """The difference of one task, and its p."""
    paired = Paired([Answers(*given)])
    return float(paired.difference()[0]), paired.p_value()


def answers(right, actual, random):
    wrong = (actual + random.integers(1, 3, len(actual))) % 3
    return np.eye(3, dtype=int)[np.where(right, actual, wrong)]


def draw(seed, num_groups, size, shares):
    """Two runs with shares right; images of a group are all right or all wrong."""
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(num_groups), size)
    actual = random.integers(0, 3, num_groups * size)
    runs = [
        answers((random.random(num_groups) < share)[groups], actual, random)
        for share in shares
    ]
    return np.eye(3, dtype=int)[actual], *runs, groups


def draw_scores(seed, num_images, size, noises, num_rounds=1):
    """Two runs' probabilities of three labels, by how much noise is in them.

    Images of a group have the same labels and the same noise.
    """
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(num_images // size), size)
    actual = (random.random((num_images // size, 3)) < 0.4)[groups].astype(int)
    shape = num_rounds, num_images // size, 3
    runs = [actual + noise * random.normal(size=shape)[:, groups] for noise in noises]
    return Answers(actual, *runs, groups, by_rank=True)


def test_the_difference_is_that_of_macro_f1():
    actual, first, second, groups = draw(0, 40, 2, (0.9, 0.6))
    found, _ = judge(actual, first, second, groups)
    expected = [
        score(actual, run.astype(float), run, "multiclass").overall["f1"]
        for run in (first, second)
    ]
    assert found == pytest.approx(expected[0] - expected[1])
    swapped, _ = judge(actual, second, first, groups)
    assert swapped == pytest.approx(-found)


@pytest.mark.parametrize("num_rounds", [1, 3])
def test_by_rank_it_is_that_of_mean_average_precision(num_rounds):
    given = draw_scores(0, 60, 2, (0.5, 2.0), num_rounds)
    expected = [
        np.mean(
            [
                score(given.actual, each, given.actual, "multilabel").overall[
                    "mean_average_precision"
                ]
                for each in run
            ]
        )
        for run in (given.first, given.second)
    ]
    paired = Paired([given])
    assert paired.difference()[0] == pytest.approx(expected[0] - expected[1])
    found = paired.interval()
    assert found.low < paired.difference()[0] < found.high
    assert paired.p_value() < 0.01


def test_by_rank_too_runs_that_are_alike_differ_really_in_one_test_of_twenty(
    monkeypatch,
):
    monkeypatch.setattr("headswap.statistics.paired._NUM_SWAPS", 400)
    found = [
        Paired([draw_scores(seed, 80, 2, (1.0, 1.0))]).p_value() < 0.05
        for seed in range(300)
    ]
    assert np.mean(found) <= 0.08


def test_one_task_by_rank_and_one_by_class_have_a_mean():
    by_class = Answers(*draw(0, 30, 2, (0.9, 0.7)))
    by_rank = draw_scores(1, 60, 2, (0.5, 2.0))
    alone = [Paired([task]).difference()[0] for task in (by_class, by_rank)]
    both = Paired([by_class, by_rank])
    assert both.difference()[0] == pytest.approx(np.mean(alone))
    assert both.p_value() < 0.01


def test_many_probabilities_are_swapped_less_often(monkeypatch):
    monkeypatch.setattr("headswap.statistics.resampling._MOST_WORK", 1)
    given = draw_scores(0, 60, 2, (0.5, 2.0))
    assert Paired([given]).p_value() == pytest.approx(1 / 201)


def test_answers_that_never_differ_are_no_evidence():
    actual, first, _, groups = draw(0, 40, 1, (0.9, 0.6))
    assert judge(actual, first, first, groups) == (0.0, 1.0)
    given = draw_scores(0, 60, 2, (0.5, 2.0))
    assert Paired([given._replace(second=given.first)]).p_value() == 1.0


@pytest.mark.parametrize("size", [1, 5])
def test_runs_that_are_alike_differ_really_in_one_test_of_twenty(size, monkeypatch):
    monkeypatch.setattr("headswap.statistics.paired._NUM_SWAPS", 400)
    found = [judge(*draw(seed, 40, size, (0.8, 0.8)))[1] < 0.05 for seed in range(300)]
    assert np.mean(found) <= 0.08


def test_a_large_difference_is_found():
    assert judge(*draw(0, 100, 1, (0.95, 0.6)))[1] < 0.001


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_rounds_that_repeat_the_same_answers_say_no_more_than_one(seed, num_rounds):
    random = np.random.default_rng(seed)
    actual, first, second = np.eye(3, dtype=int)[random.integers(0, 3, (3, 20))]
    groups = np.arange(20) // 2
    once = judge(actual, first, second, groups)
    repeated = (np.stack([answers] * num_rounds) for answers in (first, second))
    assert judge(actual, *repeated, groups) == pytest.approx(once)


def test_the_answers_of_rounds_are_swapped_together():
    """In each round another image tells; over all, one run is right throughout."""
    actual = np.eye(2, dtype=int)[np.arange(8) % 2]
    wrong = np.stack([actual] * 8)
    for number in range(8):
        wrong[number, number] = 1 - actual[number]
    difference, p = judge(actual, np.stack([actual] * 8), wrong, np.arange(8))
    assert difference > 0
    # Eight images that all speak for one run: 2 of 256 tosses say as much.
    assert p == pytest.approx(2 / 256, abs=0.005)


def test_of_several_tasks_the_mean_counts():
    tasks = [Answers(*draw(seed, 30, 2, (0.9, 0.7))) for seed in (0, 1)]
    alone = [Paired([task]).difference()[0] for task in tasks]
    assert Paired(tasks).difference()[0] == pytest.approx(np.mean(alone))
    assert Paired([tasks[0], tasks[0]]).p_value() == Paired(tasks[:1]).p_value()
    assert Paired([tasks[0], tasks[0]]).interval() == Paired(tasks[:1]).interval()


def test_a_group_without_a_label_of_one_task_counts_in_the_other():
    actual, first, second, groups = draw(0, 40, 1, (0.9, 0.6))
    whole = Answers(actual, first, second, groups)
    half = Answers(*(each[:20] for each in (actual, first, second, groups)))
    expected = [Paired([each]).difference()[0] for each in (whole, half)]
    assert Paired([whole, half]).difference()[0] == pytest.approx(np.mean(expected))


@pytest.mark.slow
@pytest.mark.parametrize(("num_groups", "size"), [(150, 1), (60, 4)])
def test_nearly_95_of_100_intervals_contain_the_difference(
    num_groups, size, monkeypatch
):
    """Coverage of 200 seeded samples of two runs right for 85 and 75 %."""
    monkeypatch.setattr("headswap.statistics.paired.NUM_RESAMPLES", 1000)
    true = Paired([Answers(*draw(9, 40_000, 1, (0.85, 0.75)))]).difference()[0]
    found = [
        Paired([Answers(*draw(seed, num_groups, size, (0.85, 0.75)))]).interval()
        for seed in range(200)
    ]
    covered = np.mean([each.low <= true <= each.high for each in found])
    assert covered >= 0.92


def test_few_groups_have_no_interval_and_equal_runs_neither():
    few = Paired([Answers(*draw(0, 10, 3, (0.9, 0.6)))]).interval()
    assert (few.low, few.method) == (None, "10 groups are too few, 20 are needed")
    actual, first, _, groups = draw(0, 40, 1, (0.9, 0.6))
    assert Paired([Answers(actual, first, first, groups)]).interval().low is None
