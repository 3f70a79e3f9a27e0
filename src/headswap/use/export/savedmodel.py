"""TensorFlow's SavedModel, in a folder of versions as TensorFlow Serving reads it.

Its signature `serving_default` takes `pixels` and gives one output a task.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headswap.use.export._checked import export_checked
from headswap.use.export._format import Format, Run
from headswap.use.export._tensorflow import as_function, tracked
from headswap.use.whole import PIXELS

if TYPE_CHECKING:
    import keras

SIGNATURE = "serving_default"


def write(network: "keras.Model", path: Path) -> None:
    """Write the folder."""
    import tensorflow

    holder = tracked(network)
    holder.serve = as_function(network)
    tensorflow.saved_model.save(holder, str(path), {SIGNATURE: holder.serve})


def load(path: Path) -> Run:
    """Return the function of a folder."""
    import tensorflow

    model = tensorflow.saved_model.load(str(path))
    serve = model.signatures[SIGNATURE]

    def run(pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        # The model has to live as long as its function.
        found = serve(**{PIXELS: tensorflow.constant(pixels)}) if model else {}
        return {name: value.numpy() for name, value in found.items()}

    return run


FORMAT = Format("savedmodel", "1", {}, write, load)
export = partial(export_checked, FORMAT)
