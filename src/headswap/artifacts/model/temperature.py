"""Temperatures: how sure a model says it is, set right after it was fitted.

In: probabilities, or a Keras model that gives them, and one number a task. Out: the
same with all scores (logits) divided by it, so that the order of an image's classes
stays. Above 1 a model is less sure than it was, below 1 surer. An ensemble that is
merged by scores has one too, after the merge: the layer that merges has weighed each
member already.

Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2
(https://arxiv.org/abs/1706.04599).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

# A temperature that changes nothing.
NEUTRAL = 1.0
# Below these a probability counts as no smaller: the least that float32 holds, and the
# least distance from 1 that float64 does.
_LEAST = float(np.finfo(np.float32).tiny)
_LEAST_TO_ONE = 1e-16


def temper(probabilities: np.ndarray, kind: str, temperature: float) -> np.ndarray:
    """Return probabilities, (N, C) float64, under a temperature.

    Args:
        probabilities: (N, C), 0..1.
        kind: of the task: `multiclass` are softmax of scores, `multilabel` sigmoid.
        temperature: above 0.
    """
    likely = np.asarray(probabilities, np.float64)
    if temperature == NEUTRAL:
        return likely
    scores = np.log(np.maximum(likely, _LEAST))
    if kind == "multilabel":
        scores = scores - np.log(np.maximum(1 - likely, _LEAST_TO_ONE))
        return np.asarray(1 / (1 + np.exp(-scores / temperature)))
    scaled = (scores - scores.max(axis=1, keepdims=True)) / temperature
    powers = np.exp(scaled)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def add_temperatures(
    model: "keras.Model", temperatures: Mapping[str, float]
) -> "keras.Model":
    """Return a Keras model whose outputs are under temperatures, of plain layers.

    What one task's layer gives another stays as the other was fitted to it.

    Args:
        model: from inputs by name to {task name: probabilities}, each from a Dense
            layer of its own.
        temperatures: by task name.
    """
    import keras

    if all(each == NEUTRAL for each in temperatures.values()):
        return model
    outputs = {
        name: _tempered(tensor, temperatures.get(name, NEUTRAL))
        for name, tensor in model.output.items()
    }
    return keras.Model(model.input, outputs, name=model.name)


def _tempered(tensor: Any, temperature: float) -> Any:
    """Return a tensor of probabilities under a temperature."""
    import keras

    if temperature == NEUTRAL:
        return tensor
    layer, number, _ = tensor._keras_history
    node = layer._inbound_nodes[number]
    if isinstance(layer, keras.Model):
        ((name, inner),) = layer.output.items()
        scaled = keras.Model(
            layer.input,
            {name: _tempered(inner, temperature)},
            name=f"{layer.name}-tempered",
        )
        return scaled(*node.arguments.args, **node.arguments.kwargs)[name]
    kernel, bias = layer.get_weights()
    dense = keras.layers.Dense.from_config(
        {**layer.get_config(), "name": f"{layer.name}-tempered"}
    )
    result = dense(node.input_tensors[0])
    dense.set_weights([kernel / temperature, bias / temperature])
    return result
