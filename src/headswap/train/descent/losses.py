"""Losses on probabilities, with class weights and focus where they are wanted."""

from collections.abc import Callable

import keras
import numpy as np

from headswap.artifacts.dataset.tasks import Task

# Source: Lin et al. 2017, "Focal Loss for Dense Object Detection", table 1b
# (https://arxiv.org/abs/1708.02002).
FOCAL_GAMMA = 2.0

Loss = Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]


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
