"""What was trained of a bundle, as a function of arrays: features -> probabilities."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from headswap.artifacts.bundle.bundle import Bundle
from headswap.artifacts.model.heads import SCORES, read_heads
from headswap.artifacts.model.model import load_network
from headswap.errors import InputError
from headswap.machine.backend import start_keras

Arrays = Mapping[str, np.ndarray]


def load_above(folder: Path, bundle: Bundle) -> Callable[[Arrays], Arrays]:
    """Return the function from features by input name to probabilities by task.

    They are before temperature. Solved heads need no Keras.

    Args:
        folder: of the model.
        bundle: what the bundle says.
    """
    if (folder / "heads.json").exists():
        heads = read_heads(folder)

        def solve(inputs: Arrays) -> Arrays:
            values = dict(inputs)
            try:
                for head in heads:
                    values[head.name] = head(values)
            except (KeyError, ValueError) as error:
                raise InputError(
                    f"{folder}: the heads must be of the features of the bundle's "
                    f"networks, got others ({error}). Copy the whole bundle again."
                ) from error
            return {h.name: values[h.name] for h in heads if h.kind != SCORES}

        return solve
    start_keras(bundle.backend)
    model = load_network(folder)

    def run(inputs: Arrays) -> Arrays:
        named = {name: inputs[name] for name in model.input}
        found = model.predict(named, batch_size=bundle.batch_size, verbose=0)
        return {name: np.asarray(value, float) for name, value in found.items()}

    return run
