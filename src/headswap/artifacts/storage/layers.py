"""Networks from JSON and HDF5: known classes only, and no code of the files'.

In: a file with the layers of a network and, for most, one with its weights. Out: the
Keras model. Guaranteed: Keras reads in safe mode; no weight is left as it was drawn, is
read from elsewhere or is no finite number.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headswap.errors import InputError, listed, shortened

if TYPE_CHECKING:
    import keras


def build_layers(path: Path) -> "keras.Model":
    """Return the model that a file describes, without its weights.

    Raises:
        InputError: a layer is of no class that Keras or this project knows, or would
            run code that the file brings.
    """
    with refusing_layers(path):
        return build_from(json.loads(path.read_text(encoding="utf-8")))


def build_from(config: Mapping[str, Any]) -> "keras.Model":
    """Return the model that a configuration describes, without its weights.

    Raises:
        Exception: by where in it Keras stumbles.
    """
    import keras

    # Importing them makes Keras know them.
    from headswap.layers import inference, pooling  # noqa: F401

    return keras.saving.deserialize_keras_object(config, safe_mode=True)


@contextmanager
def refusing_layers(path: Path) -> Iterator[None]:
    """Say in one way that a file has layers of which no network can be made.

    Raises:
        InputError: whatever was raised.
    """
    try:
        yield
    # What is raised depends on where in the file Keras stumbles.
    except Exception as error:
        reason = shortened(str(error))
        raise InputError(
            f"{path}: each layer must be of a class that Keras or headswap knows, and "
            f"bring no code, got: {reason}. Make the bundle again, or install the "
            "version that made it."
        ) from error


def set_weights(model: "keras.Model", path: Path) -> None:
    """Give a model the weights of a file.

    Raises:
        InputError: they are those of another network, or a number that is none.
    """
    try:
        model.load_weights(path)
    # As above; Keras itself refuses data that lie in another file.
    except Exception as error:
        raise InputError(
            f"{path}: it must hold the weights of the layers beside it, got: "
            f"{shortened(str(error))}. Make the model again, or copy it again."
        ) from error
    bad = [
        weight.path
        for weight in model.weights
        if not np.isfinite(np.asarray(weight.value, np.float32)).all()
    ]
    if bad:
        raise InputError(
            f"{path}: each weight must be a finite number, got none in {listed(bad)}. "
            "Make the model again, or copy it again."
        )
