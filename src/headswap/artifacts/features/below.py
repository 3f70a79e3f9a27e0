"""The part of a network below its cut, as a model in use needs it.

In: its two files. Out: a Keras model from pictures to features.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from headswap.artifacts.features.cache import BELOW_FILES

if TYPE_CHECKING:
    import keras


def build_below(folder: Path) -> "keras.Model":
    """Return the part below the cut.

    Args:
        folder: that holds its files.
    """
    import keras

    # Importing it lets Keras rebuild a part that pools by power mean.
    from headswap.layers.pooling import PowerMean  # noqa: F401

    layers, weights = (folder / name for name in BELOW_FILES)
    below = keras.models.model_from_json(layers.read_text(encoding="utf-8"))
    below.load_weights(weights)
    return below
