"""What a loss makes of labels, whatever minimises it.

How much each class and each row counts, and how sure a label is taken to be.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headswap.artifacts.dataset.targets import AnyTargets, Targets
from headswap.artifacts.dataset.tasks import Task
from headswap.errors import InputError


def class_weights(
    targets: AnyTargets, rows: np.ndarray, task: Task, scheme: str
) -> np.ndarray | None:
    """Return the weight of each class's positive term, (C,) float32; None for none.

    `balanced`: multiclass N / (C n_c), as scikit-learn's `class_weight`; multilabel
    (N - n_c) / n_c, so that a class's positives weigh as much as its negatives.
    `effective`: (1 - b) / (1 - b ** n_c) with b = (N - 1) / N, scaled to a mean of 1.
    Source: Cui et al. 2019, "Class-Balanced Loss Based on Effective Number of Samples",
    equation 3 (https://arxiv.org/abs/1901.05555).

    Args:
        targets: (N, C) of 0 and 1, over all feature rows.
        rows: positions of those fitted to; those without a label do not count.
        task: whose targets they are.
        scheme: `none`, `balanced` or `effective`.
    """
    if scheme == "none":
        return None
    num_rows = int(task.is_labelled(targets)[rows].sum())
    counts = np.maximum(_counts(targets, rows), 1)
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


def _counts(targets: AnyTargets, rows: np.ndarray) -> np.ndarray:
    if isinstance(targets, Targets):
        return targets.counts(rows).astype(np.float64)
    return targets[rows].sum(axis=0, dtype=np.float64)


def soften(targets: Any, task: Task, share: float) -> Any:
    """Return targets of which a share is spread over what they could be.

    Args:
        targets: (N, C) of 0 and 1, an array or a tensor.
        task: whose they are: all classes of `multiclass`, yes and no of `multilabel`.
        share: 0..1.

    Source: Szegedy and others (2016), section 7 (https://arxiv.org/abs/1512.00567).
    """
    choices = 2 if task.kind == "multilabel" else task.num_classes
    return targets * (1 - share) + share / choices


def label_weights(
    targets: Mapping[str, AnyTargets], tasks: Sequence[Task], rows: np.ndarray
) -> dict[str, np.ndarray]:
    """Return how much every feature row counts, (rows,) float32, by task name.

    What has no label of a task counts nothing, all others so much that the mean loss of
    the rows is theirs. Empty where all feature rows have labels of all tasks.

    Args:
        targets: (rows, C) of 0 and 1, by task name, over all feature rows.
        tasks: whose loss it is.
        rows: positions of the rows whose mean it is.

    Raises:
        InputError: none of the rows has a label of a task.
    """
    labelled = {task.name: task.is_labelled(targets[task.name]) for task in tasks}
    if all(is_labelled.all() for is_labelled in labelled.values()):
        return {}
    weights = {}
    for name, is_labelled in labelled.items():
        share = is_labelled[rows].mean()
        if not share:
            raise InputError(
                f"train: {name} must have labels among the pictures that train and "
                "among those that validate, got none. Give it some in both parts."
            )
        weights[name] = (is_labelled / share).astype(np.float32)
    return weights
