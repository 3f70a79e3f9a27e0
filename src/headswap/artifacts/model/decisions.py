"""Probabilities -> predicted classes."""

import numpy as np


def decide(
    probabilities: np.ndarray, kind: str, thresholds: np.ndarray | None
) -> np.ndarray:
    """Return predictions, (N, C) int of 0 and 1.

    Args:
        probabilities: (N, C), 0..1.
        kind: of the task: `multiclass` takes the most probable class, `multilabel`
            every class that reaches its threshold.
        thresholds: (C,) of a multilabel task.
    """
    if kind == "multilabel":
        return (probabilities >= thresholds).astype(int)
    return np.eye(probabilities.shape[1], dtype=int)[probabilities.argmax(axis=1)]
