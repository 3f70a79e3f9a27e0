"""ONNX: what most other runtimes read."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headswap.use.export._checked import export_checked
from headswap.use.export._format import Format, Run
from headswap.use.export._tensorflow import as_function
from headswap.use.whole import PIXELS

if TYPE_CHECKING:
    import keras

# Of ONNX's operators; runtimes of 2022 and later know it.
OPSET = 17


def write(network: "keras.Model", path: Path) -> None:
    """Write the file."""
    import tf2onnx

    function = as_function(network)
    tf2onnx.convert.from_function(
        function,
        input_signature=function.input_signature,
        opset=OPSET,
        output_path=str(path),
    )


def load(path: Path) -> Run:
    """Return the function of a file."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def run(pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        return dict(zip(names, session.run(names, {PIXELS: pixels}), strict=True))

    return run


PACKAGES = {name: name for name in ("tf2onnx", "onnx", "onnxruntime")}
FORMAT = Format("onnx", "model.onnx", PACKAGES, write, load)
export = partial(export_checked, FORMAT)
