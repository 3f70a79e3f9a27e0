"""The part of a backbone above its cut, as training goes on with it.

In: a member of the features folder. Out: a Keras model from its features.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from headswap.artifacts.features.cache import Member
from headswap.artifacts.storage.layers import (
    build_from,
    refusing_layers,
    set_weights,
)

if TYPE_CHECKING:
    import keras

# Pixels are always scaled in full precision.
KEPT_IN_FULL_PRECISION = ("InputLayer", "Rescaling", "Normalization")


def build_above(member: Member, name: str) -> "keras.Model":
    """Return a fresh copy of the part above the cut, under another name.

    It computes in the precision that is set in Keras, whatever it was made in. A whole
    network with random weights is initialised anew, from Keras's seed.
    """
    file = member.folder / "above.json"
    with refusing_layers(file):
        config = json.loads(file.read_text(encoding="utf-8"))
        config["config"]["name"] = name
        _set_precision(config["config"]["layers"])
        above = build_from(config)
    if not (member.has_random_weights and member.rows.dtype == np.uint8):
        set_weights(above, member.folder / "above.weights.h5")
    return above


def _set_precision(layers: Sequence[dict[str, Any]]) -> None:
    """Let every layer in a model's configuration compute as Keras is set to."""
    import keras

    for layer in layers:
        config = layer["config"]
        # Operations that are no layers (an addition, say) follow their inputs.
        if layer["class_name"] not in KEPT_IN_FULL_PRECISION and "dtype" in config:
            config["dtype"] = keras.config.dtype_policy().name
        _set_precision(config.get("layers", []))
