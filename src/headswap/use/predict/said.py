"""What a bundle says: of one picture, and of several at once."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np


class Prediction(NamedTuple):
    """What the model says of one picture.

    Attributes:
        source: the path as it was given, or the number of what is no path.
        problem: why there is none, or None.
        probabilities: (C,) float64 by task; empty where there is a problem.
        classes: the classes it has, by task.
        unlike: whether it is unlike the training pictures, by task; not those tasks for
            which the model has no limit.
        nearest: the path of the training picture whose features are nearest, where the
            bundle names any.
    """

    source: str
    problem: str | None
    probabilities: dict[str, np.ndarray]
    classes: dict[str, list[str]]
    unlike: Mapping[str, bool] = {}
    nearest: str | None = None


class Said(NamedTuple):
    """What the model says of N pictures.

    Attributes:
        probabilities: (N, C) float64 by task, after temperature, averaged over views.
        unlike: (N,) bool by task that has a limit.
        nearest: as many paths, or None each.
    """

    probabilities: dict[str, np.ndarray]
    unlike: dict[str, np.ndarray]
    nearest: Sequence[str | None]

    def part(self, start: int, end: int) -> "Said":
        """Return what is said of some pictures, from one place to before another."""
        return Said(
            {name: rows[start:end] for name, rows in self.probabilities.items()},
            {name: rows[start:end] for name, rows in self.unlike.items()},
            self.nearest[start:end],
        )
