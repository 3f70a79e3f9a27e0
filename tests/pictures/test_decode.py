"""A file becomes a whole, upright RGB picture, or a reason why it does not."""

import hashlib
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, features

from headswap.pictures.decode import UnreadableImage, decode
from headswap.pictures.resize import RESIZERS, pad, squash

# How a camera held differently would have stored the picture, by EXIF orientation.
TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
ORIENTATION_TAG = 0x0112
needs_avif = pytest.mark.skipif(
    not features.check("avif"), reason="this Pillow has no AVIF"
)
LOSSLESS = ["PNG", "BMP", "TIFF", "PPM"]
# A file format, how to write it, and how far its colours may be off.
FORMATS = [
    pytest.param("PNG", {}, 0, id="png"),
    pytest.param("BMP", {}, 0, id="bmp"),
    pytest.param("TIFF", {}, 0, id="tiff"),
    pytest.param("GIF", {}, 0, id="gif"),
    pytest.param("WEBP", {"lossless": True}, 0, id="webp-lossless"),
    pytest.param("WEBP", {"quality": 95}, 12, id="webp"),
    pytest.param("JPEG", {"quality": 95, "subsampling": 0}, 12, id="jpeg"),
    pytest.param("JPEG", {"quality": 95, "progressive": True}, 16, id="progressive"),
    pytest.param("AVIF", {"quality": 95}, 12, id="avif", marks=needs_avif),
]


def place_quarters(pixels):
    """The middle colour of each quarter, (2, 2, 3), in an order no turn repeats."""
    height, width = pixels.shape[:2]
    rows, columns = [height // 4, 3 * height // 4], [width // 4, 3 * width // 4]
    return pixels[np.ix_(rows, columns)].astype(int)


def assert_quarters(found, quarters, tolerance):
    difference = place_quarters(found) - place_quarters(quarters)
    assert np.abs(difference).max() <= tolerance


def png_chunk(kind, content):
    checksum = zlib.crc32(kind + content)
    return (
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
    )


def png_of_claimed_size(width, height):
    """A small PNG whose header claims any size; its rows are one run of zeros."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(200_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", rows)
        + png_chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("resize", ["pad", "squash"])
@pytest.mark.parametrize(("file_format", "options", "tolerance"), FORMATS)
def test_every_format_gives_the_same_picture(
    encode, quarters, file_format, options, tolerance, resize
):
    picture = decode(encode(quarters, file_format, **options), 32, resize)
    expected = decode(encode(quarters), 32, resize)
    assert picture.file_format == file_format
    assert (picture.width, picture.height) == (64, 48)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape == (32, 32, 3)
    assert_quarters(picture.pixels, expected.pixels, tolerance)


def test_the_content_decides_the_format(encode, quarters):
    # A file's name is never asked for: `decode` gets the bytes alone.
    picture = decode(encode(quarters, "WEBP", lossless=True), 48, "squash")
    assert picture.file_format == "WEBP"
    assert_quarters(picture.pixels, quarters, 2)


def test_the_content_hash_is_that_of_the_bytes(encode, quarters):
    content = encode(quarters)
    assert (
        decode(content, 16, "pad").content_hash == hashlib.sha256(content).hexdigest()
    )


def test_the_pixel_hash_is_that_of_the_pixels_not_of_the_file(encode, quarters):
    hashes = {
        decode(encode(quarters, file_format), 16, "pad").pixel_hash
        for file_format in LOSSLESS
    }
    assert len(hashes) == 1


def test_the_pixel_hash_tells_shapes_of_the_same_bytes_apart(encode):
    wide, tall = np.zeros((4, 9, 3), np.uint8), np.zeros((9, 4, 3), np.uint8)
    first, second = (decode(encode(pixels), 16, "pad") for pixels in (wide, tall))
    assert first.pixel_hash != second.pixel_hash


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("file_format", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        pytest.param("AVIF", {"quality": 95}, marks=needs_avif),
    ],
)
# Size 8 lets a JPEG of 64 pixels decode at a reduced scale.
@pytest.mark.parametrize("size", [8, 48])
def test_every_orientation_comes_out_upright(
    encode, quarters, file_format, options, orientation, size
):
    stored = Image.fromarray(quarters)
    if orientation in TURNED:
        stored = stored.transpose(TURNED[orientation])
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    picture = decode(encode(stored, file_format, exif=exif, **options), size, "squash")
    assert (picture.width, picture.height) == (64, 48)
    assert_quarters(picture.pixels, quarters, 25)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_means_nothing_is_passed_over(
    encode, quarters, orientation
):
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    picture = decode(encode(quarters, "PNG", exif=exif), 48, "squash")
    assert_quarters(picture.pixels, quarters, 2)


def test_a_picture_is_not_refused_for_its_broken_metadata(encode, quarters):
    content = encode(quarters, "JPEG", quality=95, exif=b"Exif\0\0MM\0*\xff\xff\xff")
    assert_quarters(decode(content, 48, "squash").pixels, quarters, 12)


def test_sixteen_bit_grey_is_scaled_and_not_clipped(encode):
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    picture = decode(encode(ramp), 16, "squash")
    expected = np.rint(ramp / 257)
    assert np.abs(picture.pixels - expected[..., None]).max() <= 1
    assert len(np.unique(picture.pixels)) == 256


@pytest.mark.parametrize("orientation", [2, 6])
def test_sixteen_bit_grey_is_turned_upright_too(encode, orientation):
    ramp = np.zeros((16, 24), np.uint16)
    ramp[:8, :12] = 40_000
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    stored = Image.fromarray(ramp).transpose(TURNED[orientation])
    picture = decode(encode(stored, exif=exif), 24, "squash")
    assert (picture.width, picture.height) == (24, 16)
    assert (picture.pixels[:11, :11] > 150).all()
    assert (picture.pixels[13:] == 0).all()


def test_eight_bit_grey_fills_all_three_channels(encode):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    picture = decode(encode(ramp), 16, "squash")
    np.testing.assert_array_equal(picture.pixels, np.repeat(ramp[..., None], 3, 2))


def test_one_bit_is_black_and_white(encode):
    board = np.indices((16, 16)).sum(axis=0) % 2 == 0
    picture = decode(encode(Image.fromarray(board)), 16, "squash")
    np.testing.assert_array_equal(picture.pixels[..., 0], 255 * board)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF"])
def test_hidden_colours_behind_full_transparency_become_white(encode, file_format):
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[...] = [200, 10, 10, 255]
    pixels[:8] = [10, 200, 10, 0]
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
    picture = decode(encode(pixels, file_format, **options), 16, "squash")
    assert (picture.pixels[:8] == 255).all()
    assert (picture.pixels[8:] == [200, 10, 10]).all()


def test_half_transparent_colours_are_mixed_with_white(encode):
    pixels = np.full((8, 8, 4), [0, 100, 200, 128], np.uint8)
    picture = decode(encode(pixels), 8, "squash")
    assert np.abs(picture.pixels.astype(int) - [127, 177, 227]).max() <= 1


def test_grey_with_alpha_is_laid_over_white(encode):
    pixels = np.zeros((8, 8, 2), np.uint8)
    pixels[:4] = [40, 255]
    picture = decode(encode(Image.fromarray(pixels, "LA")), 8, "squash")
    assert (picture.pixels[:4] == 40).all()
    assert (picture.pixels[4:] == 255).all()


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_a_transparent_palette_colour_becomes_white(encode, file_format):
    image = Image.new("P", (16, 16), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(0, (0, 0, 16, 8))
    picture = decode(encode(image, file_format, transparency=0), 16, "squash")
    assert (picture.pixels[:8] == 255).all()
    assert (picture.pixels[8:] == [0, 0, 255]).all()


def test_a_palette_gives_its_colours(encode, quarters):
    image = Image.fromarray(quarters).quantize(4)
    assert_quarters(decode(encode(image), 48, "squash").pixels, quarters, 3)


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr"])
def test_a_jpeg_of_another_colour_model_keeps_its_colours(encode, quarters, mode):
    image = Image.fromarray(quarters).convert(mode)
    content = encode(image, "JPEG", quality=95, subsampling=0)
    assert_quarters(decode(content, 48, "squash").pixels, quarters, 12)


def test_pixels_without_an_agreed_range_are_refused(encode):
    image = Image.fromarray(np.zeros((8, 8), np.float32))
    with pytest.raises(UnreadableImage, match="32-bit pixels"):
        decode(encode(image, "TIFF"), 8, "pad")


def test_a_decompression_bomb_is_refused_without_being_unpacked():
    content = png_of_claimed_size(30_000, 30_000)
    assert len(content) < 1000
    tracemalloc.start()
    with pytest.raises(UnreadableImage, match="more than 100,000,000 pixels"):
        decode(content, 32, "pad")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


@given(st.data())
def test_a_cut_jpeg_never_becomes_half_a_picture(encode, draw, data):
    progressive = data.draw(st.booleans(), "progressive")
    content = encode(draw(1, 48, 64), "JPEG", progressive=progressive)
    cut = data.draw(st.integers(0, len(content) - 1), "cut")
    with pytest.raises(UnreadableImage):
        decode(content[:cut], 16, "pad")


# Pillow warns of a cut TIFF before it refuses it.
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@given(st.data())
@pytest.mark.parametrize(("file_format", "options", "tolerance"), FORMATS)
def test_a_cut_file_is_used_whole_or_not_at_all(
    encode, draw, file_format, options, tolerance, data
):
    content = encode(draw(2, 12, 16), file_format, **options)
    whole = decode(content, 16, "pad").pixel_hash
    cut = data.draw(st.integers(0, len(content) - 1), "cut")
    try:
        picture = decode(content[:cut], 16, "pad")
    except UnreadableImage:
        return
    # Only bytes after the last pixel were missing.
    assert picture.pixel_hash == whole


def test_no_bytes_are_no_picture():
    with pytest.raises(UnreadableImage, match="the file is empty"):
        decode(b"", 16, "pad")


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        ",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"\n",
    ],
    ids=["html", "apple-double", "svg", "newline"],
)
def test_what_is_no_picture_is_refused_with_a_reason(content):
    with pytest.raises(UnreadableImage, match="no image format recognised"):
        decode(content, 16, "pad")


STARTS = [
    b"",
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"BM",
    b"RIFF\x40\0\0\0WEBPVP8 ",
]


@given(st.sampled_from(STARTS), st.binary(max_size=200))
@example(b"", bytes(200))
def test_bytes_at_random_are_refused_and_nothing_else_happens(start, content):
    try:
        picture = decode(start + content, 16, "pad")
    except UnreadableImage as reason:
        assert str(reason)
    else:
        assert picture.pixels.shape == (16, 16, 3)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(8, 40))
@pytest.mark.parametrize("resize", sorted(RESIZERS))
def test_a_picture_of_any_shape_comes_to_the_size(encode, resize, height, width, size):
    pixels = np.full((height, width, 3), [10, 20, 30], np.uint8)
    picture = decode(encode(pixels), size, resize)
    assert picture.pixels.shape == (size, size, 3)
    assert picture.pixels.dtype == np.uint8
    assert (picture.width, picture.height) == (width, height)


@pytest.mark.parametrize("resize", sorted(RESIZERS))
@pytest.mark.parametrize(("height", "width"), [(500, 1), (1, 500), (1, 1)])
def test_a_picture_one_pixel_wide_keeps_a_visible_line(encode, resize, height, width):
    picture = decode(encode(np.full((height, width, 3), 200, np.uint8)), 16, resize)
    assert picture.pixels.shape == (16, 16, 3)
    assert (picture.pixels == 200).any()


@given(st.integers(1, 80), st.integers(1, 80), st.integers(8, 40))
def test_pad_keeps_the_aspect_and_centres(height, width, size):
    padded = pad(np.full((height, width, 3), 200, np.uint8), size)
    filled = padded[..., 0] > 0
    rows, columns = np.flatnonzero(filled.any(1)), np.flatnonzero(filled.any(0))
    assert (padded[np.ix_(rows, columns)] == 200).all()
    assert max(len(rows), len(columns)) == size
    scale = size / max(height, width)
    assert abs(len(rows) - max(1, height * scale)) <= 0.5
    assert abs(len(columns) - max(1, width * scale)) <= 0.5
    for places in (rows, columns):
        before, after = places[0], size - 1 - places[-1]
        assert 0 <= after - before <= 1


@given(st.integers(1, 80), st.integers(1, 80), st.integers(8, 40))
def test_squash_fills_the_whole_square(height, width, size):
    assert (squash(np.full((height, width, 3), 200, np.uint8), size) == 200).all()


@pytest.mark.parametrize("resize", sorted(RESIZERS))
def test_a_picture_of_the_right_size_is_left_as_it_is(encode, draw, resize):
    pixels = draw(3, 24, 24)
    np.testing.assert_array_equal(decode(encode(pixels), 24, resize).pixels, pixels)


def test_a_reduced_jpeg_looks_like_the_whole_one(encode):
    ramp = np.linspace(0, 255, 640).astype(np.uint8)
    pixels = np.repeat(np.repeat(ramp[None, :, None], 480, 0), 3, 2)
    reduced = decode(encode(pixels, "JPEG", quality=95), 32, "squash").pixels
    expected = cv2.resize(pixels, (32, 32), interpolation=cv2.INTER_AREA)
    assert np.abs(reduced.astype(int) - expected).max() <= 3
