"""What the small convolutional networks that are trained from scratch share."""

from collections.abc import Sequence

import keras

from headswap.features.backbones import _weights

HIDDEN_UNITS = (128, 64)
# The source is in PyTorch, whose default this is (0.1 there). With Keras's 0.99 and few
# steps an epoch, the statistics lag so far behind that validation stops training.
BATCH_NORM_MOMENTUM = 0.9


def build(
    name: str,
    pixels: keras.KerasTensor,
    weights: str | None,
    *,
    filters: Sequence[int],
    activation: str,
    batch_norm: bool = False,
    dropout: float = 0.0,
) -> keras.Model:
    """Return a network from pixels to its last hidden layer, (B, HIDDEN_UNITS[-1]).

    Each block is convolution, activation, convolution, activation, max pooling; the
    output layer is the head's. How many filters and units there are is not on record
    in the source; these keep each network below three million parameters at 150 px.

    Args:
        name: of the network.
        pixels: (B, S, S, 3) uint8 RGB, 0..255.
        weights: None, or the path of a weights file.
        filters: of each block.
        activation: of every layer.
        batch_norm: batch normalisation after each activation of a convolution.
        dropout: share dropped before the output layer.
    """
    tensor = keras.layers.Rescaling(1 / 255, name="rescale_pixels")(pixels)
    for block, num_filters in enumerate(filters, start=1):
        for number in (1, 2):
            prefix = f"block{block}_conv{number}"
            tensor = keras.layers.Conv2D(
                num_filters, 3, padding="same", activation=activation, name=prefix
            )(tensor)
            if batch_norm:
                tensor = keras.layers.BatchNormalization(
                    momentum=BATCH_NORM_MOMENTUM, name=f"{prefix}_norm"
                )(tensor)
        tensor = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(tensor)
    tensor = keras.layers.Flatten(name="flatten")(tensor)
    for number, units in enumerate(HIDDEN_UNITS, start=1):
        tensor = keras.layers.Dense(
            units, activation=activation, name=f"hidden{number}"
        )(tensor)
    if dropout:
        tensor = keras.layers.Dropout(dropout, name="dropout")(tensor)
    model = keras.Model(pixels, tensor, name=name)
    if weights is not None:
        _weights.load_weights(model, weights)
    return model
