"""Four convolutions and two hidden layers, trained from scratch: the plainest CNN.

When to use: to see what a pretrained backbone is worth.
Source: reference figures for the Intel scenes, "simple" network: Conv-ReLU-Conv-ReLU-
MaxPool twice, Flatten, FC-ReLU-FC-ReLU and the output layer.
Pixels: scaled to 0..1. Weights: none; the whole network is trained.
"""

import keras

from headswap.features.backbones import _from_scratch

MINIMUM_SIZE = 8
FROM_SCRATCH = True


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Return the network from pixels (B, S, S, 3) to its last hidden layer (B, 64)."""
    return _from_scratch.build(
        "cnn_simple", pixels, weights, filters=(16, 32), activation="relu"
    )
