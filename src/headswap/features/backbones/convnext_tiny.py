"""ConvNeXt Tiny: convolutions arranged as in a transformer.

When to use: a modern network of ResNet50's size.
Paper: https://arxiv.org/abs/2201.03545
Accuracy: 81.3 % on ImageNet (source: https://keras.io/api/applications).
Pixels: each channel scaled to mean 0 and deviation 1 on ImageNet.
Feature map: 768 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (the values: MIT, Meta).
"""

import keras

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/tensorflow/keras-applications/convnext/"
    "convnext_tiny_notop.h5",
    "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 768) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _applications.build_application(
        "convnext_tiny",
        keras.applications.ConvNeXtTiny,
        _applications.scale_like_torch,
        pixels,
        weights,
        IMAGENET,
        include_preprocessing=False,
    )
