"""A picture is likened to the training picture that it is most like."""

import numpy as np
import pytest
from numpy.lib import format as npy

from headswap.artifacts.bundle.neighbours import (
    Neighbours,
    read_neighbours,
    write_neighbours,
)
from headswap.artifacts.features.vectors import directions
from headswap.errors import InputError

NAMES = ["a/1.jpg", "b/ü.jpg", "c,d.jpg"]


def make(random, sizes):
    vectors = {name: random.random((3, size)) for name, size in sizes.items()}
    means = {name: each.mean(axis=0).astype("f4") for name, each in vectors.items()}
    known = {name: directions(each, means[name]) for name, each in vectors.items()}
    return vectors, Neighbours(NAMES, means, known)


def test_it_is_read_as_it_was_written(tmp_path):
    random = np.random.default_rng(0)
    vectors, written = make(random, {"net": 6, "other": 4})
    write_neighbours(tmp_path, written)
    found = read_neighbours(tmp_path, ["net", "pixels", "other"])
    assert found.paths == NAMES
    assert list(found.directions) == ["net", "other"]
    assert [first for first, _ in found.nearest([vectors], 2)] == NAMES
    turned = {name: each[::-1] for name, each in vectors.items()}
    assert found.nearest([turned], 1) == [[name] for name in NAMES[::-1]]
    assert sorted(found.nearest([vectors] * 2, 9)[0]) == NAMES


def test_networks_are_asked_together():
    random = np.random.default_rng(1)
    vectors, known = make(random, {"net": 6, "other": 4})
    # Between two by the one network, it is the second by the other.
    between = vectors["net"][:2].mean(axis=0)[None]
    for row in (0, 1):
        asked = {"net": between, "other": vectors["other"][row : row + 1]}
        assert known.nearest([asked], 1) == [[NAMES[row]]]


def test_a_bundle_without_has_none(tmp_path):
    assert read_neighbours(tmp_path, ["net"]) is None


HEADER = {"descr": "<f2", "fortran_order": False, "shape": (2**30, 2)}


def of_a_terabyte(path):
    with open(path, "wb") as file:
        npy.write_array_header_1_0(file, HEADER)


DAMAGED = {
    "paths.json": (lambda path: path.write_text("[1]"), "must be as headswap writes"),
    "net.npy": (of_a_terabyte, "must be a whole array of numbers"),
    "net-mean.npy": (
        lambda path: np.save(path, np.array([{}])),
        "must be a whole array of numbers",
    ),
}
OTHERS = {
    "of fewer pictures": ("net.npy", np.zeros((1, 2), np.float16)),
    "of other features": ("net.npy", np.zeros((2, 3), np.float16)),
    "no numbers": ("net.npy", np.full((2, 2), np.nan, np.float16)),
    "a mean of no number": ("net-mean.npy", np.full(2, np.inf, np.float32)),
}


@pytest.fixture
def folder(tmp_path):
    zeros = np.zeros((2, 2), np.float32)
    known = Neighbours(["a.png", "b.png"], {"net": zeros[0]}, {"net": zeros})
    write_neighbours(tmp_path, known)
    assert read_neighbours(tmp_path, ["net"]).paths == known.paths
    return tmp_path


@pytest.mark.survives("doors")
@pytest.mark.parametrize("name", DAMAGED)
def test_neighbours_of_another_form_are_refused(folder, name):
    damage, expected = DAMAGED[name]
    damage(folder / "neighbours" / name)
    with pytest.raises(InputError, match=expected):
        read_neighbours(folder, ["net"])


@pytest.mark.survives("faults")
@pytest.mark.parametrize("case", OTHERS)
def test_neighbours_of_others_or_of_no_numbers_are_an_error(folder, case):
    name, values = OTHERS[case]
    np.save(folder / "neighbours" / name, values)
    with pytest.raises(InputError, match="must have finite numbers of each of the 2"):
        read_neighbours(folder, ["net"])
