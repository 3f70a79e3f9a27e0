"""A network of the user's own: a `.keras` file -> the graph that a built-in one gives.

In: a functional model that Keras loads in safe mode, from pixels to a feature map or a
vector. Out: its layers on our input, none of them a model, so that it can be cut and
counted like a built-in network.
"""

import json
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import keras

# It has no public name.
from keras.src.models.functional import Functional

from headswap.artifacts.storage.layers import build_from
from headswap.errors import InputError, shortened
from headswap.layers.flattened import Flattened, is_functional

# What Keras writes is not packed at all.
MOST_UNPACKED = 100


def load_network(path: str) -> Functional:
    """Return the model of a `.keras` file.

    Raises:
        InputError: no such file, code that safe mode does not run, or a model that is
            not functional from (B, S, S, 3) to (B, h, w, C) or (B, C).
    """
    if not Path(path).is_file():
        raise InputError(
            "params.yaml: backbone.name must be a built-in backbone or the path of a "
            f".keras file, got {path}, which is no file. Correct the path."
        )
    _require_packed(path)
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    # What a file raises depends on where in its reading Keras stumbles.
    except Exception as error:
        raise InputError(
            f"backbone.name: {path} must be a model that Keras loads in safe mode, of "
            "layers from Keras or an installed keras-hub and without Lambda, got: "
            f"{_reason(error)}. Save it anew with such layers only."
        ) from error
    if isinstance(model, keras.Sequential):
        model = keras.Model(model.inputs, model.outputs)
    if not is_functional(model):
        raise _shape_error(path, "a functional model", type(model).__name__)
    inputs, outputs = (keras.tree.flatten(x) for x in (model.input, model.output))
    shape = tuple(inputs[0].shape)
    if len(inputs) != 1 or len(shape) != 4 or shape[3] != 3 or shape[1] != shape[2]:
        got = ", ".join(str(tuple(tensor.shape)) for tensor in inputs)
        raise _shape_error(path, "a model of one input (None, S, S, 3)", got)
    shape = tuple(outputs[0].shape)
    if len(outputs) != 1 or len(shape) not in (2, 4) or shape[-1] is None:
        got = ", ".join(str(tuple(tensor.shape)) for tensor in outputs)
        expected = "a model of one output, (None, h, w, C) or (None, C)"
        raise _shape_error(path, expected, got)
    return model


def _require_packed(path: str) -> None:
    """Check that a file unpacks to no more than there is memory for.

    Raises:
        InputError: it unpacks to much more than it is itself; weights hardly do.
    """
    try:
        with ZipFile(path) as file:
            unpacked = sum(member.file_size for member in file.infolist())
    except (OSError, BadZipFile):  # Keras says what it is instead.
        return
    most = MOST_UNPACKED * Path(path).stat().st_size
    if unpacked > most:
        raise InputError(
            f"backbone.name: {path} must unpack to at most {MOST_UNPACKED} times its "
            f"own {Path(path).stat().st_size:,} bytes, got {unpacked:,}. Save it anew."
        )


def _reason(error: Exception) -> str:
    """Return what an error of Keras says, without the configurations around it."""
    text = " ".join(str(error).split()).rpartition("Exception encountered: ")[2]
    return shortened(text.partition(" Full object config")[0])


def _shape_error(path: str, expected: str, got: str) -> InputError:
    return InputError(
        f"backbone.name: {path} must be {expected}, got {got}. README.md "
        "says what to bring: A network of your own."
    )


def call_network(
    path: str, model: Functional, pixels: keras.KerasTensor
) -> keras.KerasTensor:
    """Return the features that the model's layers give: (B, h, w, C) or (B, C).

    All of them are trainable then. The model itself cannot be used any more.

    Args:
        path: of its file.
        model: of `load_network`.
        pixels: (B, S, S, 3) uint8 RGB, 0..255.

    Raises:
        InputError: pictures of a size it cannot take, or a layer called twice.
    """
    flattened = Flattened()
    tensor = pixels
    if not model.inputs[0].dtype.startswith(("int", "uint")):
        # Most layers take no whole numbers.
        tensor = keras.layers.Rescaling(1.0, dtype="float32", name="pixels-as-numbers")(
            pixels
        )
    try:
        output = flattened.run(model, tensor)
    except ValueError as error:
        raise InputError(
            f"backbone.name: {path} must take pictures of {pixels.shape[1]} pixels a "
            f"side, got: {_reason(error)}. Set another backbone.image_size."
        ) from error
    if flattened.called_twice:
        raise _shape_error(
            path, "a model that calls each layer once", flattened.called_twice[0]
        )
    return keras.tree.flatten(output)[0]


def require_readable(path: str, above: str) -> None:
    """Check that training can read the part above the cut.

    Args:
        path: of the network's file.
        above: the part's JSON.

    Raises:
        InputError: a layer of it cannot be made again from its own configuration.
    """
    try:
        build_from(json.loads(above))
    except Exception as error:
        raise InputError(
            f"backbone.unfreeze: all that lies above the cut in {path} must be layers "
            f"that Keras can make from their configuration, got: {_reason(error)}. "
            "Unfreeze fewer layers."
        ) from error
