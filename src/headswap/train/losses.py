"""Losses on probabilities, with class weights and focus where they are wanted."""

from collections.abc import Callable

import keras
import numpy as np

from headswap.artifacts.dataset.tasks import Task

# Source: Lin et al. 2017, "Focal Loss for Dense Object Detection", table 1b
# (https://arxiv.org/abs/1708.02002).
FOCAL_GAMMA = 2.0

Loss = Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]


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


def make_loss(task: Task, name: str, weights: np.ndarray | None) -> Loss:
    """Return a loss of (targets, probabilities), (B, C) each, to (B,) float32.

    Args:
        task: whose loss it is; sums over classes where it is multiclass, and is their
            mean where it is multilabel, as Keras's cross-entropies are.
        name: `cross_entropy` or `focal`.
        weights: of `class_weights`.
    """
    if name == "cross_entropy" and weights is None:
        if task.kind == "multilabel":
            return keras.losses.BinaryCrossentropy()
        return keras.losses.CategoricalCrossentropy()
    gamma = FOCAL_GAMMA if name == "focal" else 0.0
    factors = np.ones(task.num_classes, np.float32) if weights is None else weights

    def loss(
        targets: keras.KerasTensor, probabilities: keras.KerasTensor
    ) -> keras.KerasTensor:
        epsilon = keras.config.epsilon()
        weight = keras.ops.convert_to_tensor(factors)
        yes = keras.ops.clip(probabilities, epsilon, 1 - epsilon)
        positive = weight * targets * (1 - yes) ** gamma * keras.ops.log(yes)
        if task.kind == "multiclass":
            return -keras.ops.sum(positive, axis=-1)
        negative = (1 - targets) * yes**gamma * keras.ops.log(1 - yes)
        return -keras.ops.mean(positive + negative, axis=-1)

    return loss
