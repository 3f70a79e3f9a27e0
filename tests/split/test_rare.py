"""Classes too small to be parted: refused, kept for training, or left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.artifacts.dataset.split import UNUSED
from headswap.artifacts.dataset.tasks import Task
from headswap.errors import InputError
from headswap.split.class_counts import count_classes
from headswap.split.groups import join_groups
from headswap.split.stage import _say, divide
from tests import made


def make_index(sizes, kind="multiclass", **facts):
    """Images of as many classes as there are sizes."""
    cells = [f"class{n:02}" for n, size in enumerate(sizes) for _ in range(size)]
    task = Task("kind", kind, tuple(sorted(set(cells))))
    names = [f"image{number:04}" for number in range(len(cells))]
    return made.make_index(names, {"kind": cells}, [task], **facts)


@pytest.fixture(scope="session")
def split(section):
    """split(index, **changes): how its images are divided."""

    def make(index, **changes):
        options = {"method": "stratified", "validation": 0.15, "test": 0.2}
        groups = join_groups(index.image_ids, [index.pixel_hashes])
        return divide(index, groups, section("split", **(options | changes)), [])

    return make


def rows_of(index, name):
    return np.array(index.cells["kind"]) == name


TAILS = st.lists(st.integers(1, 9), min_size=2, max_size=6)
METHODS = st.sampled_from(["stratified", "folds"])


@given(TAILS, METHODS, st.sampled_from(["none", "oversample"]))
def test_small_classes_train_and_others_are_parted(split, tail, method, balance):
    index = make_index([20, *tail])
    chosen = {"method": method, "rare": "train", "num_folds": 4, "balance": balance}
    found = split(index, **chosen)
    needed = 3 if method == "stratified" else 2
    for number, size in enumerate([20, *tail]):
        parts = found.parts[:, rows_of(index, f"class{number:02}")]
        if size < needed:
            assert (parts == "train").all()
        elif method == "stratified":
            for part in ("train", "validation", "test"):
                assert (parts == part).any(axis=1).all()
        else:
            assert (parts == "test").sum() == size * found.num_rounds / 4
    trains = found.parts == "train"
    assert ((found.folds >= 0) == trains).all()
    assert ((found.times > 0) == trains).all()


@given(TAILS, METHODS, st.sampled_from(["none", "undersample", "oversample"]))
def test_small_classes_can_be_left_out(split, tail, method, balance):
    index = make_index([20, *tail])
    found = split(index, method=method, rare="drop", num_folds=4, balance=balance)
    needed = 3 if method == "stratified" else 2
    for number, size in enumerate([20, *tail]):
        parts = found.parts[:, rows_of(index, f"class{number:02}")]
        assert (parts == UNUSED).all() == (size < needed)
        assert (parts == UNUSED).any() == (size < needed)
        times = found.times[:, rows_of(index, f"class{number:02}")]
        assert times.any() == (size >= needed)


@pytest.mark.parametrize("rare", ["train", "drop"])
def test_others_are_divided_as_they_were_without(split, rare):
    plain, tailed = make_index([20, 30]), make_index([20, 30, 1, 2])
    expected, found = split(plain, rare=rare), split(tailed, rare=rare)
    np.testing.assert_array_equal(expected.parts, found.parts[:, :50])


def test_all_that_belongs_to_a_small_class_trains_with_it(split):
    hashes = [f"{number}" for number in range(20)] + ["0"]
    index = make_index([20, 1], pixel_hashes=hashes)
    assert (split(index, rare="train").parts[:, [0, 20]] == "train").all()


def test_classes_that_are_kept_or_left_out_are_named(split, capsys):
    split(make_index([20, 2, 20, 1]), rare="train")
    assert (
        "split.rare: 2 classes too small to be parted only train, with 3 images: kind "
        "'class01', kind 'class03'\n"
    ) in capsys.readouterr().out
    index = make_index([20, 2, 20, 1])
    found = split(index, rare="drop")
    _say(found, count_classes(index, found))
    assert "images a class of kind ('class00')" in capsys.readouterr().out
    split(index, rare="drop")
    assert "2 classes too small to be parted are left out" in capsys.readouterr().out


def test_all_of_a_long_tail_are_named_at_once(split):
    index = make_index([20] + [1, 2] * 12)
    with pytest.raises(InputError) as caught:
        split(index, rare="fail")
    [fault] = str(caught.value).splitlines()
    assert "got 24 classes with fewer: kind 'class01' (1), kind 'class02' (2)" in fault
    assert all(f"'class{number:02}'" in fault for number in range(1, 25))
    assert "set split.rare to train" in fault
    assert split(index, rare="train").num_rounds == split(index, rare="drop").num_rounds


def test_a_class_that_becomes_small_by_it_is_left_out_too(split):
    # The two images of x are all but two of those of b.
    index = made.make_index(
        [f"image{number:02}" for number in range(44)],
        {
            "kind": ["a"] * 40 + ["b"] * 4,
            "site": ["y", "z"] * 21 + ["x"] * 2,
        },
        [
            Task("kind", "multiclass", ("a", "b")),
            Task("site", "multiclass", ("x", "y", "z")),
        ],
    )
    found = split(index, rare="drop")
    assert (found.parts[:, 40:] == UNUSED).all()
    assert not (found.parts[:, :40] == UNUSED).any()


def test_of_several_labels_a_class_of_one_group_trains(split):
    index = make_index([20, 1, 20], kind="multilabel")
    for seed in range(20):
        found = split(index, rare="train", seed=seed)
        assert (found.parts[:, 20] == "train").all()


def test_given_parts_without_a_class_in_train_can_only_be_dropped(split):
    parts = ["train"] * 15 + ["test"] * 5 + ["test"] * 2
    index = make_index([20, 2], given_parts=parts)
    for rare in ("fail", "train"):
        with pytest.raises(InputError, match="none in train"):
            split(index, method="predefined", rare=rare)
    found = split(index, method="predefined", rare="drop")
    assert (found.parts[:, 20:] == UNUSED).all()
    assert (found.parts[:, 15:20] == "test").all()


@pytest.mark.parametrize("rare", ["train", "drop"])
def test_where_every_class_is_small_it_is_refused_all_the_same(split, rare):
    with pytest.raises(InputError, match="got 3 classes with fewer"):
        split(make_index([2, 1, 2]), rare=rare)


@pytest.mark.parametrize("rare", ["fail", "train", "drop"])
@pytest.mark.parametrize("num_classes", [2, 20])
def test_one_group_of_all_is_to_be_told_apart_not_kept_or_left_out(
    section, rare, num_classes
):
    sizes = [9] * num_classes
    index = make_index(sizes, given_groups=["all"] * sum(sizes))
    groups = join_groups(index.image_ids, [index.given_groups])
    options = section("split", rare=rare)
    with pytest.raises(InputError) as caught:
        divide(index, groups, options, [])
    assert "split.rare to" not in str(caught.value)
    assert "let data.group and data.group_pattern tell more groups apart, or set " in (
        str(caught.value)
    )
    assert "near_duplicates" not in str(caught.value)
    # As it says.
    without = make_index(sizes)
    divide(without, join_groups(without.image_ids, []), options, [])


@pytest.mark.parametrize("rare", ["fail", "train", "drop"])
def test_one_group_of_near_duplicates_is_to_be_reported_only(section, rare):
    index = make_index([9, 9])
    groups = np.array([index.image_ids[0]] * 18)
    with pytest.raises(InputError, match=r"set split\.near_duplicates to report"):
        divide(index, groups, section("split", rare=rare), [])


def test_where_small_classes_alone_are_left_adding_images_is_the_way(split):
    with pytest.raises(InputError, match=r"'class02' \(2\)\. Add images\.$"):
        split(make_index([2, 1, 2]), rare="train")


def test_many_classes_too_small_are_refused_before_parts_are_drawn(split, monkeypatch):
    monkeypatch.setattr("headswap.split.stage.Dealer", None)
    with pytest.raises(InputError, match="got 300 classes with fewer"):
        split(make_index([2] * 300), rare="fail")
