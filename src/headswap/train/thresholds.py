"""Decision thresholds of multilabel tasks, chosen on validation images alone."""

import numpy as np

DEFAULT_THRESHOLD = 0.5


def choose_thresholds(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the threshold of each class with the highest F1 score, (C,) float64.

    A threshold lies half-way between two probabilities that occur. Of several that are
    equally good, the one nearest to 0.5 is taken; a class without a positive target
    keeps 0.5.

    Args:
        targets: (N, C) of 0 and 1, of validation images.
        probabilities: (N, C), 0..1.
    """
    columns = zip(targets.T, probabilities.T, strict=True)
    return np.array([_choose(target, probability) for target, probability in columns])


def _choose(target: np.ndarray, probability: np.ndarray) -> float:
    if not target.any():
        return DEFAULT_THRESHOLD
    levels = np.unique(np.concatenate([[0.0, 1.0], probability]).astype(np.float64))
    candidates = (levels[1:] + levels[:-1]) / 2
    hits = _count_at_least(probability[target > 0], candidates)
    f1 = 2 * hits / (_count_at_least(probability, candidates) + target.sum())
    best = candidates[f1 >= f1.max() - 1e-12]
    return float(best[np.abs(best - DEFAULT_THRESHOLD).argmin()])


def _count_at_least(values: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Return how many values reach each limit, (len(limits),) int."""
    return len(values) - np.searchsorted(np.sort(values).astype(np.float64), limits)
