"""Profiles, the half outlines of domes, spires, columns and roofs, and whole outlines.

A profile runs from the bottom upwards: pairs of (half width, height), both from 0 to 1.
Mirrored, one is the outline of a dome, a spire, the top of an arch or a roof.
"""

from typing import Any

import numpy as np

# fmt: off
SHAFT = ((1, 0), (1, 1))
COLUMN = ((1.25, 0), (1.25, 0.05), (0.9, 0.06), (0.8, 0.93), (1.3, 0.96), (1.3, 1))
CONE = ((1, 0), (0, 1))
ROUND = tuple((np.cos(turn), np.sin(turn)) for turn in np.linspace(0, np.pi / 2, 9))
POINTED = ((1, 0), (0.95, 0.25), (0.8, 0.5), (0.52, 0.75), (0, 1))
ONION = ((0.8, 0), (0.97, 0.16), (1, 0.3), (0.9, 0.46), (0.62, 0.63), (0.3, 0.75),
         (0.1, 0.86), (0.03, 1))
EAVES = ((0, 0.05), (0.6, 0.07), (0.85, 0.17), (1, 0.4), (0.97, 0.44), (0.78, 0.45),
         (0.62, 0.6), (0.52, 1))
# fmt: on


def outline(
    profile: Any, x: float, y: float, width: float, height: float
) -> np.ndarray:
    """Mirror a half outline and stretch it to a width and a height.

    Returns:
        The 2 N corners of a profile of N points, (2 N, 2) float64, counterclockwise
        from the right foot.
    """
    half, rise = np.asarray(profile, float).T
    right = np.stack([x + half * width / 2, y + rise * height], axis=1)
    return np.concatenate([right, (right * (-1, 1) + (2 * x, 0))[::-1]])
