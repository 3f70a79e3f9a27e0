"""Pictures at another size: squashed to a square, or padded to one."""

from collections.abc import Callable

import cv2
import numpy as np


def fitted(width: int, height: int, size: int) -> tuple[int, int]:
    """Return (columns, rows) with the aspect kept, the longer of them `size`."""
    scale = size / max(height, width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def squared(width: int, height: int, size: int) -> tuple[int, int]:
    """Return (columns, rows), both `size`: the aspect is given up."""
    return size, size


# What a picture of (width, height) covers of the square, by `prepare.resize`.
COVERED: dict[str, Callable[[int, int, int], tuple[int, int]]] = {
    "pad": fitted,
    "squash": squared,
}


def resample(pixels: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """Return the pixels at another size: averaged when smaller, cubic when larger."""
    shrinks = columns < pixels.shape[1] or rows < pixels.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(pixels, (columns, rows), interpolation=interpolation)


def centred(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return (size, size, 3): the pixels, between black borders where they lack."""
    rows, columns = pixels.shape[:2]
    if rows == columns == size:
        return pixels
    padded = np.zeros((size, size, 3), np.uint8)
    top, left = (size - rows) // 2, (size - columns) // 2
    padded[top : top + rows, left : left + columns] = pixels
    return padded


def pad(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return (size, size, 3): the aspect kept, centred between black borders."""
    height, width = pixels.shape[:2]
    return centred(resample(pixels, *fitted(width, height, size)), size)


def squash(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return (size, size, 3): the whole picture, its aspect given up."""
    return resample(pixels, size, size)


RESIZERS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "pad": pad,
    "squash": squash,
}
