"""Pictures at another size: squashed to a square, or padded to one."""

from collections.abc import Callable

import cv2
import numpy as np


def _resample(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return the pixels at another size: averaged when smaller, cubic when larger."""
    shrinks = width < pixels.shape[1] or height < pixels.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(pixels, (width, height), interpolation=interpolation)


def pad(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return (size, size, 3): the aspect kept, centred between black borders."""
    height, width = pixels.shape[:2]
    scale = size / max(height, width)
    new_height = max(1, round(height * scale))
    new_width = max(1, round(width * scale))
    padded = np.zeros((size, size, 3), np.uint8)
    top, left = (size - new_height) // 2, (size - new_width) // 2
    padded[top : top + new_height, left : left + new_width] = _resample(
        pixels, new_width, new_height
    )
    return padded


def squash(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return (size, size, 3): the whole picture, its aspect given up."""
    return _resample(pixels, size, size)


RESIZERS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "pad": pad,
    "squash": squash,
}
