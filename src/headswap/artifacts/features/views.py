"""Rows of features or of what is computed from them -> one row an image."""

import numpy as np


def average_views(values: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return the mean of the rows of each image, (images, C) float64.

    Args:
        values: (rows, C).
        images: the image of each row, (rows,) int; the result is in their order.
    """
    _, place, counts = np.unique(images, return_inverse=True, return_counts=True)
    total = np.zeros((len(counts), values.shape[1]))
    np.add.at(total, place, values)
    return total / counts[:, None]
