"""Views are fixed versions of a picture, the ones that params.yaml can name."""

from typing import get_args

import numpy as np
import pytest

from headswap.params.features import PLAIN, View
from headswap.pictures.views import VIEWS


def test_every_view_that_can_be_named_is_there():
    assert tuple(VIEWS) == get_args(View)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_the_same_every_time_and_keeps_the_shape(quarters, name):
    images = np.stack([quarters[:, :48], quarters[:, 16:]])
    before = images.copy()
    seen = VIEWS[name](images)
    assert (seen.shape, seen.dtype) == (images.shape, np.uint8)
    np.testing.assert_array_equal(VIEWS[name](images), seen)
    np.testing.assert_array_equal(images, before)
    assert np.array_equal(seen, images) == (name == PLAIN)


def test_flip_mirrors_left_to_right(quarters):
    np.testing.assert_array_equal(VIEWS["flip"](quarters[None])[0], np.fliplr(quarters))
