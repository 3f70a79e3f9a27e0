"""OpenVINO's intermediate representation, in float32."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headswap.engines.openvino import import_openvino, only_core
from headswap.use.export._checked import export_checked
from headswap.use.export._format import Format, Run
from headswap.use.export._tensorflow import as_function

if TYPE_CHECKING:
    import keras


def write(network: "keras.Model", path: Path) -> None:
    """Write the graph, and the weights beside it."""
    openvino = import_openvino()
    # Of the function: a Keras model that OpenVINO saves itself may list inner tensors
    # among its outputs.
    model = openvino.convert_model(as_function(network).get_concrete_function())
    openvino.save_model(model, path, compress_to_fp16=False)


def load(path: Path) -> Run:
    """Return the function of a file."""
    # Without it, OpenVINO computes in 16 bits where the processor can.
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = only_core().compile_model(path, "CPU", options)
    names = [output.get_any_name() for output in compiled.outputs]

    def run(pixels: np.ndarray) -> Mapping[str, np.ndarray]:
        found = compiled(pixels)
        return {name: found[name] for name in names}

    return run


FORMAT = Format("openvino", "model.xml", {"openvino": "openvino"}, write, load)
export = partial(export_checked, FORMAT)
