"""An energy is that of a head's scores, and says the same of all that shift alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from headswap.artifacts.model.energy import are_unlike, energies
from headswap.solver.logistic import FINE, Problem, probabilities

SCORES = st.lists(
    st.lists(st.floats(-20, 20), min_size=4, max_size=4), min_size=1, max_size=5
).map(np.array)


@given(SCORES, st.floats(-5, 5))
def test_of_one_label_it_is_that_of_scores_without_their_mean(scores, shift):
    found = energies(probabilities(scores + shift, "multiclass"), "multiclass")
    centred = scores - scores.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(found, -logsumexp(centred, axis=1), atol=1e-9)


@given(SCORES)
def test_of_several_labels_it_is_the_sum_over_the_classes(scores):
    found = energies(probabilities(scores, "multilabel"), "multilabel")
    # What is nearer to 1 than float64 holds is lost.
    np.testing.assert_allclose(found, -np.logaddexp(0, scores).sum(axis=1), rtol=1e-5)


def test_of_a_solved_head_it_is_that_of_the_scores_as_they_are():
    """Up to a number that is the same for all images, here far from those fitted to."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(60, 5))
    targets = np.eye(3)[random.integers(0, 3, 60)]
    problem = Problem(rows, targets, np.ones(60), np.ones(3), "multiclass")
    scores = problem.solve(1e-3, None, FINE)(10 * random.normal(size=(40, 5)))
    found = energies(probabilities(scores, "multiclass"), "multiclass")
    difference = found + logsumexp(scores, axis=1)
    np.testing.assert_allclose(difference, difference[0], atol=1e-6)
    assert np.ptp(found) > 1


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_certainty_is_least_unlike_and_finite(kind):
    certain, unsure = np.float32([[1, 0]]), np.float32([[0.5, 0.5]])
    (low,), (high,) = energies(certain, kind), energies(unsure, kind)
    assert np.isfinite(low) and low < high
    assert are_unlike(np.array([low, high]), low).tolist() == [False, True]
