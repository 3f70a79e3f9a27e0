"""MobileNetV3 Large: found by search, for telephones' processors.

When to use: small and fast, where EfficientNet-Lite0 is still too slow.
Paper: https://arxiv.org/abs/1905.02244
Accuracy: 75.2 % on ImageNet (source: the paper).
Pixels: scaled to -1..1.
Feature map: 960 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (Apache-2.0).
"""

import keras

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v3/"
    "weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
    "07fb09a5933dd0c8eaafa16978110389",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 960) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _applications.build_application(
        "mobilenet_v3_large",
        keras.applications.MobileNetV3Large,
        _applications.scale_like_tensorflow,
        pixels,
        weights,
        IMAGENET,
        include_preprocessing=False,
    )
