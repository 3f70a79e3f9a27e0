"""Thousands of drawn data sets: every draw is valid where a valid one exists."""

import numpy as np
import pytest

from headswap.artifacts.dataset.split import PARTS
from headswap.artifacts.dataset.tasks import Task
from headswap.split.groups import join_groups
from headswap.split.stage import divide
from tests.made import make_index

pytestmark = pytest.mark.endure


def draw_data_set(seed):
    """One to three crossed tasks, groups of one to five images, at least 24 of them."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, random.integers(2, 6), random.integers(24, 80))
    group_of_row = np.repeat(np.arange(len(sizes)), sizes)
    num_images = len(group_of_row)
    tasks, cells = [], {}
    for number in range(random.integers(1, 4)):
        names = tuple(f"class{n}" for n in range(random.integers(2, 5)))
        # Dealt out, so that each class is in eight groups at least.
        of_group = random.permutation(np.resize(np.arange(len(names)), len(sizes)))
        tasks.append(Task(f"task{number}", "multiclass", names))
        cells[f"task{number}"] = [names[n] for n in of_group[group_of_row]]
    return make_index(
        [f"image{n:04}" for n in range(num_images)],
        cells,
        tasks,
        given_groups=[f"group{n}" for n in group_of_row],
    )


@pytest.mark.survives("drawn data sets", times=100)
@pytest.mark.parametrize("block", range(20))
def test_every_class_reaches_every_part_and_no_group_is_parted(section, block):
    for seed in range(100 * block, 100 * block + 100):
        index = draw_data_set(seed)
        groups = join_groups(index.image_ids, [index.given_groups])
        options = section("split", seed=seed, validation=0.15, test=0.2, repeats=2)
        made = divide(index, groups, options, [])
        for parts, folds in zip(made.parts, made.folds, strict=True):
            for group in np.unique(groups):
                assert len(set(parts[groups == group])) == 1
                assert len(set(folds[groups == group])) == 1
            for column in index.cells.values():
                for name in set(column):
                    assert set(parts[np.array(column) == name]) == set(PARTS)
