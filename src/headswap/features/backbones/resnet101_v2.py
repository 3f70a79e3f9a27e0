"""ResNet101V2: deeper than ResNet50, normalization before activation.

When to use: more capacity than ResNet50, for more time.
Paper: https://arxiv.org/abs/1603.05027
Accuracy: 77.2 % on ImageNet (source: https://keras.io/api/applications).
Pixels: scaled to -1..1.
Feature map: 2048 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (Apache-2.0).
"""

import keras

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/tensorflow/keras-applications/resnet/"
    "resnet101v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "c0ed64b8031c3730f411d2eb4eea35b5",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 2048) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _applications.build_application(
        "resnet101_v2",
        keras.applications.ResNet101V2,
        _applications.scale_like_tensorflow,
        pixels,
        weights,
        IMAGENET,
    )
