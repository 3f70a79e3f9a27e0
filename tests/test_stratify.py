"""Parts are drawn by class, in whole groups, and the same for the same seed.

What split makes of the draws is in test_split.py, and here where tasks are multilabel
or the data set gives parts.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.errors import InputError
from headswap.index import PARTS, Index
from headswap.split import split
from headswap.stratify import draw_by_class, draw_iteratively, wanted
from headswap.tasks import Task

SEEDS = st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=2)
SHARES = st.floats(0.05, 0.4)


def deal(num_rows, sizes):
    """Rows in groups of the given sizes, as far as they go."""
    groups, row = [], 0
    while row < num_rows:
        size = sizes[len(groups) % len(sizes)]
        groups.append(list(range(row, min(row + size, num_rows))))
        row += size
    return groups


def assert_drawn_in_whole_groups(drawn, groups):
    rows = [row for part in drawn.values() for row in part]
    assert len(rows) == len(set(rows))
    for part in drawn.values():
        for group in groups:
            assert set(group) <= set(part) or not set(group) & set(part)


@given(st.lists(st.integers(4, 12), min_size=1, max_size=4), SHARES, SHARES, SEEDS)
def test_each_class_is_drawn_by_itself(class_sizes, test, validation, seed):
    classes = [f"class{i}" for i, size in enumerate(class_sizes) for _ in range(size)]
    groups = [[row] for row in range(len(classes))]
    sizes = {"test": test, "validation": validation}
    drawn = draw_by_class(groups, classes, sizes, seed)
    assert_drawn_in_whole_groups(drawn, groups)
    for part, share in sizes.items():
        found = [classes[row] for row in drawn[part]]
        for number, size in enumerate(class_sizes):
            assert found.count(f"class{number}") == max(1, round(share * size))
    assert draw_by_class(groups, classes, sizes, seed) == drawn


@given(st.lists(st.integers(1, 3), min_size=1, max_size=5), st.integers(1, 6), SEEDS)
def test_groups_are_kept_whole_and_no_part_grows_too_large(group_sizes, size, seed):
    groups = deal(24, group_sizes)
    drawn = draw_by_class(groups, ["only"] * 24, {"test": size}, seed)
    assert_drawn_in_whole_groups(drawn, groups)
    # Only groups that do not fit leave room.
    assert size - max(group_sizes) < len(drawn["test"]) <= size


@pytest.mark.parametrize(
    ("size", "num_images", "expected"),
    [(3, 100, 3), (0.2, 100, 20), (0.2, 2, 1), (0.01, 10, 1), (0.25, 10, 2)],
)
def test_a_size_is_images_or_a_share_and_at_least_one(size, num_images, expected):
    assert wanted(size, num_images) == expected


def make_targets(num_rows, chances, seed):
    random = np.random.default_rng(seed)
    return random.random((num_rows, len(chances))) < np.array(chances)


@given(
    st.lists(st.floats(0.05, 0.8), min_size=1, max_size=5),
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    SHARES,
    SHARES,
    SEEDS,
)
def test_iterative_draws_are_disjoint_whole_and_reproducible(
    chances, group_sizes, test, validation, seed
):
    targets = make_targets(60, chances, seed)
    groups = deal(60, group_sizes)
    sizes = {"test": test, "validation": validation}
    drawn = draw_iteratively(groups, targets, sizes, seed)
    assert list(drawn) == ["test", "validation"]
    assert_drawn_in_whole_groups(drawn, groups)
    assert draw_iteratively(groups, targets, sizes, seed) == drawn


@given(st.lists(st.floats(0.1, 0.6), min_size=1, max_size=5), SHARES, SHARES, SEEDS)
def test_iterative_draws_give_each_part_its_share_of_each_class(
    chances, test, validation, seed
):
    targets = make_targets(300, chances, seed)
    groups = [[row] for row in range(300)]
    sizes = {"test": test, "validation": validation}
    drawn = draw_iteratively(groups, targets, sizes, seed)
    for part, share in sizes.items():
        assert abs(len(drawn[part]) - share * 300) <= 0.05 * 300
        counts = targets[drawn[part]].sum(axis=0)
        allowed = 2 + 0.05 * targets.sum(axis=0)
        assert (abs(counts - share * targets.sum(axis=0)) <= allowed).all()


def test_a_rare_class_reaches_every_part():
    targets = np.zeros((200, 2), bool)
    targets[:, 0] = True
    targets[:10, 1] = True
    groups = [[row] for row in range(200)]
    for seed in range(20):
        drawn = draw_iteratively(
            groups, targets, {"test": 0.2, "validation": 0.2}, [seed]
        )
        assert [targets[rows, 1].sum() for rows in drawn.values()] == [2, 2]


@given(SEEDS)
def test_images_without_any_class_are_spread_too(seed):
    targets = np.zeros((100, 3), bool)
    targets[:50] = make_targets(50, [0.5, 0.5, 0.5], seed)
    without = ~targets.any(axis=1)
    groups = [[row] for row in range(100)]
    drawn = draw_iteratively(groups, targets, {"test": 0.3, "validation": 0.1}, seed)
    for part, share in [("test", 0.3), ("validation", 0.1)]:
        assert abs(without[drawn[part]].sum() - share * without.sum()) <= 2


def test_iterative_draws_of_whole_numbers_follow_the_median_class():
    targets = np.zeros((90, 3), bool)
    for number in range(3):
        targets[30 * number : 30 * number + 30, number] = True
    groups = [[row] for row in range(90)]
    drawn = draw_iteratively(groups, targets, {"test": 6, "validation": 3}, [1])
    assert (targets[drawn["test"]].sum(axis=0) == 6).all()
    assert (targets[drawn["validation"]].sum(axis=0) == 3).all()


def test_another_seed_gives_another_draw():
    groups = [[row] for row in range(60)]
    targets = make_targets(60, [0.5, 0.5], 0)
    first, second = (
        draw_iteratively(groups, targets, {"test": 0.3}, [seed]) for seed in (1, 2)
    )
    assert set(first["test"]) != set(second["test"])


# What split makes of it


def make_index(kind, cells, given_parts=None, tasks=1):
    """Images with the same cells in every task."""
    image_ids = [f"image{number:03}" for number in range(len(cells))]
    names = sorted({name for cell in cells for name in cell.split("|") if name})
    kinds = [kind, "multiclass"][:tasks]
    return Index(
        image_ids=image_ids,
        groups=image_ids,
        paths=[f"{image_id}.png" for image_id in image_ids],
        given_parts=given_parts or [""] * len(cells),
        cells={f"task{number}": list(cells) for number in range(tasks)},
        tasks=[
            Task(f"task{number}", kind, tuple(names))
            for number, kind in enumerate(kinds)
        ],
        relations=[],
    )


def test_a_multilabel_and_a_multiclass_task_are_split_together(section):
    cells = [name for name in "abc" for _ in range(20)]
    index = make_index("multilabel", cells, tasks=2)
    made = split(index, section("split", validation=0.2, test=0.3))
    for name in "abc":
        has_class = np.array(cells) == name
        counts = [(made.parts[0][has_class] == part).sum() for part in PARTS]
        assert counts == [10, 4, 6]


def test_validation_is_carved_out_of_train_by_class(section):
    cells = ["a"] * 20 + ["b"] * 10 + ["a"] * 5 + ["b"] * 5
    given = ["train"] * 30 + ["test"] * 10
    index = make_index("multiclass", cells, given)
    made = split(index, section("split", method="predefined", validation=0.2))
    assert list(made.parts[0] == "test") == [part == "test" for part in given]
    validation = [cells[row] for row in np.flatnonzero(made.parts[0] == "validation")]
    assert sorted(validation) == ["a"] * 4 + ["b"] * 2


def test_validation_is_carved_out_of_train_where_labels_are_many(section):
    cells = ["a|b", "a", "b", "", "b"] * 20
    given = ["train"] * 50 + ["test"] * 50
    index = make_index("multilabel", cells, given)
    made = split(index, section("split", method="predefined", validation=0.2))
    assert (made.parts[0][50:] == "test").all()
    validation = made.parts[0] == "validation"
    targets = index.tasks[0].encode(cells)
    np.testing.assert_array_equal(targets[validation].sum(axis=0), [4, 6])
    assert validation.sum() == 10


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_a_class_only_in_test_is_refused(section, kind):
    cells = ["a", "a", "a", "b", "b"]
    given = ["train", "validation", "test", "test", "test"]
    with pytest.raises(InputError) as caught:
        split(make_index(kind, cells, given), section("split", method="predefined"))
    message = str(caught.value)
    assert "task0 'b' must have images in every part, got none in train and" in message
    assert "out of 2 in all" in message
    assert "Add images, remove the class, or lower" in message


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_a_given_class_that_is_never_validated_is_a_note(section, kind, capsys):
    cells = ["a", "a", "a", "b", "b"]
    given = ["train", "validation", "test", "train", "test"]
    split(make_index(kind, cells, given), section("split", method="predefined"))
    [note] = capsys.readouterr().out.splitlines()
    assert note.startswith("note: ")
    assert "task0 'b'" in note
    assert "no image in validation" in note


def test_a_rare_multilabel_class_that_misses_a_part_is_a_note(section, capsys):
    cells = ["a"] * 40 + ["a|b"]
    made = split(
        make_index("multilabel", cells), section("split", validation=0.2, test=0.2)
    )
    assert made.parts[0][-1] == "train"
    assert "task0 'b'" in capsys.readouterr().out


def test_undersampling_is_even_over_a_class_and_needs_no_seed(section):
    cells = ["a"] * 20 + ["b"] * 10
    index = make_index("multiclass", cells)
    made = [
        split(index, section("split", balance="undersample", validation=2, test=3))
        for _ in range(2)
    ]
    np.testing.assert_array_equal(made[0].times, made[1].times)
    trains = np.flatnonzero(made[0].parts[0] == "train")
    kept = made[0].times[0][trains]
    # 15 of class a train and 5 are kept, the first and the last among them.
    assert kept[:15].sum() == kept[15:].sum() == 5
    assert kept[0] == kept[14] == 1
