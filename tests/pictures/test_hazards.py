"""Kinds of files that decoders get wrong: each made here, and what becomes of it."""

import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from headswap.pictures import rgb
from headswap.pictures.decode import UnreadableImage, decode


def pixels_of(content, size=48):
    return decode(content, size, "squash").pixels


def turned_right():
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def near(first, second, tolerance):
    return np.abs(first.astype(int) - second.astype(int)).mean() <= tolerance


def png(header, rows, *, chunks=()):
    """A PNG of raw rows, with chunks before its pixels."""

    def chunk(kind, body):
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", *header)), *chunks]
    parts += [chunk(b"IDAT", body), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_progressive_jpeg_is_the_same_picture(encode, quarters):
    plain = encode(quarters, "JPEG", quality=95, subsampling=0)
    progressive = encode(quarters, "JPEG", quality=95, subsampling=0, progressive=True)
    assert b"\xff\xc2" in progressive
    np.testing.assert_array_equal(pixels_of(progressive), pixels_of(plain))


def test_a_progressive_jpeg_of_which_scans_are_missing_is_refused(encode, draw):
    content = encode(draw(0, 200, 200), "JPEG", quality=95, progressive=True)
    for scan in range(2, content.count(b"\xff\xda")):
        end = -1
        for _ in range(scan):
            end = content.index(b"\xff\xda", end + 1)
        with pytest.raises(UnreadableImage, match="JPEG"):
            decode(content[:end], 48, "squash")


@pytest.mark.parametrize("transform", [0, 2], ids=["CMYK", "YCCK"])
def test_four_inks_with_adobe_s_marker_keep_their_colours(encode, quarters, transform):
    inks = Image.fromarray(quarters).convert("CMYK")
    content = encode(inks, "JPEG", quality=100, subsampling=0)
    marker = content.index(b"Adobe")
    assert content[marker + 11] == 0
    expected = quarters
    if transform == 2:
        # The same numbers are then luminance, two colour differences and black, of the
        # complement of the inks, which Adobe stores as their complement in turn.
        stored = 255 - np.asarray(inks).astype(float)
        luminance, blue, red, black = np.moveaxis(stored, 2, 0)
        channels = [
            luminance + 1.402 * (red - 128),
            luminance - 0.344136 * (blue - 128) - 0.714136 * (red - 128),
            luminance + 1.772 * (blue - 128),
        ]
        light = np.clip(np.stack(channels, axis=2), 0, 255)
        expected = ((255 - light) * (black / 255)[..., None]).astype(np.uint8)
        content = content[: marker + 11] + b"\2" + content[marker + 12 :]
    shown = decode(content, 64, "squash").pixels
    whole = decode(encode(Image.fromarray(expected)), 64, "squash").pixels
    assert near(shown, whole, 12)


def test_sixteen_bits_a_channel_are_scaled(quarters):
    deep = (quarters[::4, ::4].astype(np.uint16) * 257).astype(">u2")
    height, width, _ = deep.shape
    content = png((width, height, 16, 2, 0, 0, 0), [row.tobytes() for row in deep])
    found = decode(content, width, "squash")
    assert found.file_format == "PNG"
    plain = Image.fromarray(quarters[::4, ::4]).resize((width, width))
    assert near(found.pixels, np.asarray(plain), 25)
    assert found.pixels.max() > 200 and found.pixels.min() < 60


def test_one_bit_of_a_tiff_is_black_and_white(encode):
    bits = np.zeros((16, 16), bool)
    bits[:, 8:] = True
    content = encode(Image.fromarray(bits), "TIFF", compression="group4")
    np.testing.assert_array_equal(pixels_of(content, 16)[..., 0], bits * 255)


def test_a_tiff_of_fractions_is_refused(encode):
    fractions = Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8))
    with pytest.raises(UnreadableImage, match="no agreed range"):
        decode(encode(fractions, "TIFF"), 8, "squash")


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_the_first_picture_of_a_film_is_taken(encode, file_format):
    first = Image.new("RGB", (32, 32), (220, 30, 30))
    frames = [Image.new("RGB", (32, 32), color) for color in ((0, 0, 255), (0, 255, 0))]
    content = encode(
        first, file_format, save_all=True, append_images=frames, duration=50
    )
    assert near(pixels_of(content, 32), np.full((32, 32, 3), (220, 30, 30)), 4)


def test_a_tiff_whose_tags_are_of_another_kind_is_refused(encode, draw):
    content = bytearray(encode(draw(0, 24, 31), "TIFF"))
    start = int.from_bytes(content[4:8], "little") + 2
    seen = set()
    number = int.from_bytes(content[start - 2 : start], "little")
    for entry in range(start, start + 12 * number, 12):
        for kind in range(14):
            made = bytearray(content)
            made[entry + 2] = kind
            try:
                decode(bytes(made), 32, "squash")
            except UnreadableImage as reason:
                seen.add(str(reason)[:12])
    assert "damaged TIFF" in seen


@pytest.mark.parametrize("tenth", range(1, 10))
@pytest.mark.parametrize(
    "options",
    [
        {"file_format": "JPEG"},
        {"file_format": "JPEG", "progressive": True},
        {"file_format": "PNG"},
        {"file_format": "WEBP"},
        {"file_format": "AVIF"},
        {"file_format": "GIF"},
        {"file_format": "TIFF"},
        {"file_format": "BMP"},
        {"file_format": "JPEG2000"},
    ],
    ids=str,
)
def test_a_file_cut_at_any_tenth_is_refused(encode, draw, options, tenth):
    content = encode(draw(0, 100, 100), **options)
    with pytest.raises(UnreadableImage):
        decode(content[: len(content) * tenth // 10], 32, "squash")


@pytest.mark.parametrize(
    ("mode", "file_format", "options"),
    [
        ("RGB", "PNG", {}),
        ("RGB", "JPEG", {}),
        ("RGBA", "PNG", {}),
        ("LA", "PNG", {}),
        ("L", "PNG", {}),
        ("1", "PNG", {}),
        ("P", "PNG", {"transparency": 3}),
        ("P", "GIF", {"transparency": 3}),
        ("CMYK", "JPEG", {}),
        ("YCbCr", "TIFF", {}),
        ("RGB", "TIFF", {"exif": turned_right()}),
    ],
)
def test_a_large_picture_is_read_in_pieces_and_is_the_same(
    encode, draw, monkeypatch, mode, file_format, options
):
    alpha = np.dstack([draw(0, 50, 70), draw(1, 50, 70)[..., :1]])
    content = encode(Image.fromarray(alpha).convert(mode), file_format, **options)
    whole = decode(content, 32, "squash")
    monkeypatch.setattr(rgb, "MAX_AT_ONCE", 70 * 7)
    assert decode(content, 32, "squash").pixel_hash == whole.pixel_hash


@pytest.mark.parametrize("no_jp2", [False, True], ids=["boxes", "bare"])
def test_a_jpeg_2000_cut_at_any_byte_is_refused(encode, draw, no_jp2):
    content = encode(draw(0, 16, 16), "JPEG2000", no_jp2=no_jp2)
    assert decode(content + b"behind it", 16, "squash").width == 16
    for end in range(1, len(content)):
        with pytest.raises(UnreadableImage):
            decode(content[:end], 16, "squash")


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its memory")
@pytest.mark.survives("doors")
def test_a_huge_picture_takes_less_than_a_gigabyte(encode, repository):
    content = encode(Image.new("RGB", (9_900, 10_000), "red"), compress_level=1)
    script = (
        "import sys; from pathlib import Path;"
        "from headswap.pictures.decode import decode;"
        "decode(sys.stdin.buffer.read(), 32, 'squash');"
        # Not ru_maxrss, which starts at that of the process it was forked from.
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(repository / "src")},
        input=content,
        capture_output=True,
        check=True,
    )
    assert int(done.stdout) < 2**20
