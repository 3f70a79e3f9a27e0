"""LiteRT in int8: a quarter of the size; what has no such form stays in float32.

Source: Jacob and others 2018, "Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference".
"""

import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headswap.use.export._quantized import export_quantized
from headswap.use.export._tensorflow import as_function, tracked
from headswap.use.export.litert import FORMAT
from headswap.use.whole import PIXELS

if TYPE_CHECKING:
    import keras


def write(network: "keras.Model", path: Path, shown: np.ndarray) -> None:
    """Write the file; ranges are those of some pictures, (N, S, S, 3) uint8."""
    import tensorflow

    converter = tensorflow.lite.TFLiteConverter.from_concrete_functions(
        [as_function(network).get_concrete_function()], tracked(network)
    )
    converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        {PIXELS: picture[None]} for picture in shown
    )
    with warnings.catch_warnings():
        # Of what the converter itself runs the network by.
        warnings.filterwarnings("ignore", ".*tf.lite.Interpreter is deprecated")
        content = converter.convert()
    path.write_bytes(content)


export = partial(export_quantized, replace(FORMAT, name="litert_int8"), write)
