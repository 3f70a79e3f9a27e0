"""Leaks are listed by path, with the reason and the file they leak to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.artifacts.dataset.near_duplicates import NearDuplicate
from headswap.artifacts.dataset.split import UNUSED
from headswap.artifacts.dataset.tasks import Task
from headswap.errors import InputError
from headswap.split.groups import join_groups
from headswap.split.leaks import Leak, find_leaks
from headswap.split.near_duplicates import link
from headswap.split.stage import divide
from tests.made import make_index

TASK = Task("kind", "multiclass", ("a",))


def index_of(parts, **facts):
    image_ids = [f"image{number:02}" for number in range(len(parts))]
    cells = {"kind": ["a"] * len(parts)}
    return make_index(image_ids, cells, [TASK], given_parts=list(parts), **facts)


def pair(first, second, is_confirmed=True):
    return NearDuplicate(
        f"image{first:02}", f"image{second:02}", 8, 0.95, 0.8, is_confirmed
    )


def groups_of(index, pairs):
    facts = [index.pixel_hashes, index.given_groups, link(index, pairs, "group").facts]
    return join_groups(index.image_ids, facts)


def leaks_of(index, pairs=()):
    return find_leaks(index, groups_of(index, pairs), pairs)


def test_the_same_picture_in_two_parts_is_listed_from_both_sides():
    index = index_of(["train", "test", "train"], pixel_hashes=["p", "p", "q"])
    assert leaks_of(index) == [
        Leak("image00", "test", "image01.png", "same picture", "train", "image00.png"),
        Leak("image00", "train", "image00.png", "same picture", "test", "image01.png"),
    ]


def test_what_is_together_in_one_part_does_not_leak():
    index = index_of(["train", "train", "test"], pixel_hashes=["p", "p", "q"])
    assert leaks_of(index, [pair(0, 1)]) == []


def test_a_near_duplicate_leaks_too():
    reasons = [
        leak.reason for leak in leaks_of(index_of(["train", "test"]), [pair(0, 1)])
    ]
    assert reasons == ["near-duplicate"] * 2


def test_a_pair_that_is_not_confirmed_is_no_leak():
    assert leaks_of(index_of(["train", "test"]), [pair(0, 1, False)]) == []


def test_a_given_group_leaks():
    index = index_of(["train", "test"], given_groups=["patient", "patient"])
    assert [leak.reason for leak in leaks_of(index)] == ["same group"] * 2


def test_the_strongest_reason_is_given_and_what_lies_between_is_said():
    # 0 and 1 show one picture, 2 is nearly that, 3 is of the group of 2.
    index = index_of(
        ["train", "test", "test", "train"],
        pixel_hashes=["p", "p", "q", "r"],
        given_groups=["", "", "g", "g"],
    )
    found = {leak.path: leak for leak in leaks_of(index, [pair(0, 2)])}
    assert {path: leak.reason for path, leak in found.items()} == {
        "image00.png": "same picture",
        "image01.png": "same picture",
        "image02.png": "near-duplicate",
        "image03.png": "same group",
    }
    apart = index_of(["train", "train", "test"])
    between = {leak.path: leak for leak in leaks_of(apart, [pair(0, 1), pair(1, 2)])}
    assert between["image00.png"].reason == "joined by others"
    assert between["image00.png"].other_path == "image02.png"
    assert between["image01.png"].reason == "near-duplicate"


def test_a_near_duplicate_of_an_equal_file_is_named_as_one():
    index = index_of(["train", "train", "test"], pixel_hashes=["p", "p", "q"])
    reasons = {leak.path: leak.reason for leak in leaks_of(index, [pair(0, 2)])}
    assert set(reasons.values()) == {"near-duplicate"}
    assert len(reasons) == 3


def test_an_image_without_a_given_part_leaks_nowhere():
    index = index_of(["train", "", "test"], pixel_hashes=["p", "p", "p"])
    paths = [leak.path for leak in leaks_of(index)]
    assert paths == ["image02.png", "image00.png"]


PARTS_OF_IMAGES = st.lists(
    st.sampled_from(["train", "validation", "test", ""]), min_size=1, max_size=12
)


@given(PARTS_OF_IMAGES, st.data())
def test_what_leaks_is_what_has_its_group_in_another_part(parts, data):
    number = st.integers(0, len(parts) - 1)
    images = st.lists(st.sampled_from("pqrs"), min_size=len(parts), max_size=len(parts))
    index = index_of(parts, pixel_hashes=data.draw(images))
    ends = data.draw(st.lists(st.tuples(number, number), max_size=8))
    pairs = [pair(a, b) for a, b in ends if a != b]
    groups = groups_of(index, pairs)
    expected = {
        path
        for path, part, group in zip(index.paths, parts, groups, strict=True)
        if part and set(np.array(parts)[groups == group]) - {"", part}
    }
    leaks = find_leaks(index, groups, pairs)
    assert {leak.path for leak in leaks} == expected
    assert len(leaks) == len(expected)
    part_of = dict(zip(index.paths, parts, strict=True))
    group_of = dict(zip(index.paths, groups.tolist(), strict=True))
    for leak in leaks:
        assert part_of[leak.other_path] == leak.other_given_part != leak.given_part
        assert group_of[leak.other_path] == leak.group == group_of[leak.path]


@pytest.fixture
def near():
    """Image 0 (train) and image 5 (test) are near-duplicates."""
    parts = ["train", "train", "train", "validation", "test", "test"]
    return index_of(parts), [pair(0, 5)]


def divided(near, options):
    index, pairs = near
    groups = groups_of(index, pairs)
    return divide(index, groups, options, find_leaks(index, groups, pairs))


def test_a_near_duplicate_is_dropped_from_all_but_the_last_part(near, section):
    options = section("split", method="predefined", leaks="drop", repeats=1)
    assert divided(near, options).parts[0].tolist() == [
        UNUSED,
        "train",
        "train",
        "validation",
        "test",
        "test",
    ]


def test_a_near_duplicate_can_stop_the_run(near, section):
    options = section("split", method="predefined", leaks="fail", repeats=1)
    shown = r"image00\.png of train \(near-duplicate: image05\.png of test\)"
    with pytest.raises(InputError, match=shown):
        divided(near, options)


def test_how_many_leak_for_which_reason_is_said(near, section, capsys):
    divided(near, section("split", method="predefined", leaks="report", repeats=1))
    assert "2 files have their like in another given part" in capsys.readouterr().out
