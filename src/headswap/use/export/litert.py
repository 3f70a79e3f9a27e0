"""LiteRT, once TensorFlow Lite: phones and small devices."""

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


def write(network: "keras.Model", path: Path) -> None:
    """Write the file."""
    import tensorflow

    converter = tensorflow.lite.TFLiteConverter.from_concrete_functions(
        [as_function(network).get_concrete_function()], tracked(network)
    )
    path.write_bytes(converter.convert())


def load(path: Path) -> Run:
    """Return the function of a file."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_path=str(path)).get_signature_runner()

    def run(pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        return runner(**{PIXELS: pixels})

    return run


FORMAT = Format(
    "litert", "model.tflite", {"ai_edge_litert": "ai-edge-litert"}, write, load
)
export = partial(export_checked, FORMAT)
