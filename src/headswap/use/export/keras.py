"""Keras's own file: `keras.models.load_model`, in safe mode, without headswap."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headswap.use.export._checked import export_checked
from headswap.use.export._format import Format, Run

if TYPE_CHECKING:
    import keras


def write(network: "keras.Model", path: Path) -> None:
    """Write the file."""
    network.save(path)


def load(path: Path) -> Run:
    """Return the function of a file."""
    import keras

    model = keras.models.load_model(path, compile=False, safe_mode=True)

    def run(pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        return model.predict_on_batch(pixels)

    return run


FORMAT = Format("keras", "model.keras", {}, write, load)
export = partial(export_checked, FORMAT)
