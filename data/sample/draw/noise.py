"""Smooth noise, for clouds, rough ground and stained walls."""

import cv2
import numpy as np


def noise(
    generator: np.random.Generator, shape: tuple[int, ...], *cells: tuple[int, int]
) -> np.ndarray:
    """Draw smooth noise, a sum of layers with so many bumps down and across.

    Returns:
        (height, width, 1) float32 around 0, the size taken from the front of `shape`.
    """
    layers = [
        cv2.resize(
            generator.standard_normal(grid, np.float32),
            shape[1::-1],
            interpolation=cv2.INTER_CUBIC,
        )
        for grid in cells
    ]
    return np.sum(layers, axis=0)[..., None]
