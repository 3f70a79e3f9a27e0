"""A file becomes a whole, upright RGB picture, or a reason why it does not."""

import hashlib
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import assume, example, given
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
SAMPLE_FORMAT_TAG = 0x0153
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


def test_a_png_with_damaged_pixels_is_no_picture_in_part(encode, draw):
    content = encode(draw(5, 48, 64))
    assert content[37:41] == b"IDAT"
    [length] = struct.unpack(">I", content[33:37])
    for place in range(41, 41 + length - 8, max(1, length // 50)):
        damaged = bytearray(content)
        damaged[place] ^= 255
        with pytest.raises(UnreadableImage, match="damaged PNG"):
            decode(bytes(damaged), 16, "pad")


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


def png_with(content, *chunks):
    """A PNG with further chunks behind its header."""
    return content[:33] + b"".join(png_chunk(*chunk) for chunk in chunks) + content[33:]


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


LARGE = bytes(1_500_000)
METADATA = {
    "compressed text": [(b"zTXt", b"prompt\0\0" + zlib.compress(LARGE))],
    "international text": [(b"iTXt", b"prompt\0\1\0\0\0" + zlib.compress(LARGE))],
    "much text": [(b"zTXt", b"prompt\0\0" + zlib.compress(LARGE[: 10**6]))] * 70,
    "large profile": [(b"iCCP", b"profile\0\0" + zlib.compress(LARGE))],
    "no animation": [(b"acTL", b"\0")],
    "short resolution": [(b"pHYs", b"\0")],
    "short chromaticities": [(b"cHRM", b"\0")],
    "unknown": [(b"abCd", b"\0" * 9)],
}


@pytest.mark.filterwarnings("ignore:Invalid APNG:UserWarning")
@pytest.mark.parametrize("chunks", METADATA.values(), ids=METADATA)
def test_a_png_is_not_refused_for_what_its_pixels_do_not_need(encode, draw, chunks):
    plain, full = encode(draw(5, 12, 16)), png_with(encode(draw(5, 12, 16)), *chunks)
    picture = decode(full, 16, "pad")
    assert picture.pixel_hash == decode(plain, 16, "pad").pixel_hash
    assert picture.content_hash == hashlib.sha256(full).hexdigest()


def test_a_png_is_not_refused_for_a_wrong_checksum_of_its_text(encode, draw):
    plain = encode(draw(5, 12, 16))
    full = bytearray(png_with(plain, (b"tEXt", b"author\0me")))
    full[33 + 12] ^= 1
    picture = decode(bytes(full), 16, "pad")
    assert picture.pixel_hash == decode(plain, 16, "pad").pixel_hash


def test_what_a_png_says_of_its_turn_outlasts_its_text(encode, quarters):
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6
    stored = Image.fromarray(quarters).transpose(TURNED[6])
    content = png_with(encode(stored, exif=exif), *METADATA["compressed text"])
    assert_quarters(decode(content, 48, "squash").pixels, quarters, 2)


@pytest.mark.parametrize("place", [33 + 8, 16], ids=["pixels", "header"])
def test_a_png_whose_pixels_are_damaged_stays_refused_with_its_text(
    encode, draw, place
):
    content = bytearray(encode(draw(5, 12, 16)))
    content[place] ^= 255
    content = png_with(bytes(content), *METADATA["compressed text"])
    with pytest.raises(UnreadableImage, match="damaged PNG"):
        decode(content, 16, "pad")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize(
    ("marker", "body"),
    [
        (0xE0, b"JFIF\0"),
        (0xE1, b"Exif\0\0II"),
        (0xE2, b"ICC_PROFILE\0"),
        (0xE2, b"MPF\0MM\0*"),
        (0xED, b"Photoshop 3.0\x008BIM\x03\xed"),
        (0xEE, b"Adobe"),
        (0xFE, b""),
    ],
)
def test_a_jpeg_is_not_refused_for_a_short_segment(encode, draw, marker, body):
    plain = encode(draw(5, 12, 16), "JPEG")
    full = plain[:2] + segment(marker, body) + plain[2:]
    picture = decode(full, 16, "pad")
    assert picture.pixel_hash == decode(plain, 16, "pad").pixel_hash


@pytest.mark.parametrize("file_format", ["GIF", "JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("key", ["exif", "icc_profile", "xmp", "comment"])
def test_no_format_is_refused_for_large_metadata(encode, draw, file_format, key):
    header = b"Exif\0\0MM\0*\0\0\0\x08\0\0" if key == "exif" else b"<x "
    image = Image.fromarray(draw(5, 12, 16))
    content = encode(image, file_format, **{key: header + bytes(60_000)})
    found = decode(content, 16, "pad").pixel_hash
    assert found == decode(encode(image, file_format), 16, "pad").pixel_hash


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize(("file_format", "options", "tolerance"), FORMATS)
@pytest.mark.parametrize("share", [0.2, 0.6, 0.9])
def test_every_fault_names_the_format(
    encode, draw, file_format, options, tolerance, share
):
    content = encode(draw(6, 48, 64), file_format, **options)
    try:
        decode(content[: int(len(content) * share)], 16, "pad")
    except UnreadableImage as reason:
        assert file_format in str(reason)


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(80)
BY_CAMERA = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heix" + bytes(80)
FILM = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(80)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (HEIC, "HEIC is not read: convert it to JPEG"),
        (BY_CAMERA, "HEIC is not read: convert it to JPEG"),
        (FILM, "MP4 is not read: "),
        (b"\xff\x0a" + bytes(80), "JPEG XL is not read: "),
        (b"8BPS\0\1" + bytes(80), "Photoshop is not read: "),
        (b"%PDF-1.7\n", "PDF is not read: "),
    ],
)
def test_what_is_known_and_not_read_comes_with_what_to_do(content, reason):
    with pytest.raises(UnreadableImage, match=reason):
        decode(content, 16, "pad")


@pytest.mark.parametrize("file_format", ["PNG", "GIF", "JPEG"])
def test_a_single_pixel_is_refused_and_a_line_is_not(encode, file_format):
    with pytest.raises(UnreadableImage, match="a single pixel"):
        decode(encode(np.zeros((1, 1, 3), np.uint8), file_format), 16, "pad")
    decode(encode(np.zeros((1, 2, 3), np.uint8), file_format), 16, "pad")


def test_signed_eight_bits_are_said_as_they_are(encode):
    signed = {SAMPLE_FORMAT_TAG: 2}
    content = encode(np.full((8, 8), 180, np.uint8), "TIFF", tiffinfo=signed)
    with pytest.raises(UnreadableImage, match=r"^signed 8-bit pixels"):
        decode(content, 8, "pad")


def test_the_preview_in_a_raw_file_is_not_taken_for_the_picture(encode):
    content = encode(np.full((8, 8, 3), 180, np.uint8), "TIFF", tiffinfo={254: 1})
    with pytest.raises(UnreadableImage, match="preview of another, as in raw files"):
        decode(content, 8, "pad")


def test_signed_sixteen_bits_are_said_as_they_are(encode):
    signed = {SAMPLE_FORMAT_TAG: 2}
    content = encode(np.zeros((8, 8), np.uint16), "TIFF", tiffinfo=signed)
    with pytest.raises(UnreadableImage, match=r"^signed 16-bit pixels"):
        decode(content, 8, "pad")


def test_the_first_page_of_a_tiff_is_the_picture_and_all_are_counted(encode, draw):
    pages = [Image.fromarray(draw(number, 12, 16)) for number in range(3)]
    content = encode(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    first, alone = decode(content, 16, "pad"), decode(encode(pages[0]), 16, "pad")
    assert first.pixel_hash == alone.pixel_hash
    assert (first.num_pages, alone.num_pages) == (3, 1)


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


@pytest.mark.survives("doors")
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
    assume((height, width) != (1, 1))
    pixels = np.full((height, width, 3), [10, 20, 30], np.uint8)
    picture = decode(encode(pixels), size, resize)
    assert picture.pixels.shape == (size, size, 3)
    assert picture.pixels.dtype == np.uint8
    assert (picture.width, picture.height) == (width, height)


@pytest.mark.parametrize("resize", sorted(RESIZERS))
@pytest.mark.parametrize(("height", "width"), [(500, 1), (1, 500), (1, 2)])
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


# Numbers of 16 bits, frames


def deep_png(encode, values, colour):
    """A PNG of 16 bits: grey by Pillow, colours by OpenCV, which takes BGR."""
    if not colour:
        return encode(values)
    values = np.stack([values // 4, values // 2, values], axis=2)
    return cv2.imencode(".png", values)[1].tobytes()


@pytest.mark.parametrize("depth", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("colour", [False, True])
def test_a_depth_says_what_white_is(encode, depth, colour):
    white = 2**depth - 1
    values = np.linspace(0, white, 256).round().astype(np.uint16).reshape(16, 16)
    picture = decode(deep_png(encode, values, colour), 16, "squash", depth)
    expected = np.arange(256).reshape(16, 16)
    np.testing.assert_allclose(picture.pixels[..., 0], expected, atol=1)
    blue = expected / 4 if colour else expected
    np.testing.assert_allclose(picture.pixels[..., 2], blue, atol=1)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_the_largest_number_of_16_bits_is_noted(encode, colour, file_format):
    values = np.full((8, 8), 4095, np.uint16)
    shape = np.stack([values] * 3, axis=2) if colour else values
    content = cv2.imencode(f".{file_format.lower()}", shape)[1].tobytes()
    assert decode(content, 16, "pad").largest in range(3855, 4096)
    assert decode(content, 16, "pad", 12).pixels.max() == 255
    assert decode(content, 16, "pad").pixels.max() == 16 - colour
    assert decode(encode(np.full((8, 8), 9, np.uint8)), 16, "pad").largest == 0


@pytest.mark.parametrize("colour", [False, True])
def test_a_number_above_the_depth_is_refused(encode, colour):
    content = deep_png(encode, np.full((8, 8), 1024, np.uint16), colour)
    with pytest.raises(UnreadableImage, match="its number 1024 is more than prepare"):
        decode(content, 16, "pad", 10)
    assert decode(content, 16, "pad", 11).pixels.max() == 128


def test_transparency_of_16_bits_is_refused_with_a_depth_alone(encode):
    values = np.full((8, 8, 4), 4000, np.uint16)
    content = cv2.imencode(".png", values)[1].tobytes()
    with pytest.raises(UnreadableImage, match="RGBA of 16 bits is not read with prep"):
        decode(content, 16, "pad", 12)
    decode(content, 16, "pad")


def test_a_depth_leaves_files_of_8_bits_and_formats_that_say_white_as_they_are(
    encode, draw
):
    contents = [encode(draw(1)), encode(draw(1), "JPEG")]
    contents.append(b"P5 8 8 4095\n" + np.full(64, 4095, ">u2").tobytes())
    for content in contents:
        plain, deep = decode(content, 16, "pad"), decode(content, 16, "pad", 12)
        np.testing.assert_array_equal(plain.pixels, deep.pixels)
    assert plain.pixels.max() == 255


def test_a_tiff_of_12_bits_is_brought_to_their_range():
    # Two numbers in three bytes: 0 and 4095, four lines of each.
    pixels = b"\0\0\0" * 16 + b"\xff\xff\xff" * 16
    tags = [(256, 8), (257, 8), (258, 12), (259, 1), (262, 1), (273, 8)]
    tags += [(277, 1), (278, 8), (279, len(pixels))]
    head = struct.pack("<2sHI", b"II", 42, 8 + len(pixels))
    entries = b"".join(struct.pack("<HHIHH", tag, 3, 1, n, 0) for tag, n in tags)
    content = head + pixels + struct.pack("<H", len(tags)) + entries + bytes(4)
    picture = decode(content, 8, "squash")
    assert (picture.pixels[:4].max(), picture.pixels[4:].min()) == (0, 255)


@pytest.mark.parametrize(
    "file_format",
    ["GIF", "PNG", "WEBP", "MPO", pytest.param("AVIF", marks=needs_avif)],
)
def test_the_first_frame_is_the_picture_and_all_are_counted(encode, draw, file_format):
    frames = [Image.fromarray(draw(number, 12, 16)) for number in range(3)]
    options = {"lossless": True} if file_format == "WEBP" else {}
    options = {"save_all": True, "append_images": frames[1:], **options}
    moving = decode(encode(frames[0], file_format, **options), 16, "pad")
    still = decode(encode(frames[0], file_format.replace("MPO", "JPEG")), 16, "pad")
    assert (moving.num_pages, still.num_pages) == (3, 1)
    if file_format in ("GIF", "PNG", "WEBP"):
        difference = (
            moving.pixels.astype(int) - decode(encode(frames[0]), 16, "pad").pixels
        )
        assert np.abs(difference).mean() < 8
