"""Curves at fixed places are scikit-learn's, and the areas below them too."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve, roc_curve

from headswap.statistics.ranking import precision_recall, roc

PLACES = np.linspace(0, 1, 11)
# Few different scores, so that many are equal.
samples = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2).filter(
    lambda rows: len({row[0] for row in rows}) == 2
)


def split(rows):
    return np.array([r[0] for r in rows], int), np.array([r[1] for r in rows]) / 5


@given(samples)
def test_the_roc_curve_is_scikit_learn_s(rows):
    is_there, scores = split(rows)
    wrong, found, _ = roc_curve(is_there, scores, drop_intermediate=False)
    top = {x: max(found[wrong == x]) for x in wrong}
    expected = np.interp(PLACES, list(top), list(top.values()))
    np.testing.assert_allclose(roc(is_there, scores, PLACES), expected, atol=1e-9)


@given(samples)
def test_the_precision_is_the_best_at_a_recall_or_above(rows):
    is_there, scores = split(rows)
    # Its last point, precision 1 at recall 0, is of no answer.
    precision, recall = (x[:-1] for x in precision_recall_curve(is_there, scores)[:2])
    expected = [precision[recall >= place - 1e-9].max() for place in PLACES]
    found = precision_recall(is_there, scores, PLACES)
    np.testing.assert_allclose(found, expected, atol=1e-9)
