"""A clone of the repository with a tiny data set: two levels of drawn shapes."""

import cv2
import numpy as np

from tests.clones import clone


def draw_shape(kind, number):
    """A coloured shape on a noisy ground, (40, 50, 3) uint8."""
    random = np.random.default_rng([kind, number])
    picture = random.integers(90, 160, (40, 50, 3), np.uint8)
    color = [(220, 40, 40), (40, 40, 220)][kind % 2]
    if kind < 2:
        cv2.circle(picture, (25, 20), 8 + number % 5, color, -1)
    else:
        cv2.rectangle(picture, (12, 8), (30 + number, 30), color, -1)
    return picture


def clone_with_shapes(repository, folder):
    """Return the raw folder of a clone: six pictures of each of four shapes."""
    clone(repository, folder)
    raw = folder / "data" / "raw"
    for kind in range(4):
        group = raw / ("round" if kind < 2 else "square") / f"kind{kind}"
        group.mkdir(parents=True)
        for number in range(6):
            cv2.imwrite(str(group / f"{number}.png"), draw_shape(kind, number))
    return raw
