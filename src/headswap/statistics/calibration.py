"""Whether probabilities can be believed: losses, reliability, coverage and error."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

NUM_BINS = 15
NUM_RESAMPLES = 1000
TAIL = 0.025
# Shares of the images for which coverage is listed.
NUM_SHARES = 100
# Probabilities count as no smaller in a log loss; float32 cannot tell 1 from nearer.
_SMALLEST = 1e-7
# Numbers in a block of resamples.
_BLOCK = 4_000_000
_SEED = 0


def log_losses(targets: np.ndarray, probabilities: np.ndarray, kind: str) -> np.ndarray:
    """Return each image's log loss, (N,) float64.

    Args:
        targets: (N, C) of 0 and 1.
        probabilities: (N, C), 0..1.
        kind: of the task: that of the class of `multiclass`, the mean over the classes
            of `multilabel`.
    """
    likely = probabilities.astype(np.float64)
    yes = np.log(np.clip(likely, _SMALLEST, 1))
    if kind == "multiclass":
        return np.asarray(-(targets * yes).sum(axis=1))
    no = np.log(np.clip(1 - likely, _SMALLEST, 1))
    return np.asarray(-(targets * yes + (1 - targets) * no).mean(axis=1))


def brier_losses(
    targets: np.ndarray, probabilities: np.ndarray, kind: str
) -> np.ndarray:
    """Return each image's Brier loss, (N,) float64.

    Squared differences, summed over the classes of `multiclass`, so 0..2, and averaged
    over those of `multilabel`.

    Args:
        targets: (N, C) of 0 and 1.
        probabilities: (N, C), 0..1.
        kind: of the task.

    Source: Brier (1950), Monthly Weather Review 78, 1-3.
    """
    squares = (probabilities.astype(np.float64) - targets) ** 2
    return np.asarray(
        squares.sum(axis=1) if kind == "multiclass" else squares.mean(axis=1)
    )


def is_among_first(
    targets: np.ndarray, probabilities: np.ndarray, first: int
) -> np.ndarray:
    """Return whether an image's class is among the most probable ones, (N,) float64.

    Classes of the same probability stand before it.

    Args:
        targets: (N, C) of 0 and 1, one 1 a row.
        probabilities: (N, C).
        first: how many.
    """
    own = (probabilities * targets).sum(axis=1, keepdims=True)
    return ((probabilities >= own).sum(axis=1) <= first).astype(float)


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy, by bins of the same number of answers.

    Attributes:
        confidence: (bins,) mean of each, rising.
        accuracy: (bins,) share of right answers.
        count: (bins,) answers.
        low: (bins,) of the band that a perfectly calibrated model's accuracy is in.
        high: (bins,) of it.
        error: mean distance of accuracy and confidence: the expected calibration error.
        error_low: of the band that a perfectly calibrated model's error is in.
        error_high: of it.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray
    low: np.ndarray
    high: np.ndarray
    error: float
    error_low: float
    error_high: float


def reliability(
    confidence: np.ndarray, is_right: np.ndarray, images: np.ndarray
) -> Reliability:
    """Return how confidence and accuracy go together.

    The bands, of 95 %, are those of `NUM_RESAMPLES` draws in which an answer is right
    with the probability that it states; the same image is as easy in every round.

    Args:
        confidence: (M,), 0..1, of M answers.
        is_right: (M,) of 0 and 1.
        images: (M,) int, the image of each answer.

    Source: Naeini and others (2015), AAAI, for the error; Nguyen and O'Connor (2015),
    EMNLP, for bins of equal counts; Vaicenavicius and others (2019), AISTATS, for the
    band.
    """
    order = np.argsort(confidence, kind="stable")
    stated, right = confidence[order].astype(np.float64), is_right[order]
    num_bins = min(NUM_BINS, len(order))
    count = np.array([len(each) for each in np.array_split(order, num_bins)])
    starts = np.cumsum(count) - count
    means = np.add.reduceat(stated, starts) / count
    accuracy = np.add.reduceat(right.astype(float), starts) / count
    _, own = np.unique(images[order], return_inverse=True)
    drawn = np.concatenate(list(_draws(stated, own, starts, count)))
    low, high = np.quantile(drawn, [TAIL, 1 - TAIL], axis=0)
    errors = (np.abs(drawn - means) * count).sum(axis=1) / count.sum()
    error_low, error_high = np.quantile(errors, [TAIL, 1 - TAIL])
    error = (np.abs(accuracy - means) * count).sum() / count.sum()
    return Reliability(
        means,
        accuracy,
        count,
        low,
        high,
        float(error),
        float(error_low),
        float(error_high),
    )


def _draws(
    stated: np.ndarray, images: np.ndarray, starts: np.ndarray, count: np.ndarray
) -> Iterator[np.ndarray]:
    """Yield what a perfectly calibrated model's accuracies are, (resamples, bins)."""
    random = np.random.default_rng(_SEED)
    num_images = int(images.max()) + 1
    block = max(1, _BLOCK // len(stated))
    for done in range(0, NUM_RESAMPLES, block):
        shape = (min(block, NUM_RESAMPLES - done), num_images)
        ease = random.random(shape, np.float32)[:, images]
        yield np.add.reduceat((ease < stated).astype(float), starts, axis=1) / count


def coverage(confidence: np.ndarray, is_right: np.ndarray) -> list[tuple[float, float]]:
    """Return (share of the answers, error among the surest of that share).

    Answers that are as sure count as their mean.

    Args:
        confidence: (M,) of M answers.
        is_right: (M,) of 0 and 1.

    Source: El-Yaniv and Wiener (2010), JMLR 11, 1605-1641.
    """
    _, place, count = np.unique(-confidence, return_inverse=True, return_counts=True)
    wrong = np.bincount(place, 1 - is_right)[place] / count[place]
    total = np.cumsum(wrong[np.argsort(-confidence, kind="stable")])
    num_answers = len(confidence)
    numbers = np.unique(
        np.ceil(np.arange(1, NUM_SHARES + 1) / NUM_SHARES * num_answers).astype(int)
    )
    return [(number / num_answers, total[number - 1] / number) for number in numbers]
