"""Heads: what stands between the backbone's vector and the probabilities.

Names inside a model are joined by hyphens, which the name of a task cannot hold, so no
task can be mistaken for a layer.
"""

import keras

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.heads import ACTIVATIONS, SCORES
from headswap.params.train import Section

# What `train.l2: auto` is where heads are trained.
L2 = 0.0003
# Keras's 0.99 leaves the statistics behind when an epoch has few steps.
MOMENTUM = 0.9


def strength(options: Section) -> float:
    """Return the weight of the L2 penalty on the kernels of trained heads."""
    return L2 if options.fixed_l2 is None else options.fixed_l2


def hidden_layers(
    vector: keras.KerasTensor, options: Section, name: str
) -> keras.KerasTensor:
    """Return the last hidden layer's tensor, (B, units) float32.

    Each hidden layer is Dense, batch normalisation where wanted, the activation and
    dropout. Without hidden layers the vector itself is returned, after dropout.

    Args:
        vector: (B, D) float32.
        options: the `train` section.
        name: prefix of the layer names, unique within a model.
    """
    tensor = vector
    for number, units in enumerate(options.hidden, start=1):
        prefix = f"{name}-hidden{number}"
        tensor = keras.layers.Dense(
            units, kernel_regularizer=_regularizer(strength(options)), name=prefix
        )(tensor)
        if options.batch_norm:
            tensor = keras.layers.BatchNormalization(
                momentum=MOMENTUM, name=f"{prefix}-norm"
            )(tensor)
        tensor = keras.layers.Activation(
            options.activation, name=f"{prefix}-{options.activation}"
        )(tensor)
        if options.dropout:
            tensor = keras.layers.Dropout(options.dropout, name=f"{prefix}-dropout")(
                tensor
            )
    if not options.hidden and options.dropout:
        tensor = keras.layers.Dropout(options.dropout, name=f"{name}-dropout")(tensor)
    return tensor


def output_layer(task: Task, l2: float) -> keras.layers.Dense:
    """Return the layer that gives a task's probabilities, (B, num_classes) float32."""
    return _dense(task, l2, task.name, ACTIVATIONS[task.kind])


def score_layer(task: Task, l2: float, name: str) -> keras.layers.Dense:
    """Return a layer that gives one score a class, (B, num_classes) float32."""
    return _dense(task, l2, name, ACTIVATIONS[SCORES])


def _dense(task: Task, l2: float, name: str, activation: str) -> keras.layers.Dense:
    return keras.layers.Dense(
        task.num_classes,
        activation=activation,
        kernel_regularizer=_regularizer(l2),
        # Probabilities stay float32 when the layers below compute in 16 bits.
        dtype="float32",
        name=name,
    )


def _regularizer(l2: float) -> keras.Regularizer | None:
    return keras.regularizers.L2(l2) if l2 else None
