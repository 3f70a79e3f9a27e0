"""Targets as numbers of classes are, row for row, the matrix of 0 and 1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.artifacts.dataset.tasks import Task

NAMES = ("a", "b", "c", "d")
SEVERAL = Task("several", "multilabel", NAMES)
SETS = st.lists(st.sets(st.sampled_from(NAMES)), max_size=12)


def matrix(sets):
    rows = [[float(name in names) for name in NAMES] for names in sets]
    return np.array(rows, np.float32).reshape(-1, len(NAMES))


def targets_of(sets):
    return SEVERAL.targets(["|".join(names) for names in sets])


@given(SETS, st.data())
def test_rows_are_those_of_the_matrix_whichever_are_asked_for(sets, data):
    targets, whole = targets_of(sets), matrix(sets)
    positions = st.lists(st.integers(0, max(0, len(sets) - 1)), max_size=12)
    rows = np.array(data.draw(positions if sets else st.just([])), int)
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=len(sets))), bool)
    for wanted in (rows, chosen[: len(sets)]):
        assert targets[wanted].dtype == np.float32
        np.testing.assert_array_equal(targets[wanted], whole[wanted])
        taken = targets.take(wanted)
        np.testing.assert_array_equal(taken[np.arange(len(taken))], whole[wanted])
        np.testing.assert_array_equal(targets.counts(wanted), whole[wanted].sum(axis=0))


@given(SETS)
def test_what_is_told_of_targets_is_what_the_matrix_shows(sets):
    targets, whole = targets_of(sets), matrix(sets)
    assert len(targets) == len(whole)
    np.testing.assert_array_equal(targets.has_any, whole.any(axis=1))
    np.testing.assert_array_equal(targets.counts(), whole.sum(axis=0))
    np.testing.assert_array_equal(targets.first_classes, whole.argmax(axis=1))
    for number, column in enumerate(whole.T):
        np.testing.assert_array_equal(targets.images_of(number), np.flatnonzero(column))
    factors = np.array([3.0, 1, 7, 2])
    highest = np.maximum(1, (whole * factors).max(axis=1))
    np.testing.assert_array_equal(targets.highest(factors, 1), highest)


def test_a_cell_that_names_a_class_twice_counts_once():
    assert SEVERAL.targets(["b|b"]).counts().tolist() == [0, 1, 0, 0]


def test_a_class_that_the_task_does_not_know_is_no_target():
    with pytest.raises(KeyError, match="e"):
        SEVERAL.targets(["a|e"])
