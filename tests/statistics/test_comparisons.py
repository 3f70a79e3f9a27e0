"""Differences are called real as often as chance allows, and found when they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headswap.statistics.comparisons import (
    difference_over_rounds,
    groups_needed,
    holm,
    smallest_difference,
    swap_groups,
)
from headswap.statistics.scores import score


def test_differences_over_rounds_are_judged_by_the_corrected_t():
    first, second = [0.9, 0.8, 0.85, 0.9], [0.8, 0.75, 0.8, 0.8]
    mean, p = difference_over_rounds(first, second, factor=0.7, degrees=3)
    assert mean == pytest.approx(0.075)
    # t = 0.075 / (0.7 * 0.02887) = 3.712 with 3 degrees.
    assert p == pytest.approx(0.0340, abs=2e-4)
    assert difference_over_rounds(second, first, 0.7, 3) == pytest.approx((-mean, p))


def test_equal_differences_need_no_division():
    assert difference_over_rounds([0.5, 0.6], [0.5, 0.6], 1, 1) == (0.0, 1.0)
    mean, p = difference_over_rounds([0.6, 0.7, 0.8], [0.5, 0.6, 0.7], 1, 2)
    assert (mean, p) == (pytest.approx(0.1), 0.0)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_s_values_are_no_smaller_and_keep_their_order(p_values):
    adjusted = holm(p_values)
    assert all(a >= p for a, p in zip(adjusted, p_values, strict=True))
    assert max(adjusted) <= 1
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


def test_holm_s_values_are_the_published_ones():
    """The example of R's `p.adjust`: 0.01, 0.02, 0.03 become 0.03, 0.04, 0.04."""
    assert holm([0.02, 0.01, 0.03]) == pytest.approx([0.04, 0.03, 0.04])


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


def test_the_difference_is_that_of_macro_f1():
    actual, first, second, groups = draw(0, 40, 2, (0.9, 0.6))
    found, _ = swap_groups(actual, first, second, groups)
    expected = [
        score(actual, run.astype(float), run, "multiclass").overall["f1"]
        for run in (first, second)
    ]
    assert found == pytest.approx(expected[0] - expected[1])
    swapped, _ = swap_groups(actual, second, first, groups)
    assert swapped == pytest.approx(-found)


def test_answers_that_never_differ_are_no_evidence():
    actual, first, _, groups = draw(0, 40, 1, (0.9, 0.6))
    assert swap_groups(actual, first, first, groups) == (0.0, 1.0)


@pytest.mark.parametrize("size", [1, 5])
def test_runs_that_are_alike_differ_really_in_one_test_of_twenty(size, monkeypatch):
    monkeypatch.setattr("headswap.statistics.comparisons._NUM_SWAPS", 400)
    found = [
        swap_groups(*draw(seed, 40, size, (0.8, 0.8)))[1] < 0.05 for seed in range(300)
    ]
    assert np.mean(found) <= 0.08


def test_a_large_difference_is_found():
    assert swap_groups(*draw(0, 100, 1, (0.95, 0.6)))[1] < 0.001


def test_the_images_needed_are_those_of_connor():
    """psi 0.1 and a difference of 0.02: (1.96 sqrt .1 + .8416 sqrt .0996)^2 / .0004."""
    assert groups_needed(0.1, 0.02) == 1960
    assert groups_needed(0.0, 0.02) == groups_needed(0.02, 0.02)


@settings(deadline=None)
@given(st.floats(0.02, 0.9), st.integers(20, 5000))
def test_the_smallest_difference_is_the_one_that_needs_all_groups(share, num_groups):
    found = smallest_difference(share, num_groups)
    if found < 0.99:
        assert groups_needed(share, found) <= num_groups
        assert groups_needed(share, found - 2e-6) >= num_groups


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_rounds_that_repeat_the_same_answers_say_no_more_than_one(seed, num_rounds):
    random = np.random.default_rng(seed)
    actual, first, second = np.eye(3, dtype=int)[random.integers(0, 3, (3, 20))]
    groups = np.arange(20) // 2
    once = swap_groups(actual, first, second, groups)
    repeated = (np.stack([answers] * num_rounds) for answers in (first, second))
    assert swap_groups(actual, *repeated, groups) == pytest.approx(once)


def test_the_answers_of_rounds_are_swapped_together():
    """In each round another image tells; over all, one run is right throughout."""
    actual = np.eye(2, dtype=int)[np.arange(8) % 2]
    wrong = np.stack([actual] * 8)
    for number in range(8):
        wrong[number, number] = 1 - actual[number]
    difference, p = swap_groups(actual, np.stack([actual] * 8), wrong, np.arange(8))
    assert difference > 0
    # Eight images that all speak for one run: 2 of 256 tosses say as much.
    assert p == pytest.approx(2 / 256, abs=0.005)
