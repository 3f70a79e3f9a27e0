"""Copies among prepared pictures are found, by kind, and nothing else is confirmed."""

import io

import numpy as np
import pytest
from PIL import Image

from bench.copies import FOUND, as_jpeg
from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.dataset.near_duplicates import (
    NearDuplicate,
    read_near_duplicates,
    write_near_duplicates,
)
from headswap.pictures.decode import decode
from headswap.prepare.near_duplicates import looks, stored_looks
from headswap.prepare.near_duplicates.pairs import find_near_duplicates
from headswap.prepare.stage import prepare_images
from tests.made import save_rows

NUM_PICTURES = 20
# At least so many of 20 copies of each kind are found and confirmed.
LEAST = dict.fromkeys(FOUND, 20) | {"turn of 5 degrees": 18, "turn of -5 degrees": 18}


@pytest.fixture(params=["squash", "pad"])
def options(section, request):
    return section("prepare", image_size=160, resize=request.param)


@pytest.fixture
def find(options, tmp_path):
    """find(files): the near-duplicates among files, by the files' numbers."""

    def call(files):
        pictures = [decode(file, options.image_size, options.resize) for file in files]
        save_rows(tmp_path / "images", np.stack([one.pixels for one in pictures]))
        numbers = list(map(str, range(len(files))))
        names = [picture.pixel_hash for picture in pictures]
        images = tmp_path / "images"
        return find_near_duplicates(images, options, numbers, names, pictures, {})

    return call


def test_a_picture_is_looked_at_once(find, photo, monkeypatch):
    files = [as_jpeg(photo(seed)) for seed in range(3)]
    without_last = find([files[0], files[2]])
    first = find(files)
    looked_at = []

    def look_at(images, rows, *arguments):
        looked_at.extend(rows.tolist())
        return looks.look_at(images, rows, *arguments)

    monkeypatch.setattr(stored_looks, "look_at", look_at)
    files.insert(1, as_jpeg(photo(0)[:, ::-1]))
    more = find(files)
    assert looked_at == [1]
    assert without_last == first == []
    assert [(pair.image_id, pair.other_id) for pair in more] == [("0", "1")]


@pytest.mark.parametrize("kind", FOUND)
def test_copies_are_found_and_nothing_else_is(find, photo, kind):
    originals = [photo(seed) for seed in range(NUM_PICTURES)]
    copies = [as_jpeg(FOUND[kind](pixels), quality=60) for pixels in originals]
    pairs = find([*map(as_jpeg, originals), *copies])
    confirmed = {(p.image_id, p.other_id) for p in pairs if p.is_confirmed}
    planted = {(str(row), str(row + NUM_PICTURES)) for row in range(NUM_PICTURES)}
    assert confirmed <= planted
    assert len(confirmed) >= LEAST[kind], f"{len(confirmed)} of {NUM_PICTURES}"


def test_equal_pictures_are_no_near_duplicates(find, photo):
    files = [as_jpeg(photo(0)), as_jpeg(photo(0)), as_jpeg(photo(0), quality=50)]
    assert [(p.image_id, p.other_id) for p in find(files)] == [("0", "2")]


def test_pictures_of_one_colour_are_not_compared(find):
    files = [as_jpeg(np.full((90, 90, 3), level, np.uint8)) for level in (10, 20, 200)]
    assert find(files) == []


def test_one_picture_and_none_have_no_pairs(find, photo):
    assert find([as_jpeg(photo(0))]) == []


def test_tiny_pictures_are_not_compared_and_that_is_said(section, capsys):
    options = section("prepare", image_size=16)
    assert find_near_duplicates("none.npy", options, [], [], [], {}) == []
    assert "prepare.image_size of 32" in capsys.readouterr().out


def test_prepare_writes_what_it_found_of_what_it_kept(
    section, photo, tmp_path, inputs_of_prepare
):
    root = tmp_path / "pictures"
    names = {"a": 0, "b": 1, "c": 2}
    for label, seed in names.items():
        (root / label).mkdir(parents=True)
        (root / label / "picture.jpg").write_bytes(as_jpeg(photo(seed)))
    (root / "b" / "again.jpg").write_bytes(as_jpeg(photo(1)[:, ::-1], quality=60))
    # One picture under two classes: both files are dropped.
    for label in "ac":
        lossless = io.BytesIO()
        Image.fromarray(photo(5)).save(lossless, "PNG")
        (root / label / "both.png").write_bytes(lossless.getvalue())
    (root / "c" / "near.jpg").write_bytes(as_jpeg(photo(5)))
    data = section(
        "data", root=str(root), layout="folders", levels=("label",), conflicts="drop"
    )
    options = section("prepare", image_size=96)
    prepare_images(inputs_of_prepare, data, options, tmp_path / "prepared")
    index = read_index(tmp_path / "prepared")
    path_of = dict(zip(index.image_ids, index.paths, strict=True))
    pairs = [
        (path_of[pair.image_id], path_of[pair.other_id], pair.is_confirmed)
        for pair in read_near_duplicates(tmp_path / "prepared")
    ]
    assert pairs == [("b/again.jpg", "b/picture.jpg", True)]


def test_pairs_come_back_as_they_were_written(tmp_path):
    pairs = [
        NearDuplicate("a", "b", 12, 0.912, 0.654, True),
        NearDuplicate("a", "c", 64, -0.1, 0.0, False),
    ]
    write_near_duplicates(tmp_path, pairs)
    assert read_near_duplicates(tmp_path) == pairs
