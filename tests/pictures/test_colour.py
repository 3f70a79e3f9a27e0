"""Colours of a profile become sRGB's; without a foreign one no byte changes."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from headswap.pictures.decode import decode

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def tags(profile):
    """The place of each tag's entry in the table of a profile, by name."""
    [count] = struct.unpack(">I", profile[128:132])
    places = range(132, 132 + 12 * count, 12)
    return {profile[place : place + 4].decode(): place for place in places}


def make_profile(name, space=b"RGB "):
    """sRGB under another name; "swap" has red and green exchanged."""
    profile = bytearray(SRGB.replace("sRGB".encode("utf-16-be"), b"\0a\0l\0s\0o"))
    profile[16:20] = space
    table = tags(profile)
    if name == "swap":
        red, green = table["rXYZ"], table["gXYZ"]
        profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


PICTURE = np.full((16, 16, 3), [200, 30, 60], np.uint8)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_colours_of_another_profile_become_srgb(encode, file_format):
    options = {"lossless": True} if file_format == "WEBP" else {}
    content = encode(PICTURE, file_format, icc_profile=make_profile("swap"), **options)
    pixels = decode(content, 16, "pad").pixels.astype(int)
    # Red and green of sRGB exchanged, up to what lies outside.
    assert (np.abs(pixels - [30, 200, 60]) <= 6).all()


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "JPEG"])
@pytest.mark.parametrize(
    "profile",
    [SRGB, make_profile("named otherwise"), make_profile("swap", b"GRAY"), b"none"],
    ids=["srgb", "srgb by another name", "of another space", "broken"],
)
def test_no_byte_changes_without_a_foreign_profile(encode, draw, file_format, profile):
    pixels = draw(7, 40, 30)
    with_profile = decode(encode(pixels, file_format, icc_profile=profile), 32, "pad")
    without = decode(encode(pixels, file_format), 32, "pad")
    assert with_profile.pixel_hash == without.pixel_hash
    assert with_profile.pixels.tobytes() == without.pixels.tobytes()


def test_transparent_pictures_keep_their_white(encode):
    pixels = np.dstack([PICTURE, np.zeros((16, 16), np.uint8)])
    pixels[:8, :, 3] = 255
    content = encode(pixels, icc_profile=make_profile("swap"))
    found = decode(content, 16, "pad").pixels
    assert (np.abs(found[:8].astype(int) - [30, 200, 60]) <= 6).all()
    assert (found[8:] >= 254).all()


def test_a_palette_has_its_profile_too(encode):
    image = Image.fromarray(PICTURE).quantize(4)
    content = encode(image, icc_profile=make_profile("swap"))
    found = decode(content, 16, "pad").pixels.astype(int)
    assert (np.abs(found - [30, 200, 60]) <= 6).all()
