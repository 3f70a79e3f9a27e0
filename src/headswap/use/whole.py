"""A bundle as one network of Keras's own layers: pixels -> probabilities by task.

In: a bundle. Out: a Keras model from (N, S, S, 3) uint8, S the bundle's `image_size`,
to {task name: (N, C) float32}. It holds the networks below the cut, the heads, the
views and, where a network takes smaller pictures, the resizing. None of its layers is a
class of this project, and none is a model.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

# It has no public name.
from keras.src.models.functional import Functional

from headswap.artifacts.bundle.bundle import MODEL, NETWORKS, Bundle, Network
from headswap.artifacts.features.below import build_below
from headswap.artifacts.model.model import load_model
from headswap.layers.flattened import Flattened
from headswap.layers.inference import Inference
from headswap.layers.pooling import PowerMean
from headswap.pictures.resize import resample

PIXELS = "pixels"
# As those of `pictures.views`, on tensors.
VIEWS: dict[str, Callable[[Any], Any]] = {
    "plain": lambda pixels: pixels,
    "flip": lambda pixels: keras.ops.flip(pixels, axis=2),
}


def build_whole(folder: Path, bundle: Bundle) -> keras.Model:
    """Return the network of a bundle.

    Args:
        folder: of the bundle.
        bundle: what it says.
    """
    size = bundle.image_size
    pixels = keras.Input((size, size, 3), dtype="uint8", name=PIXELS)
    below = {
        network.name: _Plain(
            build_below(folder / NETWORKS / network.name), network.name
        )
        for network in bundle.networks
        if network.has_below
    }
    shrinks = {
        network.name: _Shrink(size, network)
        for network in bundle.networks
        if network.image_size != size
    }
    above = _Plain(load_model(folder / MODEL), MODEL)
    of_views = []
    for view in bundle.views:
        inputs = {}
        for network in bundle.networks:
            tensor = VIEWS[view](pixels)
            if network.name in shrinks:
                tensor = shrinks[network.name](tensor)
            if network.name in below:
                tensor = keras.tree.flatten(below[network.name](tensor))[0]
                if bundle.cached_dtype == "float16":
                    tensor = _rounded(tensor)
            inputs[network.input_name] = tensor
        of_views.append(above(inputs))
    outputs = {
        name: _average([each[name] for each in of_views]) for name in of_views[0]
    }
    return keras.Model(pixels, outputs, name="headswap")


def _rounded(tensor: Any) -> Any:
    """Return numbers rounded as float16 has them, which the heads were fitted to.

    By arithmetic, because converters drop a cast that is taken back at once.

    Source: Dekker (1971), "A floating-point technique for extending the available
    precision", on splitting a number; float16 keeps 11 of float32's 24 bits.
    """
    scaled = tensor * (2.0**13 + 1)
    return scaled - (scaled - tensor)


def _average(tensors: Sequence[Any]) -> Any:
    return keras.layers.Average()(tensors) if len(tensors) > 1 else tensors[0]


class _Plain(Flattened):
    """Calls a model's layers, without classes of this project.

    Args:
        model: cannot be used any more afterwards.
        name: before the names of its layers, so that they are unique in a larger graph.
    """

    def __init__(self, model: Functional, name: str):
        super().__init__(f"{name}-")
        self._model = model

    def __call__(self, tensors: Any) -> Any:
        """Return what the model gives."""
        if isinstance(tensors, dict):
            # A model ignores inputs that it has not.
            tensors = {name: tensors[name] for name in self._model.input}
        return self.run(self._model, tensors)

    def run(self, model: Functional, tensors: Any) -> Any:
        return super().run(model, model._standardize_inputs(tensors))

    def open(self, operation: Any) -> Any:
        if isinstance(operation, Inference):
            operation = operation.layer
        return super().open(operation)

    def call(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(operation, PowerMean):
            return _power_mean(operation, arguments[0])
        return super().call(operation, *arguments, **options)


def _power_mean(layer: PowerMean, feature_map: Any) -> Any:
    """Return what the layer gives, by operations of Keras's own."""
    positive = keras.ops.maximum(keras.ops.cast(feature_map, "float32"), layer.epsilon)
    mean = keras.ops.mean(keras.ops.power(positive, layer.power), axis=(1, 2))
    return keras.ops.cast(keras.ops.power(mean, 1 / layer.power), layer.compute_dtype)


class _Shrink:
    """`squash` to a network's size as layers: one product along each axis.

    Args:
        size: of the pictures, in pixels.
        network: that takes others.
    """

    def __init__(self, size: int, network: Network):
        # Resizing is linear: what becomes of every single row is all there is to know.
        impulses = np.eye(size, dtype=np.float32)
        weights = resample(impulses, size, network.image_size)
        self._is_halved = size == 2 * network.image_size
        self._layers = []
        for axis, order in (("columns", (3, 1, 2)), ("rows", (1, 3, 2))):
            name = f"{network.name}-{axis}"
            permute = keras.layers.Permute(order, name=f"{name}-last", dtype="float32")
            product = keras.layers.Dense(
                network.image_size, use_bias=False, name=name, dtype="float32"
            )
            product.build((None, 3, size, size))
            product.set_weights([weights.T])
            self._layers += [permute, product]
        self._layers.append(
            keras.layers.Permute((3, 2, 1), name=f"{network.name}-pixels")
        )

    def __call__(self, pixels: Any) -> Any:
        """Return the smaller pictures, uint8 in steps of 1."""
        tensor = keras.ops.cast(pixels, "float32")
        for layer in self._layers:
            tensor = layer(tensor)
        # As OpenCV rounds: a half up where it takes means of four, else to even.
        rounded = (
            keras.ops.floor(tensor + 0.5)
            if self._is_halved
            else keras.ops.round(tensor)
        )
        return keras.ops.cast(keras.ops.clip(rounded, 0, 255), "uint8")
