"""split deals every image to one part, by class, and keeps duplicates together."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import PARTS, UNUSED, read_split, write_split
from headswap.artifacts.dataset.tasks import Task
from headswap.errors import InputError
from headswap.split.class_counts import count_classes
from headswap.split.groups import join_groups
from headswap.split.leaks import find_leaks
from headswap.split.stage import divide


def make_index(class_sizes, groups=None, given_parts=None):
    """Images of the finest classes, in turn; two of them share a coarse class."""
    names = [f"class{number:02}" for number in range(len(class_sizes))]
    fine = [
        name for name, size in zip(names, class_sizes, strict=True) for _ in range(size)
    ]
    coarse_of = {name: f"kind{number // 2}" for number, name in enumerate(names)}
    coarse = [coarse_of[name] for name in fine]
    image_ids = [f"image{number:03}" for number in range(len(fine))]
    return Index(
        image_ids=image_ids,
        paths=[f"{image_id}.png" for image_id in image_ids],
        pixel_hashes=[f"group{group}" for group in groups] if groups else image_ids,
        given_parts=given_parts or [""] * len(fine),
        given_groups=[""] * len(fine),
        cells={"category": coarse, "landmark": fine},
        tasks=[
            Task("category", "multiclass", tuple(sorted(set(coarse)))),
            Task("landmark", "multiclass", tuple(sorted(names))),
        ],
        relations=[],
    )


def groups_of(index):
    return join_groups(index.image_ids, [index.pixel_hashes, index.given_groups])


def split(index, options):
    groups = groups_of(index)
    return divide(index, groups, options, find_leaks(index, groups, []))


@pytest.fixture(scope="session")
def options(section):
    """options(**changes): two test and one validation image a class, one repeat."""

    def make(**changes):
        default = {
            "method": "stratified",
            "validation": 1,
            "test": 2,
            "repeats": 1,
            "num_folds": 3,
            "near_duplicates": "group",
            "leaks": "report",
            "rare": "fail",
            "balance": "none",
            "seed": 42,
        }
        return section("split", **(default | changes))

    return make


def count_parts(index, parts, class_name):
    rows = [cell == class_name for cell in index.cells["landmark"]]
    return {part: int((parts[rows] == part).sum()) for part in PARTS}


CLASS_SIZES = st.lists(st.integers(5, 15), min_size=1, max_size=5)
SEEDS = st.integers(0, 2**32 - 1)


@given(CLASS_SIZES, SEEDS, st.integers(1, 3))
def test_every_image_falls_into_exactly_one_part(options, sizes, seed, repeats):
    index = make_index(sizes)
    made = split(index, options(seed=seed, repeats=repeats))
    assert made.num_rounds == repeats
    parts = made.parts
    assert parts.shape == (repeats, sum(sizes))
    assert set(parts.ravel()) == set(PARTS)


@given(CLASS_SIZES, SEEDS, st.integers(1, 2), st.integers(1, 2))
def test_whole_number_sizes_are_images_a_class(options, sizes, seed, validation, test):
    index = make_index(sizes)
    made = split(index, options(seed=seed, validation=validation, test=test, repeats=2))
    for parts in made.parts:
        for class_name, size in zip(index.tasks[1].class_names, sizes, strict=True):
            assert count_parts(index, parts, class_name) == {
                "train": size - validation - test,
                "validation": validation,
                "test": test,
            }


@given(CLASS_SIZES, SEEDS, st.floats(0.01, 0.4), st.floats(0.01, 0.4))
def test_shares_are_of_each_class_and_at_least_one_image(
    options, sizes, seed, validation, test
):
    index = make_index(sizes)
    parts = split(index, options(seed=seed, validation=validation, test=test)).parts[0]
    for class_name, size in zip(index.tasks[1].class_names, sizes, strict=True):
        counts = count_parts(index, parts, class_name)
        assert counts["validation"] == max(1, round(validation * size))
        assert counts["test"] == max(1, round(test * size))


@given(CLASS_SIZES, SEEDS)
def test_every_class_of_every_task_is_in_every_part(options, sizes, seed):
    index = make_index(sizes)
    for parts in split(index, options(seed=seed, repeats=3)).parts:
        for task in index.tasks:
            for class_name in task.class_names:
                rows = [cell == class_name for cell in index.cells[task.name]]
                assert set(parts[rows]) == set(PARTS)


@given(st.data())
def test_a_group_is_never_parted(options, data):
    sizes = data.draw(st.lists(st.integers(6, 12), min_size=1, max_size=3), "sizes")
    number = st.integers(0, sum(sizes))
    groups = data.draw(st.lists(number, min_size=sum(sizes), max_size=sum(sizes)))
    index = make_index(sizes, groups)
    try:
        made = split(index, options(seed=data.draw(SEEDS), repeats=2))
    except InputError:  # Too few groups in a class to reach every part.
        assume(False)
    for parts in made.parts:
        for group in set(groups):
            assert len(set(parts[np.array(groups) == group])) == 1


@given(st.integers(2, 3), SEEDS)
def test_duplicates_stay_together_and_sizes_are_met_within_one_image(
    options, copies, seed
):
    groups = [row // copies for row in range(10 * copies)]
    index = make_index([10 * copies], groups)
    made = split(index, options(seed=seed, validation=3, test=4))
    counts = count_parts(index, made.parts[0], "class00")
    assert abs(counts["validation"] - 3) <= 1
    assert abs(counts["test"] - 4) <= 1
    assert made.rounds[0].largest_deviation <= 1


def test_a_picture_under_two_labels_stays_in_one_part(options):
    groups = [0, 1, 2, 3, 4, 5, 6, 7, 0, 8, 9, 10, 11, 12, 13, 14]
    index = make_index([8, 8], groups)
    for parts in split(index, options(repeats=20)).parts:
        assert parts[0] == parts[8]


def test_the_same_seed_gives_the_same_split(options):
    index = make_index([9, 10, 11])
    first, second = (split(index, options(seed=7, repeats=3)).parts for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_another_seed_gives_another_split(options):
    index = make_index([20, 20])
    first, second = (split(index, options(seed=seed)).parts for seed in (1, 2))
    assert (first != second).any()


def test_every_repeat_is_another_split(options):
    made = split(make_index([20, 20]), options(repeats=4))
    assert len({tuple(parts) for parts in made.parts}) == 4


def test_more_repeats_leave_the_first_ones_as_they_were(options):
    index = make_index([9, 9])
    few, many = (split(index, options(repeats=repeats)).parts for repeats in (2, 5))
    np.testing.assert_array_equal(few, many[:2])


def test_classes_of_the_same_size_are_not_dealt_alike(options):
    parts = split(make_index([20, 20, 20]), options(test=8)).parts[0].reshape(3, 20)
    assert len({tuple(of_class) for of_class in parts}) == 3


def test_a_new_class_at_the_end_leaves_the_others_as_they_were(options):
    before = split(make_index([9, 10]), options(repeats=2)).parts
    after = split(make_index([9, 10, 11]), options(repeats=2)).parts
    np.testing.assert_array_equal(before, after[:, :19])


def test_one_more_image_among_400_leaves_nearly_all_in_their_part(options):
    sizes = [20] * 20
    for seed in range(20):
        chosen = options(seed=seed, validation=0.15, test=0.2, repeats=2)
        before = split(make_index(sizes), chosen).parts
        # At the end, for images are named by their place here.
        after = split(make_index([*sizes[:-1], 21]), chosen).parts
        assert (before == after[:, :400]).mean() >= 0.98


def test_the_order_of_the_images_is_of_no_account(options):
    index = make_index([9, 10, 11])
    order = np.random.default_rng(0).permutation(30)
    turned = dataclasses.replace(
        index,
        **{
            name: [getattr(index, name)[row] for row in order]
            for name in ("image_ids", "paths", "pixel_hashes")
        },
        cells={
            task: [cells[row] for row in order] for task, cells in index.cells.items()
        },
    )
    parts = split(index, options(repeats=2)).parts
    np.testing.assert_array_equal(
        split(turned, options(repeats=2)).parts, parts[:, order]
    )


def make_crossed(colours, shapes):
    image_ids = [f"image{number:03}" for number in range(len(colours))]
    return Index(
        image_ids=image_ids,
        paths=image_ids,
        pixel_hashes=image_ids,
        given_parts=[""] * len(colours),
        given_groups=[""] * len(colours),
        cells={"colour": list(colours), "shape": list(shapes)},
        tasks=[
            Task("colour", "multiclass", ("blue", "red")),
            Task("shape", "multiclass", ("disc", "square")),
        ],
        relations=[],
    )


@pytest.mark.parametrize(
    "seeds", [range(30), pytest.param(range(30, 100), marks=pytest.mark.endure)]
)
@pytest.mark.parametrize("sizes", [(2, 3), (1, 1), (0.15, 0.2)])
def test_crossed_tasks_reach_every_part_whatever_the_seed(options, sizes, seeds):
    validation, test = sizes
    colours = ["red", "blue"] * 30
    for seed in seeds:
        shapes = np.random.default_rng(seed).permutation(["disc", "square"] * 30)
        index = make_crossed(colours, shapes.tolist())
        made = split(
            index, options(seed=seed, validation=validation, test=test, repeats=10)
        )
        for parts in made.parts:
            for cells in index.cells.values():
                for part, size in (("validation", validation), ("test", test)):
                    wanted = size if isinstance(size, int) else round(30 * size)
                    for name in set(cells):
                        found = (parts[np.array(cells) == name] == part).sum()
                        assert abs(found - wanted) <= 1
                        assert found


@pytest.mark.parametrize("repeats", [5, pytest.param(20, marks=pytest.mark.endure)])
@pytest.mark.parametrize(("num_groups", "size"), [(3, 2), (3, 5), (4, 2), (4, 10)])
def test_few_large_groups_reach_every_part(options, num_groups, size, repeats):
    """Less than a group is due to a part, and a whole one has to go there."""
    groups = np.repeat(np.arange(2 * num_groups), size).tolist()
    index = make_index([num_groups * size] * 2, groups)
    chosen = options(validation=0.15, test=0.2, repeats=repeats)
    for parts in split(index, chosen).parts:
        for class_name in ("class00", "class01"):
            assert min(count_parts(index, parts, class_name).values()) >= size


@given(SEEDS)
def test_patients_stay_in_one_part_and_one_fold(options, seed):
    random = np.random.default_rng(seed)
    patients = np.repeat(np.arange(12), random.integers(2, 9, 12))
    sick = random.permutation([0, 1] * 6)[patients]
    index = make_index([len(patients)], patients.tolist())
    index = dataclasses.replace(
        index,
        cells={"state": [["ill", "well"][i] for i in sick]},
        tasks=[Task("state", "multiclass", ("ill", "well"))],
    )
    made = split(index, options(seed=seed, validation=0.15, test=0.2))
    for patient in range(12):
        of_patient = patients == patient
        assert len(set(made.parts[0][of_patient])) == 1
        assert len(set(made.folds[0][of_patient])) == 1
    # Of every state, each part has at least one of its six patients.
    for state in ("ill", "well"):
        has_state = np.array(index.cells["state"]) == state
        assert set(made.parts[0][has_state]) == set(PARTS)


def test_folds_divide_the_training_images_by_class(options):
    made = split(make_index([14, 15]), options(repeats=2, num_folds=4))
    assert ((made.folds >= 0) == (made.parts == "train")).all()
    for folds, parts in zip(made.folds, made.parts, strict=True):
        assert set(folds[parts == "train"]) == {0, 1, 2, 3}
        for rows in (slice(14), slice(14, None)):
            counts = np.bincount(folds[rows][parts[rows] == "train"], minlength=4)
            assert counts.max() - counts.min() <= 1


@given(CLASS_SIZES, SEEDS, st.integers(2, 4), st.integers(1, 2))
def test_by_folds_each_image_is_tested_once_a_repeat(
    options, sizes, seed, num_folds, repeats
):
    chosen = options(method="folds", seed=seed, num_folds=num_folds, repeats=repeats)
    made = split(make_index(sizes), chosen)
    assert made.num_rounds == num_folds * repeats
    for repeat in range(repeats):
        rounds = [r for r, facts in enumerate(made.rounds) if facts.repeat == repeat]
        tested = (made.parts[rounds] == "test").sum(axis=0)
        assert (tested == 1).all()
    assert all((parts == "validation").any() for parts in made.parts)
    assert not made.has_one_test_part


def test_every_repeat_by_folds_puts_other_images_together(options):
    index = make_index([20, 20])
    made = split(index, options(method="folds", num_folds=2, repeats=2))
    assert len({tuple(parts == "test") for parts in made.parts}) == 4


def test_given_parts_test_the_same_images_in_every_round(options):
    given = (["train"] * 8 + ["test"] * 2) * 2
    index = make_index([10, 10], given_parts=given)
    made = split(index, options(method="predefined", validation=3, repeats=3))
    assert made.has_one_test_part
    assert len({tuple(parts) for parts in made.parts}) == 3


def test_rounds_say_how_many_images_and_groups_each_part_has(options):
    index = make_index([8, 8], [0, 0, 1, 1, 2, 3, 4, 5, *range(6, 14)])
    made = split(index, options(validation=2, test=2))
    [facts] = made.rounds
    for part in PARTS:
        rows = made.parts[0] == part
        assert facts.images[part] == rows.sum()
        assert facts.groups[part] == len(set(made.groups[rows]))
    assert facts.groups["train"] < facts.images["train"]


def test_a_class_too_small_is_named_with_the_part_it_misses(options):
    index = make_index([8, 2, 8])
    with pytest.raises(InputError) as caught:
        split(index, options(validation=1, test=2))
    [fault] = str(caught.value).splitlines()
    assert "landmark 'class01'" in fault
    assert "out of 2 in all, in 2 groups" in fault


def test_a_class_of_three_images_reaches_every_part_whatever_is_asked_for(options):
    index = make_index([8, 3, 8])
    made = split(index, options(validation=1, test=2, repeats=10))
    for parts in made.parts:
        assert set(count_parts(index, parts, "class01").values()) == {1}


def test_whole_numbers_that_no_class_has_are_refused_with_shares_that_it_has(options):
    index = make_index([8, 8, 9])
    with pytest.raises(InputError) as caught:
        split(index, options(test=5, validation=4))
    assert str(caught.value) == (
        "split: split.test=5 and split.validation=4 must leave an image of each class "
        "to train, got 3 of 3 classes of landmark with too few images: 'class00' (8), "
        "'class01' (8), 'class02' (9). Add images, or set fewer, such as "
        "split.test=0.2 and split.validation=0.15."
    )
    made = split(index, options(test=0.2, validation=0.15))
    assert count_parts(index, made.parts[0], "class00")["test"] == 2
    split(make_index([10, 10, 10]), options(test=5, validation=4))


def test_whole_numbers_that_some_classes_lack_are_a_warning_with_these(options, capsys):
    index = make_index([20, 8, 20])
    made = split(index, options(test=5, validation=4, repeats=2))
    assert count_parts(index, made.parts[0], "class00")["test"] == 5
    [warning] = capsys.readouterr().out.splitlines()
    assert warning.startswith("warning: split.test=5 and split.validation=4 is more")
    assert "1 of 3 classes of landmark" in warning
    assert "'class01' (8); these are parted in the same proportion" in warning
    assert count_parts(index, made.parts[0], "class01")["train"] == 1


def test_all_classes_too_small_are_named(options):
    index = make_index([2, 8, 1, 8])
    with pytest.raises(InputError) as caught:
        split(index, options(validation=1, test=2))
    faults = [line for line in str(caught.value).splitlines() if "landmark" in line]
    assert len(faults) == 2
    assert "'class00'" in faults[0]
    assert "out of 2 in all, in 2 groups" in faults[0]
    assert "'class02'" in faults[1]
    assert "out of 1 in all, in 1 groups" in faults[1]
    assert all("Add images" in fault for fault in faults)


def test_a_class_of_duplicates_alone_cannot_be_split(options):
    index = make_index([8, 6], [*range(8), *[8] * 6])
    with pytest.raises(InputError, match=r"'class01'.*in 1 groups that stay together"):
        split(index, options())


def test_a_class_of_two_groups_cannot_be_in_three_parts(options):
    index = make_index([4], [0, 0, 1, 1])
    with pytest.raises(InputError, match=r"'class00'.*none in .* in 2 groups"):
        split(index, options(validation=1, test=2))


def test_count_classes_counts_the_first_round(options):
    index = make_index([6, 7, 8])
    counts = count_classes(index, split(index, options(repeats=2)))
    found = {(task, label, part): count for task, label, part, count in counts}
    assert len(found) == len(counts) == (2 + 3) * len(PARTS)
    assert found["landmark", "class01", "train"] == 4
    assert found["landmark", "class02", "test"] == 2
    assert found["category", "kind0", "train"] == 3 + 4
    assert found["category", "kind0", "test"] == 4
    assert found["category", "kind1", "validation"] == 1
    assert sum(found[key] for key in found if key[0] == "landmark") == 21
    assert all(type(count) is int for count in found.values())


@given(CLASS_SIZES, st.integers(1, 3), st.sampled_from(["none", "oversample"]))
def test_a_split_comes_back_as_it_was_written(
    options, tmp_path_factory, sizes, repeats, balance
):
    index = make_index(sizes)
    made = split(index, options(repeats=repeats, balance=balance))
    folder = tmp_path_factory.mktemp("split") / "new"
    write_split(folder, index.image_ids, made)
    found = read_split(folder)
    for name in ("groups", "parts", "folds", "times"):
        np.testing.assert_array_equal(getattr(found, name), getattr(made, name))
    assert found.rounds == made.rounds


def test_without_balancing_every_training_image_stands_once(options):
    made = split(make_index([6, 12]), options(repeats=2))
    np.testing.assert_array_equal(made.times, made.parts == "train")


def count_times(index, made, class_name):
    rows = [cell == class_name for cell in index.cells["landmark"]]
    return made.times[0][rows]


def test_oversampling_repeats_the_images_of_rare_classes(options):
    # Training images: 4, 9 and 12.
    index = make_index([7, 12, 15])
    made = split(index, options(balance="oversample"))
    for class_name, times in [("class00", 3), ("class01", 1), ("class02", 1)]:
        found = count_times(index, made, class_name)
        assert set(found) == {0, times}
    assert ((made.times > 0) == (made.parts == "train")).all()


def test_undersampling_keeps_as_many_images_as_the_rarest_class_has(options):
    index = make_index([7, 12, 15])
    made = split(index, options(balance="undersample", repeats=2))
    for class_name in index.tasks[1].class_names:
        assert count_times(index, made, class_name).sum() == 4
    assert made.times.max() == 1
    assert not made.times[made.parts != "train"].any()


def test_balancing_leaves_the_parts_as_they_are(options):
    index = make_index([7, 12, 15])
    made = {
        balance: split(index, options(balance=balance)).parts
        for balance in ("none", "oversample", "undersample")
    }
    np.testing.assert_array_equal(made["none"], made["oversample"])
    np.testing.assert_array_equal(made["none"], made["undersample"])


GIVEN = ["train"] * 4 + ["validation"] + ["test"]


def test_given_parts_are_kept_when_asked_for(options):
    index = make_index([6, 6], given_parts=GIVEN * 2)
    made = split(index, options(method="predefined", repeats=2))
    for parts in made.parts:
        assert list(parts) == GIVEN * 2


def test_rounds_that_can_differ_in_nothing_but_folds_are_said_to_be(options, capsys):
    index = make_index([6, 6], given_parts=GIVEN * 2)
    split(index, options(method="predefined", repeats=2))
    assert (
        "all 2 rounds (split.repeats) have the same images" in capsys.readouterr().out
    )
    split(index, options(method="predefined", repeats=1))
    assert "same images" not in capsys.readouterr().out


def test_given_parts_are_ignored_and_said_to_be_when_drawing(options, capsys):
    plain = split(make_index([6, 6]), options())
    made = split(make_index([6, 6], given_parts=GIVEN * 2), options())
    np.testing.assert_array_equal(made.parts, plain.parts)
    assert "are ignored" in capsys.readouterr().out


def test_a_part_the_data_set_lacks_is_drawn_from_its_training_images(options):
    given = (["train"] * 8 + ["test"] * 2) * 2
    index = make_index([10, 10], given_parts=given)
    [parts] = split(index, options(method="predefined", validation=3)).parts
    for class_name in ("class00", "class01"):
        counts = count_parts(index, parts, class_name)
        assert counts == {"train": 5, "validation": 3, "test": 2}
    assert (parts[np.array(given) == "test"] == "test").all()


def test_images_without_a_given_part_are_named(options):
    index = make_index([6, 6], given_parts=[*GIVEN, *GIVEN[:-1], ""])
    with pytest.raises(InputError, match=r"got 1 without: image011\.png"):
        split(index, options(method="predefined"))


def test_a_given_class_that_never_trains_is_an_error(options):
    given = [*GIVEN, "validation", "validation", "test", "test"]
    with pytest.raises(InputError, match=r"landmark 'class01'.*none in train"):
        split(make_index([6, 4], given_parts=given), options(method="predefined"))


def test_a_given_class_that_is_never_tested_is_a_note(options, capsys):
    given = [*GIVEN, *["train"] * 3, "validation"]
    split(make_index([6, 4], given_parts=given), options(method="predefined"))
    assert "landmark 'class01'" in capsys.readouterr().out


@pytest.fixture
def leaking():
    """Image 0 (train) and image 5 (test) show the same picture."""
    return make_index([6, 6], [0, 1, 2, 3, 4, 0, *range(6, 12)], GIVEN * 2)


def test_leaks_that_are_reported_stay_where_they_are(leaking, options, capsys):
    made = split(leaking, options(method="predefined", leaks="report"))
    assert list(made.parts[0]) == GIVEN * 2
    assert "2 files have their like in another given part" in capsys.readouterr().out


def test_leaks_that_are_dropped_stay_in_the_last_part_alone(leaking, options):
    made = split(leaking, options(method="predefined", leaks="drop"))
    assert list(made.parts[0]) == [UNUSED, *GIVEN[1:], *GIVEN]
    assert made.times[0, 0] == 0


def test_leaks_can_stop_the_run(leaking, options):
    shown = r"split\.leaks: .*2 files.*image000\.png of train \(same picture: image005"
    with pytest.raises(InputError, match=shown):
        split(leaking, options(method="predefined", leaks="fail"))


def make_multilabel_index(cells, groups=None):
    image_ids = [f"image{number:03}" for number in range(len(cells))]
    names = sorted({name for cell in cells for name in cell.split("|") if name})
    return Index(
        image_ids=image_ids,
        paths=[f"{image_id}.png" for image_id in image_ids],
        pixel_hashes=groups or image_ids,
        given_parts=[""] * len(cells),
        given_groups=[""] * len(cells),
        cells={"tags": list(cells)},
        tasks=[Task("tags", "multilabel", tuple(names))],
        relations=[],
    )


@given(SEEDS, st.integers(1, 3))
def test_a_multilabel_split_keeps_shares_and_groups(options, seed, copies):
    cells = [cell for cell in ["a|b", "a", "b|c", "", "c"] for _ in range(20)]
    groups = [f"group{row // copies}" for row in range(100)]
    index = make_multilabel_index(cells, groups)
    made = split(index, options(seed=seed, validation=0.2, test=0.2, repeats=2))
    for parts in made.parts:
        assert set(parts) == set(PARTS)
        for group in set(groups):
            assert len(set(parts[np.array(groups) == group])) == 1
        for part in ("validation", "test"):
            assert abs((parts == part).sum() - 20) <= 2 * copies
            for name in index.tasks[0].class_names:
                has_class = np.array([name in cell.split("|") for cell in cells])
                assert abs((parts[has_class] == part).sum() - 8) <= 2 * copies


def test_undersampling_a_multilabel_task_is_refused(options):
    index = make_multilabel_index(["a|b", "a", "b", ""] * 6)
    with pytest.raises(InputError, match=r"split\.balance must be none or oversample"):
        split(index, options(balance="undersample"))


def test_oversampling_follows_the_rarest_class_of_an_image(options):
    index = make_multilabel_index(["a", "a", "a", "a|b", ""] * 8)
    made = split(index, options(balance="oversample"))
    cells = np.array(index.cells["tags"])
    trains = made.parts[0] == "train"
    assert made.times[0][trains & (cells == "a|b")].min() > 1
    assert set(made.times[0][trains & (cells != "a|b")]) == {1}
