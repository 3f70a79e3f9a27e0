"""MobileNetV2: inverted residuals, made for telephones.

When to use: to compare with others' figures for small networks.
Paper: https://arxiv.org/abs/1801.04381
Accuracy: 71.3 % on ImageNet (source: https://keras.io/api/applications).
Pixels: scaled to -1..1.
Feature map: 1280 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (Apache-2.0).
Keras has other weights for inputs of 96, 128, 160 and 192 px and picks by input size;
here it is always the file for 224 px, so that sizes can be compared. Keras publishes no
hash of it, as it does for the other networks.
"""

import keras

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 1280) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _applications.build_application(
        "mobilenet_v2",
        keras.applications.MobileNetV2,
        _applications.scale_like_tensorflow,
        pixels,
        weights,
        IMAGENET,
    )
