"""How often an image stands among the training rows, so that classes weigh alike."""

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.tasks import finest
from headswap.errors import InputError


def training_times(index: Index, parts: np.ndarray, balance: str) -> np.ndarray:
    """Return how often each image stands among the training rows, (N,) int.

    Args:
        index: of the N images.
        parts: of the N images, (N,) str.
        balance: of the finest task's classes: `none`, `undersample` to the rarest or
            `oversample` to the most frequent.

    Raises:
        InputError: undersampling of a multilabel task.
    """
    times = (parts == "train").astype(int)
    if balance == "none":
        return times
    task = finest(index.tasks)
    targets = task.targets(index.cells[task.name])
    counts = targets.counts(times > 0)
    if balance == "oversample":
        factors = np.rint(counts.max() / np.maximum(counts, 1))
        # An image with several classes follows its rarest one; one without stays.
        return times * targets.highest(factors, 1).astype(int)
    if task.kind == "multilabel":
        raise InputError(
            "params.yaml: split.balance must be none or oversample for the multilabel "
            f"task {task.name}, got undersample: leaving out an image of a frequent "
            "class may leave out a rare one. Use oversample or train.class_weight."
        )
    # A class that does not train is not the smallest.
    smallest = int(counts[counts > 0].min())
    for number in range(task.num_classes):
        images = targets.images_of(number)
        rows = images[times[images] > 0]
        num_kept = min(smallest, len(rows))
        # Evenly spaced, so that no further seed is needed.
        kept = rows[np.linspace(0, len(rows) - 1, num_kept).astype(int)]
        times[np.setdiff1d(rows, kept)] = 0
    return times
