"""OpenVINO in int8: a quarter of the size, and faster where the processor can.

Source: Jacob and others 2018, "Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference"; NNCF does it.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headswap.engines.openvino import import_openvino
from headswap.use.export._quantized import export_quantized
from headswap.use.export._tensorflow import as_function
from headswap.use.export.openvino import FORMAT

if TYPE_CHECKING:
    import keras


def write(network: "keras.Model", path: Path, shown: np.ndarray) -> None:
    """Write the file; ranges are those of some pictures, (N, S, S, 3) uint8."""
    # Before NNCF, which then reports its use to nobody either.
    openvino = import_openvino()
    import nncf

    model = openvino.convert_model(as_function(network).get_concrete_function())
    pictures = nncf.Dataset([picture[None] for picture in shown])
    quantized = nncf.quantize(model, pictures, subset_size=len(shown))
    openvino.save_model(quantized, path, compress_to_fp16=False)


PACKAGES = {**FORMAT.packages, "nncf": "nncf"}
FORM = replace(FORMAT, name="openvino_int8", packages=PACKAGES)
export = partial(export_quantized, FORM, write)
