"""The part of a network below its cut, as a model in use needs it.

In: its two files. Out: a Keras model from pictures to features.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from headswap.artifacts.features.cache import BELOW_FILES
from headswap.artifacts.storage.layers import build_layers, set_weights

if TYPE_CHECKING:
    import keras


def build_below(folder: Path) -> "keras.Model":
    """Return the part below the cut.

    Args:
        folder: that holds its files.
    """
    layers, weights = (folder / name for name in BELOW_FILES)
    below = build_layers(layers)
    set_weights(below, weights)
    return below
