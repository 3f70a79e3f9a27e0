"""Six convolutions with batch normalisation, and dropout before the output layer.

When to use: trained from scratch, where there is little else; beside `cnn_simple`, to
see what normalisation, depth and dropout are worth.
Source: reference figures for the Intel scenes, "norm and dropout" network: batch
normalisation after each ReLU and a third convolution block.
Pixels: scaled to 0..1. Weights: none; the whole network is trained.
"""

import keras

from headswap.features.backbones import _from_scratch

MINIMUM_SIZE = 16
FROM_SCRATCH = True


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Return the network from pixels (B, S, S, 3) to its last hidden layer (B, 64)."""
    return _from_scratch.build(
        "cnn_norm_dropout",
        pixels,
        weights,
        filters=(16, 32, 64),
        activation="relu",
        batch_norm=True,
        dropout=0.5,
    )
