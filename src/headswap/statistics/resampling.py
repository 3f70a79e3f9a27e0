"""Scores of many resamples of the same images at once.

A resample says how often each unit (an image, or a group of images that belong
together) was drawn. All of it is sums over images, so that B resamples cost B sums and
not B times the scores; memory stays flat, as they go in blocks.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.sparse import csr_array

# Numbers in a block of resamples: 32 MB in float64.
_BLOCK = 4_000_000
# Images x classes x resamples of a score by rank: a few seconds.
_MOST_WORK = 2_000_000_000
_FEWEST_RESAMPLES = 200
# Scores by the order of the images, which can be far surer than a share of them.
RANKED = ("auc", "mean_average_precision")


class Resampled:
    """What one task's predictions score where images weigh differently.

    Args:
        targets: (N, C) of 0 and 1.
        probabilities: (N, C), 0..1.
        predicted: (N, C) of 0 and 1.
        kind: of the task, `multiclass` or `multilabel`.
        units: of each image, (N,) int from 0 on.

    Attributes:
        num_units: how many units there are.
    """

    def __init__(
        self,
        targets: np.ndarray,
        probabilities: np.ndarray,
        predicted: np.ndarray,
        kind: str,
        units: np.ndarray,
    ):
        self._targets, self._probabilities = targets.astype(bool), probabilities
        self._units = units
        self.num_units = int(units.max()) + 1
        self._is_multilabel = kind == "multilabel"
        belongs = csr_array(
            (np.ones(len(units)), (units, np.arange(len(units)))),
            (self.num_units, len(units)),
        )
        self._images = belongs.sum(axis=1)
        self._right = belongs @ (targets == predicted).all(axis=1).astype(float)
        self._wrong = belongs @ (targets != predicted).sum(axis=1).astype(float)
        hits, named = csr_array(targets * predicted), csr_array(predicted)
        self._hits, self._named = belongs @ hits, belongs @ named
        self._support = belongs @ csr_array(targets)

    def metrics(self) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
        """Return the functions from weights of units, (B, U), to scores, (B,).

        They have the names that `score` gives, and its value where all weights are 1. A
        resample in which no class is left to average has NaN.
        """
        found: dict[str, Callable[[np.ndarray], np.ndarray]] = {
            "precision": lambda weights: self._macro(weights)[0],
            "recall": lambda weights: self._macro(weights)[1],
            "f1": lambda weights: self._macro(weights)[2],
            "auc": lambda weights: self._ranked(weights, _area),
        }
        if self._is_multilabel:
            found["mean_average_precision"] = lambda weights: self._ranked(
                weights, _average_precision
            )
            found["exact_match"] = self._exact
            num_classes = self._targets.shape[1]
            found["hamming_loss"] = lambda weights: (
                (weights @ self._wrong) / (weights @ self._images) / num_classes
            )
        else:
            found["accuracy"] = self._exact
        return found

    def num_resamples(self, metric: str, wanted: int) -> int:
        """Return how many resamples of a metric can be had in a few seconds."""
        if metric not in RANKED:
            return wanted
        return affordable(wanted, self._targets.size)

    def _exact(self, weights: np.ndarray) -> np.ndarray:
        return (weights @ self._right) / (weights @ self._images)

    def _macro(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        hits, named, support = (
            weights @ counts for counts in (self._hits, self._named, self._support)
        )
        precision = hits / np.maximum(named, 1)
        recall = hits / np.maximum(support, 1)
        f1 = 2 * hits / np.maximum(named + support, 1)
        is_there = support > 0
        return tuple(_mean(values, is_there) for values in (precision, recall, f1))  # type: ignore[return-value]

    def _ranked(
        self,
        weights: np.ndarray,
        function: Callable[[np.ndarray, np.ndarray], np.ndarray],
    ) -> np.ndarray:
        blocks = []
        for block in _blocks(weights, len(self._units)):
            of_images = block[:, self._units]
            columns = []
            for column, probability in zip(
                self._targets.T, self._probabilities.T, strict=True
            ):
                order = np.argsort(-probability, kind="stable")
                # Where a run of equal probabilities ends.
                ends = np.flatnonzero(np.diff(-probability[order], append=np.inf))
                drawn = of_images[:, order]
                positive = np.cumsum(drawn * column[order], axis=1)[:, ends]
                everything = np.cumsum(drawn, axis=1)[:, ends]
                columns.append(function(positive, everything - positive))
            values = np.stack(columns, axis=1)
            blocks.append(_mean(values, ~np.isnan(values)))
        return np.concatenate(blocks)


def affordable(wanted: int, work: int) -> int:
    """Return how many resamples by rank can be had in a few seconds.

    Args:
        wanted: at most so many.
        work: images x classes that each of them goes through.
    """
    return min(wanted, max(_FEWEST_RESAMPLES, _MOST_WORK // max(work, 1)))


def _blocks(weights: np.ndarray, num_images: int) -> Iterator[np.ndarray]:
    rows = max(1, _BLOCK // num_images)
    for start in range(0, len(weights), rows):
        yield weights[start : start + rows].astype(float)


def _mean(values: np.ndarray, is_there: np.ndarray) -> np.ndarray:
    """Return the mean of each row's values that are there, NaN for none."""
    count = is_there.sum(axis=1)
    total = np.where(is_there, values, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _area(positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve from counts at falling thresholds, (B, T)."""
    all_positive, all_negative = positive[:, -1], negative[:, -1]
    before = np.pad(positive, [(0, 0), (1, 0)])[:, :-1]
    steps = np.diff(negative, axis=1, prepend=0)
    area = (steps * (before + positive) / 2).sum(axis=1)
    pairs = all_positive * all_negative
    return np.where(pairs > 0, area / np.maximum(pairs, 1), np.nan)


def _average_precision(positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Return the average precision, from counts at falling thresholds, (B, T)."""
    all_positive, all_negative = positive[:, -1], negative[:, -1]
    precision = positive / np.maximum(positive + negative, 1)
    steps = np.diff(positive, axis=1, prepend=0)
    value = (steps * precision).sum(axis=1) / np.maximum(all_positive, 1)
    return np.where((all_positive > 0) & (all_negative > 0), value, np.nan)
