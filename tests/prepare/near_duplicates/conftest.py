"""Drawn pictures with as many shapes, edges and grains as photographs have."""

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="session")
def photo():
    """photo(seed, sides): (240, 320, 3) uint8, like no other of another seed."""

    def make(seed, width=320, height=240):
        random = np.random.default_rng(seed)
        pixels = np.full((height, width, 3), 127, np.float32)
        for cells, strength in ((4, 45), (8, 35), (16, 20), (40, 12)):
            waves = random.standard_normal((3 * cells // 4, cells, 3), np.float32)
            size = (width, height)
            pixels += strength * cv2.resize(waves, size, interpolation=cv2.INTER_CUBIC)
        for _ in range(12):
            corner = random.integers(0, (width, height)).tolist()
            other = random.integers(0, (width, height)).tolist()
            colour = random.integers(0, 256, 3).tolist()
            cv2.rectangle(pixels, corner, other, colour, int(random.integers(2, 9)))
        return np.clip(pixels, 0, 255).astype(np.uint8)

    return make
