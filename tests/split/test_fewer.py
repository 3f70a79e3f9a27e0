"""split.images: fewer training images, the rest as it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.artifacts.dataset.split import UNUSED
from headswap.split.fewer import trains_still
from headswap.split.groups import join_groups
from headswap.split.stage import divide
from tests.split.test_split import make_index


@pytest.fixture(scope="session")
def parts_with(section):
    """parts_with(index, share, **changes): the split of an index."""

    def make(index, share, **changes):
        options = section("split", images=share, repeats=2, num_folds=3, **changes)
        groups = join_groups(index.image_ids, [index.pixel_hashes])
        return divide(index, groups, options, [])

    return make


SIZES = st.lists(st.integers(5, 15), min_size=2, max_size=4)
SHARES = st.floats(0.05, 1)


@given(SIZES, SHARES, SHARES, st.integers(0, 2**32 - 1))
def test_a_smaller_share_is_part_of_a_larger_one_and_no_other_part_changes(
    parts_with, sizes, one, other, seed
):
    index = make_index(sizes)
    fewer, more = (parts_with(index, x, seed=seed) for x in sorted((one, other)))
    whole = parts_with(index, 1.0, seed=seed)
    assert ((fewer.parts == "train") <= (more.parts == "train")).all()
    for made in (fewer, more):
        for part in ("validation", "test"):
            assert ((made.parts == part) == (whole.parts == part)).all()
        assert (made.parts[made.parts != whole.parts] == UNUSED).all()
        assert ((made.folds >= 0) == (made.parts == "train")).all()
        assert ((made.times > 0) == (made.parts == "train")).all()


@given(SIZES, SHARES)
def test_each_class_keeps_its_share_and_an_image_at_least(parts_with, sizes, share):
    index = make_index(sizes)
    whole, made = parts_with(index, 1.0), parts_with(index, share)
    for before, after in zip(whole.parts, made.parts, strict=True):
        for name in index.tasks[1].class_names:
            is_class = np.array(index.cells["landmark"]) == name
            wanted = share * (is_class & (before == "train")).sum()
            kept = (is_class & (after == "train")).sum()
            assert kept >= 1
            assert abs(kept - wanted) < 1 or (kept == 1 and wanted < 1)


def test_groups_stay_whole(parts_with):
    index = make_index([40, 40], groups=[number // 4 for number in range(80)])
    made = parts_with(index, 0.5)
    for parts in made.parts:
        for group in range(20):
            rows = slice(4 * group, 4 * group + 4)
            assert len(set(parts[rows])) == 1
    assert (made.parts == UNUSED).any()


def test_the_whole_keeps_its_share_where_every_image_has_labels_of_its_own():
    num = 400
    stays = trains_still(
        np.arange(num),
        np.ones((num, 1), int),
        np.arange(num),
        [str(number) for number in range(num)],
        0.5,
        [1],
    )
    assert abs(stays.mean() - 0.5) < 0.1


def test_rounds_leave_out_others(parts_with):
    made = parts_with(make_index([20, 20]), 0.5)
    assert (made.parts[0] != made.parts[1]).any()
