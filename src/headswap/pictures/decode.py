"""One image file -> its pixels, upright and in RGB, or the reason why not.

A picture is used whole or not at all: what Pillow cannot read to the end is refused.
"""

import hashlib
import io
import struct
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from headswap.pictures.resize import RESIZERS

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

# What undoes each EXIF orientation. Source: EXIF 2.32, tag 274.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TURNED = (5, 6, 7, 8)


# What Pillow's plugins raise on damaged files; RuntimeError is AVIF's.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    RuntimeError,
    struct.error,
)


class UnreadableImage(Exception):
    """A file is no picture that can be read whole; the message is the reason."""


@dataclass(frozen=True)
class Picture:
    """One decoded and resized picture.

    Attributes:
        pixels: (size, size, 3) uint8 RGB, 0..255.
        content_hash: of the file's bytes, hexadecimal.
        pixel_hash: of the decoded pixels before resizing, hexadecimal.
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
        file_format: what the file really is, whatever its name says.
    """

    pixels: np.ndarray
    content_hash: str
    pixel_hash: str
    width: int
    height: int
    file_format: str


def decode(content: bytes, size: int, resize: str) -> Picture:
    """Return the picture that a file's bytes hold, brought to one size.

    Args:
        content: of the file.
        size: side of the result, in pixels.
        resize: `pad` or `squash`.

    Raises:
        UnreadableImage: the bytes are no whole picture of a supported kind.
    """
    if not content:
        raise UnreadableImage("the file is empty")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            file_format = image.format or "unknown"
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise UnreadableImage(f"more than {MAX_PIXELS:,} pixels")
            orientation = _orientation(image)
            if orientation in _UPRIGHT:
                pixels = _to_rgb(image.transpose(_UPRIGHT[orientation]))
            else:
                pixels = _to_rgb(image)
    except UnidentifiedImageError:
        raise UnreadableImage("no image format recognised") from None
    except DECODING_ERRORS as error:
        raise UnreadableImage(f"damaged: {error}") from error
    if orientation in _TURNED:
        width, height = height, width
    shape = repr(pixels.shape).encode()
    return Picture(
        pixels=RESIZERS[resize](pixels, size),
        content_hash=hashlib.sha256(content).hexdigest(),
        pixel_hash=hashlib.sha256(shape + pixels.tobytes()).hexdigest(),
        width=width,
        height=height,
        file_format=file_format,
    )


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow turns these itself.
    try:
        return image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # Pillow meets broken metadata with many kinds of error.
        return 1  # A whole picture is not refused for its metadata.


def _to_rgb(image: Image.Image) -> np.ndarray:
    """Return (H, W, 3) uint8: alpha over white, 16 bits scaled to 8."""
    if image.mode.startswith("I;16") or (image.mode, image.format) == ("I", "PPM"):
        # convert("RGB") would clip every value above 255 to white.
        grey = np.asarray(image).astype(np.uint32)
        return np.repeat(((grey + 128) // 257).astype(np.uint8)[..., None], 3, axis=2)
    if image.mode in ("I", "F"):
        raise UnreadableImage("32-bit pixels have no agreed range")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    return np.asarray(image.convert("RGB"))
