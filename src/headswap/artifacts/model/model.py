"""The model folder: a trained model, from cut features to probabilities.

`labels.json` (class order), `training.json` (strategy, and how probabilities become
classes: `decisions`) and either `model.json` (the layers) and `model.weights.h5`, or
solved heads (`heads`); both before temperature. These
formats, unlike `.keras` archives, have the same bytes whenever the content is the same.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headswap.artifacts.dataset.labels import Labels, write_labels
from headswap.artifacts.model.decisions import read_decisions
from headswap.artifacts.model.heads import Head, build_network, read_heads, write_heads
from headswap.artifacts.model.temperature import add_temperatures
from headswap.artifacts.storage.layers import build_layers, set_weights
from headswap.artifacts.storage.tables import PathLike

if TYPE_CHECKING:
    import keras


def save_model(
    folder: PathLike,
    model: "Sequence[Head] | keras.Model",
    labels: Labels,
    description: Mapping[str, Any],
) -> None:
    """Write the folder of a model from cut features to probabilities.

    Args:
        folder: to write.
        model: solved heads, or a Keras model.
        labels: what it tells apart.
        description: what else is worth knowing of it.
    """
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    if isinstance(model, Sequence):
        write_heads(path, model)
    else:
        _write_network(path, model)
    write_labels(path / "labels.json", labels)
    text = json.dumps(description, indent=2, ensure_ascii=False)
    (path / "training.json").write_text(text + "\n", encoding="utf-8")


def _write_network(path: Path, model: "keras.Model") -> None:
    import keras

    # Without the optimiser, which is of no use to who predicts.
    layers = keras.Model(model.input, model.output, name="headswap")
    (path / "model.json").write_text(layers.to_json(indent=1) + "\n", encoding="utf-8")
    layers.save_weights(path / "model.weights.h5")


def load_model(folder: PathLike) -> "keras.Model":
    """Return the model of a folder, from cut features to probabilities."""
    temperatures = read_decisions(folder).temperatures
    return add_temperatures(load_network(folder), temperatures)


def load_network(folder: PathLike) -> "keras.Model":
    """Return the model of a folder before temperature, as it was fitted."""
    path = Path(folder)
    if not (path / "model.json").exists():
        return build_network(read_heads(path))
    model = build_layers(path / "model.json")
    set_weights(model, path / "model.weights.h5")
    return model
