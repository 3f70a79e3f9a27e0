"""Losses on probabilities, with class weights and focus where they are wanted."""

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from headswap.artifacts.dataset.targets import AnyTargets
from headswap.artifacts.dataset.tasks import Task
from headswap.params.train import Section
from headswap.train.weights import class_weights, soften

# Source: Lin et al. 2017, "Focal Loss for Dense Object Detection", table 1b
# (https://arxiv.org/abs/1708.02002).
FOCAL_GAMMA = 2.0

Loss = Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]


def make_loss(
    task: Task, name: str, weights: np.ndarray | None, label_smoothing: float = 0.0
) -> Loss:
    """Return a loss of (targets, probabilities), (B, C) each, to (B,) float32.

    Args:
        task: whose loss it is; sums over classes where it is multiclass, and is their
            mean where it is multilabel, as Keras's cross-entropies are.
        name: `cross_entropy` or `focal`.
        weights: of `class_weights`.
        label_smoothing: share of each target that is spread, as `soften` does.
    """
    if name == "cross_entropy" and weights is None:
        if task.kind == "multilabel":
            return keras.losses.BinaryCrossentropy(label_smoothing=label_smoothing)
        return keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing)
    gamma = FOCAL_GAMMA if name == "focal" else 0.0
    factors = np.ones(task.num_classes, np.float32) if weights is None else weights

    def loss(
        targets: keras.KerasTensor, probabilities: keras.KerasTensor
    ) -> keras.KerasTensor:
        targets = soften(targets, task, label_smoothing)
        epsilon = keras.config.epsilon()
        weight = keras.ops.convert_to_tensor(factors)
        yes = keras.ops.clip(probabilities, epsilon, 1 - epsilon)
        positive = weight * targets * (1 - yes) ** gamma * keras.ops.log(yes)
        if task.kind == "multiclass":
            return -keras.ops.sum(positive, axis=-1)
        negative = (1 - targets) * yes**gamma * keras.ops.log(1 - yes)
        return -keras.ops.mean(positive + negative, axis=-1)

    return loss


def make_losses(
    tasks: Sequence[Task],
    targets: Mapping[str, AnyTargets],
    rows: np.ndarray,
    options: Section,
) -> dict[str, Loss]:
    """Return the loss of each task, by name.

    Args:
        tasks: of the model.
        targets: (rows, C) float32 of 0 and 1 by task name, for every feature row.
        rows: positions of the rows that are fitted to.
        options: the `train` section.
    """
    return {
        task.name: make_loss(
            task,
            options.loss,
            class_weights(targets[task.name], rows, task, options.class_weight),
            options.label_smoothing,
        )
        for task in tasks
    }


def weigh_tasks(tasks: Sequence[Task], options: Section) -> dict[str, float] | None:
    """Return how much each task counts in their sum; None where all count alike."""
    if not options.loss_weights:
        return None
    return {task.name: options.loss_weights.get(task.name, 1.0) for task in tasks}
