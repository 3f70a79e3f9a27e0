"""Where pictures change, their rows do and no others; nothing else is computed."""

import os
import shutil
from typing import NamedTuple

import numpy as np
import pytest

from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.features.cache import read_features
from headswap.features import stage
from headswap.features.stage import write_features
from headswap.prepare import stored
from headswap.prepare.stage import prepare_images

SIZE = 8
CLASSES = ("fern", "moss", "tree")
EACH = 4


class Row(NamedTuple):
    path: str
    label: str
    feature: tuple


class CountingNetwork:
    """Stands in for a network below its cut: three means a picture, and a count."""

    computed = 0
    files: dict = {}  # noqa: RUF012
    row_shape = (3,)
    image_size = SIZE
    speed = ("counting",)
    name = b"counting"
    facts = {  # noqa: RUF012
        "backbone": "counting",
        "cut_after": "means",
        "parameters_below": 0,
        "parameters_above": 0,
        "parameters_trained": 0,
        "multiply_adds": 0,
        "engine": None,
        "random_weights": False,
    }

    def __init__(self, *arguments):
        pass

    def run(self, pictures):
        for picture in pictures:
            type(self).computed += 1
            yield picture.mean(axis=(0, 1)).astype(np.float32)


@pytest.fixture
def raw(tmp_path, write_picture):
    root = tmp_path / "raw"
    for number in range(len(CLASSES) * EACH):
        name = CLASSES[number // EACH]
        write_picture(root / name / f"{number:02}.png", number)
    return root


@pytest.fixture
def run(tmp_path, section, inputs_of_prepare, monkeypatch):
    """run(root): rows by image id, and how many were decoded and computed."""
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "store"))
    monkeypatch.setattr(stage, "CutNetwork", CountingNetwork)
    decoded, original = [], stored.decode

    def note(content, *arguments):
        decoded.append(1)
        return original(content, *arguments)

    monkeypatch.setattr(stored, "decode", note)

    def call(root):
        decoded.clear()
        CountingNetwork.computed = 0
        data = section("data", root=str(root), levels=("kind",))
        prepared, features = tmp_path / "prepared", tmp_path / "features"
        options = section("prepare", image_size=SIZE)
        prepare_images(inputs_of_prepare, data, options, prepared)
        index = read_index(prepared)
        write_features(
            [prepared / "images.npy"],
            [(image_id, 0) for image_id in index.image_ids],
            "origin",
            section("backbone"),
            section("features"),
            "tensorflow",
            features,
        )
        cached = read_features(features, [prepared / "images.npy"])
        assert cached.image_ids.tolist() == index.image_ids
        values = cached.members[0].rows[np.arange(len(index.image_ids))]
        cells = zip(index.paths, index.cells["kind"], map(tuple, values), strict=True)
        rows = dict(zip(index.image_ids, map(Row._make, cells), strict=True))
        return rows, len(decoded), CountingNetwork.computed

    return call


def add(root, write):
    write(root / "moss" / "new.png", 99)
    return root


def remove(root, _):
    (root / "moss" / "05.png").unlink()
    return root


def rename(root, _):
    (root / "moss" / "05.png").rename(root / "moss" / "zz.png")
    return root


def relabel(root, _):
    (root / "moss" / "05.png").rename(root / "fern" / "05.png")
    return root


def reorder_folders(root, _):
    (root / "fern").rename(root / "zfern")
    return root


def touch(root, _):
    for number, file in enumerate(sorted(root.rglob("*.png"))):
        os.utime(file, (number, number))
    return root


def move(root, _):
    return shutil.move(root, root.parent / "elsewhere")


def replace(root, write):
    write(root / "moss" / "05.png", 99)
    return root


# What is done, and how many rows come, go and change; of the latter, what changes.
CHANGES = [
    (add, 1, 0, 0, None),
    (remove, 0, 1, 0, None),
    (rename, 0, 0, 1, "path"),
    (relabel, 0, 0, 1, "path label"),
    (reorder_folders, 0, 0, EACH, "path label"),
    (touch, 0, 0, 0, None),
    (move, 0, 0, 0, None),
    (replace, 1, 1, 0, None),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0].__name__)
def test_exactly_the_rows_concerned_change(run, raw, write_picture, change):
    alter, num_new, num_gone, num_changed, what = change
    before, *counts = run(raw)
    assert counts == [len(CLASSES) * EACH] * 2
    after, num_decoded, num_computed = run(alter(raw, write_picture))
    assert len(after.keys() - before.keys()) == num_new
    assert len(before.keys() - after.keys()) == num_gone
    both = before.keys() & after.keys()
    changed = [each for each in both if before[each] != after[each]]
    assert len(changed) == num_changed
    for each in changed:
        old, new = before[each]._asdict(), after[each]._asdict()
        assert [name for name in old if old[name] != new[name]] == what.split()
    assert (num_decoded, num_computed) == (num_new, num_new)
