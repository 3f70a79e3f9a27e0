"""What figures and their intervals are computed from, image by image."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

# The calibration error has a band of its own, and so has no interval.
ERROR = "ece"
# The share of test images taken for unlike ones; the limit was set on the others.
FALSE_ALARMS = "false_alarms"


class Answers(NamedTuple):
    """What is known of one task, or of two together.

    Attributes:
        shares: of each image, (rounds, N) of 0 and 1, by the name of the metric that is
            their mean; NaN where an image has no label, in all rounds alike.
        targets: (N, C) of 0 and 1; None for two tasks together.
        probabilities: (rounds, N, C).
        predicted: (rounds, N, C) of 0 and 1.
        kind: of the task.
        losses: of each image, (rounds, N), by the name of the metric that is their
            mean; no bound is above them.
        ratios: of each image, two of (rounds, N), by the name of the metric that is the
            sum of the first over that of the second.
    """

    shares: Mapping[str, np.ndarray]
    targets: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    predicted: np.ndarray | None = None
    kind: str = "multiclass"
    losses: Mapping[str, np.ndarray] = {}
    ratios: Mapping[str, tuple[np.ndarray, np.ndarray]] = {}

    @property
    def sums(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The ratios, and the losses as such."""
        losses = {
            name: (values, np.ones_like(values)) for name, values in self.losses.items()
        }
        return {**losses, **self.ratios}
