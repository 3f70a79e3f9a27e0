"""Files show the same picture where pixels are equal, or boxes of them look it."""

import time

import numpy as np
import pytest

from headswap.pictures.decode import Picture
from headswap.prepare.same_picture import MAX_BITS, _near_pairs, name_pictures
from tests.made import save_rows


@pytest.fixture
def images(tmp_path):
    """images(*rows): `images` of pictures of one colour each."""

    def make(*colours):
        rows = np.array(colours, np.uint8).reshape(-1, 1, 1, 3)
        save_rows(tmp_path / "images", np.broadcast_to(rows, (len(rows), 8, 8, 3)))
        return tmp_path / "images"

    return make


def make_picture(pixel_hash, perceptual_hash, box=4, sides=(4000, 3000)):
    return Picture(
        pixels=np.empty(0, np.uint8),
        content_hash="",
        pixel_hash=pixel_hash,
        perceptual_hash=perceptual_hash,
        box=box,
        width=sides[0],
        height=sides[1],
        file_format="JPEG",
    )


def flip(perceptual_hash, *bits):
    return f"{int(perceptual_hash, 16) ^ sum(1 << bit for bit in bits):064x}"


LOOK = np.random.default_rng(0).bytes(32).hex()
OTHER = np.random.default_rng(1).bytes(32).hex()
GREY = [90, 90, 90]


def test_boxes_and_pixels_of_one_picture_are_named_by_the_first(images):
    pictures = [
        make_picture("a", OTHER),
        make_picture("b", LOOK),
        make_picture("c", flip(LOOK, 3, 200), box=1),
        make_picture("c", flip(LOOK, 3, 200), box=1),
    ]
    names = name_pictures(pictures, images(GREY, GREY, [91, 92, 90], [91, 92, 90]))
    assert names == ["a", "b", "b", "b"]


def test_pictures_are_the_same_through_others_in_between(images):
    pictures = [
        make_picture(name, flip(LOOK, *range(MAX_BITS * step)))
        for step, name in enumerate("abc")
    ]
    assert name_pictures(pictures, images(GREY, GREY, GREY)) == ["a", "a", "a"]


@pytest.mark.parametrize(
    ("changes", "colour"),
    [
        ({"perceptual_hash": flip(LOOK, *range(MAX_BITS + 2))}, GREY),
        ({"perceptual_hash": LOOK, "sides": (3000, 4000)}, GREY),
        ({"perceptual_hash": LOOK}, [120, 80, 80]),
        ({"perceptual_hash": ""}, GREY),
    ],
    ids=["another look", "other sides", "another colour", "one colour"],
)
def test_what_differs_is_another_picture(images, changes, colour):
    pictures = [make_picture("a", LOOK), make_picture("b", **changes)]
    assert name_pictures(pictures, images(GREY, colour)) == ["a", "b"]


def test_pictures_decoded_to_pixels_are_compared_by_those_alone(images):
    pictures = [make_picture(name, LOOK, box=1) for name in "aba"]
    assert name_pictures(pictures, images(GREY, GREY, GREY)) == ["a", "b", "a"]


def test_pictures_of_one_colour_are_never_joined_by_their_look(images):
    pictures = [make_picture(name, "") for name in "ab"]
    assert name_pictures(pictures, images(GREY, GREY)) == ["a", "b"]


def test_no_pictures_have_no_names(images):
    assert name_pictures([], images()) == []


def test_near_pairs_are_those_found_by_comparing_all():
    random = np.random.default_rng(2)
    hashes = [random.bytes(32).hex() for _ in range(40)]
    hashes += [
        flip(hashes[number], *random.choice(256, number % 12, replace=False).tolist())
        for number in range(40)
    ]
    pictures = [make_picture(str(number), look) for number, look in enumerate(hashes)]
    expected = [
        (first, second)
        for first in range(80)
        for second in range(first + 1, 80)
        if (int(hashes[first], 16) ^ int(hashes[second], 16)).bit_count() <= MAX_BITS
    ]
    assert _near_pairs(pictures) == expected
    assert len(expected) > 20


@pytest.mark.slow
def test_a_hundred_thousand_photographs_are_compared_in_less_than_a_minute():
    random = np.random.default_rng(3)
    looks = random.bytes(32 * 100_000)
    pictures = [
        make_picture(str(row), looks[32 * row : 32 * row + 32].hex())
        for row in range(100_000)
    ]
    pictures[-1] = make_picture("again", flip(pictures[7].perceptual_hash, 1, 2))
    start = time.process_time()
    assert _near_pairs(pictures) == [(7, 99_999)]
    assert time.process_time() - start < 60
