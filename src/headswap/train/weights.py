"""How much each class counts in the loss, whatever minimises it."""

import numpy as np

from headswap.artifacts.dataset.tasks import Task


def class_weights(targets: np.ndarray, task: Task, scheme: str) -> np.ndarray | None:
    """Return the weight of each class's positive term, (C,) float32; None for none.

    `balanced`: multiclass N / (C n_c), as scikit-learn's `class_weight`; multilabel
    (N - n_c) / n_c, so that a class's positives weigh as much as its negatives.
    `effective`: (1 - b) / (1 - b ** n_c) with b = (N - 1) / N, scaled to a mean of 1.
    Source: Cui et al. 2019, "Class-Balanced Loss Based on Effective Number of Samples",
    equation 3 (https://arxiv.org/abs/1901.05555).

    Args:
        targets: (N, C) of 0 and 1, of the rows fitted to.
        task: whose targets they are.
        scheme: `none`, `balanced` or `effective`.
    """
    if scheme == "none":
        return None
    num_rows = len(targets)
    counts = np.maximum(targets.sum(axis=0, dtype=np.float64), 1)
    if scheme == "effective":
        base = (num_rows - 1) / num_rows
        weights = (1 - base) / (1 - base**counts)
        weights /= weights.mean()
    elif task.kind == "multilabel":
        # At least 1, so that a class every row has does not weigh nothing.
        weights = np.maximum(num_rows - counts, 1) / counts
    else:
        weights = num_rows / (task.num_classes * counts)
    return weights.astype(np.float32)
