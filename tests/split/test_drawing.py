"""Groups are dealt whole, by class, and the same for the same seed.

What split makes of the draws is in test_split.py, and here where tasks are multilabel
or the data set gives parts.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import PARTS
from headswap.artifacts.dataset.tasks import Task
from headswap.errors import InputError
from headswap.split.combinations import combine, shares
from headswap.split.drawing import draw
from headswap.split.groups import join_groups
from headswap.split.stage import divide
from headswap.split.steps import Steps

SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.floats(0.05, 0.4)


def deal(num_rows, sizes):
    """Rows in groups of the given sizes, as far as they go."""
    groups, row = [], 0
    while row < num_rows:
        size = sizes[len(groups) % len(sizes)]
        groups.append(np.arange(row, min(row + size, num_rows)))
        row += size
    return groups


def draw_rows(cells, kind, sizes, seed, groups=None):
    """The part of each row: 0, 1, ... for the sizes, and then the rest."""
    names = sorted(set(cells))
    if kind == "multilabel":
        names = sorted({name for cell in cells for name in cell.split("|") if name})
    task = Task("kind", kind, tuple(names))
    combinations = combine([task], {"kind": cells})
    rows = np.arange(len(cells))
    chances = shares(combinations, rows, task, sizes)
    groups = groups or deal(len(cells), [1])
    named = [f"group{number}" for number in range(len(groups))]
    parts = np.empty(len(cells), int)
    for group, part in zip(
        groups, draw(groups, named, combinations, chances, [seed]), strict=True
    ):
        parts[group] = part
    return parts


def make_cells(num_rows, chances_of_class, seed):
    random = np.random.default_rng(seed)
    targets = random.random((num_rows, len(chances_of_class))) < chances_of_class
    return ["|".join(np.array(list("abcdefgh"))[: len(row)][row]) for row in targets]


@given(st.lists(st.integers(4, 12), min_size=1, max_size=4), SHARES, SHARES, SEEDS)
def test_each_class_has_its_share_in_every_part(class_sizes, test, validation, seed):
    cells = [f"class{i}" for i, size in enumerate(class_sizes) for _ in range(size)]
    parts = draw_rows(cells, "multiclass", [test, validation], seed)
    for number, size in enumerate(class_sizes):
        of_class = parts[np.array(cells) == f"class{number}"]
        assert (of_class == 0).sum() == max(1, round(test * size))
        assert (of_class == 1).sum() == max(1, round(validation * size))
    again = draw_rows(cells, "multiclass", [test, validation], seed)
    np.testing.assert_array_equal(again, parts)


@given(
    st.lists(st.floats(0.05, 0.8), min_size=1, max_size=5),
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    SHARES,
    SHARES,
    SEEDS,
)
def test_groups_are_dealt_whole_where_images_have_several_classes(
    chances_of_class, group_sizes, test, validation, seed
):
    cells = make_cells(60, chances_of_class, seed)
    if not any(cells):
        return
    groups = deal(60, group_sizes)
    parts = draw_rows(cells, "multilabel", [test, validation], seed, groups)
    assert set(parts) <= {0, 1, 2}
    for group in groups:
        assert len(set(parts[group])) == 1
    again = draw_rows(cells, "multilabel", [test, validation], seed, groups)
    np.testing.assert_array_equal(again, parts)


@given(st.lists(st.floats(0.1, 0.6), min_size=1, max_size=5), SHARES, SHARES, SEEDS)
def test_every_part_has_its_share_of_each_of_several_labels_within_one_image(
    chances_of_class, test, validation, seed
):
    cells = make_cells(300, chances_of_class, seed)
    parts = draw_rows(cells, "multilabel", [test, validation], seed)
    names = sorted({name for cell in cells for name in cell.split("|") if name})
    labels = np.array([[name in cell.split("|") for name in names] for cell in cells])
    columns = np.column_stack([labels, ~labels.any(axis=1)])
    for part, share in enumerate([test, validation, 1 - test - validation]):
        found = columns[parts == part].sum(axis=0)
        assert (np.abs(found - share * columns.sum(axis=0)) <= 1 + 1e-6).all()
        assert abs((parts == part).sum() - share * 300) <= 2


def test_swaps_give_every_part_its_share_where_hardly_two_groups_are_alike():
    groups = deal(60, [3])
    for seed in range(20):
        cells = make_cells(60, [0.5, 0.5], seed)
        parts = draw_rows(cells, "multilabel", [0.2, 0.2], seed, groups)
        assert np.bincount(parts).tolist() == [12, 12, 36]
        for name in "ab":
            has_class = np.array([name in cell for cell in cells])
            for part, share in enumerate([0.2, 0.2, 0.6]):
                found = (parts[has_class] == part).sum()
                assert abs(found - share * has_class.sum()) <= 1 + 1e-6


def test_a_rare_class_reaches_every_part():
    cells = ["a|b"] * 10 + ["a"] * 190
    for seed in range(20):
        parts = draw_rows(cells, "multilabel", [0.2, 0.2], seed)
        assert np.bincount(parts[:10]).tolist() == [2, 2, 6]


def test_draws_of_whole_numbers_follow_the_median_class():
    cells = [name for name in "abc" for _ in range(30)]
    parts = draw_rows(cells, "multilabel", [6, 3], 1)
    for rows in (slice(30), slice(30, 60), slice(60, None)):
        assert np.bincount(parts[rows]).tolist() == [6, 3, 21]


def test_another_seed_gives_another_draw():
    cells = make_cells(60, [0.5, 0.5], 0)
    first, second = (draw_rows(cells, "multilabel", [0.3], seed) for seed in (1, 2))
    assert (first != second).any()


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_one_more_image_moves_few_others(kind):
    moved = []
    for seed in range(40):
        cells = make_cells(400, [0.3, 0.25, 0.2, 0.1, 0.04], seed)
        before = draw_rows(cells, kind, [0.2, 0.15], seed)
        after = draw_rows([*cells, cells[seed]], kind, [0.2, 0.15], seed)
        moved.append((before != after[:400]).mean())
    assert np.median(moved) <= 0.02
    assert max(moved) <= 0.05


def make_patients(num_groups, num_classes, seed):
    """400 images in groups of several; all images of a group have its class."""
    random = np.random.default_rng(seed)
    group_of_row = np.concatenate(
        [np.arange(num_groups), random.integers(0, num_groups, 400 - num_groups)]
    )
    class_of_group = random.permutation(np.resize(np.arange(num_classes), num_groups))
    return [f"class{n}" for n in class_of_group[group_of_row]], group_of_row


def members(group_of_row):
    return [np.flatnonzero(group_of_row == n) for n in range(group_of_row.max() + 1)]


@pytest.mark.parametrize(("num_groups", "num_classes"), [(100, 3), (60, 2)])
def test_one_more_image_of_a_group_moves_few_groups(num_groups, num_classes):
    kept = []
    for seed in range(30):
        cells, group_of_row = make_patients(num_groups, num_classes, seed)
        before, after = (
            draw_rows(some, "multiclass", [0.2, 0.15], seed, members(of_row))
            for some, of_row in [
                (cells, group_of_row),
                ([*cells, cells[seed]], np.append(group_of_row, group_of_row[seed])),
            ]
        )
        kept.append((before == after[:400]).mean())
    assert np.median(kept) >= 0.98
    # Where the first draw is off with one image more, a few groups have to move.
    assert np.mean(kept) >= 0.96


def test_groups_with_crossed_labels_are_within_one_image_where_they_can_be():
    """An exact solver finds such a draw of each of these data sets."""
    for seed in range(20):
        random = np.random.default_rng(seed)
        sizes = random.integers(1, 6, 50)
        group_of_row = np.repeat(np.arange(50), sizes)
        tasks = [Task(name, "multiclass", tuple("abcd")) for name in ("one", "two")]
        labels = [
            random.permutation(np.resize(list("abcd"), 50))[group_of_row] for _ in tasks
        ]
        cells = {
            task.name: list(of_task)
            for task, of_task in zip(tasks, labels, strict=True)
        }
        combinations = combine(tasks, cells)
        rows = np.arange(len(group_of_row))
        chances = shares(combinations, rows, tasks[0], [0.2, 0.15])
        groups = members(group_of_row)
        names = [f"group{number}" for number in range(50)]
        parts = draw(groups, names, combinations, chances, [seed])[group_of_row]
        for part in range(3):
            wanted = chances[part][combinations.of_row]
            found = (parts == part) - wanted
            off = np.abs(found @ combinations.classes[combinations.of_row])
            assert off.max() <= 1 + 1e-6, seed


@pytest.fixture
def allow_steps(monkeypatch):
    """allow_steps(most): looking for more steps than these is a failure."""

    def allow(most):
        best, numbers = Steps.best, iter(range(most))

        def count(*arguments):
            assert next(numbers, None) is not None, f"more than {most} steps"
            return best(*arguments)

        monkeypatch.setattr(Steps, "best", count)

    return allow


def draw_folds(class_sizes, num_folds, group_size=1):
    """The fold of each image, and its class."""
    classes = np.repeat(np.arange(len(class_sizes)), class_sizes)
    cells = [f"class{number:03}" for number in classes]
    task = Task("kind", "multiclass", tuple(sorted(set(cells))))
    combinations = combine([task], {"kind": cells})
    chances = np.full((num_folds, len(class_sizes)), 1 / num_folds)
    groups = deal(len(cells), [group_size])
    names = [f"group{number}" for number in range(len(groups))]
    folds = draw(groups, names, combinations, chances, [42])
    return np.repeat(folds, [len(rows) for rows in groups]), classes


@pytest.mark.parametrize(("size", "group_size"), [(2, 1), (4, 1), (12, 3)])
def test_folds_of_many_classes_smaller_than_their_number_are_found_in_few_steps(
    allow_steps, size, group_size
):
    """No fold can have all of them, and none needs one of them more than another."""
    allow_steps(500)
    folds, classes = draw_folds([size] * 60, 5, group_size)
    sizes = np.bincount(folds, minlength=5)
    assert abs(sizes - 60 * size / 5).max() <= max(2, group_size)
    for number in range(60):
        found = np.bincount(folds[classes == number], minlength=5)
        assert found.max() == group_size


def test_classes_smaller_than_the_folds_do_not_all_lie_in_the_same(allow_steps):
    allow_steps(200)
    folds, classes = draw_folds([40, *[2] * 12], 5)
    small = np.bincount(folds[classes > 0], minlength=5)
    assert small.max() <= 9


def test_images_are_joined_by_every_fact_and_by_others_in_between():
    groups = join_groups(
        ["d", "b", "c", "a", "e"],
        [["1", "1", "2", "3", "4"], ["", "x", "x", "", ""]],
    )
    assert groups.tolist() == ["b", "b", "b", "a", "e"]


def test_without_any_fact_every_image_is_its_own_group():
    assert join_groups(["b", "a"], [["", ""]]).tolist() == ["b", "a"]


# What split makes of it


def one_round(section, **changes):
    return section("split", repeats=1, **changes)


def make_index(kind, cells, given_parts=None, tasks=1):
    """Images with the same cells in every task."""
    image_ids = [f"image{number:03}" for number in range(len(cells))]
    names = sorted({name for cell in cells for name in cell.split("|") if name})
    kinds = [kind, "multiclass"][:tasks]
    return Index(
        image_ids=image_ids,
        paths=[f"{image_id}.png" for image_id in image_ids],
        pixel_hashes=image_ids,
        given_parts=given_parts or [""] * len(cells),
        given_groups=[""] * len(cells),
        cells={f"task{number}": list(cells) for number in range(tasks)},
        tasks=[
            Task(f"task{number}", kind, tuple(names))
            for number, kind in enumerate(kinds)
        ],
        relations=[],
    )


def split(index, options):
    groups = join_groups(index.image_ids, [index.pixel_hashes])
    return divide(index, groups, options, [])


def test_a_multilabel_and_a_multiclass_task_are_split_together(section):
    cells = [name for name in "abc" for _ in range(20)]
    index = make_index("multilabel", cells, tasks=2)
    made = split(index, one_round(section, validation=0.2, test=0.3))
    for name in "abc":
        has_class = np.array(cells) == name
        counts = [(made.parts[0][has_class] == part).sum() for part in PARTS]
        assert counts == [10, 4, 6]


def test_validation_is_carved_out_of_train_by_class(section):
    cells = ["a"] * 20 + ["b"] * 10 + ["a"] * 5 + ["b"] * 5
    given = ["train"] * 30 + ["test"] * 10
    index = make_index("multiclass", cells, given)
    made = split(index, one_round(section, method="predefined", validation=0.2))
    assert list(made.parts[0] == "test") == [part == "test" for part in given]
    validation = [cells[row] for row in np.flatnonzero(made.parts[0] == "validation")]
    assert sorted(validation) == ["a"] * 4 + ["b"] * 2


def test_validation_is_carved_out_of_train_where_labels_are_many(section):
    cells = ["a|b", "a", "b", "", "b"] * 20
    given = ["train"] * 50 + ["test"] * 50
    index = make_index("multilabel", cells, given)
    made = split(index, one_round(section, method="predefined", validation=0.2))
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
        split(
            make_index(kind, cells, given),
            one_round(section, method="predefined"),
        )
    message = str(caught.value)
    assert "task0 'b' must have images in every part, got none in train and" in message
    assert "out of 2 in all" in message
    assert "Add images that belong to none of them, or remove the class." in message


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_a_given_class_that_is_never_validated_is_a_note(section, kind, capsys):
    cells = ["a", "a", "a", "b", "b"]
    given = ["train", "validation", "test", "train", "test"]
    split(make_index(kind, cells, given), one_round(section, method="predefined"))
    [note] = capsys.readouterr().out.splitlines()
    assert note.startswith("note: ")
    assert "task0 'b'" in note
    assert "no image in validation" in note


def test_a_rare_multilabel_class_that_misses_a_part_is_a_note(section, capsys):
    cells = ["a"] * 40 + ["a|b"]
    made = split(
        make_index("multilabel", cells),
        one_round(section, validation=0.2, test=0.2),
    )
    assert made.parts[0][-1] == "train"
    assert "task0 'b'" in capsys.readouterr().out


def test_undersampling_is_even_over_a_class_and_needs_no_seed(section):
    cells = ["a"] * 20 + ["b"] * 10
    index = make_index("multiclass", cells)
    made = [
        split(
            index,
            one_round(section, balance="undersample", validation=2, test=3),
        )
        for _ in range(2)
    ]
    np.testing.assert_array_equal(made[0].times, made[1].times)
    trains = np.flatnonzero(made[0].parts[0] == "train")
    kept = made[0].times[0][trains]
    # 15 of class a train and 5 are kept, the first and the last among them.
    assert kept[:15].sum() == kept[15:].sum() == 5
    assert kept[0] == kept[14] == 1
