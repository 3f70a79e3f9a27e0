"""DenseNet121: every layer of a block sees all layers before it.

When to use: few weights (7 million); often used on medical pictures.
Paper: https://arxiv.org/abs/1608.06993
Accuracy: 75.0 % on ImageNet (source: https://keras.io/api/applications).
Pixels: each channel scaled to mean 0 and deviation 1 on ImageNet.
Feature map: 1024 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (Apache-2.0).
"""

import keras

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/tensorflow/keras-applications/densenet/"
    "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "30ee3e1110167f948a6b9946edeeb738",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 1024) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _applications.build_application(
        "densenet121",
        keras.applications.DenseNet121,
        _applications.scale_like_torch,
        pixels,
        weights,
        IMAGENET,
    )
