"""One image file -> its pixels, upright and in RGB, or the reason why not.

A picture is used whole or not at all: what Pillow cannot read to the end is refused.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, UnidentifiedImageError

from headswap.pictures.depth import (
    FULL,
    TooLarge,
    bits_of,
    has_signed_numbers,
    kind_of_numbers,
    largest_number,
    scale_colours,
    scale_grey,
)
from headswap.pictures.formats import (
    DECODING_ERRORS,
    PREVIEW,
    is_cut,
    is_preview,
    name_format,
    why_unopened,
    without_metadata,
)
from headswap.pictures.perceptual import perceptual_hash
from headswap.pictures.resize import COVERED, RESIZERS, centred
from headswap.pictures.rgb import to_rgb
from headswap.pictures.shrink import average_boxes, shrink_while_decoding

MAX_PIXELS = 100_000_000
# Pillow's own limit only warns, up to twice its number; the one above refuses.
Image.MAX_IMAGE_PIXELS = None
# Not every format Pillow knows: some start other programs, some match any bytes.
# JPEG stands for MPO too.
FORMATS = (
    "AVIF",
    "BMP",
    "GIF",
    "JPEG",
    "JPEG2000",
    "PNG",
    "PPM",
    "TIFF",
    "WEBP",
)
ORIENTATION_TAG = 0x0112

# What undoes each EXIF orientation, for pixels (H, W, 3). Source: EXIF 2.32, tag 274.
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}
_TURNED = (5, 6, 7, 8)


class UnreadableImage(Exception):
    """A file is no picture that can be read whole; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded and resized picture.

    Attributes:
        pixels: (size, size, 3) uint8 RGB, 0..255.
        content_hash: of the file's bytes, hexadecimal.
        pixel_hash: of the decoded pixels or boxes before resizing, hexadecimal.
        perceptual_hash: of what the picture looks like; "" where it is of one colour.
        box: side of the boxes of pixels it was decoded to, 1 where to pixels.
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
        file_format: what the file really is, whatever its name says.
        num_pages: pages or frames of the file, of which the first is the picture.
        largest: number of a PNG or TIFF of 16 bits, of 65535; 0 for others.
    """

    pixels: np.ndarray
    content_hash: str
    pixel_hash: str
    perceptual_hash: str
    box: int
    width: int
    height: int
    file_format: str
    num_pages: int = 1
    largest: int = 0


def decode(content: bytes, size: int, resize: str, depth: int | None = None) -> Picture:
    """Return the picture that a file's bytes hold, brought to one size.

    Args:
        content: of the file.
        size: side of the result, in pixels.
        resize: `pad` or `squash`.
        depth: bits of what PNGs and TIFFs of 16 bits hold; None for all 16.

    Raises:
        UnreadableImage: the bytes are no whole picture of a supported kind.
    """
    if not content:
        raise UnreadableImage("the file is empty")
    try:
        return _decode(content, size, resize, depth)
    except UnreadableImage:
        bare = without_metadata(content)
        if bare is None:
            raise
    picture = _decode(bare, size, resize, depth)
    return replace(picture, content_hash=hashlib.sha256(content).hexdigest())


def _decode(content: bytes, size: int, resize: str, depth: int | None) -> Picture:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            file_format = image.format or "unknown"
            width, height = image.size
            _require_sides(width, height)
            if is_preview(image):
                raise UnreadableImage(PREVIEW)
            if is_cut(content, file_format):
                raise UnreadableImage(f"damaged {file_format}: its end is missing")
            orientation = _orientation(image)
            upright_sides = _sides(orientation, width, height)
            covered = COVERED[resize](*upright_sides, size)
            columns, rows = _sides(orientation, *covered)
            box = shrink_while_decoding(image, columns, rows)
            num_pages = _num_pages(image, content)
            bits, largest = bits_of(image, content), 0
            if bits == FULL:
                image.load()
                largest = largest_number(image) if image.mode not in "IF" else 0
            decoded = _to_rgb(image, content, bits, depth)
    except TooLarge as reason:
        raise UnreadableImage(str(reason)) from None
    except UnidentifiedImageError:
        raise UnreadableImage(why_unopened(content)) from None
    except DECODING_ERRORS as error:
        name = name_format(content) or "picture"
        raise UnreadableImage(f"damaged {name}: {error}") from error
    upright = _turn(decoded, orientation)
    if box > 1:
        small = average_boxes(decoded, width / box, height / box, columns, rows)
        pixels = centred(_turn(small, orientation), size)
    else:
        pixels = RESIZERS[resize](upright, size)
    return Picture(
        pixels=pixels,
        content_hash=hashlib.sha256(content).hexdigest(),
        pixel_hash=_hash(upright),
        perceptual_hash=perceptual_hash(upright),
        box=box,
        width=upright_sides[0],
        height=upright_sides[1],
        file_format=file_format,
        num_pages=num_pages,
        largest=largest,
    )


def _require_sides(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise UnreadableImage(f"more than {MAX_PIXELS:,} pixels")
    if width == height == 1:
        # What web pages count their readers with, and stand-ins for what is missing.
        raise UnreadableImage("a single pixel is no picture")


def _num_pages(image: Image.Image, content: bytes) -> int:
    """Return how many pages or frames a file has, as far as they can be counted."""
    if image.format not in ("GIF", "TIFF"):
        return int(getattr(image, "n_frames", 1))
    try:
        # Opened again: counting moves about in a file.
        with Image.open(io.BytesIO(content), formats=[image.format]) as again:
            return int(getattr(again, "n_frames", 1))
    except Exception:  # As for orientation; the first page is whole.
        return 1


def _sides(orientation: int, width: int, height: int) -> tuple[int, int]:
    """Return stored sides as upright ones, or upright ones as stored."""
    return (height, width) if orientation in _TURNED else (width, height)


def _turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    if orientation not in _UPRIGHT:
        return pixels
    return np.ascontiguousarray(_UPRIGHT[orientation](pixels))


def _hash(pixels: np.ndarray) -> str:
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow turns these itself.
    if image.format not in ("JPEG", "MPO"):
        # Asked for its metadata, Pillow loads a PNG first, and where that fails goes on
        # with the part of the pixels it has: the fault is theirs.
        image.load()
    try:
        return image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # Pillow meets broken metadata with many kinds of error.
        return 1  # A whole picture is not refused for its metadata.


def _to_rgb(
    image: Image.Image, content: bytes, bits: int, depth: int | None
) -> np.ndarray:
    """Return (H, W, 3) uint8: alpha over white, 16 bits scaled to 8."""
    # convert("RGB") would clip every value above 255 to white.
    if image.mode.startswith("I;16") and not has_signed_numbers(image):
        is_open = image.format in ("PNG", "TIFF")
        return scale_grey(
            np.asarray(image), bits if is_open else FULL, depth if is_open else None
        )
    if (image.mode, image.format) == ("I", "PPM"):
        return scale_grey(np.asarray(image), FULL, None)
    if image.mode in ("I", "F") or has_signed_numbers(image):
        raise UnreadableImage(f"{kind_of_numbers(image)} have no agreed range")
    profile = image.info.get("icc_profile")
    if bits == FULL:
        image = scale_colours(image, content, depth)
    return to_rgb(image, profile)
