"""A look is the same whatever a picture is padded with, and follows its flips."""

import numpy as np
import pytest

from headswap.pictures.resize import RESIZERS
from headswap.prepare.near_duplicates.looks import (
    find_border,
    grey_content,
    join_looks,
    look_at,
)
from tests.made import save_rows


@pytest.fixture
def looks_of(tmp_path):
    """looks_of(*pictures): of pictures as large as they are to be prepared."""

    def find(*pictures, resize="squash", sides=None):
        save_rows(tmp_path / "images", np.stack(pictures))
        sides = sides or [(1, 1)] * len(pictures)
        rows = np.arange(len(pictures))
        return join_looks(list(look_at(tmp_path / "images", rows, sides, resize)))

    return find


def differing(first, second):
    return int(np.bitwise_count(first ^ second).sum())


def test_a_picture_has_a_look_of_256_bits_and_six_of_its_changes(photo, looks_of):
    looks = looks_of(photo(0, 128, 128), photo(1, 128, 128))
    assert looks.plain.shape == looks.transposed.shape == (2, 32)
    assert looks.changed.shape == (6, 2, 32)
    assert looks.owners.tolist() == [0, 1]
    assert differing(looks.plain[0], looks.plain[1]) > 80


def test_what_a_picture_is_padded_with_does_not_show(photo, looks_of):
    pixels = photo(2, 240, 120)
    padded = looks_of(RESIZERS["pad"](pixels, 128), resize="pad", sides=[(240, 120)])
    squashed = looks_of(RESIZERS["squash"](pixels, 128))
    assert differing(padded.plain[0], squashed.plain[0]) <= 8
    assert len(padded.plain) == 1


@pytest.mark.parametrize(("width", "height"), [(300, 1), (1, 300), (77, 50)])
def test_the_content_is_what_was_not_padded(width, height):
    pixels = np.full((height, width, 3), 200, np.uint8)
    grey = grey_content(RESIZERS["pad"](pixels, 64), width, height, "pad")
    assert (grey == 200).all()
    assert max(grey.shape) == 64


def test_rows_and_columns_exchanged_are_the_transposed_look(photo, looks_of):
    pixels = photo(3, 128, 128)
    looks = looks_of(pixels, pixels.swapaxes(0, 1))
    np.testing.assert_array_equal(looks.transposed[0], looks.plain[1])


def test_a_mirrored_picture_has_the_signs_of_odd_columns_turned(photo, looks_of):
    pixels = photo(4, 128, 128)
    looks = looks_of(pixels, pixels[:, ::-1])
    same = np.bitwise_count((looks.plain[0] ^ looks.plain[1]).reshape(4, 8)).sum(axis=1)
    assert (same <= [4, 64, 4, 64]).all()
    assert (same >= [0, 60, 0, 60]).all()


def test_a_zoomed_picture_looks_like_its_crop(photo, looks_of):
    pixels = photo(5, 320, 320)
    crop = RESIZERS["squash"](pixels[10:-10, 10:-10], 320)
    looks = looks_of(pixels, crop)
    assert differing(looks.changed[0, 0], looks.plain[1]) <= 24
    assert differing(looks.plain[0], looks.plain[1]) > 32


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_border_is_trimmed_and_the_look_within_kept_beside(photo, looks_of, level):
    pixels = photo(6, 320, 320)
    bordered = pixels.copy()
    bordered[:20] = bordered[-20:] = bordered[:, :20] = bordered[:, -20:] = level
    inner = RESIZERS["squash"](pixels[20:-20, 20:-20], 320)
    looks = looks_of(bordered, inner)
    assert looks.owners.tolist() == [0, 1, 0]
    assert differing(looks.plain[2], looks.plain[1]) <= 8


def test_a_border_takes_a_quarter_of_a_side_at_most():
    grey = np.full((100, 80), 9, np.uint8)
    grey[40:60, 30:50] = np.random.default_rng(0).integers(0, 256, (20, 20))
    assert find_border(grey) == (25, 25, 20, 20)
    assert find_border(grey).trim(grey).shape == (50, 40)


def test_what_has_no_border_is_left_alone(photo):
    assert find_border(photo(7)[..., 0]) == (0, 0, 0, 0)
