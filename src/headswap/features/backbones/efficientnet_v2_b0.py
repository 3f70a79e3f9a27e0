"""EfficientNetV2-B0: EfficientNet with fused blocks.

When to use: a small network that is to be fine-tuned.
Paper: https://arxiv.org/abs/2104.00298
Accuracy: 78.7 % on ImageNet (source: https://keras.io/api/applications).
Pixels: each channel scaled to mean 0 and deviation 1 on ImageNet.
Feature map: 1280 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (Apache-2.0).
"""

import keras

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/tensorflow/keras-applications/efficientnet_v2/"
    "efficientnetv2-b0_notop.h5",
    "893217f2bb855e2983157299931e43ff",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 1280) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _applications.build_application(
        "efficientnet_v2_b0",
        keras.applications.EfficientNetV2B0,
        _applications.scale_like_torch,
        pixels,
        weights,
        IMAGENET,
        include_preprocessing=False,
    )
