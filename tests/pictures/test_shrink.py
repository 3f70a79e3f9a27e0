"""Large JPEGs decode to boxes of pixels, and nobody sees it in the result."""

import functools
import io
import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from headswap.pictures import shrink
from headswap.pictures.decode import UnreadableImage, decode
from headswap.pictures.resize import COVERED, RESIZERS
from headswap.pictures.shrink import _weights, average_boxes
from tests.pictures.test_decode import ORIENTATION_TAG, TURNED

SIZE = 160


@pytest.fixture(scope="module")
def draw_photo():
    """draw_photo(width, height): shapes of all sizes and some noise, as a camera's."""

    @functools.cache
    def make(width=1920, height=1440):
        random = np.random.default_rng(0)
        pixels = np.full((height, width, 3), 127, np.float32)
        for cells, strength in ((8, 90), (40, 50), (200, 25)):
            waves = random.standard_normal((3 * cells // 4, cells, 3), np.float32)
            size = (width, height)
            pixels += strength * cv2.resize(waves, size, interpolation=cv2.INTER_CUBIC)
        pixels += 4 * random.standard_normal((height, width, 1), np.float32)
        return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))

    return make


@pytest.fixture
def decode_both(monkeypatch):
    """decode_both(content, size, resize): the picture by boxes, and by pixels."""

    def make(content, size=SIZE, resize="squash"):
        boxed = decode(content, size, resize)
        with monkeypatch.context() as patch:
            patch.setattr(shrink, "MIN_PIXELS", float("inf"))
            whole = decode(content, size, resize)
        assert (boxed.box > 1, whole.box) == (True, 1)
        return boxed, whole

    return make


def assert_alike(boxed, whole):
    difference = np.abs(boxed.pixels.astype(int) - whole.pixels)
    assert difference.mean() < 0.5
    assert (boxed.width, boxed.height) == (whole.width, whole.height)
    assert boxed.content_hash == whole.content_hash
    assert boxed.file_format == whole.file_format


@pytest.mark.parametrize("resize", sorted(RESIZERS))
@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("RGB", {"quality": 90}),
        ("RGB", {"quality": 95, "subsampling": 0}),
        ("RGB", {"quality": 90, "progressive": True}),
        ("L", {"quality": 90}),
        ("CMYK", {"quality": 90}),
    ],
    ids=["plain", "full-colour", "progressive", "grey", "cmyk"],
)
def test_every_kind_of_jpeg_differs_by_less_than_half_a_grey_level(
    draw_photo, encode, decode_both, mode, options, resize
):
    content = encode(draw_photo().convert(mode), "JPEG", **options)
    assert_alike(*decode_both(content, resize=resize))


@pytest.mark.slow
def test_twelve_megapixels_differ_by_less_than_half_a_grey_level(
    draw_photo, encode, decode_both
):
    boxed, whole = decode_both(encode(draw_photo(4000, 3000), "JPEG", quality=90), 320)
    assert boxed.box == 4
    assert_alike(boxed, whole)


@pytest.mark.parametrize("resize", sorted(RESIZERS))
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright_whatever_the_sides(
    draw_photo, encode, decode_both, orientation, resize
):
    # No box ends where these sides do.
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    photo = draw_photo(1923, 1441)
    stored = photo.transpose(TURNED[orientation]) if orientation in TURNED else photo
    boxed, whole = decode_both(encode(stored, "JPEG", exif=exif), resize=resize)
    assert (boxed.width, boxed.height) == (1923, 1441)
    assert_alike(boxed, whole)
    upright = decode(encode(photo), SIZE, resize)
    assert np.abs(boxed.pixels.astype(int) - upright.pixels).mean() < 2


def test_the_first_picture_of_several_in_a_file_is_taken(
    draw_photo, encode, decode_both
):
    photo = draw_photo()
    content = encode(photo, "MPO", save_all=True, append_images=[photo.rotate(180)])
    boxed, whole = decode_both(content)
    assert boxed.file_format == "MPO"
    assert_alike(boxed, whole)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_cut_photograph_is_refused(draw_photo, encode, progressive):
    content = encode(draw_photo(), "JPEG", progressive=progressive)
    tenths = [len(content) * tenth // 10 for tenth in range(1, 10)]
    for cut in (*tenths, len(content) - 100, len(content) - 1):
        with pytest.raises(UnreadableImage, match="damaged JPEG: "):
            decode(content[:cut], SIZE, "squash")


@pytest.mark.parametrize(
    ("file_format", "sides"), [("PNG", (1920, 1440)), ("JPEG", (1600, 1200))]
)
def test_other_formats_and_smaller_pictures_decode_to_pixels(
    draw_photo, encode, file_format, sides
):
    assert decode(encode(draw_photo(*sides), file_format), SIZE, "squash").box == 1


@given(
    st.integers(1500, 6000),
    st.integers(1500, 6000),
    st.integers(8, 2000),
    st.sampled_from(sorted(COVERED)),
)
def test_a_pixel_of_the_result_spans_two_boxes_or_more(width, height, size, resize):
    image = Stored(width, height)
    columns, rows = COVERED[resize](width, height, size)
    box = shrink.shrink_while_decoding(image, columns, rows)
    assert box in (1, 2, 4)
    assert box == 1 or min(width / columns, height / rows) >= 2 * box
    assert box == 4 or min(width / columns, height / rows) < 4 * box
    assert image.drafted == ([] if box == 1 else [box])


class Stored:
    """What Pillow says of a JPEG before it is decoded."""

    format = "JPEG"

    def __init__(self, width, height):
        self.size = (width, height)
        self.drafted = []

    def draft(self, mode, size):
        scale = min(self.size[0] // size[0], self.size[1] // size[1])
        self.drafted.append(next(side for side in (8, 4, 2, 1) if side <= scale))
        return mode, size


def test_pillow_decodes_to_the_boxes_that_were_asked_for(draw_photo, encode):
    with Image.open(io.BytesIO(encode(draw_photo(1923, 1441), "JPEG"))) as image:
        assert shrink.shrink_while_decoding(image, SIZE, SIZE) == 4
        assert image.size == (481, 361)


@given(st.integers(9, 40), st.integers(9, 40), st.integers(3, 9), st.integers(3, 9))
def test_averages_of_a_ramp_are_those_of_its_areas(width, height, columns, rows):
    # A ramp over the middles of the boxes, cut off within the last ones.
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    boxes = np.repeat((20 + 2 * x + 2 * y)[..., None], 3, 2)
    extents = width - 0.25, height - 0.75
    means = average_boxes(boxes, *extents, columns, rows)
    x, y = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    expected = 20 + 2 * x * extents[0] / columns + 2 * y * extents[1] / rows
    # At the border, where a picture has no neighbours, a ramp is not known to go on.
    assert np.abs(means[..., 0] - expected)[1:-1, 1:-1].max(initial=0) <= 0.51
    assert np.abs(means[..., 0] - expected).max() <= 1


@given(st.integers(0, 255))
def test_one_colour_stays_that_colour(value):
    boxes = np.full((31, 47, 3), value, np.uint8)
    assert (average_boxes(boxes, 46.5, 30.25, 10, 7) == value).all()


def test_a_panorama_takes_little_memory_beyond_its_own():
    tracemalloc.start()
    try:
        weights = _weights(32_656, 32_656.0, 320)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200_000_000
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)


def test_weights_computed_in_pieces_are_those_of_the_whole(monkeypatch):
    whole = _weights(700, 699.25, 224)
    _weights.cache_clear()
    monkeypatch.setattr(shrink, "MAX_WEIGHTS", 10_000)
    pieces = _weights(700, 699.25, 224)
    _weights.cache_clear()
    np.testing.assert_array_equal(pieces.toarray(), whole.toarray())
