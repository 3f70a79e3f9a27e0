"""A decoded picture of 8 bits a channel -> its pixels in sRGB, alpha over white."""

import numpy as np
from PIL import Image

from headswap.pictures.colour import to_srgb

# Pixels that are brought to RGB at once.
MAX_AT_ONCE = 10_000_000


def to_rgb(image: Image.Image, profile: bytes | None) -> np.ndarray:
    """Return (H, W, 3) uint8, some lines at a time where the picture is large.

    Every step on the way is another copy, of 400 MB where pixels are as many as there
    may be.

    Args:
        image: of 8 bits a channel or fewer, of any colour model.
        profile: of its colours, where it has one.
    """
    # A TIFF is turned upright while it is loaded.
    image.load()
    width, height = image.size
    num_lines = max(1, MAX_AT_ONCE // width)
    if num_lines >= height:
        return _to_rgb(image, profile)
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, num_lines):
        bottom = min(top + num_lines, height)
        piece = image.crop((0, top, width, bottom))
        pixels[top:bottom] = _to_rgb(piece, profile)
    return pixels


def _to_rgb(image: Image.Image, profile: bytes | None) -> np.ndarray:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    if image.mode not in ("RGB", "CMYK", "L"):
        image = image.convert("RGB")
    image = to_srgb(image, profile)
    # Converting would copy what is RGB already.
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
