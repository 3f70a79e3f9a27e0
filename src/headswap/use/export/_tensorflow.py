"""A network as a function of TensorFlow, from which other formats are made."""

from typing import Any

import keras

from headswap.use.whole import PIXELS


def as_function(network: keras.Model) -> Any:
    """Return the network as a `tf.function` of pixels, any number of pictures."""
    import tensorflow

    shape = (None, *network.input_shape[1:])
    pixels = tensorflow.TensorSpec(shape, "uint8", PIXELS)

    @tensorflow.function(input_signature=[pixels])
    def compute(pixels: Any) -> Any:
        return network(pixels, training=False)

    return compute


def tracked(network: keras.Model) -> Any:
    """Return what holds a network's variables for a converter.

    One that looks for them in the Keras model itself finds none, and writes zeros.
    """
    import tensorflow

    holder = tensorflow.Module()
    holder.kept = [variable.value for variable in network.variables]
    return holder
