"""Thumbnails are small, alike, and no more than there is room for."""

import base64
import io

import numpy as np
from PIL import Image

from headswap.pages.thumbnails import SIDE, Thumbnails, thumbnail


def as_pixels(uri):
    head, _, body = uri.partition(",")
    assert head == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(body))).convert("RGB"))


def test_a_thumbnail_looks_like_its_picture():
    pixels = np.zeros((320, 320, 3), np.uint8)
    pixels[:, :160] = [220, 40, 40]
    small = as_pixels(thumbnail(pixels)).astype(int)
    assert small.shape == (SIDE, SIDE, 3)
    assert np.abs(small[:, :70] - [220, 40, 40]).mean() < 8
    assert small[:, 90:].mean() < 8


def test_a_small_picture_is_not_enlarged(draw):
    assert as_pixels(thumbnail(draw(0, 20, 20))).shape == (20, 20, 3)


def test_thumbnails_end_where_their_room_does(draw):
    room = 3 * len(thumbnail(draw(0)))
    make = Thumbnails(room)
    made = [make(lambda seed=seed: draw(seed)) for seed in range(10)]
    shown = [uri for uri in made if uri]
    assert 1 <= len(shown) <= 4
    assert made[len(shown) :] == [None] * (10 - len(shown))
    assert sum(map(len, shown)) <= room


def test_without_room_no_picture_is_read():
    def fail():
        raise AssertionError("read")

    assert Thumbnails(0)(fail) is None
