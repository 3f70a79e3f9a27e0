"""Pictures of 16 bits a number -> 8, whatever part of their range is used.

Cameras of 10, 12 or 14 bits save files of 16, in which white is 1023, 4095 or 16383;
nothing in the file says so. TIFFs of 12 bits do.
"""

import cv2
import numpy as np
from PIL import Image

# Of TIFF: bits a number.
BITS_TAG = 0x0102
# Of TIFF: what kind of number it is.
SAMPLE_FORMAT_TAG = 0x0153
FULL = 16


class TooLarge(ValueError):
    """A number is larger than the depth that is asked for; the message is why."""


def bits_of(image: Image.Image, content: bytes) -> int:
    """Return how many bits a number of a file has, where it is PNG or TIFF, else 8.

    Formats that say what white is are brought to their full range by Pillow.

    Args:
        image: opened.
        content: of the file.
    """
    if image.format == "PNG":
        return content[24]
    if image.format == "TIFF":
        return max(getattr(image, "tag_v2", {}).get(BITS_TAG, ()), default=8)
    return 8


def scale_grey(grey: np.ndarray, bits: int, depth: int | None) -> np.ndarray:
    """Return (H, W, 3) uint8 of grey numbers.

    Args:
        grey: (H, W) uint16.
        bits: of the file.
        depth: bits of the camera; None for those of the file.

    Raises:
        TooLarge: a number is.
    """
    return np.repeat(_scale(grey, bits, depth)[..., None], 3, axis=2)


def scale_colours(image: Image.Image, content: bytes, depth: int | None) -> Image.Image:
    """Return a picture of 16 bits with its colours scaled; as it is without a depth.

    Args:
        image: loaded; Pillow keeps the upper 8 bits.
        content: of the file.
        depth: bits of the camera; None for those of the file.

    Raises:
        TooLarge: a number is, or the picture has more than red, green and blue.
    """
    if depth is None:
        return image
    read = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if image.mode == "RGB" and read is not None and read.ndim == 3:
        values = read[..., 2::-1].astype(np.uint16)
        # Two decoders have to agree on what they have in common.
        if np.array_equal(values >> 8, np.asarray(image)):
            return Image.fromarray(_scale(values, FULL, depth))
    raise TooLarge(f"{image.mode} of 16 bits is not read with prepare.depth")


def largest_number(image: Image.Image) -> int:
    """Return the largest number of a picture of 16 bits, as far as it is known.

    Args:
        image: loaded; of colours Pillow has the upper 8 bits, and the largest number
            that begins with them is returned.
    """
    values = np.asarray(image)
    largest = int(values.max())
    return largest if values.dtype != np.uint8 else largest * 256 + 255


def has_signed_numbers(image: Image.Image) -> bool:
    """Return whether a TIFF says that its numbers may be below zero."""
    tags = getattr(image, "tag_v2", {})
    return tags.get(SAMPLE_FORMAT_TAG, ())[:1] == (2,)


def kind_of_numbers(image: Image.Image) -> str:
    """Return in words which numbers a picture has that has no agreed range."""
    bits = max(getattr(image, "tag_v2", {}).get(BITS_TAG, ()), default=32)
    return f"{'signed ' if has_signed_numbers(image) else ''}{bits}-bit pixels"


def _scale(values: np.ndarray, bits: int, depth: int | None) -> np.ndarray:
    white = 2 ** min(bits, depth or bits) - 1
    largest = int(values.max())
    if largest > white:
        raise TooLarge(f"its number {largest} is more than prepare.depth={depth} holds")
    return ((values.astype(np.uint32) * 255 + white // 2) // white).astype(np.uint8)
