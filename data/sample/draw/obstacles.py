"""What stands in front of a monument: trees, lamp posts, people and cars.

A thing is a list of strokes (x, y, x, y, width, colour) in shares of a size; a stroke
without length is a dot, and one without a colour takes the thing's own.
"""

import cv2
import numpy as np

# fmt: off
LAMP_POST = ((0, 0, 0, 0.45, 0.012, None), (0, 0.45, 0.05, 0.47, 0.012, None),
             (0.05, 0.46, 0.05, 0.46, 0.04, (240, 230, 190)))
PERSON = ((0, 0.03, 0, 0.09, 0.032, None), (-0.008, 0, -0.005, 0.06, 0.014, None),
          (0.01, 0, 0.005, 0.06, 0.014, None),
          (0, 0.125, 0, 0.125, 0.03, (150, 110, 90)))
CAR = ((-0.11, 0.04, 0.11, 0.04, 0.06, None), (-0.05, 0.08, 0.05, 0.08, 0.06, None),
       (-0.07, 0.015, -0.07, 0.015, 0.05, (24, 24, 26)),
       (0.07, 0.015, 0.07, 0.015, 0.05, (24, 24, 26)))
# fmt: on


def grow_tree(generator: np.random.Generator) -> list[tuple]:
    """List the strokes of a tree: a trunk and overlapping tufts of leaves."""
    leaf = np.array((70, 92, 42)) * generator.uniform(0.6, 1.3, 3)
    strokes = [(0, 0, 0, 0.26, 0.03, (74, 58, 46))]
    for turn, out, light in generator.uniform(0, 1, (45, 3)):
        x = 0.13 * np.sqrt(out) * np.cos(turn * 2 * np.pi)
        y = 0.17 * np.sqrt(out) * np.sin(turn * 2 * np.pi) + 0.33
        strokes.append((x, y, x, y, 0.06, leaf * (0.75 + 0.4 * light + x)))
    return strokes


def occlude(canvas: np.ndarray, generator: np.random.Generator, horizon: int) -> None:
    """Put up to three things in front of the monument, on the ground.

    Args:
        canvas: (H, W, 4) float32, RGB and opacity from 0 to 255; changed in place.
        generator: chooses the things, their places and their colours.
        horizon: the row where the ground begins.
    """
    height, width = canvas.shape[:2]
    things = (grow_tree(generator), LAMP_POST, PERSON, CAR)
    for _ in range(generator.integers(0, 4)):
        strokes = things[generator.choice(4, p=(0.32, 0.22, 0.32, 0.14))]
        own = generator.uniform(20, 130, 3)
        foot = (width * generator.uniform(), generator.uniform(horizon, height * 1.03))
        size = height * generator.uniform(0.6, 1.1)
        for *line, thick, colour in strokes:
            ends = np.reshape(line, (2, 2)) * (size, -size) + foot
            start, end = np.round(ends * 16).astype(int).tolist()
            paint = (*(own if colour is None else colour), 255)
            broad = max(1, round(thick * size))
            cv2.line(canvas, start, end, paint, broad, cv2.LINE_AA, shift=4)
