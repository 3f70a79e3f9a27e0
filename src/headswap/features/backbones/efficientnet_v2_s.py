"""EfficientNetV2-S: 20 million weights, trained at up to 384 px.

When to use: the highest accuracy here, with pictures of 300 px and more.
Paper: https://arxiv.org/abs/2104.00298
Accuracy: 83.9 % on ImageNet (source: https://keras.io/api/applications).
Pixels: pixel / 128 - 1.
Feature map: 1280 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (Apache-2.0).
"""

import keras

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/tensorflow/keras-applications/efficientnet_v2/"
    "efficientnetv2-s_notop.h5",
    "af0682fb74e8c54910f2d4393339c070",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 1280) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _applications.build_application(
        "efficientnet_v2_s",
        keras.applications.EfficientNetV2S,
        _applications.scale_by_128,
        pixels,
        weights,
        IMAGENET,
        include_preprocessing=False,
    )
