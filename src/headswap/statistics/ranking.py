"""Curves of how well scores rank what is there above what is not.

Each is given at fixed places, so that curves of several rounds can be averaged.

Source: Fawcett (2006), "An introduction to ROC analysis", Pattern Recognition Letters
27, 861-874: vertical averaging.
"""

import numpy as np


def roc(is_there: np.ndarray, scores: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the true positive rate at false positive rates, (P,) float64.

    Args:
        is_there: (N,) of 0 and 1, with both.
        scores: (N,), higher for what is more likely there.
        places: false positive rates, (P,), rising.
    """
    found, wrong = _counts(is_there, scores)
    rates = np.append(0, wrong / wrong[-1])
    # Of steps straight up, the upper end counts.
    last = np.append(rates[1:] > rates[:-1], True)
    return np.interp(places, rates[last], np.append(0, found / found[-1])[last])


def precision_recall(
    is_there: np.ndarray, scores: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """Return the best precision at these recalls or above, (P,) float64.

    Args:
        is_there: (N,) of 0 and 1, with both.
        scores: (N,), higher for what is more likely there.
        places: recalls, (P,).
    """
    found, wrong = _counts(is_there, scores)
    recall, precision = found / found[-1], found / (found + wrong)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    first = np.searchsorted(recall, places - 1e-12)
    return np.asarray(best[np.minimum(first, len(best) - 1)])


def _counts(is_there: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many are there and not there above each different score."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    there = np.cumsum(is_there[order])[ends]
    return there, ends + 1 - there
