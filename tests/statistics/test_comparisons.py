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
)


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
    # Three rounds that all say the same are no proof: one in four of three tosses does.
    assert (mean, p) == (pytest.approx(0.1), 0.25)


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
