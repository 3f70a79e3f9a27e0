"""Laid over each other, a picture and its copy agree in detail; no two others do."""

import cv2
import numpy as np
import pytest

from bench.copies import FOUND
from headswap.prepare.near_duplicates.confirm import NONE, agreement


def grey(pixels):
    return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize("kind", FOUND)
def test_a_copy_is_confirmed(photo, kind):
    found = [
        agreement(grey(photo(seed)), grey(FOUND[kind](photo(seed))))
        for seed in range(8)
    ]
    assert sum(one.is_same for one in found) >= 7, found


def test_other_pictures_are_not(photo):
    found = [
        agreement(grey(photo(seed)), grey(photo(seed + 100))) for seed in range(30)
    ]
    assert not any(one.is_same for one in found)


def test_what_only_has_its_masses_of_light_in_common_is_not_the_same(photo):
    """One sky over another ground: a blur agrees, the detail does not."""
    sky = 3 * cv2.GaussianBlur(grey(photo(1)), (0, 0), 40).astype(float)
    grounds = [
        cv2.resize(np.random.default_rng(seed).normal(0, 10, (60, 80)), (320, 240))
        for seed in range(2)
    ]
    first, second = (
        np.clip(sky - sky.mean() + 127 + ground, 0, 255).astype(np.uint8)
        for ground in grounds
    )
    found = agreement(first, second)
    assert found.correlation > 0.9
    assert not found.is_same


def in_a_round_view(pixels):
    """As through a microscope: faint within, black around."""
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    far = np.hypot(rows - rows.mean(), columns - columns.mean()) > 0.45 * len(pixels)
    return np.where(far, 0, 110 + 0.35 * (pixels - pixels.mean())).astype(np.uint8)


def in_a_frame(pixels):
    framed = np.zeros_like(pixels)
    framed[20:-20, 20:-20] = pixels[20:-20, 20:-20]
    return framed


def with_a_caption(pixels):
    captioned = pixels.copy()
    captioned[170:220, 20:-20] = 255
    place, font = (25, 205), cv2.FONT_HERSHEY_SIMPLEX
    return cv2.putText(captioned, "BREAKING NEWS", place, font, 1, 0, 4)


@pytest.mark.parametrize("shared", [in_a_round_view, in_a_frame, with_a_caption])
def test_what_a_whole_data_set_shares_makes_no_two_pictures_one(photo, shared):
    found = [
        agreement(shared(grey(photo(seed))), shared(grey(photo(seed + 100))))
        for seed in range(20)
    ]
    assert not any(one.is_same for one in found)
    first = shared(grey(photo(0)))
    saved = cv2.imencode(".jpg", first, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    again = agreement(first, cv2.imdecode(saved, cv2.IMREAD_GRAYSCALE))
    assert again.correlation > 0.98
    assert again.detail > 0.8


def test_it_is_the_same_either_way_round_and_each_time(photo):
    first, second = grey(photo(2)), grey(FOUND["crop of 3 % an edge"](photo(2)))
    assert agreement(first, second) == agreement(first, second)
    assert agreement(first, second).is_same
    assert agreement(second, first).is_same


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_picture_of_one_colour_agrees_with_nothing(photo, level):
    plain = np.full((64, 64), level, np.uint8)
    for found in (agreement(plain, plain), agreement(plain, grey(photo(3)))):
        assert not found.is_same
        assert found.strength <= 1
    assert agreement(plain, plain) == NONE
