"""Pictures that nobody took: the same everywhere, of colours and coarse shapes."""

import numpy as np


def draw_pictures(count: int, size: int) -> np.ndarray:
    """Return pictures, (count, size, size, 3) uint8.

    Each is a mean of random squares of several sizes, in whole numbers, so that every
    machine draws the same.

    Args:
        count: how many; the first ones do not depend on it.
        size: side in pixels.
    """
    return np.stack([_draw(number, size) for number in range(count)])


def _draw(seed: int, size: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    total = np.zeros((size, size, 3), np.int64)
    for side, weight in ((2, 4), (5, 3), (16, 2), (size, 1)):
        squares = random.integers(0, 256, (side, side, 3))
        place = np.arange(size) * side // size
        total += weight * squares[place][:, place]
    return (total // 10).astype(np.uint8)
