"""VGG16: plain 3x3 convolutions.

When to use: to compare with older work; slow for its accuracy.
Paper: https://arxiv.org/abs/1409.1556
Accuracy: 71.3 % on ImageNet (source: https://keras.io/api/applications).
Pixels: blue, green, red, each less its mean on ImageNet.
Feature map: 512 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (the values: CC BY 4.0,
Visual Geometry Group, University of Oxford).
"""

import keras

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
    "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "6d6bbae143d832006294945121d1f1fc",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 512) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _applications.build_application(
        "vgg16",
        keras.applications.VGG16,
        _applications.scale_like_caffe,
        pixels,
        weights,
        IMAGENET,
    )
