"""A picture is likened to the training picture that it is most like."""

import numpy as np

from headswap.artifacts.bundle.neighbours import (
    Neighbours,
    read_neighbours,
    write_neighbours,
)
from headswap.artifacts.features.vectors import directions

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
