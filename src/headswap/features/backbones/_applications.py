"""What the networks of keras.applications share: scaling of pixels, building, weights.

In: pixels uint8 0..255 RGB, and a network of keras.applications. Out: one flat Keras
model from those pixels to the feature map before pooling, scaling included.
Guaranteed: for the same weights the output is that of `preprocess_input` followed by
the network, whichever of the three conventions of keras.applications it was trained
with. Pixels are scaled in float32 under every dtype policy.

Source: keras.applications.imagenet_utils.preprocess_input.
"""

import collections.abc
import pathlib

import keras

from headswap.features.backbones import _weights

# Of ImageNet's training images, in the order red, green, blue.
CAFFE_MEANS = (123.68, 116.779, 103.939)
TORCH_MEANS = (0.485, 0.456, 0.406)
TORCH_DEVIATIONS = (0.229, 0.224, 0.225)

Scaling = collections.abc.Callable[[keras.KerasTensor], keras.KerasTensor]


def build_application(
    name: str,
    network: collections.abc.Callable[..., keras.Model],
    scale: Scaling,
    pixels: keras.KerasTensor,
    weights: str | pathlib.Path | None,
    imagenet: _weights.Download,
    **options: bool,
) -> keras.Model:
    """`network` from `pixels` to the feature map (batch, h, w, C), without classifier.

    Args:
        name: of the backbone; the model bears it, and the error messages use it.
        network: a function of keras.applications, such as `VGG16`.
        scale: from pixels 0..255 to what `network` was trained with.
        pixels: (batch, S, S, 3) uint8, RGB 0..255.
        weights: `imagenet`, None for random values, or the path of a file that Keras
            can load.
        imagenet: where the file for `imagenet` is published.
        **options: for `network`; `include_preprocessing=False` where it would scale
            the pixels itself, so that all scaling is one layer, in float32, here.

    Raises:
        InputError: the weights are not there, or do not fit.
    """
    # Found before the network is built, and not by Keras, which waits for ever on a
    # network that does not answer, and whose graphs depend on the value of `weights`.
    path = (
        _weights.find_imagenet_file(name, imagenet)
        if weights == "imagenet"
        else weights
    )
    output = network(
        weights=None, include_top=False, input_tensor=scale(pixels), **options
    ).output
    # Most of these networks call their input a list, and then warn about a plain array.
    model = keras.Model(pixels, output, name=name)
    if path is not None:
        _weights.load_weights(model, path)
    return model


def keep(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Pixels as they are, for a network that can only scale them itself."""
    return pixels


def scale_like_tensorflow(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Pixels scaled to -1..1."""
    return _rescale(pixels, 1 / 127.5, -1.0)


def scale_by_128(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Pixels scaled to -1..1 as only EfficientNetV2-S, -M and -L were trained."""
    return _rescale(pixels, 1 / 128, -1.0)


def scale_like_torch(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Each channel scaled to mean 0 and deviation 1 on ImageNet."""
    factors = [1 / (255 * deviation) for deviation in TORCH_DEVIATIONS]
    offsets = [
        -mean / deviation
        for mean, deviation in zip(TORCH_MEANS, TORCH_DEVIATIONS, strict=True)
    ]
    return _rescale(pixels, factors, offsets)


def scale_like_caffe(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Channels in the order blue, green, red, each less its mean on ImageNet."""
    centred = _rescale(pixels, 1.0, [-mean for mean in CAFFE_MEANS])
    return keras.ops.flip(centred, axis=-1)


def _rescale(
    pixels: keras.KerasTensor, factor: float | list[float], offset: float | list[float]
) -> keras.KerasTensor:
    layer = keras.layers.Rescaling(
        factor, offset, dtype="float32", name="rescale_pixels"
    )
    return layer(pixels)
