"""Colours of a picture's own profile -> sRGB, which everything after it takes them for.

A picture without a profile, with a broken one or with sRGB's stays as it is.
"""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

# Profiles of sRGB by many makers differ by rounding.
MAX_ROUNDING = 2
# The colour space that a profile speaks of, for each mode it can be applied to.
_SPACES = {"RGB": "RGB ", "CMYK": "CMYK", "L": "GRAY"}


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB; the very same where its colours mean that already.

    Args:
        image: RGB, CMYK or L; any other mode comes back as it is.
        profile: ICC's, of the file.
    """
    if not profile or image.mode not in _SPACES:
        return image
    transform = _transform(profile, image.mode)
    converted = ImageCms.applyTransform(image, transform) if transform else None
    return converted or image


@lru_cache(8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return what brings pictures of a profile to sRGB; None where nothing would."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space != _SPACES[mode]:
            return None
        if "sRGB" in (opened.profile.profile_description or ""):
            return None
        transform = ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        if mode == "CMYK":
            return transform
        levels = Image.fromarray(_all_levels()).convert(mode)
        moved = np.asarray(ImageCms.applyTransform(levels, transform))
    except (OSError, ImageCms.PyCMSError):
        return None
    before = np.asarray(levels.convert("RGB")).astype(int)
    return transform if np.abs(moved - before).max() > MAX_ROUNDING else None


def _all_levels() -> np.ndarray:
    """Return (16, 256, 3) uint8: every mixture of 16 levels of each primary."""
    steps = np.arange(0, 256, 17, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
    return grid.reshape(16, 256, 3)
