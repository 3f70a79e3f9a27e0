"""Views: fixed versions of a picture, for features and for use alike.

Nothing about a view is random, so a picture's predictions can be averaged over them.
"""

from collections.abc import Callable

import numpy as np


def _keep(images: np.ndarray) -> np.ndarray:
    return images


def _flip(images: np.ndarray) -> np.ndarray:
    return images[:, :, ::-1]


# From (N, S, S, 3) uint8 to the same; `params.features` says what they are.
VIEWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"plain": _keep, "flip": _flip}
