"""The layers of a network, from JSON: known classes only, and no code of the file's."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from headswap.errors import InputError, shortened

if TYPE_CHECKING:
    import keras


def build_layers(path: Path) -> "keras.Model":
    """Return the model that a file describes, without its weights.

    Raises:
        InputError: a layer is of no class that Keras or this project knows, or would
            run code that the file brings.
    """
    import keras

    # Importing them makes Keras know them.
    from headswap.layers import inference, pooling  # noqa: F401

    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        return keras.saving.deserialize_keras_object(config, safe_mode=True)
    # What is raised depends on where in the file Keras stumbles.
    except Exception as error:
        reason = shortened(str(error))
        raise InputError(
            f"{path}: each layer must be of a class that Keras or headswap knows, and "
            f"bring no code, got: {reason}. Make the bundle again, or install the "
            "version that made it."
        ) from error
