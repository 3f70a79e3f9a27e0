"""Six convolutions with sigmoid everywhere, trained from scratch.

When to use: beside `cnn_simple`, to see what the activation is worth.
Source: reference figures for the Intel scenes, "sigmoid" network: three blocks of two
convolutions and a pooling.
Pixels: scaled to 0..1. Weights: none; the whole network is trained.
"""

import keras

from headswap.features.backbones import _from_scratch

MINIMUM_SIZE = 16
FROM_SCRATCH = True


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Return the network from pixels (B, S, S, 3) to its last hidden layer (B, 64)."""
    return _from_scratch.build(
        "cnn_sigmoid", pixels, weights, filters=(16, 32, 64), activation="sigmoid"
    )
