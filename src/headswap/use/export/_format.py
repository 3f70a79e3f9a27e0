"""A format for networks, and whether its file computes what the network does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from headswap.errors import InputError, shortened
from headswap.use.predict.predictor import Predictor

if TYPE_CHECKING:
    import keras

Run = Callable[[np.ndarray], Mapping[str, np.ndarray]]

# Of a probability, between the model and the file.
TOLERANCE = 1e-4
# Pictures that a file is given together.
AT_ONCE = 8


@dataclass(frozen=True)
class Format:
    """A format that a network can be written in.

    Attributes:
        name: of the file that describes it here.
        file: that it is written to, a name.
        packages: that it needs beside headswap's own, by the name they are imported by.
        write: writes a network to a path.
        load: returns the function of such a file, by the format's own runtime: from
            (N, S, S, 3) uint8 to (N, C) by task.
    """

    name: str
    file: str
    packages: Mapping[str, str]
    write: "Callable[[keras.Model, Path], None]"
    load: Callable[[Path], Run]


def convert(form: Format, network: "keras.Model", path: Path) -> Run:
    """Return the function of a network's file, once it is written."""
    try:
        form.write(network, path)
        return form.load(path)
    except OSError:
        raise
    # What is raised depends on where in the graph a converter stumbles.
    except Exception as error:
        reason = shortened(str(error))
        raise InputError(
            f"headswap export {form.name}: the network must be of layers that the "
            f"format has, got: {reason or type(error).__name__}. Choose another "
            "format; nothing was written."
        ) from error


def run_all(run: Run, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a file gives for pictures, a few at a time."""
    starts = range(0, len(pixels), AT_ONCE)
    parts = [run(pixels[start : start + AT_ONCE]) for start in starts]
    return {
        name: np.concatenate([np.asarray(part[name]) for part in parts])
        for name in parts[0]
    }


def largest_difference(
    expected: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]
) -> float:
    """Return the largest over all outputs; infinite where one lacks or is no number."""
    if expected.keys() != found.keys():
        return np.inf
    differences = [np.abs(found[name] - expected[name]).max() for name in expected]
    return float(np.nan_to_num(np.max(differences), nan=np.inf))


def same_classes(
    predictor: Predictor,
    expected: Mapping[str, np.ndarray],
    found: Mapping[str, np.ndarray],
) -> bool:
    """Return whether the classes of each picture are the same."""
    return all(
        predictor.decide({name: rows[number] for name, rows in expected.items()})
        == predictor.decide({name: rows[number] for name, rows in found.items()})
        for number in range(len(next(iter(expected.values()))))
    )


def find_layer(form: Format, network: "keras.Model", pixels: np.ndarray) -> str:
    """Return the first layer after which a format's file differs from the network.

    Found by halving, as if all layers after it differed too; the last one where none
    differs by itself.

    Args:
        form: the format.
        network: the whole network.
        pixels: (N, S, S, 3) uint8.
    """
    import keras

    places = [
        operation
        for operation in network.operations[1:]
        if keras.tree.flatten(operation.output)[0].dtype == "float32"
    ]

    def differs(operation: "keras.Operation") -> bool:
        part = keras.Model(network.input, {"value": operation.output})
        expected = np.asarray(part.predict_on_batch(pixels)["value"])
        with TemporaryDirectory() as folder:
            try:
                run = convert(form, part, Path(folder, form.file))
                found = np.asarray(run(pixels)["value"])
            except InputError:
                return True
        limit = TOLERANCE * max(1.0, float(np.abs(expected).max()))
        return not np.allclose(found, expected, rtol=0, atol=limit)

    first, last = 0, len(places) - 1
    while first < last:
        middle = (first + last) // 2
        if differs(places[middle]):
            last = middle
        else:
            first = middle + 1
    return f"the layer {places[last].name}"
