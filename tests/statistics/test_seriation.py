"""Confused classes lie together, and all others where they were."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headswap.statistics.seriation import order_confused

squares = st.integers(1, 8).flatmap(
    lambda side: arrays(np.int64, (side, side), elements=st.integers(0, 9))
)


@given(squares)
def test_every_class_stands_once(counts):
    assert sorted(order_confused(counts)) == list(range(len(counts)))


def test_classes_that_nothing_confuses_keep_their_order():
    assert order_confused(np.diag([3, 0, 5, 1])).tolist() == [0, 1, 2, 3]


def test_confused_classes_lie_together():
    counts = np.diag([9] * 6)
    counts[0, 4] = counts[4, 2] = counts[5, 1] = 3
    assert order_confused(counts).tolist() == [0, 4, 2, 1, 5, 3]
