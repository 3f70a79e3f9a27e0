"""Xception: Inception taken to depthwise separable convolutions.

When to use: with larger pictures; it was trained at 299 px.
Paper: https://arxiv.org/abs/1610.02357
Accuracy: 79.0 % on ImageNet (source: https://keras.io/api/applications).
Pixels: scaled to -1..1.
Feature map: 2048 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (Apache-2.0).
"""

import keras

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 71
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/tensorflow/keras-applications/xception/"
    "xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "b0042744bf5b25fce3cb969f33bebb97",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 2048) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _applications.build_application(
        "xception",
        keras.applications.Xception,
        _applications.scale_like_tensorflow,
        pixels,
        weights,
        IMAGENET,
    )
