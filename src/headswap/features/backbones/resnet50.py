"""ResNet50: residual blocks, the common yardstick.

When to use: to compare with others' figures.
Paper: https://arxiv.org/abs/1512.03385
Accuracy: 74.9 % on ImageNet (source: https://keras.io/api/applications).
Pixels: blue, green, red, each less its mean on ImageNet.
Feature map: 2048 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (Apache-2.0).
"""

import keras

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/tensorflow/keras-applications/resnet/"
    "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "4d473c1dd8becc155b73f8504c6f6626",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 2048) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _applications.build_application(
        "resnet50",
        keras.applications.ResNet50,
        _applications.scale_like_caffe,
        pixels,
        weights,
        IMAGENET,
    )
